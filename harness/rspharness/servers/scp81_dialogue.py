"""The HTTP side of an administration session: POSTs of the card, answers with a script.

The card is the client. Its first POST asks for work and is answered 200 with a script and the URI
of the next POST; that one brings the response to the script and is answered 204, which ends the
session. How the octets are carried does not matter here.

Source: GlobalPlatform Card Specification, Amendment B, "administration protocol"; ETSI TS 102 226,
clause 5 and annex B; RFC 9112, 7.1 for chunks. X-Admin-Resume is not served: a session that broke
off is started again.
"""

from collections.abc import Callable, Mapping
from typing import Final

from rspcore.errors import DecodeError
from rspcore.frozen import dataclass

__all__ = ["AdministrationDialogue", "Note", "Post", "chunked", "read_post"]

Note = Callable[[str, str, Mapping[str, str], bytes], None]
"""Takes a message: ">" of the card or "<" to it, its first line, fields, content."""

PROTOCOL: Final = "globalplatform-remote-admin/1.0"
COMMANDS: Final = "application/vnd.globalplatform.card-content-mgt;version=1.0"
RESPONSES: Final = "application/vnd.globalplatform.card-content-mgt-response;version=1.0"

_END_OF_HEAD: Final = b"\r\n\r\n"
_LONGEST_HEAD: Final = 8192
_CHUNK_OCTETS: Final = 512


@dataclass(frozen=True, slots=True)
class Post:
    """One HTTP request.

    Attributes:
        method: Method; the protocol allows only POST.
        uri: Request URI.
        headers: Values by name in lower case.
        body: Content, chunks joined.
    """

    method: str
    uri: str
    headers: Mapping[str, str]
    body: bytes = b""


def chunked(body: bytes) -> bytes:
    """Returns content in chunks, the empty last one included."""
    starts = range(0, len(body), _CHUNK_OCTETS)
    pieces = (body[start : start + _CHUNK_OCTETS] for start in starts)
    return b"".join(b"%X\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def read_post(octets: bytes) -> tuple[Post, bytes] | None:
    """Reads the first request in a stream of octets.

    Returns:
        The request and the octets after it, or None while it has not come in full.

    Raises:
        DecodeError: no request of HTTP/1.1, or lengths that cannot be read.
    """
    head, found, rest = octets.partition(_END_OF_HEAD)
    if not found:
        if len(octets) > _LONGEST_HEAD:
            raise DecodeError(f"no end of the HTTP header within {_LONGEST_HEAD} octets")
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) < 3 or words[2] != "HTTP/1.1":
        raise DecodeError(f"HTTP request line: expected POST, a URI and HTTP/1.1, got {first!r}")
    headers = dict(_header(line) for line in lines)
    if headers.get("transfer-encoding", "").lower() == "chunked":
        came = _read_chunks(rest)
    else:
        size = _size(headers.get("content-length", "0"), 10)
        came = (rest[:size], rest[size:]) if len(rest) >= size else None
    return None if came is None else (Post(words[0], words[1], headers, came[0]), came[1])


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise DecodeError(f"HTTP header: expected a name and a colon, got {line!r}")
    return name.strip().lower(), value.strip()


def _size(text: str, base: int) -> int:
    try:
        size = int(text, base)
    except ValueError as error:
        raise DecodeError(f"HTTP length: {text!r} is no number to base {base}") from error
    if size < 0:
        raise DecodeError(f"HTTP length: {text!r} is negative")
    return size


def _read_chunks(octets: bytes) -> tuple[bytes, bytes] | None:
    """Returns the content and what follows it, or None while chunks are missing."""
    body = b""
    while True:
        line, found, octets = octets.partition(b"\r\n")
        if not found:
            return None
        size = _size(line.decode("latin-1").partition(";")[0].strip(), 16)
        if len(octets) < size + 2:
            return None
        if octets[size : size + 2] != b"\r\n":
            raise DecodeError(f"HTTP chunk of {size} octets does not end with a line break")
        body, octets = body + octets[:size], octets[size + 2 :]
        if size == 0:
            return body, octets


class AdministrationDialogue:
    """Answers the POSTs of one session.

    Attributes:
        posts: Requests that came, in order.
        ended: True once 204 was answered.
        fault: First violation of the protocol by the card, in words; None when there is none.
    """

    def __init__(
        self,
        script: bytes,
        *,
        uri: str,
        next_uri: str,
        targeted: str = "",
        note: Note | None = None,
    ) -> None:
        """Prepares the answers.

        Args:
            script: Command script in the expanded format.
            uri: URI the first POST shall name.
            next_uri: URI the POST with the response shall name.
            targeted: X-Admin-Targeted-Application, "//aid/RID/PIX"; empty for the security domain
                of the session itself.
            note: What is to know of each message, None for nothing.
        """
        self.posts: list[Post] = []
        self.ended = False
        self.fault: str | None = None
        self._script = script
        self._uris = (uri, next_uri)
        self._targeted = targeted
        self._buffer = b""
        self._note = note

    def exchange(self, octets: bytes) -> bytes:
        """Takes octets of the card and returns the responses to the requests that are complete.

        What breaks the protocol is answered 400 and noted in `fault`.
        """
        self._buffer += octets
        answers: list[bytes] = []
        while self._buffer:
            try:
                came = read_post(self._buffer)
            except DecodeError as error:
                return b"".join((*answers, self._bad(str(error))))
            if came is None:
                break
            post, self._buffer = came
            answers.append(self._answer(post))
        return b"".join(answers)

    @property
    def response(self) -> Post | None:
        """Returns the POST with the response to the script, or None while it has not come."""
        return self.posts[1] if len(self.posts) > 1 else None

    def _answer(self, post: Post) -> bytes:
        number = len(self.posts)
        self.posts.append(post)
        if self._note is not None:
            first = f"{post.method} {post.uri} HTTP/1.1"
            self._note(">", first, post.headers, post.body)
        fault = "a POST after 204" if number >= len(self._uris) else self._violation(post, number)
        if fault is not None:
            return self._bad(fault)
        if number == 0:
            return self._commands()
        self.ended = True
        return self._written("204 No Content", {"X-Admin-Protocol": PROTOCOL})

    def _violation(self, post: Post, number: int) -> str | None:
        """Returns what is wrong with a request, in words."""
        wanted = (
            ("method", "POST", post.method),
            ("URI", self._uris[number], post.uri),
            ("X-Admin-Protocol", PROTOCOL, post.headers.get("x-admin-protocol", "none")),
        )
        for what, expected, actual in wanted:
            if actual != expected:
                return f"{what} of POST {number + 1}: expected {expected}, got {actual}"
        if not post.headers.get("x-admin-from"):
            return f"POST {number + 1} without X-Admin-From"
        if number and post.body and _media(post.headers.get("content-type", "")) != RESPONSES:
            kind = post.headers.get("content-type", "none")
            return f"Content-Type of the response: expected {RESPONSES}, got {kind}"
        return None

    def _commands(self) -> bytes:
        headers = {
            "X-Admin-Protocol": PROTOCOL,
            "X-Admin-Next-URI": self._uris[1],
            "Content-Type": COMMANDS,
            "Transfer-Encoding": "chunked",
        }
        if self._targeted:
            headers["X-Admin-Targeted-Application"] = self._targeted
        return self._written("200 OK", headers, self._script)

    def _bad(self, fault: str) -> bytes:
        self._buffer = b""
        self.fault = self.fault or fault
        headers = {"X-Admin-Protocol": PROTOCOL, "Content-Length": "0"}
        return self._written("400 Bad Request", headers)

    def _written(self, status: str, headers: Mapping[str, str], content: bytes = b"") -> bytes:
        """Returns an answer; content goes in chunks."""
        if self._note is not None:
            self._note("<", status, headers, content)
        lines = (f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items()))
        head = "\r\n".join(lines).encode("latin-1") + _END_OF_HEAD
        return head + chunked(content) if content else head


def _media(text: str) -> str:
    """Returns a media type without the spaces that RFC 9110 allows around its parameters."""
    return "".join(text.split()).lower()
