"""Profile metadata as StoreMetadata, UpdateMetadata and the RAT carry it.

Source: SGP.22 v2, 2.4a, 5.4.1, 5.5.3, 5.7.22 and annex H. Sizes of UTF8String count characters.
"""

from enum import IntEnum
from typing import Annotated, ClassVar

from rspcore.frozen import dataclass
from rspcore.ids import Iccid, MccMnc
from rspcore.messages.codec import (
    ANY,
    ICCID,
    MCC_MNC,
    OCTETS,
    At,
    Structure,
    bits,
    enumerated,
    octets,
    sequence_of,
    structure,
    utf8,
)
from rspcore.tags import Tag

__all__ = [
    "IconType",
    "NotificationConfigurationInformation",
    "NotificationEvent",
    "OperatorId",
    "PprFlag",
    "PprId",
    "ProfileClass",
    "ProfilePolicyAuthorisationRule",
    "StoreMetadataRequest",
    "UpdateMetadataRequest",
]


class PprId(IntEnum):
    """The bits of PprIds."""

    pprUpdateControl = 0
    ppr1 = 1
    ppr2 = 2


class PprFlag(IntEnum):
    """The bits of pprFlags in a rule of the RAT."""

    consentRequired = 0


class IconType(IntEnum):
    """The values of IconType."""

    jpg = 0
    png = 1


class ProfileClass(IntEnum):
    """The values of ProfileClass."""

    test = 0
    provisioning = 1
    operational = 2


class NotificationEvent(IntEnum):
    """The bits of NotificationEvent."""

    notificationInstall = 0
    notificationEnable = 1
    notificationDisable = 2
    notificationDelete = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationConfigurationInformation(Structure):
    """One entry of notificationConfigurationInfo: events and the server that receives them."""

    profile_management_operation: Annotated[frozenset[int], At(0x80, bits(NotificationEvent))]
    notification_address: Annotated[str, At(0x81, utf8(0, 65535))]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorId(Structure):
    """OperatorId: mccMnc (3 octets) and, when present, the contents of EF GID1 and EF GID2."""

    mcc_mnc: Annotated[MccMnc, At(0x80, MCC_MNC)]
    gid1: Annotated[bytes | None, At(0x81, OCTETS)] = None
    gid2: Annotated[bytes | None, At(0x82, OCTETS)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilePolicyAuthorisationRule(Structure):
    """One rule of the RAT: which rules which operators may set, and whether the user must agree."""

    ppr_ids: Annotated[frozenset[int], At(0x80, bits(PprId))]
    allowed_operators: Annotated[
        tuple[OperatorId, ...], At(0xA1, sequence_of(Tag.Sequence, structure(OperatorId)))
    ]
    ppr_flags: Annotated[frozenset[int], At(0x82, bits(PprFlag))]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreMetadataRequest(Structure):
    """ES8+.StoreMetadata: what the card keeps about a Profile besides its content.

    `service_specific_data_*` are kept whole, as their content is vendor-specific.
    """

    TAG: ClassVar[int] = Tag.StoreMetadata

    iccid: Annotated[Iccid, At(Tag.Iccid, ICCID)]
    service_provider_name: Annotated[str, At(Tag.ServiceProviderName, utf8(0, 32))]
    profile_name: Annotated[str, At(Tag.ProfileName, utf8(0, 64))]
    icon_type: Annotated[int | None, At(Tag.IconType, enumerated(IconType))] = None
    icon: Annotated[bytes | None, At(Tag.Icon, octets(0, 1024))] = None
    profile_class: Annotated[int | None, At(Tag.ProfileClass, enumerated(ProfileClass))] = None
    notification_configuration_info: Annotated[
        tuple[NotificationConfigurationInformation, ...] | None,
        At(
            Tag.NotificationConfigurationInfo,
            sequence_of(Tag.Sequence, structure(NotificationConfigurationInformation)),
        ),
    ] = None
    profile_owner: Annotated[OperatorId | None, At(Tag.ProfileOwner, structure(OperatorId))] = None
    profile_policy_rules: Annotated[
        frozenset[int] | None, At(Tag.ProfilePolicyRules, bits(PprId))
    ] = None
    service_specific_data_stored_in_euicc: Annotated[bytes | None, At(0xBF22, ANY)] = None
    service_specific_data_not_stored_in_euicc: Annotated[bytes | None, At(0xBF23, ANY)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateMetadataRequest(Structure):
    """ES6.UpdateMetadata: the parts of the metadata an operator may replace over the air."""

    TAG: ClassVar[int] = Tag.UpdateMetadata

    service_provider_name: Annotated[str | None, At(Tag.ServiceProviderName, utf8(0, 32))] = None
    profile_name: Annotated[str | None, At(Tag.ProfileName, utf8(0, 64))] = None
    icon_type: Annotated[int | None, At(Tag.IconType, enumerated(IconType))] = None
    icon: Annotated[bytes | None, At(Tag.Icon, octets(0, 1024))] = None
    profile_policy_rules: Annotated[
        frozenset[int] | None, At(Tag.ProfilePolicyRules, bits(PprId))
    ] = None
    service_specific_data_stored_in_euicc: Annotated[bytes | None, At(0xBF22, ANY)] = None
