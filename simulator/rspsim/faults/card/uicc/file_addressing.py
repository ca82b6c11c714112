"""Faults of short identifiers, record pointers, ends of files, and files on two channels."""

from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspcore.status import StatusWord
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import File, FileKind, ProfileContent
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.commands import target_file
from rspsim.euicc.uicc.commands.table import Handler
from rspsim.faults.card.card_fault import CardFault, swap
from rspsim.faults.card.handler_changes import Wrap, instead, refusing_as, seeing
from rspsim.faults.card.uicc.content_changes import (
    answering_as,
    current_file,
    only_when,
    with_content,
    without_right,
)

__all__ = ["FAULTS"]

_NEXT, _PREVIOUS, _ABSOLUTE, _BACKWARD = 2, 3, 4, 5
_E = StatusWord


def _binary_by_sfi(command: CommandApdu, _view: View) -> bool:
    return bool(command.p1 & 0x80)


def _record_by_sfi(command: CommandApdu, _view: View) -> bool:
    return bool(command.p2 >> 3)


def _mode(mode: int, command: CommandApdu) -> bool:
    return command.p2 & 7 == mode


def _leaving_place(handler: Handler) -> Handler:
    """Reads, and leaves the channel where it was."""

    def run(command: CommandApdu, view: View) -> Outcome:
        return replace(handler(command, view), volatile=view.volatile)

    return run


def _of_current(handler: Handler, command: CommandApdu, view: View) -> Outcome:
    return handler(replace(command, p1=0), view)


def _longer(handler: Handler) -> Handler:
    """Counts an update from the low octet of its offset when it looks for the end of the file."""

    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        one = current_file(view)
        if outcome.response.sw != _E.WRONG_LENGTH or one is None or not command.p1:
            return outcome
        offset = command.p1 << 8 | command.p2
        body = one.body[:offset] + command.data
        context = CommandContext.of(view)
        return context.written(context.content.with_file(replace(one, body=body)))

    return run


def _at(record: int) -> Wrap:
    """Returns a wrap that looks for another record when the handler finds none."""

    def found(handler: Handler, command: CommandApdu, view: View) -> Outcome:
        place = replace(view.channel.files, record=record)
        return handler(command, view.with_channel(replace(view.channel, files=place)))

    return answering_as(_E.RECORD_NOT_FOUND, found)


def _ended(handler: Handler) -> Handler:
    """Ends a cyclic file at its last record."""

    def run(command: CommandApdu, view: View) -> Outcome:
        one = current_file(view)
        cyclic = one is not None and one.kind is FileKind.CYCLIC
        at_end = one is not None and view.channel.files.record == len(one.records)
        if cyclic and at_end and _mode(_NEXT, command):
            return view.refuse(_E.RECORD_NOT_FOUND)
        return handler(command, view)

    return run


def _without_pointer_first(handler: Handler) -> Handler:
    """Begins at record 1 when PREVIOUS comes first."""

    def run(command: CommandApdu, view: View) -> Outcome:
        if _mode(_PREVIOUS, command) and not view.channel.files.record and not command.data:
            place = replace(view.channel.files, record=2)
            view = view.with_channel(replace(view.channel, files=place))
        return handler(command, view)

    return run


def _one_pointer(handler: Handler) -> Handler:
    """Moves the record pointer of every channel that stands in the file."""

    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        volatile = outcome.volatile
        here = volatile.channels[view.channel_number]
        for number, channel in enumerate(volatile.channels):
            if channel is not None and here is not None and channel.files.file == here.files.file:
                place = replace(channel.files, record=here.files.record)
                volatile = volatile.with_channel(number, replace(channel, files=place))
        return replace(outcome, volatile=volatile)

    return run


def _first_record(command: CommandApdu) -> CommandApdu:
    return replace(command, p1=1)


def _current_record(handler: Handler) -> Handler:
    """Writes the current record in place of the one after it."""

    def run(command: CommandApdu, view: View) -> Outcome:
        current = view.channel.files.record
        one = current_file(view)
        linear = one is not None and one.kind is FileKind.LINEAR_FIXED
        if _mode(_NEXT, command) and current and linear:
            command = replace(command, p1=current, p2=command.p2 & 0xF8 | _ABSOLUTE)
        return handler(command, view)

    return run


def _appended(handler: Handler) -> Handler:
    """Adds a record that is not there."""

    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        one = current_file(view)
        missing = outcome.response.sw == _E.RECORD_NOT_FOUND
        if not missing or one is None or len(command.data) != one.record_length:
            return outcome
        context = CommandContext.of(view)
        return context.written(
            context.content.with_file(replace(one, body=one.body + command.data))
        )

    return run


def _forward(command: CommandApdu) -> CommandApdu:
    if not _mode(_BACKWARD, command):
        return command
    return replace(command, p2=command.p2 & 0xF8 | _ABSOLUTE)


def _ruled_by_update(handler: Handler) -> Handler:
    """Allows INCREASE where the record may be updated."""

    def free(_handler: Handler, command: CommandApdu, view: View) -> Outcome:
        return without_right(handler)(command, view)

    return answering_as(_E.SECURITY_STATUS_NOT_SATISFIED, free)(handler)


def _one_less(handler: Handler) -> Handler:
    """Takes the largest number of a record for one too many."""

    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        half = len(outcome.response.data) // 2
        if half and outcome.response.data[:half] == b"\xff" * half:
            return view.refuse(_E.INCREASE_MAXIMUM_REACHED)
        return outcome

    return run


def _without_limit(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        def free(content: ProfileContent) -> ProfileContent:
            files = content.files
            one = current_file(view)
            if one is None or one.kind is not FileKind.BER_TLV:
                return content
            return replace(content, files=files.with_file(replace(one, maximum_size=0)))

        return handler(command, replace(view, state=with_content(view.outcome(), free).state))

    return run


def _beside_the_old(handler: Handler) -> Handler:
    """Stores an object beside the one that has the same tag."""

    def run(command: CommandApdu, view: View) -> Outcome:
        one = current_file(view)
        whole = command.p2 & 0x80 and len(command.data) > 2
        if one is None or not whole or command.data[0] != one.body[0]:
            return handler(command, view)
        body = one.body + command.data
        context = CommandContext.of(view)
        return context.written(context.content.with_file(replace(one, body=body)))

    return run


def _first_object(handler: Handler) -> Handler:
    """Reads the first object that has the tag."""

    def run(command: CommandApdu, view: View) -> Outcome:
        one = current_file(view)
        wanted = len(command.data) == 1 and command.data != b"\x5c"
        if one is None or not wanted or one.body[:1] != command.data:
            return handler(command, view)
        return CommandContext.of(view).outcome(bytes(tlv.parse_prefix(one.body).raw))

    return run


def _not_shareable(context: CommandContext, one: File) -> bool:
    return target_file.SHARED_BY_SFI.standard(context, replace(one, shareable=False))


def _one_channel_each(handler: Handler) -> Handler:
    """Reads a file only while no other channel has it."""

    def run(command: CommandApdu, view: View) -> Outcome:
        context = CommandContext.of(view)
        one = context.file(context.place.file)
        if one is not None and _not_shareable(context, one):
            return view.refuse(_E.CONDITIONS_NOT_SATISFIED)
        return handler(command, view)

    return run


def _read_all_the_same(handler: Handler, command: CommandApdu, view: View) -> Outcome:
    del handler
    found = target_file.reach(CommandContext.of(view), command.p1 & 0x1F, (FileKind.TRANSPARENT,))
    if isinstance(found, int):
        return view.refuse(found)
    return found.context.outcome(found.body.body[command.p2 :][: command.le or 256])


def _as_is(outcome: Outcome) -> Outcome:
    return replace(outcome, response=ResponseApdu(b"", _E.OK))


def _next_of_nothing(handler: Handler) -> Handler:
    """Takes a next block that continues nothing, and stores nothing."""

    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        refused = outcome.response.sw == _E.CONDITIONS_NOT_SATISFIED
        return _as_is(outcome) if refused and not command.p2 & 0x80 else outcome

    return run


_RB, _UB, _RR, _UR = Ins.READ_BINARY, Ins.UPDATE_BINARY, Ins.READ_RECORD, Ins.UPDATE_RECORD
_SEARCH, _ADD = Ins.SEARCH_RECORD, Ins.INCREASE

FAULTS: Final = (
    CardFault(
        "uicc.read-binary.sfi-without-offset",
        "READ BINARY by short identifier reads from the start.",
        ("UICC.ReadBinary#06",),
        instead(_RB, only_when(_binary_by_sfi, seeing(lambda c: replace(c, p2=0)))),
    ),
    CardFault(
        "uicc.read-binary.sfi-not-current",
        "READ BINARY by short identifier leaves the current file.",
        ("UICC.ReadBinary#06",),
        instead(_RB, only_when(_binary_by_sfi, _leaving_place)),
    ),
    CardFault(
        "uicc.read-binary.unknown-sfi-is-current",
        "A short identifier of no file reads the current file.",
        ("UICC.ReadBinary#07",),
        instead(_RB, only_when(_binary_by_sfi, answering_as(_E.FILE_NOT_FOUND, _of_current))),
    ),
    CardFault(
        "uicc.read-binary.one-octet-of-offset",
        "READ BINARY takes the low octet of an offset alone.",
        ("UICC.ReadBinary#08",),
        instead(_RB, seeing(lambda c: c if c.p1 & 0x80 else replace(c, p1=0))),
    ),
    CardFault(
        "uicc.update-binary.sfi-without-offset",
        "UPDATE BINARY by short identifier writes to the start.",
        ("UICC.UpdateBinary#03",),
        instead(_UB, only_when(_binary_by_sfi, seeing(lambda c: replace(c, p2=0)))),
    ),
    CardFault(
        "uicc.update-binary.longer-file",
        "An update at a high offset that does not fit makes the file longer.",
        ("UICC.UpdateBinary#04",),
        instead(_UB, _longer),
    ),
    CardFault(
        "uicc.read-record.sfi-is-first",
        "READ RECORD by short identifier reads record 1.",
        ("UICC.ReadRecord#04",),
        instead(_RR, only_when(_record_by_sfi, seeing(_first_record))),
    ),
    CardFault(
        "uicc.read-record.linear-without-end",
        "NEXT after the last record of a linear file is its first record.",
        ("UICC.ReadRecord#05",),
        instead(_RR, only_when(lambda c, _: _mode(_NEXT, c), _at(0))),
    ),
    CardFault(
        "uicc.read-record.previous-from-the-first",
        "PREVIOUS without a record pointer is the first record.",
        ("UICC.ReadRecord#06",),
        instead(_RR, _without_pointer_first),
    ),
    CardFault(
        "uicc.read-record.cyclic-ends",
        "NEXT after the last record of a cyclic file is refused.",
        ("UICC.ReadRecord#07",),
        instead(_RR, _ended),
    ),
    CardFault(
        "uicc.read-record.one-pointer",
        "All channels in a file share its record pointer.",
        ("UICC.ReadRecord#08",),
        instead(_RR, _one_pointer),
    ),
    CardFault(
        "uicc.update-record.sfi-is-first",
        "UPDATE RECORD by short identifier writes record 1.",
        ("UICC.UpdateRecord#05",),
        instead(_UR, only_when(_record_by_sfi, seeing(_first_record))),
    ),
    CardFault(
        "uicc.update-record.next-is-current",
        "UPDATE RECORD in mode next writes the current record.",
        ("UICC.UpdateRecord#06",),
        instead(_UR, _current_record),
    ),
    CardFault(
        "uicc.update-record.appends",
        "UPDATE RECORD of a record that is not there adds one.",
        ("UICC.UpdateRecord#07",),
        instead(_UR, _appended),
    ),
    CardFault(
        "uicc.search-record.backward-is-forward",
        "A backward search goes forward.",
        ("UICC.SearchRecord#03",),
        instead(_SEARCH, seeing(_forward)),
    ),
    CardFault(
        "uicc.search-record.sfi-from-the-first",
        "A search by short identifier begins at record 1.",
        ("UICC.SearchRecord#04",),
        instead(_SEARCH, only_when(_record_by_sfi, seeing(_first_record))),
    ),
    CardFault(
        "uicc.search-record.without-right",
        "SEARCH RECORD does not ask for the right to read.",
        ("UICC.SearchRecord#05",),
        instead(_SEARCH, without_right),
    ),
    CardFault(
        "uicc.increase.ruled-by-update",
        "INCREASE needs no rule of its own.",
        ("UICC.Increase#03",),
        instead(_ADD, _ruled_by_update),
    ),
    CardFault(
        "uicc.increase.one-less",
        "INCREASE refuses the largest number a record can hold.",
        ("UICC.Increase#04",),
        instead(_ADD, _one_less),
    ),
    CardFault(
        "uicc.set-data.without-limit",
        "The maximum size of a BER-TLV file is not looked at.",
        ("UICC.SetData#03",),
        instead(Ins.SET_DATA, _without_limit),
    ),
    CardFault(
        "uicc.set-data.next-of-nothing",
        "SET DATA takes a next block that continues nothing.",
        ("UICC.SetData#04",),
        instead(Ins.SET_DATA, _next_of_nothing),
    ),
    CardFault(
        "uicc.set-data.beside-the-old",
        "SET DATA of a tag that is there leaves the old object before it.",
        ("UICC.SetData#05",),
        lambda decisions: instead(Ins.RETRIEVE_DATA, _first_object)(
            instead(Ins.SET_DATA, _beside_the_old)(decisions)
        ),
    ),
    CardFault(
        "uicc.retrieve-data.unknown-is-empty",
        "RETRIEVE DATA of an unknown tag answers 9000 without data.",
        ("UICC.RetrieveData#02",),
        instead(Ins.RETRIEVE_DATA, refusing_as(_E.REFERENCED_DATA_NOT_FOUND, _E.OK)),
    ),
    CardFault(
        "uicc.select.shared-by-short-identifier",
        "A short identifier reaches a file that another channel has for itself.",
        ("UICC.Select#07",),
        swap(target_file.SHARED_BY_SFI, lambda _context, _one: False),
    ),
    CardFault(
        "uicc.read-binary.one-channel-each",
        "A shareable file is read only while no other channel has it.",
        ("UICC.Select#08",),
        instead(_RB, _one_channel_each),
    ),
    CardFault(
        "uicc.read-binary.deactivated-by-sfi",
        "A deactivated file is read by short identifier.",
        ("UICC.LifeCycle#02",),
        instead(
            _RB,
            only_when(
                _binary_by_sfi, answering_as(_E.REFERENCED_DATA_INVALIDATED, _read_all_the_same)
            ),
        ),
    ),
    CardFault(
        "uicc.deactivate-file.without-right",
        "DEACTIVATE FILE does not ask for its right.",
        ("UICC.LifeCycle#03",),
        instead(Ins.DEACTIVATE_FILE, without_right),
    ),
    CardFault(
        "uicc.activate-file.without-right",
        "ACTIVATE FILE does not ask for its right.",
        ("UICC.LifeCycle#03",),
        instead(Ins.ACTIVATE_FILE, without_right),
    ),
)
