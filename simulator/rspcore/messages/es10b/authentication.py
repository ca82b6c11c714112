"""ES10b: GetEUICCInfo, GetEUICCChallenge, AuthenticateServer (SGP.22 v2, 5.7.7, 5.7.8, 5.7.13)."""

from enum import IntEnum
from typing import Annotated, ClassVar

from rspcore.frozen import dataclass
from rspcore.ids import TransactionId
from rspcore.messages.codec import (
    ANY,
    OCTETS,
    TRANSACTION_ID,
    At,
    Structure,
    enumerated,
    octets,
    structure,
    utf8,
)
from rspcore.messages.euicc_info import DeviceInfo, EuiccInfo2
from rspcore.tags import Tag

__all__ = [
    "AuthenticateErrorCode",
    "AuthenticateResponseError",
    "AuthenticateResponseOk",
    "AuthenticateServerRequest",
    "AuthenticateServerResponse",
    "CtxParams1",
    "CtxParamsForCommonAuthentication",
    "EuiccSigned1",
    "GetEuiccChallengeRequest",
    "GetEuiccChallengeResponse",
    "GetEuiccInfo1Request",
    "GetEuiccInfo2Request",
    "ServerSigned1",
]


class AuthenticateErrorCode(IntEnum):
    """The error codes of AuthenticateServer."""

    invalidCertificate = 1
    invalidSignature = 2
    unsupportedCurve = 3
    noSessionContext = 4
    invalidOid = 5
    euiccChallengeMismatch = 6
    ciPKUnknown = 7
    undefinedError = 127


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
    """ServerSigned1: the first data the server signs. Address is an FQDN, challenges 16 octets."""

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
    """CtxParams1: CHOICE with one alternative in version 2; it has no tag of its own."""

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
    ctx_params1: Annotated[bytes, At(0xA0, ANY, also=(0xA1, 0xA2, 0xA3))]


@dataclass(frozen=True, slots=True, kw_only=True)
class EuiccSigned1(Structure):
    """EuiccSigned1: the card's answer to the server's challenge, with its EUICCInfo2.

    `ctx_params1` is whole, of any of its tags: A1 to A3 exist since version 3.
    """

    transaction_id: Annotated[TransactionId, At(0x80, TRANSACTION_ID)]
    server_address: Annotated[str, At(0x83, utf8(0, 65535))]
    server_challenge: Annotated[bytes, At(0x84, octets(16))]
    euicc_info2: Annotated[EuiccInfo2, At(Tag.GetEuiccInfo2, structure(EuiccInfo2))]
    ctx_params1: Annotated[bytes, At(0xA0, ANY, also=(0xA1, 0xA2, 0xA3))]


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
