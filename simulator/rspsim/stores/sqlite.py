"""A card's state in one SQLite file: one transaction per commit, only what changed is written.

Long octets, such as profile packages, are stored separately from the rows that name them, under
their SHA-256, so that a new nickname rewrites some hundred octets and not the package. SQLite does
the rest: a write-ahead log with full synchronisation, so that after a crash the file has the new
state or the one before. The checksum of each row detects damage that SQLite does not notice.

The file contains private keys and is readable by its owner alone. One process opens it at a time. A
file that is damaged, of another program or from a later version is refused and left as it is.
"""

import sqlite3
import zlib
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any, Self

from rspcore.errors import StoreError
from rspsim.euicc.state import CardState
from rspsim.stores.file import open_file
from rspsim.stores.long_contents import Contents
from rspsim.stores.state_codec import Written
from rspsim.stores.state_rows import NO_ROWS, Rows, join, split

__all__ = ["SqliteStore"]


class SqliteStore:
    """Keeps the state of one card in a file.

    Args:
        path: The file; made, readable by its owner alone, when there is none or it is empty.

    Raises:
        StoreError: the file is damaged, of another program, from a later version, in use by another
            process or not accessible. It is left as it was.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = open_file(path)
        self._rows = NO_ROWS
        try:
            self._state = self._read()
        except (sqlite3.Error, StoreError) as error:
            self._database.close()
            raise StoreError(
                f"{path}: damaged ({error}); it was left as it is. "
                "Restore a copy, or give another file to begin with a new card"
            ) from error

    @property
    def path(self) -> Path:
        """Returns the file."""
        return self._path

    def load(self) -> CardState | None:
        """Returns the state last committed, or None for a new file."""
        return self._state

    def commit(self, state: CardState) -> None:
        """Writes what differs from the state before, all of it or nothing.

        Raises:
            StoreError: it could not be written. The state committed before is still kept.
        """
        rows, contents = split(state, self._rows)
        try:
            self._database.execute("BEGIN IMMEDIATE")
            self._write(rows, contents)
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise StoreError(
                f"{self._path}: not written ({error}); the state before is still kept"
            ) from error
        self._rows, self._state = rows, state

    def close(self) -> None:
        """Closes the file, so that others can open it; a second call does nothing."""
        self._database.close()

    def __enter__(self) -> Self:
        """Returns the store itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the file."""
        self.close()

    def _read(self) -> CardState | None:
        execute = self._database.execute
        fields = {
            name: _checked(f"row {name!r}", text, crc)
            for name, text, crc in execute("SELECT name, json, crc FROM field")
        }
        items = {
            number: _checked(f"row {number}", text, crc)
            for number, text, crc in execute("SELECT id, json, crc FROM item")
        }
        if not fields and not items:
            return None
        contents = Contents(execute("SELECT name, octets FROM content"))
        state, self._rows = join(fields, items, contents)
        return state

    def _write(self, rows: Rows, contents: Contents) -> None:
        old, names = self._rows, rows.names
        fields = _changed(rows.fields, old.fields)
        items = _changed(rows.items, old.items)
        added = [(name, contents[name]) for name in names if name not in old.names]
        for statement, lines in (
            ("INSERT OR REPLACE INTO field (name, json, crc) VALUES (?, ?, ?)", fields),
            ("INSERT OR REPLACE INTO item (id, json, crc) VALUES (?, ?, ?)", items),
            ("DELETE FROM item WHERE id = ?", _gone(old.items.keys(), rows.items.keys())),
            ("INSERT INTO content (name, octets) VALUES (?, ?)", added),
            ("DELETE FROM content WHERE name = ?", _gone(old.names, names)),
        ):
            if lines:
                self._database.executemany(statement, lines)


def _changed(rows: Mapping[Any, Written], before: Mapping[Any, Written]) -> list[tuple[Any, ...]]:
    """Returns what is to be written of some rows: by what they are found, JSON and checksum."""
    changed = []
    for key, row in rows.items():
        old = before.get(key)
        if row is not old and (old is None or row.text != old.text):
            changed.append((key, row.text, zlib.crc32(row.text.encode())))
    return changed


def _gone(old: Set[Any], new: Set[Any]) -> list[tuple[object]]:
    return [] if old <= new else [(one,) for one in old - new]


def _checked(place: str, text: object, crc: object) -> str:
    if not isinstance(text, str) or zlib.crc32(text.encode()) != crc:
        raise StoreError(f"{place} does not match its checksum")
    return text
