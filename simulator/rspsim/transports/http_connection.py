"""One connection of a client: handshake, request, answer, end; nothing here ever waits.

`proceed` does what the socket allows at the moment and says by `events` what it needs next, so that
one thread can serve any number of connections, and a client that is silent or slow costs its own
connection alone. An exchange has one time for all its steps, and no octet prolongs it: handshake,
request and taking the answer share it, so a client that takes long for one has less for the others.

    step        whose time it takes
    handshake   the exchange's; it ends without a word to the client
    idle        none: one idle time before the first octet of a request, without a word
    request     the exchange's; it ends with 408
    handling    none: the server's own, as are delays and pauses that a fault asks for
    answer      the exchange's
    parting     none: two seconds at most for the client to close its side too

A connection that the server ends is shut down for writing first and read until the client closes
it: closing it with unread octets would make the kernel reset it, and the answer would be lost.
"""

import logging
import selectors
import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar

from rspcore.frozen import dataclass, replace
from rspcore.printable_text import printable
from rspsim.smdpp.http_messages import USUAL_MANNER, HttpRequest, HttpResponse, Manner
from rspsim.transports.http_wire import (
    CONTINUE,
    Refusal,
    RequestReader,
    answer_octets,
    refusal_answer,
)

__all__ = ["Connection", "FrontLimits"]

_Item = TypeVar("_Item", bound=HttpRequest | Refusal)
_Step = Callable[[float], HttpRequest | Refusal | None]

_LOG: Final = logging.getLogger(__name__)
_AT_ONCE: Final = 65_536
_DRAINED_AT_ONCE: Final = 16
_KERNEL_OCTETS: Final = 256 << 10
"""Most octets of an answer that wait in the kernel, which could take megabytes for each client."""
_NO_LINGER: Final = struct.pack("ii", 1, 0)
"""SO_LINGER with which closing a socket resets its connection."""
_PARTING_S: Final = 2.0
_PLAIN_HTTP: Final = Refusal(400, "this port speaks HTTPS, the request was plain HTTP")


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontLimits:
    """How much time and memory the clients of a front get.

    Attributes:
        exchange_s: Time that a client may keep the server waiting in one exchange: handshake,
            request from its first octet to its last, and taking the answer together.
        idle_s: Time between two requests on one connection.
        body_octets: Longest body that is read.
        connections: Most connections at a time; a further one takes the place of the one that has
            kept the server waiting longest.
        buffered_octets: Most octets of requests and answers of all connections; beyond, unfinished
            ones that have kept the server waiting longest are closed, and complete ones get 503.
    """

    exchange_s: float = 10.0
    idle_s: float = 30.0
    body_octets: int = 4 << 20
    connections: int = 400
    buffered_octets: int = 64 << 20


class Connection:
    """A connection, from the moment it is accepted.

    Attributes:
        number: File descriptor of its socket, as long as it is open.
        events: What it waits for, as `selectors` has it; 0 while its request is being handled.
        deadline: When its present step ends at the latest, in seconds of the monotonic clock.
        since: When it began to wait for its client.
        closed: True once the socket is closed.
    """

    def __init__(
        self, accepted: socket.socket, tls: ssl.SSLContext | None, limits: FrontLimits, now: float
    ) -> None:
        """Takes a socket just accepted; the handshake is still to come.

        Raises:
            OSError: the client is gone already.
        """
        accepted.settimeout(0)
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_OCTETS)
        self.number = accepted.fileno()
        self._limits = limits
        self._reader = RequestReader(limits.body_octets)
        self._socket: socket.socket = accepted
        self._out = memoryview(b"")
        self._manner = USUAL_MANNER
        self._asked_octets = 0
        self._keep = True
        self._instead = b""
        self._left_s = limits.exchange_s
        self._step: _Step
        self.closed = False
        self._wait(self._read, now, limits.idle_s)
        if tls is not None:
            self._socket = tls.wrap_socket(
                accepted, server_side=True, do_handshake_on_connect=False
            )
            self._wait_in_exchange(self._shake_hands, now)

    @property
    def held(self) -> int:
        """Returns how many octets of requests and answers it holds."""
        return self._reader.held + self._asked_octets + len(self._out)

    @property
    def answering(self) -> bool:
        """Returns whether a request is being handled or its answer is being sent."""
        return not self.closed and (self.events == 0 or self._step in (self._write, self._rest))

    def proceed(self, now: float) -> HttpRequest | Refusal | None:
        """Does what the socket allows; returns what has to be answered, if that is complete."""
        return self._guarded(self._step, now)

    def _guarded(self, step: _Step, now: float) -> HttpRequest | Refusal | None:
        try:
            return step(now)
        except ssl.SSLWantReadError:
            self.events = selectors.EVENT_READ
        except ssl.SSLWantWriteError:
            self.events = selectors.EVENT_WRITE
        except BlockingIOError:
            writing = self._step == self._write
            self.events = selectors.EVENT_WRITE if writing else selectors.EVENT_READ
        except ssl.SSLError as error:
            return self._tls_failed(error, now)
        except OSError as error:
            self._abandon(f"connection lost: {error}")
        return None

    def answer(
        self, octets: bytes, now: float, *, keep: bool, manner: Manner = USUAL_MANNER
    ) -> HttpRequest | Refusal | None:
        """Begins to send an answer; returns the next request if its octets are there already."""
        if self.closed:
            return None
        self._manner, self._asked_octets = manner, 0
        if manner is not USUAL_MANNER:
            keep = keep and manner == Manner(pace=manner.pace)
            octets = self._odd_octets(octets, manner)
        self._out, self._keep = memoryview(octets), keep
        if manner.silent_ms:
            self.be_silent(now, manner.silent_ms)
            return None
        self._wait_in_exchange(self._write, now)
        return self.proceed(now)

    def _odd_octets(self, octets: bytes, manner: Manner) -> bytes:
        """Returns what a fault lets the client have of an answer, or instead of it."""
        if manner.bare is not None:
            if isinstance(self._socket, ssl.SSLSocket):
                self._lay_bare()
            return manner.bare
        whole = octets if manner.octets is None else manner.octets
        ends = [end for end in (manner.reset_after, manner.shut_after) if end is not None]
        return whole[: min(ends)] if ends else whole

    def be_silent(self, now: float, milliseconds: int) -> None:
        """Keeps the connection and sends nothing until the client closes it, or for some time."""
        if isinstance(self._socket, ssl.SSLSocket):
            self._lay_bare()
        self._out = memoryview(b"")
        self._wait(self._drain, now, milliseconds / 1000)

    def meet_with(self, octets: bytes, now: float) -> None:
        """Answers the first octets of the client with these, in place of TLS, and closes."""
        self._lay_bare()
        self._instead = octets
        self._wait_in_exchange(self._say_instead, now)

    def reset(self) -> None:
        """Resets the connection: the client gets an error, not an end."""
        if isinstance(self._socket, ssl.SSLSocket):
            self._lay_bare()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.close()

    def written(self, asked: HttpRequest | Refusal, response: HttpResponse) -> tuple[bytes, bool]:
        """Returns the octets of an answer, and whether the connection can be kept after it."""
        method = "" if isinstance(asked, Refusal) else asked.method
        cut = response.cut_after is not None and response.cut_after < len(response.body)
        may_go_on = not isinstance(asked, Refusal) and self._reader.keep_alive
        octets = answer_octets(response, method=method, keep_alive=may_go_on or cut)
        return octets, may_go_on and not cut

    def turn_away(self, asked: HttpRequest) -> Refusal:
        """Returns what takes the place of a complete request for which there is no room."""
        self._asked_octets = 0
        return Refusal(503, "too many requests at a time", replace(asked, body=b""))

    def expire(self, now: float) -> HttpRequest | Refusal | None:
        """Ends the step whose deadline has passed; returns what has to be answered for it."""
        if self._step == self._read and self._reader.begun:
            return self._arrived(self._reader.late(self._limits.exchange_s), now)
        if self._step == self._read:
            return self._guarded(self._part, now)
        if self._step == self._rest:
            self._wait_in_exchange(self._write, now)
            return self.proceed(now)
        self._abandon("too slow")
        return None

    def close(self) -> None:
        """Closes the socket at once; what was not sent is lost."""
        self.closed = True
        self._out = memoryview(b"")
        self._socket.close()

    def _wait(self, step: _Step, now: float, limit_s: float) -> None:
        self._step = step
        self.events = selectors.EVENT_READ
        self.since, self.deadline = now, now + limit_s

    def _wait_in_exchange(self, step: _Step, now: float) -> None:
        """Goes on to a step that takes what is left of the time of the exchange."""
        self._wait(step, now, self._left_s)

    def _hold(self, now: float) -> None:
        """Stops the time of the exchange: what comes next is not the client's to wait for."""
        self._left_s = max(0.0, self.deadline - now)

    def _arrived(self, item: _Item, now: float) -> _Item:
        self._hold(now)
        self.events, self.deadline = 0, float("inf")
        return item

    def _shake_hands(self, now: float) -> HttpRequest | Refusal | None:
        secured = self._socket
        assert isinstance(secured, ssl.SSLSocket)  # noqa: S101  the only kind with this step
        secured.do_handshake()
        self._hold(now)
        self._wait(self._read, now, self._limits.idle_s)
        return self._read(now) if secured.pending() else None

    def _client_certificate(self) -> bytes:
        secured = self._socket
        if not isinstance(secured, ssl.SSLSocket):
            return b""
        return secured.getpeercert(binary_form=True) or b""

    def _tls_failed(self, error: ssl.SSLError, now: float) -> HttpRequest | Refusal | None:
        """Parts from a client whose octets are not TLS; the library has sent an alert by then."""
        _LOG.info("TLS failed: %s", printable(str(error)))
        self._lay_bare()
        self._hold(now)
        if error.reason == "HTTP_REQUEST":
            octets = answer_octets(refusal_answer(_PLAIN_HTTP), method="", keep_alive=False)
            return self.answer(octets, now, keep=False)
        return self._guarded(self._part, now)

    def _lay_bare(self) -> None:
        """Goes on without TLS, on the same socket."""
        self._socket = socket.socket(fileno=self._socket.detach())
        self._socket.settimeout(0)

    def _read(self, now: float) -> HttpRequest | Refusal | None:
        while True:
            found = self._reader.read(self._client_certificate)
            if isinstance(found, HttpRequest):
                self._asked_octets = len(found.body)
            if found is not None:
                return self._arrived(found, now)
            if self._reader.take_wish_to_continue():
                self._socket.send(CONTINUE)
            begun = self._reader.begun
            octets = self._socket.recv(_AT_ONCE)
            if not octets:
                return self._arrived(self._reader.end(), now) if begun else self._part(now)
            self._reader.feed(octets)
            if self._reader.begun and not begun:
                self._wait_in_exchange(self._read, now)

    def _write(self, now: float) -> HttpRequest | Refusal | None:
        pace = self._manner.pace
        while self._out:
            sent = self._socket.send(self._out[: pace[0] if pace else _AT_ONCE])
            self._out = self._out[sent:]
            if pace and self._out:
                self._hold(now)
                self._wait(self._rest, now, pace[1] / 1000)
                self.events = 0
                return None
        if self._manner.reset_after is not None:
            self.reset()
            return None
        if self._manner.shut_after is not None and isinstance(self._socket, ssl.SSLSocket):
            self._lay_bare()
        if not self._keep:
            return self._part(now)
        self._reader.next_request()
        self._left_s = self._limits.exchange_s
        limit_s = self._left_s if self._reader.begun else self._limits.idle_s
        self._wait(self._read, now, limit_s)
        if self._reader.begun or self._taken_in():
            return self._read(now)
        return None

    def _taken_in(self) -> bool:
        """Returns whether octets of the client wait here, of which the kernel says nothing."""
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    def _rest(self, _: float) -> HttpRequest | Refusal | None:
        """Waits for the next octets of a slow answer to be due; its deadline ends that."""
        return None

    def _say_instead(self, now: float) -> HttpRequest | Refusal | None:
        if not self._socket.recv(_AT_ONCE):
            return self._part(now)
        self._hold(now)
        return self.answer(self._instead, now, keep=False)

    def _part(self, now: float) -> HttpRequest | Refusal | None:
        """Says goodbye and waits until the client closes the connection too."""
        if isinstance(self._socket, ssl.SSLSocket):
            with suppress(OSError):  # also: the goodbye of the client has not come yet
                self._socket.unwrap()
            self._lay_bare()
        self._wait(self._drain, now, min(_PARTING_S, self._limits.exchange_s))
        self._socket.shutdown(socket.SHUT_WR)
        return self._drain(now)

    def _drain(self, _: float) -> HttpRequest | Refusal | None:
        for _ in range(_DRAINED_AT_ONCE):
            if not self._socket.recv(_AT_ONCE):
                self.close()
                break
        return None

    def _abandon(self, reason: str) -> None:
        if self._step != self._drain:
            _LOG.info("%s", printable(reason))
        self.close()
