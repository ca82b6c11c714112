"""The server of a run: where it is, how orders come to be there, what is declared of it.

Nothing of it is a card: it opens no link, and what a run asks of a target besides is answered here.
"""

import socket
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import urllib3

from rspcore.errors import ConfigError, LocalError
from rspcore.pki.bundle import Pki
from rspcore.pki.roles import Role
from rspharness.lpa.es9p_client import HttpPort, HttpReply, ServerUnreachableError
from rspharness.lpa.https_port import HttpsOptions, HttpsPort
from rspharness.lpa.traced_port import TracedPort
from rspharness.peers.handshake import BRAINPOOL, looking_context
from rspharness.peers.own_server import OwnServer
from rspharness.peers.provision import Provision, provision_of
from rspharness.record.trace import Trace
from rspharness.record.verdicts import ExpectationError, TargetLost
from rspharness.targets.settings import TargetSettings
from rspharness.targets.transport import PoweredLink

__all__ = ["KIND", "OWN", "ServerTarget", "is_own", "place_of"]

KIND: Final = "server"
"""Kind of a declaration of a server."""
OWN: Final = "own"
"""What `--smdpp` has for our own server; options of `rsplab smdpp serve` may follow a colon."""
_HTTPS: Final = 443
_LOOK_S: Final = 5.0


def is_own(text: str) -> bool:
    """Returns whether `--smdpp` names our own server.

    >>> is_own("own:--vary 7"), is_own("https://localhost")
    (True, False)
    """
    return text.partition(":")[0] == OWN


def place_of(text: str) -> str:
    """Returns the address of a server, with its port where that is not 443.

    >>> place_of("https://smdpp.example.com:8443"), place_of("https://smdpp.example.com/")
    ('smdpp.example.com:8443', 'smdpp.example.com')

    Raises:
        LocalError: it is no https URL of a host.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise LocalError(f"--smdpp {text}: {error}") from error
    if parts.scheme != "https" or not parts.hostname or parts.path.strip("/") or parts.query:
        raise LocalError(f"--smdpp {text}: expected https://HOST:PORT, or {OWN}")
    return parts.hostname if port in (None, _HTTPS) else f"{parts.hostname}:{port}"


class ServerTarget:
    """The server under test.

    Attributes:
        simulated: Whether it is our own.
        settings: What is declared of it.
        address: Its address, with its port where that is not 443.
        provision: How orders come to be.
    """

    name = KIND

    def __init__(
        self, where: str, provision: str, pki: Pki, folder: Path | None, settings: TargetSettings
    ) -> None:
        """Starts our own server where it is meant; nothing is sent to another one.

        Raises:
            ConfigError: our own server does not start, or the provision lacks something.
            LocalError: an option cannot be read.
        """
        self.simulated = is_own(where)
        self.settings = settings
        self._own: OwnServer | None = None
        if self.simulated:
            self._own = OwnServer(folder, where.partition(":")[2])
            where, provision = self._own.url, provision or self._own.provision
        self.address = place_of(where)
        self.provision: Provision = provision_of(provision)
        trusted = tuple(pki.ci(curve).certificate.der for curve in pki.curves)
        self._port = HttpsPort(HttpsOptions(ca_certificates=trusted))
        self._port.expect_role(self.address, Role.DP_TLS)

    def open(self) -> PoweredLink:
        """Raises `ConfigError`: a server has no link of a card."""
        raise ConfigError("the product of this run is a server; the case needs a card")

    def wire(self, trace: Trace) -> "ServerWire":
        """Returns the way to the server for one case, written into its trace."""
        return ServerWire(TracedPort(self._port, trace), self.address)

    def new_connection(self) -> None:
        """Closes the connections: the next call opens another."""
        self._port.close()

    def get(self, path: str) -> int:
        """Sends a GET without checking the certificate, and returns the status of the answer.

        Raises:
            ExpectationError: no answer came.
        """
        refused = ""
        for curve in ("", BRAINPOOL):
            context = looking_context(curve)
            with urllib3.PoolManager(ssl_context=context) as http, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    answer = http.request("GET", f"https://{self.address}{path}", retries=False)
                except urllib3.exceptions.HTTPError as error:
                    refused = refused or str(error)
                else:
                    return int(answer.status)
        raise ExpectationError("an answer", refused)

    def facts(self) -> Mapping[str, str]:
        """Returns what is known of the place."""
        return {"server": self.address}

    def close(self) -> None:
        """Closes the connections, removes what was made for orders, ends our own server."""
        self._port.close()
        self.provision.close()
        if self._own is not None:
            self._own.close()


class ServerWire:
    """The way to the server: an answer that does not come is a fail while the server is there."""

    def __init__(self, port: HttpPort, address: str) -> None:
        self._port = port
        self._address = address

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        """Sends a request and returns the answer.

        Raises:
            ExpectationError: no answer came, and the server still takes connections.
            TargetLost: it does not.
        """
        try:
            return self._port.post(self._address, path, headers, body)
        except ServerUnreachableError as error:
            if is_there(self._address):
                raise ExpectationError("an answer", str(error)) from error
            raise TargetLost(f"the server is not reached any more: {error}") from error


def is_there(address: str) -> bool:
    """Returns whether a server takes connections."""
    parts: Any = urlsplit(f"https://{address}")
    try:
        with socket.create_connection((parts.hostname, parts.port or _HTTPS), _LOOK_S):
            return True
    except OSError:
        return False
