"""The cards of a fleet in one SQLite file, made when they are first needed.

A card is kept as `SqliteStore` keeps one, its rows under its number; several worker processes of
one machine use the file at a time, each card by one of them. A commit is complete when the process
dies after it; when the machine dies, the last ones may be missing (`synchronous=NORMAL`), of which
the reckoning then speaks. The file holds private keys and is readable by its owner alone.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

from rspcore.errors import ConfigError, StoreError
from rspcore.ids import Eid
from rspcore.pki.bundle import Pki
from rspcore.pki.generate import REFERENCE_EID
from rspsim.env import SeededRng
from rspsim.euicc.card import Euicc
from rspsim.euicc.state import CardState
from rspsim.personalise import personalise
from rspsim.stores.long_contents import Contents
from rspsim.stores.state_rows import NO_ROWS, Rows, join, split

__all__ = ["CardShelf", "eid_of"]

_APPLICATION_ID: Final = 0x52535046
""" "RSPF" in the header of the file."""
_PATIENCE_S: Final = 60.0
_ISSUER_DIGITS: Final = 8
_IN_FLEET: Final = "5"
"""The ninth digit of their EIDs."""
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS card (number INTEGER PRIMARY KEY, openings INTEGER, first INTEGER);
CREATE TABLE IF NOT EXISTS field (card INTEGER, name TEXT, json TEXT NOT NULL,
    PRIMARY KEY (card, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS item (card INTEGER, id INTEGER, json TEXT NOT NULL,
    PRIMARY KEY (card, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS content (card INTEGER, name TEXT, octets BLOB NOT NULL,
    PRIMARY KEY (card, name));
CREATE TABLE IF NOT EXISTS done (card INTEGER, what TEXT, value TEXT);
CREATE INDEX IF NOT EXISTS done_of_card ON done (card);
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, json TEXT NOT NULL);
"""


def eid_of(seed: str, number: int) -> Eid:
    """Returns the EID of a card by the seed of its fleet and its number, from 0."""
    fleet = int.from_bytes(sha256(seed.encode()).digest()[:4], "big")
    first = str(REFERENCE_EID)[:_ISSUER_DIGITS] + _IN_FLEET + str(fleet).zfill(10)
    return Eid.from_first_digits(first + str(number).zfill(30 - len(first)))


class CardShelf:
    """The cards of a fleet, and what was done with each."""

    def __init__(self, path: Path, pki: Pki, seed: str) -> None:
        """Opens the file, or makes it, readable by its owner alone.

        Args:
            path: The file.
            pki: Under whose EUM cards are made.
            seed: What cards draw their octets from, with their number.

        Raises:
            ConfigError: the file is none of a fleet, or not accessible.
        """
        self._pki = pki
        self._seed = seed
        try:
            path.touch(mode=0o600)
            self._database = sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None)
            self._prepare(path)
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(f"{path}: no file of a fleet: {error}; name another") from error

    def _prepare(self, path: Path) -> None:
        try:
            self._lay_out(path)
        except (ConfigError, sqlite3.Error):
            self._database.close()
            raise

    def _lay_out(self, path: Path) -> None:
        (application,) = self._database.execute("PRAGMA application_id").fetchone()
        tables = self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and application != _APPLICATION_ID:
            raise ConfigError(f"{path}: a file of another program; name another for the fleet")
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute(f"PRAGMA application_id={_APPLICATION_ID}")
        self._database.executescript(_TABLES)

    def __enter__(self) -> Self:
        """Returns the shelf."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the file."""
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._database.close()

    def take(self, number: int) -> Euicc:
        """Returns the card with a number, as it was left, or new; without power.

        Its random octets are others each time it is taken. Nobody else may have it meanwhile.

        Raises:
            StoreError: what is kept of it cannot be read.
        """
        store = _OnShelf(self._database, number)
        state = store.load()
        if state is None:
            state = personalise(self._pki, eid=self.eid(number))
            store.commit(state)
            self._database.execute(
                "INSERT OR REPLACE INTO card VALUES (?, 0, ?)", (number, state.next_seq_number)
            )
        self._database.execute(
            "UPDATE card SET openings = openings + 1 WHERE number = ?", (number,)
        )
        openings = self._of_card("openings", number)
        rng = SeededRng(f"{self._seed} card {number} time {openings}".encode())
        return Euicc(state, store, rng)

    def eid(self, number: int) -> Eid:
        """Returns the EID of a card by its number."""
        return eid_of(self._seed, number)

    def first_number(self, number: int) -> int:
        """Returns the number that the first Notification of a card had or has."""
        return self._of_card("first", number)

    def _of_card(self, column: str, number: int) -> int:
        query = f"SELECT {column} FROM card WHERE number = ?"  # noqa: S608  a name of this module
        found: int = self._database.execute(query, (number,)).fetchone()[0]
        return found

    def note(self, number: int, what: str, value: str) -> None:
        """Keeps what was done with a card."""
        self._database.execute("INSERT INTO done VALUES (?, ?, ?)", (number, what, value))

    def noted(self, number: int, what: str) -> tuple[str, ...]:
        """Returns what was noted of a card under a name, in order."""
        query = "SELECT value FROM done WHERE card = ? AND what = ? ORDER BY rowid"
        return tuple(value for (value,) in self._database.execute(query, (number, what)))

    def keep(self, name: str, value: object) -> None:
        """Keeps a JSON value under a name, in place of the one before."""
        self.keep_all({name: value})

    def keep_all(self, values: Mapping[str, object]) -> None:
        """Keeps JSON values under their names, all or none."""
        with _transaction(self._database):
            self._database.executemany(
                "INSERT OR REPLACE INTO kept VALUES (?, ?)",
                [(name, json.dumps(value)) for name, value in values.items()],
            )

    def forget(self, names: Iterable[str]) -> None:
        """Forgets JSON values."""
        with _transaction(self._database):
            self._database.executemany("DELETE FROM kept WHERE name = ?", [(n,) for n in names])

    def kept(self, beginning: str) -> dict[str, Any]:
        """Returns the JSON values whose names begin so."""
        query = "SELECT name, json FROM kept WHERE substr(name, 1, ?) = ? ORDER BY rowid"
        found = self._database.execute(query, (len(beginning), beginning))
        return {name: json.loads(text) for name, text in found}


class _transaction:  # noqa: N801  reads as a block
    """A transaction around a block."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._database.execute("COMMIT" if kind is None else "ROLLBACK")


class _OnShelf:
    """The store of one card of the shelf."""

    def __init__(self, database: sqlite3.Connection, number: int) -> None:
        self._database = database
        self._number = number
        self._rows: Rows = NO_ROWS

    def load(self) -> CardState | None:
        """Returns the state last committed, or None.

        Raises:
            StoreError: it cannot be read.
        """
        ask, given = self._database.execute, (self._number,)
        field_texts = dict(ask("SELECT name, json FROM field WHERE card = ?", given))
        item_texts = dict(ask("SELECT id, json FROM item WHERE card = ?", given))
        if not field_texts and not item_texts:
            return None
        contents = Contents(ask("SELECT name, octets FROM content WHERE card = ?", given))
        state, self._rows = join(field_texts, item_texts, contents)
        return state

    def commit(self, state: CardState) -> None:
        """Writes what differs from the state before, all of it or nothing.

        Raises:
            StoreError: it could not be written. The state committed before is still kept.
        """
        rows, contents = split(state, self._rows)
        try:
            with _transaction(self._database):
                self._write(rows, contents)
        except sqlite3.Error as error:
            raise StoreError(f"card {self._number} of the fleet: not written ({error})") from error
        self._rows = rows

    def _write(self, rows: Rows, contents: Contents) -> None:
        old, number = self._rows, self._number
        self._many(
            "INSERT OR REPLACE INTO field VALUES (?, ?, ?)",
            (
                (number, name, row.text)
                for name, row in rows.fields.items()
                if row is not old.fields.get(name)
            ),
        )
        self._many(
            "INSERT OR REPLACE INTO item VALUES (?, ?, ?)",
            (
                (number, key, row.text)
                for key, row in rows.items.items()
                if row is not old.items.get(key)
            ),
        )
        gone = old.items.keys() - rows.items.keys()
        self._many("DELETE FROM item WHERE card = ? AND id = ?", ((number, key) for key in gone))
        before, names = old.names, rows.names
        self._many(
            "INSERT OR REPLACE INTO content VALUES (?, ?, ?)",
            ((number, name, contents[name]) for name in names - before),
        )
        self._many(
            "DELETE FROM content WHERE card = ? AND name = ?",
            ((number, name) for name in before - names),
        )

    def _many(self, statement: str, values: Iterable[tuple[object, ...]]) -> None:
        self._database.executemany(statement, values)
