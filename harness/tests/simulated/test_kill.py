"""A real card process killed at any moment: its file has the state before or after.

Procedures are recorded once in this process: every command, its answer, and the state of the card
after it. The same card with the same seed in a separate process gives the same answers, octet for
octet. That process gets the commands up to one chosen at random and is killed while it handles it.
Then its file must have exactly the recorded state before that command or the one after it.

RSPLAB_KILLS sets how many processes are killed.
"""

import multiprocessing
import os
import shutil
import subprocess
import sys
import time  # noqa: TID251  the moment of the kill is real
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rspcore.errors import StoreError
from rspcore.messages.es10c import ResetOption
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import PRESETS, make_profile
from rspharness.cli.main import build_parser
from rspharness.lpa import local_management, notification_delivery
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.download import download
from rspharness.lpa.isdr_channel import ChannelOptions, IsdrChannel
from rspharness.simulated.inprocess_port import InProcessPort
from rspsim.cli.card_serve import serve
from rspsim.env import ManualClock, SeededRng
from rspsim.euicc.card import Euicc
from rspsim.euicc.state import CardState
from rspsim.personalise import personalise
from rspsim.smdpp.server import SmDpPlus
from rspsim.stores.memory import MemoryStore
from rspsim.stores.sqlite import SqliteStore

pytestmark = pytest.mark.crash

KILLS = int(os.environ.get("RSPLAB_KILLS", "500"))
BATCHES = 10
PROGRAMS = 5
"""Kills of the whole program as a user starts it, which takes longer than a fork."""
WAITS_MS = (0.5, 3, 10, 30)
"""Longest waits between a command and the kill; a commit takes 0.3 ms, or 20 on a busy disk."""
SEED = "kill"
RESET, ATR = b"\x02", b"\x04"
PROGRAM = "import sys; from rspharness.cli.main import main; sys.exit(main(sys.argv[1:]))"

FIRST = make_profile(PRESETS["PROFILE_OPERATIONAL1"])
SECOND = make_profile(PRESETS["PROFILE_OPERATIONAL2"])


@dataclass
class Segment:
    """One recorded procedure.

    Attributes:
        name: What was done.
        states: The state at the beginning and after each event.
        events: Command and answer; None for a reset.
    """

    name: str
    states: list[CardState]
    events: list[tuple[bytes, bytes] | None] = field(default_factory=list)

    @property
    def committing(self) -> list[int]:
        """Returns the numbers of the events that change the state."""
        return [
            number
            for number in range(len(self.events))
            if self.states[number] != self.states[number + 1]
        ]


class Recorder:
    """A link to a card that records commands and states."""

    def __init__(self, name: str, state: CardState) -> None:
        self.card = Euicc(state, MemoryStore(state), SeededRng(SEED.encode()))
        self.segment = Segment(name, [state])

    def transmit(self, command: bytes) -> bytes:
        """Passes a command on."""
        answer = self.card.transmit(command)
        self._note((command, answer))
        return answer

    def reset(self) -> bytes:
        """Resets the card."""
        atr = self.card.reset()
        self._note(None)
        return atr

    def close(self) -> None:
        """Does nothing."""

    def _note(self, event: tuple[bytes, bytes] | None) -> None:
        self.segment.events.append(event)
        self.segment.states.append(self.card.state)


def life() -> Iterator[tuple[str, Callable[[IsdrChannel, Any], object]]]:
    """Yields the procedures of a card's life, in order."""
    server = SmDpPlus(make_pki(), rng=SeededRng(b"server"), clock=ManualClock())
    port = InProcessPort(server)
    first, second = FIRST.metadata.iccid, SECOND.metadata.iccid

    def fetch(profile: Any) -> Callable[[IsdrChannel, Any], object]:
        order = server.orders.order(profile.upp, profile.metadata)
        code = ActivationCode.parse(order.activation_code)
        return lambda channel, _: download(channel, port, code)

    def forget(channel: IsdrChannel, _: Any) -> None:
        for one in notification_delivery.retrieve_notifications(channel):
            notification_delivery.remove_notification(channel, one.metadata.seq_number)

    yield "download", fetch(FIRST)
    yield "enable", lambda channel, _: local_management.enable_profile(channel, first)
    yield "nickname", lambda channel, _: local_management.set_nickname(channel, first, "mine")
    yield "download another", fetch(SECOND)
    yield (
        "switch",
        lambda channel, _: local_management.enable_profile(channel, second, refresh=False),
    )
    yield "forget", forget
    yield "delete", lambda channel, _: local_management.delete_profile(channel, first)
    yield (
        "address",
        lambda channel, _: local_management.set_default_address(channel, "a.example.com"),
    )
    yield "reset", lambda channel, _: local_management.memory_reset(channel, frozenset(ResetOption))


@pytest.fixture(scope="module")
def segments() -> list[Segment]:
    """Records a card's life."""
    state, recorded = personalise(make_pki()), []
    for name, act in life():
        recorder = Recorder(name, state)
        recorder.reset()
        channel = IsdrChannel(recorder, ChannelOptions(block_size=255))
        channel.open()
        act(channel, None)
        state = recorder.card.state
        recorded.append(recorder.segment)
    assert all(segment.committing for segment in recorded)
    return recorded


@pytest.fixture
def files(segments: list[Segment], tmp_path: Path) -> dict[str, Path]:
    """Writes the first state of every procedure to a file."""
    made = {}
    for number, segment in enumerate(segments):
        made[segment.name] = tmp_path / f"{number}.first"
        with SqliteStore(made[segment.name]) as store:
            store.commit(segment.states[0])
    return made


class Chance:
    """Chooses by a seed, so that a failure can be reproduced."""

    def __init__(self, seed: str) -> None:
        self._rng = SeededRng(seed.encode())

    def below(self, limit: int) -> int:
        """Returns a number from 0 up to, but not including, the limit."""
        return int.from_bytes(self._rng.octets(8), "big") % limit

    def choice(self, values: Any) -> Any:
        """Returns one of the values."""
        return values[self.below(len(values))]


def words(port: int, file: Path) -> list[str]:
    """Returns the command line of a card."""
    return ["card", "serve", "--wait", "--port", str(port), "--state", str(file), "--seed", SEED]


class Forked:
    """A card process forked from one that has everything imported."""

    context = multiprocessing.get_context("forkserver")

    def __init__(self, port: int, file: Path) -> None:
        options = build_parser("card").parse_args(words(port, file))
        del options.func
        self._process = self.context.Process(target=serve, args=(options,))
        self._process.start()

    def kill(self) -> None:
        """Kills the process and waits for its end."""
        self._process.kill()
        self._process.join()
        assert self._process.exitcode == -9, "it ended before it was killed"
        self._process.close()


class Started:
    """A card process started as a user starts it."""

    def __init__(self, port: int, file: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *words(port, file)], stdout=subprocess.DEVNULL
        )

    def kill(self) -> None:
        """Kills the process and waits for its end."""
        self._process.kill()
        assert self._process.wait() == -9, "it ended before it was killed"


def killed(process: Any, driver: Any, segment: Segment, chance: Chance, file: Path) -> str:
    """Sends events to a card and kills it; returns whether its file is as before or as after."""
    every = range(len(segment.events))
    last = chance.choice(chance.choice([segment.committing, every]))
    card = process(driver.port, file)
    driver.listener.settimeout(20)
    driver.take()
    for event in segment.events[:last]:
        if event is None:
            driver.send(RESET)
        else:
            assert driver.ask(event[0]) == event[1], "the same seed gives the same answers"
    driver.ask(ATR)
    event = segment.events[last]
    driver.send(RESET if event is None else event[0])
    end = time.perf_counter() + chance.below(1000) * chance.choice(WAITS_MS) / 1e6
    while time.perf_counter() < end:
        pass
    card.kill()
    kept = kept_in(file)
    before, after = segment.states[last], segment.states[last + 1]
    assert kept in (before, after), f"{segment.name}, event {last}: neither before nor after"
    if before == after:
        return "unchanged"
    return "before" if kept == before else "after"


def kept_in(file: Path) -> CardState:
    """Returns the state of a file."""
    with SqliteStore(file) as store:
        state = store.load()
    assert state is not None
    return state


@pytest.mark.parametrize("batch", range(BATCHES))
def test_file_has_the_state_before_or_after(
    segments: list[Segment],
    files: dict[str, Path],
    driver: Any,
    tmp_path: Path,
    batch: int,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    Forked.context.set_forkserver_preload(
        ["__main__", "rspsim.cli.card_serve", "rspsim.euicc.channels"]
    )
    outcomes: dict[str, int] = {}
    for number in range(-(-KILLS // BATCHES)):
        chance = Chance(f"{batch}/{number}")
        segment = chance.choice(segments)
        file = tmp_path / f"{number}.state"
        shutil.copy(files[segment.name], file)
        outcome = killed(Forked, driver, segment, chance, file)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    record_testsuite_property("killed_cards", outcomes)


@pytest.mark.parametrize("number", range(PROGRAMS))
def test_program_serves_the_card_again(
    segments: list[Segment], files: dict[str, Path], driver: Any, tmp_path: Path, number: int
) -> None:
    chance = Chance(f"program/{number}")
    segment = chance.choice(segments)
    file = tmp_path / "state"
    shutil.copy(files[segment.name], file)
    killed(Started, driver, segment, chance, file)
    again = Started(driver.port, file)
    driver.take()
    assert driver.ask(ATR)[0] == 0x3B
    with pytest.raises(StoreError, match="in use by another card"):
        SqliteStore(file)
    again.kill()
    assert kept_in(file).pending_switch is None, "the next start carries out what waited"
