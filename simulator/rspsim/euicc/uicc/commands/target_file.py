"""Finds the EF a command works on, the current one or one by short identifier, and its rules."""

from typing import Final

from rspcore.frozen import dataclass
from rspcore.status import StatusWord
from rspsim.euicc.channel_context import FileContext
from rspsim.euicc.decisions import Decision
from rspsim.euicc.profile_content.model import File, FileKind
from rspsim.euicc.uicc.access import AccessMode
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.commands.select import selected_elsewhere

__all__ = ["SHARED_BY_SFI", "Reached", "reach", "refusal"]

SHARED_BY_SFI: Final = Decision(
    "uicc.shared_by_sfi",
    selected_elsewhere,
    "whether a short identifier names a file that another channel has for itself",
)

_READABLE_WHEN_DEACTIVATED = 0x40


@dataclass(frozen=True, slots=True)
class Reached:
    """The file a command works on.

    Attributes:
        context: The context, its channel moved to the file when a short identifier named it.
        file: The file itself: access rules and status are its own.
        body: The file whose body it shows; the same unless it is a link.
    """

    context: CommandContext
    file: File
    body: File


def reach(context: CommandContext, sfi: int | None, kinds: tuple[FileKind, ...]) -> Reached | int:
    """Returns the file, or the status word that says why not.

    Args:
        context: Where the command works.
        sfi: Short file identifier, or None for the current EF.
        kinds: Kinds of file the command can work on.
    """
    if sfi is None:
        found = context.file(context.place.file)
        if found is None:
            return StatusWord.NO_EF_SELECTED
    else:
        below = context.content.files.children(context.place.directory)
        found = next((one for one in below if one.sfi == sfi and not one.kind.is_directory), None)
        if found is None:
            return StatusWord.FILE_NOT_FOUND
        if context.view.decisions[SHARED_BY_SFI](context, found):
            return StatusWord.CONDITIONS_NOT_SATISFIED
        place = FileContext(
            directory=context.place.directory, file=found.path, adf=context.place.adf
        )
        context = context.moved(place)
    body = context.content.files.resolve(found)
    if body.kind not in kinds:
        return StatusWord.INCOMPATIBLE_WITH_FILE_STRUCTURE
    return Reached(context, found, body)


def refusal(reached: Reached, mode: AccessMode, instruction: int | None = None) -> int | None:
    """Returns the status word that forbids an access, or None when it is allowed."""
    one = reached.file
    if not reached.context.allows(one, mode, instruction):
        return StatusWord.SECURITY_STATUS_NOT_SATISFIED
    if one.is_deactivated and not one.special & _READABLE_WHEN_DEACTIVATED:
        return StatusWord.REFERENCED_DATA_INVALIDATED
    return None
