"""ES10b.LoadRpmPackage and what it carries: commands of an SM-DP+, their results (5.7, v3.1).

Commands and results are CHOICEs without a tag of their own inside a SEQUENCE; a class keeps one as
whole octets, and a second one reads them. So a command that is damaged damages no other.
"""

from enum import IntEnum
from typing import Annotated, ClassVar

from rspcore import tlv
from rspcore.frozen import dataclass
from rspcore.ids import Iccid, Oid, TransactionId
from rspcore.messages.codec import (
    ANY,
    ICCID,
    INTEGER,
    NULL,
    OCTETS,
    OID,
    TRANSACTION_ID,
    UTF8,
    At,
    Structure,
    enumerated,
    sequence_of,
    structure,
)
from rspcore.messages.v3.installation_results import NotificationMetadata
from rspcore.messages.v3.profile_management import (
    DeleteProfileResponse,
    DisableProfileResponse,
    EnableProfileResponse,
    ProfileInfoListResponse,
)
from rspcore.messages.v3.profile_metadata import UpdateMetadataRequest, UpdateMetadataResult
from rspcore.tags import Tag

__all__ = [
    "ContactPcmp",
    "ContactPcmpError",
    "ContactPcmpResponse",
    "ContactPcmpResponseOk",
    "ListProfileInfo",
    "LoadRpmPackageErrorCodeNotSigned",
    "LoadRpmPackageErrorCodeSigned",
    "LoadRpmPackageRequest",
    "LoadRpmPackageResult",
    "LoadRpmPackageResultDataSigned",
    "LoadRpmPackageResultNotSigned",
    "LoadRpmPackageResultSigned",
    "OfProfile",
    "RpmCommand",
    "RpmCommandDetails",
    "RpmCommandResult",
    "RpmCommandResultData",
    "RpmFinalResult",
    "RpmProcessingTerminated",
    "RpmSearchCriteria",
    "SmdpSigned3",
    "UpdateMetadataOf",
]

_COMMAND_TAGS = (0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6)
_RESULT_TAGS = (
    Tag.EnableProfile,
    Tag.DisableProfile,
    Tag.DeleteProfile,
    Tag.GetProfilesInfo,
    Tag.UpdateMetadataResult,
    0xA0,
    Tag.Integer,
)


class LoadRpmPackageErrorCodeSigned(IntEnum):
    """The error codes of LoadRpmPackage that are signed."""

    invalidSignature = 2
    invalidTransactionId = 5
    undefinedError = 127


class LoadRpmPackageErrorCodeNotSigned(IntEnum):
    """The error codes of LoadRpmPackage that are not signed."""

    noSession = 4
    undefinedError = 127


class RpmProcessingTerminated(IntEnum):
    """The reasons why the rest of a package is not looked at."""

    resultSizeOverflow = 1
    unknownOrDamagedCommand = 2
    interruption = 3
    commandsWithRefreshExceeded = 4
    commandAfterContactPcmp = 5
    commandPackageTooLarge = 6


class ContactPcmpError(IntEnum):
    """The error codes of contactPcmp."""

    profileNotEnabled = 2
    commandError = 7
    noLprConfiguration = 13
    undefinedError = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class OfProfile(Structure):
    """The Profile that a command is for."""

    iccid: Annotated[Iccid, At(Tag.Iccid, ICCID)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RpmSearchCriteria(Structure):
    """CHOICE of the one Profile, and all of an owner."""

    TAG: ClassVar[int] = 0xA0
    CHOICE: ClassVar[bool] = True

    iccid: Annotated[Iccid | None, At(Tag.Iccid, ICCID)] = None
    profile_owner_oid: Annotated[Oid | None, At(0x80, OID)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListProfileInfo(Structure):
    """ListProfileInfo: which Profiles, and which of their objects; tags without separators."""

    TAG: ClassVar[int] = 0xA5

    search_criteria: Annotated[RpmSearchCriteria, At(0xA0, structure(RpmSearchCriteria))]
    tag_list: Annotated[bytes | None, At(Tag.TagList, OCTETS)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateMetadataOf(Structure):
    """UpdateMetadata of one Profile."""

    iccid: Annotated[Iccid, At(Tag.Iccid, ICCID)]
    update_metadata_request: Annotated[
        UpdateMetadataRequest, At(Tag.UpdateMetadata, structure(UpdateMetadataRequest))
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPcmp(Structure):
    """ContactPcmp: the LPA proxy is to ask the PCM Platform of a Profile."""

    iccid: Annotated[Iccid, At(Tag.Iccid, ICCID)]
    dpi_rpm: Annotated[str | None, At(Tag.Utf8String, UTF8)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RpmCommandDetails(Structure):
    """CHOICE of the six commands, without a tag of its own."""

    CHOICE: ClassVar[bool] = True

    enable: Annotated[OfProfile | None, At(0xA1, structure(OfProfile))] = None
    disable: Annotated[OfProfile | None, At(0xA2, structure(OfProfile))] = None
    delete: Annotated[OfProfile | None, At(0xA3, structure(OfProfile))] = None
    list_profile_info: Annotated[ListProfileInfo | None, At(0xA4, structure(ListProfileInfo))] = (
        None
    )
    update_metadata: Annotated[UpdateMetadataOf | None, At(0xA5, structure(UpdateMetadataOf))] = (
        None
    )
    contact_pcmp: Annotated[ContactPcmp | None, At(0xA6, structure(ContactPcmp))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RpmCommand(Structure):
    """RpmCommand: whether the package goes on after its failure, and the command, whole."""

    continue_on_failure: Annotated[bool | None, At(0x80, NULL)] = None
    rpm_command_details: Annotated[bytes, At(_COMMAND_TAGS[0], ANY, also=_COMMAND_TAGS[1:])]

    @classmethod
    def of(cls, details: RpmCommandDetails, *, continue_on_failure: bool = False) -> "RpmCommand":
        """Returns the command of these details."""
        return cls(
            continue_on_failure=continue_on_failure or None,
            rpm_command_details=details.content(),
        )

    @property
    def details(self) -> RpmCommandDetails:
        """Returns the command itself.

        Raises:
            DecodeError: it cannot be read.
        """
        whole = tlv.encode(Tag.Sequence, self.rpm_command_details)
        return RpmCommandDetails.from_tlv(tlv.parse(whole))


@dataclass(frozen=True, slots=True, kw_only=True)
class SmdpSigned3(Structure):
    """SmdpSigned3; each command is a whole data object (30), read one by one."""

    transaction_id: Annotated[TransactionId, At(0x80, TRANSACTION_ID)]
    rpm_package: Annotated[tuple[bytes, ...], At(0xA1, sequence_of(Tag.Sequence, ANY))]
    rpm_pending: Annotated[bool | None, At(0x82, NULL)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRpmPackageRequest(Structure):
    """ES10b.LoadRpmPackage request; the port only in MEP-A1."""

    TAG: ClassVar[int] = Tag.LoadRpmPackage

    smdp_signed3: Annotated[SmdpSigned3, At(Tag.Sequence, structure(SmdpSigned3))]
    smdp_signature3: Annotated[bytes, At(Tag.Signature, OCTETS)]
    target_esim_port: Annotated[int | None, At(Tag.Integer, INTEGER)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPcmpResponseOk(Structure):
    """The address of the PCM Platform."""

    TAG: ClassVar[int] = 0xA0

    pcmp_address: Annotated[str, At(0x80, UTF8)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPcmpResponse(Structure):
    """ContactPcmpResponse: CHOICE of address and error."""

    TAG: ClassVar[int] = 0xA0
    CHOICE: ClassVar[bool] = True

    contact_pcmp_response_ok: Annotated[
        ContactPcmpResponseOk | None, At(0xA0, structure(ContactPcmpResponseOk))
    ] = None
    contact_pcmp_response_error: Annotated[int | None, At(0x81, enumerated(ContactPcmpError))] = (
        None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RpmCommandResultData(Structure):
    """CHOICE of the results of the six commands, and the end of the whole package."""

    CHOICE: ClassVar[bool] = True

    enable_result: Annotated[
        EnableProfileResponse | None, At(Tag.EnableProfile, structure(EnableProfileResponse))
    ] = None
    disable_result: Annotated[
        DisableProfileResponse | None, At(Tag.DisableProfile, structure(DisableProfileResponse))
    ] = None
    delete_result: Annotated[
        DeleteProfileResponse | None, At(Tag.DeleteProfile, structure(DeleteProfileResponse))
    ] = None
    list_profile_info_result: Annotated[
        ProfileInfoListResponse | None,
        At(Tag.GetProfilesInfo, structure(ProfileInfoListResponse)),
    ] = None
    update_metadata_result: Annotated[
        int | None, At(Tag.UpdateMetadataResult, enumerated(UpdateMetadataResult))
    ] = None
    contact_pcmp_result: Annotated[
        ContactPcmpResponse | None, At(0xA0, structure(ContactPcmpResponse))
    ] = None
    rpm_processing_terminated: Annotated[
        int | None, At(Tag.Integer, enumerated(RpmProcessingTerminated))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RpmCommandResult(Structure):
    """RpmCommandResult: the Profile, absent with a list and the end, and the result, whole."""

    iccid: Annotated[Iccid | None, At(Tag.Iccid, ICCID)] = None
    rpm_command_result_data: Annotated[bytes, At(_RESULT_TAGS[0], ANY, also=_RESULT_TAGS[1:])]

    @classmethod
    def of(cls, data: RpmCommandResultData, iccid: Iccid | None = None) -> "RpmCommandResult":
        """Returns the result of one command."""
        return cls(iccid=iccid, rpm_command_result_data=data.content())

    @property
    def data(self) -> RpmCommandResultData:
        """Returns the result itself.

        Raises:
            DecodeError: it cannot be read.
        """
        whole = tlv.encode(Tag.Sequence, self.rpm_command_result_data)
        return RpmCommandResultData.from_tlv(tlv.parse(whole))


@dataclass(frozen=True, slots=True, kw_only=True)
class RpmFinalResult(Structure):
    """CHOICE of the results in the order of the commands, and an error of the whole."""

    TAG: ClassVar[int] = 0xA2
    CHOICE: ClassVar[bool] = True

    rpm_package_execution_result: Annotated[
        tuple[RpmCommandResult, ...] | None,
        At(0xA0, sequence_of(Tag.Sequence, structure(RpmCommandResult))),
    ] = None
    load_rpm_package_error_code_signed: Annotated[
        int | None, At(0x81, enumerated(LoadRpmPackageErrorCodeSigned))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRpmPackageResultDataSigned(Structure):
    """LoadRpmPackageResultDataSigned, what the card signs."""

    transaction_id: Annotated[TransactionId, At(0x80, TRANSACTION_ID)]
    notification_metadata: Annotated[
        NotificationMetadata, At(Tag.NotificationMetadata, structure(NotificationMetadata))
    ]
    smdp_oid: Annotated[Oid, At(Tag.ObjectIdentifier, OID)]
    final_result: Annotated[RpmFinalResult, At(0xA2, structure(RpmFinalResult))]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRpmPackageResultSigned(Structure):
    """LoadRpmPackageResultSigned: the data under A0, the signature of 64 octets under 81.

    In the list of Notifications it stands under A1.
    """

    load_rpm_package_result_data_signed: Annotated[
        LoadRpmPackageResultDataSigned, At(0xA0, structure(LoadRpmPackageResultDataSigned))
    ]
    euicc_sign_rpr: Annotated[bytes, At(0x81, OCTETS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRpmPackageResultNotSigned(Structure):
    """LoadRpmPackageResultNotSigned."""

    transaction_id: Annotated[TransactionId, At(0x80, TRANSACTION_ID)]
    load_rpm_package_error_code_not_signed: Annotated[
        int, At(Tag.Integer, enumerated(LoadRpmPackageErrorCodeNotSigned))
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRpmPackageResult(Structure):
    """ES10b.LoadRpmPackage response: CHOICE of a signed result, and one that is not signed."""

    TAG: ClassVar[int] = Tag.LoadRpmPackage
    CHOICE: ClassVar[bool] = True

    load_rpm_package_result_signed: Annotated[
        LoadRpmPackageResultSigned | None, At(0xA0, structure(LoadRpmPackageResultSigned))
    ] = None
    load_rpm_package_result_not_signed: Annotated[
        LoadRpmPackageResultNotSigned | None, At(0xA1, structure(LoadRpmPackageResultNotSigned))
    ] = None
