"""Mistakes in the commands of files, from a second list."""

from dataclasses import replace
from typing import Final

from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspcore.status import StatusWord
from rspsim.euicc import channels
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import Path, ProfileContent
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.commands import select
from rspsim.euicc.uicc.commands.table import Handler
from rspsim.faults.card.card_fault import CardFault, swap
from rspsim.faults.card.handler_changes import instead
from rspsim.faults.card.uicc.content_changes import current_file, with_content

__all__ = ["FAULTS"]

_PAGE = 256
_NO_DATA = 0x0C
_SFI = 0x80
_ABSOLUTE = 4


def _cut_at_the_page(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        offset = command.p1 << 8 | command.p2
        if command.p1 & _SFI or offset >= _PAGE or offset + len(command.data) <= _PAGE:
            return handler(command, view)
        return handler(replace(command, data=command.data[: _PAGE - offset]), view)

    return run


_found = select.FIND.standard


def _only_looked_for(context: CommandContext, command: CommandApdu) -> Path | None:
    found = _found(context, command)
    if found is None or command.p2 & _NO_DATA != _NO_DATA:
        return found
    return context.place.file or context.place.directory


def _of_the_current(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        one = current_file(view)
        known = command.p1 & _SFI and one is not None and one.records
        return handler(replace(command, p1=0) if known else command, view)

    return run


def _grown_with_zeros(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        profile = view.state.enabled_profile
        if outcome.response.sw != StatusWord.OK or profile is None:
            return outcome
        before = {one.path: one.body for one in profile.content.files.files}

        def zeros(content: ProfileContent) -> ProfileContent:
            for one in content.files.files:
                old = before.get(one.path, one.body)
                if len(one.body) > len(old):
                    body = old.ljust(len(one.body), b"\0")
                    content = content.with_file(replace(one, body=body))
            return content

        return with_content(outcome, zeros)

    return run


def _at_the_mf(octets: bytes) -> CommandApdu:
    command = CommandApdu.parse(octets)
    opens = command.ins == Ins.MANAGE_CHANNEL and command.p1 == 0 and command.cla < 0x04
    return replace(command, cla=0) if opens else command


def _at_the_start(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        one = current_file(replace(view, volatile=outcome.volatile))
        if outcome.response.sw != StatusWord.OK or one is None:
            return outcome
        kept = bytes(
            n for n in outcome.response.data if one.records[n - 1].startswith(command.data)
        )
        if not kept:
            return view.refuse(StatusWord.END_OF_FILE)
        return replace(outcome, response=ResponseApdu(kept, outcome.response.sw))

    return run


def _first_for_current(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        current = command.p1 == 0 and command.p2 & 7 == _ABSOLUTE
        return handler(replace(command, p1=1) if current else command, view)

    return run


FAULTS: Final[tuple[CardFault, ...]] = (
    CardFault(
        "unseen.45-increase-of-the-current",
        "INCREASE by short identifier adds to the current file.",
        ("UICC.Increase#06",),
        instead(Ins.INCREASE, _of_the_current),
    ),
    CardFault(
        "unseen.43-cut-at-the-page",
        "UPDATE BINARY across octet 256 writes what is before it.",
        ("UICC.UpdateBinary#06",),
        instead(Ins.UPDATE_BINARY, _cut_at_the_page),
    ),
    CardFault(
        "unseen.44-only-looked-for",
        "SELECT without data leaves the channel where it is.",
        (
            "UICC.Select#07",
            "UICC.Select#08",
        ),
        swap(select.FIND, _only_looked_for),
    ),
    CardFault(
        "unseen.46-grown-with-zeros",
        "RESIZE FILE fills the octets it adds with 00.",
        ("UICC.ResizeFile#01",),
        instead(Ins.RESIZE_FILE, _grown_with_zeros),
    ),
    CardFault(
        "unseen.47-opened-at-the-mf",
        "A channel opened from another than the basic one begins at the MF.",
        ("UICC.Select#10",),
        swap(channels.PARSE, _at_the_mf),
    ),
    CardFault(
        "unseen.48-search-at-the-start",
        "SEARCH RECORD finds a pattern at the start of a record alone.",
        ("UICC.SearchRecord#06",),
        instead(Ins.SEARCH_RECORD, _at_the_start),
    ),
    CardFault(
        "unseen.49-first-for-current",
        "READ RECORD of the current record reads record 1.",
        ("UICC.ReadRecord#09",),
        instead(Ins.READ_RECORD, _first_for_current),
    ),
)
