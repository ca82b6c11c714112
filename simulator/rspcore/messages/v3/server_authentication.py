"""ES10b.AuthenticateServer, PrepareDownload and CancelSession in version 3 (5.7.5, 5.7.13, 5.7.14).

A version 3 server always sends sessionContext and serverRspCapability; without them it is one of
version 2.
"""

from enum import IntEnum
from typing import Annotated, ClassVar

from rspcore.frozen import dataclass
from rspcore.ids import Eid, Iccid, Oid, Version
from rspcore.messages import es10b
from rspcore.messages.codec import (
    ANY,
    BOOLEAN,
    EID,
    ICCID,
    NULL,
    OCTETS,
    OID,
    UTF8,
    VERSION,
    At,
    Structure,
    bits,
    enumerated,
    octets,
    sequence_of,
    structure,
)
from rspcore.messages.v3.capability_bits import ServerRspCapability
from rspcore.messages.v3.card_and_device import DeviceInfo, EuiccInfo2
from rspcore.tags import Tag

__all__ = [
    "CTX_PARAMS1_TAGS",
    "AuthenticateErrorCode",
    "AuthenticateResponseError",
    "AuthenticateResponseOk",
    "AuthenticateServerRequest",
    "AuthenticateServerResponse",
    "CancelSessionReason",
    "CancelSessionRequest",
    "CtxParams1",
    "CtxParamsForCommonAuthentication",
    "CtxParamsForDeviceChange",
    "CtxParamsForProfileRecovery",
    "CtxParamsForPushServiceRegistration",
    "EuiccSigned1",
    "EuiccSigned2",
    "MatchingIdSource",
    "OperationType",
    "ServerSigned1",
    "SessionContext",
    "SmdpSigned2",
]

CTX_PARAMS1_TAGS = (0xA1, 0xA2, 0xA3)
"""Tags of CtxParams1 beside A0: Device Change, Profile Recovery, registration for push."""


class AuthenticateErrorCode(IntEnum):
    """The error codes of AuthenticateServer; 8 to 14 go only to a server of version 3."""

    invalidCertificate = 1
    invalidSignature = 2
    unsupportedCurve = 3
    noSession = 4
    invalidOid = 5
    euiccChallengeMismatch = 6
    ciPKUnknown = 7
    transactionIdError = 8
    missingCrl = 9
    invalidCrlSignature = 10
    revokedCert = 11
    invalidCertOrCrlTime = 12
    invalidCertOrCrlConfiguration = 13
    invalidIccid = 14
    undefinedError = 127


class CancelSessionReason(IntEnum):
    """The reasons of CancelSession; 0 to 5 are those of version 2."""

    endUserRejection = 0
    postponed = 1
    timeout = 2
    pprNotAllowed = 3
    metadataMismatch = 4
    loadBppExecutionError = 5
    sessionAborted = 16
    enterpriseProfilesNotSupported = 17
    enterpriseRulesNotAllowed = 18
    enterpriseProfileNotAllowed = 19
    enterpriseOidMismatch = 20
    enterpriseRulesError = 21
    enterpriseProfilesOnly = 22
    lprNotSupported = 23
    lprNetworkDataNotAllowed = 24
    emptyProfileOrSpName = 25
    rpmDisabled = 27
    invalidRpmPackage = 28
    loadRpmPackageError = 29
    operationAbandoned = 30
    undefinedReason = 127


class OperationType(IntEnum):
    """The bits of operationType."""

    profileDownload = 0
    rpm = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionContext(Structure):
    """SessionContext: version of the server, and what it decided from all capabilities."""

    TAG: ClassVar[int] = 0xA5

    server_svn: Annotated[Version, At(0x80, VERSION)]
    crl_stapling_v3_used: Annotated[bool, At(0x81, BOOLEAN)]
    euicc_ci_pkid_to_be_used_v3: Annotated[bytes | None, At(0x82, OCTETS)] = None
    supported_push_services: Annotated[
        tuple[Oid, ...] | None, At(0xA3, sequence_of(Tag.ObjectIdentifier, OID))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSigned1(es10b.ServerSigned1):
    """ServerSigned1."""

    session_context: Annotated[SessionContext | None, At(0xA5, structure(SessionContext))] = None
    server_rsp_capability: Annotated[frozenset[int] | None, At(0x86, bits(ServerRspCapability))] = (
        None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingIdSource(Structure):
    """MatchingIdSource: CHOICE of where the MatchingID came from."""

    TAG: ClassVar[int] = 0xA3
    CHOICE: ClassVar[bool] = True

    none: Annotated[bool | None, At(0x80, NULL)] = None
    activation_code: Annotated[bool | None, At(0x81, NULL)] = None
    smds_oid: Annotated[Oid | None, At(0x82, OID)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CtxParamsForCommonAuthentication(es10b.CtxParamsForCommonAuthentication):
    """CtxParamsForCommonAuthentication.

    What follows the device goes only to a card with v3ObjectsInCtxParamsCASupport; no operation
    type means a download.
    """

    device_info: Annotated[DeviceInfo, At(0xA1, structure(DeviceInfo))]
    operation_type: Annotated[frozenset[int] | None, At(0x82, bits(OperationType))] = None
    iccid: Annotated[Iccid | None, At(Tag.Iccid, ICCID)] = None
    matching_id_source: Annotated[
        MatchingIdSource | None, At(0xA3, structure(MatchingIdSource))
    ] = None
    vendor_specific_extension: Annotated[bytes | None, At(0xA4, ANY)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CtxParamsForDeviceChange(Structure):
    """CtxParamsForDeviceChange: the Profile, this device, and EID (16 octets) and TAC of the next.

    ICCID and EID have the same tag; the first 5A is the ICCID.
    """

    TAG: ClassVar[int] = 0xA1

    iccid: Annotated[Iccid, At(Tag.Iccid, ICCID)]
    device_info: Annotated[DeviceInfo, At(0xA1, structure(DeviceInfo))]
    target_eid_value: Annotated[Eid | None, At(Tag.Eid, EID)] = None
    target_tac_value: Annotated[bytes | None, At(0x82, octets(4))] = None
    vendor_specific_extension: Annotated[bytes | None, At(0xA3, ANY)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CtxParamsForProfileRecovery(Structure):
    """CtxParamsForProfileRecovery: the Profile that is gone, and the device."""

    TAG: ClassVar[int] = 0xA2

    iccid: Annotated[Iccid, At(Tag.Iccid, ICCID)]
    device_info: Annotated[DeviceInfo, At(0xA1, structure(DeviceInfo))]
    vendor_specific_extension: Annotated[bytes | None, At(0xA2, ANY)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CtxParamsForPushServiceRegistration(Structure):
    """CtxParamsForPushServiceRegistration: the service, and the token it gave the device."""

    TAG: ClassVar[int] = 0xA3

    selected_push_service: Annotated[Oid, At(0x80, OID)]
    push_token: Annotated[str, At(0x81, UTF8)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CtxParams1(Structure):
    """CtxParams1: CHOICE without a tag of its own."""

    TAG: ClassVar[int] = 0xA0
    CHOICE: ClassVar[bool] = True

    ctx_params_for_common_authentication: Annotated[
        CtxParamsForCommonAuthentication | None,
        At(0xA0, structure(CtxParamsForCommonAuthentication)),
    ] = None
    ctx_params_for_device_change: Annotated[
        CtxParamsForDeviceChange | None, At(0xA1, structure(CtxParamsForDeviceChange))
    ] = None
    ctx_params_for_profile_recovery: Annotated[
        CtxParamsForProfileRecovery | None, At(0xA2, structure(CtxParamsForProfileRecovery))
    ] = None
    ctx_params_for_push_service_registration: Annotated[
        CtxParamsForPushServiceRegistration | None,
        At(0xA3, structure(CtxParamsForPushServiceRegistration)),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticateServerRequest(es10b.AuthenticateServerRequest):
    """ES10b.AuthenticateServer request.

    `euicc_ci_pkid_to_be_used` is empty where it is left out, and where it is sent empty: the card
    chooses. `ctx_params1` is the whole data object of one of four tags. Certificates and CRLs are
    whole.
    """

    server_signed1: Annotated[ServerSigned1, At(Tag.Sequence, structure(ServerSigned1))]
    euicc_ci_pkid_to_be_used: Annotated[bytes, At(Tag.OctetString, OCTETS, absent=b"")]
    ctx_params1: Annotated[bytes, At(0xA0, ANY, also=CTX_PARAMS1_TAGS)]
    other_certs_in_chain: Annotated[
        tuple[bytes, ...] | None, At(0xA1, sequence_of(Tag.Sequence, ANY))
    ] = None
    crl_list: Annotated[tuple[bytes, ...] | None, At(0xA2, sequence_of(Tag.Sequence, ANY))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EuiccSigned1(es10b.EuiccSigned1):
    """EuiccSigned1; `ctx_params1` is the whole data object of one of four tags."""

    euicc_info2: Annotated[EuiccInfo2, At(Tag.GetEuiccInfo2, structure(EuiccInfo2))]
    ctx_params1: Annotated[bytes, At(0xA0, ANY, also=CTX_PARAMS1_TAGS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticateResponseOk(es10b.AuthenticateResponseOk):
    """AuthenticateResponseOk; `eum_certificate` is nextCertInChain, of an EUM or a SubCA of one.

    The others follow from there towards the CI, without it.
    """

    TAG: ClassVar[int] = 0xA0

    euicc_signed1: Annotated[EuiccSigned1, At(Tag.Sequence, structure(EuiccSigned1))]
    other_certs_in_chain: Annotated[
        tuple[bytes, ...] | None, At(0xA0, sequence_of(Tag.Sequence, ANY))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticateResponseError(es10b.AuthenticateResponseError):
    """AuthenticateResponseError."""

    authenticate_error_code: Annotated[int, At(Tag.Integer, enumerated(AuthenticateErrorCode))]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticateServerResponse(es10b.AuthenticateServerResponse):
    """ES10b.AuthenticateServer response: CHOICE of ok and error."""

    authenticate_response_ok: Annotated[
        AuthenticateResponseOk | None, At(0xA0, structure(AuthenticateResponseOk))
    ] = None
    authenticate_response_error: Annotated[
        AuthenticateResponseError | None, At(0xA1, structure(AuthenticateResponseError))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SmdpSigned2(es10b.SmdpSigned2):
    """SmdpSigned2; rpmPending: an RPM package waits for after the download."""

    rpm_pending: Annotated[bool | None, At(0x05, NULL)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EuiccSigned2(es10b.EuiccSigned2):
    """EUICCSigned2; the additional information is vendor-specific, whole."""

    additional_information: Annotated[bytes | None, At(Tag.Sequence, ANY)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelSessionRequest(es10b.CancelSessionRequest):
    """ES10b.CancelSession request."""

    reason: Annotated[int, At(0x81, enumerated(CancelSessionReason))]
