"""Results of installations and Notifications in version 3: more reasons, longer chains."""

from enum import IntEnum
from typing import Annotated

from rspcore.frozen import dataclass
from rspcore.messages import notifications
from rspcore.messages.codec import (
    ANY,
    At,
    bits,
    enumerated,
    sequence_of,
    structure,
)
from rspcore.messages.v3.profile_metadata import NotificationEvent
from rspcore.tags import Tag

__all__ = [
    "ErrorReason",
    "ErrorResult",
    "FinalResult",
    "NotificationMetadata",
    "OtherSignedNotification",
    "ProfileInstallationResult",
    "ProfileInstallationResultData",
]


class ErrorReason(IntEnum):
    """The reasons an installation failed; 10 and 11 pass, all others are permanent."""

    incorrectInputValues = 1
    invalidSignature = 2
    invalidTransactionId = 3
    unsupportedCrtValues = 4
    unsupportedRemoteOperationType = 5
    unsupportedProfileClass = 6
    bspStructureError = 7
    bspSecurityError = 8
    installFailedDueToIccidAlreadyExistsOnEuicc = 9
    installFailedDueToInsufficientMemoryForProfile = 10
    installFailedDueToInterruption = 11
    installFailedDueToPEProcessingError = 12
    installFailedDueToDataMismatch = 13
    testProfileInstallFailedDueToInvalidNaaKey = 14
    pprNotAllowed = 15
    enterpriseProfilesNotSupported = 17
    enterpriseRulesNotAllowed = 18
    enterpriseProfileNotAllowed = 19
    enterpriseOidMismatch = 20
    enterpriseRulesError = 21
    enterpriseProfilesOnly = 22
    lprNotSupported = 23
    unknownTlvInMetadata = 26
    installFailedDueToUnknownError = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationMetadata(notifications.NotificationMetadata):
    """NotificationMetadata: one of eight events."""

    profile_management_operation: Annotated[frozenset[int], At(0x81, bits(NotificationEvent))]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorResult(notifications.ErrorResult):
    """ErrorResult; `sima_response` is ppiResponse."""

    error_reason: Annotated[int, At(0x81, enumerated(ErrorReason))]


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalResult(notifications.FinalResult):
    """CHOICE of SuccessResult and ErrorResult."""

    error_result: Annotated[ErrorResult | None, At(0xA1, structure(ErrorResult))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileInstallationResultData(notifications.ProfileInstallationResultData):
    """ProfileInstallationResultData."""

    notification_metadata: Annotated[
        NotificationMetadata, At(Tag.NotificationMetadata, structure(NotificationMetadata))
    ]
    final_result: Annotated[FinalResult, At(0xA2, structure(FinalResult))]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileInstallationResult(notifications.ProfileInstallationResult):
    """ProfileInstallationResult."""

    data: Annotated[
        ProfileInstallationResultData,
        At(Tag.ProfileInstallationResultData, structure(ProfileInstallationResultData)),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherSignedNotification(notifications.OtherSignedNotification):
    """OtherSignedNotification; `eum_certificate` is nextCertInChain, the others follow it."""

    tbs_other_notification: Annotated[
        NotificationMetadata, At(Tag.NotificationMetadata, structure(NotificationMetadata))
    ]
    other_certs_in_chain: Annotated[
        tuple[bytes, ...] | None, At(0xA1, sequence_of(Tag.Sequence, ANY))
    ] = None
