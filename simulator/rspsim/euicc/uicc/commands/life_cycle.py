"""ACTIVATE FILE and DEACTIVATE FILE (ETSI TS 102 221, 11.1.14 and 11.1.15)."""

from dataclasses import replace

from rspcore.apdu import CommandApdu
from rspcore.status import StatusWord
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import LifeCycle
from rspsim.euicc.uicc.access import AccessMode
from rspsim.euicc.uicc.command_context import Desk
from rspsim.euicc.uicc.commands.select import FIND

__all__ = ["activate_file", "deactivate_file"]


def _set(command: CommandApdu, view: View, status: LifeCycle, mode: AccessMode) -> Outcome:
    desk = Desk.of(view)
    if command.p1 not in (0x00, 0x08, 0x09) or command.p2:
        return desk.refuse(StatusWord.INCORRECT_P1_P2)
    path = desk.place.file or desk.place.directory
    if command.data:
        named = view.decisions[FIND](desk, command)
        if named is None:
            return desk.refuse(StatusWord.FILE_NOT_FOUND)
        path = named
    one = desk.file(path)
    if one is None:
        return desk.refuse(StatusWord.FILE_NOT_FOUND)
    if not desk.allows(one, mode):
        return desk.refuse(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
    return desk.written(desk.content.with_file(replace(one, life_cycle=status)))


def activate_file(command: CommandApdu, view: View) -> Outcome:
    """Make a deactivated file usable again."""
    return _set(command, view, LifeCycle.ACTIVATED, AccessMode.ACTIVATE)


def deactivate_file(command: CommandApdu, view: View) -> Outcome:
    """Take a file out of use; it stays selectable with 6283."""
    return _set(command, view, LifeCycle.DEACTIVATED, AccessMode.DEACTIVATE)
