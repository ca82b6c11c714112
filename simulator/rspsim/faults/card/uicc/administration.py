"""Faults of CREATE FILE, DELETE FILE and RESIZE FILE, and of data that go with a warning."""

from dataclasses import replace
from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.status import StatusWord
from rspsim.euicc import channels
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import File, FileSystem, Path
from rspsim.euicc.uicc.access import ALLOWED
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.commands.table import Handler
from rspsim.faults.card.card_fault import CardFault, swap
from rspsim.faults.card.handler_changes import instead, nothing_kept

__all__ = ["FAULTS"]


def _without_right(handler: Handler) -> Handler:
    """Carries the command out whatever the access rules say."""

    def run(command: CommandApdu, view: View) -> Outcome:
        decisions = view.decisions
        free = replace(view, decisions=decisions.having(ALLOWED, lambda *_: True))
        return handler(command, free)

    return run


def _files(outcome: Outcome, files: FileSystem) -> Outcome:
    """Returns an outcome whose enabled Profile has other files."""
    profile = outcome.state.enabled_profile
    if profile is None:
        return outcome
    content = replace(profile.content, files=files)
    return replace(outcome, state=outcome.state.with_profile(replace(profile, content=content)))


def _current(outcome: Outcome, view: View) -> tuple[FileSystem, File | None]:
    """Returns the files after a command and the file that is the current one then."""
    after = replace(view, state=outcome.state, volatile=outcome.volatile)
    context = CommandContext.of(after)
    return context.content.files, context.file(context.place.file)


def _filled_with_zero(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        files, made = _current(outcome, view)
        if outcome.response.sw != StatusWord.OK or made is None:
            return outcome
        return _files(outcome, files.with_file(replace(made, body=bytes(len(made.body)))))

    return run


def _made_anew(handler: Handler) -> Handler:
    """Makes a file in the place of one that has the identifier."""

    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        if outcome.response.sw != StatusWord.FILE_ID_EXISTS:
            return outcome
        at = command.data.find(b"\x83\x02") + 2
        context = CommandContext.of(view)
        path: Path = (*context.place.directory, int.from_bytes(command.data[at : at + 2], "big"))
        bare = _files(view.outcome(), context.content.files.without(path))
        return handler(command, replace(view, state=bare.state))

    return run


def _one_record_more(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        files, made = _current(outcome, view)
        if outcome.response.sw != StatusWord.OK or made is None or not made.record_length:
            return outcome
        body = made.body + b"\xff" * made.record_length
        return _files(outcome, files.with_file(replace(made, body=body)))

    return run


def _transparent_by_default(handler: Handler) -> Handler:
    """Takes a template without a file descriptor for that of a transparent file."""

    def run(command: CommandApdu, view: View) -> Outcome:
        if command.data[2:4] == b"\x83\x02":
            data = command.data[2:]
            whole = b"\x62" + bytes((len(data) + 4,)) + b"\x82\x02\x41\x21" + data
            command = replace(command, data=whole)
        return handler(command, view)

    return run


def _below_the_mf(handler: Handler) -> Handler:
    """Makes a file below the MF, wherever the channel stands."""

    def run(command: CommandApdu, view: View) -> Outcome:
        context = CommandContext.of(view)
        moved = context.moved(replace(context.place, directory=(), file=None))
        return handler(command, moved.view)

    return run


def _children_stay(handler: Handler) -> Handler:
    """Removes a directory and leaves the files that were in it."""

    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        before, (after, _) = CommandContext.of(view).content.files, _current(outcome, view)
        if outcome.response.sw != StatusWord.OK:
            return outcome
        gone = [one for one in before.files if after.get(one.path) is None]
        for one in gone[1:]:
            after = after.with_file(one)
        return _files(outcome, after)

    return run


def _current_stays(handler: Handler) -> Handler:
    """Removes a file, and what was current stays so."""

    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        return replace(outcome, state=view.state) if command.data else outcome

    return run


def _found_all_the_same(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        missing = outcome.response.sw == StatusWord.FILE_NOT_FOUND
        return view.outcome() if missing else outcome

    return run


def _emptied(handler: Handler) -> Handler:
    """Gives a file its new size and fills all of it with FF."""

    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        files, sized = _current(outcome, view)
        if outcome.response.sw != StatusWord.OK or sized is None:
            return outcome
        return _files(outcome, files.with_file(replace(sized, body=b"\xff" * len(sized.body))))

    return run


def _never_smaller(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        _, sized = _current(outcome, view)
        before = CommandContext.of(view).file(None if sized is None else sized.path)
        if sized is None or before is None or len(sized.body) >= len(before.body):
            return outcome
        return replace(outcome, state=view.state)

    return run


def _cut_to_whole_records(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        if outcome.response.sw != StatusWord.WRONG_DATA or command.data[-4:-2] != b"\x80\x02":
            return outcome
        size = int.from_bytes(command.data[-2:], "big") & ~3
        return handler(replace(command, data=command.data[:-2] + size.to_bytes(2, "big")), view)

    return run


_MAKE, _REMOVE, _SIZE = Ins.CREATE_FILE, Ins.DELETE, Ins.RESIZE_FILE

FAULTS: Final = (
    CardFault(
        "uicc.create-file.not-kept",
        "CREATE FILE answers 9000 and makes nothing.",
        ("UICC.CreateFile#01", "UICC.CreateFile#04", "UICC.CreateFile#06"),
        instead(_MAKE, nothing_kept),
    ),
    CardFault(
        "uicc.create-file.filled-with-zero",
        "A new file is filled with 00.",
        ("UICC.CreateFile#01", "UICC.CreateFile#04"),
        instead(_MAKE, _filled_with_zero),
    ),
    CardFault(
        "uicc.create-file.without-right",
        "CREATE FILE does not ask for the key of the directory.",
        ("UICC.CreateFile#02",),
        instead(_MAKE, _without_right),
    ),
    CardFault(
        "uicc.create-file.made-anew",
        "CREATE FILE of an identifier in use replaces the file.",
        ("UICC.CreateFile#03",),
        instead(_MAKE, _made_anew),
    ),
    CardFault(
        "uicc.create-file.one-record-more",
        "A new record file has a record more than its size makes.",
        ("UICC.CreateFile#04",),
        instead(_MAKE, _one_record_more),
    ),
    CardFault(
        "uicc.create-file.transparent-by-default",
        "A template without a file descriptor makes a transparent file.",
        ("UICC.CreateFile#05",),
        instead(_MAKE, _transparent_by_default),
    ),
    CardFault(
        "uicc.create-file.below-the-mf",
        "Every file is made below the MF.",
        ("UICC.CreateFile#06",),
        instead(_MAKE, _below_the_mf),
    ),
    CardFault(
        "uicc.delete-file.not-kept",
        "DELETE FILE answers 9000, and the file is there again.",
        ("UICC.DeleteFile#01", "UICC.DeleteFile#04"),
        instead(_REMOVE, _current_stays),
    ),
    CardFault(
        "uicc.delete-file.without-right",
        "DELETE FILE does not ask for the key of the file.",
        ("UICC.DeleteFile#02",),
        instead(_REMOVE, _without_right),
    ),
    CardFault(
        "uicc.delete-file.found-all-the-same",
        "DELETE FILE of a file that is not there answers 9000.",
        ("UICC.DeleteFile#03",),
        instead(_REMOVE, _found_all_the_same),
    ),
    CardFault(
        "uicc.delete-file.children-stay",
        "The files of a removed directory stay.",
        ("UICC.DeleteFile#04",),
        instead(_REMOVE, _children_stay),
    ),
    CardFault(
        "uicc.resize-file.emptied",
        "RESIZE FILE fills the whole file with FF.",
        ("UICC.ResizeFile#01", "UICC.ResizeFile#02"),
        instead(_SIZE, _emptied),
    ),
    CardFault(
        "uicc.resize-file.never-smaller",
        "RESIZE FILE to a smaller size answers 9000 and has no effect.",
        ("UICC.ResizeFile#02",),
        instead(_SIZE, _never_smaller),
    ),
    CardFault(
        "uicc.resize-file.without-right",
        "RESIZE FILE does not ask for a rule of its own.",
        ("UICC.ResizeFile#03",),
        instead(_SIZE, _without_right),
    ),
    CardFault(
        "uicc.resize-file.cut-to-whole-records",
        "RESIZE FILE rounds a size down to whole records.",
        ("UICC.ResizeFile#04",),
        instead(_SIZE, _cut_to_whole_records),
    ),
    CardFault(
        "uicc.warning.without-data",
        "A command that ends with a warning has no data.",
        ("UICC.Warning#01",),
        swap(channels.WARNED, lambda _data: b""),
    ),
)
