"""The named points at which an answer can be changed, in the order in which it passes them.

A point returns its value unchanged unless a fault at this point is switched on. The functions use
the points and do not depend on the faults; a fault has one point and its type of value.
"""

from datetime import timedelta
from typing import Final, Generic, TypeVar

from rspcore.bpp import BindingInputs, Pieces
from rspcore.frozen import dataclass
from rspcore.messages.es9p import (
    AuthenticateClientResponse,
    InitiateAuthenticationResponse,
)
from rspcore.messages.es10b import ServerSigned1, SmdpSigned2
from rspsim.smdpp.greeting import Greeting
from rspsim.smdpp.http_messages import HttpResponse
from rspsim.smdpp.identity import Signer

__all__ = [
    "ARRIVAL",
    "AUTHENTICATE_CLIENT_RESPONSE",
    "BINDING",
    "CI_PKID",
    "CLOCK",
    "CONNECTION",
    "DP_AUTH_SIGNER",
    "DP_PB_SIGNER",
    "HTTP",
    "INITIATE_AUTHENTICATION_RESPONSE",
    "JSON",
    "LISTENING",
    "OF_CONNECTIONS",
    "PACKAGE",
    "POINTS",
    "SERVER_SIGNED1",
    "SMDP_SIGNED2",
    "Point",
]

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, eq=False)
class Point(Generic[Value]):
    """One point. The values that pass it are of one type."""

    name: str
    summary: str


LISTENING: Final[Point[bool]] = Point("listening", "whether the ports of ES9+ are open")
CONNECTION: Final[Point[Greeting]] = Point(
    "connection", "how a client that has connected is met, before TLS"
)
CLOCK: Final[Point[timedelta]] = Point(
    "clock", "how far the clock of the server is ahead during a request"
)
ARRIVAL: Final[Point[HttpResponse | None]] = Point(
    "arrival", "before anything is read: an answer here takes the place of the function"
)
CI_PKID: Final[Point[bytes]] = Point(
    "ci_pkid", "key identifier of the CI chosen for the card's signatures, 20 octets"
)
DP_AUTH_SIGNER: Final[Point[Signer]] = Point(
    "dp_auth_signer", "CERT.DPauth and the key that signs first"
)
SERVER_SIGNED1: Final[Point[ServerSigned1]] = Point(
    "server_signed1", "serverSigned1 before it is signed"
)
INITIATE_AUTHENTICATION_RESPONSE: Final[Point[InitiateAuthenticationResponse]] = Point(
    "initiate_authentication_response", "the response after signing"
)
DP_PB_SIGNER: Final[Point[Signer]] = Point(
    "dp_pb_signer", "CERT.DPpb and the key that signs second"
)
SMDP_SIGNED2: Final[Point[SmdpSigned2]] = Point("smdp_signed2", "smdpSigned2 before it is signed")
AUTHENTICATE_CLIENT_RESPONSE: Final[Point[AuthenticateClientResponse]] = Point(
    "authenticate_client_response", "the response after signing"
)
BINDING: Final[Point[BindingInputs]] = Point(
    "binding", "what a package is made of, before protection"
)
PACKAGE: Final[Point[Pieces]] = Point("package", "the protected data objects of a package")
JSON: Final[Point[dict[str, object]]] = Point("json", "the JSON object of an answer")
HTTP: Final[Point[HttpResponse]] = Point("http", "the whole answer")

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
