"""Values in rows: JSON of `rspsim.stores.state_codec`, long content beside, under its SHA-256."""

import json
import re
from typing import Any, Final

from rspcore.errors import StoreError
from rspsim.stores.database import Database
from rspsim.stores.long_contents import Contents
from rspsim.stores.state_codec import decode, encode

__all__ = ["NAMING", "collect", "text_of", "value_of"]

NAMING: Final = ("orders", "profile", "session", "notification", "operation")
"""The tables whose rows name long content."""
_NAME: Final = re.compile(r'"(?:sha256|json)":\s?"([0-9a-f]{64})"')
"""How a row, or long content that is JSON, names long content."""


def collect(database: Database, naming: tuple[str, ...] = NAMING) -> None:
    """Deletes the long content that no row of these tables needs; call it inside a unit."""
    needed: set[str] = set()
    for table in naming:
        for (text,) in database.execute(f"SELECT json FROM {table}"):  # noqa: S608  own names
            needed.update(_NAME.findall(text))
    left = list(needed)
    while left:
        name = left.pop()
        row = database.execute("SELECT octets FROM content WHERE name = ?", (name,)).fetchone()
        if row is not None and row[0][:1] in b"{[":  # it may be JSON and name more
            inner = set(_NAME.findall(row[0].decode("utf-8", "replace"))) - needed
            needed |= inner
            left += inner
    known = {name for (name,) in database.execute("SELECT name FROM content")}
    database.executemany("DELETE FROM content WHERE name = ?", [(name,) for name in known - needed])


def text_of(database: Database, kind: Any, value: object) -> str:
    """Returns a value as JSON for a row; its long content is kept beside."""
    contents = Contents()
    written = encode(kind, value, contents)
    if contents:
        database.executemany("INSERT OR IGNORE INTO content VALUES (?, ?)", contents.items())
    return written.text


class _Kept(Contents):
    """Long content that is read from the file when it is asked for."""

    def __init__(self, database: Database) -> None:
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


def value_of(database: Database, kind: Any, text: str) -> Any:
    """Returns the value of a row.

    Raises:
        StoreError: the row or its long content is damaged.
    """
    try:
        return decode(kind, text, _Kept(database))
    except StoreError as error:
        raise StoreError(f"the state of the SM-DP+ is damaged: {json.dumps(str(error))}") from error
