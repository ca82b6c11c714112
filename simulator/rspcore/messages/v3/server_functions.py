"""ES9+ and ES2+ of version 3 in JSON: RPM, Device Change and Profile Recovery.

The names of members and functions are those of the ASN.1 module; which ones the binding has is not
public.

Source: SGP.22 v3.1, 5.6.3, 5.6.6, 5.3.
"""

from typing import Annotated, ClassVar, Final

from rspcore.frozen import dataclass
from rspcore.ids import Eid, Iccid, TransactionId
from rspcore.messages.es2p import MATCHING_ID
from rspcore.messages.es9p import PATH_PREFIX, AuthenticateClientRequest, RequestHeader, Response
from rspcore.messages.es12 import ADDRESS, EID, CallHeader
from rspcore.messages.json_codec import (
    BASE64,
    BASE64_AS_FOUND,
    HEX_TRANSACTION_ID,
    NUMBER,
    TEXT,
    JsonCodec,
    JsonMessage,
    Member,
    message,
)

__all__ = [
    "HANDLE_DEVICE_CHANGE_REQUEST",
    "AuthenticateClientChangeResponse",
    "AuthenticateClientDelayedResponse",
    "AuthenticateClientRequestV3",
    "AuthenticateClientRpmResponse",
    "CheckProgressRequest",
    "CheckProgressResponse",
    "ConfirmDeviceChangeRequest",
    "ConfirmDeviceChangeResponse",
    "HandleDeviceChangeRequestResponse",
    "RpmOrderRequest",
    "RpmOrderResponse",
]

HANDLE_DEVICE_CHANGE_REQUEST: Final = "handleDeviceChangeRequest"
_ICCID: Final = JsonCodec(lambda value: Iccid.from_digits(TEXT.decode(value)), str)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticateClientRequestV3(AuthenticateClientRequest):
    """AuthenticateClient with the Notification of the old device (BF63) for the server."""

    delete_notification_for_dc: Annotated[
        bytes | None, Member("deleteNotificationForDc", BASE64)
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticateClientRpmResponse(Response):
    """AuthenticateClient response with an RPM package: smdpSigned3 (30), its signature (5F37)."""

    transaction_id: Annotated[TransactionId, Member("transactionId", HEX_TRANSACTION_ID)]
    smdp_signed3: Annotated[bytes, Member("smdpSigned3", BASE64_AS_FOUND)]
    smdp_signature3: Annotated[bytes, Member("smdpSignature3", BASE64_AS_FOUND)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticateClientChangeResponse(Response):
    """AuthenticateClient response for a Device Change or a recovery: smdpSigned4, its signature.

    The message of the service provider (A1) is for the user.
    """

    transaction_id: Annotated[TransactionId, Member("transactionId", HEX_TRANSACTION_ID)]
    smdp_signed4: Annotated[bytes, Member("smdpSigned4", BASE64_AS_FOUND)]
    smdp_signature4: Annotated[bytes, Member("smdpSignature4", BASE64_AS_FOUND)]
    service_provider_message_for_dc: Annotated[
        bytes | None, Member("serviceProviderMessageForDc", BASE64_AS_FOUND)
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticateClientDelayedResponse(Response):
    """AuthenticateClient response of a Device Change that is not ready: smdpSigned6, signature."""

    transaction_id: Annotated[TransactionId, Member("transactionId", HEX_TRANSACTION_ID)]
    smdp_signed6: Annotated[bytes, Member("smdpSigned6", BASE64_AS_FOUND)]
    smdp_signature6: Annotated[bytes, Member("smdpSignature6", BASE64_AS_FOUND)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmDeviceChangeRequest(JsonMessage):
    """ConfirmDeviceChange request: the card's PrepareDeviceChangeResponse (BF4D)."""

    PATH: ClassVar[str] = PATH_PREFIX + "confirmDeviceChange"

    transaction_id: Annotated[TransactionId, Member("transactionId", HEX_TRANSACTION_ID)]
    prepare_device_change_response: Annotated[bytes, Member("prepareDeviceChangeResponse", BASE64)]
    header: Annotated[RequestHeader | None, Member("header", message(RequestHeader))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmDeviceChangeResponse(Response):
    """ConfirmDeviceChange response: smdpSigned5 (30) and its signature (5F37)."""

    transaction_id: Annotated[TransactionId, Member("transactionId", HEX_TRANSACTION_ID)]
    smdp_signed5: Annotated[bytes, Member("smdpSigned5", BASE64_AS_FOUND)]
    smdp_signature5: Annotated[bytes, Member("smdpSignature5", BASE64_AS_FOUND)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckProgressRequest(JsonMessage):
    """CheckProgress request: the identifier of retryData."""

    PATH: ClassVar[str] = PATH_PREFIX + "checkProgress"

    dc_session_id: Annotated[bytes, Member("dcSessionId", BASE64)]
    header: Annotated[RequestHeader | None, Member("header", message(RequestHeader))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckProgressResponse(Response):
    """CheckProgress response: minutes until to ask again; absent when the server is ready."""

    retry_delay: Annotated[int | None, Member("retryDelay", NUMBER)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RpmOrderRequest(JsonMessage):
    """RpmOrder: a script for a card; its commands stand one after another, each whole (30)."""

    header: Annotated[CallHeader, Member("header", message(CallHeader))]
    rpm_script: Annotated[bytes, Member("rpmScript", BASE64)]
    eid: Annotated[Eid | None, Member("eid", EID)] = None
    matching_id: Annotated[str | None, Member("matchingId", TEXT)] = None
    root_smds_address: Annotated[str | None, Member("rootSmdsAddress", ADDRESS)] = None
    alt_smds_address: Annotated[str | None, Member("altSmdsAddress", ADDRESS)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RpmOrderResponse(Response):
    """Response of RpmOrder: the MatchingID under which the package waits."""

    matching_id: Annotated[str, Member("matchingId", MATCHING_ID)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandleDeviceChangeRequestResponse(Response):
    """Answer of an operator to HandleDeviceChangeRequest: what it wants of a Device Change."""

    new_profile_iccid: Annotated[Iccid | None, Member("newProfileIccid", _ICCID)] = None
    service_provider_message: Annotated[str | None, Member("serviceProviderMessage", TEXT)] = None
    confirmation_code: Annotated[str | None, Member("confirmationCode", TEXT)] = None
