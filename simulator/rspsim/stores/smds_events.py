"""The events of an SM-DS in one SQLite file; each change is on the disk when `commit` returns."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from rspcore.errors import LocalError, StoreError
from rspcore.frozen import dataclass
from rspcore.ids import Eid
from rspsim.smdpp.protocol.resends import AnsweredCall, CallName
from rspsim.smds.event_records import EventChange, EventRecord
from rspsim.stores.server_rows import Database
from rspsim.stores.setting_rows import SETTING_TABLE, SettingRows

__all__ = ["SqliteEvents"]

_APPLICATION_ID = 0x52534453  # "RSDS"
_TABLES = (
    """CREATE TABLE IF NOT EXISTS event (
        eid TEXT, owner TEXT, event_id TEXT, address TEXT NOT NULL, forwarded_as TEXT NOT NULL,
        UNIQUE (eid, owner, event_id))""",
    """CREATE TABLE IF NOT EXISTS answered (
        requester TEXT, identifier TEXT, function TEXT NOT NULL, digest BLOB NOT NULL,
        at TEXT NOT NULL, answer BLOB NOT NULL, PRIMARY KEY (requester, identifier))""",
    SETTING_TABLE,
)
_KEPT = ("event", "answered", "setting")


@dataclass(frozen=True, slots=True)
class _Snapshot:
    rows: Mapping[str, Sequence[tuple[object, ...]]]


class SqliteEvents:
    """Keeps events in a file.

    Args:
        path: The file; made, readable by its owner alone, when there is none.

    Attributes:
        settings: What was changed of policy and clock.

    Raises:
        StoreError: not accessible, damaged, or of another program. It is left as it was.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.touch(mode=0o600)
            self._database = sqlite3.connect(
                path, timeout=5, isolation_level=None, check_same_thread=False
            )
            execute = self._database.execute
            number = execute("PRAGMA application_id").fetchone()[0]
            empty = not execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if number != _APPLICATION_ID and not (empty and number == 0):
                raise StoreError(f"{path}: a file of another program; give another file")
            execute("PRAGMA journal_mode=WAL")
            execute("PRAGMA synchronous=FULL")
            execute(f"PRAGMA application_id={_APPLICATION_ID}")
            for table in _TABLES:
                execute(table)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{path}: cannot be used ({error}); give another file") from error
        self.settings = SettingRows(Database(self._database, str(path)))

    def of(self, eid: Eid) -> tuple[EventRecord, ...]:
        """Returns the events of an eUICC, oldest first."""
        rows = self._database.execute(
            "SELECT owner, event_id, address, forwarded_as FROM event WHERE eid = ? ORDER BY rowid",
            (str(eid),),
        )
        return tuple(
            EventRecord(
                eid=eid,
                owner=owner,
                event_id=event_id,
                rsp_server_address=address,
                forwarded_as=forwarded_as,
            )
            for owner, event_id, address, forwarded_as in rows
        )

    def all(self) -> tuple[EventRecord, ...]:
        """Returns every event, oldest first."""
        rows = self._database.execute(
            "SELECT eid, owner, event_id, address, forwarded_as FROM event ORDER BY rowid"
        )
        return tuple(
            EventRecord(
                eid=Eid.from_digits(eid),
                owner=owner,
                event_id=event_id,
                rsp_server_address=address,
                forwarded_as=forwarded_as,
            )
            for eid, owner, event_id, address, forwarded_as in rows
        )

    def answered(self, name: CallName) -> AnsweredCall | None:
        """Returns the last call under this name, or None."""
        row = self._database.execute(
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
        execute = self._database.execute
        try:
            execute("BEGIN IMMEDIATE")
            gone, one, call = change.remove, change.put, change.answered
            if gone is not None:
                execute(
                    "DELETE FROM event WHERE eid = ? AND owner = ? AND event_id = ?",
                    (str(gone.eid), gone.owner, gone.event_id),
                )
            if one is not None:
                row = (str(one.eid), one.owner, one.event_id, one.rsp_server_address)
                execute("INSERT INTO event VALUES (?, ?, ?, ?, ?)", (*row, one.forwarded_as))
            if call is not None:
                named = (call.name.requester, call.name.identifier, call.function, call.digest)
                execute(
                    "INSERT OR REPLACE INTO answered VALUES (?, ?, ?, ?, ?, ?)",
                    (*named, call.at.isoformat(), call.answer),
                )
            execute("COMMIT")
        except sqlite3.Error as error:
            if self._database.in_transaction:
                execute("ROLLBACK")
            raise StoreError(f"{self._path}: not written ({error})") from error

    def clear(self) -> None:
        """Forgets events, calls and settings.

        Raises:
            StoreError: it could not be written; the events are as before.
        """
        self._replace({name: [] for name in _KEPT})

    def snapshot(self) -> object:
        """Returns the rows of each table."""
        rows = {name: self._database.execute(f"SELECT * FROM {name}").fetchall() for name in _KEPT}  # noqa: S608  names of ours
        return _Snapshot(rows)

    def restore(self, snapshot: object) -> None:
        """Puts back what a snapshot has.

        Raises:
            LocalError: it is a snapshot of another kind. Nothing was changed.
            StoreError: it could not be written; the events are as before.
        """
        if not isinstance(snapshot, _Snapshot):
            raise LocalError("a snapshot of another kind of state")
        self._replace(snapshot.rows)

    def _replace(self, tables: Mapping[str, Sequence[tuple[object, ...]]]) -> None:
        execute = self._database.execute
        try:
            execute("BEGIN IMMEDIATE")
            for name, rows in tables.items():
                execute(f"DELETE FROM {name}")  # noqa: S608  names of ours
                for row in rows:
                    places = ", ".join("?" * len(row))
                    execute(f"INSERT INTO {name} VALUES ({places})", row)  # noqa: S608  likewise
            execute("COMMIT")
        except sqlite3.Error as error:
            if self._database.in_transaction:
                execute("ROLLBACK")
            raise StoreError(f"{self._path}: not written ({error})") from error

    def close(self) -> None:
        """Closes the file."""
        self._database.close()
