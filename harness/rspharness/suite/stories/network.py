"""The network between the phones and the servers of a story, with cuts where the story has them.

It is a port of the LPA driver. Each request is counted and named by its function, so that a story
can cut the one it means: before it arrives, or after the server has acted and before the answer.
What the phone sends and gets is written into the trace of the case, beside the APDUs of the cards.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final, Protocol

from rspcore.server_address import host_of
from rspharness.lpa.es9p_client import HttpReply, ServerUnreachableError
from rspharness.lpa.traced_port import traced_exchange
from rspharness.record.trace import Trace

__all__ = ["Answering", "Cut", "Lost", "Network"]

_BUSY: Final = 503


class Answering(Protocol):
    """A server that is called directly.

    Attributes:
        address: Its address, an FQDN.
    """

    address: str

    def post(self, path: str, headers: Mapping[str, str], body: bytes, /) -> HttpReply:
        """Answers a request of an LPA."""


class Lost(Enum):
    """What of an exchange is lost."""

    REQUEST = auto()
    """The request: the server does nothing."""
    ANSWER = auto()
    """The answer: the server has acted."""
    HALF_ANSWER = auto()
    """The second half of the answer's body."""
    SERVED = auto()
    """Nothing of it, but the server says 503 and does nothing."""


@dataclass(slots=True)
class Cut:
    """A request that goes wrong.

    Attributes:
        number: Which request since the cut was set, counted from 1.
        lost: What of it is lost.
        function: Function that the request called, once it came.
    """

    number: int
    lost: Lost
    function: str = ""


class Network:
    """Carries requests to the servers that a story has, found by their addresses.

    Attributes:
        asked: Functions that were called since the last `forget`, in order.
        heard: What a listener on the way took down of the answers, by function.
    """

    def __init__(self, trace: Trace | None = None) -> None:
        """Makes a network without servers; exchanges are written into the trace if there is one."""
        self._trace = trace or Trace()
        self._servers: dict[str, Answering] = {}
        self._down: set[str] = set()
        self._cut: Cut | None = None
        self._left = 0
        self._played: dict[str, HttpReply] = {}
        self._changes: dict[str, Callable[[HttpReply], HttpReply]] = {}
        self.asked: list[str] = []
        self.heard: dict[str, HttpReply] = {}

    def join(self, server: Answering) -> None:
        """Makes a server reachable under its address."""
        self._servers[server.address] = server

    @property
    def addresses(self) -> frozenset[str]:
        """Returns the addresses of the servers of the story, reachable or not."""
        return frozenset(self._servers)

    def post(self, address: str, path: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        """Sends a request and returns the answer, whatever its status.

        Raises:
            ServerUnreachableError: the server is down, or there is none, or a cut took it.
        """
        url = f"https://{address}{path}"
        return traced_exchange(
            self._trace, url, headers, body, lambda: self._carried(address, path, headers, body)
        )

    def _carried(
        self, address: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> HttpReply:
        host = host_of(address)
        function = path.rpartition("/")[2]
        self.asked.append(function)
        server = self._servers.get(host)
        if server is None or host in self._down:
            raise ServerUnreachableError(f"{host}: no network")
        lost = self._taken(function)
        if lost is Lost.REQUEST:
            raise ServerUnreachableError(f"{host}: the network was lost before {function}")
        if lost is Lost.SERVED:
            return HttpReply(_BUSY, {}, b"")
        if function in self._played:
            return self._played[function]
        reply = self.heard[function] = server.post(path, headers, body)
        if function in self._changes:
            reply = self._changes[function](reply)
        if lost is Lost.ANSWER:
            raise ServerUnreachableError(f"{host}: the network was lost after {function}")
        if lost is Lost.HALF_ANSWER:
            return replace(reply, body=reply.body[: len(reply.body) // 2])
        return reply

    def _taken(self, function: str) -> Lost | None:
        """Counts a request; returns what of it is lost, None where it goes well."""
        if self._cut is None or self._cut.function:
            return None
        self._left -= 1
        if self._left:
            return None
        self._cut.function = function
        return self._cut.lost

    def forget(self) -> None:
        """Forgets what was asked."""
        self.asked.clear()

    def gone(self) -> None:
        """Has no way to any server from now on, until `up`."""
        self._down = set(self._servers)

    def up(self) -> None:
        """Has the way to every server again."""
        self._down = set()

    @contextmanager
    def down(self, *servers: Answering) -> Iterator[None]:
        """Has no way to these servers inside the block, or to none of all without any."""
        before = set(self._down)
        self._down |= {one.address for one in servers} or set(self._servers)
        try:
            yield
        finally:
            self._down = before

    @contextmanager
    def played(self, answers: Mapping[str, HttpReply]) -> Iterator[None]:
        """Has somebody on the way answer these functions, and the servers the others."""
        self._played = dict(answers)
        try:
            yield
        finally:
            self._played = {}

    @contextmanager
    def changed(self, function: str, change: Callable[[HttpReply], HttpReply]) -> Iterator[None]:
        """Has somebody on the way change the answers of a function."""
        self._changes = {function: change}
        try:
            yield
        finally:
            self._changes = {}

    @contextmanager
    def cut(self, number: int, lost: Lost) -> Iterator[Cut]:
        """Has one request of the block go wrong, the others well.

        Args:
            number: Which request, counted from 1.
            lost: What of it is lost.

        Yields:
            The cut, which names the function once the request came.
        """
        self._cut, self._left = Cut(number, lost), number
        try:
            yield self._cut
        finally:
            self._cut = None
