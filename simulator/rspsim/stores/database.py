"""A connection to a state file, and the counters in it."""

import sqlite3
from collections.abc import Iterable

from rspcore.errors import StoreError

__all__ = ["Database", "next_count"]


class Database:
    """A connection to the file that reports what goes wrong as StoreError."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self.connection = connection
        self._name = name

    def execute(self, sql: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        """Executes a statement.

        Raises:
            StoreError: the file cannot be read or written, or the statement breaks a rule of it.
        """
        try:
            return self.connection.execute(sql, values)
        except sqlite3.Error as error:
            raise self.failed(error) from error

    def executemany(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Executes a statement for each row.

        Raises:
            StoreError: as `execute`.
        """
        try:
            self.connection.executemany(sql, rows)
        except sqlite3.Error as error:
            raise self.failed(error) from error

    def failed(self, error: sqlite3.Error) -> StoreError:
        """Returns what a failure of the library is reported as."""
        return StoreError(f"{self._name}: {error}; the state before is still kept")


def next_count(database: Database, name: str) -> int:
    """Raises a counter of the file by one and returns it; the first value is 1."""
    database.execute(
        "INSERT INTO counter VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1",
        (name,),
    )
    (value,) = database.execute("SELECT value FROM counter WHERE name = ?", (name,)).fetchone()
    return int(value)
