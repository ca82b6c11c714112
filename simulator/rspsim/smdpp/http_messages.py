"""HTTP requests and answers as values, as exchanged with a front.

The core does not use sockets. Three fields of an answer exist for faults only and are carried out
by the front: how long to wait before answering, after how many octets of body to drop the
connection, and in which manner the octets go on the wire.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Final

from rspcore.frozen import dataclass

__all__ = ["USUAL_MANNER", "HttpRequest", "HttpResponse", "Manner", "header_value"]


def header_value(headers: Mapping[str, str], name: str) -> str | None:
    """Returns a header by its name in any case, or None when it is not there (RFC 9110, 5.1)."""
    if name in headers:  # as it is nearly always spelt
        return headers[name]
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request.

    Attributes:
        method: Method in upper case.
        path: Path of the target, without query.
        query: Query of the target as it came, without the question mark.
        headers: Header fields; names in any case.
        body: Body octets, transfer coding removed.
        client_certificate: Certificate (DER) that the client proved to own in the TLS handshake,
            empty when it showed none.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    query: str = ""
    client_certificate: bytes = b""

    def header(self, name: str) -> str | None:
        """Returns a header field by its name in any case, or None."""
        return header_value(self.headers, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the octets of an answer go on the wire, head included; by default as TCP takes them.

    Attributes:
        octets: Octets in place of the answer, after which the connection is closed; inside TLS.
        bare: Octets on the bare socket in place of the answer: they are no records of TLS.
        reset_after: Octets after which the connection is reset, more than there are for after all.
        shut_after: Octets after which the server sends no more, without a goodbye of TLS; it still
            reads.
        silent_ms: Milliseconds without an octet, after which the connection is closed; 0 for none.
        pace: Octets at a time and milliseconds between, or None to send at once.
    """

    octets: bytes | None = None
    bare: bytes | None = None
    reset_after: int | None = None
    shut_after: int | None = None
    silent_ms: int = 0
    pace: tuple[int, int] | None = None


USUAL_MANNER: Final = Manner()


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """One answer.

    Attributes:
        status: Status code.
        headers: Header fields, Content-Length not among them: the front counts the body.
        body: Body octets.
        delay_ms: Milliseconds a front waits before it sends anything; an in-process caller may
            ignore them.
        cut_after: Number of body octets after which the connection is dropped although more were
            announced, or None to send all.
        manner: How the octets go on the wire.
        ci_mismatch: Whether it refuses a chain under another CI than agreed, which the codes of
            JSON do not tell from an unknown one.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay_ms: int = 0
    cut_after: int | None = None
    manner: Manner = USUAL_MANNER
    ci_mismatch: bool = False

    def header(self, name: str) -> str | None:
        """Returns a header field by its name in any case, or None."""
        return header_value(self.headers, name)
