"""ES9+ as an LPA calls it: one method per function over an exchangeable HTTP port.

`Es9Client` writes the JSON binding and its headers, reads the answer, and turns every answer
other than success into an error with its meaning: `ServerRefusedError` when the function ran and
failed (SGP.22 v2, 5.2.6), `TransportFaultError` when the answer breaks the binding (6.5), which
leaves the order open for another try. How octets reach the server is the port's business;
`ServerUnreachableError` is what a port raises when they do not.
"""

from collections.abc import Collection, Mapping
from typing import ClassVar, Final, Protocol, TypeVar, runtime_checkable

from rspcore.errors import ConfigError, DecodeError, RemoteError
from rspcore.frozen import dataclass
from rspcore.messages.es9p import (
    ADMIN_PROTOCOL_HEADER,
    ADMIN_PROTOCOL_PREFIX,
    JSON_CONTENT_TYPE,
    LPAD_USER_AGENT,
    AuthenticateClientRequest,
    AuthenticateClientResponse,
    CancelSessionRequest,
    CancelSessionResponse,
    FunctionFailedError,
    GetBoundProfilePackageRequest,
    GetBoundProfilePackageResponse,
    HandleNotificationRequest,
    InitiateAuthenticationRequest,
    InitiateAuthenticationResponse,
    Response,
)
from rspcore.messages.es11 import (
    AnyEventsResponse,
    CheckEventRequest,
    CheckEventResponse,
    EventEntriesResponse,
)
from rspcore.messages.json_codec import JsonMessage, dump_object, load_object
from rspcore.pki.roles import Role
from rspcore.printable_text import printable
from rspharness.lpa.status_meanings import meaning

__all__ = [
    "PROTOCOL_VERSION",
    "AnyServerClient",
    "Es9Client",
    "Es11Client",
    "HttpPort",
    "HttpReply",
    "ServerRefusedError",
    "ServerUnreachableError",
    "TlsPort",
    "TransportFaultError",
    "retry_after",
]

PROTOCOL_VERSION: Final = "2.5.0"
"""Highest specification version this LPA says it supports, in X-Admin-Protocol."""

_MOST_TEXT: Final = 200
"""Characters of a text of the server that are shown."""

_Answer = TypeVar("_Answer", bound=Response)


@dataclass(frozen=True, slots=True)
class HttpReply:
    """An HTTP answer.

    Attributes:
        status: Status code.
        headers: Header fields; names in any case.
        body: Octets of the body, decoded from any transfer coding.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str | None:
        """Returns a header field by its name in any case, or None."""
        wanted = name.lower()
        return next((v for k, v in self.headers.items() if k.lower() == wanted), None)


class HttpPort(Protocol):
    """Carries a POST to a server."""

    def post(self, address: str, path: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        """Sends a request and returns the answer, whatever its status.

        Args:
            address: FQDN of the server, with a port after a colon if it is not 443.
            path: Path of the function, starting with a slash.
            headers: Header fields beyond Host and Content-Length.
            body: Octets of the body.

        Raises:
            ServerUnreachableError: no answer came. Whether the server acted is not known.
        """


@runtime_checkable
class TlsPort(Protocol):
    """What a port over TLS knows beside the answers."""

    def limit_roots(self, ci_pkids: Collection[bytes]) -> None:
        """Accepts from now on only servers under these CI keys, 20 octets each."""

    def expect_role(self, address: str, role: Role | None) -> None:
        """Accepts from the server of an address only a certificate of this role, None for any."""

    def server_certificate(self, address: str) -> bytes | None:
        """Returns the DER octets of the certificate of a server in use, or None."""


class ServerUnreachableError(ConfigError):
    """Reports that no answer came from a server; whether it acted is not known."""


class TransportFaultError(ServerUnreachableError):
    """Reports an answer that is none of the function called: to be tried again later.

    It is an HTTP status other than success, another content type, an unreadable body, or an answer
    of another session. Whether the server acted is not known.

    Attributes:
        function: Name of the function, without its interface.
        code: "HTTP" and the status, or empty.
        retry_after_s: Seconds that the server asks to wait, or None.
    """

    def __init__(
        self, function: str, text: str, *, code: str = "", retry_after_s: float | None = None
    ) -> None:
        super().__init__(f"ES9+.{function}: {text}; try again later")
        self.function = function
        self.code = code
        self.retry_after_s = retry_after_s


class ServerRefusedError(RemoteError):
    """Reports that a function ran at the server and failed; the server has ended the session.

    Attributes:
        function: Name of the function, without its interface.
        subject: Subject code, empty when the server sent none.
        reason: Reason code, empty when the server sent none.
    """

    def __init__(self, function: str, error: FunctionFailedError) -> None:
        data = error.status_code_data
        self.function = function
        self.subject = data.subject_code if data else ""
        self.reason = data.reason_code if data else ""
        if data is None:
            text = "without saying why"
        else:
            extra = ", ".join(part for part in (data.subject_identifier, data.message) if part)
            extra = printable(extra, _MOST_TEXT)
            text = f"{self.subject}/{self.reason}, {meaning(self.subject, self.reason)}"
            text += f" ({extra})" if extra else ""
        super().__init__(f"ES9+.{function}: the server refused: {text}", code=error.code)


class Es9Client:
    """Calls the functions of one server.

    Attributes:
        address: Address of the server as the activation code or a Notification names it.
        protocol_version: Highest version it says it supports, in X-Admin-Protocol.
        server_version: Version of the last answer's X-Admin-Protocol, None when it had none.
        role: Role of the TLS certificate expected, None for that of either kind of server.
    """

    role: ClassVar[Role | None] = Role.DP_TLS

    def __init__(
        self, port: HttpPort, address: str, protocol_version: str = PROTOCOL_VERSION
    ) -> None:
        self._port = port
        self.address = address
        self.protocol_version = protocol_version
        self.server_version: str | None = None
        if isinstance(port, TlsPort):
            port.expect_role(address, self.role)

    def limit_roots(self, ci_pkids: Collection[bytes]) -> None:
        """Accepts only servers under the CI keys (20 octets each) that the card verifies with."""
        if isinstance(self._port, TlsPort):
            self._port.limit_roots(ci_pkids)

    @property
    def tls_certificate(self) -> bytes | None:
        """Returns the TLS certificate of the server, None while there is none or without TLS."""
        return (
            self._port.server_certificate(self.address) if isinstance(self._port, TlsPort) else None
        )

    def initiate_authentication(
        self, euicc_challenge: bytes, euicc_info1: bytes, lpa_rsp_capability: bytes | None = None
    ) -> InitiateAuthenticationResponse:
        """Opens a session with the card's challenge (16 octets) and EUICCInfo1 (BF20).

        Args:
            euicc_challenge: The challenge.
            euicc_info1: EUICCInfo1.
            lpa_rsp_capability: What the LPA is capable of (85), None for one of version 2.

        Raises:
            ServerRefusedError: the function failed; there is no session.
            TransportFaultError: the answer breaks the binding.
            ServerUnreachableError: no answer came.
        """
        request = InitiateAuthenticationRequest(
            smdp_address=self.address,
            euicc_challenge=euicc_challenge,
            euicc_info1=euicc_info1,
            lpa_rsp_capability=lpa_rsp_capability,
        )
        return self._call(request, request.PATH, InitiateAuthenticationResponse)

    def authenticate_client(self, request: AuthenticateClientRequest) -> AuthenticateClientResponse:
        """Sends the card's AuthenticateServerResponse.

        Raises:
            RspError: as `initiate_authentication`, or the answer names another session.
            ServerUnreachableError: no answer came.
        """
        answer = self._call(request, request.PATH, AuthenticateClientResponse)
        _require_session("AuthenticateClient", str(request.transaction_id), answer.transaction_id)
        return answer

    def get_bound_profile_package(
        self, request: GetBoundProfilePackageRequest
    ) -> GetBoundProfilePackageResponse:
        """Sends the card's PrepareDownloadResponse and returns the answer with the package.

        Raises:
            RspError: as `initiate_authentication`, or the answer names another session.
            ServerUnreachableError: no answer came.
        """
        answer = self._call(request, request.PATH, GetBoundProfilePackageResponse)
        session = str(request.transaction_id)
        _require_session("GetBoundProfilePackage", session, answer.transaction_id)
        return answer

    def cancel_session(self, request: CancelSessionRequest) -> CancelSessionResponse:
        """Sends the card's CancelSessionResponse, which ends the session.

        Raises:
            RspError: as `initiate_authentication`.
            ServerUnreachableError: no answer came.
        """
        return self._call(request, request.PATH, CancelSessionResponse)

    def handle_notification(self, pending_notification: bytes) -> None:
        """Sends a PendingNotification (BF37 or 30) and checks that the server took it.

        Raises:
            TransportFaultError: the answer is not 204; the code is the HTTP status. The
                Notification has to stay on the card.
            ServerUnreachableError: no answer came.
        """
        request = HandleNotificationRequest(pending_notification=pending_notification)
        reply = self._post(request, request.PATH)
        if reply.status != 204:
            raise _http_error("HandleNotification", reply, 204)

    def _call(self, request: JsonMessage, path: str, kind: type[_Answer]) -> _Answer:
        function = _function_name(path)
        reply = self._post(request, path)
        if reply.status != 200:
            raise _http_error(function, reply, 200)
        content_type = (reply.header("Content-Type") or "").partition(";")[0].strip().lower()
        if content_type != JSON_CONTENT_TYPE:
            raise TransportFaultError(
                function,
                f"the answer has content type {content_type[:_MOST_TEXT]!r}; expected "
                f"{JSON_CONTENT_TYPE!r}{_first_line(reply.body)}",
            )
        try:
            return kind.from_json(load_object(reply.body))
        except FunctionFailedError as error:
            raise ServerRefusedError(function, error) from error
        except DecodeError as error:
            text = printable(str(error), _MOST_TEXT)
            raise TransportFaultError(function, f"the answer cannot be read: {text}") from error

    def _post(self, request: JsonMessage, path: str) -> HttpReply:
        headers = {
            "User-Agent": LPAD_USER_AGENT,
            ADMIN_PROTOCOL_HEADER: ADMIN_PROTOCOL_PREFIX + self.protocol_version,
            "Content-Type": JSON_CONTENT_TYPE,
        }
        reply = self._port.post(self.address, path, headers, dump_object(request.to_json()))
        protocol = reply.header(ADMIN_PROTOCOL_HEADER)
        if protocol is not None and not protocol.startswith(ADMIN_PROTOCOL_PREFIX):
            raise TransportFaultError(
                _function_name(path),
                f"{ADMIN_PROTOCOL_HEADER} {protocol[:_MOST_TEXT]!r} in the answer; expected "
                f"{ADMIN_PROTOCOL_PREFIX}X.Y.Z",
            )
        self.server_version = protocol and protocol.removeprefix(ADMIN_PROTOCOL_PREFIX)
        return reply


class AnyServerClient(Es9Client):
    """Calls what SM-DP+ and SM-DS have in common: InitiateAuthentication."""

    role = None


class Es11Client(Es9Client):
    """Calls the functions of an SM-DS, which has those of ES9+ up to AuthenticateClient.

    Messages name the functions as those of ES9+, whose paths they have.
    """

    role = Role.DS_TLS

    def events(self, request: AuthenticateClientRequest) -> AnyEventsResponse:
        """Sends the card's AuthenticateServerResponse; the answer is of version 2 or 3.

        Raises:
            RspError: as `initiate_authentication`, or the answer names another session.
            ServerUnreachableError: no answer came.
        """
        answer = self._call(request, request.PATH, AnyEventsResponse)
        _require_session("AuthenticateClient", str(request.transaction_id), answer.transaction_id)
        return answer

    def check_event(self, ec_id: bytes) -> bool:
        """Asks whether an event waits, with an ecId of an earlier list; no card is needed.

        Raises:
            RspError: as `initiate_authentication`; the ecId is unknown or has expired.
            ServerUnreachableError: no answer came.
        """
        request = CheckEventRequest(ec_id=ec_id, smds_address=self.address)
        return self._call(request, request.PATH, CheckEventResponse).is_pending_event

    def event_entries(self, request: AuthenticateClientRequest) -> EventEntriesResponse:
        """Sends the card's AuthenticateServerResponse and returns the answer with the events.

        Raises:
            RspError: as `initiate_authentication`, or the answer names another session.
            ServerUnreachableError: no answer came.
        """
        answer = self._call(request, request.PATH, EventEntriesResponse)
        _require_session("AuthenticateClient", str(request.transaction_id), answer.transaction_id)
        return answer


def _function_name(path: str) -> str:
    name = path.rpartition("/")[2]
    return name[:1].upper() + name[1:]


def _http_error(function: str, reply: HttpReply, expected: int) -> TransportFaultError:
    wait = retry_after(reply.header("Retry-After"))
    later = "" if wait is None else f"; the server asks to wait {wait:g} s"
    return TransportFaultError(
        function,
        f"HTTP status {reply.status}; expected {expected}{_first_line(reply.body)}{later}",
        code=f"HTTP {reply.status}",
        retry_after_s=wait,
    )


def _first_line(body: bytes) -> str:
    """Returns the first line of text of a body for a message, made safe to show; empty if none."""
    lines = body.decode("utf-8", "backslashreplace").strip().splitlines()
    return f"; the server says: {printable(lines[0], _MOST_TEXT)}" if lines else ""


def retry_after(field: str | None) -> float | None:
    """Returns the seconds that a Retry-After field of the form of a number asks for, or None.

    >>> retry_after("120"), retry_after("soon"), retry_after(None)
    (120.0, None, None)
    """
    text = (field or "").strip()
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 9 else None


def _require_session(function: str, asked: str, answered: object) -> None:
    if asked != str(answered):
        raise TransportFaultError(
            function, f"the answer is for TransactionID {answered}, asked for {asked}"
        )
