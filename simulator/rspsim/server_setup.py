"""What a served SM-DP+ is made of: its PKI, TLS certificates, faults, and the Profiles to order."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, LocalError
from rspcore.frozen import dataclass
from rspcore.ids import Version
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.pki.bundle import Credential, Pki
from rspcore.pki.generate import issue_tls
from rspcore.pki.roles import Role
from rspcore.server_address import host_of, with_newer_names
from rspsim.pki_folder import read_pki
from rspsim.smdpp import SmDpPlus
from rspsim.smdpp.ci_guard import require_test_ci
from rspsim.smdpp.fault_switch import SCOPE_TYPES, FaultSwitch, ServerFault
from rspsim.smdpp.greeting import Greeting, TlsOwner, TlsTerms
from rspsim.smdpp.policy import Policy

__all__ = [
    "Package",
    "be_disorderly",
    "met_with_faults",
    "server_number",
    "server_pki",
    "share",
    "switch_faults",
    "tls_credential",
    "tls_names",
]

_VERSION_3: Final = Version.from_text("3.0.0")
_DISORDER: Final = ("http.refuse", "tcp.lose_request", "tcp.reset_before")


@dataclass(frozen=True, slots=True)
class Package:
    """A profile to order.

    Attributes:
        origin: Where it comes from, in words.
        upp: The unprotected package.
        metadata: Its metadata.
    """

    origin: str
    upp: bytes
    metadata: StoreMetadataRequest


def server_pki(folder: Path | None, *, any_ci: bool) -> Pki:
    """Returns the credentials in a folder and below, or the generated ones.

    Raises:
        ConfigError: no such folder, no CI in it, or a CI that is not known to be for tests.
    """
    pki = read_pki(folder, option="--pki")
    if folder is not None and not any_ci:
        require_test_ci(pki)
    return pki


def server_number(pki: Pki, oid: str | None) -> int:
    """Returns which SM-DP+ of a PKI has this OID, from 1; the first one when none is named.

    Raises:
        ConfigError: there is none; the message lists the OIDs there are.
    """
    if oid is None:
        return 1
    owners = [str(owner) for curve in pki.curves for owner in pki.servers(Role.DP_AUTH, curve)]
    for curve in pki.curves:
        here = [str(owner) for owner in pki.servers(Role.DP_AUTH, curve)]
        if oid in here:
            return here.index(oid) + 1
    raise ConfigError(
        f"--smdp-oid {oid}: the PKI has no CERT.DPauth of that OID, "
        f"only of {', '.join(sorted(set(owners)))}"
    )


def tls_names(server: "MetServer") -> tuple[str, ...]:
    """Returns the host names in the TLS certificates of a server, each once.

    One of version 3 has the names of version 3 as well (SGP.22 v3.1, 2.6.6.2).
    """
    identity = server.identity
    hosts = map(host_of, (identity.address, *identity.aliases))
    newer = server.policy.version >= _VERSION_3
    return with_newer_names(hosts) if newer else tuple(dict.fromkeys(hosts))


def tls_credential(server: SmDpPlus, curve: Curve, now: datetime) -> Credential:
    """Issues a TLS certificate for every name of the server, or returns the one of the PKI.

    Raises:
        ConfigError: the PKI has neither the key of its CI nor a TLS certificate that is valid now.
    """
    identity = server.identity
    if identity.pki.ci(curve).has_key:
        names = tls_names(server)
        return issue_tls(identity.pki, curve, names, now, registered_id=identity.oid)
    kept = identity.pki.dp_tls(curve, identity.server)
    if not kept.certificate.not_before <= now <= kept.certificate.not_after:
        raise ConfigError(
            f"{kept.certificate!r} is not valid today, and the PKI has no key of its CI to issue "
            "another: add SK_CI_*.pem or a TLS certificate that is valid"
        )
    return kept


class MetServer(Protocol):
    """A server, as far as its clients are met by it."""

    @property
    def identity(self) -> "NamedOwner":
        """Returns addresses and credentials."""

    @property
    def policy(self) -> Policy:
        """Returns its choices."""

    def greeting(self, terms: TlsTerms, own: Credential) -> Greeting | None:
        """Returns how a client that has just connected is met, None for as usual."""


class NamedOwner(TlsOwner, Protocol):
    """A server with its addresses."""

    @property
    def address(self) -> str:
        """Returns its address."""

    @property
    def aliases(self) -> tuple[str, ...]:
        """Returns further addresses."""


def met_with_faults(
    server: MetServer, curve: Curve, own: Credential, now: datetime
) -> Callable[[], Greeting | None]:
    """Returns what tells a listener how its next client is met.

    Args:
        server: The server whose faults count.
        curve: Curve of the listener.
        own: TLS certificate of the listener.
        now: Present time of the real clock.
    """
    terms = TlsTerms(identity=server.identity, curve=curve, names=tls_names(server), now=now)
    return lambda: server.greeting(terms, own)


def be_disorderly(faults: FaultSwitch, share: float, seed: str) -> None:
    """Lets a share of all requests fail in ways that a client has to survive by trying again.

    A third of them is answered with 503 and Retry-After, one is lost before it is carried out, and
    of one the answer is lost.

    Args:
        faults: The faults of the server.
        share: Share of the requests, above 0 and below 1.
        seed: What they are drawn from.

    Raises:
        LocalError: the share is out of range.
    """
    if not 0 < share < 1:
        raise LocalError(f"disorder of {share:g}: expected a share above 0 and below 1, as 0.05")
    for name in _DISORDER:
        faults.on(name, probability=share / len(_DISORDER), seed=f"{seed}|{name}")


def share(key: str, value: str) -> float:
    """Reads a share, such as 0.05 or 5%.

    Raises:
        LocalError: the text is no number; the key is what it names.
    """
    try:
        return float(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
    except ValueError as error:
        raise LocalError(f"{key} is {value!r}: expected a share such as 0.05 or 5%") from error


def switch_faults(faults: FaultSwitch, requested: list[str]) -> None:
    """Switches faults on, each given in the form NAME,KEY=VALUE,...

    Raises:
        LocalError: no such fault, no such parameter, or a value of another type.
    """
    for one in requested:
        name, *pairs = one.split(",")
        parts = (pair.partition("=") for pair in pairs)
        given = {key: value for key, _, value in parts}
        fault = faults.fault(name)
        read = {key: _parameter(fault, key, value) for key, value in given.items()}
        faults.on(name, **read)


def _parameter(fault: ServerFault, key: str, value: str) -> object:
    default = fault.parameters.get(key)
    kind = SCOPE_TYPES.get(key) if default is None else type(default)
    if kind is bool:
        return _truth(key, value)
    if kind is int:
        return _integer(key, value)
    return share(f"--fault parameter {key}", value) if kind is float else value


def _truth(key: str, value: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if value.lower() not in words:
        raise LocalError(f"--fault parameter {key} is {value!r}: expected true or false")
    return words[value.lower()]


def _integer(key: str, value: str) -> int:
    try:
        return int(value, 0)
    except ValueError as error:
        raise LocalError(f"--fault parameter {key} is {value!r}: expected a number") from error
