"""ES10c: the messages of local Profile management (SGP.22 v2, 5.7.15 to 5.7.21)."""

from enum import IntEnum
from typing import Annotated, ClassVar

from rspcore.frozen import dataclass
from rspcore.ids import Aid, Eid, Iccid
from rspcore.messages.codec import (
    AID,
    ANY,
    BOOLEAN,
    EID,
    ICCID,
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
from rspcore.messages.metadata import (
    IconType,
    NotificationConfigurationInformation,
    OperatorId,
    PprId,
    ProfileClass,
)
from rspcore.tags import Tag

__all__ = [
    "DeleteProfileRequest",
    "DeleteProfileResponse",
    "DeleteResult",
    "DisableProfileRequest",
    "DisableProfileResponse",
    "DisableResult",
    "EnableProfileRequest",
    "EnableProfileResponse",
    "EnableResult",
    "EuiccMemoryResetRequest",
    "EuiccMemoryResetResponse",
    "GetEuiccDataRequest",
    "GetEuiccDataResponse",
    "ProfileIdentifier",
    "ProfileInfo",
    "ProfileInfoListError",
    "ProfileInfoListRequest",
    "ProfileInfoListResponse",
    "ProfileState",
    "ResetOption",
    "ResetResult",
    "SearchCriteria",
    "SetNicknameRequest",
    "SetNicknameResponse",
    "SetNicknameResult",
]


class ProfileState(IntEnum):
    """The values of ProfileState."""

    disabled = 0
    enabled = 1


class ProfileInfoListError(IntEnum):
    """The error codes of GetProfilesInfo."""

    incorrectInputValues = 1
    undefinedError = 127


class EnableResult(IntEnum):
    """The results of EnableProfile."""

    ok = 0
    iccidOrAidNotFound = 1
    profileNotInDisabledState = 2
    disallowedByPolicy = 3
    wrongProfileReenabling = 4
    catBusy = 5
    undefinedError = 127


class DisableResult(IntEnum):
    """The results of DisableProfile."""

    ok = 0
    iccidOrAidNotFound = 1
    profileNotInEnabledState = 2
    disallowedByPolicy = 3
    catBusy = 5
    undefinedError = 127


class DeleteResult(IntEnum):
    """The results of DeleteProfile."""

    ok = 0
    iccidOrAidNotFound = 1
    profileNotInDisabledState = 2
    disallowedByPolicy = 3
    undefinedError = 127


class ResetOption(IntEnum):
    """The bits of resetOptions."""

    deleteOperationalProfiles = 0
    deleteFieldLoadedTestProfiles = 1
    resetDefaultSmdpAddress = 2


class ResetResult(IntEnum):
    """The results of eUICCMemoryReset."""

    ok = 0
    nothingToDelete = 1
    catBusy = 5
    undefinedError = 127


class SetNicknameResult(IntEnum):
    """The results of SetNickname."""

    ok = 0
    iccidNotFound = 1
    undefinedError = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchCriteria(Structure):
    """CHOICE of ISD-P AID, ICCID and ProfileClass."""

    TAG: ClassVar[int] = 0xA0
    CHOICE: ClassVar[bool] = True

    isdp_aid: Annotated[Aid | None, At(Tag.IsdpAid, AID)] = None
    iccid: Annotated[Iccid | None, At(Tag.Iccid, ICCID)] = None
    profile_class: Annotated[int | None, At(Tag.ProfileClass, enumerated(ProfileClass))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileInfoListRequest(Structure):
    """ES10c.GetProfilesInfo request; `tag_list` is the plain concatenation of the tags wanted."""

    TAG: ClassVar[int] = 0xBF2D

    search_criteria: Annotated[SearchCriteria | None, At(0xA0, structure(SearchCriteria))] = None
    tag_list: Annotated[bytes | None, At(Tag.TagList, OCTETS)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileInfo(Structure):
    """ProfileInfo: what the card reports about one Profile; parts only if requested and present."""

    TAG: ClassVar[int] = Tag.ProfileInfo

    iccid: Annotated[Iccid | None, At(Tag.Iccid, ICCID)] = None
    isdp_aid: Annotated[Aid | None, At(Tag.IsdpAid, AID)] = None
    profile_state: Annotated[int | None, At(Tag.ProfileState, enumerated(ProfileState))] = None
    profile_nickname: Annotated[str | None, At(Tag.ProfileNickname, utf8(0, 64))] = None
    service_provider_name: Annotated[str | None, At(Tag.ServiceProviderName, utf8(0, 32))] = None
    profile_name: Annotated[str | None, At(Tag.ProfileName, utf8(0, 64))] = None
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
    dp_proprietary_data: Annotated[bytes | None, At(Tag.DpProprietaryData, ANY)] = None
    profile_policy_rules: Annotated[
        frozenset[int] | None, At(Tag.ProfilePolicyRules, bits(PprId))
    ] = None
    service_specific_data_stored_in_euicc: Annotated[bytes | None, At(0xBF22, ANY)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileInfoListResponse(Structure):
    """ES10c.GetProfilesInfo response: CHOICE of the list, which may be empty, and an error."""

    TAG: ClassVar[int] = 0xBF2D
    CHOICE: ClassVar[bool] = True

    profile_info_list_ok: Annotated[
        tuple[ProfileInfo, ...] | None,
        At(0xA0, sequence_of(Tag.ProfileInfo, structure(ProfileInfo))),
    ] = None
    profile_info_list_error: Annotated[int | None, At(0x81, enumerated(ProfileInfoListError))] = (
        None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileIdentifier(Structure):
    """CHOICE of ISD-P AID and ICCID."""

    TAG: ClassVar[int] = 0xA0
    CHOICE: ClassVar[bool] = True

    isdp_aid: Annotated[Aid | None, At(Tag.IsdpAid, AID)] = None
    iccid: Annotated[Iccid | None, At(Tag.Iccid, ICCID)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnableProfileRequest(Structure):
    """ES10c.EnableProfile request."""

    TAG: ClassVar[int] = Tag.EnableProfile

    profile_identifier: Annotated[ProfileIdentifier, At(0xA0, structure(ProfileIdentifier))]
    refresh_flag: Annotated[bool, At(0x81, BOOLEAN)]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnableProfileResponse(Structure):
    """ES10c.EnableProfile response."""

    TAG: ClassVar[int] = Tag.EnableProfile

    enable_result: Annotated[int, At(0x80, enumerated(EnableResult))]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisableProfileRequest(Structure):
    """ES10c.DisableProfile request."""

    TAG: ClassVar[int] = Tag.DisableProfile

    profile_identifier: Annotated[ProfileIdentifier, At(0xA0, structure(ProfileIdentifier))]
    refresh_flag: Annotated[bool, At(0x81, BOOLEAN)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisableProfileResponse(Structure):
    """ES10c.DisableProfile response."""

    TAG: ClassVar[int] = Tag.DisableProfile

    disable_result: Annotated[int, At(0x80, enumerated(DisableResult))]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteProfileRequest(Structure):
    """ES10c.DeleteProfile request: CHOICE of ISD-P AID and ICCID, directly under its tag."""

    TAG: ClassVar[int] = Tag.DeleteProfile
    CHOICE: ClassVar[bool] = True

    isdp_aid: Annotated[Aid | None, At(Tag.IsdpAid, AID)] = None
    iccid: Annotated[Iccid | None, At(Tag.Iccid, ICCID)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteProfileResponse(Structure):
    """ES10c.DeleteProfile response."""

    TAG: ClassVar[int] = Tag.DeleteProfile

    delete_result: Annotated[int, At(0x80, enumerated(DeleteResult))]


@dataclass(frozen=True, slots=True, kw_only=True)
class EuiccMemoryResetRequest(Structure):
    """ES10c.eUICCMemoryReset request."""

    TAG: ClassVar[int] = Tag.EuiccMemoryReset

    reset_options: Annotated[frozenset[int], At(0x82, bits(ResetOption))]


@dataclass(frozen=True, slots=True, kw_only=True)
class EuiccMemoryResetResponse(Structure):
    """ES10c.eUICCMemoryReset response."""

    TAG: ClassVar[int] = Tag.EuiccMemoryReset

    reset_result: Annotated[int, At(0x80, enumerated(ResetResult))]


@dataclass(frozen=True, slots=True, kw_only=True)
class GetEuiccDataRequest(Structure):
    """ES10c.GetEID request; the tag list requests 5A."""

    TAG: ClassVar[int] = Tag.GetEuiccData

    tag_list: Annotated[bytes, At(Tag.TagList, OCTETS)] = b"\x5a"


@dataclass(frozen=True, slots=True, kw_only=True)
class GetEuiccDataResponse(Structure):
    """ES10c.GetEID response."""

    TAG: ClassVar[int] = Tag.GetEuiccData

    eid_value: Annotated[Eid, At(Tag.Eid, EID)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetNicknameRequest(Structure):
    """ES10c.SetNickname request: 0 to 64 characters; an empty text removes the nickname."""

    TAG: ClassVar[int] = Tag.SetNickname

    iccid: Annotated[Iccid, At(Tag.Iccid, ICCID)]
    profile_nickname: Annotated[str, At(Tag.ProfileNickname, utf8(0, 64))]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetNicknameResponse(Structure):
    """ES10c.SetNickname response."""

    TAG: ClassVar[int] = Tag.SetNickname

    set_nickname_result: Annotated[int, At(0x80, enumerated(SetNicknameResult))]
