"""What an SM-DS of version 3 signs, taken by the LPA: the card verifies it before it is used.

    events = read_events(card, answer)
    register_for_push(card, port, address, service, token)

Source: SGP.22 v3.1, ES11 and ES10b.VerifySmdsResponse.
"""

from datetime import datetime

from rspcore import tlv
from rspcore.errors import DecodeError, RemoteError
from rspcore.ids import Oid
from rspcore.messages import es9p
from rspcore.messages.es11 import AnyEventsResponse
from rspcore.messages.euicc_info import DeviceInfo
from rspcore.messages.v3.event_lists import (
    EventList,
    SmdsSigned2,
    VerifySmdsResponseRequest,
)
from rspcore.messages.v3.server_authentication import CtxParamsForPushServiceRegistration
from rspcore.tags import Tag
from rspharness.lpa.checks import check_same_server, check_server_address
from rspharness.lpa.download_steps import (
    STANDARD_DEVICE_V3,
    CardRefusedError,
    authenticate_server_request,
    initiate_authentication,
)
from rspharness.lpa.es9p_client import Es11Client, HttpPort
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.local_management import code_text

__all__ = ["read_events", "register_for_push", "verified"]


def verified(card: IsdrChannel, answer: AnyEventsResponse) -> SmdsSigned2:
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


def read_events(card: IsdrChannel, answer: AnyEventsResponse) -> EventList:
    """Returns a signed list of events, verified by the card.

    Raises:
        CardRefusedError: as `verified`.
        RemoteError: as `verified`, or it is no list of events.
    """
    signed = verified(card, answer)
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
        text = code_text(refused.authenticate_error_code)
        raise CardRefusedError(f"ES10b.AuthenticateServer: the card answered {text}", code=text)
    answer = es11.events(
        es9p.AuthenticateClientRequest(
            transaction_id=initiated.transaction_id,
            authenticate_server_response=response.encode(),
        )
    )
    registered = verified(card, answer).registration
    if registered is None:
        raise RemoteError("ES11.AuthenticateClient: expected pushServiceRegistrationResult")
    return registered.push_service_refresh_time
