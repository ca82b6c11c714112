"""What an SM-DP+ keeps of its partners in its state file: calls answered last, and errands."""

import json
from datetime import datetime, timedelta
from typing import Final

from rspsim.smdpp.errands import Errand
from rspsim.smdpp.partner_calls import PartnerCall
from rspsim.smdpp.protocol.resends import RESEND_TIME, AnsweredCall, CallName
from rspsim.stores.database import Database

__all__ = ["PARTNER_TABLES", "AnsweredRows", "ErrandRows"]

_ANSWERED: Final = (
    "requester TEXT, identifier TEXT, function TEXT, digest BLOB, at TEXT, answer BLOB, "
    "PRIMARY KEY (requester, identifier)"
)
_ERRANDS: Final = (
    "key TEXT PRIMARY KEY, function TEXT, address TEXT, path TEXT, headers TEXT, body BLOB, "
    "since TEXT, due TEXT, tries INTEGER, done_by TEXT"
)
PARTNER_TABLES: Final = (
    f"CREATE TABLE IF NOT EXISTS answered ({_ANSWERED})",
    f"CREATE TABLE IF NOT EXISTS errand ({_ERRANDS})",
)
_KEPT: Final = RESEND_TIME + timedelta(minutes=1)


class AnsweredRows:
    """The calls of operators answered last; those too old to be a resend are forgotten."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: CallName) -> AnsweredCall | None:
        """Returns the last call under this name, or None."""
        row = self._database.execute(
            "SELECT function, digest, at, answer FROM answered"
            " WHERE requester = ? AND identifier = ?",
            (name.requester, name.identifier),
        ).fetchone()
        if row is None:
            return None
        at = datetime.fromisoformat(row[2])
        return AnsweredCall(name=name, function=row[0], digest=row[1], at=at, answer=row[3])

    def put(self, call: AnsweredCall) -> None:
        """Keeps a call in place of the last one under its name."""
        self._database.execute(
            "DELETE FROM answered WHERE at < ?", ((call.at - _KEPT).isoformat(),)
        )
        self._database.execute(
            "INSERT OR REPLACE INTO answered VALUES (?, ?, ?, ?, ?, ?)",
            (
                call.name.requester,
                call.name.identifier,
                call.function,
                call.digest,
                call.at.isoformat(),
                call.answer,
            ),
        )


class ErrandRows:
    """The calls to partners that have to be made."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[Errand, ...]:
        """Returns every errand, the one that is due first first."""
        rows = self._database.execute("SELECT * FROM errand ORDER BY due, rowid")
        return tuple(map(_errand, rows.fetchall()))

    def get(self, key: str) -> Errand | None:
        """Returns the errand under a key, or None."""
        row = self._database.execute("SELECT * FROM errand WHERE key = ?", (key,)).fetchone()
        return None if row is None else _errand(row)

    def put(self, errand: Errand) -> None:
        """Keeps an errand, in place of the one under its key."""
        call = errand.call
        self._database.execute(
            "INSERT OR REPLACE INTO errand VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                errand.key,
                errand.function,
                call.address,
                call.path,
                json.dumps(dict(call.headers)),
                call.body,
                errand.since.isoformat(),
                errand.due.isoformat(),
                errand.tries,
                errand.done_by,
            ),
        )

    def remove(self, key: str) -> None:
        """Forgets the errand under a key, if there is one."""
        self._database.execute("DELETE FROM errand WHERE key = ?", (key,))


def _errand(row: tuple[str, str, str, str, str, bytes, str, str, int, str]) -> Errand:
    key, function, address, path, headers, body, since, due, tries, done_by = row
    return Errand(
        key=key,
        function=function,
        call=PartnerCall(address=address, path=path, headers=json.loads(headers), body=body),
        since=datetime.fromisoformat(since),
        due=datetime.fromisoformat(due),
        tries=tries,
        done_by=done_by,
    )
