"""ProfileInstallationResult and Notifications: the receipts a card signs for servers.

Source: SGP.22 v2, 2.5.6, 3.5, 5.7.9 to 5.7.11 and annex H.
"""

from enum import IntEnum
from typing import Annotated, ClassVar

from rspcore.frozen import dataclass
from rspcore.ids import Aid, Iccid, Oid, TransactionId
from rspcore.messages.codec import (
    AID,
    ANY,
    ICCID,
    INTEGER,
    OCTETS,
    OID,
    TRANSACTION_ID,
    At,
    Structure,
    bits,
    enumerated,
    octets,
    structure,
    utf8,
)
from rspcore.messages.metadata import NotificationEvent
from rspcore.tags import Tag

__all__ = [
    "BppCommandId",
    "ErrorReason",
    "ErrorResult",
    "FinalResult",
    "NotificationMetadata",
    "OtherSignedNotification",
    "ProfileInstallationResult",
    "ProfileInstallationResultData",
    "SuccessResult",
]


class BppCommandId(IntEnum):
    """The ES8+ command an installation stopped at."""

    initialiseSecureChannel = 0
    configureISDP = 1
    storeMetadata = 2
    storeMetadata2 = 3
    replaceSessionKeys = 4
    loadProfileElements = 5


class ErrorReason(IntEnum):
    """The reasons an installation failed."""

    incorrectInputValues = 1
    invalidSignature = 2
    invalidTransactionId = 3
    unsupportedCrtValues = 4
    unsupportedRemoteOperationType = 5
    unsupportedProfileClass = 6
    scp03tStructureError = 7
    scp03tSecurityError = 8
    installFailedDueToIccidAlreadyExistsOnEuicc = 9
    installFailedDueToInsufficientMemoryForProfile = 10
    installFailedDueToInterruption = 11
    installFailedDueToPEProcessingError = 12
    installFailedDueToDataMismatch = 13
    testProfileInstallFailedDueToInvalidNaaKey = 14
    pprNotAllowed = 15
    installFailedDueToUnknownError = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationMetadata(Structure):
    """NotificationMetadata: number, one event, address and Profile of a Notification."""

    TAG: ClassVar[int] = Tag.NotificationMetadata

    seq_number: Annotated[int, At(0x80, INTEGER)]
    profile_management_operation: Annotated[frozenset[int], At(0x81, bits(NotificationEvent))]
    notification_address: Annotated[str, At(Tag.Utf8String, utf8(0, 65535))]
    iccid: Annotated[Iccid | None, At(Tag.Iccid, ICCID)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessResult(Structure):
    """SuccessResult: AID of the new ISD-P and the interpreter's EUICCResponse values."""

    TAG: ClassVar[int] = 0xA0

    aid: Annotated[Aid, At(Tag.IsdpAid, AID)]
    sima_response: Annotated[bytes, At(Tag.OctetString, OCTETS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorResult(Structure):
    """ErrorResult: the ES8+ command that failed, why, and the interpreter's answer, if any."""

    TAG: ClassVar[int] = 0xA1

    bpp_command_id: Annotated[int, At(0x80, enumerated(BppCommandId))]
    error_reason: Annotated[int, At(0x81, enumerated(ErrorReason))]
    sima_response: Annotated[bytes | None, At(0x82, OCTETS)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalResult(Structure):
    """CHOICE of SuccessResult and ErrorResult."""

    TAG: ClassVar[int] = 0xA2
    CHOICE: ClassVar[bool] = True

    success_result: Annotated[SuccessResult | None, At(0xA0, structure(SuccessResult))] = None
    error_result: Annotated[ErrorResult | None, At(0xA1, structure(ErrorResult))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileInstallationResultData(Structure):
    """ProfileInstallationResultData, the signed part of a ProfileInstallationResult."""

    TAG: ClassVar[int] = Tag.ProfileInstallationResultData

    transaction_id: Annotated[TransactionId, At(0x80, TRANSACTION_ID)]
    notification_metadata: Annotated[
        NotificationMetadata, At(Tag.NotificationMetadata, structure(NotificationMetadata))
    ]
    smdp_oid: Annotated[Oid, At(Tag.ObjectIdentifier, OID)]
    final_result: Annotated[FinalResult, At(0xA2, structure(FinalResult))]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileInstallationResult(Structure):
    """ProfileInstallationResult: the data and the card's signature over it (64 octets, r and s)."""

    TAG: ClassVar[int] = Tag.ProfileInstallationResult

    data: Annotated[
        ProfileInstallationResultData,
        At(Tag.ProfileInstallationResultData, structure(ProfileInstallationResultData)),
    ]
    euicc_sign_pir: Annotated[bytes, At(Tag.Signature, octets(64))]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherSignedNotification(Structure):
    """OtherSignedNotification: metadata, signature over its data object, CERT.EUICC, CERT.EUM.

    The two certificates have the same tag (30) and are distinguished by their order.
    """

    TAG: ClassVar[int] = Tag.Sequence

    tbs_other_notification: Annotated[
        NotificationMetadata, At(Tag.NotificationMetadata, structure(NotificationMetadata))
    ]
    euicc_notification_signature: Annotated[bytes, At(Tag.Signature, octets(64))]
    euicc_certificate: Annotated[bytes, At(Tag.Sequence, ANY)]
    eum_certificate: Annotated[bytes, At(Tag.Sequence, ANY)]
