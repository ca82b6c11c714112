"""READ RECORD, UPDATE RECORD, SEARCH RECORD and INCREASE (ETSI TS 102 221, 11.1.5 to 11.1.8).

Record 1 of a cyclic file is the one written last; a new one replaces the oldest.
"""

from rspcore.apdu import CommandApdu, Ins
from rspcore.frozen import replace
from rspcore.status import StatusWord
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import File, FileKind
from rspsim.euicc.uicc.access import AccessMode
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.commands.target_file import Reached, reach, refusal

__all__ = ["increase", "read_record", "search_record", "update_record"]

_RECORD_FILES = (FileKind.LINEAR_FIXED, FileKind.CYCLIC)
_NEXT, _PREVIOUS, _ABSOLUTE = 2, 3, 4
_FORWARD, _BACKWARD = 4, 5


def _reach(
    command: CommandApdu, view: View, kinds: tuple[FileKind, ...] = _RECORD_FILES
) -> Reached | int:
    return reach(CommandContext.of(view), command.p2 >> 3 or None, kinds)


def _number(reached: Reached, command: CommandApdu) -> int:
    """Returns the record a mode names, 0 when there is none such."""
    count = len(reached.body.records)
    current = reached.context.place.record
    cyclic = reached.body.kind is FileKind.CYCLIC
    mode = command.p2 & 7
    if mode == _ABSOLUTE:
        number = command.p1 or current
        return number if 1 <= number <= count else 0
    if mode == _NEXT:
        number = current + 1 if current else 1
        return number if number <= count else 1 if cyclic else 0
    number = current - 1 if current else count
    return number or (count if cyclic else 0)


def _pointed(reached: Reached, number: int) -> CommandContext:
    return reached.context.moved(replace(reached.context.place, record=number))


def read_record(command: CommandApdu, view: View) -> Outcome:
    """Answers with one record; next and previous move the record pointer."""
    mode = command.p2 & 7
    if mode not in (_NEXT, _PREVIOUS, _ABSOLUTE) or (command.p1 and mode != _ABSOLUTE):
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    reached = _reach(command, view)
    if isinstance(reached, int):
        return view.refuse(reached)
    if command.data:
        return view.refuse(StatusWord.WRONG_LENGTH)
    refused = refusal(reached, AccessMode.READ)
    if refused is not None:
        return view.refuse(refused)
    number = _number(reached, command)
    if not number:
        return view.refuse(StatusWord.RECORD_NOT_FOUND)
    context = reached.context if mode == _ABSOLUTE else _pointed(reached, number)
    return context.outcome(reached.body.records[number - 1])


def _put(one: File, number: int, record: bytes) -> File:
    records = list(one.records)
    records[number - 1] = record
    return replace(one, body=b"".join(records))


def _pushed(one: File, record: bytes) -> File:
    return replace(one, body=b"".join((record, *one.records[:-1])))


def update_record(command: CommandApdu, view: View) -> Outcome:
    """Writes one record; in a cyclic file, the oldest becomes record 1."""
    mode = command.p2 & 7
    if mode not in (_NEXT, _PREVIOUS, _ABSOLUTE) or (command.p1 and mode != _ABSOLUTE):
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    reached = _reach(command, view)
    if isinstance(reached, int):
        return view.refuse(reached)
    cyclic = reached.body.kind is FileKind.CYCLIC
    if cyclic and mode != _PREVIOUS:
        return view.refuse(StatusWord.INCOMPATIBLE_WITH_FILE_STRUCTURE)
    refused = refusal(reached, AccessMode.UPDATE)
    if refused is not None:
        return view.refuse(refused)
    if len(command.data) != reached.body.record_length:
        return view.refuse(StatusWord.WRONG_LENGTH)
    if cyclic:
        context = _pointed(reached, 1)
        return context.written(context.content.with_file(_pushed(reached.body, command.data)))
    number = _number(reached, command)
    if not number:
        return view.refuse(StatusWord.RECORD_NOT_FOUND)
    context = reached.context if mode == _ABSOLUTE else _pointed(reached, number)
    return context.written(context.content.with_file(_put(reached.body, number, command.data)))


def search_record(command: CommandApdu, view: View) -> Outcome:
    """Answers with the numbers of the records that contain a pattern, simple search."""
    mode = command.p2 & 7
    if mode not in (_FORWARD, _BACKWARD):
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    reached = reach(CommandContext.of(view), command.p2 >> 3 or None, _RECORD_FILES)
    if isinstance(reached, int):
        return view.refuse(reached)
    refused = refusal(reached, AccessMode.READ)
    if refused is not None:
        return view.refuse(refused)
    if not 1 <= len(command.data) <= reached.body.record_length:
        return view.refuse(StatusWord.WRONG_LENGTH)
    records = reached.body.records
    start = command.p1 or reached.context.place.record or 1
    if start > len(records):
        return view.refuse(StatusWord.RECORD_NOT_FOUND)
    order = range(start, len(records) + 1) if mode == _FORWARD else range(start, 0, -1)
    found = [number for number in order if command.data in records[number - 1]]
    if not found:
        return view.refuse(StatusWord.END_OF_FILE)
    return _pointed(reached, found[0]).outcome(bytes(found))


def increase(command: CommandApdu, view: View) -> Outcome:
    """Adds a value to the record of a cyclic file written last, as a new record 1."""
    sfi = command.p1 & 0x1F if command.p1 & 0x80 else None
    if command.p2 or (command.p1 and sfi is None):
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    reached = reach(CommandContext.of(view), sfi, (FileKind.CYCLIC,))
    if isinstance(reached, int):
        return view.refuse(reached)
    refused = refusal(reached, AccessMode.UPDATE, Ins.INCREASE)
    if refused is not None:
        return view.refuse(refused)
    length = reached.body.record_length
    if not 1 <= len(command.data) <= min(length, 0x7F):
        return view.refuse(StatusWord.WRONG_LENGTH)
    total = int.from_bytes(reached.body.records[0], "big") + int.from_bytes(command.data, "big")
    if total >= 1 << 8 * length:
        return view.refuse(StatusWord.INCREASE_MAXIMUM_REACHED)
    record = total.to_bytes(length, "big")
    context = _pointed(reached, 1)
    content = context.content.with_file(_pushed(reached.body, record))
    return context.written(content, record + command.data)
