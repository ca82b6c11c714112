"""The request history: what clients asked and what the server answered, for tests and people."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rspsim.smdpp.http_messages import HttpRequest, HttpResponse

__all__ = ["Exchange", "History"]

_KEPT: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer.

    Attributes:
        number: Number of the exchange, from 1.
        at: Time of arrival.
        function: Name of the ES9+ function, empty when the path names none.
        transaction_id: TransactionID of the request or, if it has none, of the answer.
        summary: The result in a few words: success, codes, or the verdict on a notification.
        request: The request.
        response: The answer as it was sent, faults included.
    """

    number: int
    at: datetime
    function: str
    transaction_id: str
    summary: str
    request: HttpRequest
    response: HttpResponse


class History:
    """The latest thousand exchanges; each new one is passed to the listeners."""

    def __init__(self) -> None:
        self._exchanges: deque[Exchange] = deque(maxlen=_KEPT)
        self._count = 0
        self._listeners: list[Callable[[Exchange], None]] = []

    @property
    def next_number(self) -> int:
        """Returns the number of the next exchange."""
        return self._count + 1

    def __iter__(self) -> Iterator[Exchange]:
        return iter(tuple(self._exchanges))

    def __len__(self) -> int:
        return len(self._exchanges)

    def add(self, exchange: Exchange) -> None:
        """Keeps an exchange and passes it to the listeners."""
        self._exchanges.append(exchange)
        self._count = exchange.number
        for listener in self._listeners:
            listener(exchange)

    def listen(self, listener: Callable[[Exchange], None]) -> None:
        """Adds a listener, which is called with every exchange from now on."""
        self._listeners.append(listener)

    def clear(self) -> None:
        """Forgets the exchanges; the numbers are not reset."""
        self._exchanges.clear()
