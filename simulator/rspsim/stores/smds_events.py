"""The state of an SM-DS in one SQLite file: events, calls answered, sessions, settings, snapshots.

Several processes on one file serve as one server (`rspsim.stores.shared_file`).
"""

import sqlite3
from collections.abc import MutableMapping
from datetime import datetime
from pathlib import Path

from rspcore.errors import StoreError
from rspcore.ids import Eid
from rspcore.messages.event_type import EventType
from rspsim.smdpp.limits import USUAL_LIMITS, KeptLimits
from rspsim.smdpp.protocol.resends import AnsweredCall, CallName
from rspsim.smds.event_records import EventChange, EventRecord
from rspsim.stores.server_rows import SessionRows
from rspsim.stores.setting_rows import SETTING_TABLES, SettingRows, SnapshotRows
from rspsim.stores.shared_file import SharedFile, connect, logged_ahead

__all__ = ["SqliteEvents"]

_APPLICATION_ID = 0x52534453  # "RSDS"
_TABLES = (
    """CREATE TABLE IF NOT EXISTS event (
        eid TEXT, owner TEXT, event_id TEXT, address TEXT NOT NULL, forwarded_as TEXT NOT NULL,
        event_type INTEGER NOT NULL DEFAULT 1, UNIQUE (eid, owner, event_id))""",
    """CREATE TABLE IF NOT EXISTS answered (
        requester TEXT, identifier TEXT, function TEXT NOT NULL, digest BLOB NOT NULL,
        at TEXT NOT NULL, answer BLOB NOT NULL, PRIMARY KEY (requester, identifier))""",
    """CREATE TABLE IF NOT EXISTS session (
        id TEXT PRIMARY KEY, rank INTEGER, touched TEXT, json TEXT NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS content (name TEXT PRIMARY KEY, octets BLOB NOT NULL)",
    *SETTING_TABLES,
)
_KEPT = ("event", "answered", "setting", "session", "content")


_COLUMNS = "eid, owner, event_id, address, forwarded_as, event_type"


def _record(row: tuple[str, str, str, str, str, int]) -> EventRecord:
    eid, owner, event_id, address, forwarded_as, event_type = row
    return EventRecord(
        eid=Eid.from_digits(eid),
        owner=owner,
        event_id=event_id,
        rsp_server_address=address,
        forwarded_as=forwarded_as,
        event_type=EventType(event_type),
    )


class SqliteEvents(SharedFile):
    """Keeps the state of an SM-DS in a file, which several processes may use at once.

    Args:
        path: The file; made, readable by its owner alone, when there is none.
        limits: Bounds of sessions and history.

    Attributes:
        settings: What was changed of policy and clock.
        sessions: The RSP sessions.
        snapshots: Snapshots of all that, by name.

    Raises:
        StoreError: not accessible, damaged, or of another program. It is left as it was.
    """

    def __init__(self, path: Path, limits: KeptLimits = USUAL_LIMITS) -> None:
        super().__init__(path, _opened(path), _KEPT, limits)
        rows = self._rows
        self.settings = SettingRows(rows)
        self.sessions = SessionRows(rows, limits, naming=("session",))
        self.snapshots: MutableMapping[str, object] = SnapshotRows(rows)

    def of(self, eid: Eid) -> tuple[EventRecord, ...]:
        """Returns the events of an eUICC, oldest first."""
        rows = self._rows.execute(
            f"SELECT {_COLUMNS} FROM event WHERE eid = ? ORDER BY rowid",  # noqa: S608  constant
            (str(eid),),
        )
        return tuple(map(_record, rows))

    def all(self) -> tuple[EventRecord, ...]:
        """Returns every event, oldest first."""
        rows = self._rows.execute(
            f"SELECT {_COLUMNS} FROM event ORDER BY rowid"  # noqa: S608  constant
        )
        return tuple(map(_record, rows))

    def answered(self, name: CallName) -> AnsweredCall | None:
        """Returns the last call under this name, or None."""
        row = self._rows.execute(
            "SELECT function, digest, at, answer FROM answered"
            " WHERE requester = ? AND identifier = ?",
            (name.requester, name.identifier),
        ).fetchone()
        if row is None:
            return None
        return AnsweredCall(
            name=name,
            function=row[0],
            digest=row[1],
            at=datetime.fromisoformat(row[2]),
            answer=row[3],
        )

    def commit(self, change: EventChange) -> None:
        """Writes a change, all of it or nothing.

        Raises:
            StoreError: it could not be written; the events are as before.
        """
        gone, one, call = change.remove, change.put, change.answered
        with self.unit():
            execute = self._rows.execute
            if gone is not None:
                execute(
                    "DELETE FROM event WHERE eid = ? AND owner = ? AND event_id = ?",
                    (str(gone.eid), gone.owner, gone.event_id),
                )
            if one is not None:
                row = (str(one.eid), one.owner, one.event_id, one.rsp_server_address)
                execute(
                    "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)",
                    (*row, one.forwarded_as, int(one.event_type)),
                )
            if call is not None:
                named = (call.name.requester, call.name.identifier, call.function, call.digest)
                execute(
                    "INSERT OR REPLACE INTO answered VALUES (?, ?, ?, ?, ?, ?)",
                    (*named, call.at.isoformat(), call.answer),
                )


def _opened(path: Path) -> sqlite3.Connection:
    try:
        database = connect(path)
        try:
            _prepare(path, database)
        except BaseException:
            database.close()
            raise
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path}: cannot be used ({error}); give another file") from error
    return database


def _prepare(path: Path, database: sqlite3.Connection) -> None:
    number = database.execute("PRAGMA application_id").fetchone()[0]
    empty = not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if number != _APPLICATION_ID and not (empty and number == 0):
        raise StoreError(f"{path}: a file of another program; give another file")
    logged_ahead(database)
    database.execute(f"PRAGMA application_id={_APPLICATION_ID}")
    for table in _TABLES:
        database.execute(table)
    if "event_type" not in [one[1] for one in database.execute("PRAGMA table_info(event)")]:
        database.execute("ALTER TABLE event ADD COLUMN event_type INTEGER NOT NULL DEFAULT 1")
