"""The state of an SM-DS in one SQLite file: events, calls answered, sessions, settings, snapshots.

Each unit of work is one transaction, begun before the server reads, so that several processes on
one file serve as one server; what it says is on the disk before the answer goes out. The history is
in a file beside it (`rspsim.stores.history_file`).
"""

import sqlite3
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from rspcore.errors import LocalError, StoreError
from rspcore.ids import Eid
from rspsim.smdpp.history import History
from rspsim.smdpp.limits import USUAL_LIMITS, KeptLimits
from rspsim.smdpp.protocol.resends import AnsweredCall, CallName
from rspsim.smds.event_records import EventChange, EventRecord
from rspsim.stores.history_file import HistoryFile, history_beside
from rspsim.stores.server_rows import Database, SessionRows
from rspsim.stores.setting_rows import SETTING_TABLES, SettingRows, SnapshotRows

__all__ = ["SqliteEvents"]

_APPLICATION_ID = 0x52534453  # "RSDS"
_TABLES = (
    """CREATE TABLE IF NOT EXISTS event (
        eid TEXT, owner TEXT, event_id TEXT, address TEXT NOT NULL, forwarded_as TEXT NOT NULL,
        UNIQUE (eid, owner, event_id))""",
    """CREATE TABLE IF NOT EXISTS answered (
        requester TEXT, identifier TEXT, function TEXT NOT NULL, digest BLOB NOT NULL,
        at TEXT NOT NULL, answer BLOB NOT NULL, PRIMARY KEY (requester, identifier))""",
    """CREATE TABLE IF NOT EXISTS session (
        id TEXT PRIMARY KEY, rank INTEGER, touched TEXT, json TEXT NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS content (name TEXT PRIMARY KEY, octets BLOB NOT NULL)",
    *SETTING_TABLES,
)
_KEPT = ("event", "answered", "setting", "session", "content")
_BUSY_S = 10.0
"""How long a request waits for another process that writes, in seconds."""


class SqliteEvents:
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
        self._path, self._limits = path, limits
        self._depth = 0
        self._history: HistoryFile | None = None
        try:
            path.touch(mode=0o600)
            self._database = sqlite3.connect(
                path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
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
        rows = self._rows = Database(self._database, str(path))
        self.settings = SettingRows(rows)
        self.sessions = SessionRows(rows, limits, naming=("session",))
        self.snapshots: MutableMapping[str, object] = SnapshotRows(rows)

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
                self._database.execute("COMMIT")
            finally:
                self._depth = 0
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise StoreError(f"{self._path}: not written ({error})") from error

    def of(self, eid: Eid) -> tuple[EventRecord, ...]:
        """Returns the events of an eUICC, oldest first."""
        rows = self._rows.execute(
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
        rows = self._rows.execute(
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
                execute("INSERT INTO event VALUES (?, ?, ?, ?, ?)", (*row, one.forwarded_as))
            if call is not None:
                named = (call.name.requester, call.name.identifier, call.function, call.digest)
                execute(
                    "INSERT OR REPLACE INTO answered VALUES (?, ?, ?, ?, ?, ?)",
                    (*named, call.at.isoformat(), call.answer),
                )

    def clear(self) -> None:
        """Forgets everything but snapshots and history.

        Raises:
            StoreError: it could not be written; the state is as before.
        """
        self.restore({})

    def snapshot(self) -> object:
        """Returns the rows of each table."""
        with self.unit():
            return {
                name: self._rows.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608  own names
                for name in _KEPT
            }

    def restore(self, snapshot: object) -> None:
        """Puts back what a snapshot has.

        Raises:
            LocalError: it is a snapshot of another kind. Nothing was changed.
            StoreError: it could not be written; the state is as before.
        """
        if not isinstance(snapshot, dict):
            raise LocalError("a snapshot of another kind of state")
        with self.unit():
            for name in _KEPT:
                self._rows.execute(f"DELETE FROM {name}")  # noqa: S608  own names
                rows = snapshot.get(name, [])
                if rows:
                    places = ", ".join("?" * len(rows[0]))
                    self._rows.executemany(f"INSERT INTO {name} VALUES ({places})", rows)  # noqa: S608  likewise

    def close(self) -> None:
        """Closes the file, and that of the history."""
        if self._history is not None:
            self._history.close()
        self._database.close()
