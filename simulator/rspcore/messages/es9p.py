"""ES9+: the JSON binding between LPA and SM-DP+, one request and one response per function.

Members that are ASN.1 objects hold the octets of the whole data object, header included, exactly as
base64 carried them: signatures are made over received octets, so this module never decodes them.
`euicc_challenge` is the one exception, 16 octets without a tag.

Requests are read strictly, as a server under test should; responses are read tolerantly, because
servers in practice require it. A response whose header says that the function failed is
raised as `FunctionFailedError`, never returned.

Source: SGP.22 v2, 5.6 and 6.5.
"""

from enum import StrEnum
from typing import Annotated, ClassVar, Final, Self

from rspcore.errors import RemoteError
from rspcore.frozen import dataclass
from rspcore.ids import TransactionId
from rspcore.messages.json_codec import (
    BASE64,
    BASE64_AS_FOUND,
    HEX_TRANSACTION_ID,
    TEXT,
    TEXT_AS_FOUND,
    JsonMessage,
    Member,
    array_of,
    message,
)

__all__ = [
    "ADMIN_PROTOCOL_HEADER",
    "ADMIN_PROTOCOL_PREFIX",
    "JSON_CONTENT_TYPE",
    "LPAD_USER_AGENT",
    "PATH_PREFIX",
    "SUCCESS_HEADER",
    "AuthenticateClientRequest",
    "AuthenticateClientResponse",
    "CancelSessionRequest",
    "CancelSessionResponse",
    "ExecutionStatus",
    "FailureResponse",
    "FunctionExecutionStatus",
    "FunctionFailedError",
    "GetBoundProfilePackageRequest",
    "GetBoundProfilePackageResponse",
    "HandleNotificationRequest",
    "InitiateAuthenticationRequest",
    "InitiateAuthenticationResponse",
    "RequestHeader",
    "Response",
    "ResponseHeader",
    "StatusCodeData",
]

PATH_PREFIX: Final = "/gsma/rsp2/es9plus/"
JSON_CONTENT_TYPE: Final = "application/json"
LPAD_USER_AGENT: Final = "gsma-rsp-lpad"
ADMIN_PROTOCOL_HEADER: Final = "X-Admin-Protocol"
ADMIN_PROTOCOL_PREFIX: Final = "gsma/rsp/v"


class ExecutionStatus(StrEnum):
    """The values of functionExecutionStatus.status."""

    SUCCESS = "Executed-Success"
    WITH_WARNING = "Executed-WithWarning"
    FAILED = "Failed"
    EXPIRED = "Expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusCodeData(JsonMessage):
    """statusCodeData: subject and reason in dotted form; identifier and message are optional."""

    subject_code: Annotated[str, Member("subjectCode", TEXT)]
    reason_code: Annotated[str, Member("reasonCode", TEXT)]
    subject_identifier: Annotated[str | None, Member("subjectIdentifier", TEXT_AS_FOUND)] = None
    message: Annotated[str | None, Member("message", TEXT_AS_FOUND)] = None

    @property
    def codes(self) -> str:
        """Returns "8.2.6/3.8"."""
        return f"{self.subject_code}/{self.reason_code}"

    def __str__(self) -> str:
        """Returns "8.2.6/3.8" and, when present, identifier and message."""
        extra = ", ".join(part for part in (self.subject_identifier, self.message) if part)
        return self.codes + (f" ({extra})" if extra else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionExecutionStatus(JsonMessage):
    """functionExecutionStatus: one of `ExecutionStatus` and, unless it succeeded, the codes."""

    status: Annotated[str, Member("status", TEXT)]
    status_code_data: Annotated[
        StatusCodeData | None, Member("statusCodeData", message(StatusCodeData))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseHeader(JsonMessage):
    """Header of a response."""

    function_execution_status: Annotated[
        FunctionExecutionStatus,
        Member("functionExecutionStatus", message(FunctionExecutionStatus)),
    ]

    @property
    def failed(self) -> bool:
        """Returns whether the function did not complete."""
        status = self.function_execution_status.status
        return status in {ExecutionStatus.FAILED, ExecutionStatus.EXPIRED}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHeader(JsonMessage):
    """Header of a request; an LPA leaves it out, ES2+ and ES12 callers must send it."""

    function_requester_identifier: Annotated[
        str | None, Member("functionRequesterIdentifier", TEXT)
    ] = None
    function_call_identifier: Annotated[str | None, Member("functionCallIdentifier", TEXT)] = None


class FunctionFailedError(RemoteError):
    """Reports a response whose header says that the function failed.

    Attributes:
        header: The header as received, or None when only a bare `status` member said so.
        status_code_data: Subject and reason code, or None when the server sent none.
    """

    def __init__(self, function: str, header: ResponseHeader | None) -> None:
        execution = header.function_execution_status if header else None
        self.header = header
        self.status_code_data = execution.status_code_data if execution else None
        data = self.status_code_data
        code = data.codes if data else ""
        super().__init__(
            f"{function}: server answered {execution.status if execution else 'Failed'}, "
            f"{data or 'without status codes'}",
            code=code,
        )


SUCCESS_HEADER: Final = ResponseHeader(
    function_execution_status=FunctionExecutionStatus(status=ExecutionStatus.SUCCESS)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response(JsonMessage):
    """The base of the responses; a header that is missing on receipt counts as success."""

    header: Annotated[ResponseHeader | None, Member("header", message(ResponseHeader))] = (
        SUCCESS_HEADER
    )

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Reads a response.

        Raises:
            FunctionFailedError: the header says Failed or Expired, or a bare `status` member does.
            MissingMemberError: a mandatory member is absent although the function ran.
            InvalidMemberError: a member has another type or a value that cannot be read.
            DecodeError: the value is not a JSON object.
        """
        header = _OnlyHeader.from_json(value)
        if header.header is not None and header.header.failed:
            raise FunctionFailedError(cls.__name__, header.header)
        if header.header is None and header.status in {
            ExecutionStatus.FAILED,
            ExecutionStatus.EXPIRED,
        }:
            raise FunctionFailedError(cls.__name__, None)
        return super().from_json(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnlyHeader(JsonMessage):
    header: Annotated[ResponseHeader | None, Member("header", message(ResponseHeader))] = None
    status: Annotated[str | None, Member("status", TEXT)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureResponse(JsonMessage):
    """A response that carries nothing but the header of a failure."""

    header: Annotated[ResponseHeader, Member("header", message(ResponseHeader))]


@dataclass(frozen=True, slots=True, kw_only=True)
class InitiateAuthenticationRequest(JsonMessage):
    """ES9+.InitiateAuthentication request: EUICCInfo1 with its tag (BF20), challenge without.

    `lpa_rsp_capability` is of version 3, a BIT STRING with its tag (85).
    """

    PATH: ClassVar[str] = PATH_PREFIX + "initiateAuthentication"

    smdp_address: Annotated[str, Member("smdpAddress", TEXT, also=("smdsAddress",))]
    euicc_challenge: Annotated[bytes, Member("euiccChallenge", BASE64)]
    euicc_info1: Annotated[bytes, Member("euiccInfo1", BASE64)]
    lpa_rsp_capability: Annotated[bytes | None, Member("lpaRspCapability", BASE64)] = None
    header: Annotated[RequestHeader | None, Member("header", message(RequestHeader))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InitiateAuthenticationResponse(Response):
    """ES9+.InitiateAuthentication response.

    The signature is the data object 5F37 of 67 octets, the key identifier the data object 04.
    Chain (from the leaf's issuer towards the CI, without it) and CRLs are of version 3, DER each.
    """

    transaction_id: Annotated[TransactionId, Member("transactionId", HEX_TRANSACTION_ID)]
    server_signed1: Annotated[bytes, Member("serverSigned1", BASE64_AS_FOUND)]
    server_signature1: Annotated[bytes, Member("serverSignature1", BASE64_AS_FOUND)]
    euicc_ci_pkid_to_be_used: Annotated[
        bytes,
        Member("euiccCiPKIdToBeUsed", BASE64_AS_FOUND, also=("euiccCiPKIdTobeUsed",)),
    ]
    server_certificate: Annotated[bytes, Member("serverCertificate", BASE64_AS_FOUND)]
    other_certs_in_chain: Annotated[
        tuple[bytes, ...] | None, Member("otherCertsInChain", array_of(BASE64_AS_FOUND))
    ] = None
    crl_list: Annotated[tuple[bytes, ...] | None, Member("crlList", array_of(BASE64_AS_FOUND))] = (
        None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticateClientRequest(JsonMessage):
    """ES9+.AuthenticateClient request: the card's AuthenticateServerResponse (BF38)."""

    PATH: ClassVar[str] = PATH_PREFIX + "authenticateClient"

    transaction_id: Annotated[TransactionId, Member("transactionId", HEX_TRANSACTION_ID)]
    authenticate_server_response: Annotated[bytes, Member("authenticateServerResponse", BASE64)]
    header: Annotated[RequestHeader | None, Member("header", message(RequestHeader))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticateClientResponse(Response):
    """ES9+.AuthenticateClient response of a download: metadata (BF25), smdpSigned2, its proof."""

    transaction_id: Annotated[TransactionId, Member("transactionId", HEX_TRANSACTION_ID)]
    profile_metadata: Annotated[bytes, Member("profileMetadata", BASE64_AS_FOUND)]
    smdp_signed2: Annotated[bytes, Member("smdpSigned2", BASE64_AS_FOUND)]
    smdp_signature2: Annotated[bytes, Member("smdpSignature2", BASE64_AS_FOUND)]
    smdp_certificate: Annotated[bytes, Member("smdpCertificate", BASE64_AS_FOUND)]


@dataclass(frozen=True, slots=True, kw_only=True)
class GetBoundProfilePackageRequest(JsonMessage):
    """ES9+.GetBoundProfilePackage request: the card's PrepareDownloadResponse (BF21)."""

    PATH: ClassVar[str] = PATH_PREFIX + "getBoundProfilePackage"

    transaction_id: Annotated[TransactionId, Member("transactionId", HEX_TRANSACTION_ID)]
    prepare_download_response: Annotated[bytes, Member("prepareDownloadResponse", BASE64)]
    header: Annotated[RequestHeader | None, Member("header", message(RequestHeader))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetBoundProfilePackageResponse(Response):
    """ES9+.GetBoundProfilePackage response: the BoundProfilePackage (BF36)."""

    transaction_id: Annotated[TransactionId, Member("transactionId", HEX_TRANSACTION_ID)]
    bound_profile_package: Annotated[bytes, Member("boundProfilePackage", BASE64_AS_FOUND)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelSessionRequest(JsonMessage):
    """ES9+.CancelSession request: the card's CancelSessionResponse (BF41)."""

    PATH: ClassVar[str] = PATH_PREFIX + "cancelSession"

    transaction_id: Annotated[TransactionId, Member("transactionId", HEX_TRANSACTION_ID)]
    cancel_session_response: Annotated[bytes, Member("cancelSessionResponse", BASE64)]
    header: Annotated[RequestHeader | None, Member("header", message(RequestHeader))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelSessionResponse(Response):
    """ES9+.CancelSession response: the header alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandleNotificationRequest(JsonMessage):
    """ES9+.HandleNotification request: BF37 or 30, whole; the answer is 204 without a body."""

    PATH: ClassVar[str] = PATH_PREFIX + "handleNotification"

    pending_notification: Annotated[bytes, Member("pendingNotification", BASE64)]
    header: Annotated[RequestHeader | None, Member("header", message(RequestHeader))] = None
