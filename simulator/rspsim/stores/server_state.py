"""An SM-DP+'s stock, orders, sessions and received Notifications in one SQLite file.

Each request is one transaction, begun before the server reads: `BEGIN IMMEDIATE` lets one process
at a time in, so that several processes on one file serve as one server. The write-ahead log is
synchronised at every commit: an answer goes out only after what it says is on the disk.

The file contains private keys and is readable by its owner alone. A file of schema 1 is brought up
to date when it is opened, in one transaction (`rspsim.stores.schema_1`); one of another program or
of a later version is refused and left as it is.

`rspsim.stores.server_rows` has the tables.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, Self

from rspcore.errors import LocalError, StoreError
from rspsim.smdpp.history import History
from rspsim.smdpp.limits import USUAL_LIMITS, KeptLimits
from rspsim.stores.history_file import HistoryFile, history_beside
from rspsim.stores.operation_rows import OPERATION_TABLES, OperationRows
from rspsim.stores.partner_rows import PARTNER_TABLES, AnsweredRows, ErrandRows
from rspsim.stores.schema_1 import migrate
from rspsim.stores.server_rows import (
    INDEXES,
    TABLES,
    Database,
    OrderRows,
    ProfileRows,
    ReceiptRows,
    SeenRows,
    SessionRows,
    collect,
    next_count,
)
from rspsim.stores.setting_rows import SETTING_TABLES, SettingRows, SnapshotRows

__all__ = ["APPLICATION_ID", "SCHEMA", "FileState"]

APPLICATION_ID: Final = 0x52535053
"""Application number in the header of every state file of a server: "RSPS"."""
SCHEMA: Final = 2
"""Version of the tables; it is raised when other programs must not use the file."""

_SNAPSHOT_TABLES: Final = (
    *("orders", "profile", "session", "seen", "notification", "content"),
    *("answered", "errand", "setting", "operation"),
)
_BUSY_S: Final = 10.0
"""How long a request waits for another process that writes, in seconds."""


class FileState:
    """Keeps the state of one SM-DP+ in a file, which several processes may use at once.

    Args:
        path: The file; made, readable by its owner alone, when there is none.
        limits: Bound of the number of sessions.

    Attributes:
        orders: The orders.
        profiles: The stock.
        sessions: The RSP sessions.
        seen: Which genuine Notifications came.
        receipts: The Notifications received.
        answered: The calls of operators answered last.
        errands: The calls that have to be made to partners.
        settings: What was changed of policy and clock.
        operations: RPM packages and Device Changes.
        snapshots: Snapshots of all that, by name.
        start: Which opening of this file it is, from 1; no other process and no later one has the
            same.

    Raises:
        StoreError: it is no SQLite file, of another program or version, or not accessible. It is
            left as it was.
    """

    def __init__(self, path: Path, limits: KeptLimits = USUAL_LIMITS) -> None:
        self._path = path
        self._depth = 0
        self._database = self._open()
        rows = self._rows = Database(self._database, str(path))
        self.orders = OrderRows(rows)
        self.profiles = ProfileRows(rows)
        self.sessions = SessionRows(rows, limits)
        self.seen = SeenRows(rows)
        self.receipts = ReceiptRows(rows, limits)
        self.answered = AnsweredRows(rows)
        self.errands = ErrandRows(rows)
        self.settings = SettingRows(rows)
        self.operations = OperationRows(rows)
        self.snapshots = SnapshotRows(rows)
        self._limits = limits
        self._history: HistoryFile | None = None
        self.start = self._next_start(rows)

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

    def _next_start(self, rows: Database) -> int:
        try:
            with self.unit():
                collect(rows)
                return next_count(rows, "start")
        except StoreError:
            self._database.close()
            raise

    def _open(self) -> sqlite3.Connection:
        path = self._path
        try:
            path.touch(mode=0o600)
            database = sqlite3.connect(
                path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare(database)
            except BaseException:
                database.close()
                raise
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"{path}: not the state of an SM-DP+ ({error}); it was left as it is. "
                "Give another file"
            ) from error
        except OSError as error:
            raise StoreError(
                f"{path}: not accessible ({error.strerror}). Does the folder exist, and may you "
                "write to it?"
            ) from error
        return database

    def _prepare(self, database: sqlite3.Connection) -> None:
        with closing(database.execute("SELECT count(*) FROM sqlite_master")) as found:
            (tables,) = found.fetchone()
        (application,) = database.execute("PRAGMA application_id").fetchone()
        if tables and application != APPLICATION_ID:
            raise StoreError(
                f"{self._path}: an SQLite file of another program (application number "
                f"{application:08X}, expected {APPLICATION_ID:08X}); it was left as it is. "
                "Give another file"
            )
        (schema,) = database.execute("PRAGMA user_version").fetchone()
        if tables and schema not in (1, SCHEMA):
            raise StoreError(
                f"{self._path}: schema {schema}, this program supports up to {SCHEMA}; it was left "
                "as it is. Use the version of rsplab that wrote it, or give another file"
            )
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("BEGIN IMMEDIATE")
        if not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            for table in TABLES.strip().splitlines():
                database.execute(table)
            database.execute(f"PRAGMA application_id={APPLICATION_ID}")
            database.execute(f"PRAGMA user_version={SCHEMA}")
        elif database.execute("PRAGMA user_version").fetchone()[0] == 1:
            migrate(Database(database, str(self._path)))
            database.execute(f"PRAGMA user_version={SCHEMA}")
        for statement in (*PARTNER_TABLES, *SETTING_TABLES, *OPERATION_TABLES, *INDEXES):
            database.execute(statement)
        database.execute("COMMIT")

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
        """Returns every row of the file."""
        with self.unit():
            return {
                table: self._rows.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608  own names
                for table in _SNAPSHOT_TABLES
            }

    def restore(self, snapshot: object) -> None:
        """Puts back what a snapshot has; the number of the opening stays.

        Raises:
            LocalError: it is a snapshot of another kind of state. Nothing was changed.
            StoreError: it could not be written. Nothing was changed.
        """
        if not isinstance(snapshot, dict):
            raise LocalError("a snapshot of another kind of state")
        with self.unit():
            for table in _SNAPSHOT_TABLES:
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
