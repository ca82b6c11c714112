"""The rows of an SM-DP+'s state file: orders, stock, sessions, Notifications, counters.

Values are JSON as `rspsim.stores.state_codec` writes it; what an order was made of, such as its
package, is kept once, under its SHA-256. What the database itself can hold to its rules stands in
columns: an ICCID is in the stock once, and has one live order at most.
"""

from typing import Final

from rspcore.ids import Eid, Iccid, TransactionId
from rspsim.smdpp.limits import KeptLimits
from rspsim.smdpp.stock.order_repository import OrderPage
from rspsim.smdpp.stock.orders import LIVE, Order, OrderState
from rspsim.smdpp.stock.profiles import StockedProfile, StockPage
from rspsim.smdpp.stock.receipts import Receipt
from rspsim.smdpp.stock.sessions import SHARE_OF_STRANGERS, Session
from rspsim.stores.database import Database
from rspsim.stores.known_values import KnownValues
from rspsim.stores.row_values import NAMING, collect, text_of, value_of

__all__ = [
    "INDEXES",
    "TABLES",
    "OrderRows",
    "ProfileRows",
    "ReceiptRows",
    "SeenRows",
    "SessionRows",
    "read_order",
]

TABLES: Final = """
CREATE TABLE orders (number INTEGER PRIMARY KEY, iccid TEXT, live INTEGER, json TEXT NOT NULL);
CREATE UNIQUE INDEX one_live_order ON orders (iccid) WHERE live;
CREATE TABLE profile (iccid TEXT PRIMARY KEY, type TEXT, owner TEXT, lost INTEGER, json TEXT);
CREATE TABLE session (id TEXT PRIMARY KEY, rank INTEGER, touched TEXT, json TEXT NOT NULL);
CREATE TABLE seen (eid BLOB, digest BLOB, PRIMARY KEY (eid, digest)) WITHOUT ROWID;
CREATE TABLE notification (number INTEGER PRIMARY KEY, genuine INTEGER, octets INTEGER, json TEXT);
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE content (name TEXT PRIMARY KEY, octets BLOB NOT NULL);
"""
INDEXES: Final = (
    "CREATE INDEX IF NOT EXISTS orders_of_profile ON orders (iccid)",
    "CREATE INDEX IF NOT EXISTS orders_named ON orders (json_extract(json, '$.matching_id'))",
    "CREATE INDEX IF NOT EXISTS orders_in_state ON orders (json_extract(json, '$.state'))",
    "CREATE INDEX IF NOT EXISTS profiles_of_type ON profile (type)",
)
"""By what orders and Profiles are found; older files get them when they are opened."""
_BOUNDED_EACH: Final = 64
"""After how many Notifications their bounds are enforced."""
_COLLECTED_EACH: Final = 4096
"""After how many steps of sessions the long content that nothing needs any more is deleted."""


class OrderRows:
    """The orders; what was read or written and has not changed in the file is not decoded again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read: KnownValues[int, Order] = KnownValues()

    def all(self) -> tuple[Order, ...]:
        """Returns every order, oldest first."""
        rows = self._database.execute("SELECT number, json FROM orders ORDER BY number")
        return tuple(self._value(number, text) for number, text in rows.fetchall())

    def get(self, number: int) -> Order | None:
        """Returns the order with this number, or None."""
        row = self._database.execute("SELECT json FROM orders WHERE number = ?", (number,))
        found = row.fetchone()
        return None if found is None else self._value(number, found[0])

    def of_iccid(self, iccid: Iccid) -> tuple[Order, ...]:
        """Returns the orders of a Profile, oldest first."""
        return self._where("iccid = ?", str(iccid))

    def named(self, matching_id: str) -> tuple[Order, ...]:
        """Returns the orders with a MatchingID, oldest first."""
        return self._where("json_extract(json, '$.matching_id') = ?", matching_id)

    def available(self) -> tuple[Order, ...]:
        """Returns the orders to be, which are Available, oldest first."""
        return self._where("json_extract(json, '$.state') = ?", OrderState.AVAILABLE.value)

    def _where(self, condition: str, value: str) -> tuple[Order, ...]:
        query = f"SELECT number, json FROM orders WHERE {condition} ORDER BY number"  # noqa: S608  own words
        rows = self._database.execute(query, (value,)).fetchall()
        return tuple(self._value(number, text) for number, text in rows)

    def newest(self) -> int:
        """Returns the highest number of an order, 0 without one."""
        found = self._database.execute("SELECT max(number) FROM orders").fetchone()
        return found[0] or 0

    def count(self) -> int:
        """Returns how many orders there are."""
        (count,) = self._database.execute("SELECT count(*) FROM orders").fetchone()
        return int(count)

    def page(self, asked: OrderPage) -> tuple[Order, ...]:
        """Returns some of the orders, oldest first."""
        conditions = ["number > ?"]
        words: list[object] = [asked.after]
        if asked.before is not None:
            conditions.append("number < ?")
            words.append(asked.before)
        if asked.state is not None:
            conditions.append("json_extract(json, '$.state') = ?")
            words.append(asked.state.value)
        direction = "ASC" if asked.before is None else "DESC"
        query = (
            f"SELECT number, json FROM orders WHERE {' AND '.join(conditions)} "  # noqa: S608  own words
            f"ORDER BY number {direction} LIMIT ?"
        )
        most = -1 if asked.most is None else asked.most
        rows = self._database.execute(query, (*words, most)).fetchall()
        found = tuple(self._value(number, text) for number, text in rows)
        return found if asked.before is None else found[::-1]

    def put(self, order: Order) -> None:
        """Sets the current value of an order; a new number adds an order."""
        text = text_of(self._database, Order, order)
        self._database.execute(
            "INSERT INTO orders VALUES (?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET "
            "iccid = excluded.iccid, live = excluded.live, json = excluded.json",
            (order.number, str(order.iccid), order.state in LIVE, text),
        )
        self._read.keep(order.number, text, order)

    def _value(self, number: int, text: str) -> Order:
        return self._read.value(number, text, lambda one: read_order(self._database, one))


class ProfileRows:
    """The stock."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[StockedProfile, ...]:
        """Returns every Profile, by ICCID."""
        rows = self._database.execute("SELECT json FROM profile ORDER BY iccid").fetchall()
        return tuple(value_of(self._database, StockedProfile, text) for (text,) in rows)

    def page(self, asked: StockPage) -> tuple[StockedProfile, ...]:
        """Returns some of the Profiles, by ICCID."""
        wanted = {
            "iccid > ?": asked.after,
            "iccid < ?": asked.before,
            "type = ?": asked.profile_type,
            "owner = ?": asked.owner,
            "lost = ?": asked.lost,
        }
        limits = {condition: one for condition, one in wanted.items() if one is not None}
        direction = "ASC" if asked.before is None else "DESC"
        query = (
            f"SELECT json FROM profile WHERE {' AND '.join(limits)} "  # noqa: S608  own words
            f"ORDER BY iccid {direction} LIMIT ?"
        )
        most = -1 if asked.most is None else asked.most
        rows = self._database.execute(query, (*limits.values(), most)).fetchall()
        found = tuple(value_of(self._database, StockedProfile, text) for (text,) in rows)
        return found if asked.before is None else found[::-1]

    def get(self, iccid: Iccid) -> StockedProfile | None:
        """Returns the Profile with this ICCID, or None."""
        found = self._database.execute("SELECT json FROM profile WHERE iccid = ?", (str(iccid),))
        row = found.fetchone()
        return None if row is None else value_of(self._database, StockedProfile, row[0])

    def has_type(self, profile_type: str) -> bool:
        """Returns whether there is a Profile of this type."""
        found = self._database.execute(
            "SELECT 1 FROM profile WHERE type = ? LIMIT 1", (profile_type,)
        )
        return found.fetchone() is not None

    def put(self, profile: StockedProfile) -> None:
        """Sets the current value of a Profile; a new ICCID adds one."""
        text = text_of(self._database, StockedProfile, profile)
        kind, owner, lost = profile.profile_type, profile.owner, profile.lost
        self._database.execute(
            "INSERT OR REPLACE INTO profile VALUES (?, ?, ?, ?, ?)",
            (str(profile.iccid), kind, owner, lost, text),
        )

    def remove(self, iccid: Iccid) -> None:
        """Forgets a Profile; nothing happens when there is none."""
        self._database.execute("DELETE FROM profile WHERE iccid = ?", (str(iccid),))


class SessionRows:
    """The sessions, bounded in number; which go first is as in `MemorySessions`."""

    def __init__(
        self, database: Database, limits: KeptLimits, naming: tuple[str, ...] = NAMING
    ) -> None:
        self._naming = naming
        self._read: KnownValues[str, Session] = KnownValues()
        self._database = database
        self._limits = limits

    def get(self, transaction_id: TransactionId) -> Session | None:
        """Returns the session with this TransactionID, or None."""
        name = str(transaction_id)
        row = self._database.execute("SELECT json FROM session WHERE id = ?", (name,)).fetchone()
        if row is None:
            return None
        return self._read.value(name, row[0], lambda one: value_of(self._database, Session, one))

    def all(self) -> tuple[Session, ...]:
        """Returns every session, the one whose last step is longest ago first."""
        rows = self._database.execute("SELECT json FROM session ORDER BY touched").fetchall()
        return tuple(value_of(self._database, Session, text) for (text,) in rows)

    def put(self, session: Session) -> None:
        """Sets the current value of a session; above the bound, others are forgotten."""
        rank = 0 if session.client is None else 1 if session.closed else 2
        text = text_of(self._database, Session, session)
        name = str(session.transaction_id)
        step = self._database.execute(
            "INSERT OR REPLACE INTO session VALUES (?, ?, ?, ?)",
            (name, rank, session.touched.isoformat(), text),
        ).lastrowid
        self._read.keep(name, text, session)
        if step and step % _COLLECTED_EACH == 0:
            collect(self._database, self._naming)
        (count,) = self._database.execute("SELECT count(*) FROM session").fetchone()
        if count > self._limits.sessions:
            self._forget_some(name, count - self._limits.sessions)

    def _forget_some(self, newest: str, most: int) -> None:
        """Deletes sessions above the bound, and some more, so that it is not done at each step."""
        bound = self._limits.sessions
        found = self._database.execute("SELECT count(*) FROM session WHERE rank = 0").fetchone()
        first = "rank" if found[0] > bound // SHARE_OF_STRANGERS else "rank <> 1, rank"
        self._database.execute(
            "DELETE FROM session WHERE id IN (SELECT id FROM session WHERE id <> ? "  # noqa: S608
            f"ORDER BY {first}, touched LIMIT ?)",
            (newest, most + bound // 100),
        )

    def clear(self) -> None:
        """Forgets every session."""
        self._database.execute("DELETE FROM session")


class SeenRows:
    """Which genuine Notifications came."""

    def __init__(self, database: Database) -> None:
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


class ReceiptRows:
    """The Notifications received, bounded every now and then."""

    def __init__(self, database: Database, limits: KeptLimits) -> None:
        self._database = database
        self._limits = limits

    def add(self, receipt: Receipt, octets: int, *, genuine: bool) -> None:
        """Adds one, with about how many octets it takes."""
        text = text_of(self._database, Receipt, receipt)
        number = self._database.execute(
            "INSERT INTO notification (genuine, octets, json) VALUES (?, ?, ?)",
            (genuine, octets, text),
        ).lastrowid
        if number and number % _BOUNDED_EACH == 0:
            self._enforce_bounds()

    def _enforce_bounds(self) -> None:
        self._database.execute(
            "DELETE FROM notification WHERE number NOT IN (SELECT number FROM (SELECT number, "
            "row_number() OVER latest AS place, sum(octets) OVER latest AS held "
            "FROM notification WINDOW latest AS (ORDER BY genuine DESC, number DESC)) "
            "WHERE place <= ? AND held <= ?)",
            (self._limits.receipts, self._limits.receipt_octets),
        )

    def all(self) -> tuple[Receipt, ...]:
        """Returns all that are kept, oldest first."""
        rows = self._database.execute("SELECT json FROM notification ORDER BY number").fetchall()
        return tuple(value_of(self._database, Receipt, text) for (text,) in rows)

    def clear(self) -> None:
        """Forgets all."""
        self._database.execute("DELETE FROM notification")


def read_order(database: Database, text: str) -> Order:
    """Returns an order as its row has it.

    Raises:
        StoreError: it cannot be read.
    """
    found: Order = value_of(database, Order, text)
    return found
