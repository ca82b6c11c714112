"""What a server keeps of its settings in its file, and the snapshots of its state."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Final

from rspcore.errors import LocalError
from rspsim.stores.database import Database

__all__ = ["SETTING_TABLE", "SETTING_TABLES", "SettingRows", "SnapshotRows"]

SETTING_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, text TEXT NOT NULL)"
)
SETTING_TABLES: Final = (
    SETTING_TABLE,
    "CREATE TABLE IF NOT EXISTS snapshot (name TEXT PRIMARY KEY, tables TEXT NOT NULL)",
)

Tables = Mapping[str, list[tuple[Any, ...]]]


class SettingRows:
    """Texts by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> Mapping[str, str]:
        """Returns every text by its name."""
        return dict(self._database.execute("SELECT name, text FROM setting").fetchall())

    def put(self, name: str, text: str) -> None:
        """Keeps a text in place of the one under its name; an empty one is none."""
        self._database.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, text))


class SnapshotRows(MutableMapping[str, object]):
    """The rows of every table of a state, by the name of the snapshot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __getitem__(self, name: str) -> Tables:
        """Returns the rows of each table.

        Raises:
            KeyError: there is no such snapshot.
        """
        found = self._database.execute("SELECT tables FROM snapshot WHERE name = ?", (name,))
        row = found.fetchone()
        if row is None:
            raise KeyError(name)
        tables = json.loads(row[0])
        return {table: [_read(values) for values in rows] for table, rows in tables.items()}

    def __setitem__(self, name: str, tables: object) -> None:
        """Keeps the rows of each table, in place of the snapshot of this name."""
        if not isinstance(tables, dict):
            raise LocalError("a snapshot of another kind of state")
        shown = {
            table: [[_shown(value) for value in row] for row in rows]
            for table, rows in tables.items()
        }
        self._database.execute(
            "INSERT OR REPLACE INTO snapshot VALUES (?, ?)", (name, json.dumps(shown))
        )

    def __delitem__(self, name: str) -> None:
        """Forgets a snapshot."""
        if not self._database.execute("DELETE FROM snapshot WHERE name = ?", (name,)).rowcount:
            raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        """Yields the names."""
        names = self._database.execute("SELECT name FROM snapshot ORDER BY name").fetchall()
        return iter([name for (name,) in names])

    def __len__(self) -> int:
        """Returns how many there are."""
        (count,) = self._database.execute("SELECT count(*) FROM snapshot").fetchone()
        return int(count)


def _shown(value: object) -> object:
    return {"base64": b64encode(value).decode("ascii")} if isinstance(value, bytes) else value


def _read(values: list[Any]) -> tuple[Any, ...]:
    return tuple(
        b64decode(value["base64"]) if isinstance(value, dict) else value for value in values
    )
