"""What pcscd says about its readers, through the C library alone.

`doctor` and the start of a card need the readers on machines without pyscard, so this module
calls libpcsclite itself: establish a context, list the readers, release the context. Everything
else that a PC/SC client does belongs to pyscard.
"""

import ctypes
import ctypes.util
import os
import socket
import time  # noqa: TID251  a daemon needs real time to show its readers
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Final

from rspcore.errors import ConfigError

__all__ = ["LIBRARY", "Daemon", "daemon_state", "has_library", "reader_names", "wait_for_reader"]

LIBRARY: Final = "libpcsclite.so.1"

_SOCKET: Final = Path("/run/pcscd/pcscd.comm")
_SCOPE_SYSTEM: Final = 2
_SUCCESS: Final = 0
_NO_READERS: Final = 0x8010002E
_NO_ACCESS: Final = 0x8010006A
_POLL_S: Final = 0.02


class Daemon(Enum):
    """What was found at the socket of pcscd."""

    RUNNING = "running"
    ABSENT = "not running"
    STALE = "not running, but its socket still exists"
    FORBIDDEN = "running, but closed to this user"


def daemon_state() -> Daemon:
    """Returns the state of pcscd; connects to its socket without sending anything."""
    place = Path(os.environ.get("PCSCLITE_CSOCK_NAME", _SOCKET))
    if not place.exists():
        return Daemon.ABSENT
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(place))
        except PermissionError:
            return Daemon.FORBIDDEN
        except OSError:
            return Daemon.STALE
    return Daemon.RUNNING


def has_library() -> bool:
    """Returns whether the client library can be loaded."""
    try:
        ctypes.CDLL(LIBRARY)
    except OSError:
        return False
    return True


def reader_names() -> tuple[str, ...]:
    """Returns the names of all readers pcscd has now, in its order.

    Raises:
        ConfigError: no client library, no daemon, or no permission.
    """
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError as error:
        raise ConfigError(f"{LIBRARY} cannot be loaded ({error}); install libpcsclite1") from error
    context = ctypes.c_long()
    _check(library.SCardEstablishContext(_SCOPE_SYSTEM, None, None, ctypes.byref(context)))
    try:
        return _list_readers(library, context)
    finally:
        library.SCardReleaseContext(context)


def wait_for_reader(wanted: Callable[[str], bool], timeout_s: float = 10.0, count: int = 1) -> str:
    """Waits until pcscd shows `count` wanted readers and returns the first of them.

    Raises:
        ConfigError: they did not appear in time; the message lists the readers there are.
    """
    end = time.monotonic() + timeout_s
    while True:
        try:
            names, why = reader_names(), ""
        except ConfigError as error:
            names, why = (), f": {error}"
        found = [name for name in names if wanted(name)]
        if len(found) >= count:
            return found[0]
        if time.monotonic() > end:
            there = ", ".join(repr(name) for name in names) or "none"
            raise ConfigError(
                f"{len(found)} of {count} virtual readers within {timeout_s:g} s{why}; "
                f"readers there: {there}. "
                "`rsplab doctor` shows what is missing"
            )
        time.sleep(_POLL_S)


def _list_readers(library: ctypes.CDLL, context: ctypes.c_long) -> tuple[str, ...]:
    size = ctypes.c_ulong()
    code = _code(library.SCardListReaders(context, None, None, ctypes.byref(size)))
    if code == _NO_READERS:
        return ()
    _check(code)
    buffer = ctypes.create_string_buffer(size.value)
    code = _code(library.SCardListReaders(context, None, buffer, ctypes.byref(size)))
    if code == _NO_READERS:
        return ()
    _check(code)
    return tuple(name.decode() for name in buffer.raw[: size.value].split(b"\x00") if name)


def _code(result: int) -> int:
    return result & 0xFFFFFFFF


def _check(result: int) -> None:
    code = _code(result)
    if code == _SUCCESS:
        return
    if code == _NO_ACCESS and os.geteuid() == 0:
        raise ConfigError(
            "pcscd runs, but denies access to root, because it finds no polkit to ask; stop it, "
            "and start it as: pcscd --disable-polkit"
        )
    if code == _NO_ACCESS:
        raise ConfigError(
            "pcscd runs, but denies access to this user (polkit): run as root, or allow "
            "org.debian.pcsc-lite.access_pcsc for it"
        )
    raise ConfigError(f"pcscd does not answer (PC/SC code {code:08X}); see `rsplab doctor`")
