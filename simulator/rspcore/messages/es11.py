"""ES11: what the SM-DS answers beside the messages it has in common with ES9+.

InitiateAuthentication and the request of AuthenticateClient are those of ES9+, under the same
paths; only the answer of AuthenticateClient differs.

Source: SGP.22 v2, 5.8 and 6.5.
"""

from typing import Annotated, ClassVar, Final

from rspcore.frozen import dataclass
from rspcore.ids import TransactionId
from rspcore.messages.es9p import Response
from rspcore.messages.json_codec import (
    BASE64,
    BASE64_AS_FOUND,
    BOOLEAN,
    HEX_TRANSACTION_ID,
    TEXT,
    JsonMessage,
    Member,
    messages,
)

__all__ = [
    "CHECK_EVENT_PATH",
    "AnyEventsResponse",
    "CheckEventRequest",
    "CheckEventResponse",
    "EventEntriesResponse",
    "EventEntry",
    "SignedEventsResponse",
]

CHECK_EVENT_PATH: Final = "/gsma/rsp2/es11/checkEvent"
"""Path of CheckEvent by the rule that the others follow; no public source has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEntry(JsonMessage):
    """One Event Record: the EventID, and the address of the SM-DP+ or SM-DS to ask with it."""

    event_id: Annotated[str, Member("eventId", TEXT)]
    rsp_server_address: Annotated[str, Member("rspServerAddress", TEXT)]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEntriesResponse(Response):
    """ES11.AuthenticateClient response; no entry when nothing waits for the eUICC."""

    transaction_id: Annotated[TransactionId, Member("transactionId", HEX_TRANSACTION_ID)]
    event_entries: Annotated[tuple[EventEntry, ...], Member("eventEntries", messages(EventEntry))]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedEventsResponse(Response):
    """ES11.AuthenticateClient response of version 3: smdsSigned2 (30) and smdsSignature2 (5F37).

    The names in JSON are those of ASN.1, as everywhere else; no public source has them.
    """

    transaction_id: Annotated[TransactionId, Member("transactionId", HEX_TRANSACTION_ID)]
    smds_signed2: Annotated[bytes, Member("smdsSigned2", BASE64_AS_FOUND)]
    smds_signature2: Annotated[bytes, Member("smdsSignature2", BASE64_AS_FOUND)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyEventsResponse(Response):
    """ES11.AuthenticateClient response of either version, as an LPA reads it."""

    transaction_id: Annotated[TransactionId, Member("transactionId", HEX_TRANSACTION_ID)]
    event_entries: Annotated[
        tuple[EventEntry, ...] | None, Member("eventEntries", messages(EventEntry))
    ] = None
    smds_signed2: Annotated[bytes | None, Member("smdsSigned2", BASE64_AS_FOUND)] = None
    smds_signature2: Annotated[bytes | None, Member("smdsSignature2", BASE64_AS_FOUND)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckEventRequest(JsonMessage):
    """ES11.CheckEvent request: an ecId of 16 to 32 octets, and the address of the SM-DS."""

    PATH: ClassVar[str] = CHECK_EVENT_PATH

    ec_id: Annotated[bytes, Member("ecId", BASE64)]
    smds_address: Annotated[str, Member("smdsAddress", TEXT)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckEventResponse(Response):
    """ES11.CheckEvent response."""

    is_pending_event: Annotated[bool, Member("isPendingEvent", BOOLEAN)]
