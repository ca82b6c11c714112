"""The file system as the card's channels meet it: NAAs to select, commands to answer."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from rspcore.apdu import CommandApdu
from rspcore.ids import Aid
from rspcore.status import StatusWord
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.uicc.command_context import Desk
from rspsim.euicc.uicc.commands.select import select_adf
from rspsim.euicc.uicc.commands.table import COMMANDS
from rspsim.euicc.uicc.model import File, FileKind, SecurityDomain
from rspsim.euicc.uicc.secure_channel import select_domain

__all__ = ["SelectableAdf", "SelectableDomain", "adfs", "domains", "process_files"]


@dataclass(frozen=True, slots=True)
class SelectableAdf:
    """Hold an NAA of the enabled Profile: its AID and the answer to its selection."""

    aid: Aid
    select: Callable[[View], Outcome]


SelectableDomain = SelectableAdf
"""A security domain of the enabled Profile, selected the same way."""


def adfs(view: View) -> tuple[SelectableAdf, ...]:
    """Return the NAAs a terminal can select now."""
    files = Desk.of(view).content.files.files
    return tuple(
        SelectableAdf(Aid(one.aid), _selects(one)) for one in files if one.kind is FileKind.ADF
    )


def domains(view: View) -> tuple[SelectableDomain, ...]:
    """Return the security domains of the enabled Profile."""
    content = Desk.of(view).content
    return tuple(SelectableDomain(one.aid, _opens(one)) for one in content.security_domains)


def _opens(one: SecurityDomain) -> Callable[[View], Outcome]:
    def select(view: View) -> Outcome:
        return select_domain(one, view)

    return select


def _selects(adf: File) -> Callable[[View], Outcome]:
    def select(view: View) -> Outcome:
        channel = replace(view.channel, application=Aid(adf.aid))
        return select_adf(adf, 0x04, view.with_channel(channel))

    return select


def process_files(command: CommandApdu, view: View) -> Outcome:
    """Answer a command on a channel that shows the file system."""
    for instruction, handler in view.decisions[COMMANDS]:
        if instruction == command.ins:
            return handler(command, view)
    return view.refuse(StatusWord.INS_NOT_SUPPORTED)
