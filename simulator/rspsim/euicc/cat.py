"""The card application toolkit, as far as an eUICC needs it: REFRESH and the commands around it.

One proactive command can be open at a time. It is announced by 91XX until it is fetched, and stays
open until its TERMINAL RESPONSE; for REFRESH in the mode UICC Reset the reset stands for the
response. A Profile change asked for with refreshFlag waits for that moment (SGP.22 v2, 3.2).

Source: ETSI TS 102 223, 6.4.7, 6.6.13 and 6.8; TS 102 221, 11.1.19 and 11.2.
"""

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Final

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError
from rspcore.frozen import replace
from rspcore.status import StatusWord
from rspsim.euicc import alerts, isdp
from rspsim.euicc.decisions import Decision
from rspsim.euicc.options import RefreshMode
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import Cat, Volatile
from rspsim.euicc.uicc import toolkit
from rspsim.euicc.uicc.ota import delivery
from rspsim.euicc.uicc.toolkit import next_offered

__all__ = [
    "ANNOUNCED",
    "ANNOUNCES",
    "ANNOUNCES_STATE_CHANGE",
    "BUSY",
    "CAPABILITY_KNOWN",
    "HANDLERS",
    "NOTHING_TO_FETCH",
    "NOT_FETCHED",
    "OFFERED_AGAIN",
    "REFRESH_COMMAND",
    "RESPONSE_COMPLETES",
    "RefreshQualifier",
    "announced",
    "with_refresh",
]


_OK: Final = int(StatusWord.OK)
_REFRESH = 0x01
_SEND_SHORT_MESSAGE = 0x13
_RETRY, _NEVER = 0x20, 0x30
_SMS_PP_DOWNLOAD, _MENU_SELECTION = 0xD1, 0xD3


class RefreshQualifier(IntEnum):
    """The modes of REFRESH an eUICC asks for (TS 102 223, 8.6)."""

    UICC_RESET = 0x04
    PROFILE_STATE_CHANGE = 0x09
    APPLICATION_UPDATE = 0x0A


def _announces_state_change(terminal_profile: bytes) -> bool:
    """Returns whether a TERMINAL PROFILE has b6 of its 34th octet (TS 102 223, 5.2)."""
    octet, bit = 33, 0x20
    return len(terminal_profile) > octet and bool(terminal_profile[octet] & bit)


def _refresh(number: int, qualifier: int) -> bytes:
    details = tlv.encode(0x81, bytes((number, 0x01, qualifier)))
    return tlv.encode(0xD0, details, tlv.encode(0x82, b"\x81\x82"))


def _capability_known(volatile: Volatile, capability: int) -> Volatile:
    return replace(volatile, cat=replace(volatile.cat, terminal_capability=capability))


CAPABILITY_KNOWN: Final = Decision(
    "cat.capability_known", _capability_known, "volatile values after TERMINAL CAPABILITY"
)
ANNOUNCES_STATE_CHANGE: Final = Decision(
    "cat.announces_state_change",
    _announces_state_change,
    "which TERMINAL PROFILE allows REFRESH in mode 09",
)
REFRESH_COMMAND: Final = Decision(
    "cat.refresh_command", _refresh, "octets of REFRESH from its number and qualifier"
)
ANNOUNCES: Final = Decision(
    "cat.announces", standard=True, summary="an open proactive command is announced by 91XX"
)
RESPONSE_COMPLETES: Final = Decision(
    "cat.response_completes",
    standard=True,
    summary="the TERMINAL RESPONSE to REFRESH carries out a waiting change",
)


def _fits(command: bytes, response: bytes) -> bool:
    """Returns whether a TERMINAL RESPONSE repeats the command details (TS 102 223, 6.8)."""
    details = tlv.parse(command).children()[0].value
    given = next(tlv.iterate(response))
    return given.tag & 0x7F == 0x01 and given.value == details


FITS: Final[Decision[Callable[[bytes, bytes], bool]]] = Decision(
    "cat.fits", _fits, "whether a TERMINAL RESPONSE belongs to the command that is open"
)


def announced(cat: Cat) -> int:
    """Returns the status word of success: 91XX while a proactive command waits for FETCH."""
    if cat.command is None or cat.fetched:
        return _OK
    return 0x9100 | len(cat.command) & 0xFF


ANNOUNCED: Final[Decision[Callable[[Cat], int]]] = Decision(
    "cat.announced", announced, "status word of success, by what the toolkit has on offer"
)
OFFERED_AGAIN: Final[Decision[Callable[[int], bool]]] = Decision(
    "cat.offered_again",
    lambda result: _RETRY <= result < _NEVER,
    "after which results a proactive command is offered again",
)
BUSY: Final = Decision(
    "cat.busy", standard=True, summary="an ENVELOPE is refused while a command is carried out"
)
NOTHING_TO_FETCH: Final = Decision(
    "cat.nothing_to_fetch",
    int(StatusWord.CONDITIONS_NOT_SATISFIED),
    "status word of FETCH with no command on offer",
)
NOT_FETCHED: Final = Decision(
    "cat.not_fetched",
    int(StatusWord.CONDITIONS_NOT_SATISFIED),
    "status word of a TERMINAL RESPONSE that answers nothing",
)


def with_refresh(view: View, volatile: Volatile, *, only_reset: bool = False) -> Volatile:
    """Returns values in which REFRESH is the open proactive command, in place of any other.

    Args:
        view: The view of the command that asks for it.
        volatile: Values to put it into.
        only_reset: The mode is UICC Reset whatever options and terminal say (5.7.19).
    """
    cat = volatile.cat
    allowed = view.decisions[ANNOUNCES_STATE_CHANGE](cat.terminal_profile or b"")
    wanted = view.options.refresh_mode is RefreshMode.STATE_CHANGE and not only_reset
    qualifier = (
        RefreshQualifier.PROFILE_STATE_CHANGE if wanted and allowed else RefreshQualifier.UICC_RESET
    )
    if not view.decisions[ANNOUNCES]:
        return volatile
    number = cat.number % 254 + 1
    command = view.decisions[REFRESH_COMMAND](number, qualifier)
    return replace(volatile, cat=replace(cat, command=command, fetched=False, number=number))


def _terminal_profile(command: CommandApdu, view: View) -> Outcome:
    if command.p1 or command.p2:
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    if not command.data:
        return view.refuse(StatusWord.WRONG_LENGTH)
    changed = replace(view.volatile.cat, terminal_profile=command.data)
    menu = toolkit.menu(view, command.data)
    if menu is not None and changed.command is None:
        changed = next_offered(replace(changed, queue=(*changed.queue, menu)))
    return view.outcome(volatile=replace(view.volatile, cat=changed))


def _terminal_capability(command: CommandApdu, view: View) -> Outcome:
    """Keeps the eUICC octet (83) of the template A9; a repetition replaces it."""
    if command.p1 or command.p2:
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    try:
        template = tlv.parse(command.data)
        octet = template.find(0x83) if template.tag == 0xA9 else None
    except DecodeError:
        return view.refuse(StatusWord.WRONG_DATA)
    if template.tag != 0xA9:
        return view.refuse(StatusWord.WRONG_DATA)
    capability = octet.value[0] if octet is not None and len(octet.value) else 0
    return view.outcome(volatile=view.decisions[CAPABILITY_KNOWN](view.volatile, capability))


def _fetch(command: CommandApdu, view: View) -> Outcome:
    cat = view.volatile.cat
    if command.p1 or command.p2:
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    if cat.command is None:
        return view.refuse(view.decisions[NOTHING_TO_FETCH])
    return view.outcome(
        cat.command, volatile=replace(view.volatile, cat=replace(cat, fetched=True))
    )


def _terminal_response(command: CommandApdu, view: View) -> Outcome:
    """Ends a proactive command; the end of REFRESH carries out the change that waited."""
    cat = view.volatile.cat
    if command.p1 or command.p2:
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    if cat.command is None or not cat.fetched:
        return view.refuse(view.decisions[NOT_FETCHED])
    try:
        result = _result_of(command.data)
    except DecodeError:
        return view.refuse(StatusWord.WRONG_DATA)
    if not view.decisions[FITS](cat.command, command.data):
        return view.refuse(StatusWord.WRONG_DATA)
    if view.decisions[OFFERED_AGAIN](result):  # busy at present: the command is offered again
        return view.outcome(volatile=replace(view.volatile, cat=replace(cat, fetched=False)))
    if result >= _NEVER or not _is_refresh(cat.command):
        # a change whose REFRESH the terminal refuses waits for a reset
        ended = next_offered(replace(cat, command=None, fetched=False))
        return view.outcome(volatile=replace(view.volatile, cat=ended))
    state = view.state
    if view.decisions[RESPONSE_COMPLETES]:
        state = isdp.pending_carried_out(state, view.decisions)
    ends = view.options.switch_ends_session
    session = Volatile().session if ends else view.session
    return view.outcome(
        state=state, volatile=replace(Volatile(), session=session, cat=Cat(number=cat.number))
    )


def _is_refresh(command: bytes) -> bool:
    """Returns whether a command is the REFRESH of a Profile change; an alert is none."""
    details = tlv.parse(command).children()[0].value
    return details[1] == _REFRESH and details[2] != RefreshQualifier.APPLICATION_UPDATE


def _result_of(data: bytes) -> int:
    """Returns the general result of a TERMINAL RESPONSE.

    Raises:
        DecodeError: not a sequence of data objects with a result (tag 03 or 83) in it.
    """
    for one in tlv.iterate(data):
        if one.tag & 0x7F == 0x03 and len(one.value):
            return one.value[0]
    raise DecodeError("TERMINAL RESPONSE: expected a result (03 or 83)", tag=0x83)


def _envelope(command: CommandApdu, view: View) -> Outcome:
    """Takes an ENVELOPE: a short message or a menu selection; others are answered 9000."""
    cat = view.volatile.cat
    if command.p1 or command.p2:
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    if not command.data:
        return view.refuse(StatusWord.WRONG_LENGTH)
    try:
        tlv.parse(command.data)
    except DecodeError:
        return view.refuse(StatusWord.WRONG_DATA)
    waits = command.data[0] in (_SMS_PP_DOWNLOAD, _MENU_SELECTION)
    if cat.fetched and waits and view.decisions[BUSY]:
        return view.refuse(StatusWord.TOOLKIT_BUSY)
    if command.data[0] == _SMS_PP_DOWNLOAD:
        taken = delivery.take_envelope(command, view)
        return alerts.with_alert(_offering(taken.outcome, taken.proactive), view)
    if command.data[0] == _MENU_SELECTION:
        return toolkit.selected(command.data, view)
    return view.outcome()


def _offering(outcome: Outcome, bodies: tuple[bytes, ...]) -> Outcome:
    """Returns an outcome that queues proactive commands of type SEND SHORT MESSAGE."""
    if not bodies:
        return outcome
    cat = outcome.volatile.cat
    queued = tuple((_SEND_SHORT_MESSAGE, 0x00, body) for body in bodies)
    offered = next_offered(replace(cat, queue=cat.queue + queued))
    return replace(outcome, volatile=replace(outcome.volatile, cat=offered))


HANDLERS: Final[Mapping[int, Callable[[CommandApdu, View], Outcome]]] = {
    Ins.TERMINAL_PROFILE: _terminal_profile,
    Ins.TERMINAL_CAPABILITY: _terminal_capability,
    Ins.FETCH: _fetch,
    Ins.TERMINAL_RESPONSE: _terminal_response,
    Ins.ENVELOPE: _envelope,
}
"""Instruction to handler for the commands between terminal and card, on any channel."""
