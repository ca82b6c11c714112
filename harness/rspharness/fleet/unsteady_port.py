"""The way from a phone of a fleet to servers: measured, and unsteady where its course says so."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Final

from rspcore.errors import RspError
from rspcore.pki.roles import Role
from rspharness.fleet.course import Lost
from rspharness.lpa.es9p_client import HttpPort, HttpReply, ServerUnreachableError, TlsPort
from rspharness.record.timing import stopwatch

__all__ = ["Meter", "UnsteadyPort"]

_NOTIFICATION: Final = "handleNotification"

Meter = Callable[[str, str, float, int, BaseException | None], None]
"""Called with kind and name of a step, its milliseconds, octets of the answer, and the error."""


class UnsteadyPort:
    """Passes requests on; loses one, holds Notifications back or sends them twice when asked to.

    Attributes:
        lost: Function of the next request to go wrong, and what of it is lost; None for none.
        hold: True to keep Notifications from the server.
        resend: True to send each Notification twice.
    """

    def __init__(self, port: HttpPort, meter: Meter, broken: Callable[[], None]) -> None:
        """Takes the port below, who measures, and what closes the connections."""
        self._port = port
        self._meter = meter
        self._broken = broken
        self.lost: tuple[str, Lost] | None = None
        self.hold = False
        self.resend = False

    def post(self, address: str, path: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        """Passes a request on.

        Raises:
            ServerUnreachableError: as the port below, or as the course of the download has it.
        """
        function = path.rpartition("/")[2]
        if self.hold and function == _NOTIFICATION:
            raise ServerUnreachableError(f"{address}: the fleet holds Notifications back")
        lost = None
        if self.lost is not None and self.lost[0] == function:
            lost, self.lost = self.lost[1], None
        if lost is Lost.REQUEST:
            self._broken()
            raise ServerUnreachableError(f"{address}: the fleet lost the request of {function}")
        reply = self._measured(address, path, headers, body, function)
        if self.resend and function == _NOTIFICATION:
            reply = self._measured(address, path, headers, body, function)
        if lost is None:
            return reply
        self._broken()
        if lost is Lost.HALF_ANSWER and reply.body:
            return replace(reply, body=reply.body[: len(reply.body) // 2])
        raise ServerUnreachableError(f"{address}: the fleet lost the answer of {function}")

    def _measured(
        self, address: str, path: str, headers: Mapping[str, str], body: bytes, function: str
    ) -> HttpReply:
        elapsed_ms = stopwatch()
        try:
            reply = self._port.post(address, path, headers, body)
        except RspError as error:
            self._meter("ES9+", function, elapsed_ms(), 0, error)
            raise
        self._meter("ES9+", function, elapsed_ms(), len(reply.body), None)
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
