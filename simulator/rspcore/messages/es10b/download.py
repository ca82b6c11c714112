"""ES10b: PrepareDownload and CancelSession (SGP.22 v2, 5.7.5 and 5.7.14).

BoundProfilePackage travels in segments and is therefore read with `rspcore.tlv`, not as one
message; its ES8+ commands are in `rspcore.messages.es8p`.
"""

from enum import IntEnum
from typing import Annotated, ClassVar

from rspcore.frozen import dataclass
from rspcore.ids import Oid, TransactionId
from rspcore.messages.codec import (
    ANY,
    BOOLEAN,
    OCTETS,
    OID,
    TRANSACTION_ID,
    At,
    Structure,
    enumerated,
    octets,
    structure,
)
from rspcore.tags import Tag

__all__ = [
    "CancelSessionReason",
    "CancelSessionRequest",
    "CancelSessionResponse",
    "CancelSessionResponseError",
    "CancelSessionResponseOk",
    "DownloadErrorCode",
    "EuiccCancelSessionSigned",
    "EuiccSigned2",
    "PrepareDownloadRequest",
    "PrepareDownloadResponse",
    "PrepareDownloadResponseError",
    "PrepareDownloadResponseOk",
    "SmdpSigned2",
]


class DownloadErrorCode(IntEnum):
    """The error codes of PrepareDownload."""

    invalidCertificate = 1
    invalidSignature = 2
    unsupportedCurve = 3
    noSessionContext = 4
    invalidTransactionId = 5
    undefinedError = 127


class CancelSessionReason(IntEnum):
    """The reasons of CancelSession."""

    endUserRejection = 0
    postponed = 1
    timeout = 2
    pprNotAllowed = 3
    metadataMismatch = 4
    loadBppExecutionError = 5
    undefinedReason = 127


class CancelSessionResponseError(IntEnum):
    """The error codes of CancelSession."""

    invalidTransactionId = 5
    undefinedError = 127


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
