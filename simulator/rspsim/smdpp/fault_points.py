"""The named points at which an answer can be changed, in the order in which it passes them.

A point returns its value unchanged unless a fault at this point is switched on. The functions use
the points and do not depend on the faults; a fault has one point and its type of value. The types
are for the type checker alone: a server starts without importing what few of its sessions need.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from rspcore.frozen import dataclass

if TYPE_CHECKING:
    from rspcore.bpp import BindingInputs, Pieces
    from rspcore.messages.es9p import (
        AuthenticateClientResponse,
        InitiateAuthenticationResponse,
    )
    from rspcore.messages.es10b import ServerSigned1, SmdpSigned2
    from rspcore.messages.v3.device_change import DeviceChangeData, SmdpSigned4, SmdpSigned6
    from rspcore.messages.v3.event_lists import EventList, SmdsSigned2
    from rspcore.messages.v3.rpm_package import SmdpSigned3
    from rspsim.smdpp.greeting import Greeting
    from rspsim.smdpp.http_messages import HttpResponse
    from rspsim.smdpp.identity import Signer

__all__ = [
    "ARRIVAL",
    "AUTHENTICATE_CLIENT_RESPONSE",
    "BINDING",
    "CHANGE_DATA",
    "CHANGE_PROTECTED",
    "CI_PKID",
    "CLOCK",
    "CONNECTION",
    "DP_AUTH_SIGNER",
    "DP_PB_SIGNER",
    "EVENT_LIST",
    "HTTP",
    "INITIATE_AUTHENTICATION_RESPONSE",
    "JSON",
    "LISTENING",
    "NEWER_POINTS",
    "OF_CONNECTIONS",
    "PACKAGE",
    "PARTNER_ANSWER",
    "POINTS",
    "SERVER_SIGNED1",
    "SMDP_SIGNED2",
    "SMDP_SIGNED3",
    "SMDP_SIGNED4",
    "SMDP_SIGNED5",
    "SMDP_SIGNED6",
    "SMDS_SIGNED2",
    "Point",
]

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, eq=False)
class Point(Generic[Value]):
    """One point. The values that pass it are of one type."""

    name: str
    summary: str


LISTENING: Final["Point[bool]"] = Point("listening", "whether the ports of ES9+ are open")
CONNECTION: Final["Point[Greeting]"] = Point(
    "connection", "how a client that has connected is met, before TLS"
)
CLOCK: Final["Point[timedelta]"] = Point(
    "clock", "how far the clock of the server is ahead during a request"
)
ARRIVAL: Final["Point[HttpResponse | None]"] = Point(
    "arrival", "before anything is read: an answer here takes the place of the function"
)
CI_PKID: Final["Point[bytes]"] = Point(
    "ci_pkid", "key identifier of the CI chosen for the card's signatures, 20 octets"
)
DP_AUTH_SIGNER: Final["Point[Signer]"] = Point(
    "dp_auth_signer", "CERT.DPauth and the key that signs first"
)
SERVER_SIGNED1: Final["Point[ServerSigned1]"] = Point(
    "server_signed1", "serverSigned1 before it is signed"
)
INITIATE_AUTHENTICATION_RESPONSE: Final["Point[InitiateAuthenticationResponse]"] = Point(
    "initiate_authentication_response", "the response after signing"
)
DP_PB_SIGNER: Final["Point[Signer]"] = Point(
    "dp_pb_signer", "CERT.DPpb and the key that signs second"
)
SMDP_SIGNED2: Final["Point[SmdpSigned2]"] = Point("smdp_signed2", "smdpSigned2 before it is signed")
AUTHENTICATE_CLIENT_RESPONSE: Final["Point[AuthenticateClientResponse]"] = Point(
    "authenticate_client_response", "the response after signing"
)
BINDING: Final["Point[BindingInputs]"] = Point(
    "binding", "what a package is made of, before protection"
)
PACKAGE: Final["Point[Pieces]"] = Point("package", "the protected data objects of a package")
JSON: Final["Point[dict[str, object]]"] = Point("json", "the JSON object of an answer")
HTTP: Final["Point[HttpResponse]"] = Point("http", "the whole answer")

PARTNER_ANSWER: Final["Point[HttpResponse]"] = Point(
    "partner_answer", "the whole answer to an operator, beside the points of answers to LPAs"
)

SMDP_SIGNED3: Final["Point[SmdpSigned3]"] = Point(
    "smdp_signed3", "an RPM package before it is signed"
)
SMDP_SIGNED4: Final["Point[SmdpSigned4]"] = Point(
    "smdp_signed4", "the offer of a Device Change or a recovery before it is signed"
)
SMDP_SIGNED6: Final["Point[SmdpSigned6]"] = Point(
    "smdp_signed6", "when to ask again for a Device Change, before it is signed"
)
CHANGE_DATA: Final["Point[DeviceChangeData]"] = Point(
    "change_data", "what a Device Change hands over, before it is encrypted"
)
CHANGE_PROTECTED: Final["Point[bytes]"] = Point(
    "change_protected", "encryptedDeviceChangeData (A1), whole"
)
SMDP_SIGNED5: Final["Point[bytes]"] = Point(
    "smdp_signed5", "smdpSigned5 (30), whole, before it is signed"
)
EVENT_LIST: Final["Point[EventList]"] = Point(
    "event_list", "the events that an SM-DS is about to sign"
)
SMDS_SIGNED2: Final["Point[SmdsSigned2]"] = Point("smds_signed2", "smdsSigned2 before it is signed")
NEWER_POINTS: Final = (
    SMDP_SIGNED3,
    SMDP_SIGNED4,
    SMDP_SIGNED6,
    CHANGE_DATA,
    CHANGE_PROTECTED,
    SMDP_SIGNED5,
    EVENT_LIST,
    SMDS_SIGNED2,
)
"""Points of sessions of version 3, beside those of a download."""

OF_CONNECTIONS: Final = (LISTENING, CONNECTION)
"""Points that are passed before there is a request."""

POINTS: Final = (
    LISTENING,
    CONNECTION,
    CLOCK,
    ARRIVAL,
    CI_PKID,
    DP_AUTH_SIGNER,
    SERVER_SIGNED1,
    INITIATE_AUTHENTICATION_RESPONSE,
    DP_PB_SIGNER,
    SMDP_SIGNED2,
    AUTHENTICATE_CLIENT_RESPONSE,
    BINDING,
    PACKAGE,
    JSON,
    HTTP,
)
"""All points, in the order an answer passes them."""
