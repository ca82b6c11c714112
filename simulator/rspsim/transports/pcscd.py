"""The PC/SC daemon: found, started if it does not run, and stopped again if started here.

A daemon that runs is used as it is and never stopped. One that has to be started runs in the
foreground as a child of this process, because containers have no service manager; where systemd
runs, systemd starts it instead. An ordinary user starts it by sudo, if that asks no password.
Where no polkit can be asked, as in a container without D-Bus, a pcscd that would ask it refuses
everybody, root too; there it is started with --disable-polkit. The option --auto-exit is not used:
it would remove the readers after a minute without a client.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import IO, Final

from rspcore.errors import ConfigError
from rspsim.transports.pcsclite import Daemon, daemon_state, reader_names, wait_for_reader
from rspsim.transports.readers import (
    CONFIG_FOLDER,
    Slot,
    configured_slots,
    is_virtual,
    prepare_readers,
)

__all__ = [
    "APT_PACKAGES",
    "INSTALL_COMMANDS",
    "PcscDaemon",
    "find_pcscd",
    "may_start",
    "running_pcscd",
    "start_command",
    "start_pcscd",
]

APT_PACKAGES: Final = ("pcscd", "vsmartcard-vpcd", "libpcsclite1")
"""Packages of Debian and Ubuntu that bring daemon, driver and client library."""

INSTALL_COMMANDS: Final = (
    ("apt-get", "update"),
    ("apt-get", "install", "--yes", "--no-install-recommends", *APT_PACKAGES),
)
"""What installs them; to be run as root, in this order."""

_STOP_S: Final = 5.0
_SYSTEMD: Final = Path("/run/systemd/system")
_SBIN: Final = "/usr/sbin:/usr/local/sbin:/sbin"
_RUN: Final = Path("/run/pcscd")
_SYSTEM_BUS: Final = Path("/run/dbus/system_bus_socket")
_NO_POLKIT: Final = "--disable-polkit"
_SUDO: Final = ("sudo", "-n")


@dataclass(slots=True)
class PcscDaemon:
    """The pcscd in use.

    Attributes:
        slots: The virtual slots it offers, lowest port first.
        ours: It was started here and ends with `stop`.
    """

    slots: tuple[Slot, ...]
    _process: subprocess.Popen[bytes] | None = None
    _log: IO[bytes] | None = field(default=None, repr=False)
    _by_sudo: bool = False
    _left: ExitStack = field(default_factory=ExitStack, repr=False)

    @property
    def ours(self) -> bool:
        """Returns whether this process started it."""
        return self._process is not None

    @property
    def process_id(self) -> int | None:
        """Returns its process number when it is ours."""
        return None if self._process is None else self._process.pid

    def stop(self) -> None:
        """Stops it if it is ours; a second call does nothing.

        Cards have to be taken out of their readers before.
        """
        if self._process is None:
            return
        self._signal("TERM")
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._signal("KILL")
            self._process.wait()
        self._process = None
        self._left.close()

    def _signal(self, name: str) -> None:
        """Sends a signal; a daemon that sudo started gets it by sudo, which passes it on."""
        assert self._process is not None  # noqa: S101  asked before
        if self._by_sudo:
            words = (*_SUDO, "kill", f"-{name}", str(self._process.pid))
            subprocess.run(words, check=False, capture_output=True)  # noqa: S603  fixed words
        else:
            self._process.send_signal(getattr(signal, f"SIG{name}"))

    def last_output(self) -> str:
        """Returns the last line it printed when it is ours, or an empty string."""
        if self._log is None or self._log.closed:
            return ""
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


def find_pcscd() -> Path | None:
    """Returns the daemon's program file, or None."""
    found = shutil.which("pcscd") or shutil.which("pcscd", path=_SBIN)
    return None if found is None else Path(found)


def start_command(configuration: Path | None = None) -> tuple[str, ...]:
    """Returns the command that starts pcscd here, as `start_pcscd` would run it.

    Raises:
        ConfigError: pcscd is not installed.
    """
    if configuration is None and _SYSTEMD.exists():
        return ("systemctl", "start", "pcscd.service")
    program = find_pcscd()
    if program is None:
        raise ConfigError(f"pcscd is not installed; as root: {' '.join(INSTALL_COMMANDS[-1])}")
    own = () if configuration is None else ("--config", str(configuration))
    alone = (_NO_POLKIT,) if not _SYSTEM_BUS.exists() and _knows(program, _NO_POLKIT) else ()
    return (str(program), "--foreground", *alone, *own)


def _knows(program: Path, option: str) -> bool:
    """Returns whether a program has a long option, without starting it: pcscd may run already."""
    try:
        return option.removeprefix("--").encode() in program.read_bytes()
    except OSError:
        return False


def may_start() -> tuple[str, ...] | None:
    """Returns the words before a command that needs root: none for root, sudo, or None."""
    if os.geteuid() == 0:
        return ()
    if shutil.which("sudo") is None:
        return None
    asked = subprocess.run((*_SUDO, "true"), check=False, capture_output=True)  # noqa: S603  fixed words
    return _SUDO if asked.returncode == 0 else None


def start_pcscd(
    *, slots: int = 2, folder: Path | None = None, timeout_s: float = 10.0
) -> PcscDaemon:
    """Returns a running pcscd with virtual readers, started here if there was none.

    Args:
        slots: Virtual slots needed. More than the configuration offers need a pcscd with a
            configuration of its own, which is possible only when none runs yet.
        folder: Where copies of the driver and that configuration go, if they are needed.
        timeout_s: How long the readers may take to show, in seconds.

    Raises:
        ConfigError: it is not installed, runs but offers too few slots, may not be started by this
            user, or shows no virtual reader. What was started here was stopped again.
    """
    state = daemon_state()
    if state is Daemon.FORBIDDEN:
        raise ConfigError("pcscd runs, but its socket is closed to this user; run as root")
    if state is Daemon.RUNNING:
        return _running(slots, timeout_s)
    with ExitStack() as left:
        configuration = None
        offered = configured_slots()
        if slots > len(offered):
            if folder is None:
                folder = Path(left.enter_context(tempfile.TemporaryDirectory(prefix="vpcd-")))
            configuration = prepare_readers(slots, folder)
            offered = configured_slots(configuration)
        daemon = _launch(start_command(configuration), state, offered, left)
        try:
            # They appear one after the other, and a worker's slot may be the last.
            wait_for_reader(is_virtual, timeout_s, len(offered))
        except ConfigError as error:
            printed = daemon.last_output()
            daemon.stop()
            raise ConfigError(f"{error}; pcscd printed: {printed or 'nothing'}") from error
    return daemon


@contextmanager
def running_pcscd(*, slots: int = 2, folder: Path | None = None) -> Iterator[PcscDaemon]:
    """Runs the block with a pcscd from `start_pcscd`; stops it afterwards if it was started here.

    Raises:
        ConfigError: as `start_pcscd`.
    """
    daemon = start_pcscd(slots=slots, folder=folder)
    try:
        yield daemon
    finally:
        daemon.stop()


def _running(slots: int, timeout_s: float) -> PcscDaemon:
    wait_for_reader(is_virtual, timeout_s)
    shown = set(reader_names())
    offered = tuple(
        slot for slot in configured_slots(_running_configuration()) if slot.reader in shown
    )
    if slots > len(offered):
        raise ConfigError(
            f"{slots} virtual slots are needed and the running pcscd has {len(offered)}: stop it, "
            "so that one with more readers can be started"
        )
    return PcscDaemon(offered)


def _running_configuration() -> Path:
    """Returns the folder the running pcscd was given with --config, or the usual one."""
    try:
        number = int((_RUN / "pcscd.pid").read_bytes().strip(b"\n\x00"))  # it writes the zero
        words = Path(f"/proc/{number}/cmdline").read_bytes().decode().split("\0")
    except (OSError, ValueError):
        return CONFIG_FOLDER
    given = dict(pairwise(words)).get("--config")
    return CONFIG_FOLDER if given is None else Path(given)


def _launch(
    command: tuple[str, ...], state: Daemon, offered: tuple[Slot, ...], left: ExitStack
) -> PcscDaemon:
    """Starts pcscd; what has to be cleaned up with it moves from `left` to the daemon."""
    before = may_start()
    if before is None:
        raise ConfigError(
            f"pcscd is not running, and this user may not start it (no root, no sudo without a "
            f"password); as root: {' '.join(command)}"
        )
    if command[0] == "systemctl":
        command = (*before, *command)
        asked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  fixed words
        if asked.returncode:
            raise ConfigError(f"{' '.join(command)}: {asked.stderr.strip() or asked.returncode}")
        return PcscDaemon(offered)
    if state is Daemon.STALE:
        # A number in the stale file that now belongs to another process would stop the new daemon.
        stale = [str(_RUN / name) for name in ("pcscd.comm", "pcscd.pid")]
        subprocess.run((*before, "rm", "-f", *stale), check=False)  # noqa: S603  fixed words
    log = left.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  the stack closes it
    process = subprocess.Popen(  # noqa: S603  a program found at fixed places, fixed words
        (*before, *command),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    return PcscDaemon(offered, process, log, bool(before), left.pop_all())
