"""The file system as the card's channels use it: NAAs to select, commands to answer."""

from collections.abc import Callable

from rspcore.apdu import CommandApdu
from rspcore.frozen import dataclass, replace
from rspcore.ids import Aid
from rspcore.status import StatusWord
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import File, FileKind
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.commands.select import select_adf
from rspsim.euicc.uicc.commands.table import COMMANDS

__all__ = ["Selectable", "adfs", "process_files"]


@dataclass(frozen=True, slots=True)
class Selectable:
    """An application of the enabled Profile: its AID and the answer to its selection."""

    aid: Aid
    select: Callable[[View], Outcome]


def adfs(view: View) -> tuple[Selectable, ...]:
    """Returns the NAAs a terminal can select now."""
    files = CommandContext.of(view).content.files.files
    return tuple(
        Selectable(Aid(one.aid), _selects(one)) for one in files if one.kind is FileKind.ADF
    )


def _selects(adf: File) -> Callable[[View], Outcome]:
    def select(view: View) -> Outcome:
        channel = replace(view.channel, application=Aid(adf.aid))
        return select_adf(adf, 0x04, view.with_channel(channel))

    return select


def process_files(command: CommandApdu, view: View) -> Outcome:
    """Answers a command on a channel that shows the file system."""
    for instruction, handler in view.decisions[COMMANDS]:
        if instruction == command.ins:
            return handler(command, view)
    return view.refuse(StatusWord.INS_NOT_SUPPORTED)
