"""ACTIVATE FILE and DEACTIVATE FILE (ETSI TS 102 221, 11.1.14 and 11.1.15)."""

from rspcore.apdu import CommandApdu
from rspcore.frozen import replace
from rspcore.status import StatusWord
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import LifeCycle
from rspsim.euicc.uicc.access import AccessMode
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.commands.select import FIND

__all__ = ["activate_file", "deactivate_file"]


def _set(command: CommandApdu, view: View, status: LifeCycle, mode: AccessMode) -> Outcome:
    context = CommandContext.of(view)
    if command.p1 not in (0x00, 0x08, 0x09) or command.p2:
        return context.refuse(StatusWord.INCORRECT_P1_P2)
    path = context.place.file or context.place.directory
    if command.data:
        named = view.decisions[FIND](context, command)
        if named is None:
            return context.refuse(StatusWord.FILE_NOT_FOUND)
        path = named
    one = context.file(path)
    if one is None:
        return context.refuse(StatusWord.FILE_NOT_FOUND)
    if not context.allows(one, mode):
        return context.refuse(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
    return context.written(context.content.with_file(replace(one, life_cycle=status)))


def activate_file(command: CommandApdu, view: View) -> Outcome:
    """Activates a deactivated file."""
    return _set(command, view, LifeCycle.ACTIVATED, AccessMode.ACTIVATE)


def deactivate_file(command: CommandApdu, view: View) -> Outcome:
    """Deactivates a file; it stays selectable with 6283."""
    return _set(command, view, LifeCycle.DEACTIVATED, AccessMode.DEACTIVATE)
