"""ES10a and ES10c in version 3 (5.7.3, 5.7.4, 5.7.15 to 5.7.19): what was added there."""

from enum import IntEnum
from typing import Annotated

from rspcore.frozen import dataclass
from rspcore.messages import es10a, es10c
from rspcore.messages.codec import (
    ANY,
    INTEGER,
    OCTETS,
    UTF8,
    At,
    Structure,
    bits,
    enumerated,
    sequence_of,
    structure,
)
from rspcore.messages.v3.profile_metadata import (
    DeviceChangeConfiguration,
    EnterpriseConfiguration,
    LprConfiguration,
    NotificationConfigurationInformation,
    RpmConfiguration,
    ServiceDescription,
)
from rspcore.tags import Tag

__all__ = [
    "CiName",
    "DeleteProfileResponse",
    "DeleteResult",
    "DisableProfileResponse",
    "DisableResult",
    "EnableProfileRequest",
    "EnableProfileResponse",
    "EnableResult",
    "EuiccConfiguredDataResponse",
    "EuiccMemoryResetRequest",
    "ProfileInfo",
    "ProfileInfoListError",
    "ProfileInfoListResponse",
    "ResetOption",
    "SetDefaultDpAddressRequest",
    "SetDefaultDpAddressResponse",
    "SetDefaultDpAddressResult",
]


class SetDefaultDpAddressResult(IntEnum):
    """The values of setDefaultDpAddressResult."""

    ok = 0
    unsupportedCiPKId = 8
    undefinedError = 127


class ProfileInfoListError(IntEnum):
    """The error codes of GetProfilesInfo; 11 only in the result of an RPM package."""

    incorrectInputValues = 1
    profileChangeOngoing = 11
    undefinedError = 127


class EnableResult(IntEnum):
    """The results of EnableProfile."""

    ok = 0
    iccidOrAidNotFound = 1
    profileNotInDisabledState = 2
    disallowedByPolicy = 3
    wrongProfileReenabling = 4
    catBusy = 5
    disallowedByEnterpriseRule = 6
    commandError = 7
    disallowedForRpm = 9
    noEsimPortAvailable = 10
    undefinedError = 127


class DisableResult(IntEnum):
    """The results of DisableProfile."""

    ok = 0
    iccidOrAidNotFound = 1
    profileNotInEnabledState = 2
    disallowedByPolicy = 3
    catBusy = 5
    disallowedByEnterpriseRule = 6
    commandError = 7
    disallowedForRpm = 9
    undefinedError = 127


class DeleteResult(IntEnum):
    """The results of DeleteProfile."""

    ok = 0
    iccidOrAidNotFound = 1
    profileNotInDisabledState = 2
    disallowedByPolicy = 3
    disallowedInTestMode = 4
    commandError = 7
    undefinedError = 127


class ResetOption(IntEnum):
    """The bits of resetOptions."""

    deleteOperationalProfiles = 0
    deleteFieldLoadedTestProfiles = 1
    resetDefaultSmdpAddress = 2
    deletePreLoadedTestProfiles = 3
    deleteProvisioningProfiles = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class CiName(Structure):
    """A CI key, 20 octets, and the name to show for it."""

    ci_pkid: Annotated[bytes, At(0x80, OCTETS)]
    ci_name: Annotated[str, At(0x81, UTF8)]


@dataclass(frozen=True, slots=True, kw_only=True)
class EuiccConfiguredDataResponse(es10a.EuiccConfiguredAddressesResponse):
    """ES10a.GetEuiccConfiguredData response; the allowed CI is that of the default SM-DP+."""

    additional_root_ds_addresses: Annotated[
        tuple[str, ...] | None, At(0xA2, sequence_of(Tag.Utf8String, UTF8))
    ] = None
    allowed_ci_pkid: Annotated[bytes | None, At(0x83, OCTETS)] = None
    ci_list: Annotated[
        tuple[CiName, ...] | None, At(0xA4, sequence_of(Tag.Sequence, structure(CiName)))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDefaultDpAddressRequest(es10a.SetDefaultDpAddressRequest):
    """ES10a.SetDefaultDpAddress request: the address, and the only CI to accept there."""

    allowed_ci_pkid: Annotated[bytes | None, At(0x81, OCTETS)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDefaultDpAddressResponse(es10a.SetDefaultDpAddressResponse):
    """ES10a.SetDefaultDpAddress response."""

    set_default_dp_address_result: Annotated[int, At(0x80, enumerated(SetDefaultDpAddressResult))]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileInfo(es10c.ProfileInfo):
    """ProfileInfo; the port from 0 on where several Profiles may be enabled, the size in octets.

    `carrier_access_rules` is no component of the module, but every card has it.
    """

    notification_configuration_info: Annotated[
        tuple[NotificationConfigurationInformation, ...] | None,
        At(
            Tag.NotificationConfigurationInfo,
            sequence_of(Tag.Sequence, structure(NotificationConfigurationInformation)),
        ),
    ] = None
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
    service_description: Annotated[
        frozenset[int] | None, At(Tag.ServiceDescription, bits(ServiceDescription))
    ] = None
    device_change_configuration: Annotated[
        DeviceChangeConfiguration | None,
        At(Tag.DeviceChangeConfiguration, structure(DeviceChangeConfiguration)),
    ] = None
    enabled_on_esim_port: Annotated[int | None, At(Tag.EnabledOnEsimPort, INTEGER)] = None
    profile_size: Annotated[int | None, At(Tag.ProfileSize, INTEGER)] = None
    carrier_access_rules: Annotated[bytes | None, At(Tag.CarrierAccessRules, ANY)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileInfoListResponse(es10c.ProfileInfoListResponse):
    """ES10c.GetProfilesInfo response: CHOICE of the list, which may be empty, and an error."""

    profile_info_list_ok: Annotated[
        tuple[ProfileInfo, ...] | None,
        At(0xA0, sequence_of(Tag.ProfileInfo, structure(ProfileInfo))),
    ] = None
    profile_info_list_error: Annotated[int | None, At(0x81, enumerated(ProfileInfoListError))] = (
        None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EnableProfileRequest(es10c.EnableProfileRequest):
    """ES10c.EnableProfile request; the port only in MEP-A1."""

    target_esim_port: Annotated[int | None, At(0x82, INTEGER)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnableProfileResponse(es10c.EnableProfileResponse):
    """ES10c.EnableProfile response; the port only in MEP-A2."""

    enable_result: Annotated[int, At(0x80, enumerated(EnableResult))]
    target_esim_port: Annotated[int | None, At(0x81, INTEGER)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisableProfileResponse(es10c.DisableProfileResponse):
    """ES10c.DisableProfile response."""

    disable_result: Annotated[int, At(0x80, enumerated(DisableResult))]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteProfileResponse(es10c.DeleteProfileResponse):
    """ES10c.DeleteProfile response."""

    delete_result: Annotated[int, At(0x80, enumerated(DeleteResult))]


@dataclass(frozen=True, slots=True, kw_only=True)
class EuiccMemoryResetRequest(es10c.EuiccMemoryResetRequest):
    """ES10c.eUICCMemoryReset request."""

    reset_options: Annotated[frozenset[int], At(0x82, bits(ResetOption))]
