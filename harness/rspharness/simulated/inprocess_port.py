"""The mock SM-DP+ called directly: an HTTP port of the LPA driver without any network."""

from collections.abc import Mapping

from rspcore.server_address import host_of
from rspharness.lpa.es9p_client import HttpReply, ServerUnreachableError
from rspsim.smdpp.http_messages import HttpRequest
from rspsim.smdpp.server import SmDpPlus

__all__ = ["InProcessPort"]


class InProcessPort:
    """Carries requests to servers in this process, found by their addresses.

    Delays and cut connections that a server requests from its front are not carried out.
    """

    def __init__(self, *servers: SmDpPlus) -> None:
        self._servers = {server.identity.address.lower(): server for server in servers}

    def post(self, address: str, path: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        """Returns the answer of the server with that address; a port in the address is ignored.

        Raises:
            ServerUnreachableError: none of the servers has that address.
        """
        server = self._servers.get(host_of(address))
        if server is None:
            known = ", ".join(self._servers)
            raise ServerUnreachableError(f"{address}: no such server in this process, only {known}")
        request = HttpRequest(
            method="POST", path=path, headers={"Host": address, **headers}, body=body
        )
        response = server.handle(request)
        return HttpReply(response.status, response.headers, response.body)
