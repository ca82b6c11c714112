"""ENVELOPE (SMS-PP DOWNLOAD): joins the parts, passes on the packet, returns the answer.

Parts may come in any order; each but the last is answered 9000. One message is put together at a
time: another reference starts a new one. The proof of receipt goes back with the answer to the last
ENVELOPE, or as SEND SHORT MESSAGE (3GPP TS 31.115, 4; ETSI TS 102 223, 7.1.1).
"""

from collections.abc import Callable
from typing import Final

from rspcore import tlv
from rspcore.apdu import CommandApdu
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass, replace
from rspcore.ota import sms
from rspcore.status import StatusWord
from rspsim.euicc.channel_context import SmsParts
from rspsim.euicc.decisions import Decision
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.uicc.ota.secured import Received, receive

__all__ = ["COLLECTED", "SmsOutcome", "take_envelope"]

_SEND_SHORT_MESSAGE = 0x13
_TO_NETWORK = bytes.fromhex("8183")
_SINGLE = 140
_FIRST_SUBMIT = 132
_OTHER_SUBMIT = 134


@dataclass(frozen=True, slots=True)
class SmsOutcome:
    """The result of an ENVELOPE.

    Attributes:
        outcome: Answer to the ENVELOPE.
        proactive: Bodies of SEND SHORT MESSAGE to offer to the terminal, without command number.
    """

    outcome: Outcome
    proactive: tuple[bytes, ...] = ()


def _collected(view: View, delivery: sms.Deliver) -> tuple[View, bytes | None]:
    """Returns the packet when its last part is here, and the view that keeps the parts."""
    part = sms.UserData.decode(delivery.user_data)
    place = part.concatenation
    if place is None:
        return view, part.content if part.is_command else None
    reference, total, number = place
    held = view.volatile.sms_parts
    key = (delivery.originator, reference, total)
    known = dict(held.parts) if held is not None and held.key == key else {}
    known[number] = delivery.user_data
    if len(known) < total:
        kept = SmsParts(key=key, parts=tuple(sorted(known.items())))
        return replace(view, volatile=replace(view.volatile, sms_parts=kept)), None
    view = replace(view, volatile=replace(view.volatile, sms_parts=None))
    parts = [sms.UserData.decode(octets) for octets in known.values()]
    return view, sms.reassemble(parts) if any(p.is_command for p in parts) else None


COLLECTED: Final[Decision[Callable[[View, sms.Deliver], tuple[View, bytes | None]]]] = Decision(
    "ota.collected", _collected, "how the parts of a message are put together"
)


def take_envelope(command: CommandApdu, view: View) -> SmsOutcome:
    """Answers ENVELOPE (SMS-PP DOWNLOAD)."""
    try:
        delivery = sms.read_envelope(command.data)
        if not delivery.is_data_download or not delivery.has_header:
            return SmsOutcome(view.outcome())
        view, packet = view.decisions[COLLECTED](view, delivery)
    except DecodeError:
        return SmsOutcome(view.refuse(StatusWord.WRONG_DATA))
    profile = view.state.enabled_profile
    if packet is None or profile is None:
        return SmsOutcome(view.outcome())
    received = receive(view, profile, packet)
    if received is None:
        return SmsOutcome(view.outcome())
    if received.response is None or received.by_submit:
        proactive = _submits(received, delivery.originator, sms.service_centre(command.data))
        return SmsOutcome(view.outcome(state=received.state), proactive)
    return SmsOutcome(view.outcome(received.response, state=received.state))


def _submits(received: Received, destination: bytes, service_centre: bytes) -> tuple[bytes, ...]:
    """Returns the SEND SHORT MESSAGE bodies that carry a response.

    Each has the Address of the ENVELOPE, where that has one: common terminals expect it.
    """
    response = received.response
    if response is None:
        return ()
    if len(response) <= _SINGLE:
        return (_send(sms.submit(response, destination=destination), service_centre),)
    header, body = response[1:3], response[3:]
    rest = body[_FIRST_SUBMIT:]
    pieces = [body[:_FIRST_SUBMIT]]
    pieces += [rest[n : n + _OTHER_SUBMIT] for n in range(0, len(rest), _OTHER_SUBMIT)]
    bodies = []
    for number, piece in enumerate(pieces, 1):
        element = bytes((0, 3, 1, len(pieces), number))
        elements = element + header if number == 1 else element
        data = bytes((len(elements),)) + elements + piece
        bodies.append(_send(sms.submit(data, destination=destination), service_centre))
    return tuple(bodies)


def _send(tpdu: bytes, service_centre: bytes) -> bytes:
    address = tlv.encode(0x86, service_centre) if service_centre else b""
    return tlv.encode(0x82, _TO_NETWORK) + address + tlv.encode(0x8B, tpdu)
