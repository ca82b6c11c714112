"""ES11: what the SM-DS answers beside the messages it has in common with ES9+.

InitiateAuthentication and the request of AuthenticateClient are those of ES9+, under the same
paths; only the answer of AuthenticateClient differs.

Source: SGP.22 v2, 5.8 and 6.5.
"""

from typing import Annotated

from rspcore.frozen import dataclass
from rspcore.ids import TransactionId
from rspcore.messages.es9p import Response
from rspcore.messages.json_codec import HEX_TRANSACTION_ID, TEXT, JsonMessage, Member, messages

__all__ = ["EventEntriesResponse", "EventEntry"]


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
