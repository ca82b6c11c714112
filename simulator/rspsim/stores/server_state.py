"""An SM-DP+'s orders, sessions and received Notifications in one SQLite file.

Each request is one transaction, begun before the server reads: `BEGIN IMMEDIATE` lets one process
at a time in, so that several processes on one file serve as one server. The write-ahead log is
synchronised at every commit: an answer goes out only after what it says is on the disk.

The file contains private keys and is readable by its owner alone. A file of another program or
another version is refused and left as it is.

What an order was made of, such as its package, is kept once, under its SHA-256.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, Self

from rspcore.errors import StoreError
from rspcore.ids import Eid, TransactionId
from rspsim.smdpp.limits import USUAL_LIMITS, KeptLimits
from rspsim.smdpp.stock.orders import Order
from rspsim.smdpp.stock.sessions import Session
from rspsim.stores.long_contents import Contents
from rspsim.stores.partner_rows import PARTNER_TABLES, AnsweredRows, ErrandRows
from rspsim.stores.state_codec import decode, encode

__all__ = ["APPLICATION_ID", "SCHEMA", "FileState"]

APPLICATION_ID: Final = 0x52535053
"""Application number in the header of every state file of a server: "RSPS"."""
SCHEMA: Final = 1
"""Version of the tables; it is raised when other programs must not use the file."""

_BUSY_S: Final = 10.0
"""How long a request waits for another process that writes, in seconds."""
_TABLES: Final = """
CREATE TABLE orders (number INTEGER PRIMARY KEY, json TEXT NOT NULL);
CREATE TABLE session (id TEXT PRIMARY KEY, rank INTEGER, touched TEXT, json TEXT NOT NULL);
CREATE TABLE seen (eid BLOB, digest BLOB, PRIMARY KEY (eid, digest)) WITHOUT ROWID;
CREATE TABLE content (name TEXT PRIMARY KEY, octets BLOB NOT NULL);
"""


class FileState:
    """Keeps the state of one SM-DP+ in a file, which several processes may use at once.

    Args:
        path: The file; made, readable by its owner alone, when there is none.
        limits: Bound of the number of sessions.

    Attributes:
        orders: The orders.
        sessions: The RSP sessions.
        seen: Which genuine Notifications came.
        answered: The calls of operators answered last.
        errands: The calls that have to be made to partners.

    Raises:
        StoreError: it is no SQLite file, of another program or version, or not accessible. It is
            left as it was.
    """

    def __init__(self, path: Path, limits: KeptLimits = USUAL_LIMITS) -> None:
        self._path = path
        self._depth = 0
        self._database = self._open()
        self.orders = _Orders(self._database)
        self.sessions = _Sessions(self._database, limits)
        self.seen = _Seen(self._database)
        self.answered = AnsweredRows(self._database)
        self.errands = ErrandRows(self._database)

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
        if tables and schema != SCHEMA:
            raise StoreError(
                f"{self._path}: schema {schema}, this program supports {SCHEMA}; it was left as "
                "it is. Use the version of rsplab that wrote it, or give another file"
            )
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("BEGIN IMMEDIATE")
        if not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            for table in _TABLES.strip().splitlines():
                database.execute(table)
            database.execute(f"PRAGMA application_id={APPLICATION_ID}")
            database.execute(f"PRAGMA user_version={SCHEMA}")
        for table in PARTNER_TABLES:
            database.execute(table)
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

    def close(self) -> None:
        """Closes the file; a second call does nothing."""
        self._database.close()

    def __enter__(self) -> Self:
        """Returns the state itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the file."""
        self.close()


class _Orders:
    """The orders; what was read and has not changed in the file is not decoded again."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._read: dict[int, tuple[str, Order]] = {}

    def all(self) -> tuple[Order, ...]:
        """Returns every order, oldest first."""
        rows = self._database.execute("SELECT number, json FROM orders ORDER BY number")
        return tuple(self._value(number, text) for number, text in rows.fetchall())

    def get(self, number: int) -> Order | None:
        """Returns the order with this number, or None."""
        row = self._database.execute("SELECT json FROM orders WHERE number = ?", (number,))
        found = row.fetchone()
        return None if found is None else self._value(number, found[0])

    def put(self, order: Order) -> None:
        """Sets the current value of an order; a new number adds an order."""
        text = _written(self._database, Order, order)
        self._database.execute("INSERT OR REPLACE INTO orders VALUES (?, ?)", (order.number, text))

    def _value(self, number: int, text: str) -> Order:
        known = self._read.get(number)
        if known is None or known[0] != text:
            known = self._read[number] = (text, _value(self._database, Order, text))
        return known[1]


class _Sessions:
    """The sessions, bounded in number: those without a card go first, then those that ended."""

    def __init__(self, database: sqlite3.Connection, limits: KeptLimits) -> None:
        self._database = database
        self._limits = limits

    def get(self, transaction_id: TransactionId) -> Session | None:
        """Returns the session with this TransactionID, or None."""
        found = self._database.execute(
            "SELECT json FROM session WHERE id = ?", (str(transaction_id),)
        ).fetchone()
        return None if found is None else _value(self._database, Session, found[0])

    def put(self, session: Session) -> None:
        """Sets the current value of a session; above the bound, others are forgotten."""
        rank = 0 if session.client is None else 1 if session.closed else 2
        text = _written(self._database, Session, session)
        name = str(session.transaction_id)
        self._database.execute(
            "INSERT OR REPLACE INTO session VALUES (?, ?, ?, ?)",
            (name, rank, session.touched.isoformat(), text),
        )
        (count,) = self._database.execute("SELECT count(*) FROM session").fetchone()
        if count > self._limits.sessions:
            self._database.execute(
                "DELETE FROM session WHERE id IN (SELECT id FROM session WHERE id <> ? "
                "ORDER BY rank, touched LIMIT ?)",
                (name, count - self._limits.sessions),
            )

    def clear(self) -> None:
        """Forgets every session."""
        self._database.execute("DELETE FROM session")


class _Seen:
    """Which genuine Notifications came."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def has(self, eid: Eid, digest: bytes) -> bool:
        """Returns whether this one came."""
        found = self._database.execute(
            "SELECT 1 FROM seen WHERE eid = ? AND digest = ?", (eid.octets, digest)
        )
        return found.fetchone() is not None

    def put(self, eid: Eid, digest: bytes) -> None:
        """Remembers one."""
        self._database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (eid.octets, digest))


def _written(database: sqlite3.Connection, kind: Any, value: object) -> str:
    contents = Contents()
    written = encode(kind, value, contents)
    database.executemany("INSERT OR IGNORE INTO content VALUES (?, ?)", contents.items())
    return written.text


class _Kept(Contents):
    """Long content that is read from the file when it is asked for."""

    def __init__(self, database: sqlite3.Connection) -> None:
        super().__init__()
        self._database = database

    def take(self, name: str) -> bytes:
        """Returns the octets of a name.

        Raises:
            StoreError: they are missing, or they do not match the name.
        """
        found = self._database.execute("SELECT octets FROM content WHERE name = ?", (name,))
        row = found.fetchone()
        if row is not None:
            self[name] = row[0]
        return super().take(name)


def _value(database: sqlite3.Connection, kind: Any, text: str) -> Any:
    try:
        return decode(kind, text, _Kept(database))
    except StoreError as error:
        raise StoreError(f"the state of the SM-DP+ is damaged: {json.dumps(str(error))}") from error
