"""Faults of the file system: octets, records and data objects read and written."""

from dataclasses import replace
from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.status import StatusWord
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import FileKind
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.commands.table import Handler
from rspsim.faults.card.card_fault import CardFault
from rspsim.faults.card.handler_changes import answering, instead, nothing_kept, refusing_as, seeing

__all__ = ["FAULTS"]


def _cut_to_fit(handler: Handler) -> Handler:
    """Writes as much as fits and answers 9000."""

    def run(command: CommandApdu, view: View) -> Outcome:
        context = CommandContext.of(view)
        one = context.file(context.place.file)
        offset = command.p1 << 8 | command.p2
        if one is not None and not command.p1 & 0x80 and offset < len(one.body):
            command = replace(command, data=command.data[: len(one.body) - offset])
        return handler(command, view)

    return run


def _padded(handler: Handler) -> Handler:
    """Fills a short record with FF."""

    def run(command: CommandApdu, view: View) -> Outcome:
        context = CommandContext.of(view)
        one = context.file(context.place.file)
        length = 0 if one is None else one.record_length
        return handler(replace(command, data=command.data.ljust(length, b"\xff")), view)

    return run


def _not_rotated(handler: Handler) -> Handler:
    """Overwrites record 1 of a cyclic file."""

    def run(command: CommandApdu, view: View) -> Outcome:
        context = CommandContext.of(view)
        one = context.file(context.place.file)
        outcome = handler(command, view)
        if one is None or one.kind is not FileKind.CYCLIC or outcome.state is view.state:
            return outcome
        written = outcome.state.enabled_profile
        if written is None:
            return outcome
        new = written.content.files.get(one.path)
        record = b"" if new is None else new.records[0]
        body = record + one.body[one.record_length :]
        content = written.content.with_file(replace(one, body=body))
        state = outcome.state.with_profile(replace(written, content=content))
        return replace(outcome, state=state)

    return run


def _as_linear(handler: Handler) -> Handler:
    """Writes a record of a cyclic file by its number."""

    def run(command: CommandApdu, view: View) -> Outcome:
        context = CommandContext.of(view)
        one = context.file(context.place.file)
        if one is None or one.kind is not FileKind.CYCLIC or command.p2 & 7 != 4:
            return handler(command, view)
        records = list(one.records)
        records[command.p1 - 1] = command.data
        return context.written(context.content.with_file(replace(one, body=b"".join(records))))

    return run


def _any_structure(handler: Handler) -> Handler:
    """Reads every file as if it had no records."""

    def run(command: CommandApdu, view: View) -> Outcome:
        context = CommandContext.of(view)
        one = context.file(context.place.file)
        if one is None or not one.kind.has_records:
            return handler(command, view)
        return context.outcome(one.body[: command.le])

    return run


def _without_pointer(handler: Handler) -> Handler:
    """Reads, and leaves the record pointer where it was."""

    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        return replace(outcome, volatile=view.volatile) if not command.p2 >> 3 else outcome

    return run


def _one_further(command: CommandApdu) -> CommandApdu:
    return replace(command, p1=command.p1 + 1) if command.p1 else command


def _tag_kept(handler: Handler) -> Handler:
    """Answers 9000 to the deletion of a data object and keeps it."""

    def run(command: CommandApdu, view: View) -> Outcome:
        return view.outcome() if len(command.data) == 1 else handler(command, view)

    return run


def _value_alone(data: bytes) -> bytes:
    return data[: len(data) // 2]


_E: Final = StatusWord

FAULTS: Final = (
    CardFault(
        "uicc.read-binary.no-offset",
        "READ BINARY reads from the start whatever the offset.",
        ("UICC.ReadBinary#01", "UICC.ReadBinary#02"),
        instead(Ins.READ_BINARY, seeing(lambda c: c if c.p1 & 0x80 else replace(c, p1=0, p2=0))),
    ),
    CardFault(
        "uicc.read-binary.nothing-beyond-the-end",
        "READ BINARY beyond the end answers 9000 without data.",
        ("UICC.ReadBinary#02",),
        instead(Ins.READ_BINARY, refusing_as(_E.WRONG_P1_P2, _E.OK)),
    ),
    CardFault(
        "uicc.read-binary.any-structure",
        "READ BINARY reads record files.",
        ("UICC.ReadBinary#03",),
        instead(Ins.READ_BINARY, _any_structure),
    ),
    CardFault(
        "uicc.read-binary.swapped-nibbles",
        "READ BINARY swaps the nibbles of every octet.",
        ("UICC.ReadBinary#01", "UICC.ReadBinary#04", "UICC.Content#02"),
        instead(
            Ins.READ_BINARY,
            answering(lambda data: bytes(o >> 4 | (o & 0xF) << 4 for o in data)),
        ),
    ),
    CardFault(
        "uicc.read-binary.no-file-not-found",
        "READ BINARY without a current file is answered 6A82.",
        ("UICC.ReadBinary#05",),
        instead(Ins.READ_BINARY, refusing_as(_E.NO_EF_SELECTED, _E.FILE_NOT_FOUND)),
    ),
    CardFault(
        "uicc.update-binary.not-written",
        "UPDATE BINARY answers 9000 and writes nothing.",
        ("UICC.UpdateBinary#01",),
        instead(Ins.UPDATE_BINARY, nothing_kept),
    ),
    CardFault(
        "uicc.update-binary.no-offset",
        "UPDATE BINARY writes to the start whatever the offset.",
        ("UICC.UpdateBinary#01",),
        instead(Ins.UPDATE_BINARY, seeing(lambda c: c if c.p1 & 0x80 else replace(c, p1=0, p2=0))),
    ),
    CardFault(
        "uicc.update-binary.cut-to-fit",
        "UPDATE BINARY beyond the end writes what fits.",
        ("UICC.UpdateBinary#02",),
        instead(Ins.UPDATE_BINARY, _cut_to_fit),
    ),
    CardFault(
        "uicc.read-record.one-further",
        "READ RECORD returns the record after the requested one.",
        ("UICC.ReadRecord#01",),
        instead(Ins.READ_RECORD, seeing(_one_further)),
    ),
    CardFault(
        "uicc.read-record.pointer-stands",
        "READ RECORD never moves the record pointer.",
        ("UICC.ReadRecord#02",),
        instead(Ins.READ_RECORD, _without_pointer),
    ),
    CardFault(
        "uicc.read-record.not-found-as-file",
        "A record that does not exist is answered 6A82.",
        (
            "procedure.FileStructure#03",
            "procedure.FileStructure#05",
            "procedure.FileStructure#06",
            "UICC.ReadRecord#03",
        ),
        instead(Ins.READ_RECORD, refusing_as(_E.RECORD_NOT_FOUND, _E.FILE_NOT_FOUND)),
    ),
    CardFault(
        "uicc.update-record.not-written",
        "UPDATE RECORD answers 9000 and writes nothing.",
        ("UICC.UpdateRecord#01", "UICC.UpdateRecord#03"),
        instead(Ins.UPDATE_RECORD, nothing_kept),
    ),
    CardFault(
        "uicc.update-record.padded",
        "A short record is filled with FF.",
        ("UICC.UpdateRecord#02",),
        instead(Ins.UPDATE_RECORD, _padded),
    ),
    CardFault(
        "uicc.update-record.not-turned",
        "UPDATE RECORD overwrites record 1 of a cyclic file.",
        ("UICC.UpdateRecord#03",),
        instead(Ins.UPDATE_RECORD, _not_rotated),
    ),
    CardFault(
        "uicc.update-record.cyclic-by-number",
        "A record of a cyclic file is written by its number.",
        ("UICC.UpdateRecord#04",),
        instead(Ins.UPDATE_RECORD, _as_linear),
    ),
    CardFault(
        "uicc.search-record.first-alone",
        "SEARCH RECORD stops at the first record found.",
        ("UICC.SearchRecord#01",),
        instead(Ins.SEARCH_RECORD, answering(lambda data: data[:1])),
    ),
    CardFault(
        "uicc.search-record.nothing-is-well",
        "SEARCH RECORD that finds nothing answers 9000.",
        ("UICC.SearchRecord#02",),
        instead(Ins.SEARCH_RECORD, refusing_as(_E.END_OF_FILE, _E.OK)),
    ),
    CardFault(
        "uicc.increase.value-alone",
        "INCREASE returns the new record without the value added.",
        ("UICC.Increase#01",),
        instead(Ins.INCREASE, answering(_value_alone)),
    ),
    CardFault(
        "uicc.increase.not-turned",
        "INCREASE overwrites record 1.",
        ("UICC.Increase#01",),
        instead(Ins.INCREASE, _not_rotated),
    ),
    CardFault(
        "uicc.increase.wrong-word",
        "INCREASE beyond the maximum is answered 6A80.",
        ("UICC.Increase#02",),
        instead(Ins.INCREASE, refusing_as(_E.INCREASE_MAXIMUM_REACHED, _E.WRONG_DATA)),
    ),
    CardFault(
        "uicc.retrieve-data.value-alone",
        "RETRIEVE DATA leaves out tag and length.",
        ("UICC.RetrieveData#01",),
        instead(Ins.RETRIEVE_DATA, answering(lambda data: data[2:])),
    ),
    CardFault(
        "uicc.set-data.not-written",
        "SET DATA answers 9000 and writes nothing.",
        ("UICC.SetData#01", "UICC.SetData#02"),
        instead(Ins.SET_DATA, nothing_kept),
    ),
    CardFault(
        "uicc.set-data.nothing-deleted",
        "SET DATA of a tag alone deletes nothing.",
        ("UICC.SetData#02",),
        instead(Ins.SET_DATA, _tag_kept),
    ),
)
