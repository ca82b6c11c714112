"""ES12 and ES15: the JSON binding between a server that has events and an SM-DS.

An SM-DP+ registers its events at an SM-DS by ES12; an alternative SM-DS registers at the root
SM-DS by ES15, with the same two functions. Each request has a header (SGP.22 v2, 6.5.1).

Source: SGP.22 v2, 5.9, 5.10 and 6.5.
"""

import re
from typing import Annotated, Final

from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.ids import Eid
from rspcore.messages.es9p import Response
from rspcore.messages.event_type import EventType
from rspcore.messages.json_codec import (
    BOOLEAN,
    NUMBER,
    TEXT,
    JsonCodec,
    JsonMessage,
    Member,
    message,
)
from rspcore.printable_text import printable

__all__ = [
    "DELETE_EVENT",
    "ES12_PREFIX",
    "ES15_PREFIX",
    "EVENT_TYPE",
    "REGISTER_EVENT",
    "CallHeader",
    "DeleteEventRequest",
    "EventResponse",
    "RegisterEventRequest",
]

ES12_PREFIX: Final = "/gsma/rsp2/es12/"
ES15_PREFIX: Final = "/gsma/rsp2/es15/"
REGISTER_EVENT: Final = "registerEvent"
DELETE_EVENT: Final = "deleteEvent"

_EVENT_ID: Final = re.compile(r"[!-#%-~]{1,255}\Z")
_ADDRESS: Final = re.compile(
    r"(\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z]([0-9A-Za-z.-]{0,252}[0-9A-Za-z])?)(:[0-9]{1,5})?\Z"
)


def _matching(pattern: re.Pattern[str], expected: str) -> JsonCodec:
    def decode(value: object) -> str:
        text = str(TEXT.decode(value))
        if not pattern.match(text):
            raise DecodeError(f"expected {expected}, got '{printable(text, 40)}'")
        return text

    return JsonCodec(decode, str)


def _event_type(value: object) -> EventType:
    number = NUMBER.decode(value)
    if number not in EventType.__members__.values():
        raise DecodeError(f"expected 1 (download) or 2 (RPM), got {number}")
    return EventType(number)


EVENT_TYPE: Final = JsonCodec(_event_type, int)
EID: Final = JsonCodec(lambda value: Eid.from_digits(TEXT.decode(value)), str)
EVENT_ID: Final = _matching(_EVENT_ID, "1 to 255 visible characters without $")
"""Any EventID that an activation code could hold; 0-9, A-Z and - is a rule of the server (4.1)."""
ADDRESS: Final = _matching(_ADDRESS, "a host name, with a port if it is not 443")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHeader(JsonMessage):
    """Header of a request between servers: who calls, and the name of this one call.

    That the caller is an OID is a rule of the server that reads it.
    """

    function_requester_identifier: Annotated[str, Member("functionRequesterIdentifier", TEXT)]
    function_call_identifier: Annotated[str, Member("functionCallIdentifier", TEXT)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterEventRequest(JsonMessage):
    """RegisterEvent: the eUICC with this EID shall ask a server with this EventID.

    `event_type` is the member of EventRecordV3 by its name; ES12 of version 3 is not public, and
    without it an event is one of a download.
    """

    header: Annotated[CallHeader, Member("header", message(CallHeader))]
    eid: Annotated[Eid, Member("eid", EID)]
    rsp_server_address: Annotated[str, Member("rspServerAddress", ADDRESS)]
    event_id: Annotated[str, Member("eventId", EVENT_ID)]
    forwarding_indicator: Annotated[bool, Member("forwardingIndicator", BOOLEAN)]
    event_type: Annotated[EventType | None, Member("eventType", EVENT_TYPE)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteEventRequest(JsonMessage):
    """DeleteEvent: nothing waits any more under this EventID."""

    header: Annotated[CallHeader, Member("header", message(CallHeader))]
    eid: Annotated[Eid, Member("eid", EID)]
    event_id: Annotated[str, Member("eventId", EVENT_ID)]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventResponse(Response):
    """Response of both functions: the header alone."""
