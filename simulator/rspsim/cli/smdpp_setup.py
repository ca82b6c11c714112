"""The parts of `rsplab smdpp serve`: PKI, TLS certificates, server, faults and packages."""

import argparse
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, DecodeError, LocalError
from rspcore.messages.metadata import (
    NotificationConfigurationInformation,
    NotificationEvent,
    ProfileClass,
    StoreMetadataRequest,
)
from rspcore.pki.bundle import Credential, Pki
from rspcore.pki.generate import issue_tls
from rspcore.pki.roles import Role
from rspcore.profile_maker import make_profile, preset
from rspsim.env import SeededRng
from rspsim.faults.registry import server_faults
from rspsim.pki_folder import read_pki
from rspsim.smdpp import REFERENCE_ADDRESS, BindingChoice, Policy, SmDpPlus
from rspsim.smdpp.ci_guard import require_test_ci
from rspsim.smdpp.fault_switch import Parameter, ServerFault
from rspsim.smdpp.stock.derived_metadata import derive_metadata
from rspsim.smdpp.variation import Varied
from rspsim.system import SystemClock, SystemRng

__all__ = ["Package", "make_server", "packages", "server_pki", "switch_faults", "tls_credential"]

_DEFAULT_PRESET: Final = "PROFILE_OPERATIONAL1"
_LOCAL_NAMES: Final = ("localhost", "127.0.0.1", REFERENCE_ADDRESS)
_HTTPS_PORT: Final = 443


def server_pki(folder: Path | None, *, any_ci: bool) -> Pki:
    """Returns the credentials in a folder and below, or the generated ones.

    Raises:
        ConfigError: no such folder, no CI in it, or a CI that is not known to be for tests.
    """
    pki = read_pki(folder, option="--pki")
    if folder is not None and not any_ci:
        require_test_ci(pki)
    return pki


def make_server(options: argparse.Namespace, pki: Pki, port: int) -> SmDpPlus:
    """Makes the server.

    Args:
        options: Options of the command.
        pki: Its PKI.
        port: Port of ES9+, used in the address when no address is given.

    Raises:
        ConfigError: the PKI lacks what a server needs, or has no SM-DP+ of the requested OID.
    """
    own = "localhost" if port == _HTTPS_PORT else f"localhost:{port}"
    addresses = tuple(options.address) or (own,)
    policy = Policy(
        strict_headers=not options.any_header,
        binding=BindingChoice(replace_session_keys=options.replace_session_keys),
    )
    return SmDpPlus(
        pki,
        address=addresses[0],
        aliases=(*addresses[1:], *_LOCAL_NAMES),
        server=_number_of(pki, options.smdp_oid),
        rng=SystemRng() if options.seed is None else SeededRng(options.seed.encode()),
        clock=SystemClock(),
        policy=policy,
        variation=None if options.vary is None else Varied(options.vary.encode()),
        faults=server_faults(),
    )


def _number_of(pki: Pki, oid: str | None) -> int:
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
    names = [_host(one) for one in (identity.address, *identity.aliases)]
    if identity.pki.ci(curve).key is not None:
        return issue_tls(identity.pki, curve, dict.fromkeys(names), now, registered_id=identity.oid)
    kept = identity.pki.dp_tls(curve, identity.server)
    if not kept.certificate.not_before <= now <= kept.certificate.not_after:
        raise ConfigError(
            f"{kept.certificate!r} is not valid today, and the PKI has no key of its CI to issue "
            "another: add SK_CI_*.pem or a TLS certificate that is valid"
        )
    return kept


def _host(address: str) -> str:
    return address.partition(":")[0].lower()


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


def packages(options: argparse.Namespace, address: str) -> list[Package]:
    """Reads the packages the options name, or makes a test profile if they name none.

    Raises:
        ConfigError: a file cannot be read.
        DecodeError: a file is not a profile package.
    """
    kind = None if options.profile_class is None else ProfileClass[options.profile_class]
    if not options.upp:
        return [_own_profile(options, address, kind)]
    found = []
    for file in options.upp:
        try:
            upp = file.read_bytes()
        except OSError as error:
            raise ConfigError(f"--upp {file}: {error.strerror}") from error
        try:
            metadata = derive_metadata(
                upp,
                notification_address=address,
                profile_class=kind,
                service_provider_name=options.spn,
                profile_name=options.name,
            )
        except DecodeError as error:
            raise DecodeError(f"--upp {file}: {error}", offset=error.offset) from error
        found.append(Package(file.name, upp, metadata))
    return found


def _own_profile(options: argparse.Namespace, address: str, kind: ProfileClass | None) -> Package:
    everything = NotificationConfigurationInformation(
        profile_management_operation=frozenset(NotificationEvent),
        notification_address=address,
    )
    content = replace(preset(_DEFAULT_PRESET), notification_configuration=(everything,))
    if kind is not None:
        content = replace(content, profile_class=kind)
    if options.spn is not None:
        content = replace(content, spn=options.spn)
    if options.name is not None:
        content = replace(content, profile_name=options.name)
    made = make_profile(content)
    return Package("test profile made here", made.upp, made.metadata)


def switch_faults(server: SmDpPlus, requested: list[str]) -> None:
    """Switches faults on, each given in the form NAME,KEY=VALUE,...

    Raises:
        LocalError: no such fault, no such parameter, or a value of another type.
    """
    known = {fault.name: fault for fault in server.faults.known}
    for one in requested:
        name, *pairs = one.split(",")
        given = dict(pair.partition("=")[::2] for pair in pairs)
        function, times = given.pop("function", ""), given.pop("times", None)
        parameters = {key: _parameter(known.get(name), key, value) for key, value in given.items()}
        server.faults.on(
            name,
            function=function,
            times=None if times is None else _integer("times", times),
            **parameters,
        )


def _parameter(fault: ServerFault | None, key: str, value: str) -> Parameter:
    default = fault.parameters.get(key) if fault else None
    if isinstance(default, bool):
        return value.lower() in {"1", "true", "yes"}
    return _integer(key, value) if isinstance(default, int) else value


def _integer(key: str, value: str) -> int:
    try:
        return int(value, 0)
    except ValueError as error:
        raise LocalError(f"--fault parameter {key} is {value!r}: expected a number") from error
