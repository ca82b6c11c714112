"""What a served SM-DP+ is made of: its PKI, TLS certificates, faults, and the Profiles to order."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, LocalError
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.pki.bundle import Credential, Pki
from rspcore.pki.generate import issue_tls
from rspcore.pki.roles import Role
from rspcore.server_address import host_of
from rspsim.pki_folder import read_pki
from rspsim.smdpp import SmDpPlus
from rspsim.smdpp.ci_guard import require_test_ci
from rspsim.smdpp.fault_switch import Parameter, ServerFault

__all__ = ["Package", "server_number", "server_pki", "switch_faults", "tls_credential"]


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


def tls_credential(server: SmDpPlus, curve: Curve, now: datetime) -> Credential:
    """Issues a TLS certificate for every name of the server, or returns the one of the PKI.

    Raises:
        ConfigError: the PKI has neither the key of its CI nor a TLS certificate that is valid now.
    """
    identity = server.identity
    names = [host_of(one) for one in (identity.address, *identity.aliases)]
    if identity.pki.ci(curve).key is not None:
        return issue_tls(identity.pki, curve, dict.fromkeys(names), now, registered_id=identity.oid)
    kept = identity.pki.dp_tls(curve, identity.server)
    if not kept.certificate.not_before <= now <= kept.certificate.not_after:
        raise ConfigError(
            f"{kept.certificate!r} is not valid today, and the PKI has no key of its CI to issue "
            "another: add SK_CI_*.pem or a TLS certificate that is valid"
        )
    return kept


def switch_faults(server: SmDpPlus, requested: list[str]) -> None:
    """Switches faults on, each given in the form NAME,KEY=VALUE,...

    Raises:
        LocalError: no such fault, no such parameter, or a value of another type.
    """
    for one in requested:
        name, *pairs = one.split(",")
        parts = (pair.partition("=") for pair in pairs)
        given = {key: value for key, _, value in parts}
        function, times = given.pop("function", ""), given.pop("times", None)
        fault = server.faults.fault(name)
        parameters = {key: _parameter(fault, key, value) for key, value in given.items()}
        server.faults.on(
            name,
            function=function,
            times=None if times is None else _integer("times", times),
            **parameters,
        )


def _parameter(fault: ServerFault, key: str, value: str) -> Parameter:
    default = fault.parameters.get(key)
    if isinstance(default, bool):
        return value.lower() in {"1", "true", "yes"}
    return _integer(key, value) if isinstance(default, int) else value


def _integer(key: str, value: str) -> int:
    try:
        return int(value, 0)
    except ValueError as error:
        raise LocalError(f"--fault parameter {key} is {value!r}: expected a number") from error
