"""RPM packages and Device Changes of an SM-DP+ in its state file."""

from typing import Final

from rspsim.smdpp.stock.operations import Operation
from rspsim.stores.database import Database
from rspsim.stores.row_values import text_of, value_of

__all__ = ["OPERATION_TABLES", "OperationRows"]

OPERATION_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS operation (key TEXT PRIMARY KEY, made TEXT, json TEXT)",
)


class OperationRows:
    """What waits beside orders."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[Operation, ...]:
        """Returns every operation, the oldest first."""
        rows = self._database.execute("SELECT json FROM operation ORDER BY made, rowid").fetchall()
        return tuple(value_of(self._database, Operation, text) for (text,) in rows)

    def put(self, operation: Operation) -> None:
        """Keeps an operation, in place of the one under its key."""
        self._database.execute(
            "INSERT INTO operation VALUES (?, ?, ?)"
            " ON CONFLICT (key) DO UPDATE SET json = excluded.json",
            (
                operation.key,
                operation.made.isoformat(),
                text_of(self._database, Operation, operation),
            ),
        )
