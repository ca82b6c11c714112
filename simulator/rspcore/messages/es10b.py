"""ES10b: the messages of the download, cancellation, notification and rule functions.

Source: SGP.22 v2, 5.7.5 to 5.7.14, 5.7.22 and annex H. BoundProfilePackage travels in segments and
is therefore read with `rspcore.tlv`, not as one message; its ES8+ commands are in `es8p`.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, ClassVar

from rspcore.ids import Oid, TransactionId
from rspcore.messages.codec import (
    ANY,
    BOOLEAN,
    INTEGER,
    OCTETS,
    OID,
    TRANSACTION_ID,
    At,
    Codec,
    Structure,
    bits,
    enumerated,
    octets,
    sequence_of,
    structure,
    utf8,
)
from rspcore.messages.euicc_info import DeviceInfo, EuiccInfo2
from rspcore.messages.metadata import NotificationEvent, ProfilePolicyAuthorisationRule
from rspcore.messages.notifications import NotificationMetadata
from rspcore.tags import Tag
from rspcore.tlv import Tlv, parse_all

__all__ = [
    "AuthenticateErrorCode",
    "AuthenticateResponseError",
    "AuthenticateResponseOk",
    "AuthenticateServerRequest",
    "AuthenticateServerResponse",
    "CancelSessionReason",
    "CancelSessionRequest",
    "CancelSessionResponse",
    "CancelSessionResponseError",
    "CancelSessionResponseOk",
    "CtxParams1",
    "CtxParamsForCommonAuthentication",
    "DownloadErrorCode",
    "EuiccCancelSessionSigned",
    "EuiccSigned1",
    "EuiccSigned2",
    "GetEuiccChallengeRequest",
    "GetEuiccChallengeResponse",
    "GetEuiccInfo1Request",
    "GetEuiccInfo2Request",
    "GetRatRequest",
    "GetRatResponse",
    "ListNotificationRequest",
    "ListNotificationResponse",
    "ListNotificationsResultError",
    "LoadCrlErrorCode",
    "LoadCrlRequest",
    "LoadCrlResponse",
    "LoadCrlResponseOk",
    "NotificationSentRequest",
    "NotificationSentResponse",
    "NotificationSentResult",
    "PrepareDownloadRequest",
    "PrepareDownloadResponse",
    "PrepareDownloadResponseError",
    "PrepareDownloadResponseOk",
    "RetrieveNotificationsListRequest",
    "RetrieveNotificationsListResponse",
    "RetrieveNotificationsListResultError",
    "SearchCriteria",
    "ServerSigned1",
    "SmdpSigned2",
]


class AuthenticateErrorCode(IntEnum):
    """Name the error codes of AuthenticateServer."""

    invalidCertificate = 1
    invalidSignature = 2
    unsupportedCurve = 3
    noSessionContext = 4
    invalidOid = 5
    euiccChallengeMismatch = 6
    ciPKUnknown = 7
    undefinedError = 127


class DownloadErrorCode(IntEnum):
    """Name the error codes of PrepareDownload."""

    invalidCertificate = 1
    invalidSignature = 2
    unsupportedCurve = 3
    noSessionContext = 4
    invalidTransactionId = 5
    undefinedError = 127


class CancelSessionReason(IntEnum):
    """Name the reasons of CancelSession."""

    endUserRejection = 0
    postponed = 1
    timeout = 2
    pprNotAllowed = 3
    metadataMismatch = 4
    loadBppExecutionError = 5
    undefinedReason = 127


class CancelSessionResponseError(IntEnum):
    """Name the error codes of CancelSession."""

    invalidTransactionId = 5
    undefinedError = 127


class ListNotificationsResultError(IntEnum):
    """Name the error codes of ListNotification."""

    undefinedError = 127


class RetrieveNotificationsListResultError(IntEnum):
    """Name the error codes of RetrieveNotificationsList; 1 exists up to v2.5."""

    noResultAvailable = 1
    undefinedError = 127


class NotificationSentResult(IntEnum):
    """Name the results of RemoveNotificationFromList."""

    ok = 0
    nothingToDelete = 1
    undefinedError = 127


class LoadCrlErrorCode(IntEnum):
    """Name the error codes of LoadCRL."""

    invalidSignature = 1
    invalidCRLFormat = 2
    notEnoughMemorySpace = 3
    verificationKeyNotFound = 4
    fresherCrlAlreadyLoaded = 5
    baseCrlMissing = 6
    undefinedError = 127


def _decode_all(one: Tlv) -> tuple[bytes, ...]:
    return tuple(bytes(child.raw) for child in parse_all(one.value))


_DATA_OBJECTS = Codec(_decode_all, b"".join)
"""A sequence of whole data objects of any tag, kept as they came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetEuiccChallengeRequest(Structure):
    """ES10b.GetEUICCChallenge request, empty: opens a new RSP session."""

    TAG: ClassVar[int] = Tag.GetEuiccChallenge


@dataclass(frozen=True, slots=True, kw_only=True)
class GetEuiccChallengeResponse(Structure):
    """ES10b.GetEUICCChallenge response: 16 random octets."""

    TAG: ClassVar[int] = Tag.GetEuiccChallenge

    euicc_challenge: Annotated[bytes, At(0x80, octets(16))]


@dataclass(frozen=True, slots=True, kw_only=True)
class GetEuiccInfo1Request(Structure):
    """ES10b.GetEUICCInfo request for EUICCInfo1, empty; the answer is `EuiccInfo1`."""

    TAG: ClassVar[int] = Tag.GetEuiccInfo1


@dataclass(frozen=True, slots=True, kw_only=True)
class GetEuiccInfo2Request(Structure):
    """ES10b.GetEUICCInfo request for EUICCInfo2, empty; the answer is `EuiccInfo2`."""

    TAG: ClassVar[int] = Tag.GetEuiccInfo2


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSigned1(Structure):
    """ServerSigned1: what the server signs first. Address is an FQDN, challenges 16 octets."""

    transaction_id: Annotated[TransactionId, At(0x80, TRANSACTION_ID)]
    euicc_challenge: Annotated[bytes, At(0x81, octets(16))]
    server_address: Annotated[str, At(0x83, utf8(0, 65535))]
    server_challenge: Annotated[bytes, At(0x84, octets(16))]


@dataclass(frozen=True, slots=True, kw_only=True)
class CtxParamsForCommonAuthentication(Structure):
    """CtxParamsForCommonAuthentication: MatchingID and DeviceInfo."""

    TAG: ClassVar[int] = 0xA0

    matching_id: Annotated[str | None, At(0x80, utf8(0, 255))] = None
    device_info: Annotated[DeviceInfo, At(0xA1, structure(DeviceInfo))]


@dataclass(frozen=True, slots=True, kw_only=True)
class CtxParams1(Structure):
    """CtxParams1: CHOICE with one alternative in version 2; it stands bare, without an own tag."""

    TAG: ClassVar[int] = 0xA0
    CHOICE: ClassVar[bool] = True

    ctx_params_for_common_authentication: Annotated[
        CtxParamsForCommonAuthentication | None,
        At(0xA0, structure(CtxParamsForCommonAuthentication)),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticateServerRequest(Structure):
    """ES10b.AuthenticateServer request.

    `ctx_params1` is the whole data object (A0 in version 2), which the card copies into
    euiccSigned1 octet for octet. `euicc_ci_pkid_to_be_used` is 20 octets.
    """

    TAG: ClassVar[int] = Tag.AuthenticateServer

    server_signed1: Annotated[ServerSigned1, At(Tag.Sequence, structure(ServerSigned1))]
    server_signature1: Annotated[bytes, At(Tag.Signature, OCTETS)]
    euicc_ci_pkid_to_be_used: Annotated[bytes, At(Tag.OctetString, OCTETS)]
    server_certificate: Annotated[bytes, At(Tag.Sequence, ANY)]
    ctx_params1: Annotated[bytes, At(0xA0, ANY)]


@dataclass(frozen=True, slots=True, kw_only=True)
class EuiccSigned1(Structure):
    """EuiccSigned1: the card's answer to the server's challenge, with its EUICCInfo2."""

    transaction_id: Annotated[TransactionId, At(0x80, TRANSACTION_ID)]
    server_address: Annotated[str, At(0x83, utf8(0, 65535))]
    server_challenge: Annotated[bytes, At(0x84, octets(16))]
    euicc_info2: Annotated[EuiccInfo2, At(Tag.GetEuiccInfo2, structure(EuiccInfo2))]
    ctx_params1: Annotated[bytes, At(0xA0, ANY)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticateResponseOk(Structure):
    """AuthenticateResponseOk: signed data, signature (64 octets), CERT.EUICC, CERT.EUM."""

    TAG: ClassVar[int] = 0xA0

    euicc_signed1: Annotated[EuiccSigned1, At(Tag.Sequence, structure(EuiccSigned1))]
    euicc_signature1: Annotated[bytes, At(Tag.Signature, octets(64))]
    euicc_certificate: Annotated[bytes, At(Tag.Sequence, ANY)]
    eum_certificate: Annotated[bytes, At(Tag.Sequence, ANY)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticateResponseError(Structure):
    """AuthenticateResponseError: transactionId of serverSigned1 and an error code."""

    TAG: ClassVar[int] = 0xA1

    transaction_id: Annotated[TransactionId, At(0x80, TRANSACTION_ID)]
    authenticate_error_code: Annotated[int, At(Tag.Integer, enumerated(AuthenticateErrorCode))]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticateServerResponse(Structure):
    """ES10b.AuthenticateServer response: CHOICE of ok and error."""

    TAG: ClassVar[int] = Tag.AuthenticateServer
    CHOICE: ClassVar[bool] = True

    authenticate_response_ok: Annotated[
        AuthenticateResponseOk | None, At(0xA0, structure(AuthenticateResponseOk))
    ] = None
    authenticate_response_error: Annotated[
        AuthenticateResponseError | None, At(0xA1, structure(AuthenticateResponseError))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SmdpSigned2(Structure):
    """SmdpSigned2: session, whether a Confirmation Code is due, and a one-time key to reuse."""

    transaction_id: Annotated[TransactionId, At(0x80, TRANSACTION_ID)]
    cc_required_flag: Annotated[bool, At(Tag.Boolean, BOOLEAN)]
    bpp_euicc_otpk: Annotated[bytes | None, At(Tag.OneTimePublicKey, OCTETS)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareDownloadRequest(Structure):
    """ES10b.PrepareDownload request; hashCc is 32 octets when a Confirmation Code is used."""

    TAG: ClassVar[int] = Tag.PrepareDownload

    smdp_signed2: Annotated[SmdpSigned2, At(Tag.Sequence, structure(SmdpSigned2))]
    smdp_signature2: Annotated[bytes, At(Tag.Signature, OCTETS)]
    hash_cc: Annotated[bytes | None, At(Tag.OctetString, octets(32))] = None
    smdp_certificate: Annotated[bytes, At(Tag.Sequence, ANY)]


@dataclass(frozen=True, slots=True, kw_only=True)
class EuiccSigned2(Structure):
    """EUICCSigned2: session, one-time public key (65 octets, uncompressed), hashCc if given."""

    transaction_id: Annotated[TransactionId, At(0x80, TRANSACTION_ID)]
    euicc_otpk: Annotated[bytes, At(Tag.OneTimePublicKey, OCTETS)]
    hash_cc: Annotated[bytes | None, At(Tag.OctetString, octets(32))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareDownloadResponseOk(Structure):
    """PrepareDownloadResponseOk: signed data and signature (64 octets)."""

    TAG: ClassVar[int] = 0xA0

    euicc_signed2: Annotated[EuiccSigned2, At(Tag.Sequence, structure(EuiccSigned2))]
    euicc_signature2: Annotated[bytes, At(Tag.Signature, octets(64))]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareDownloadResponseError(Structure):
    """PrepareDownloadResponseError: transactionId and an error code."""

    TAG: ClassVar[int] = 0xA1

    transaction_id: Annotated[TransactionId, At(0x80, TRANSACTION_ID)]
    download_error_code: Annotated[int, At(Tag.Integer, enumerated(DownloadErrorCode))]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareDownloadResponse(Structure):
    """ES10b.PrepareDownload response: CHOICE of ok and error."""

    TAG: ClassVar[int] = Tag.PrepareDownload
    CHOICE: ClassVar[bool] = True

    download_response_ok: Annotated[
        PrepareDownloadResponseOk | None, At(0xA0, structure(PrepareDownloadResponseOk))
    ] = None
    download_response_error: Annotated[
        PrepareDownloadResponseError | None, At(0xA1, structure(PrepareDownloadResponseError))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelSessionRequest(Structure):
    """ES10b.CancelSession request."""

    TAG: ClassVar[int] = Tag.CancelSession

    transaction_id: Annotated[TransactionId, At(0x80, TRANSACTION_ID)]
    reason: Annotated[int, At(0x81, enumerated(CancelSessionReason))]


@dataclass(frozen=True, slots=True, kw_only=True)
class EuiccCancelSessionSigned(Structure):
    """EuiccCancelSessionSigned: session, OID of the server's certificate, reason."""

    transaction_id: Annotated[TransactionId, At(0x80, TRANSACTION_ID)]
    smdp_oid: Annotated[Oid, At(0x81, OID)]
    reason: Annotated[int, At(0x82, enumerated(CancelSessionReason))]


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelSessionResponseOk(Structure):
    """CancelSessionResponseOk: signed data and signature (64 octets)."""

    TAG: ClassVar[int] = 0xA0

    euicc_cancel_session_signed: Annotated[
        EuiccCancelSessionSigned, At(Tag.Sequence, structure(EuiccCancelSessionSigned))
    ]
    euicc_cancel_session_signature: Annotated[bytes, At(Tag.Signature, octets(64))]


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelSessionResponse(Structure):
    """ES10b.CancelSession response: CHOICE of ok and error."""

    TAG: ClassVar[int] = Tag.CancelSession
    CHOICE: ClassVar[bool] = True

    cancel_session_response_ok: Annotated[
        CancelSessionResponseOk | None, At(0xA0, structure(CancelSessionResponseOk))
    ] = None
    cancel_session_response_error: Annotated[
        int | None, At(0x81, enumerated(CancelSessionResponseError))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNotificationRequest(Structure):
    """ES10b.ListNotification request: all events when no filter is given."""

    TAG: ClassVar[int] = Tag.ListNotification

    profile_management_operation: Annotated[
        frozenset[int] | None, At(0x81, bits(NotificationEvent))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNotificationResponse(Structure):
    """ES10b.ListNotification response: CHOICE of the list, which may be empty, and an error."""

    TAG: ClassVar[int] = Tag.ListNotification
    CHOICE: ClassVar[bool] = True

    notification_metadata_list: Annotated[
        tuple[NotificationMetadata, ...] | None,
        At(0xA0, sequence_of(Tag.NotificationMetadata, structure(NotificationMetadata))),
    ] = None
    list_notifications_result_error: Annotated[
        int | None, At(0x81, enumerated(ListNotificationsResultError))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchCriteria(Structure):
    """CHOICE of a sequence number and a set of events."""

    TAG: ClassVar[int] = 0xA0
    CHOICE: ClassVar[bool] = True

    seq_number: Annotated[int | None, At(0x80, INTEGER)] = None
    profile_management_operation: Annotated[
        frozenset[int] | None, At(0x81, bits(NotificationEvent))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveNotificationsListRequest(Structure):
    """ES10b.RetrieveNotificationsList request: everything when no criteria are given."""

    TAG: ClassVar[int] = Tag.RetrieveNotificationsList

    search_criteria: Annotated[SearchCriteria | None, At(0xA0, structure(SearchCriteria))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveNotificationsListResponse(Structure):
    """ES10b.RetrieveNotificationsList response.

    `notification_list` holds whole PendingNotification data objects: BF37 is a
    ProfileInstallationResult, 30 an OtherSignedNotification.
    """

    TAG: ClassVar[int] = Tag.RetrieveNotificationsList
    CHOICE: ClassVar[bool] = True

    notification_list: Annotated[tuple[bytes, ...] | None, At(0xA0, _DATA_OBJECTS)] = None
    notifications_list_result_error: Annotated[
        int | None, At(0x81, enumerated(RetrieveNotificationsListResultError))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSentRequest(Structure):
    """ES10b.RemoveNotificationFromList request."""

    TAG: ClassVar[int] = Tag.NotificationSent

    seq_number: Annotated[int, At(0x80, INTEGER)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSentResponse(Structure):
    """ES10b.RemoveNotificationFromList response."""

    TAG: ClassVar[int] = Tag.NotificationSent

    delete_notification_status: Annotated[int, At(0x80, enumerated(NotificationSentResult))]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCrlRequest(Structure):
    """ES10b.LoadCRL request: one CertificateList, under A0 (automatic tagging) or as it is (30)."""

    TAG: ClassVar[int] = Tag.LoadCRL
    CHOICE: ClassVar[bool] = True

    crl: Annotated[bytes | None, At(0xA0, OCTETS)] = None
    certificate_list: Annotated[bytes | None, At(Tag.Sequence, ANY)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCrlResponseOk(Structure):
    """LoadCRLResponseOk: numbers of the parts still missing."""

    TAG: ClassVar[int] = 0xA0

    missing_parts: Annotated[
        tuple[int, ...] | None, At(0xA0, sequence_of(Tag.Integer, INTEGER))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCrlResponse(Structure):
    """ES10b.LoadCRL response: CHOICE of ok and error."""

    TAG: ClassVar[int] = Tag.LoadCRL
    CHOICE: ClassVar[bool] = True

    load_crl_response_ok: Annotated[
        LoadCrlResponseOk | None, At(0xA0, structure(LoadCrlResponseOk))
    ] = None
    load_crl_response_error: Annotated[int | None, At(0x81, enumerated(LoadCrlErrorCode))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRatRequest(Structure):
    """ES10b.GetRAT request, empty."""

    TAG: ClassVar[int] = Tag.GetRat


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRatResponse(Structure):
    """ES10b.GetRAT response: the rules in order of precedence."""

    TAG: ClassVar[int] = Tag.GetRat

    rat: Annotated[
        tuple[ProfilePolicyAuthorisationRule, ...],
        At(0xA0, sequence_of(Tag.Sequence, structure(ProfilePolicyAuthorisationRule))),
    ]
