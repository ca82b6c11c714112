"""The request history: what clients asked and what the server answered, for tests and people."""

import logging
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple

from rspcore.frozen import dataclass, replace
from rspsim.smdpp.http_messages import HttpRequest, HttpResponse
from rspsim.smdpp.limits import USUAL_LIMITS, KeptLimits, LeftOut, shortened

__all__ = ["CheckNote", "Exchange", "History"]

_LOG: Final = logging.getLogger(__name__)
_BODY_NOT_KEPT: Final = frozenset((404, 413, 415))
_FIXED_OCTETS: Final = 1000
"""About what an exchange takes without its texts and bodies."""


class CheckNote(NamedTuple):
    """A check of a function, and what came of it.

    Attributes:
        name: Name of the check.
        outcome: "passed", "left out", or the codes and text of the refusal.
    """

    name: str
    outcome: str


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
        request_left_out: What is known of the body of the request, when it is not kept whole.
        response_left_out: What is known of the body of the answer, when it is not kept whole.
        checks: The checks of the function, as far as it came, in order.
    """

    number: int
    at: datetime
    function: str
    transaction_id: str
    summary: str
    request: HttpRequest
    response: HttpResponse
    request_left_out: LeftOut | None = None
    response_left_out: LeftOut | None = None
    checks: tuple[CheckNote, ...] = ()

    @property
    def octets(self) -> int:
        """Returns about how many octets of memory it takes."""
        request, response = self.request, self.response
        found = len(request.body) + len(response.body) + len(request.path) + len(self.summary)
        for headers in (request.headers, response.headers):
            found += len("".join(headers)) + len("".join(headers.values()))
        return _FIXED_OCTETS + found + sum([len(one[0]) + len(one[1]) for one in self.checks])


class History:
    """The latest exchanges, bounded in number and in octets; each new one goes to the listeners.

    A listener is called inside the exchange, before its answer is sent: it must return at once and
    never wait. What may wait, such as printing, belongs behind `rspsim.transports.relay.Relay`.
    """

    def __init__(self, limits: KeptLimits = USUAL_LIMITS) -> None:
        self._limits = limits
        self._exchanges: deque[tuple[Exchange, int]] = deque()
        self._octets = 0
        self._count = 0
        self._listeners: list[Callable[[Exchange], None]] = []

    @property
    def next_number(self) -> int:
        """Returns the number of the next exchange."""
        return self._count + 1

    @property
    def octets(self) -> int:
        """Returns about how many octets of memory the exchanges take."""
        return self._octets

    def __iter__(self) -> Iterator[Exchange]:
        return iter([exchange for exchange, _ in self._exchanges])

    def __len__(self) -> int:
        return len(self._exchanges)

    def add(self, exchange: Exchange, *, refused: int | None = None) -> None:
        """Keeps an exchange and passes it, as it is kept, to the listeners.

        A listener that raises is logged and dropped; the exchange goes on.

        Args:
            exchange: The exchange, bodies whole.
            refused: Status with which the request was refused before a function ran, or None.
        """
        kept = self._keep(self._as_kept(exchange, refused))
        for listener in tuple(self._listeners):
            try:
                listener(kept)
            except Exception:  # noqa: BLE001  whatever it is, it is logged, once
                _LOG.exception("a listener of the history fails and is dropped")
                self._listeners.remove(listener)

    def _keep(self, exchange: Exchange) -> Exchange:
        """Keeps an exchange, and returns it with its number."""
        self._exchanges.append((exchange, exchange.octets))
        self._count = exchange.number
        self._octets += self._exchanges[-1][1]
        while self._exchanges and (
            len(self._exchanges) > self._limits.exchanges
            or self._octets > self._limits.history_octets
        ):
            self._octets -= self._exchanges.popleft()[1]
        return exchange

    def listen(self, listener: Callable[[Exchange], None]) -> None:
        """Adds a listener, which is called with every exchange from now on."""
        self._listeners.append(listener)

    def clear(self) -> None:
        """Forgets the exchanges; the numbers are not reset."""
        self._exchanges.clear()
        self._octets = 0

    def _as_kept(self, exchange: Exchange, refused: int | None) -> Exchange:
        asked, got = exchange.request.body, exchange.response.body
        if refused in _BODY_NOT_KEPT and asked:
            request: tuple[bytes, LeftOut | None] = b"", LeftOut(len(asked), sha256(asked).digest())
        else:
            request = shortened(asked, self._limits)
        response = shortened(got, self._limits)
        if request[1] is None and response[1] is None:
            return exchange
        return replace(
            exchange,
            request=replace(exchange.request, body=request[0]),
            response=replace(exchange.response, body=response[0]),
            request_left_out=request[1],
            response_left_out=response[1],
        )
