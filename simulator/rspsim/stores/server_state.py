"""An SM-DP+'s stock, orders, sessions and received Notifications in one SQLite file.

Each request is one transaction, so that several processes on one file serve as one server
(`rspsim.stores.shared_file`).

The file contains private keys and is readable by its owner alone. A file of schema 1 is brought up
to date when it is opened, in one transaction (`rspsim.stores.schema_1`); one of another program or
of a later version is refused and left as it is.

`rspsim.stores.server_rows` has the tables.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from rspcore.errors import StoreError
from rspsim.smdpp.limits import USUAL_LIMITS, KeptLimits
from rspsim.stores.database import Database, next_count
from rspsim.stores.operation_rows import OPERATION_TABLES, OperationRows
from rspsim.stores.partner_rows import PARTNER_TABLES, AnsweredRows, ErrandRows
from rspsim.stores.row_values import collect
from rspsim.stores.schema_1 import migrate
from rspsim.stores.server_rows import (
    INDEXES,
    TABLES,
    OrderRows,
    ProfileRows,
    ReceiptRows,
    SeenRows,
    SessionRows,
)
from rspsim.stores.setting_rows import SETTING_TABLES, SettingRows, SnapshotRows
from rspsim.stores.shared_file import SharedFile, connect, logged_ahead

__all__ = ["APPLICATION_ID", "SCHEMA", "FileState"]

APPLICATION_ID: Final = 0x52535053
"""Application number in the header of every state file of a server: "RSPS"."""
SCHEMA: Final = 2
"""Version of the tables; it is raised when other programs must not use the file."""

_SNAPSHOT_TABLES: Final = (
    *("orders", "profile", "session", "seen", "notification", "content"),
    *("answered", "errand", "setting", "operation"),
)


class FileState(SharedFile):
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
        super().__init__(path, _opened(path), _SNAPSHOT_TABLES, limits)
        rows = self._rows
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
        self.start = self._next_start(rows)

    def _next_start(self, rows: Database) -> int:
        try:
            with self.unit():
                collect(rows)
                return next_count(rows, "start")
        except StoreError:
            self._database.close()
            raise


def _opened(path: Path) -> sqlite3.Connection:
    try:
        database = connect(path)
        try:
            _prepare(path, database)
        except BaseException:
            database.close()
            raise
    except sqlite3.OperationalError as error:
        raise StoreError(
            f"{path}: not accessible ({error}); it was left as it is. May you write there, and is "
            "the disk not full?"
        ) from error
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"{path}: not the state of an SM-DP+ ({error}); it was left as it is. Give another file"
        ) from error
    except OSError as error:
        raise StoreError(
            f"{path}: not accessible ({error.strerror}). Does the folder exist, and may you "
            "write to it?"
        ) from error
    return database


def _prepare(path: Path, database: sqlite3.Connection) -> None:
    with closing(database.execute("SELECT count(*) FROM sqlite_master")) as found:
        (tables,) = found.fetchone()
    (application,) = database.execute("PRAGMA application_id").fetchone()
    if tables and application != APPLICATION_ID:
        raise StoreError(
            f"{path}: an SQLite file of another program (application number "
            f"{application:08X}, expected {APPLICATION_ID:08X}); it was left as it is. "
            "Give another file"
        )
    (schema,) = database.execute("PRAGMA user_version").fetchone()
    if tables and schema not in (1, SCHEMA):
        raise StoreError(
            f"{path}: schema {schema}, this program supports up to {SCHEMA}; it was left "
            "as it is. Use the version of rsplab that wrote it, or give another file"
        )
    logged_ahead(database)
    database.execute("BEGIN IMMEDIATE")
    if not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        for table in TABLES.strip().splitlines():
            database.execute(table)
        database.execute(f"PRAGMA application_id={APPLICATION_ID}")
        database.execute(f"PRAGMA user_version={SCHEMA}")
    elif database.execute("PRAGMA user_version").fetchone()[0] == 1:
        migrate(Database(database, str(path)))
        database.execute(f"PRAGMA user_version={SCHEMA}")
    for statement in (*PARTNER_TABLES, *SETTING_TABLES, *OPERATION_TABLES, *INDEXES):
        database.execute(statement)
    database.execute("COMMIT")
