"""Device Change and Profile Recovery on the side of the LPA: a Profile moves to another device.

    moved = move_profile(card, port, iccid)     on the old device
    download(..., code=moved.activation_code)   on the next one
    recover_profile(card, port, moved)          on the old one, if that failed for good

Source: SGP.22 v3.1, 3.11.
"""

from collections.abc import Callable
from contextlib import suppress
from time import sleep  # noqa: TID251  waits, and reads no clock
from typing import Final

from rspcore import tlv
from rspcore.crypto.confirmation import hash_cc
from rspcore.errors import DecodeError, RemoteError
from rspcore.frozen import dataclass
from rspcore.ids import Eid, Iccid
from rspcore.messages.es10b import RetrieveNotificationsListRequest
from rspcore.messages.es10c import ProfileInfoListRequest, SearchCriteria
from rspcore.messages.euicc_info import DeviceInfo
from rspcore.messages.v3.device_change import (
    DeleteNotificationForDc,
    DeviceChangeData,
    PrepareDeviceChangeRequest,
    SmdpSigned4,
    SmdpSigned6,
    VerifyDeviceChangeError,
    VerifyDeviceChangeRequest,
    VerifyProfileRecoveryRequest,
    VerifySmdpResponseRequest,
)
from rspcore.messages.v3.profile_metadata import DeviceChangeConfiguration
from rspcore.messages.v3.server_authentication import (
    CtxParamsForDeviceChange,
    CtxParamsForProfileRecovery,
)
from rspcore.messages.v3.server_functions import (
    AuthenticateClientChangeResponse,
    AuthenticateClientDelayedResponse,
    ConfirmDeviceChangeRequest,
)
from rspcore.tags import Tag
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.checks import DownloadStoppedError
from rspharness.lpa.download_steps import (
    STANDARD_DEVICE_V3,
    CardRefusedError,
    Initiated,
    cancel_session,
    initiate_authentication,
    protocol_of,
)
from rspharness.lpa.es9p_client import HttpPort, ServerRefusedError
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.local_management import code_text
from rspharness.lpa.newer.newer_session import (
    NewerEs9Client,
    authenticated_by_card,
    device_of_version_3,
)
from rspharness.lpa.notification_delivery import deliver_older, remove_notification

__all__ = ["Move", "MovedProfile", "change_configuration", "move_profile", "recover_profile"]

_MOST_POLLS: Final = 48
_MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedProfile:
    """What the old device keeps of a Profile that moves.

    Attributes:
        iccid: The Profile.
        address: SM-DP+ that moved it, empty for a stored code.
        activation_code: What the next device scans.
        deleted: The Profile is gone from this card.
        delete_notification: That it is gone, for the next device to hand over (BF63); or None.
        recoverable: The server takes it back if the next device fails for good.
        recoverable_until: Until when, in ISO 8601; None where the server said none.
    """

    iccid: Iccid
    address: str
    activation_code: str
    deleted: bool = False
    delete_notification: bytes | None = None
    recoverable: bool = False
    recoverable_until: str | None = None


def change_configuration(card: IsdrChannel, iccid: Iccid) -> DeviceChangeConfiguration:
    """Reads how a Profile moves to another device.

    Raises:
        RemoteError: it is not on the card, or has no such configuration.
    """
    request = ProfileInfoListRequest(
        search_criteria=SearchCriteria(iccid=iccid),
        tag_list=tlv.encode_tag(Tag.DeviceChangeConfiguration),
    )
    data = card.exchange("ES10c.GetProfilesInfo", request.encode())
    listed = tlv.parse(data).find(0xA0)
    for profile in () if listed is None else listed.children():
        found = profile.find(Tag.DeviceChangeConfiguration)
        if found is not None:
            return DeviceChangeConfiguration.from_tlv(found)
    raise RemoteError(f"Profile {iccid}: no deviceChangeConfiguration; it cannot move by itself")


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What the user says to a move.

    Attributes:
        agrees: Asks for a strong confirmation.
        confirmation_code: What the user enters where the server asks for a code.
        next_eid: EID of the next device, where the Profile requires it.
        next_tac: Its TAC, 4 octets.
    """

    agrees: Callable[[], bool] = lambda: True
    confirmation_code: str | None = None
    next_eid: Eid | None = None
    next_tac: bytes | None = None


def move_profile(
    card: IsdrChannel,
    port: HttpPort,
    iccid: Iccid,
    move: Move | None = None,
    *,
    device: DeviceInfo = STANDARD_DEVICE_V3,
    pause: Callable[[float], object] = sleep,
) -> MovedProfile:
    """Moves a Profile: the server hands over a code for the next device, the card verifies it.

    Args:
        card: An open channel.
        port: The way to servers.
        iccid: The Profile; where the server has it deleted, it has to be disabled.
        move: What the user says; by default agrees.
        device: What this device says of itself, one of version 3.
        pause: Waits for a number of seconds, where the server is not ready yet.

    Raises:
        DownloadStoppedError: the user does not agree, or has no code.
        CardRefusedError: the card refused; the code says why.
        RemoteError: the server refused, or the Profile cannot move.
        ServerUnreachableError: no answer came.
    """
    wish = move or Move()
    configuration = change_configuration(card, iccid)
    if configuration.request_to_dp is None:
        stored = configuration.using_stored_ac
        code = "" if stored is None else stored.activation_code_for_dc
        return MovedProfile(iccid=iccid, address="", activation_code=code)
    asked = configuration.request_to_dp
    missing = (asked.eid_required and wish.next_eid is None) or (
        asked.tac_required and wish.next_tac is None
    )
    if missing:
        raise RemoteError(f"Profile {iccid}: EID or TAC of the next device is needed to move it")
    es9 = NewerEs9Client(port, asked.smdp_address_for_dc, protocol_of(device))
    for _ in range(_MOST_POLLS):
        initiated = initiate_authentication(card, es9, device)
        context = CtxParamsForDeviceChange(
            iccid=iccid,
            device_info=device_of_version_3(initiated, device),
            target_eid_value=wish.next_eid,
            target_tac_value=wish.next_tac,
        )
        answer = es9.device_change(authenticated_by_card(card, es9, initiated, context))
        if isinstance(answer, AuthenticateClientChangeResponse):
            moved = _moved(card, es9, initiated, answer, wish)
            deliver_older(card, port, es9.address, protocol_of(device))
            return moved
        _wait(card, es9, answer, pause)
    raise RemoteError(f"{es9.address}: not ready after {_MOST_POLLS} questions")


def _wait(
    card: IsdrChannel,
    es9: NewerEs9Client,
    answer: AuthenticateClientDelayedResponse,
    pause: Callable[[float], object],
) -> None:
    """Waits until the server says that it is ready, or the time is over that it named."""
    octets = tlv.encode(Tag.VerifySmdpResponse, answer.smdp_signed6, answer.smdp_signature6)
    response = card.send(VerifySmdpResponseRequest.decode(octets))
    if response.verify_smdp_response_error is not None:
        text = code_text(response.verify_smdp_response_error)
        raise CardRefusedError(f"ES10b.VerifySmdpResponse: the card answered {text}", code=text)
    retry = SmdpSigned6.decode(answer.smdp_signed6).retry_data
    delay: int | None = retry.retry_delay
    for _ in range(_MOST_POLLS):
        if not delay:
            return
        pause(delay * _MINUTE_S)
        delay = es9.check_progress(retry.dc_session_id)


def _moved(
    card: IsdrChannel,
    es9: NewerEs9Client,
    initiated: Initiated,
    answer: AuthenticateClientChangeResponse,
    wish: Move,
) -> MovedProfile:
    confirmation_code = wish.confirmation_code
    signed = SmdpSigned4.decode(answer.smdp_signed4)
    stop = None
    if not wish.agrees():
        stop = DownloadStoppedError("the user does not move the Profile", 0)  # type: ignore[arg-type]
    elif signed.cc_required_flag and confirmation_code is None:
        stop = DownloadStoppedError("the server asks for a Confirmation Code", 2)  # type: ignore[arg-type]
    if stop is not None:
        cancel_session(card, es9, initiated.transaction_id, stop.reason)
        raise stop
    hashed = b""
    if signed.cc_required_flag and confirmation_code is not None:
        hashed = tlv.encode(Tag.OctetString, hash_cc(confirmation_code, initiated.transaction_id))
    octets = tlv.encode(
        Tag.PrepareDeviceChange, answer.smdp_signed4, answer.smdp_signature4, hashed
    )
    prepared = card.send(PrepareDeviceChangeRequest.decode(octets))
    request = ConfirmDeviceChangeRequest(
        transaction_id=initiated.transaction_id, prepare_device_change_response=prepared.encode()
    )
    refused = prepared.prepare_device_change_response_error
    if refused is not None:
        with suppress(ServerRefusedError):  # expected: the server ends its session
            es9.confirm_device_change(request)
        text = code_text(refused.download_error_code)
        raise CardRefusedError(f"ES10b.PrepareDeviceChange: the card answered {text}", code=text)
    handed = es9.confirm_device_change(request)
    octets = tlv.encode(Tag.VerifyDeviceChange, handed.smdp_signed5, handed.smdp_signature5)
    verified = card.send(VerifyDeviceChangeRequest.decode(octets))
    data = verified.verify_device_change_ok
    if data is None:
        text = code_text(verified.verify_device_change_error or 127)
        said = f"ES10b.VerifyDeviceChange: the card answered {text}"
        if verified.verify_device_change_error == VerifyDeviceChangeError.profileNotInDisabledState:
            said += "; disable the Profile, then move it again"
        raise CardRefusedError(said, code=text)
    notification = _taken_from_list(card)
    return _kept(data, es9.address, notification)


def _taken_from_list(card: IsdrChannel) -> bytes | None:
    """Returns the Notification for the next device (BF63) and removes it from the list."""
    waiting = card.send(RetrieveNotificationsListRequest()).notification_list or ()
    for octets in waiting:
        if tlv.parse(octets).tag == Tag.DeleteNotificationForDc:
            found = DeleteNotificationForDc.decode(octets)
            remove_notification(card, found.notification_metadata.seq_number)
            return octets
    return None


def _kept(data: DeviceChangeData, address: str, notification: bytes | None) -> MovedProfile:
    try:
        ActivationCode.parse(data.activation_code_for_dc)
    except DecodeError as error:
        raise RemoteError(
            f"{address} handed over {data.activation_code_for_dc!r}, which is no activation code: "
            f"{error}"
        ) from error
    until = data.profile_recovery_validity_period
    return MovedProfile(
        iccid=data.iccid,
        address=address,
        activation_code=data.activation_code_for_dc,
        deleted=bool(data.delete_old_profile),
        delete_notification=notification,
        recoverable=bool(data.profile_recovery_support),
        recoverable_until=None if until is None else until.isoformat(),
    )


def recover_profile(
    card: IsdrChannel,
    port: HttpPort,
    moved: MovedProfile,
    *,
    device: DeviceInfo = STANDARD_DEVICE_V3,
) -> str:
    """Returns the activation code by which a Profile comes back to the card that it left.

    Args:
        card: An open channel.
        port: The way to servers.
        moved: What was kept when it moved.
        device: What this device says of itself, one of version 3.

    Raises:
        CardRefusedError: the card refused; the code says why.
        RemoteError: the server refused, or cannot recover it.
        ServerUnreachableError: no answer came.
    """
    if not moved.recoverable:
        raise RemoteError(f"Profile {moved.iccid}: the server said nothing of a recovery")
    es9 = NewerEs9Client(port, moved.address, protocol_of(device))
    initiated = initiate_authentication(card, es9, device)
    context = CtxParamsForProfileRecovery(
        iccid=moved.iccid, device_info=device_of_version_3(initiated, device)
    )
    answer = es9.device_change(authenticated_by_card(card, es9, initiated, context))
    if not isinstance(answer, AuthenticateClientChangeResponse):
        raise RemoteError(f"{moved.address}: a recovery is never late")
    octets = tlv.encode(Tag.VerifyProfileRecovery, answer.smdp_signed4, answer.smdp_signature4)
    response = card.send(VerifyProfileRecoveryRequest.decode(octets))
    if response.verify_profile_recovery_error is not None:
        text = code_text(response.verify_profile_recovery_error)
        raise CardRefusedError(f"ES10b.VerifyProfileRecovery: the card answered {text}", code=text)
    try:
        code = SmdpSigned4.decode(answer.smdp_signed4).activation_code_for_profile_recovery
    except DecodeError as error:
        raise RemoteError(f"smdpSigned4 of {moved.address} cannot be read: {error}") from error
    if not code:
        raise RemoteError(f"{moved.address}: smdpSigned4 has no activation code")
    return code
