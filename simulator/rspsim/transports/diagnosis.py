"""What a machine lacks for cards in readers, with a remedy for each problem.

One check per problem, in the order in which they have to be fixed. A check changes nothing, and it
needs no pyscard and no running daemon. It does not disturb a card in use.
"""

import importlib
import importlib.metadata
import re
import sys
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from rspcore.errors import ConfigError
from rspcore.frozen import dataclass
from rspsim.transports.pcscd import INSTALL_COMMANDS, find_pcscd, may_start, start_command
from rspsim.transports.pcsclite import LIBRARY, Daemon, daemon_state, has_library, reader_names
from rspsim.transports.readers import (
    CONFIG_FOLDER,
    configured_slots,
    find_driver,
    is_virtual,
    read_entries,
)
from rspsim.transports.tcp_ports import port_use
from rspsim.transports.vpcd import DEFAULT_PORT

__all__ = ["CHECKS", "Finding", "Health", "diagnose"]

_OLDEST_PYTHON: Final = (3, 11)
_INSTALL: Final = "as root: " + " && ".join(" ".join(words) for words in INSTALL_COMMANDS)


class Health(StrEnum):
    """How a check came out."""

    WELL = "ok"
    NOTE = "note"
    """Information only."""
    LACK = "lack"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        subject: What was looked at.
        health: How it came out.
        found: What was seen.
        remedy: What to do; empty when nothing has to be done.
    """

    subject: str
    health: Health
    found: str
    remedy: str = ""


def diagnose() -> tuple[Finding, ...]:
    """Runs every check, in the order in which problems have to be fixed."""
    return tuple(check() for check in CHECKS)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= _OLDEST_PYTHON:
        return Finding("Python", Health.WELL, version)
    return Finding("Python", Health.LACK, version, "install Python 3.11 or newer")


def _packages() -> Finding:
    subject = "Python packages"
    remedy = "./rsplab run sets up .venv with all of them; or: pip install rsplab"
    try:
        requirements = importlib.metadata.requires("rsplab") or []
    except importlib.metadata.PackageNotFoundError:
        return Finding(subject, Health.LACK, "rsplab itself is not installed here", remedy)
    names = [re.split(r"[^\w.-]", one)[0] for one in requirements if "extra ==" not in one]
    missing = [name for name in names if not _installed(name)]
    if missing:
        return Finding(subject, Health.LACK, f"missing: {', '.join(missing)}", remedy)
    return Finding(subject, Health.WELL, f"all {len(names)} are installed")


def _installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _pyscard() -> Finding:
    try:
        importlib.import_module("smartcard.scard")
    except ImportError as error:
        return Finding(
            "pyscard",
            Health.LACK,
            f"cannot be imported ({error}): no suites over PC/SC; suites in process work",
            "pip install pyscard; to build it, as root: "
            "apt-get install --yes gcc pkg-config swig python3-dev libpcsclite-dev",
        )
    return Finding("pyscard", Health.WELL, importlib.metadata.version("pyscard"))


def _daemon_program() -> Finding:
    program = find_pcscd()
    if program is None:
        return Finding("pcscd", Health.LACK, "not installed", _INSTALL)
    return Finding("pcscd", Health.WELL, str(program))


def _client_library() -> Finding:
    if not has_library():
        return Finding("PC/SC library", Health.LACK, f"{LIBRARY} cannot be loaded", _INSTALL)
    return Finding("PC/SC library", Health.WELL, LIBRARY)


def _driver() -> Finding:
    driver = find_driver()
    if driver is None:
        return Finding("vpcd driver", Health.LACK, "not installed", _INSTALL)
    return Finding("vpcd driver", Health.WELL, str(driver))


def _reader_entry() -> Finding:
    subject = "reader entry"
    entries = [entry for entry in read_entries() if entry.virtual]
    if not entries:
        return Finding(
            subject,
            Health.LACK,
            f"no file in {CONFIG_FOLDER} names the vpcd driver",
            "as root: apt-get install --yes --reinstall -o DPkg::Options::=--force-confmiss "
            "vsmartcard-vpcd, then restart pcscd",
        )
    for entry in entries:
        if not entry.library.exists():
            return Finding(
                subject,
                Health.LACK,
                f"{entry.file} names {entry.library}, which is not there",
                f"set LIBPATH in {entry.file} to {find_driver() or 'the driver'}, restart pcscd",
            )
    counted = Counter(entry.port for entry in entries if entry.port is not None)
    for port, count in counted.items():
        if count > 1:
            files = [str(entry.file) for entry in entries if entry.port == port]
            return Finding(
                subject,
                Health.LACK,
                f"{' and '.join(files)} both claim port {port}: pcscd refuses the second",
                f"as root: rm {files[-1]}, then restart pcscd; it reads every file of the folder",
            )
    ports = ", ".join(str(slot.port) for slot in configured_slots())
    return Finding(subject, Health.WELL, f"{entries[0].file}, ports {ports}")


def _daemon() -> Finding:
    subject = "pcscd process"
    state = daemon_state()
    if state is Daemon.RUNNING:
        return Finding(subject, Health.WELL, state.value)
    if state is Daemon.FORBIDDEN:
        return Finding(subject, Health.LACK, state.value, "run as root, or ask for access to it")
    held = _listened()
    if held:
        return Finding(
            subject,
            Health.LACK,
            f"{state.value}, and another program listens at port {held[0]}",
            f"stop the program at port {held[0]} (ss -ltnp shows it), then start pcscd",
        )
    try:
        command = start_command()
    except ConfigError:
        return Finding(subject, Health.LACK, state.value, "install pcscd first")
    if may_start() is not None:
        return Finding(
            subject,
            Health.NOTE,
            f"{state.value}; `rsplab run` and `rsplab card serve` start it, and stop it again",
        )
    words = " ".join(word for word in command if word != "--foreground")
    return Finding(
        subject,
        Health.LACK,
        f"{state.value}, and this user may not start it",
        f"as root: {words}; without it, suites run in process",
    )


def _readers() -> Finding:
    subject = "virtual reader"
    if daemon_state() is not Daemon.RUNNING:
        return Finding(subject, Health.NOTE, "cannot be checked while pcscd does not run")
    try:
        names = reader_names()
    except ConfigError as error:
        return Finding(subject, Health.LACK, str(error), "run as root, or ask for access to it")
    virtual = [name for name in names if is_virtual(name)]
    if not virtual:
        others = ", ".join(names) or "none"
        held = _listened()
        if held:
            return Finding(
                subject,
                Health.LACK,
                f"pcscd shows none, because another program listens at port {held[0]}",
                f"stop the program at port {held[0]} (ss -ltnp shows it), then restart pcscd",
            )
        return Finding(
            subject,
            Health.LACK,
            f"pcscd shows none; readers there: {others}",
            "restart pcscd, so that it reads its configuration again",
        )
    return Finding(subject, Health.WELL, ", ".join(virtual))


def _listened() -> list[int]:
    """Returns the ports of the slots at which a program listens."""
    return [slot.port for slot in configured_slots() if port_use(slot.port).listener]


def _slots() -> Finding:
    subject = "slots"
    slots = configured_slots()
    if daemon_state() is not Daemon.RUNNING or not slots:
        return Finding(subject, Health.NOTE, "cannot be checked while pcscd does not run")
    uses = {slot.port: port_use(slot.port) for slot in slots}
    taken = [
        f"{port} by process {' '.join(map(str, use.processes)) or 'unknown'}"
        for port, use in uses.items()
        if use.taken
    ]
    if len(taken) == len(slots):
        return Finding(
            subject,
            Health.LACK,
            f"every port has a card: {', '.join(taken)}",
            "stop one of these cards; a second card at its port would never be served",
        )
    if taken:
        free = next(port for port, use in uses.items() if not use.taken)
        return Finding(
            subject,
            Health.NOTE,
            f"a card is at {', '.join(taken)}",
            f"serve another card with --port {free}",
        )
    if not any(use.listener for use in uses.values()):
        return Finding(
            subject,
            Health.LACK,
            f"pcscd runs, but nothing listens at port {DEFAULT_PORT}",
            "restart pcscd; another program may have held the port when it started",
        )
    return Finding(subject, Health.WELL, f"{len(slots)} free")


CHECKS: Final[tuple[Callable[[], Finding], ...]] = (
    _python,
    _packages,
    _daemon_program,
    _client_library,
    _driver,
    _reader_entry,
    _daemon,
    _readers,
    _slots,
    _pyscard,
)
"""Every check, in the order in which problems have to be fixed."""
