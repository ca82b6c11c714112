"""Starting pcscd: refusals and their messages; a real daemon with more slots than usual."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rspcore.errors import ConfigError
from rspsim.transports import pcscd, pcsclite
from rspsim.transports.echo_card import EchoCard
from rspsim.transports.pcscd import PcscDaemon, running_pcscd, start_command, start_pcscd
from rspsim.transports.pcsclite import Daemon, daemon_state, reader_names
from rspsim.transports.readers import Slot
from rspsim.transports.vpcd import VpcdCard


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Simulates root on a machine without systemd and without a running pcscd."""
    monkeypatch.setattr(pcscd, "daemon_state", lambda: Daemon.ABSENT)
    monkeypatch.setattr(pcscd, "_SYSTEMD", tmp_path / "systemd")
    monkeypatch.setattr(pcscd, "_RUN", tmp_path / "run")
    monkeypatch.setattr(pcscd, "_SYSTEM_BUS", tmp_path)
    monkeypatch.setattr(pcscd.os, "geteuid", lambda: 0)
    monkeypatch.setattr(pcscd, "find_pcscd", lambda: Path("/usr/sbin/pcscd"))
    return monkeypatch


def program(folder: Path, text: str) -> Path:
    """Writes a program that takes the place of pcscd."""
    file = folder / "pcscd"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


def test_daemon_runs_in_the_foreground_and_does_not_end_by_itself(
    absent: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert start_command() == ("/usr/sbin/pcscd", "--foreground")
    assert start_command(tmp_path) == (
        "/usr/sbin/pcscd",
        "--foreground",
        "--config",
        str(tmp_path),
    )


def test_systemd_starts_the_daemon_where_it_runs(
    absent: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "systemd").mkdir()
    assert start_command() == ("systemctl", "start", "pcscd.service")
    assert start_command(tmp_path)[0] == "/usr/sbin/pcscd"


def test_missing_program_is_reported_with_the_command_that_installs_it(
    absent: pytest.MonkeyPatch,
) -> None:
    absent.setattr(pcscd, "find_pcscd", lambda: None)
    with pytest.raises(ConfigError, match=r"apt-get install .*pcscd vsmartcard-vpcd"):
        start_pcscd()


def test_daemon_asks_no_polkit_where_none_can_be_asked(
    absent: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = program(tmp_path, "# --disable-polkit")
    absent.setattr(pcscd, "find_pcscd", lambda: file)
    assert start_command() == (str(file), "--foreground")
    absent.setattr(pcscd, "_SYSTEM_BUS", tmp_path / "no bus")
    assert start_command() == (str(file), "--foreground", "--disable-polkit")
    program(tmp_path, "# an older one")
    assert start_command() == (str(file), "--foreground")


def test_user_with_sudo_starts_and_stops_the_daemon_by_it(
    absent: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = tmp_path / "asked"
    sudo = tmp_path / "sudo"
    sudo.write_text(f'#!/bin/sh\necho "sudo $*" >> {asked}\nshift\nexec "$@"\n')
    sudo.chmod(0o755)
    absent.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    absent.setattr(pcscd.os, "geteuid", lambda: 1000)
    absent.setattr(pcscd, "find_pcscd", lambda: program(tmp_path, "exec sleep 60"))

    def started(*_: object) -> str:
        while "--foreground" not in asked.read_text():
            pass
        return "Virtual PCD 00 00"

    absent.setattr(pcscd, "wait_for_reader", started)
    daemon = start_pcscd()
    assert daemon.ours
    daemon.stop()
    lines = asked.read_text().splitlines()
    assert lines[:2] == ["sudo -n true", f"sudo -n {tmp_path}/pcscd --foreground"]
    assert lines[2].startswith("sudo -n kill -TERM ")


def test_user_without_root_gets_the_start_command(
    absent: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    absent.setattr(pcscd.os, "geteuid", lambda: 1000)
    absent.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="as root: /usr/sbin/pcscd --foreground"):
        start_pcscd()


def test_socket_closed_to_the_user_is_reported(absent: pytest.MonkeyPatch) -> None:
    absent.setattr(pcscd, "daemon_state", lambda: Daemon.FORBIDDEN)
    with pytest.raises(ConfigError, match="closed to this user"):
        start_pcscd()


def test_daemon_without_virtual_readers_is_stopped_and_its_output_reported(
    absent: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    absent.setattr(
        pcscd, "find_pcscd", lambda: program(tmp_path, "echo sorry, no readers; exec sleep 60")
    )
    absent.setattr(pcsclite, "reader_names", lambda: ("Other 00 00",))
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen
    absent.setattr(
        pcscd.subprocess,
        "Popen",
        lambda *words, **options: started.append(popen(*words, **options)) or started[-1],
    )
    with pytest.raises(
        ConfigError, match=r"readers there: 'Other 00 00'.*pcscd printed: sorry, no readers"
    ):
        start_pcscd(timeout_s=0.3)
    assert started[0].returncode is not None


def test_files_of_a_dead_daemon_are_removed_before_a_new_start(
    absent: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    absent.setattr(pcscd, "daemon_state", lambda: Daemon.STALE)
    absent.setattr(pcscd, "find_pcscd", lambda: program(tmp_path, "exec sleep 60"))
    absent.setattr(pcscd, "wait_for_reader", lambda *_: "Virtual PCD 00 00")
    left = tmp_path / "run"
    left.mkdir()
    for name in ("pcscd.comm", "pcscd.pid"):
        (left / name).write_text("1")
    with running_pcscd() as daemon:
        assert daemon.ours
        assert daemon.process_id
    assert not list(left.iterdir())
    assert not daemon.ours


def test_daemon_that_does_not_stop_is_killed(absent: pytest.MonkeyPatch, tmp_path: Path) -> None:
    absent.setattr(pcscd, "find_pcscd", lambda: program(tmp_path, "trap '' TERM; sleep 60 & wait"))
    absent.setattr(pcscd, "wait_for_reader", lambda *_: "Virtual PCD 00 00")
    absent.setattr(pcscd, "_STOP_S", 0.1)
    daemon = start_pcscd()
    process = daemon._process
    daemon.stop()
    daemon.stop()
    assert process is not None
    assert process.returncode is not None


@pytest.mark.parametrize(("socket_there", "state"), [(False, Daemon.ABSENT), (True, Daemon.STALE)])
def test_daemon_that_does_not_listen_is_not_running(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, socket_there: bool, state: Daemon
) -> None:
    place = tmp_path / "pcscd.comm"
    if socket_there:
        place.touch()
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(place))
    assert daemon_state() is state


def test_missing_client_library_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcsclite, "LIBRARY", "libnowhere.so.1")
    assert not pcsclite.has_library()
    with pytest.raises(ConfigError, match=r"libnowhere\.so\.1 cannot be loaded .*libpcsclite1"):
        reader_names()


def test_daemon_started_elsewhere_has_no_output_and_is_not_stopped() -> None:
    daemon = PcscDaemon((Slot("Virtual PCD 00 00", 35963),))
    daemon.stop()
    assert daemon.last_output() == ""
    assert daemon.process_id is None


@pytest.mark.vpcd
def test_six_slots_work_at_once_with_copies_of_the_driver(
    tmp_path: Path, need_pcscd: Callable[[], None]
) -> None:
    if daemon_state() is Daemon.RUNNING:
        pytest.skip("a pcscd runs already; it is not replaced for a test")
    need_pcscd()
    daemon = start_pcscd(slots=6, folder=tmp_path)
    cards: list[Any] = []
    try:
        assert len(daemon.slots) == 6
        assert set(reader_names()) >= {slot.reader for slot in daemon.slots}
        assert start_pcscd(slots=6).slots == daemon.slots
        for slot in daemon.slots:
            cards.append(VpcdCard(EchoCard(), port=slot.port))
            cards[-1].start()
    finally:
        for card in cards:
            card.close()
        daemon.stop()
    assert daemon_state() is not Daemon.RUNNING
