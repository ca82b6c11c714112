"""Fixtures of the harness's own tests: fake peers, and the module of the administration agent.

The peers are links that replay a script, a card of TLVs, a port of answers.
"""

import importlib
import importlib.util
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspharness.lpa.es9p_client import HttpReply
from rspharness.lpa.isdr_channel import ChannelOptions, IsdrChannel

sys.path.insert(0, str(Path(__file__).parents[2] / "simulator" / "tests"))
from evidence import (
    pytest_fixture_setup,
    pytest_runtest_makereport,
    pytest_runtest_protocol,
)

__all__ = ["pytest_fixture_setup", "pytest_runtest_makereport", "pytest_runtest_protocol"]

pytest_plugins = ["pytester"]

settings.register_profile("rsplab", deadline=None)  # no test depends on the speed of the machine
settings.load_profile("rsplab")

# A shell starts what runs in its background with SIGINT ignored, and children take that over: the
# runs that these tests interrupt would go on.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup ignores it in the same way

_IN_INNER_RUNS = (
    "rspharness.plugin.lifecycle",
    "rspharness.plugin.hooks",
    "rspharness.plugin.options",
    "rspharness.plugin.fixtures",
    "rspharness.run.collection",
    "rspharness.report.collector",
    "rspharness.mutation.fault_kills",
    "rspharness.mutation.matrix_plugin",
)
"""What a run of pytest inside pytest imports; it would forget it, but not the folders around it."""

pytest.register_assert_rewrite(*_IN_INNER_RUNS)  # an editable installation does not do it
for _name in _IN_INNER_RUNS:
    importlib.import_module(_name)


def pytest_configure(config: pytest.Config) -> None:
    """Registers the mark of the cases, which some tests import without the plugin of the suites."""
    config.addinivalue_line(
        "markers", "testcase(*ids, level): requirements that a conformance case tests"
    )


@pytest.fixture(autouse=True)
def own_reader_locks(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Keeps the locks of readers that are made up apart from those of other processes."""
    usual, own = tempfile.gettempdir(), str(tmp_path_factory.getbasetemp())

    def folder() -> str:
        now = tempfile.gettempdir()
        return own if now == usual else now  # a test may have a folder of its own

    monkeypatch.setattr("rspharness.targets.reader_place.gettempdir", folder)


def _module(place: Path) -> ModuleType:
    """Imports a file that is in no package."""
    spec = importlib.util.spec_from_file_location(f"tests_{place.stem}", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_SIMULATOR = _module(Path(__file__).parents[2] / "simulator/tests/rspsim/conftest.py")
driver, need_pcscd = _SIMULATOR.driver, _SIMULATOR.need_pcscd
"""Fixtures of the simulator's tests, for those here that serve a card to the LPA."""


@pytest.fixture(autouse=True)
def state_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Returns a folder of journals for this test alone."""
    folder: Path = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("RSPLAB_JOURNALS", str(folder))
    return folder


@pytest.fixture(scope="session")
def fake_agent() -> ModuleType:
    """Returns the module of the administration agent, which is no test and in no package."""
    return _module(Path(__file__).with_name("fake_agent.py"))


@dataclass
class ScriptedLink:
    """A link that expects commands in order, each with its answer; hexadecimal, spaces allowed."""

    script: list[tuple[str, str]]
    resets: int = 0

    def transmit(self, command: bytes) -> bytes:
        assert self.script, f"unexpected command {command.hex(' ').upper()}"
        expected, answer = self.script.pop(0)
        assert command.hex().upper() == expected.replace(" ", "").upper()
        return bytes.fromhex(answer)

    def reset(self) -> bytes:
        self.resets += 1
        return bytes.fromhex("3B00")

    def close(self) -> None:
        pass


@dataclass
class TlvCard:
    """A card that answers command TLVs by tag with octets, a function's result or a status word."""

    answers: dict[int, object]
    seen: list[bytes] = field(default_factory=list)
    other: list[bytes] = field(default_factory=list)
    sw: int = 0x9000
    resets: int = 0
    _chain: bytes = b""

    def transmit(self, command: bytes) -> bytes:
        apdu = CommandApdu.parse(command)
        if apdu.ins == Ins.MANAGE_CHANNEL:
            return b"\x01\x90\x00" if apdu.p1 == 0 else b"\x90\x00"
        if apdu.ins != Ins.STORE_DATA:
            self.other.append(command)
            return self._other(apdu)
        self._chain = (self._chain if apdu.p2 else b"") + apdu.data
        if apdu.p1 == 0x11:
            return b"\x90\x00"
        self.seen.append(self._chain)
        return self._answer(self._chain)

    def _other(self, apdu: CommandApdu) -> bytes:
        answer = self.answers.get(apdu.ins, b"")
        assert isinstance(answer, bytes)
        return answer + b"\x90\x00"

    def _answer(self, octets: bytes) -> bytes:
        tag, _, _ = tlv.read_header(octets)
        answer = self.answers.get(tag, 0x6A88)
        if callable(answer):
            answer = answer(octets)
        if isinstance(answer, int):
            return answer.to_bytes(2, "big")
        assert isinstance(answer, bytes)
        return ResponseApdu(answer, self.sw).encode()

    def tags(self) -> list[str]:
        return [f"{tlv.read_header(octets)[0]:02X}" for octets in self.seen]

    def reset(self) -> bytes:
        self.resets += 1
        self.sw = 0x9000
        return bytes.fromhex("3B00")

    def close(self) -> None:
        pass


@dataclass
class FakePort:
    """A port that answers POSTs from a list and keeps the requests."""

    replies: list[HttpReply | Exception]
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def post(self, address: str, path: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        self.asked.append((address, path, dict(headers), body))
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


@pytest.fixture
def scripted() -> Callable[..., IsdrChannel]:
    """Makes a channel on number 1 whose further commands follow a script."""

    def make(*script: tuple[str, str], **options: object) -> IsdrChannel:
        channel = IsdrChannel(ScriptedLink(list(script)), ChannelOptions(**options))
        channel.number = 1
        return channel

    return make


@pytest.fixture
def scripted_link() -> Callable[..., ScriptedLink]:
    return lambda *script: ScriptedLink(list(script))


@pytest.fixture
def tlv_card() -> Callable[[dict[int, object]], tuple[TlvCard, IsdrChannel]]:
    """Makes a card that answers TLVs from a table, and an open channel to it."""

    def make(answers: dict[int, object]) -> tuple[TlvCard, IsdrChannel]:
        card = TlvCard(answers)
        channel = IsdrChannel(card)
        channel.open()
        card.other.clear()
        return card, channel

    return make


@pytest.fixture
def port() -> Callable[..., FakePort]:
    return lambda *replies: FakePort(list(replies))
