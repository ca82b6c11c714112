"""The file of a `SqliteStore`: made completely or not at all, and opened by one process.

A new file is built next to its path and moved there when its tables exist, so that a file at the
path is always complete. Before SQLite opens an existing file, its first octets must show that it
is an SQLite file of this project (application number) in a supported form (schema number).
"""

import fcntl
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from rspcore.errors import StoreError

__all__ = ["APPLICATION_ID", "SCHEMA", "StoreInUseError", "open_file"]

APPLICATION_ID: Final = 0x5253504C
"""Application number in the header of every state file: "RSPL"."""

SCHEMA: Final = 1
"""Version of the tables; it is raised when older programs must not use newer files."""

_MAGIC: Final = b"SQLite format 3\x00"
_HEADER: Final = 100
_TABLES: Final = (
    "CREATE TABLE field (name TEXT PRIMARY KEY, json TEXT NOT NULL, crc INTEGER NOT NULL)",
    "CREATE TABLE item (id INTEGER PRIMARY KEY, json TEXT NOT NULL, crc INTEGER NOT NULL)",
    "CREATE TABLE content (name TEXT PRIMARY KEY, octets BLOB NOT NULL)",
)


class StoreInUseError(StoreError):
    """Reports that another process has the file open. It was left as it is."""


def open_file(path: Path) -> sqlite3.Connection:
    """Opens a state file, after making it when there is none, and keeps other processes out.

    Raises:
        StoreError: damaged, of another program, from a later version, in use, or not accessible. It
            is left as it was.
    """
    path = path.absolute()
    try:
        if _empty(path):
            _make(path)
        _check_header(path)
        path.chmod(0o600)
        database = _connect(path)
    except (OSError, sqlite3.Error) as error:
        raise _out_of_reach(path, error) from error
    try:
        _take(database, path)
    except StoreError:
        database.close()
        raise
    return database


def _empty(path: Path) -> bool:
    return not path.exists() or path.stat().st_size == 0


def _check_header(path: Path) -> None:
    with path.open("rb") as file:
        header = file.read(_HEADER)
    if len(header) < _HEADER or header[:16] != _MAGIC:
        raise StoreError(f"{path}: not a state file (no SQLite header); it was left as it is")
    application = int.from_bytes(header[68:72], "big")
    if application != APPLICATION_ID:
        raise StoreError(
            f"{path}: an SQLite file of another program (application number {application:08X}, "
            f"expected {APPLICATION_ID:08X}); it was left as it is. Give another file"
        )
    schema = int.from_bytes(header[60:64], "big")
    if schema != SCHEMA:
        raise StoreError(
            f"{path}: schema {schema}, this program supports {SCHEMA}; it was left as it is. "
            "Use the version of rsplab that wrote it, or give another file"
        )


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)


def _take(database: sqlite3.Connection, path: Path) -> None:
    """Locks the file for as long as the connection is open and checks that its pages are sound."""
    try:
        database.execute("PRAGMA locking_mode=EXCLUSIVE")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("BEGIN EXCLUSIVE")
        found = [row[0] for row in database.execute("PRAGMA quick_check")]
        database.execute("COMMIT")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StoreInUseError(
                f"{path}: in use by another card{_holder(path)}; a state file belongs to one card "
                "at a time. Stop that card, or give another file"
            ) from error
        raise _out_of_reach(path, error) from error
    except sqlite3.DatabaseError as error:
        raise _damaged(path, str(error)) from error
    if found != ["ok"]:
        raise _damaged(path, found[0])


def _out_of_reach(path: Path, error: Exception) -> StoreError:
    return StoreError(
        f"{path}: not accessible ({error}); it was left as it is. "
        "Does the folder exist, may you write to it, and is the disk not full?"
    )


def _damaged(path: Path, what: str) -> StoreError:
    return StoreError(
        f"{path}: damaged ({what}); it was left as it is. "
        "Restore a copy, or give another file to begin with a new card"
    )


def _holder(path: Path) -> str:
    """Returns " (process N)" for the process that locks the file, where the kernel lists it."""
    inode = str(path.stat().st_ino)
    try:
        locks = Path("/proc/locks").read_text(encoding="ascii")
    except OSError:
        return ""
    for line in locks.splitlines():
        words = line.split()
        if len(words) > 5 and words[5].rpartition(":")[2] == inode:
            return f" (process {words[4]})"
    return ""


def _make(path: Path) -> None:
    """Builds an empty state file next to the path and moves it there; the first process wins."""
    with _folder_locked(path.parent) as folder:
        if not _empty(path):
            return
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        draft = Path(name)
        try:
            with closing(_connect(draft)) as database:
                database.execute(f"PRAGMA application_id={APPLICATION_ID}")
                database.execute(f"PRAGMA user_version={SCHEMA}")
                for table in _TABLES:
                    database.execute(table)
                database.execute("PRAGMA journal_mode=WAL")
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        os.fsync(folder)


@contextmanager
def _folder_locked(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)
