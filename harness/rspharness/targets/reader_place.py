"""A PC/SC reader on this machine: which process has it just now, and which driver is behind it.

PC/SC refuses a second program at once ("sharing violation"), whoever the first one is. With the
lock a process waits for a while, says for whom, and says so too when it gives up. It is a file of
the user, in the folder for temporary files, that goes free when its process ends however it ends.

PC/SC itself names a reader and no driver. A driver for USB readers has a bundle with a property
list, in which its readers are named; one for other readers stands in a file of reader.conf.d. What
the reader says of its own maker and version is added where it says so. Over a forwarded socket the
driver is on another machine, and only the reader itself can be asked.
"""

import fcntl
import os
import plistlib
import re
import sys
import time  # noqa: TID251  another process takes real time to end
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from typing import Any, Final

from rspcore.errors import ConfigError

__all__ = ["WAIT", "ReaderLock", "driver_of"]

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


_BUNDLES: Final = (Path("/usr/lib/pcsc/drivers"), Path("/usr/local/lib/pcsc/drivers"))
_CONFIGURATION: Final = Path("/etc/reader.conf.d")
_FORWARDED: Final = "PCSCLITE_CSOCK_NAME"
_LINE: Final = re.compile(r'^\s*(FRIENDLYNAME|LIBPATH)\s+"?([^"\n]+?)"?\s*$', re.MULTILINE)


def driver_of(reader: str, said: Callable[[], tuple[str, str]]) -> str:
    """Returns the driver of a reader, such as `libccid.so 1.5.2`; empty where nothing is known.

    Args:
        reader: Name of the reader.
        said: Asks the reader for its maker and version; empty texts where it is silent.
    """
    library = "" if os.environ.get(_FORWARDED) else _library(reader)
    maker, version = said()
    own = " ".join(part for part in (maker, version) if part)
    return f"{library} ({own})" if library and own else library or own


def _library(reader: str) -> str:
    """Returns the library, with its version if it says one, of the longest name that fits."""
    fitting = [
        (len(name), library)
        for name, library in (*_configured(), *_bundled())
        if name and reader.startswith(name)
    ]
    return max(fitting, default=(0, ""))[1]


def _configured() -> Iterator[tuple[str, str]]:
    """Yields names of readers and libraries of the files in reader.conf.d."""
    for file in sorted(_CONFIGURATION.glob("*")):
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        name = ""
        for key, value in _LINE.findall(text):
            if key == "FRIENDLYNAME":
                name = value
            else:
                yield name, Path(value).name


def _bundled() -> Iterator[tuple[str, str]]:
    """Yields names of readers and libraries of the bundles for USB."""
    for place in _BUNDLES:
        for file in sorted(place.glob("*.bundle/Contents/Info.plist")):
            try:
                with file.open("rb") as stream:
                    read: dict[str, Any] = plistlib.load(stream)
            except (OSError, ValueError):
                continue
            version = read.get("CFBundleShortVersionString", "")
            library = f"{read.get('CFBundleExecutable', '')} {version}".strip()
            for name in read.get("ifdFriendlyName", ()):
                yield str(name), library
