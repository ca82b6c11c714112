"""Finds the handler for the octets of a command, and delivers its answer.

How it works. `process` takes any octets. It reads the APDU, takes the logical channel from the
class octet, and passes the command to the first of these that handles its instruction: the channel
itself (GET RESPONSE, MANAGE CHANNEL, SELECT), the toolkit (`rspsim.euicc.cat`), the application
selected on the channel. The handler returns an `Outcome` with all of the response data;
`_delivered` then decides how much of it is sent now. The rest waits in the channel for GET
RESPONSE, and is dropped by any other command there (ISO/IEC 7816-4, 5.1; ETSI TS 102 221, 7.3.1).
A warning is the answer to the command itself: 6CXX to the first GET RESPONSE announces the data
that go with it, and the second gives them (TS 102 221, 7.3.1.1.4).

The announcement of a proactive command, 91XX in place of 9000, belongs to the last part of an
answer; so it is added here, when that part is sent, and not by the function that caused it
(SGP.22 v2, 5.7.2).

Nothing in here raises for octets from outside: each mistake in them has its status word.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from functools import lru_cache
from typing import Final

from rspcore.apdu import CHANNEL_OF, CommandApdu, Ins, ResponseApdu
from rspcore.errors import DecodeError
from rspcore.frozen import changer, dataclass, replace
from rspcore.status import StatusWord
from rspsim.euicc import applications, cat, manage_channel
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.esim_ports import manage_lsi
from rspsim.euicc.isdr import lpae
from rspsim.euicc.options import ResponseMode
from rspsim.euicc.outcome import Outcome, View, outcome_of, response_of, view_of
from rspsim.euicc.state import Channel
from rspsim.euicc.uicc.sim_class import SIM_CLASS, process_sim

__all__ = [
    "CHECKS",
    "CLASSES",
    "DROPS_RESPONSE",
    "EXACT_LE",
    "FINDS",
    "LAST_PART",
    "LE_NEEDED",
    "MOST",
    "NOTHING_WAITING",
    "PARSE",
    "REST",
    "TOO_MUCH",
    "WARNED",
    "ClassFamily",
    "Received",
    "process",
]

_MOST = 256
"""Most data octets of one short response."""
_OFTEN: Final = 24
"""Most octets of a command that is kept as it was read: SELECT by the longest AID is shorter."""
_GET_RESPONSE: Final = int(Ins.GET_RESPONSE)
_OK: Final = int(StatusWord.OK)
_DIRECT: Final = ResponseMode.DIRECT

_TO_LPAE: Final = bytes((lpae.TAG,))
_WARNINGS = (0x62, 0x63)
"""First octets of the status words of a command that was carried out with a warning."""


class ClassFamily(Enum):
    """Which class octets an instruction belongs to (TS 102 221, 10.1.1)."""

    INTERINDUSTRY = "0X or 4X"
    PROPRIETARY = "8X or CX"


_PROPRIETARY_CLASS: Final = ClassFamily.PROPRIETARY
_PLAIN: Final = frozenset(
    cla for cla in range(0x100) if not CommandApdu(cla, 0, 0, 0).secure_messaging
)
"""Class octets without secure messaging."""

_INTERINDUSTRY: Final = (
    Ins.SELECT,
    Ins.MANAGE_CHANNEL,
    Ins.READ_BINARY,
    Ins.UPDATE_BINARY,
    Ins.READ_RECORD,
    Ins.UPDATE_RECORD,
    Ins.SEARCH_RECORD,
    Ins.VERIFY_PIN,
    Ins.CHANGE_PIN,
    Ins.DISABLE_PIN,
    Ins.ENABLE_PIN,
    Ins.UNBLOCK_PIN,
    Ins.ACTIVATE_FILE,
    Ins.DEACTIVATE_FILE,
    Ins.CREATE_FILE,
    Ins.AUTHENTICATE,
    Ins.GET_CHALLENGE,
)
_PROPRIETARY: Final = (
    Ins.GET_STATUS,
    Ins.STORE_DATA,
    Ins.TERMINAL_CAPABILITY,
    Ins.TERMINAL_PROFILE,
    Ins.TERMINAL_RESPONSE,
    Ins.FETCH,
    Ins.ENVELOPE,
    Ins.INCREASE,
    Ins.RETRIEVE_DATA,
    Ins.SET_DATA,
    Ins.GET_IDENTITY,
    Ins.SUSPEND_UICC,
    Ins.RESIZE_FILE,
)

CLASSES: Final[Decision[Mapping[int, ClassFamily]]] = Decision(
    "class.families",
    {
        **dict.fromkeys(_INTERINDUSTRY, ClassFamily.INTERINDUSTRY),
        **dict.fromkeys(_PROPRIETARY, ClassFamily.PROPRIETARY),
    },
    "class octets an instruction is taken with; instructions not listed: any",
)
_short: Final = lru_cache(maxsize=512)(CommandApdu.parse)


def _parse(octets: bytes) -> CommandApdu:
    """Reads a command; a short one, as devices send over and over, is kept for the next time.

    Raises:
        DecodeError: as `CommandApdu.parse`.
    """
    return _short(octets) if len(octets) <= _OFTEN else CommandApdu.parse(octets)


PARSE: Final[Decision[Callable[[bytes], CommandApdu]]] = Decision(
    "apdu.parse", _parse, "a command from its octets"
)
FINDS: Final[Decision[Callable[[View], View]]] = Decision(
    "channels.finds", lambda view: view, "the view given to a command on a channel"
)
NOTHING_WAITING: Final = Decision(
    "get_response.nothing_waiting",
    int(StatusWord.CONDITIONS_NOT_SATISFIED),
    "status word when no response data waits",
)
DROPS_RESPONSE: Final = Decision(
    "get_response.dropped", standard=True, summary="another command drops waiting response data"
)
EXACT_LE: Final = Decision(
    "le.exact", standard=True, summary="a case 2 command with a wrong Le is answered 6CXX"
)
LE_NEEDED: Final = Decision(
    "le.needed", standard=False, summary="a command with data but without Le gets no response data"
)


def _rest(data: bytes, count: int) -> bytes:
    return data[count:]


def _too_much(waiting: int) -> int:
    return 0x6C00 | waiting & 0xFF


REST: Final = Decision(
    "get_response.rest", _rest, "rest of a response after so many octets were sent"
)
MOST: Final = Decision("get_response.most", _MOST, "most data octets of one response")
LAST_PART: Final[Decision[Callable[[bytes, int], ResponseApdu]]] = Decision(
    "get_response.last_part", response_of, "last part of a response"
)
TOO_MUCH: Final = Decision(
    "get_response.too_much", _too_much, "status word when Le is more than what waits"
)
WARNED: Final[Decision[Callable[[bytes], bytes]]] = Decision(
    "get_response.warned", lambda data: data, "data that can be had after a warning"
)


@dataclass(frozen=True, slots=True)
class Received:
    """A command and the view, for the checks of the class octet."""

    command: CommandApdu
    view: View

    @property
    def channel_open(self) -> bool:
        """Returns whether the channel of the class octet is open."""
        number = self.command.channel
        return number is not None and self.view.volatile.channels[number] is not None

    @property
    def secure_messaging_taken(self) -> bool:
        """Returns whether the class asks for no secure messaging, or an SCP03 session is there."""
        number = self.command.channel
        channel = None if number is None else self.view.volatile.channels[number]
        return not self.command.secure_messaging or (
            channel is not None and channel.secure is not None
        )

    @property
    def class_fits(self) -> bool:
        """Returns whether the instruction exists in this class."""
        family = self.view.decisions[CLASSES].get(self.command.ins)
        proprietary = bool(self.command.cla & 0x80)
        return family is None or proprietary is (family is ClassFamily.PROPRIETARY)


CHECKS: Final[Decision[Checks[Received]]] = Decision(
    "class",
    (
        Check("class_known", lambda r: r.command.channel is not None, StatusWord.CLA_NOT_SUPPORTED),
        Check(
            "no_secure_messaging",
            lambda r: r.secure_messaging_taken,
            StatusWord.SECURE_MESSAGING_NOT_SUPPORTED,
        ),
        Check("channel_open", lambda r: r.channel_open, StatusWord.LOGICAL_CHANNEL_NOT_SUPPORTED),
        Check("class_fits", lambda r: r.class_fits, StatusWord.CLA_NOT_SUPPORTED),
    ),
    "checks of the class octet",
)


def _envelope(command: CommandApdu, view: View) -> Outcome:
    """Answers ENVELOPE: a command to an LPAe of the card, or what the toolkit takes."""
    if command.data[:1] == _TO_LPAE and lpae.has_lpae(view):
        return lpae.process(command, view)
    return cat.HANDLERS[Ins.ENVELOPE](command, view)


def _manage_lsi(command: CommandApdu, view: View) -> Outcome:
    """Answers MANAGE LSI; a card with one port does not know the instruction."""
    answer = applications.process if view.volatile.ports is None else manage_lsi.process
    return answer(command, view)


_HANDLERS: Final[Mapping[int, Callable[[CommandApdu, View], Outcome]]] = {
    Ins.MANAGE_CHANNEL: manage_channel.process,
    Ins.MANAGE_LSI: _manage_lsi,
    Ins.SELECT: applications.select,
    **cat.HANDLERS,
    Ins.ENVELOPE: _envelope,
}


def process(octets: bytes, view: View) -> Outcome:
    """Answers one command.

    Args:
        octets: Command APDU, any octets.
        view: The card as it stands; the channel number in it is not looked at.
    """
    try:
        command = view.decisions[PARSE](octets)
    except DecodeError:
        return view.refuse(StatusWord.WRONG_LENGTH)
    if command.cla == SIM_CLASS and view.options.sim_class:
        return _of_sim(command, view)
    number = CHANNEL_OF[command.cla] or 0
    if number != view.channel_number:
        view = view_of(view.state, view.volatile, view.rng, view.decisions, number)
    refusal = _class_refusal(command, view)
    if refusal is not None:
        return view.refuse(refusal)
    view = view.decisions[FINDS](view)
    ins = command.ins
    if ins == _GET_RESPONSE:
        return _get_response(command, view)
    handler = _HANDLERS.get(ins, applications.process)
    channel = view.channel
    drops = bool(channel.response) and view.decisions[DROPS_RESPONSE]
    if drops and view.volatile.ports is not None:  # another port may be in use afterwards
        view, drops = view.with_channel(_with_response(channel, b"")), False
    return _delivered(command, view, handler(command, view), drops=drops)


def _without_response(outcome: Outcome, number: int) -> Outcome:
    """Returns an outcome that leaves nothing waiting of the command before."""
    channel = outcome.volatile.channels[number]
    if channel is None or not channel.response:
        return outcome
    volatile = outcome.volatile.with_channel(number, _with_response(channel, b""))
    return outcome_of(outcome.response, outcome.state, volatile, outcome.on_the_way)


_with_response: Final = changer(Channel, "response")
_with_waiting: Final = changer(Channel, "response", "response_sw", "warned")


def _class_refusal(command: CommandApdu, view: View) -> int | None:
    """Returns the status word of the first check of the class octet that does not hold, or None.

    A command that passes all standard checks, as nearly every one does, is seen without the table.
    """
    decisions = view.decisions
    checks = decisions[CHECKS]
    if checks is CHECKS.standard:
        cla = command.cla
        number = CHANNEL_OF[cla]
        channel = None if number is None else view.volatile.channels[number]
        if channel is not None and (cla in _PLAIN or channel.secure is not None):
            family = decisions[CLASSES].get(command.ins)
            if family is None or (family is _PROPRIETARY_CLASS) is (cla >= 0x80):
                return None
    return first_refusal(checks, Received(command, view))


def _of_sim(command: CommandApdu, view: View) -> Outcome:
    """Answers a command of the class A0; those of the toolkit are the same in both classes."""
    view = replace(view, channel_number=0)
    handler = cat.HANDLERS.get(command.ins)
    if handler is not None:
        known = replace(command, cla=0x80)
        return _delivered(known, view, handler(known, view))
    outcome = process_sim(command, view)
    return replace(
        outcome, response=_last(view, outcome.response.data, outcome.response.sw, outcome)
    )


def _delivered(
    command: CommandApdu, view: View, outcome: Outcome, *, drops: bool = False
) -> Outcome:
    """Sends as much of the response data as the command's case allows, and keeps the rest.

    What waited before the command is dropped here and not before it, since no handler looks at it:
    where data of this command wait, they take its place.
    """
    data, sw, le = outcome.response.data, outcome.response.sw, command.le
    if not data or (le is None and view.decisions[LE_NEEDED]):
        if drops:
            outcome = _without_response(outcome, view.channel_number)
        answered = _last(view, b"", sw, outcome)
        if answered == outcome.response:
            return outcome
        return outcome_of(answered, outcome.state, outcome.volatile, outcome.on_the_way)
    if not command.data:
        wanted = le or 0
        if wanted != _MOST and wanted != len(data) and view.decisions[EXACT_LE]:
            refused = view.refuse(0x6C00 | min(len(data), _MOST) & 0xFF)
            return _without_response(refused, view.channel_number) if drops else refused
        return _part(view, outcome, data, sw, wanted or _MOST)
    direct = le is not None and view.options.response_mode is _DIRECT
    if not direct and sw >> 8 in _WARNINGS:
        return _warned(view, outcome)
    return _part(view, outcome, data, sw, (le or 0) if direct else 0)


def _warned(view: View, outcome: Outcome) -> Outcome:
    """Answers with the warning at once; the data wait for GET RESPONSE, which ends with 9000."""
    data, sw = view.decisions[WARNED](outcome.response.data), outcome.response.sw
    channel = outcome.volatile.channels[view.channel_number]
    if channel is None:
        return outcome
    waiting = replace(channel, response=data, response_sw=int(StatusWord.OK), warned=True)
    volatile = outcome.volatile.with_channel(view.channel_number, waiting)
    return replace(outcome, response=ResponseApdu(b"", sw), volatile=volatile)


def _part(view: View, outcome: Outcome, data: bytes, sw: int, count: int) -> Outcome:
    """Answers with the first count octets; what is left waits in the channel."""
    decisions, number = view.decisions, view.channel_number
    most = decisions[MOST]
    if count > most:  # noqa: PLR1730  a call of `min` takes longer than the rest of the line
        count = most
    later = decisions[REST](data, count)
    volatile = outcome.volatile
    channel = volatile.channels[number]
    if channel is not None and (later or channel.response):
        volatile = volatile.with_channel(number, _with_waiting(channel, later, sw, False))  # noqa: FBT003  by place
    if not later or channel is None:
        answered = _last(view, data[:count], sw, outcome)
        return outcome_of(answered, outcome.state, volatile, outcome.on_the_way)
    next_part = len(later)
    if next_part > most:  # noqa: PLR1730  as above
        next_part = most
    waiting = 0x6100 | next_part if next_part < _MOST else 0x6100
    answered = response_of(data[:count], waiting)
    return outcome_of(answered, outcome.state, volatile, outcome.on_the_way)


def _last(view: View, data: bytes, sw: int, outcome: Outcome) -> ResponseApdu:
    """Returns the end of an answer, with 91XX when a proactive command waits."""
    if sw == _OK:
        sw = view.decisions[cat.ANNOUNCED](outcome.volatile.cat)
    return view.decisions[LAST_PART](data, sw)


def _get_response(command: CommandApdu, view: View) -> Outcome:
    """Answers with the next part of what waits in the channel (ISO/IEC 7816-4, 11.7.1)."""
    waiting = view.channel.response
    if command.p1 or command.p2:
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    if not waiting:
        return view.refuse(view.decisions[NOTHING_WAITING])
    wanted = command.le or _MOST
    if wanted > len(waiting) and (wanted != _MOST or view.channel.warned):
        return view.refuse(view.decisions[TOO_MUCH](len(waiting)))
    return _part(view, view.outcome(), waiting, view.channel.response_sw, wanted)
