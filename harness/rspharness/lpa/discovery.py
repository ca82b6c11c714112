"""Discovery: what waits for a card at its default SM-DP+ and at an SM-DS.

An SM-DS answers with events: the address of a server and the MatchingID to ask it with. Each one is
then downloaded as an activation code would be. The session at the SM-DS ends with its list. The
server of an event may be another SM-DS (a cascade), which is asked in turn.

Source: SGP.22 v2, 3.6 and 5.8. ES11 has the paths and requests of ES9+.
"""

from rspcore.errors import DecodeError, RemoteError
from rspcore.messages import es9p
from rspcore.messages.euicc_info import DeviceInfo
from rspcore.pki.certificate import Certificate
from rspcore.pki.roles import Role
from rspharness.lpa import activation_code
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.checks import (
    DownloadStoppedError,
    check_same_server,
    check_server_address,
)
from rspharness.lpa.download_steps import (
    STANDARD_DEVICE,
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
from rspharness.lpa.local_management import code_text, read_addresses
from rspharness.lpa.signed_events import read_events

__all__ = ["default_code", "find_events", "is_nothing_pending"]

_LONGEST_CASCADE = 3
_NOTHING_PENDING = frozenset({("8.1.1", "3.8"), ("8.2.6", "3.8")})
"""What an SM-DP+ without an order for this EID answers to an empty MatchingID."""


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

    An event whose server is another SM-DS is asked for there, with its EventID, and so on.

    Args:
        card: An open channel.
        port: The way to servers.
        address: Address of the SM-DS; empty for the root SM-DS that the card names.
        device: What the device says of itself.

    Returns:
        Server and MatchingID of each event; none when nothing waits. The events stay at the SM-DS.
        An event that cannot be followed is returned as it is; its download says why.

    Raises:
        DownloadStoppedError: the SM-DS signed another address, or is another server than its TLS
            certificate says.
        CardRefusedError: the card refused the SM-DS; the code is the AuthenticateErrorCode.
        RemoteError: the card or the SM-DS refused, an event names no server, or the events lead
            from SM-DS to SM-DS without an end.
        ServerUnreachableError: no answer came.
    """
    address = address or read_addresses(card).root_ds_address
    found: list[ActivationCode] = []
    waiting = [(ActivationCode(address=address), 0)]
    while waiting:
        asked, depth = waiting.pop(0)
        if depth > _LONGEST_CASCADE:
            raise RemoteError(
                f"ES11: the events lead through more than {_LONGEST_CASCADE} SM-DS, the last one "
                f"is {asked.address}"
            )
        try:
            events = _events_at(card, port, asked, device)
        except (RemoteError, ServerUnreachableError, DownloadStoppedError):
            if not depth:
                raise
            events = []
            found.append(asked)
        for event in events:
            if _is_smds(card, port, event.address):
                waiting.append((event, depth + 1))
            else:
                found.append(event)
    return tuple(found)


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
) -> list[ActivationCode]:
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
        text = code_text(refused.authenticate_error_code)
        stopped = CardRefusedError(f"ES10b.AuthenticateServer: the card answered {text}", code=text)
        try:
            es11.event_entries(request)
        except ServerRefusedError:
            raise stopped from None  # the SM-DS has to hear of it, and refuses: that is expected
        raise stopped
    answer = es11.events(request)
    if answer.smds_signed2 is not None:
        signed = read_events(card, answer).event_entries
        return [_code(one.rsp_server_address, one.event_id) for one in signed]
    if answer.event_entries is None:
        raise RemoteError("ES11.AuthenticateClient: the answer has neither events nor smdsSigned2")
    return [_code(one.rsp_server_address, one.event_id) for one in answer.event_entries]


def _code(address: str, event_id: str) -> ActivationCode:
    try:
        activation_code.check_server_address(address)
    except DecodeError as error:
        raise RemoteError(f"ES11.AuthenticateClient: event {event_id!r}: {error}") from error
    return ActivationCode(address=address, matching_id=event_id)
