"""The class A0 of a SIM (3GPP TS 51.011): commands of another class, answered in its own words.

A card with the option `sim_class` takes these commands on the basic channel. DF 7F20 and 7F21 are
the first USIM of the enabled Profile; the handlers are those of the class 00, and so are files,
codes and rights. What is its own are the answers: 9FXX announces data, 94XX and 98XX refuse, and
SELECT gives fixed octets in place of an FCP (TS 51.011, 8, 9.2 and 9.4).
"""

from collections.abc import Mapping
from typing import Final

from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspcore.frozen import replace
from rspcore.status import StatusWord, tries_left
from rspsim.euicc.decisions import Decision
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import File, FileKind, ProfileContent
from rspsim.euicc.uicc.access import AccessMode, find_pin, record_of, rule_allows
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.commands.select import FIND, arrive
from rspsim.euicc.uicc.commands.table import COMMANDS

__all__ = ["SIM_CLASS", "SIM_WORDS", "process_sim"]

SIM_CLASS: Final = 0xA0
"""The class octet."""

_GSM: Final = frozenset({0x7F20, 0x7F21})
_SLEEP = 0xFA
_CHV1, _CHV2 = 0x01, 0x81
_RAND_OCTETS = 16
_GSM_CONTEXT = 0x80
_ALWAYS, _NEVER, _ADMINISTRATIVE = 0x0, 0xF, 0x4
_STRUCTURES: Final = {FileKind.LINEAR_FIXED: 1, FileKind.CYCLIC: 3}
_DATA_WAIT = 0x9F00
_WRONG_LENGTH = StatusWord.WRONG_LENGTH
_NO_FILE_CURRENT, _OUT_OF_RANGE, _NOT_FOUND, _INCONSISTENT = 0x9400, 0x9402, 0x9404, 0x9408
_CHV_NEEDED, _CHV_CONTRADICTS, _INVALIDATED, _CHV_BLOCKED = 0x9804, 0x9808, 0x9810, 0x9840

SIM_WORDS: Final[Decision[Mapping[int, int]]] = Decision(
    "sim_class.words",
    {
        StatusWord.FILE_NOT_FOUND: _NOT_FOUND,
        StatusWord.NO_EF_SELECTED: _NO_FILE_CURRENT,
        StatusWord.RECORD_NOT_FOUND: _OUT_OF_RANGE,
        StatusWord.WRONG_P1_P2: _OUT_OF_RANGE,
        StatusWord.INCOMPATIBLE_WITH_FILE_STRUCTURE: _INCONSISTENT,
        StatusWord.SECURITY_STATUS_NOT_SATISFIED: _CHV_NEEDED,
        StatusWord.AUTHENTICATION_METHOD_BLOCKED: _CHV_BLOCKED,
        StatusWord.REFERENCED_DATA_INVALIDATED: _INVALIDATED,
        StatusWord.CONDITIONS_NOT_SATISFIED: _CHV_CONTRADICTS,
        StatusWord.REFERENCED_DATA_NOT_FOUND: _CHV_CONTRADICTS,
        StatusWord.INCORRECT_P1_P2: int(StatusWord.WRONG_P1_P2),
    },
    "status words of the class 00 in those of the class A0",
)
_CODES: Final = frozenset(
    {Ins.VERIFY_PIN, Ins.CHANGE_PIN, Ins.DISABLE_PIN, Ins.ENABLE_PIN, Ins.UNBLOCK_PIN}
)
_AS_IT_IS: Final = frozenset(
    {
        Ins.READ_BINARY,
        Ins.UPDATE_BINARY,
        Ins.READ_RECORD,
        Ins.UPDATE_RECORD,
        Ins.INCREASE,
        Ins.DEACTIVATE_FILE,
        Ins.ACTIVATE_FILE,
    }
)


def process_sim(command: CommandApdu, view: View) -> Outcome:
    """Answers a command of the class A0."""
    if command.ins == Ins.GET_RESPONSE:
        return _get_response(command, view)
    if view.channel.response:
        view = view.with_channel(replace(view.channel, response=b""))
    if command.ins == Ins.SELECT:
        return _select(command, view)
    if command.ins == Ins.GET_STATUS:
        directory = CommandContext.of(view).directory
        if directory is None:
            return view.refuse(_NOT_FOUND)
        return _given(command, view.outcome(_described(CommandContext.of(view), directory)), view)
    if command.ins == _SLEEP:
        return view.outcome()
    translated = _translated(command)
    if translated is None:
        return view.refuse(StatusWord.INS_NOT_SUPPORTED)
    for instruction, handler in view.decisions[COMMANDS]:
        if instruction == translated.ins:
            return _given(command, handler(translated, view), view)
    return view.refuse(StatusWord.INS_NOT_SUPPORTED)


def _translated(command: CommandApdu) -> CommandApdu | None:
    """Returns the command of the class 00 that does the same, or None when there is none."""
    if command.ins in _AS_IT_IS:
        return replace(command, cla=0)
    if command.ins in _CODES:
        second = command.p2 == 0x02
        return replace(command, cla=0, p2=_CHV2 if second else _CHV1)
    if command.ins == Ins.AUTHENTICATE:  # RUN GSM ALGORITHM
        data = bytes((_RAND_OCTETS,)) + command.data
        return replace(command, cla=0, p2=_GSM_CONTEXT, data=data)
    return None


def _given(command: CommandApdu, outcome: Outcome, view: View) -> Outcome:
    """Returns an answer in the words of this class; data of a command with data wait."""
    data, sw = outcome.response.data, outcome.response.sw
    if (left := tries_left(sw)) is not None:
        sw = _CHV_NEEDED if left else _CHV_BLOCKED
    elif sw == StatusWord.REFERENCED_DATA_INVALIDATED and command.ins in _CODES:
        sw = _CHV_CONTRADICTS
    sw = view.decisions[SIM_WORDS].get(sw, sw)
    if command.ins == Ins.AUTHENTICATE:  # SRES and Kc without their lengths
        data = data[1:5] + data[6:]
    if not data:
        return replace(outcome, response=ResponseApdu(b"", sw))
    if not command.data:
        wanted = command.le or 0
        if wanted > len(data) and wanted != 256:
            return view.refuse(_WRONG_LENGTH | len(data) & 0xFF)
        return replace(outcome, response=ResponseApdu(data[:wanted], sw))
    return _waiting(outcome, data)


def _waiting(outcome: Outcome, data: bytes) -> Outcome:
    channel = outcome.volatile.channels[0]
    if channel is None:
        return outcome
    volatile = outcome.volatile.with_channel(
        0, replace(channel, response=data, response_sw=int(StatusWord.OK))
    )
    response = ResponseApdu(b"", _DATA_WAIT | len(data) & 0xFF)
    return replace(outcome, response=response, volatile=volatile)


def _get_response(command: CommandApdu, view: View) -> Outcome:
    waiting = view.channel.response
    wanted = command.le or 0
    if not waiting:
        return view.refuse(StatusWord.CONDITIONS_NOT_SATISFIED)
    if wanted > len(waiting) and wanted != 256:
        return view.refuse(_WRONG_LENGTH | len(waiting) & 0xFF)
    return view.outcome(waiting[:wanted])


def _select(command: CommandApdu, view: View) -> Outcome:
    context = CommandContext.of(view)
    if command.p1 or command.p2:
        return view.refuse(StatusWord.WRONG_P1_P2)
    if len(command.data) != 2:
        return view.refuse(_WRONG_LENGTH | 2)
    if int.from_bytes(command.data, "big") in _GSM:
        found = next((f for f in context.content.files.files if f.kind is FileKind.ADF), None)
    else:
        by_identifier = CommandApdu(0, Ins.SELECT, 0, 0, command.data)
        found = context.file(view.decisions[FIND](context, by_identifier))
    if found is None:
        return view.refuse(_NOT_FOUND)
    moved = context.moved(arrive(context, found))
    channel = replace(moved.view.channel, application=None)
    outcome = moved.view.with_channel(channel).outcome()
    return _waiting(outcome, _described(context, found))


def _described(context: CommandContext, one: File) -> bytes:
    """Returns what SELECT and STATUS answer (TS 51.011, 9.2.1)."""
    if one.kind.is_directory:
        return _directory(context.content, one)
    body = context.content.files.resolve(one)
    size = min(len(body.body), 0xFFFF).to_bytes(2, "big")
    increased = 0x40 if body.kind is FileKind.CYCLIC else 0
    described = bytes(2) + size + one.fid.to_bytes(2, "big") + bytes((0x04, increased))
    described += _conditions(context.content, one)
    structure = _STRUCTURES.get(body.kind, 0)
    return described + bytes((int(not one.is_deactivated), 2, structure, body.record_length & 0xFF))


def _directory(content: ProfileContent, one: File) -> bytes:
    below = content.files.children(one.path)
    directories = sum(1 for child in below if child.kind.is_directory)
    identifier = 0x7F20 if one.kind is FileKind.ADF else one.fid
    kind = 0x01 if one.kind is FileKind.MF else 0x02
    first = find_pin(content, one.path, _CHV1)
    disabled = 0x00 if first is not None and first.enabled else 0x80
    codes = b""
    for reference in (_CHV1, _CHV2):
        pin = find_pin(content, one.path, reference)
        puk = next((p for p in content.puks if pin is not None and p.reference == pin.puk), None)
        codes += bytes(0 if c is None else 0x80 | min(c.remaining, 15) for c in (pin, puk))
    head = bytes(4) + identifier.to_bytes(2, "big") + bytes((kind,)) + bytes(5)
    counts = bytes((0x01 | disabled, directories, len(below) - directories, 4, 0))
    return head + bytes((9,)) + counts + codes


def _conditions(content: ProfileContent, one: File) -> bytes:
    """Returns the access conditions: READ, UPDATE, INCREASE, then REHABILITATE and INVALIDATE."""
    read = _condition(content, one, AccessMode.READ)
    update = _condition(content, one, AccessMode.UPDATE)
    increase = _condition(content, one, AccessMode.UPDATE, Ins.INCREASE)
    rehabilitate = _condition(content, one, AccessMode.ACTIVATE)
    invalidate = _condition(content, one, AccessMode.DEACTIVATE)
    return bytes((read << 4 | update, increase << 4, rehabilitate << 4 | invalidate))


def _condition(
    content: ProfileContent, one: File, mode: AccessMode, instruction: int | None = None
) -> int:
    record = record_of(content, one)
    if record is None:
        return _NEVER
    tried = ((_ALWAYS, ()), (1, (_CHV1,)), (2, (_CHV2,)), (_ADMINISTRATIVE, tuple(range(256))))
    for level, verified in tried:
        if rule_allows(record, mode, verified.__contains__, instruction=instruction):
            return level
    return _NEVER
