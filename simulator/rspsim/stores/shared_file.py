"""An SQLite file that several processes use as the state of one server: units of work, snapshots.

Each unit of work is one transaction, begun before the server reads: `BEGIN IMMEDIATE` lets one
process at a time in. The write-ahead log is synchronised at every commit: an answer goes out only
after what it says is on the disk. The history is in a file beside it
(`rspsim.stores.history_file`).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from rspcore.errors import LocalError, StoreError
from rspsim.smdpp.history import History
from rspsim.smdpp.limits import KeptLimits
from rspsim.stores.database import Database
from rspsim.stores.history_file import HistoryFile, history_beside

__all__ = ["SharedFile", "connect", "logged_ahead"]

_BUSY_S: Final = 10.0
"""How long a request waits for another process that writes, in seconds."""


def connect(path: Path) -> sqlite3.Connection:
    """Opens a file, made and readable by its owner alone when there is none.

    Raises:
        OSError: the file is not accessible.
        sqlite3.Error: it cannot be opened.
    """
    path.touch(mode=0o600)
    return sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)


def logged_ahead(database: sqlite3.Connection) -> None:
    """Gives a file a write-ahead log that is on the disk at every commit."""
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")


class SharedFile:
    """The part of a server's state that is the same whatever its tables are.

    Args:
        path: The file.
        database: The open connection; `close` closes it.
        kept: Names of the tables that a snapshot has.
        limits: Bounds of what the history keeps.
    """

    def __init__(
        self, path: Path, database: sqlite3.Connection, kept: tuple[str, ...], limits: KeptLimits
    ) -> None:
        self._path, self._database, self._kept, self._limits = path, database, kept, limits
        self._rows = Database(database, str(path))
        self._depth = 0
        self._history: HistoryFile | None = None

    @property
    def path(self) -> Path:
        """Returns the file."""
        return self._path

    @property
    def waits(self) -> bool:
        """Returns True: a unit waits for the processes before it, and for the disk."""
        return True

    def make_history(self) -> History:
        """Makes the history, in a file beside this one, which other processes use as well.

        Raises:
            StoreError: that file cannot be used.
        """
        if self._history is None:
            self._history = HistoryFile(history_beside(self._path), self._limits)
        return self._history

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Opens a unit of work: one transaction; a unit inside another joins it.

        Raises:
            StoreError: the file could not be written. Nothing of the unit was kept.
        """
        if self._depth:
            yield
            return
        try:
            self._database.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
                self._commit()
            finally:
                self._depth = 0
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise StoreError(
                f"{self._path}: not written ({error}); the state before is still kept"
            ) from error

    def _commit(self) -> None:
        self._database.execute("COMMIT")

    def clear(self) -> None:
        """Forgets everything but snapshots, history, and how often the file was opened.

        Raises:
            StoreError: it could not be written. Nothing was forgotten.
        """
        self.restore({})

    def snapshot(self) -> object:
        """Returns every row of the tables that a snapshot has, by the name of the table."""
        with self.unit():
            return {
                table: self._rows.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608  own names
                for table in self._kept
            }

    def restore(self, snapshot: object) -> None:
        """Puts back what a snapshot has; a table that it does not have becomes empty.

        Raises:
            LocalError: it is a snapshot of another kind of state. Nothing was changed.
            StoreError: it could not be written. Nothing was changed.
        """
        if not isinstance(snapshot, dict):
            raise LocalError("a snapshot of another kind of state")
        with self.unit():
            for table in self._kept:
                self._rows.execute(f"DELETE FROM {table}")  # noqa: S608  own names
                rows = snapshot.get(table, [])
                if rows:
                    places = ", ".join("?" * len(rows[0]))
                    self._rows.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608

    def close(self) -> None:
        """Closes the file, and that of the history; a second call does nothing."""
        if self._history is not None:
            self._history.close()
        self._database.close()

    def __enter__(self) -> Self:
        """Returns the state itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the file."""
        self.close()
