"""HTTP/1.1 between octets and values: reads requests with h11, writes answers. No sockets.

A reader takes octets as they come, in any pieces, and returns a request when it is complete. Octets
that are no request of HTTP/1.1 become a `Refusal`, with what was known of the request by then. Two
rules are stricter than those of the library, because this server is there to find faults of
clients: a length beside a transfer coding is refused (RFC 9112, 6.1), and so is any version but 1.0
and 1.1.

Answers are not written by the library: server faults ask for some that no library would write.

Source: RFC 9110 and RFC 9112.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from time import time  # noqa: TID251  of the Date of an answer, which is the real one
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from rspcore.frozen import dataclass, replace
from rspcore.printable_text import printable
from rspsim.smdpp.http_messages import HttpRequest, HttpResponse

if TYPE_CHECKING:
    import h11

__all__ = ["CONTINUE", "Refusal", "RequestReader", "answer_octets", "refusal_answer"]

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"

_MOST_HEADER_OCTETS: Final = 16_384
_NOTHING: Final = HttpRequest(method="", path="")
_USUAL_NAMES: Final = (
    *("Accept", "Accept-Encoding", "Connection", "Content-Length", "Content-Type", "Host"),
    *("User-Agent", "X-Admin-Protocol"),
)
_NAMES: Final = {
    spelt.encode("ascii"): name for name in _USUAL_NAMES for spelt in (name, name.lower())
}
"""Names of the header fields that come with nearly every request, as they are spelt."""
_NO_CONTENT: Final = 204
_BARE_LF: Final = re.compile(rb"(?<!\r)\n")
_FRAMING: Final = frozenset(("content-length", "transfer-encoding"))
_VERSIONS: Final = (b"1.0", b"1.1")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Octets that are no request.

    Attributes:
        status: Status of the answer.
        reason: What is wrong, in printable text.
        request: What was known of the request; its body is left out.
    """

    status: int
    reason: str
    request: HttpRequest = _NOTHING


class RequestReader:
    """Reads the requests of one connection, one after the other."""

    def __init__(self, most_body_octets: int) -> None:
        """Takes the length of the longest body that is read, in octets."""
        self._most = most_body_octets
        self._start(b"")

    def _start(self, octets: bytes) -> None:
        import h11  # noqa: PLC0415  a server needs it for its first client, not for its start

        self._connection = h11.Connection(h11.SERVER, max_incomplete_event_size=_MOST_HEADER_OCTETS)
        self._head: HttpRequest | None = None
        self._body = bytearray()
        self._begun = False
        self.feed(octets)

    @property
    def begun(self) -> bool:
        """Returns whether a part of a request has come."""
        return self._begun

    @property
    def held(self) -> int:
        """Returns the number of octets of a body kept at present."""
        return len(self._body)

    @property
    def keep_alive(self) -> bool:
        """Returns whether the client may send another request after the complete one."""
        import h11  # noqa: PLC0415  likewise

        return self._connection.their_state is h11.DONE

    def take_wish_to_continue(self) -> bool:
        """Returns once per request whether the client waits for 100 (Continue)."""
        wish = self._connection.they_are_waiting_for_100_continue and not self._continued
        self._continued = self._continued or wish
        return wish

    _continued = False

    def feed(self, octets: bytes) -> None:
        """Takes further octets; line ends before a request are left out (RFC 9112, 2.2)."""
        if not self._begun:
            octets = octets.lstrip(b"\r\n")
            self._begun = bool(octets)
        if octets:
            self._connection.receive_data(octets)

    def end(self) -> Refusal:
        """Takes the end of the octets in the middle of a request."""
        return self._refusal(
            400, "the client closed the connection before its request was complete"
        )

    def late(self, limit_s: float) -> Refusal:
        """Takes the end of the time for a request."""
        return self._refusal(408, f"the request was not complete after {limit_s:g} s")

    def next_request(self) -> None:
        """Goes on to the next request, whose first octets may be there already."""
        rest, _ = self._connection.trailing_data
        self._continued = False
        self._start(rest)

    def read(self, client_certificate: Callable[[], bytes] = bytes) -> HttpRequest | Refusal | None:
        """Returns the request when it is complete, a refusal, or None when more has to come.

        Args:
            client_certificate: Returns the certificate of the client, for a complete request.
        """
        import h11  # noqa: PLC0415  likewise

        if not self._begun:
            return None
        while True:
            try:
                event = self._connection.next_event()
            except h11.RemoteProtocolError as error:
                return self._refusal(error.error_status_hint, str(error))
            if isinstance(event, h11.Request):
                refusal = self._take_head(event)
                if refusal is not None:
                    return refusal
            elif isinstance(event, h11.Data):
                self._body += event.data
                if len(self._body) > self._most:
                    return self._too_long()
            elif isinstance(event, h11.EndOfMessage):
                return self._complete(client_certificate())
            else:
                return self._misfit_so_far()

    def _misfit_so_far(self) -> Refusal | None:
        """Returns why no further octets can make a request of these, or None.

        The library waits for the end of a line of chunked coding, which LF alone is not.
        """
        if self._to_come() > self._most:
            return self._too_long()
        chunked = self._head is not None and "Transfer-Encoding" in self._head.headers
        if chunked and _BARE_LF.search(self._connection.trailing_data[0]):
            return self._refusal(400, "a line of chunked coding ends with LF, without CR before it")
        return None

    def _to_come(self) -> int:
        """Returns how long the body is once the chunk that has begun is complete.

        The library keeps the length of a chunk to itself; a test holds it to that name.
        """
        begun: int = getattr(self._connection._reader, "_bytes_in_chunk", 0)  # noqa: SLF001  as said
        return len(self._body) + begun

    def _take_head(self, event: "h11.Request") -> Refusal | None:
        headers: dict[str, str] = {}
        octets = 0
        for raw, value in event.headers.raw_items():
            octets += len(raw) + len(value)
            name = _NAMES.get(raw) or _NAMES.get(raw.lower()) or raw.decode("latin-1").title()
            text = value.decode("latin-1")
            headers[name] = f"{headers[name]}, {text}" if name in headers else text
        target = event.target.decode("latin-1")
        self._head = HttpRequest(
            method=event.method.decode("latin-1"),
            path=_path(target),
            query=target.partition("#")[0].partition("?")[2],
            headers=headers,
        )
        if octets > _MOST_HEADER_OCTETS:
            return self._refusal(431, f"at most {_MOST_HEADER_OCTETS:,} octets of header are read")
        if event.http_version not in _VERSIONS:
            return self._refusal(505, f"HTTP/{event.http_version.decode('latin-1')}: expected 1.1")
        length = headers.get("Content-Length")
        if length is None:
            return None
        if "Transfer-Encoding" in headers:
            return self._refusal(400, "both Content-Length and Transfer-Encoding")
        return self._too_long() if int(length) > self._most else None

    def _too_long(self) -> Refusal:
        return self._refusal(413, f"at most {self._most:,} octets of body are read")

    def _refusal(self, status: int, reason: str) -> Refusal:
        self._body.clear()
        return Refusal(status, printable(reason, 300), self._head or _NOTHING)

    def _complete(self, client_certificate: bytes) -> HttpRequest:
        head = self._head
        if head is None:  # the library never ends a message that has not begun
            raise AssertionError("end of a request without its beginning")
        body = bytes(self._body)
        self._body.clear()
        return replace(head, body=body, client_certificate=client_certificate)


@lru_cache(maxsize=64)
def _path(target: str) -> str:
    """Returns the path of a target in any of its forms, without query, escapes resolved."""
    if not target.startswith("/"):
        try:
            target = urlsplit(target).path or target
        except ValueError:  # "http://[" is a target of visible characters, but no address
            return target
    path = target.partition("?")[0].partition("#")[0]
    return "%2F".join(unquote(part, "latin-1") for part in path.split("%2F"))


def refusal_answer(refusal: Refusal) -> HttpResponse:
    """Returns the answer to octets that are no request: its reason, in one line of text."""
    return HttpResponse(
        status=refusal.status,
        headers={"Content-Type": "text/plain;charset=UTF-8"},
        body=(refusal.reason + "\n").encode(),
    )


@lru_cache(maxsize=64)
def _phrase(status: int) -> str:
    from http import HTTPStatus  # noqa: PLC0415  with the first answer, not with the start

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    from email.utils import formatdate  # noqa: PLC0415  likewise

    return f"Date: {formatdate(second, usegmt=True)}"


def answer_octets(response: HttpResponse, *, method: str, keep_alive: bool) -> bytes:
    """Returns an answer as it goes on the wire, cut where its fault says.

    Args:
        response: The answer.
        method: Method of the request: an answer to HEAD has no body.
        keep_alive: False to announce that the connection ends with this answer.

    Raises:
        UnicodeEncodeError: a header field does not fit into ISO 8859-1.
    """
    lines = [f"HTTP/1.1 {response.status} {_phrase(response.status)}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    framed = any(name.lower() in _FRAMING for name in response.headers)
    if not framed and (response.status != _NO_CONTENT or response.body):
        lines.append(f"Content-Length: {len(response.body)}")
    lines += [_date(int(time())), "Server: rsplab"]
    if not keep_alive:
        lines.append("Connection: close")
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return head if method == "HEAD" else head + response.body[: response.cut_after]
