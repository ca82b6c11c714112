"""Each problem of a machine is found and explained with a remedy; a sound machine has none."""

import importlib.metadata
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rspcore.errors import ConfigError
from rspsim.transports import diagnosis
from rspsim.transports.diagnosis import CHECKS, Finding, Health, diagnose
from rspsim.transports.pcsclite import Daemon
from rspsim.transports.readers import ReaderEntry, Slot
from rspsim.transports.tcp_ports import PortUse

SLOTS = (Slot("Virtual PCD 00 00", 35963), Slot("Virtual PCD 00 01", 35964))
FREE = PortUse(listener=True, taken=False)


class Version(NamedTuple):
    """A stand-in for `sys.version_info`."""

    major: int
    minor: int
    micro: int


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Simulates a machine on which everything is well."""
    library = tmp_path / "libifdvpcd.so"
    library.touch()
    entry = ReaderEntry("Virtual PCD", "/dev/null:0x8C7B", library, tmp_path / "vpcd")
    for name, value in {
        "find_pcscd": lambda: Path("/usr/sbin/pcscd"),
        "find_driver": lambda: library,
        "has_library": lambda: True,
        "daemon_state": lambda: Daemon.RUNNING,
        "reader_names": lambda: tuple(slot.reader for slot in SLOTS),
        "read_entries": lambda: (entry,),
        "configured_slots": lambda: SLOTS,
        "port_use": lambda _: FREE,
        "may_start": lambda: None,
        "start_command": lambda: ("/usr/sbin/pcscd", "--foreground"),
        "_installed": lambda _: True,
    }.items():
        monkeypatch.setattr(diagnosis, name, value)
    monkeypatch.setattr(diagnosis.importlib, "import_module", lambda _: None)
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "1.0")
    return monkeypatch


def finding(subject: str) -> Finding:
    """Returns one finding."""
    (one,) = (one for one in diagnose() if one.subject == subject)
    return one


def problems() -> dict[str, Finding]:
    """Returns the problems found, by subject."""
    return {one.subject: one for one in diagnose() if one.health is Health.LACK}


def raising(error: Exception) -> Any:
    """Returns a function that raises."""

    def call(*_: object) -> None:
        raise error

    return call


def test_sound_machine_has_no_problems(machine: pytest.MonkeyPatch) -> None:
    found = diagnose()
    assert {one.health for one in found} == {Health.WELL}
    assert not any(one.remedy for one in found)
    assert len({one.subject for one in found}) == len(CHECKS)


@pytest.mark.parametrize(
    ("changed", "value", "subject", "found", "remedy"),
    [
        ("find_pcscd", lambda: None, "pcscd", "not installed", "apt-get install --yes"),
        ("has_library", lambda: False, "PC/SC library", "cannot be loaded", "libpcsclite1"),
        ("find_driver", lambda: None, "vpcd driver", "not installed", "vsmartcard-vpcd"),
        ("read_entries", tuple, "reader entry", "no file in", "--reinstall"),
        (
            "daemon_state",
            lambda: Daemon.ABSENT,
            "pcscd process",
            "another program listens at port 35963",
            "stop the program at port 35963",
        ),
        (
            "daemon_state",
            lambda: Daemon.FORBIDDEN,
            "pcscd process",
            "closed to this user",
            "run as root",
        ),
        (
            "reader_names",
            raising(ConfigError("pcscd runs, but denies access to this user")),
            "virtual reader",
            "denies access",
            "run as root",
        ),
        (
            "reader_names",
            tuple,
            "virtual reader",
            "another program listens at port 35963",
            "stop the program at port 35963",
        ),
        (
            "port_use",
            lambda port: PortUse(True, True, (port - 35000,)),
            "slots",
            "35963 by process 963, 35964 by process 964",
            "stop one of these cards",
        ),
        ("port_use", lambda _: PortUse(True, True), "slots", "process unknown", "stop one"),
        (
            "port_use",
            lambda _: PortUse(False, False),
            "slots",
            "nothing listens at port 35963",
            "restart pcscd",
        ),
        ("_installed", lambda name: name != "h11", "Python packages", "missing: h11", ".venv"),
    ],
)
def test_each_problem_is_found_with_its_remedy(
    machine: pytest.MonkeyPatch, changed: str, value: Any, subject: str, found: str, remedy: str
) -> None:
    machine.setattr(diagnosis, changed, value)
    (one,) = problems().values()
    assert one.subject == subject
    assert found in one.found
    assert remedy in one.remedy


@pytest.mark.parametrize(("names", "reason"), [(("ACS 00 00",), "ACS 00 00"), ((), "none")])
def test_missing_virtual_reader_is_reported_with_the_readers_there_are(
    machine: pytest.MonkeyPatch, names: tuple[str, ...], reason: str
) -> None:
    machine.setattr(diagnosis, "reader_names", lambda: names)
    machine.setattr(diagnosis, "port_use", lambda _: PortUse(False, False))
    one = problems()["virtual reader"]
    assert reason in one.found
    assert one.remedy.startswith("restart pcscd")


def test_daemon_that_does_not_run_is_reported_with_the_start_command(
    machine: pytest.MonkeyPatch,
) -> None:
    machine.setattr(diagnosis, "daemon_state", lambda: Daemon.STALE)
    machine.setattr(diagnosis, "port_use", lambda _: PortUse(False, False))
    (one,) = problems().values()
    assert one.found.startswith("not running, but its socket still exists, and this user")
    assert one.remedy.startswith("as root: /usr/sbin/pcscd;")
    assert finding("virtual reader").health is Health.NOTE
    assert finding("slots").health is Health.NOTE


@pytest.mark.parametrize("before", [(), ("sudo", "-n")])
def test_daemon_that_a_run_starts_is_no_problem(
    machine: pytest.MonkeyPatch, before: tuple[str, ...]
) -> None:
    machine.setattr(diagnosis, "daemon_state", lambda: Daemon.ABSENT)
    machine.setattr(diagnosis, "port_use", lambda _: PortUse(False, False))
    machine.setattr(diagnosis, "may_start", lambda: before)
    assert problems() == {}
    assert "start it" in finding("pcscd process").found


def test_copy_of_the_reader_entry_is_named(machine: pytest.MonkeyPatch, tmp_path: Path) -> None:
    library = tmp_path / "libifdvpcd.so"
    entries = [
        ReaderEntry("Virtual PCD", "/dev/null:0x8C7B", library, tmp_path / name)
        for name in ("vpcd", "vpcd~")
    ]
    machine.setattr(diagnosis, "read_entries", lambda: tuple(entries))
    (one,) = problems().values()
    assert one.subject == "reader entry"
    assert f"{tmp_path}/vpcd~ both claim port 35963" in one.found
    assert f"rm {tmp_path}/vpcd~" in one.remedy


def test_daemon_that_is_not_installed_has_to_be_installed_first(
    machine: pytest.MonkeyPatch,
) -> None:
    machine.setattr(diagnosis, "daemon_state", lambda: Daemon.ABSENT)
    machine.setattr(diagnosis, "port_use", lambda _: PortUse(False, False))
    machine.setattr(diagnosis, "find_pcscd", lambda: None)
    machine.setattr(diagnosis, "start_command", raising(ConfigError("not installed")))
    assert list(problems()) == ["pcscd", "pcscd process"]
    assert finding("pcscd process").remedy == "install pcscd first"


def test_one_card_in_use_gives_a_note(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(
        diagnosis, "port_use", lambda port: PortUse(True, True, (7,)) if port == 35963 else FREE
    )
    one = finding("slots")
    assert one.health is Health.NOTE
    assert one.found == "a card is at 35963 by process 7"
    assert one.remedy == "serve another card with --port 35964"


def test_entry_with_a_missing_driver_is_reported(
    machine: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    entry = ReaderEntry("Virtual PCD", "/dev/null:1", tmp_path / "gone.so", tmp_path / "vpcd")
    vpcd = ReaderEntry("Virtual PCD", "/dev/null:1", tmp_path / "libifdvpcd.so.9", entry.file)
    machine.setattr(diagnosis, "read_entries", lambda: (entry, vpcd))
    (one,) = problems().values()
    assert "libifdvpcd.so.9, which is not there" in one.found
    assert f"set LIBPATH in {entry.file}" in one.remedy


def test_old_python_is_reported(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(sys, "version_info", Version(3, 10, 4))
    (one,) = problems().values()
    assert (one.subject, one.found) == ("Python", "3.10.4")


def test_missing_pyscard_is_reported_without_pyscard(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(
        diagnosis.importlib, "import_module", raising(ImportError("No module named 'smartcard'"))
    )
    (one,) = problems().values()
    assert one.subject == "pyscard"
    assert "suites in process work" in one.found
    assert "pip install pyscard" in one.remedy
    assert "swig" in one.remedy


def test_missing_installation_of_rsplab_is_reported(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(
        importlib.metadata, "requires", raising(importlib.metadata.PackageNotFoundError("rsplab"))
    )
    (one,) = problems().values()
    assert "rsplab itself is not installed here" in one.found


def test_this_machine_can_be_checked() -> None:
    assert len(diagnose()) == len(CHECKS)
