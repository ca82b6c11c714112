"""A port to servers that writes every HTTP exchange into a trace, beside the APDUs of the card.

The lines are remarks, which a replay of the card passes over: `# HTTP >` for what goes out,
`# HTTP <` for what comes back, `# HTTP !` for no answer. Fields and bodies are escaped.
"""

from collections.abc import Collection, Mapping

from rspcore.errors import RspError
from rspcore.pki.roles import Role
from rspcore.printable_text import printable
from rspharness.lpa.es9p_client import HttpPort, HttpReply, TlsPort
from rspharness.record.trace import Trace

__all__ = ["TracedPort"]


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
        self._write(">", f"POST https://{address}{path}", headers, body)
        try:
            reply = self._port.post(address, path, headers, body)
        except RspError as error:
            self._trace.remark(f"HTTP ! {printable(str(error))}")
            raise
        self._write("<", str(reply.status), reply.headers, reply.body)
        return reply

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

    def _write(self, sign: str, first: str, headers: Mapping[str, str], body: bytes) -> None:
        fields = [f"{name}: {value}" for name, value in headers.items()]
        text = body.decode("utf-8", "backslashreplace")
        for line in (first, *fields, *([text] if text else [])):
            self._trace.remark(f"HTTP {sign} {printable(line)}")
