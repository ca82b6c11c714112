"""Secured packets as the card takes them: receiver, security, keys, counter; then the script.

The order of the checks is that of ETSI TS 102 225 as used in the field: receiver (09), level (0A),
key set (06), ciphering and checksum (05, 01), counter (02, 03, 04). The counter is stored before
the script runs and stays so whatever the script does. Errors found before the checksum proved the
sender are answered without protection.
"""

from collections.abc import Callable
from typing import Final

from rspcore.apdu import ResponseApdu
from rspcore.errors import CryptoError, DecodeError
from rspcore.frozen import dataclass, replace
from rspcore.ota.packet import (
    CommandPacket,
    CounterMode,
    KeySet,
    PacketError,
    ResponsePacket,
    ResponseStatus,
    SecurityParameters,
)
from rspcore.ota.script import Script, read_script, write_response
from rspcore.status import is_success
from rspsim.euicc.decisions import Decision
from rspsim.euicc.outcome import View
from rspsim.euicc.state import CardState, Profile
from rspsim.euicc.uicc.ota import domain as security_domain
from rspsim.euicc.uicc.ota import remote_files
from rspsim.euicc.uicc.ota.domain_session import DomainContext
from rspsim.euicc.uicc.ota.receivers import (
    HELD_COUNTER,
    LEVEL_REACHED,
    RECEIVER,
    Receiver,
    key_set,
    with_counter,
)

__all__ = [
    "CHECK_PACKET",
    "COUNTED",
    "COUNTER",
    "GOES_ON",
    "PROTECTED",
    "WANTED",
    "Received",
    "receive",
]

_LAST_COUNTER = 0xFFFFFFFFFF


@dataclass(frozen=True, slots=True)
class Received:
    """The result of a packet.

    Attributes:
        state: Persistent state afterwards.
        response: Response packet with its header 02 71 00; None when none is due.
        by_submit: It is to be sent as SMS-SUBMIT.
    """

    state: CardState
    response: bytes | None = None
    by_submit: bool = False


def _counter_status(mode: CounterMode, held: int, given: int) -> ResponseStatus:
    """Returns POR_OK when a counter is accepted, else the status that refuses it."""
    if mode not in (CounterMode.HIGHER, CounterMode.NEXT):
        return ResponseStatus.POR_OK
    if held == _LAST_COUNTER:
        return ResponseStatus.CNTR_BLOCKED
    if given <= held:
        return ResponseStatus.CNTR_LOW
    if mode is CounterMode.NEXT and given > held + 1:
        return ResponseStatus.CNTR_HIGH
    return ResponseStatus.POR_OK


def _goes_on(response: ResponseApdu) -> bool:
    """Returns whether a script goes on: after success, data waiting and warnings."""
    return is_success(response.sw) or response.sw >> 8 in (0x61, 0x62, 0x63)


GOES_ON: Final[Decision[Callable[[ResponseApdu], bool]]] = Decision(
    "ota.goes_on", _goes_on, "whether a script goes on after the answer to a command"
)
COUNTER: Final[Decision[Callable[[CounterMode, int, int], ResponseStatus]]] = Decision(
    "ota.counter", _counter_status, "whether the counter of a packet is new"
)
PROTECTED: Final[Decision[Callable[[ResponsePacket, SecurityParameters, KeySet | None], bytes]]] = (
    Decision("ota.protected", ResponsePacket.encode, "octets of a proof of receipt")
)
WANTED: Final[Decision[Callable[[SecurityParameters, ResponseStatus], bool]]] = Decision(
    "ota.wanted",
    lambda parameters, status: parameters.wants_response(
        failed=status is not ResponseStatus.POR_OK
    ),
    "whether a proof of receipt is due",
)
COUNTED: Final[Decision[Callable[[CardState, CardState, CardState], CardState]]] = Decision(
    "ota.counted",
    lambda _before, _counted, after: after,
    "state after a script, from those before the packet, with its counter, and after the script",
)
CHECK_PACKET: Final = Decision(
    "ota.check_packet", CommandPacket.decode, "how a packet is deciphered and verified"
)


def receive(view: View, profile: Profile, octets: bytes) -> Received | None:
    """Takes a command packet for the enabled Profile.

    Returns:
        The result, or None when the octets are no command packet at all.
    """
    try:
        parameters, tar, _ = CommandPacket.read_header(octets)
    except DecodeError:
        return None
    found = view.decisions[RECEIVER](profile.content, tar)
    if found is None:
        return _refused(view, octets, parameters, ResponseStatus.TAR_UNKNOWN)
    if not view.decisions[LEVEL_REACHED](parameters.spi1, found.minimum):
        return _refused(view, octets, parameters, ResponseStatus.INSUFFICIENT_SECURITY_LEVEL)
    keys = None
    if parameters.ciphered or parameters.integrity == 2:
        keys = key_set(found.domain, parameters, view.decisions)
        if keys is None:
            return _refused(view, octets, parameters, ResponseStatus.UNIDENTIFIED_SECURITY_ERROR)
    try:
        packet = view.decisions[CHECK_PACKET](octets, keys)
    except PacketError as error:
        return _refused(view, octets, parameters, error.status)
    except CryptoError:
        return _refused(view, octets, parameters, ResponseStatus.UNIDENTIFIED_SECURITY_ERROR)
    return _opened(view, profile, found, packet, keys)


def _refused(
    view: View, octets: bytes, parameters: SecurityParameters, status: ResponseStatus
) -> Received:
    """Answers an error of an unauthenticated sender, without protection."""
    if not view.decisions[WANTED](parameters, status):
        return Received(view.state)
    counter = int.from_bytes(octets[10:15], "big")
    bare = replace(parameters, spi2=parameters.spi2 & ~0x1C)
    response = ResponsePacket(octets[7:10], counter, status).encode(bare)
    return Received(view.state, response, parameters.response_by_submit)


def _opened(
    view: View, profile: Profile, found: Receiver, packet: CommandPacket, keys: KeySet | None
) -> Received:
    """Checks the counter, runs the script and makes the proof of receipt."""
    parameters = packet.parameters
    version = 0 if keys is None else keys.version
    held = view.decisions[HELD_COUNTER](found.domain, version)
    status = view.decisions[COUNTER](parameters.counter_mode, held, packet.counter)
    state, data = view.state, b""
    if status is ResponseStatus.POR_OK:
        if parameters.counter_mode in (CounterMode.HIGHER, CounterMode.NEXT):
            counted = with_counter(profile, found.domain, version, packet.counter)
            state = state.with_profile(counted)
        after, data = _run(replace(view, state=state), profile, found, packet, keys)
        state = view.decisions[COUNTED](view.state, state, after)
    if not view.decisions[WANTED](parameters, status):
        return Received(state)
    answer = ResponsePacket(packet.tar, packet.counter, status, data)
    octets = view.decisions[PROTECTED](answer, parameters, keys)
    return Received(state, octets, parameters.response_by_submit)


def _run(
    view: View, profile: Profile, found: Receiver, packet: CommandPacket, keys: KeySet | None
) -> tuple[CardState, bytes]:
    """Runs the script command by command until one fails."""
    try:
        script = read_script(packet.data)
    except DecodeError:
        return view.state, b""
    if found.files is not None:
        return _run_files(remote_files.context(view, found.files), script)
    context = DomainContext(
        state=view.state,
        decisions=view.decisions,
        profile=profile.aid,
        domain=found.domain.aid,
        version=0 if keys is None else keys.version,
        dek=b"" if keys is None else keys.dek,
    )
    responses: list[ResponseApdu] = []
    decisions = view.decisions
    for command in script.commands:
        response, context = security_domain.run(command, context)
        responses.append(response)
        if not decisions[GOES_ON](response):
            break
    return context.state, write_response(script, responses)


def _run_files(here: remote_files.FilesContext, script: Script) -> tuple[CardState, bytes]:
    responses: list[ResponseApdu] = []
    decisions = here.view.decisions
    expanded = script.template is not None
    for command in script.commands:
        response, here = remote_files.run(here, command, expanded=expanded)
        responses.append(response)
        if not decisions[GOES_ON](response):
            break
    return here.view.state, write_response(script, responses)
