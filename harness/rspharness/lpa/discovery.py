"""Discovery: what waits for a card at its default SM-DP+ and at an SM-DS.

An SM-DS answers with events: the address of a server and the MatchingID to ask it with. Each one is
then downloaded as an activation code would be. The session at the SM-DS ends with its list. The
server of an event may be another SM-DS (a cascade), which is asked in turn.

An SM-DS of version 3 signs its list for an LPA of version 3; the card verifies it before the use.

Source: SGP.22 v2, 3.6 and 5.8; v3.1, ES11 and ES10b.VerifySmdsResponse. ES11 has the paths and
requests of ES9+.
"""

from datetime import datetime

from rspcore import tlv
from rspcore.errors import DecodeError, RemoteError
from rspcore.frozen import dataclass
from rspcore.ids import Oid
from rspcore.messages import es9p
from rspcore.messages.es11 import AnyEventsResponse
from rspcore.messages.euicc_info import DeviceInfo
from rspcore.messages.event_type import EventType
from rspcore.messages.v3.event_lists import (
    EventList,
    SmdsSigned2,
    VerifySmdsResponseRequest,
)
from rspcore.messages.v3.server_authentication import CtxParamsForPushServiceRegistration
from rspcore.pki.certificate import Certificate
from rspcore.pki.roles import Role
from rspcore.tags import Tag
from rspharness.lpa import activation_code
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.checks import (
    DownloadStoppedError,
    check_same_server,
    check_server_address,
)
from rspharness.lpa.download_steps import (
    STANDARD_DEVICE,
    STANDARD_DEVICE_V3,
    CardRefusedError,
    authenticate_server_request,
    initiate_authentication,
)
from rspharness.lpa.es9p_client import (
    AnyServerClient,
    Es11Client,
    HttpPort,
    ServerRefusedError,
    ServerUnreachableError,
)
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.local_management import authenticate_error_text, code_text, read_addresses

__all__ = [
    "Found",
    "PendingEvent",
    "default_code",
    "find_events",
    "find_pending",
    "is_nothing_pending",
    "register_for_push",
]

_LONGEST_CASCADE = 3
_NOTHING_PENDING = frozenset({("8.1.1", "3.8"), ("8.2.6", "3.8")})
"""What an SM-DP+ without an order for this EID answers to an empty MatchingID."""


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """An event: where to ask, with which MatchingID, and what for.

    Attributes:
        code: Server and MatchingID.
        remote: An RPM package waits there, not a Profile; a signed list alone says so.
    """

    code: ActivationCode
    remote: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What an SM-DS answered.

    Attributes:
        events: The events, in its order.
        ec_id: The ecId of its signed list, for CheckEvent; None where it gave none.
    """

    events: tuple[PendingEvent, ...]
    ec_id: bytes | None = None


def default_code(card: IsdrChannel) -> ActivationCode | None:
    """Returns the code that stands for an order at the default SM-DP+, None without such a server.

    Raises:
        RemoteError: the card refused to give its addresses.
    """
    address = read_addresses(card).default_dp_address
    return ActivationCode(address=address) if address else None


def is_nothing_pending(error: Exception) -> bool:
    """Returns whether an error only says that no order waits for the EID."""
    return (
        isinstance(error, ServerRefusedError) and (error.subject, error.reason) in _NOTHING_PENDING
    )


def find_events(
    card: IsdrChannel, port: HttpPort, address: str = "", *, device: DeviceInfo = STANDARD_DEVICE
) -> tuple[ActivationCode, ...]:
    """Asks an SM-DS for the events of a card and returns each as an activation code, in its order.

    Whether it is one of a download or of RPM, `find_pending` says. Args and Raises as there.
    """
    found = find_pending(card, port, address, device=device)
    return tuple(one.code for one in found.events)


def find_pending(
    card: IsdrChannel, port: HttpPort, address: str = "", *, device: DeviceInfo = STANDARD_DEVICE
) -> Found:
    """Asks an SM-DS for the events of a card.

    An event whose server is another SM-DS is asked for there, with its EventID, and so on.

    Args:
        card: An open channel.
        port: The way to servers.
        address: Address of the SM-DS; empty for the root SM-DS that the card names.
        device: What the device says of itself.

    Returns:
        The events, none when nothing waits, and the ecId of the SM-DS that was asked first. The
        events stay at the SM-DS. One that cannot be followed is returned as it is; its download
        says why.

    Raises:
        DownloadStoppedError: the SM-DS signed another address, or is another server than its TLS
            certificate says.
        CardRefusedError: the card refused the SM-DS; the code is the AuthenticateErrorCode.
        RemoteError: the card or the SM-DS refused, an event names no server, or the events lead
            from SM-DS to SM-DS without an end.
        ServerUnreachableError: no answer came.
    """
    address = address or read_addresses(card).root_ds_address
    found: list[PendingEvent] = []
    ec_id = None
    waiting = [(PendingEvent(ActivationCode(address=address)), 0)]
    while waiting:
        asked, depth = waiting.pop(0)
        if depth > _LONGEST_CASCADE:
            raise RemoteError(
                f"ES11: the events lead through more than {_LONGEST_CASCADE} SM-DS, the last one "
                f"is {asked.code.address}"
            )
        try:
            there = _events_at(card, port, asked.code, device)
        except (RemoteError, ServerUnreachableError, DownloadStoppedError):
            if not depth:
                raise
            there = Found(())
            found.append(asked)
        ec_id = ec_id if depth else there.ec_id
        for event in there.events:
            if _is_smds(card, port, event.code.address):
                waiting.append((event, depth + 1))
            else:
                found.append(event)
    return Found(tuple(found), ec_id)


def _is_smds(card: IsdrChannel, port: HttpPort, address: str) -> bool:
    """Returns whether a server is an SM-DS, by the certificate that it authenticates with.

    The session that is opened for it is left to its end. A server that gives no answer is taken for
    an SM-DP+, whose download then says why.
    """
    try:
        answer = initiate_authentication(card, AnyServerClient(port, address)).answer
        return Certificate.from_der(answer.server_certificate).role is Role.DS_AUTH
    except (RemoteError, ServerUnreachableError, DecodeError):
        return False


def _events_at(
    card: IsdrChannel, port: HttpPort, asked: ActivationCode, device: DeviceInfo
) -> Found:
    """Returns what one SM-DS has: all events of the card, or what its EventID stands for."""
    address = asked.address
    es11 = Es11Client(port, address)
    initiated = initiate_authentication(card, es11, device)
    check_server_address(address, initiated.server_signed1.server_address)
    check_same_server(es11.tls_certificate, initiated.answer.server_certificate)
    response = card.send(authenticate_server_request(initiated, asked.matching_id, device))
    refused = response.authenticate_response_error
    request = es9p.AuthenticateClientRequest(
        transaction_id=initiated.transaction_id, authenticate_server_response=response.encode()
    )
    if refused is not None:
        text = authenticate_error_text(refused.authenticate_error_code)
        stopped = CardRefusedError(f"ES10b.AuthenticateServer: the card answered {text}", code=text)
        try:
            es11.event_entries(request)
        except ServerRefusedError:
            raise stopped from None  # the SM-DS has to hear of it, and refuses: that is expected
        raise stopped
    answer = es11.events(request)
    if answer.smds_signed2 is not None:
        listed = _read_events(card, answer)
        return Found(
            tuple(
                PendingEvent(
                    _code(one.rsp_server_address, one.event_id),
                    remote=one.event_type == EventType.rpmEvent,
                )
                for one in listed.event_entries
            ),
            listed.ec_id,
        )
    if answer.event_entries is None:
        raise RemoteError("ES11.AuthenticateClient: the answer has neither events nor smdsSigned2")
    return Found(
        tuple(
            PendingEvent(_code(one.rsp_server_address, one.event_id))
            for one in answer.event_entries
        )
    )


def _code(address: str, event_id: str) -> ActivationCode:
    try:
        activation_code.check_server_address(address)
    except DecodeError as error:
        raise RemoteError(f"ES11.AuthenticateClient: event {event_id!r}: {error}") from error
    return ActivationCode(address=address, matching_id=event_id)


def _verified(card: IsdrChannel, answer: AnyEventsResponse) -> SmdsSigned2:
    """Has the card verify what the SM-DS signed, in the session that is open; returns it.

    Raises:
        CardRefusedError: the card did not verify it; the code is the VerifySmdsResponseError.
        RemoteError: it is no answer of version 3, or cannot be read.
    """
    try:
        octets = tlv.encode(
            Tag.VerifySmdsResponse, answer.smds_signed2 or b"", answer.smds_signature2 or b""
        )
        request = VerifySmdsResponseRequest.decode(octets)
    except DecodeError as error:
        raise RemoteError(
            f"ES11.AuthenticateClient: smdsSigned2 cannot be read: {error}"
        ) from error
    refused = card.send(request).verify_smds_response_error
    if refused is not None:
        text = code_text(refused)
        raise CardRefusedError(f"ES10b.VerifySmdsResponse: the card answered {text}", code=text)
    return request.smds_signed2


def _read_events(card: IsdrChannel, answer: AnyEventsResponse) -> EventList:
    """Returns a signed list of events, verified by the card.

    Raises:
        CardRefusedError: as `_verified`.
        RemoteError: as `_verified`, or it is no list of events.
    """
    signed = _verified(card, answer)
    try:
        listed = signed.event_list
    except DecodeError as error:
        raise RemoteError(f"ES11.AuthenticateClient: eventList cannot be read: {error}") from error
    if listed is None:
        raise RemoteError("ES11.AuthenticateClient: expected a list of events in smdsSigned2")
    return listed


def register_for_push(
    card: IsdrChannel,
    port: HttpPort,
    address: str,
    service: Oid,
    token: str,
    device: DeviceInfo = STANDARD_DEVICE_V3,
) -> datetime | None:
    """Registers the device at an SM-DS for push messages about events of its card.

    Args:
        card: An open channel.
        port: The way to servers.
        address: Address of the SM-DS.
        service: Service for push, one of those that the SM-DS supports.
        token: What the service gave the device.
        device: What the device says of itself.

    Returns:
        When to register again; None when the SM-DS does not say.

    Raises:
        CardRefusedError: the card refused the SM-DS or its answer.
        RemoteError: the card or the SM-DS refused.
        ServerUnreachableError: no answer came.
    """
    es11 = Es11Client(port, address)
    initiated = initiate_authentication(card, es11, device)
    check_server_address(address, initiated.server_signed1.server_address)
    check_same_server(es11.tls_certificate, initiated.answer.server_certificate)
    context = CtxParamsForPushServiceRegistration(selected_push_service=service, push_token=token)
    request = authenticate_server_request(initiated, None, device, context=context.encode())
    response = card.send(request)
    refused = response.authenticate_response_error
    if refused is not None:
        text = authenticate_error_text(refused.authenticate_error_code)
        raise CardRefusedError(f"ES10b.AuthenticateServer: the card answered {text}", code=text)
    answer = es11.events(
        es9p.AuthenticateClientRequest(
            transaction_id=initiated.transaction_id,
            authenticate_server_response=response.encode(),
        )
    )
    registered = _verified(card, answer).registration
    if registered is None:
        raise RemoteError("ES11.AuthenticateClient: expected pushServiceRegistrationResult")
    return registered.push_service_refresh_time
