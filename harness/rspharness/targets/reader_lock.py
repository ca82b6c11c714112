"""A lock for each reader, so that the processes of a machine take turns at its card.

PC/SC refuses a second program at once ("sharing violation"), whoever the first one is. With the
lock a process waits for a while, says for whom, and says so too when it gives up. It is a file of
the user, in the folder for temporary files, that goes free when its process ends however it ends.
"""

import fcntl
import os
import sys
import time  # noqa: TID251  another process takes real time to end
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from typing import Final

from rspcore.errors import ConfigError

__all__ = ["WAIT", "ReaderLock"]

WAIT: Final = "RSPLAB_READER_WAIT_S"
"""Environment variable: how long a process waits for a reader, in seconds."""

_USUAL_S: Final = 30.0
_POLL_S: Final = 0.1
_DAEMON: Final = "/run/pcscd/pcscd.comm"


_HELD: dict[Path, tuple[int, int]] = {}
"""File and number of holders of each lock that this process has."""


class ReaderLock:
    """The lock of one reader, held until it is released; holders in one process share it."""

    def __init__(self, reader: str) -> None:
        """Takes the lock, and waits for it where another process has it.

        Args:
            reader: Name of the reader.

        Raises:
            ConfigError: another process still has the reader when the time is over, the time is no
                number, or the lock cannot be made.
        """
        self._path: Path | None = None
        try:
            path = _path(reader)
            file, holders = _HELD.get(path, (-1, 0))
            if not holders:
                file = _taken(path, reader)
        except OSError as error:
            raise ConfigError(f'the lock of reader "{reader}": {error}') from error
        _HELD[path] = file, holders + 1
        self._path = path

    def release(self) -> None:
        """Releases it; a second call does nothing."""
        if self._path is None:
            return
        file, holders = _HELD.pop(self._path)
        if holders > 1:
            _HELD[self._path] = file, holders - 1
        else:
            os.close(file)
        self._path = None


def _taken(path: Path, reader: str) -> int:
    """Returns the locked file.

    Raises:
        ConfigError: another process goes on having it.
        OSError: there can be no such file.
    """
    patience_s = _patience_s()
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    end = time.monotonic() + patience_s
    waits = False
    while not _is_free(file):
        holder = os.pread(file, 32, 0).decode("ascii", "replace").strip() or "unknown"
        if time.monotonic() >= end:
            os.close(file)
            raise ConfigError(
                f'reader "{reader}" is used by process {holder}; wait for its end, name another '
                f"reader, or wait longer by {WAIT}=SECONDS"
            )
        if not waits:
            waits = True
            sys.stderr.write(
                f'rsplab: reader "{reader}" is used by process {holder}; waiting for it\n'
            )
        time.sleep(_POLL_S)
    os.ftruncate(file, 0)
    os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
    return file


def _is_free(file: int) -> bool:
    """Locks the file, and returns whether that was possible."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _patience_s() -> float:
    """Returns how long to wait.

    Raises:
        ConfigError: it is no number.
    """
    text = os.environ.get(WAIT, "")
    try:
        return float(text) if text else _USUAL_S
    except ValueError as error:
        raise ConfigError(f"{WAIT}={text}: expected a number of seconds") from error


def _path(reader: str) -> Path:
    """Returns the file of a reader; each daemon has its own, whatever its readers are called."""
    folder = Path(gettempdir()) / f"rsplab-readers-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    socket = os.environ.get("PCSCLITE_CSOCK_NAME", _DAEMON)
    try:
        place = Path(socket).stat()
        daemon = f"{socket} {place.st_dev} {place.st_ino}"
    except OSError:
        daemon = socket
    return folder / f"{sha256(f'{daemon} {reader}'.encode()).hexdigest()[:24]}.lock"
