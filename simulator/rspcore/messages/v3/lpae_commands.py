"""Commands to an LPAe by ENVELOPE (E4E) and its answers, and alerts (v3.1, 5.7).

Whether the answer comes with the ENVELOPE or is fetched is not public, nor what its PIN guards.
"""

from enum import IntEnum
from typing import Annotated, ClassVar

from rspcore.frozen import dataclass
from rspcore.ids import Iccid
from rspcore.messages.codec import (
    BOOLEAN,
    ICCID,
    NULL,
    OCTETS,
    UTF8,
    At,
    Structure,
    enumerated,
    sequence_of,
    structure,
    utf8,
)
from rspcore.messages.es10c import ProfileState
from rspcore.tags import Tag

__all__ = [
    "AlertData",
    "ConfirmDownload",
    "ConfirmDownloadAnswer",
    "DeletedProfile",
    "E4EProfile",
    "E4ERequest",
    "E4EResponse",
    "E4EResultCode",
    "E4EResultData",
    "MetadataUpdateEnabledProfile",
    "NamedProfile",
    "PinCode",
    "PollRpmPackage",
    "ServerWithPendingOperation",
    "StartDownload",
    "StartDownloadAnswer",
]

_PIN = utf8(4, 8)
_NAME, _PROVIDER = utf8(0, 64), utf8(0, 32)


class E4EResultCode(IntEnum):
    """The values of resultCode."""

    success = 0
    errorBusy = 1
    errorComm = 2
    errorAuth = 3
    errorNoProfile = 4
    errorEligibility = 5
    errorInstall = 6
    errorPin = 7
    errorProfileRef = 8
    errorAlreadyEnabled = 9
    errorAlreadyDisabled = 10
    errorConfirmationCode = 11
    errorRpmDisabled = 12
    errorProfileDoesNotExist = 13
    undefinedError = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class StartDownload(Structure):
    """startDownload: an activation code."""

    activation_code: Annotated[str, At(0x80, utf8(0, 255))]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmDownload(Structure):
    """confirmDownload: whether to enable the Profile, and the codes of the user."""

    enable: Annotated[bool | None, At(0x80, NULL)] = None
    confirmation_code: Annotated[str | None, At(0x81, UTF8)] = None
    pin_code: Annotated[str | None, At(0x82, _PIN)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedProfile(Structure):
    """enableProfile and disableProfile: a Profile by its ICCID."""

    iccid: Annotated[Iccid, At(Tag.Iccid, ICCID)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedProfile(Structure):
    """deleteProfile: a Profile, and the PIN of the LPAe."""

    iccid: Annotated[Iccid, At(Tag.Iccid, ICCID)]
    pin_code: Annotated[str | None, At(0x81, _PIN)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PinCode(Structure):
    """euiccMemReset and confirmRpmPackage: the PIN of the LPAe."""

    pin_code: Annotated[str | None, At(0x80, _PIN)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRpmPackage(Structure):
    """pollRpmPackage: of one Profile, or of all."""

    iccid: Annotated[Iccid | None, At(Tag.Iccid, ICCID)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class E4ERequest(Structure):
    """A command to the LPAe: CHOICE of twelve; changeConfirmationPin has old, separator, new."""

    TAG: ClassVar[int] = 0xE4
    CHOICE: ClassVar[bool] = True

    start_download: Annotated[StartDownload | None, At(0xA0, structure(StartDownload))] = None
    confirm_download: Annotated[ConfirmDownload | None, At(0xA1, structure(ConfirmDownload))] = None
    list_profiles: Annotated[bool | None, At(0x82, NULL)] = None
    enable_profile: Annotated[NamedProfile | None, At(0xA3, structure(NamedProfile))] = None
    disable_profile: Annotated[NamedProfile | None, At(0xA4, structure(NamedProfile))] = None
    delete_profile: Annotated[DeletedProfile | None, At(0xA5, structure(DeletedProfile))] = None
    euicc_mem_reset: Annotated[PinCode | None, At(0xA6, structure(PinCode))] = None
    change_confirmation_pin: Annotated[str | None, At(0x87, utf8(9, 17))] = None
    set_rpm_allow: Annotated[bool | None, At(0x88, BOOLEAN)] = None
    poll_rpm_package: Annotated[PollRpmPackage | None, At(0xA9, structure(PollRpmPackage))] = None
    confirm_rpm_package: Annotated[PinCode | None, At(0xAA, structure(PinCode))] = None
    cancel_session: Annotated[bool | None, At(0x8B, NULL)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartDownloadAnswer(Structure):
    """startDownloadResponse: the names of the Profile, and whether a code is needed."""

    service_provider_name: Annotated[str, At(Tag.ServiceProviderName, _PROVIDER)]
    profile_name: Annotated[str, At(Tag.ProfileName, _NAME)]
    cc_required: Annotated[bool | None, At(0x80, NULL)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class E4EProfile(Structure):
    """One Profile of listProfilesResponse."""

    iccid: Annotated[Iccid, At(Tag.Iccid, ICCID)]
    profile_state: Annotated[int, At(Tag.ProfileState, enumerated(ProfileState))]
    service_provider_name: Annotated[str, At(Tag.ServiceProviderName, _PROVIDER)]
    profile_name: Annotated[str, At(Tag.ProfileName, _NAME)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmDownloadAnswer(Structure):
    """confirmDownloadResponse: the ICCID of the Profile."""

    iccid: Annotated[Iccid, At(Tag.Iccid, ICCID)]


@dataclass(frozen=True, slots=True, kw_only=True)
class E4EResultData(Structure):
    """resultData: CHOICE by the command; what answers pollRpmPackage is left aside."""

    CHOICE: ClassVar[bool] = True

    start_download_response: Annotated[
        StartDownloadAnswer | None, At(0xA0, structure(StartDownloadAnswer))
    ] = None
    list_profiles_response: Annotated[
        tuple[E4EProfile, ...] | None, At(0xA3, sequence_of(Tag.Sequence, structure(E4EProfile)))
    ] = None
    confirm_download_response: Annotated[
        ConfirmDownloadAnswer | None, At(0xA5, structure(ConfirmDownloadAnswer))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class E4EResponse(Structure):
    """The answer of the LPAe to a command."""

    TAG: ClassVar[int] = 0xE4

    result_code: Annotated[int, At(0x80, enumerated(E4EResultCode))]
    result_data: Annotated[E4EResultData | None, At(0xA1, structure(E4EResultData))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataUpdateEnabledProfile(Structure):
    """Metadata of an Enabled Profile that were changed: its ICCID, and tags one after another."""

    iccid: Annotated[Iccid | None, At(Tag.Iccid, ICCID)] = None
    tag_list: Annotated[bytes, At(Tag.TagList, OCTETS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerWithPendingOperation(Structure):
    """CHOICE of where an operation waits."""

    CHOICE: ClassVar[bool] = True

    polling_address: Annotated[bool | None, At(0x80, NULL)] = None
    root_smds: Annotated[bool | None, At(0x81, NULL)] = None
    default_smdp: Annotated[bool | None, At(0x82, NULL)] = None
    explicit_address: Annotated[str | None, At(0x83, UTF8)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertData(Structure):
    """What a card says its device: changed metadata, or where an operation waits."""

    TAG: ClassVar[int] = 0xBF4A
    CHOICE: ClassVar[bool] = True

    metadata_update_enabled_profile: Annotated[
        MetadataUpdateEnabledProfile | None, At(0xA0, structure(MetadataUpdateEnabledProfile))
    ] = None
    pending_operation_alert: Annotated[
        ServerWithPendingOperation | None, At(0xA1, structure(ServerWithPendingOperation))
    ] = None
