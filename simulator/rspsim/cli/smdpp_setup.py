"""What the options of `rsplab smdpp serve` ask for: the server and its packages."""

import argparse
from dataclasses import replace
from typing import Final

from rspcore.errors import ConfigError, DecodeError
from rspcore.messages.metadata import (
    NotificationConfigurationInformation,
    NotificationEvent,
    ProfileClass,
)
from rspcore.pki.bundle import Pki
from rspcore.profile_maker import make_profile, preset
from rspsim.env import Rng, SeededRng
from rspsim.faults.registry import server_faults
from rspsim.server_setup import Package, server_number
from rspsim.smdpp import REFERENCE_ADDRESS, BindingChoice, Policy, SmDpPlus
from rspsim.smdpp.stock.derived_metadata import derive_metadata
from rspsim.smdpp.variation import Varied
from rspsim.stores.server_state import FileState
from rspsim.system import SystemClock, SystemRng

__all__ = ["make_server", "packages"]

_DEFAULT_PRESET: Final = "PROFILE_OPERATIONAL1"
_LOCAL_NAMES: Final = ("localhost", "127.0.0.1", REFERENCE_ADDRESS)
_HTTPS_PORT: Final = 443


def make_server(
    options: argparse.Namespace, pki: Pki, port: int, state: FileState | None = None
) -> SmDpPlus:
    """Makes the server.

    Args:
        options: Options of the command.
        pki: Its PKI.
        port: Port of ES9+, used in the address when no address is given.
        state: Where it keeps what it must not forget; in memory when None.

    Raises:
        ConfigError: the PKI lacks what a server needs, or has no SM-DP+ of the requested OID.
    """
    own = "localhost" if port == _HTTPS_PORT else f"localhost:{port}"
    addresses = tuple(options.address) or (own,)
    policy = Policy(
        strict_headers=not options.any_header,
        lenient_ids=options.lenient_ids,
        any_requester=options.any_requester,
        keep_session_after_wrong_code=options.retry_code_in_session,
        signing_list_first=not options.verification_list_first,
        root_smds=tuple(options.root_smds),
        operator_address=options.operator,
        binding=BindingChoice(replace_session_keys=options.replace_session_keys),
    )
    return SmDpPlus(
        pki,
        state=state,
        address=addresses[0],
        aliases=(*addresses[1:], *_LOCAL_NAMES),
        server=server_number(pki, options.smdp_oid),
        rng=_rng(options.seed, state),
        clock=SystemClock(),
        policy=policy,
        variation=None if options.vary is None else Varied(options.vary.encode()),
        faults=server_faults(),
    )


def _rng(seed: str | None, state: FileState | None) -> Rng:
    """Returns the randomness; from one seed, no two openings of a file draw the same octets."""
    if seed is None:
        return SystemRng()
    start = 1 if state is None else state.start
    return SeededRng(seed.encode() if start == 1 else f"{seed}|{start}".encode())


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
