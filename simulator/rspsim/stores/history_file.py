"""The history of a server in a file of its own, shared by every process on the same state.

A file of its own, because it need not be on the disk before an answer goes out: writing it waits
for no disk. What was noted outlives the process, not a loss of power of the machine. Where the file
cannot be written, the exchange is missing and the log says so; the answer goes out all the same.
"""

import json
import logging
import sqlite3
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rspcore.errors import StoreError
from rspcore.frozen import replace
from rspsim.smdpp.history import CheckNote, Exchange, History
from rspsim.smdpp.http_messages import HttpRequest, HttpResponse
from rspsim.smdpp.limits import KeptLimits, LeftOut
from rspsim.stores.database import Database

__all__ = ["HistoryFile", "history_beside"]

_LOG: Final = logging.getLogger(__name__)
_APPLICATION_ID: Final = 0x52535048  # "RSPH"
_TABLE: Final = """CREATE TABLE IF NOT EXISTS exchange (
    number INTEGER PRIMARY KEY AUTOINCREMENT, octets INTEGER NOT NULL, words TEXT NOT NULL,
    request BLOB NOT NULL, response BLOB NOT NULL, certificate BLOB NOT NULL)"""
_BUSY_S: Final = 1.0
_BOUNDED_EACH: Final = 64
"""After how many exchanges the bounds are enforced."""


def history_beside(state: Path) -> Path:
    """Returns the file that has the history of a state file."""
    return state.with_name(f"{state.name}-history")


class HistoryFile(History):
    """The latest exchanges of every process on a file; listeners hear those of their own process.

    Args:
        path: The file; made, readable by its owner alone, when there is none.
        limits: Bounds in number and octets.

    Raises:
        StoreError: it cannot be used, or is a file of another program.
    """

    def __init__(self, path: Path, limits: KeptLimits) -> None:
        super().__init__(limits)
        self._read: deque[Exchange] = deque()
        self._newest_read = 0
        try:
            path.touch(mode=0o600)
            database = sqlite3.connect(
                path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
            )
            (number,) = database.execute("PRAGMA application_id").fetchone()
            (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if tables and number != _APPLICATION_ID:
                database.close()
                raise StoreError(f"{path}: a file of another program; give another state file")
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=OFF")
            database.execute(f"PRAGMA application_id={_APPLICATION_ID}")
            database.execute(_TABLE)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"{path}: cannot be used ({error}); give another state file"
            ) from error
        self._rows = Database(database, str(path))

    @property
    def next_number(self) -> int:
        """Returns the number of the next exchange, if no other process adds one before."""
        try:
            found = self._rows.execute("SELECT seq FROM sqlite_sequence WHERE name = 'exchange'")
        except StoreError:
            return super().next_number
        row = found.fetchone()
        return 1 if row is None else int(row[0]) + 1

    @property
    def octets(self) -> int:
        """Returns about how many octets the exchanges take."""
        row = self._rows.execute("SELECT coalesce(sum(octets), 0) FROM exchange").fetchone()
        return int(row[0])

    def __iter__(self) -> Iterator[Exchange]:
        self._catch_up()
        return iter(list(self._read))

    def __len__(self) -> int:
        self._catch_up()
        return len(self._read)

    def clear(self) -> None:
        """Forgets the exchanges of every process; the numbers are not reset."""
        self._rows.execute("DELETE FROM exchange")
        self._read.clear()

    def close(self) -> None:
        """Closes the file."""
        self._rows.connection.close()

    def _keep(self, exchange: Exchange) -> Exchange:
        """Keeps an exchange, and returns it with its number."""
        try:
            number = self._rows.execute(
                "INSERT INTO exchange (octets, words, request, response, certificate)"
                " VALUES (?, ?, ?, ?, ?)",
                (
                    exchange.octets,
                    _words(exchange),
                    exchange.request.body,
                    exchange.response.body,
                    exchange.request.client_certificate,
                ),
            ).lastrowid
            if number and number % _BOUNDED_EACH == 0:
                self._enforce_bounds()
        except StoreError as error:
            _LOG.warning("an exchange is not in the history: %s", error)
            return exchange
        return replace(exchange, number=number or exchange.number)

    def _enforce_bounds(self) -> None:
        self._rows.execute(
            "DELETE FROM exchange WHERE number NOT IN (SELECT number FROM (SELECT number, "
            "row_number() OVER latest AS place, sum(octets) OVER latest AS held "
            "FROM exchange WINDOW latest AS (ORDER BY number DESC)) "
            "WHERE place <= ? AND held <= ?)",
            (self._limits.exchanges, self._limits.history_octets),
        )

    def _catch_up(self) -> None:
        """Reads what came since the last time, and forgets what is gone from the file."""
        (oldest,) = self._rows.execute("SELECT min(number) FROM exchange").fetchone()
        while self._read and (oldest is None or self._read[0].number < oldest):
            self._read.popleft()
        rows = self._rows.execute(
            "SELECT number, words, request, response, certificate FROM exchange"
            " WHERE number > ? ORDER BY number",
            (self._newest_read,),
        )
        for row in rows.fetchall():
            self._read.append(_exchange(*row))
            self._newest_read = row[0]


def _words(exchange: Exchange) -> str:
    """Returns everything but bodies and number."""
    request, response = exchange.request, exchange.response
    return json.dumps(
        {
            "at": exchange.at.isoformat(),
            "function": exchange.function,
            "transaction": exchange.transaction_id,
            "summary": exchange.summary,
            "request": [request.method, request.path, request.query, dict(request.headers)],
            "response": [response.status, dict(response.headers)],
            "left_out": [
                None if one is None else [one.length, one.sha256.hex()]
                for one in (exchange.request_left_out, exchange.response_left_out)
            ],
            "checks": exchange.checks,
        }
    )


def _exchange(
    number: int, words: str, request: bytes, response: bytes, certificate: bytes
) -> Exchange:
    kept: Mapping[str, Any] = json.loads(words)
    method, path, query, asked = kept["request"]
    status, headers = kept["response"]
    left_out = [
        None if one is None else LeftOut(one[0], bytes.fromhex(one[1])) for one in kept["left_out"]
    ]
    return Exchange(
        number=number,
        at=datetime.fromisoformat(kept["at"]),
        function=kept["function"],
        transaction_id=kept["transaction"],
        summary=kept["summary"],
        request=HttpRequest(
            method=method,
            path=path,
            query=query,
            headers=asked,
            body=request,
            client_certificate=certificate,
        ),
        response=HttpResponse(status=status, headers=headers, body=response),
        request_left_out=left_out[0],
        response_left_out=left_out[1],
        checks=tuple(CheckNote(*one) for one in kept["checks"]),
    )
