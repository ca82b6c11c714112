"""A port to servers that writes every HTTP exchange into a trace, beside the APDUs of the card.

The lines are remarks, which a replay of the card passes over: `# HTTP >` for what goes out,
`# HTTP <` for what comes back, `# HTTP !` for no answer. Fields and bodies are escaped; a body that
is no text stands in hexadecimal digits. After the status is the time until the answer.

    # HTTP > POST https://smdpplus.example.com/gsma/rsp2/es9plus/initiateAuthentication
    # HTTP > Content-Type: application/json
    # HTTP > {"smdpAddress": "smdpplus.example.com", ...}
    # HTTP < 200 ; 1.20 ms
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from rspcore.errors import RspError
from rspcore.pki.roles import Role
from rspcore.printable_text import printable
from rspharness.lpa.es9p_client import HttpPort, HttpReply, TlsPort
from rspharness.record.timing import stopwatch
from rspharness.record.trace import Trace

__all__ = ["TracedPort", "traced_exchange", "write_message"]

_SPACES: Final = "\t\r\n"


def traced_exchange(
    trace: Trace,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    post: Callable[[], HttpReply],
) -> HttpReply:
    """Sends a request and writes it and its answer into a trace.

    Args:
        trace: The trace.
        url: Where the request goes.
        headers: Header fields of the request.
        body: Octets of its body.
        post: What sends it.

    Raises:
        RspError: as `post`; the reason is in the trace.
    """
    write_message(trace, ">", f"POST {url}", headers, body)
    elapsed_ms = stopwatch()
    try:
        reply = post()
    except RspError as error:
        trace.remark(f"HTTP ! {printable(str(error))}")
        raise
    status = f"{reply.status} ; {elapsed_ms():.2f} ms"
    write_message(trace, "<", status, reply.headers, reply.body)
    return reply


def write_message(
    trace: Trace, sign: str, first: str, headers: Mapping[str, str], body: bytes
) -> None:
    """Writes a request, with the sign ">", or an answer, with the sign "<", into a trace.

    Args:
        trace: The trace.
        sign: Which of the two.
        first: What it begins with: method and URL, or the status.
        headers: Header fields.
        body: Octets of its body.
    """
    fields = [f"{name}: {value}" for name, value in headers.items()]
    for line in (first, *fields, *([_text(body)] if body else [])):
        trace.remark(f"HTTP {sign} {printable(line)}")


def _text(body: bytes) -> str:
    """Returns a body as text, or its octets in hexadecimal digits where it is none."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return body.hex(" ").upper()
    plain = all(one.isprintable() or one in _SPACES for one in text)
    return text if plain else body.hex(" ").upper()


class TracedPort:
    """Passes requests on and records both directions."""

    def __init__(self, port: HttpPort, trace: Trace) -> None:
        self._port = port
        self._trace = trace

    def post(self, address: str, path: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        """Passes a request on; a missing answer is recorded with its reason.

        Raises:
            ServerUnreachableError: as the port below.
        """
        return traced_exchange(
            self._trace,
            f"https://{address}{path}",
            headers,
            body,
            lambda: self._port.post(address, path, headers, body),
        )

    def limit_roots(self, ci_pkids: Collection[bytes]) -> None:
        """Passes the CI keys on to a port over TLS."""
        if isinstance(self._port, TlsPort):
            self._port.limit_roots(ci_pkids)

    def expect_role(self, address: str, role: Role | None) -> None:
        """Passes the role on to a port over TLS."""
        if isinstance(self._port, TlsPort):
            self._port.expect_role(address, role)

    def server_certificate(self, address: str) -> bytes | None:
        """Returns what a port over TLS knows, else None."""
        return self._port.server_certificate(address) if isinstance(self._port, TlsPort) else None
