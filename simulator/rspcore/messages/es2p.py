"""ES2+: the JSON binding between an operator and an SM-DP+.

The SM-DP+ asks for a TLS certificate of the caller. Each request has a header (SGP.22 v2, 6.5.1).

Source: SGP.22 v2, 5.3 and 6.5.
"""

import re
from typing import Annotated, Final

from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.ids import Eid, Iccid
from rspcore.messages.es9p import FunctionExecutionStatus, Response
from rspcore.messages.es12 import ADDRESS, EID, CallHeader
from rspcore.messages.json_codec import (
    BASE64,
    BOOLEAN,
    NUMBER,
    TEXT,
    JsonCodec,
    JsonMessage,
    Member,
    MissingMemberError,
    message,
)
from rspcore.printable_text import printable

__all__ = [
    "ES2P_PREFIX",
    "HANDLE_DOWNLOAD_PROGRESS_INFO",
    "CancelOrderRequest",
    "ConfirmOrderRequest",
    "ConfirmOrderResponse",
    "DownloadOrderRequest",
    "DownloadOrderResponse",
    "DownloadProgressInfo",
    "OrderResponse",
    "ReleaseProfileRequest",
]

ES2P_PREFIX: Final = "/gsma/rsp2/es2plus/"
HANDLE_DOWNLOAD_PROGRESS_INFO: Final = "handleDownloadProgressInfo"

_ICCID: Final = re.compile(r"[0-9]{19}[0-9F]?\Z")
_MATCHING_ID: Final = re.compile(r"[!-#%-~]{0,255}\Z")
_FINAL_STATUS: Final = re.compile(r"(Available|Unavailable)\Z")


def _matching(pattern: re.Pattern[str], expected: str) -> JsonCodec:
    def decode(value: object) -> str:
        text = str(TEXT.decode(value))
        if not pattern.match(text):
            raise DecodeError(f"expected {expected}, got '{printable(text, 40)}'")
        return text

    return JsonCodec(decode, str)


_ICCID_TEXT: Final = _matching(_ICCID, "19 or 20 digits")
ICCID: Final = JsonCodec(
    lambda value: Iccid.from_digits(str(_ICCID_TEXT.decode(value)).removesuffix("F")), str
)
MATCHING_ID: Final = _matching(_MATCHING_ID, "at most 255 visible characters without $")
"""Any token that an activation code can hold; 0-9, A-Z and - is a rule of the server (4.1)."""
FINAL_STATUS: Final = _matching(_FINAL_STATUS, "Available or Unavailable")


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadOrderRequest(JsonMessage):
    """DownloadOrder: reserves a Profile, named by its ICCID or by its type."""

    header: Annotated[CallHeader, Member("header", message(CallHeader))]
    eid: Annotated[Eid | None, Member("eid", EID)] = None
    iccid: Annotated[Iccid | None, Member("iccid", ICCID)] = None
    profile_type: Annotated[str | None, Member("profileType", TEXT)] = None

    def require_profile(self) -> None:
        """Refuses a request that names neither ICCID nor type.

        Raises:
            MissingMemberError: both are missing.
        """
        if self.iccid is None and self.profile_type is None:
            raise MissingMemberError("iccid", "member iccid or profileType is missing")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmOrderRequest(JsonMessage):
    """ConfirmOrder: gives an ordered Profile its MatchingID, and releases it if asked to."""

    header: Annotated[CallHeader, Member("header", message(CallHeader))]
    iccid: Annotated[Iccid, Member("iccid", ICCID)]
    release_flag: Annotated[bool, Member("releaseFlag", BOOLEAN)]
    eid: Annotated[Eid | None, Member("eid", EID)] = None
    matching_id: Annotated[str | None, Member("matchingId", MATCHING_ID)] = None
    confirmation_code: Annotated[str | None, Member("confirmationCode", TEXT)] = None
    smds_address: Annotated[str | None, Member("smdsAddress", ADDRESS)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrderRequest(JsonMessage):
    """CancelOrder: ends an order; the Profile is Available or Unavailable afterwards."""

    header: Annotated[CallHeader, Member("header", message(CallHeader))]
    iccid: Annotated[Iccid, Member("iccid", ICCID)]
    final_profile_status_indicator: Annotated[
        str, Member("finalProfileStatusIndicator", FINAL_STATUS)
    ]
    eid: Annotated[Eid | None, Member("eid", EID)] = None
    matching_id: Annotated[str | None, Member("matchingId", MATCHING_ID)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseProfileRequest(JsonMessage):
    """ReleaseProfile: allows the download of a Profile whose order is confirmed."""

    header: Annotated[CallHeader, Member("header", message(CallHeader))]
    iccid: Annotated[Iccid, Member("iccid", ICCID)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadOrderResponse(Response):
    """Response of DownloadOrder: the Profile that was reserved."""

    iccid: Annotated[Iccid, Member("iccid", ICCID)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmOrderResponse(Response):
    """Response of ConfirmOrder: what the activation code contains."""

    matching_id: Annotated[str, Member("matchingId", MATCHING_ID)]
    eid: Annotated[Eid | None, Member("eid", EID)] = None
    smdp_address: Annotated[str | None, Member("smdpAddress", TEXT)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderResponse(Response):
    """Response of CancelOrder and ReleaseProfile: the header alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadProgressInfo(JsonMessage):
    """HandleDownloadProgressInfo, from the SM-DP+ to the operator: answered by 204.

    `timestamp` is ISO 8601 in UTC; `result_data` is what the card signed about the installation.
    """

    header: Annotated[CallHeader, Member("header", message(CallHeader))]
    eid: Annotated[Eid | None, Member("eid", EID)] = None
    iccid: Annotated[Iccid, Member("iccid", ICCID)]
    profile_type: Annotated[str, Member("profileType", TEXT)]
    timestamp: Annotated[str, Member("timestamp", TEXT)]
    notification_point_id: Annotated[int, Member("notificationPointId", NUMBER)]
    notification_point_status: Annotated[
        FunctionExecutionStatus,
        Member("notificationPointStatus", message(FunctionExecutionStatus)),
    ]
    result_data: Annotated[bytes | None, Member("resultData", BASE64)] = None
