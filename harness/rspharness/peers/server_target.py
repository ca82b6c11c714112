"""The server of a run: where it is, how orders come to be there, what is declared of it.

Nothing of it is a card: it opens no link, and what a run asks of a target besides is answered here.
"""

import ssl
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import urlsplit

import urllib3

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, LocalError, RspError
from rspcore.frozen import dataclass
from rspcore.ids import Oid
from rspcore.pki.bundle import Pki
from rspcore.pki.certificate import Certificate
from rspcore.pki.generate import issue_tls
from rspcore.pki.roles import Role
from rspharness.lpa.es9p_client import HttpPort, HttpReply, ServerUnreachableError
from rspharness.lpa.https_port import HttpsOptions, HttpsPort
from rspharness.lpa.traced_port import TracedPort
from rspharness.peers.handshake import BRAINPOOL, is_there, looking_context
from rspharness.peers.operator_calls import (
    BRAINPOOL_FILES,
    CLIENT_FILES,
    OTHER_REQUESTER,
    EventCalls,
    OperatorCalls,
)
from rspharness.peers.own_server import OwnServer
from rspharness.peers.provision import Management, Means, Provision, provision_of
from rspharness.record.trace import Trace
from rspharness.record.verdicts import ExpectationError, NotApplicable, TargetLost
from rspharness.targets.settings import TargetSettings
from rspharness.targets.transport import PoweredLink

__all__ = ["KIND", "OWN", "PARTNER_OIDS", "ServerTarget", "ServerWords", "is_own", "place_of"]

KIND: Final = "server"
"""Kind of a declaration of a server."""
OWN: Final = "own"
"""What `--smdpp` has for our own server; options of `rsplab smdpp serve` may follow a colon."""
PARTNER_OIDS: Final = (Oid("2.999.10"), Oid("2.999.12"))
"""OIDs of the two SM-DP+ of the tester that register events at an SM-DS."""
_OTHER_OPERATOR: Final = 1
"""The OID of the second operator: it is no SM-DP+ of the same run."""
_HTTPS: Final = 443


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
        raise LocalError(f"{text}: {error}") from error
    if parts.scheme != "https" or not parts.hostname or parts.path.strip("/") or parts.query:
        raise LocalError(f"{text}: expected https://HOST:PORT, or {OWN}")
    return parts.hostname if port in (None, _HTTPS) else f"{parts.hostname}:{port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerWords:
    """What the command line says of a server.

    Attributes:
        where: https URL of the SM-DP+, or "own".
        provision: How orders come to be, empty for the usual way of our own and none of another.
        settings: What is declared of it.
        options: Names of the options that the catalogue of servers has.
        es2plus: https URL of ES2+, empty where it is not reached.
        client: Folder with certificate and key of an operator, or of an SM-DP+ where the server is
            an SM-DS; None for none.
        other: Folder with certificate and key of a second operator; None for one of the CI's.
        sm_ds: Whether it is an SM-DS.
    """

    where: str
    provision: str
    settings: TargetSettings
    options: frozenset[str]
    es2plus: str = ""
    client: Path | None = None
    other: Path | None = None
    sm_ds: bool = False


_LIFETIME: Final = timedelta(days=390)
"""Validity of certificates of the run: cases move the clock of our own server forward."""


class ServerTarget:
    """The server under test.

    Attributes:
        simulated: Whether it is our own.
        settings: What is declared of it.
        address: Its address, with its port where that is not 443.
        provision: How orders come to be.
        sm_ds: Whether it is an SM-DS.
        role: Role of its TLS certificate.
    """

    name = KIND

    def __init__(self, words: "ServerWords", pki: Pki, folder: Path | None) -> None:
        """Starts our own server where it is meant; nothing is sent to another one.

        Raises:
            ConfigError: our own server does not start, or the provision lacks something.
            LocalError: an option cannot be read.
        """
        where, provision = words.where, words.provision
        es2plus, client = words.es2plus, words.client
        self.simulated = is_own(where)
        self.settings = words.settings
        self._own: OwnServer | None = None
        if self.simulated:
            kind = "smds" if words.sm_ds else "smdpp"
            self._own = OwnServer(folder, where.partition(":")[2], kind)
            where, provision = self._own.url, provision or self._own.provision
            if not words.sm_ds:
                es2plus, client = self._own.es2plus, self._own.client
        self.address = place_of(where)
        self._es2plus = place_of(es2plus) if es2plus else ""
        self._client, self._other = client, words.other
        kind = str(words.settings.values.get("profile_type", ""))
        self.provision: Provision = provision_of(provision, Means(self._ordering, kind))
        trusted = tuple(pki.ci(curve).certificate.der for curve in pki.curves)
        self._port = HttpsPort(HttpsOptions(ca_certificates=trusted))
        self.role = Role.DS_TLS if words.sm_ds else Role.DP_TLS
        self._port.expect_role(self.address, self.role)
        self.sm_ds = words.sm_ds
        self._orderings = 0
        self._started = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"  # noqa: TID251  never the same again
        self._pki, self._made = pki, dict[int, TemporaryDirectory[str]]()

    def open(self) -> PoweredLink:
        """Raises `ConfigError`: a server has no link of a card."""
        raise ConfigError("the product of this run is a server; the case needs a card")

    def wire(self, trace: Trace) -> "ServerWire":
        """Returns the way to the server for one case, written into its trace."""
        return ServerWire(TracedPort(self._port, trace), self.address)

    def _ordering(self, trace: Trace) -> OperatorCalls:
        """Returns the operator who makes the orders of the run; each call has its own name."""
        self._orderings += 1
        return self.operator(trace, f"{self._started}/{self._orderings}")

    def operator(self, trace: Trace, seed: str, *, at_es9: bool = False) -> OperatorCalls:
        """Returns an operator of this server.

        Raises:
            NotApplicable: where ES2+ is, or its client certificate, is not known.
        """
        if not self._es2plus or self._client is None:
            raise NotApplicable("no --es2plus with --es2plus-client: ES2+ is not reached")
        address = self.address if at_es9 else self._es2plus
        return OperatorCalls(address, self._client, trace, seed)

    def other_operator(self, trace: Trace, seed: str) -> OperatorCalls:
        """Returns a second operator, with the certificate given or one that the CI issues.

        Raises:
            NotApplicable: where ES2+ is, or a certificate for it, is not known.
        """
        first = self.operator(trace, seed)
        folder = self._other
        if folder is None:
            try:
                folder = self._of_partner(_OTHER_OPERATOR)
            except NotApplicable as error:
                raise NotApplicable(f"no --es2plus-other: {error}") from error
        return OperatorCalls(first.address, folder, trace, seed, OTHER_REQUESTER)

    def stocked_type(self, name: str) -> str:
        """Puts a Profile of the first operator's into the stock, and returns its profileType.

        Args:
            name: The profileType.

        Raises:
            NotApplicable: the server takes none from here.
        """
        if not isinstance(self.provision, Management) or self._client is None:
            raise NotApplicable(
                "no profileType is known that one operator alone may order; a target file declares "
                "it: [values] operator_profile_type"
            )
        text = (self._client / CLIENT_FILES[0]).read_text("ascii")
        oid = Certificate.from_der(ssl.PEM_cert_to_DER_cert(text)).registered_id
        self.provision.call("POST", "/stock", {"type": name, "operator": str(oid)})
        return name

    def partner(self, trace: Trace, seed: str, number: int) -> EventCalls:
        """Returns an SM-DP+ that calls ES12.

        Args:
            trace: Takes every exchange.
            seed: Beginning of the call identifiers.
            number: 0 for the first SM-DP+, 1 for another one.

        Raises:
            NotApplicable: there is no certificate for it.
        """
        if self._client is not None:
            if number:
                raise NotApplicable("--es12-client has the certificate of one SM-DP+, and no other")
            return EventCalls(self.address, self._client, trace, seed)
        return EventCalls(self.address, self._of_partner(number), trace, seed)

    def _of_partner(self, number: int) -> Path:
        if number not in self._made:
            self._made[number] = self._issued(number)
        return Path(self._made[number].name)

    def _issued(self, number: int) -> TemporaryDirectory[str]:
        """Returns a folder with certificates and keys of an SM-DP+, on each curve of the run."""
        now = datetime.now(UTC)  # noqa: TID251  the server has the real clock
        name, first = f"smdpp{number + 1}.example.com", self._pki.curves[0]
        wanted: dict[tuple[str, str], Curve] = {CLIENT_FILES: first}
        if Curve.BRAINPOOL_P256R1 in self._pki.curves[1:]:
            wanted[BRAINPOOL_FILES] = Curve.BRAINPOOL_P256R1
        folder = TemporaryDirectory()
        for files, curve in wanted.items():
            try:
                made = issue_tls(
                    self._pki,
                    curve,
                    [name],
                    now,
                    registered_id=PARTNER_OIDS[number],
                    lifetime=_LIFETIME,
                )
            except RspError as error:
                if curve is not first:  # the CI of the other curve has no key here
                    continue
                folder.cleanup()
                raise NotApplicable(
                    f"no certificate was given, none can be issued: {error}"
                ) from error
            certificate, key = (Path(folder.name) / one for one in files)
            certificate.write_text(ssl.DER_cert_to_PEM_cert(made.certificate.der), "ascii")
            key.write_bytes(made.private_key.to_pem())
        return folder

    def new_connection(self) -> None:
        """Closes the connections: the next call opens another."""
        self._port.close()

    def get(self, path: str) -> int:
        """Sends a GET without checking the certificate, and returns the status of the answer.

        Raises:
            ExpectationError: no answer came.
            TargetLost: nobody takes connections there.
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
        if not is_there(self.address):
            raise TargetLost(f"the server is not reached any more: {refused}")
        raise ExpectationError("an answer", refused)

    def facts(self) -> Mapping[str, str]:
        """Returns what is known of the place."""
        return {"server": self.address}

    def close(self) -> None:
        """Closes the connections, removes what was made for orders, ends our own server."""
        self._port.close()
        self.provision.close()
        for folder in self._made.values():
            folder.cleanup()
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
