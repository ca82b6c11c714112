"""HTTP requests and answers as values, as exchanged with a front.

The core does not use sockets. Two fields of an answer exist for faults only and are carried out
by the front: how long to wait before answering, and after how many octets of body to drop the
connection.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["HttpRequest", "HttpResponse", "header_value"]


def header_value(headers: Mapping[str, str], name: str) -> str | None:
    """Returns a header by its name in any case, or None when it is not there (RFC 9110, 5.1)."""
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
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay_ms: int = 0
    cut_after: int | None = None

    def header(self, name: str) -> str | None:
        """Returns a header field by its name in any case, or None."""
        return header_value(self.headers, name)
