"""What an LPA of version 3 checks in metadata before it asks the user (SGP.22 v3.1, 3.1.3).

The card checks the same in StoreMetadata; a download that is stopped here is cancelled with the
reason, before the server binds a package. Not checked: that the rules on the card let enterprises
alone install (22), which bind an enterprise capable device, and empty names (25).
"""

from collections.abc import Iterable
from typing import Final

from rspcore.errors import DecodeError
from rspcore.messages import es10c
from rspcore.messages.euicc_info import DeviceInfo, EuiccInfo1
from rspcore.messages.metadata import PprId
from rspcore.messages.v3 import card_and_device as v3
from rspcore.messages.v3.capability_bits import EuiccRspCapability, LpaRspCapability
from rspcore.messages.v3.profile_management import ProfileInfo, ProfileInfoListResponse
from rspcore.messages.v3.profile_metadata import (
    EnterpriseConfiguration,
    EnterpriseRule,
    StoreMetadataRequest,
)
from rspcore.messages.v3.server_authentication import CancelSessionReason as Reason
from rspharness.lpa.checks import DownloadStoppedError
from rspharness.lpa.isdr_channel import IsdrChannel

__all__ = ["check_enterprise", "check_newer_metadata"]

_RULES_AND_ENTERPRISE: Final = bytes.fromhex("5A99BD")


def check_newer_metadata(
    card: IsdrChannel, device: DeviceInfo, info1: EuiccInfo1, metadata: bytes
) -> None:
    """Checks lprConfiguration and enterpriseConfiguration; a device of version 2 checks neither.

    Args:
        card: An open channel; asked for its Profiles where an enterprise Profile is offered.
        device: What the device says of itself.
        info1: EUICCInfo1 of the card, with what it can do.
        metadata: StoreMetadataRequest as the server announced it.

    Raises:
        DownloadStoppedError: card or device do not take it; with the reason of CancelSession.
        RemoteError: the card refused to list its Profiles.
    """
    if not isinstance(device, v3.DeviceInfo):
        return
    offered = StoreMetadataRequest.decode(metadata)
    says = device.lpa_rsp_capability or frozenset()
    claimed = v3.EuiccInfo1.decode(info1.encode()).euicc_rsp_capability or frozenset()
    if offered.lpr_configuration is not None and not (
        LpaRspCapability.lpaProxySupport in says and EuiccRspCapability.lpaProxySupport in claimed
    ):
        raise _stopped(
            "the Profile wants an LPA proxy, which device or card do not have",
            Reason.lprNotSupported,
        )
    enterprise = offered.enterprise_configuration
    if enterprise is None:
        return
    if EuiccRspCapability.enterpriseProfilesSupport not in claimed:
        raise _stopped(
            "it is the Profile of an enterprise, which the card does not take",
            Reason.enterpriseProfilesNotSupported,
        )
    capable = LpaRspCapability.enterpriseCapableDevice in says
    check_enterprise(enterprise, _installed(card), capable=capable)


def check_enterprise(
    enterprise: EnterpriseConfiguration, installed: Iterable[ProfileInfo], *, capable: bool
) -> None:
    """Checks the Profile of an enterprise against device and Profiles on the card.

    Args:
        enterprise: enterpriseConfiguration of the Profile offered.
        installed: Profiles on the card, with their rules and enterprises.
        capable: Whether the device is enterprise capable.

    Raises:
        DownloadStoppedError: it may not be installed; with the reason of CancelSession.
    """
    there = tuple(installed)
    rules = enterprise.enterprise_rules
    others = [one.enterprise_configuration for one in there if one.enterprise_configuration]
    if any(PprId.ppr1 in (one.profile_policy_rules or ()) for one in there):
        raise _stopped(
            "it is the Profile of an enterprise, and one that may not be disabled is installed",
            Reason.enterpriseProfileNotAllowed,
        )
    if rules is not None and not capable:
        raise _stopped(
            "the enterprise has rules for other Profiles, which the device cannot keep",
            Reason.enterpriseRulesNotAllowed,
        )
    if any(one.enterprise_oid != enterprise.enterprise_oid for one in others):
        raise _stopped(
            "a Profile of another enterprise is installed",
            Reason.enterpriseOidMismatch,
        )
    if _refers(enterprise) and any(_refers(one) for one in others):
        raise _stopped(
            "another Profile has the rules of the enterprise already",
            Reason.enterpriseRulesError,
        )


def _stopped(message: str, reason: Reason) -> DownloadStoppedError:
    return DownloadStoppedError(message, reason)  # type: ignore[arg-type]


def _refers(one: EnterpriseConfiguration) -> bool:
    rules = one.enterprise_rules
    reference = EnterpriseRule.referenceEnterpriseRule
    return rules is not None and reference in rules.enterprise_rule_bits


def _installed(card: IsdrChannel) -> tuple[ProfileInfo, ...]:
    request = es10c.ProfileInfoListRequest(tag_list=_RULES_AND_ENTERPRISE)
    answer = card.exchange("ES10c.GetProfilesInfo", request.encode())
    listed = ProfileInfoListResponse.decode(answer).profile_info_list_ok
    if listed is None:
        raise DecodeError("ES10c.GetProfilesInfo: no list of Profiles")
    return listed
