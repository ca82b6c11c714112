"""RPM on the side of the LPA: asks a server for packages, asks the user, has the card load them.

Nothing of a package is done before the user has agreed to each command of it; the highest of the
confirmation levels holds for all. What the card answers goes to the server as a Notification, and
as long as the server says that more waits, the next package is asked for.

Source: SGP.22 v3.1, 3.7.
"""

from collections.abc import Callable
from dataclasses import field
from typing import Final, Protocol

from rspcore import tlv
from rspcore.errors import DecodeError, RemoteError
from rspcore.frozen import dataclass
from rspcore.messages.euicc_info import DeviceInfo
from rspcore.messages.v3.rpm_package import (
    LoadRpmPackageRequest,
    LoadRpmPackageResult,
    RpmCommand,
    RpmCommandDetails,
    RpmCommandResult,
    SmdpSigned3,
)
from rspcore.messages.v3.server_authentication import (
    CancelSessionReason as V3Reason,
)
from rspcore.messages.v3.server_authentication import (
    CtxParamsForCommonAuthentication,
    OperationType,
)
from rspcore.tags import Tag
from rspharness.lpa.checks import DownloadStoppedError
from rspharness.lpa.download_steps import (
    STANDARD_DEVICE_V3,
    cancel_session,
    initiate_authentication,
    protocol_of,
)
from rspharness.lpa.es9p_client import HttpPort, ServerUnreachableError
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.local_management import code_text
from rspharness.lpa.newer.newer_session import (
    NewerEs9Client,
    authenticated_by_card,
    device_of_version_3,
)
from rspharness.lpa.notification_delivery import Delivery, deliver_older
from rspharness.lpa.proactive import settle_refresh

__all__ = ["AgreeingOwner", "LoadedPackage", "Owner", "fetch_packages"]

_MOST: Final = 16
"""Packages that are asked for in a row."""


class Owner(Protocol):
    """Whose phone it is: decides about remote management."""

    @property
    def allows_rpm(self) -> bool:
        """Returns whether remote management is switched on."""

    def agrees_to(self, commands: tuple[RpmCommandDetails, ...], *, strong: bool) -> int | None:
        """Returns None to agree, or the reason of CancelSession.

        Args:
            commands: What is to be done, in order.
            strong: Something is to be deleted: a strong confirmation is asked for.
        """


@dataclass(frozen=True, slots=True)
class AgreeingOwner:
    """Agrees to everything."""

    allows_rpm: bool = True

    def agrees_to(self, commands: tuple[RpmCommandDetails, ...], *, strong: bool) -> int | None:
        """Agrees."""


@dataclass(frozen=True, slots=True)
class LoadedPackage:
    """One package that the card loaded.

    Attributes:
        commands: What the server asked for, in order.
        results: What became of it; fewer where the card stopped.
        error: loadRpmPackageErrorCodeSigned, None where there are results.
        deliveries: The Notifications that went to the server afterwards.
    """

    commands: tuple[RpmCommandDetails, ...]
    results: tuple[RpmCommandResult, ...] = ()
    error: int | None = None
    deliveries: tuple[Delivery, ...] = field(default=(), repr=False)


def fetch_packages(  # noqa: PLR0913  what a device decides
    card: IsdrChannel,
    port: HttpPort,
    address: str,
    *,
    matching_id: str = "",
    owner: Owner | None = None,
    device: DeviceInfo = STANDARD_DEVICE_V3,
    target_esim_port: int | None = None,
    settle: Callable[[IsdrChannel], object] = settle_refresh,
) -> tuple[LoadedPackage, ...]:
    """Asks a server for the packages that wait for this card, and loads each.

    Args:
        card: An open channel; it is open afterwards, after a REFRESH too.
        port: The way to servers.
        address: The SM-DP+: a polling address of a Profile, the default one, that of an event.
        matching_id: MatchingID of an event, empty for any package.
        owner: Decides; by default agrees.
        device: What the device says of itself, one of version 3.
        target_esim_port: eSIM Port for a Profile that is enabled, where the device chooses it.
        settle: Carries out what the card announces after a package.

    Returns:
        The packages in their order, at least one.

    Raises:
        DownloadStoppedError: the owner or a check stopped it; the session is cancelled.
        CardRefusedError: the card refused the session or gave no signed result.
        RemoteError: the server refused, for example because nothing waits.
        ServerUnreachableError: no answer came.
    """
    done = []
    for _ in range(_MOST):
        load = _Load(card, target_esim_port, settle)
        package, more = _one(load, port, address, matching_id, owner or AgreeingOwner(), device)
        done.append(package)
        if not more:
            break
        matching_id = ""
    return tuple(done)


@dataclass(frozen=True, slots=True)
class _Load:
    """How a package is loaded: the card, the eSIM Port to name, what is done afterwards."""

    card: IsdrChannel
    target_esim_port: int | None
    settle: Callable[[IsdrChannel], object]


def _one(
    load: _Load,
    port: HttpPort,
    address: str,
    matching_id: str,
    owner: Owner,
    device: DeviceInfo,
) -> tuple[LoadedPackage, bool]:
    """Loads one package; returns it and whether the server says that more waits."""
    card, version = load.card, protocol_of(device)
    deliver_older(card, port, address, version)
    es9 = NewerEs9Client(port, address, version)
    initiated = initiate_authentication(card, es9, device)
    context = CtxParamsForCommonAuthentication(
        matching_id=matching_id or None,
        device_info=device_of_version_3(initiated, device),
        operation_type=frozenset({OperationType.rpm}),
    )
    request = authenticated_by_card(card, es9, initiated, context)
    answer = es9.rpm_package(request)

    def cancel(reason: int, text: str) -> DownloadStoppedError:
        try:
            cancel_session(card, es9, initiated.transaction_id, reason)  # type: ignore[arg-type]
        except (RemoteError, ServerUnreachableError) as error:
            text = f"{text}; and the session was not cancelled: {error}"
        return DownloadStoppedError(text, reason)  # type: ignore[arg-type]

    try:
        signed = SmdpSigned3.decode(answer.smdp_signed3)
        commands = tuple(RpmCommand.decode(one).details for one in signed.rpm_package)
    except DecodeError as error:
        raise cancel(V3Reason.invalidRpmPackage, f"the package cannot be read: {error}") from error
    if not commands:
        raise cancel(V3Reason.invalidRpmPackage, "the package has no command")
    if not owner.allows_rpm:
        raise cancel(V3Reason.rpmDisabled, "remote management is switched off")
    strong = any(one.delete is not None for one in commands)
    refusal = owner.agrees_to(commands, strong=strong)
    if refusal is not None:
        raise cancel(refusal, f"the user stopped it: {code_text(refusal)}")
    target = load.target_esim_port
    named = b"" if target is None else tlv.encode(Tag.Integer, bytes((target,)))
    octets = tlv.encode(Tag.LoadRpmPackage, answer.smdp_signed3, answer.smdp_signature3, named)
    result = card.send(LoadRpmPackageRequest.decode(octets))
    if result.load_rpm_package_result_signed is None:
        raise cancel(V3Reason.loadRpmPackageError, _not_signed(result))
    load.settle(card)
    deliveries = deliver_older(card, port, address, version)
    final = result.load_rpm_package_result_signed.load_rpm_package_result_data_signed.final_result
    package = LoadedPackage(
        commands,
        final.rpm_package_execution_result or (),
        final.load_rpm_package_error_code_signed,
        deliveries,
    )
    return package, bool(signed.rpm_pending)


def _not_signed(result: LoadRpmPackageResult) -> str:
    refused = result.load_rpm_package_result_not_signed
    code = 127 if refused is None else refused.load_rpm_package_error_code_not_signed
    return f"ES10b.LoadRpmPackage: the card answered {code_text(code)}"
