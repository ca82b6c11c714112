"""Profile metadata in version 3: StoreMetadata, UpdateMetadata and what they carry (5.4.1, 5.5.3).

Sizes of UTF8String count characters. An element that depends on a bit of euiccRspCapability goes
only to a card that has the bit.
"""

from enum import IntEnum
from typing import Annotated, ClassVar

from rspcore.frozen import dataclass
from rspcore.ids import Oid
from rspcore.messages import metadata
from rspcore.messages.codec import (
    INTEGER,
    NULL,
    OCTETS,
    OID,
    UTF8,
    At,
    Structure,
    bits,
    sequence_of,
    structure,
    utf8,
)
from rspcore.tags import Tag

__all__ = [
    "DeviceChangeConfiguration",
    "EnterpriseConfiguration",
    "EnterpriseRule",
    "EnterpriseRules",
    "LocalisedTextMessage",
    "LprConfiguration",
    "ManagingDp",
    "NotificationConfigurationInformation",
    "NotificationEvent",
    "RequestToDp",
    "RpmConfiguration",
    "RpmType",
    "ServiceDescription",
    "StoreMetadataRequest",
    "UpdateMetadataRequest",
    "UpdateMetadataResult",
    "UsingStoredAc",
]


class NotificationEvent(IntEnum):
    """The bits of NotificationEvent; 0 to 3 are those of version 2."""

    notificationInstall = 0
    notificationLocalEnable = 1
    notificationLocalDisable = 2
    notificationLocalDelete = 3
    notificationRpmEnable = 4
    notificationRpmDisable = 5
    notificationRpmDelete = 6
    loadRpmPackageResult = 7


class RpmType(IntEnum):
    """The bits of rpmType; there is none for UpdateMetadata."""

    enable = 0
    disable = 1
    delete = 2
    listProfileInfo = 3
    contactPcmp = 4


class EnterpriseRule(IntEnum):
    """The bits of enterpriseRuleBits."""

    referenceEnterpriseRule = 0
    priorityEnterpriseProfile = 1
    onlyEnterpriseProfilesCanBeInstalled = 2


class ServiceDescription(IntEnum):
    """The bits of serviceDescription."""

    voice = 0
    data = 1


class UpdateMetadataResult(IntEnum):
    """The results of UpdateMetadata in an RPM package."""

    ok = 0
    enterpriseConfigurationNotAllowed = 6
    commandError = 7
    pprUpdateInvalidSetting = 12
    invalidRpmConfiguration = 14
    deleteNotAllowed = 15
    undefinedError = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationConfigurationInformation(metadata.NotificationConfigurationInformation):
    """One entry of notificationConfigurationInfo."""

    profile_management_operation: Annotated[frozenset[int], At(0x80, bits(NotificationEvent))]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagingDp(Structure):
    """An SM-DP+ that may manage the Profile: commands it may send, tags a list for it may have."""

    managing_dp_oid: Annotated[Oid, At(0x80, OID)]
    rpm_type: Annotated[frozenset[int] | None, At(0x81, bits(RpmType))] = None
    tag_list: Annotated[bytes | None, At(Tag.TagList, OCTETS)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RpmConfiguration(Structure):
    """RpmConfiguration: who may manage the Profile, and where the LPA asks for packages."""

    TAG: ClassVar[int] = Tag.RpmConfiguration

    managing_dp_list: Annotated[
        tuple[ManagingDp, ...] | None,
        At(0xA0, sequence_of(Tag.Sequence, structure(ManagingDp))),
    ] = None
    polling_address: Annotated[str | None, At(0x81, UTF8)] = None
    allowed_ci_pkid: Annotated[bytes | None, At(0x82, OCTETS)] = None
    profile_owner_oid: Annotated[Oid, At(0x83, OID)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalisedTextMessage(Structure):
    """LocalisedTextMessage: a text and the tag of its language (RFC 5646); "en" when left out."""

    TAG: ClassVar[int] = Tag.ServiceProviderMessage

    language_tag: Annotated[str, At(0x80, UTF8, absent="en")] = "en"
    message: Annotated[str, At(0x81, UTF8)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LprConfiguration(Structure):
    """LprConfiguration: where the content of the Profile is managed, and when to ask there."""

    TAG: ClassVar[int] = Tag.LprConfiguration

    pcmp_address: Annotated[str, At(0x80, UTF8)]
    dpi_enable: Annotated[str | None, At(0x81, UTF8)] = None
    trigger_lpr_on_enable_profile: Annotated[bool | None, At(0x82, NULL)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterpriseRules(Structure):
    """EnterpriseRules: the rules, and how many other Profiles may be enabled at most."""

    TAG: ClassVar[int] = 0xA2

    enterprise_rule_bits: Annotated[frozenset[int], At(0x80, bits(EnterpriseRule))]
    number_of_non_enterprise_profiles: Annotated[int, At(0x81, INTEGER)]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterpriseConfiguration(Structure):
    """EnterpriseConfiguration: the enterprise, its name of up to 64 characters, its rules."""

    TAG: ClassVar[int] = Tag.EnterpriseConfiguration

    enterprise_oid: Annotated[Oid, At(0x80, OID)]
    enterprise_name: Annotated[str, At(0x81, utf8(0, 64))]
    enterprise_rules: Annotated[EnterpriseRules | None, At(0xA2, structure(EnterpriseRules))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestToDp(Structure):
    """RequestToDp: the SM-DP+ to ask for a Device Change, and what it wants to know."""

    TAG: ClassVar[int] = 0xA0

    smdp_address_for_dc: Annotated[str, At(0x80, UTF8)]
    allowed_ci_pkid: Annotated[bytes | None, At(0x81, OCTETS)] = None
    eid_required: Annotated[bool | None, At(0x82, NULL)] = None
    tac_required: Annotated[bool | None, At(0x83, NULL)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsingStoredAc(Structure):
    """UsingStoredAc: the activation code for the next device, at most 255 characters."""

    TAG: ClassVar[int] = 0xA1

    activation_code_for_dc: Annotated[str, At(0x80, utf8(0, 255))]
    delete_old_profile: Annotated[bool | None, At(0x81, NULL)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceChangeConfiguration(Structure):
    """DeviceChangeConfiguration: CHOICE of asking an SM-DP+, and a stored activation code."""

    TAG: ClassVar[int] = Tag.DeviceChangeConfiguration
    CHOICE: ClassVar[bool] = True

    request_to_dp: Annotated[RequestToDp | None, At(0xA0, structure(RequestToDp))] = None
    using_stored_ac: Annotated[UsingStoredAc | None, At(0xA1, structure(UsingStoredAc))] = None


_NOTIFICATIONS = At(
    Tag.NotificationConfigurationInfo,
    sequence_of(Tag.Sequence, structure(NotificationConfigurationInformation)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreMetadataRequest(metadata.StoreMetadataRequest):
    """ES8+.StoreMetadata; estimated_profile_size is in octets."""

    notification_configuration_info: Annotated[
        tuple[NotificationConfigurationInformation, ...] | None, _NOTIFICATIONS
    ] = None
    rpm_configuration: Annotated[
        RpmConfiguration | None, At(Tag.RpmConfiguration, structure(RpmConfiguration))
    ] = None
    hri_server_address: Annotated[str | None, At(Tag.HriServerAddress, UTF8)] = None
    service_provider_message: Annotated[
        LocalisedTextMessage | None,
        At(Tag.ServiceProviderMessage, structure(LocalisedTextMessage)),
    ] = None
    lpr_configuration: Annotated[
        LprConfiguration | None, At(Tag.LprConfiguration, structure(LprConfiguration))
    ] = None
    enterprise_configuration: Annotated[
        EnterpriseConfiguration | None,
        At(Tag.EnterpriseConfiguration, structure(EnterpriseConfiguration)),
    ] = None
    service_description: Annotated[
        frozenset[int] | None, At(Tag.ServiceDescription, bits(ServiceDescription))
    ] = None
    device_change_configuration: Annotated[
        DeviceChangeConfiguration | None,
        At(Tag.DeviceChangeConfiguration, structure(DeviceChangeConfiguration)),
    ] = None
    estimated_profile_size: Annotated[int | None, At(Tag.EstimatedProfileSize, INTEGER)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateMetadataRequest(metadata.UpdateMetadataRequest):
    """ES6.UpdateMetadata; `tags_for_deletion` is the plain concatenation of the tags."""

    notification_configuration_info: Annotated[
        tuple[NotificationConfigurationInformation, ...] | None, _NOTIFICATIONS
    ] = None
    tags_for_deletion: Annotated[bytes | None, At(Tag.TagList, OCTETS)] = None
    rpm_configuration: Annotated[
        RpmConfiguration | None, At(Tag.RpmConfiguration, structure(RpmConfiguration))
    ] = None
    hri_server_address: Annotated[str | None, At(Tag.HriServerAddress, UTF8)] = None
    lpr_configuration: Annotated[
        LprConfiguration | None, At(Tag.LprConfiguration, structure(LprConfiguration))
    ] = None
    enterprise_configuration: Annotated[
        EnterpriseConfiguration | None,
        At(Tag.EnterpriseConfiguration, structure(EnterpriseConfiguration)),
    ] = None
    device_change_configuration: Annotated[
        DeviceChangeConfiguration | None,
        At(Tag.DeviceChangeConfiguration, structure(DeviceChangeConfiguration)),
    ] = None
