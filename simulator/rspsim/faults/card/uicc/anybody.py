"""Faults of a card that obeys anybody: files terminated, applications managed without a session."""

from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import LocalError
from rspcore.frozen import replace
from rspcore.ids import Aid
from rspcore.status import StatusWord
from rspcore.tags import ECASD_AID, ISDR_AID
from rspsim.euicc import applications
from rspsim.euicc.applications import Application
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import FileSystem, LifeCycle, Path
from rspsim.euicc.uicc import secure_channel
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.commands.table import COMMANDS, Handler
from rspsim.faults.card.card_fault import CardFault, Change, swap

__all__ = ["FAULTS"]

_TERMINATE_EF, _TERMINATE_DF, _TERMINATE_CARD_USAGE = 0xE8, 0xE6, 0xFE
_ADM1: Final = ((), 0x0A)


def _taking(instruction: int, handler: Handler) -> Change:
    """Returns a card whose file system knows one more command."""
    return lambda decisions: decisions.having(
        COMMANDS, ((instruction, handler), *decisions[COMMANDS])
    )


def _terminated(view: View, path: Path) -> Outcome:
    """Terminates a file and all that is below it."""
    context = CommandContext.of(view)
    depth = len(path)
    files = tuple(
        replace(one, life_cycle=LifeCycle.TERMINATED, body=b"") if one.path[:depth] == path else one
        for one in context.content.files.files
    )
    return context.written(replace(context.content, files=FileSystem(files)))


def _file(_command: CommandApdu, view: View) -> Outcome:
    context = CommandContext.of(view)
    at = context.place.file
    return view.refuse(StatusWord.NO_EF_SELECTED) if at is None else _terminated(view, at)


def _file_for_adm(command: CommandApdu, view: View) -> Outcome:
    allowed = _ADM1 in view.volatile.verified_pins
    return (
        _file(command, view) if allowed else view.refuse(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
    )


def _directory(_command: CommandApdu, view: View) -> Outcome:
    return _terminated(view, CommandContext.of(view).place.directory)


def _whole_card(_command: CommandApdu, view: View) -> Outcome:
    """Ends the use of the card: no Profile is there any more."""
    return view.outcome(state=replace(view.state, profiles=()))


def _named_removed(command: CommandApdu, view: View) -> Outcome | None:
    """Removes the Profile whose ISD-P a DELETE names; None when it names none."""
    if command.ins != Ins.DELETE or command.data[:1] != b"\x4f":
        return None
    try:
        aid = Aid(command.data[2:])
    except LocalError:
        return None
    if view.state.profile_by_aid(aid) is None:
        return None
    return view.outcome(b"\x00", state=view.state.without_profile(aid))


def _removing(aid: Aid) -> Change:
    """Returns a card of which one application deletes what anybody names."""

    def changed(one: Application) -> Application:
        def process(command: CommandApdu, view: View) -> Outcome:
            return _named_removed(command, view) or one.process(command, view)

        return replace(one, process=process) if one.aid == aid else one

    return lambda decisions: decisions.having(
        applications.APPLICATIONS,
        tuple(changed(one) for one in decisions[applications.APPLICATIONS]),
    )


def _domains_removing(view: View) -> tuple[Application, ...]:
    """Returns the applications of Profiles, of which security domains delete for anybody."""

    def changed(one: Application) -> Application:
        def process(command: CommandApdu, view: View) -> Outcome:
            return _named_removed(command, view) or one.process(command, view)

        domain = one.process is secure_channel.process_domain
        return replace(one, process=process) if domain else one

    return tuple(map(changed, applications.OF_PROFILE.standard(view)))


def _removed_by_name(command: CommandApdu, view: View) -> Outcome:
    return _named_removed(command, view) or view.refuse(StatusWord.INS_NOT_SUPPORTED)


def _fault(name: str, summary: str, row: str, change: Change) -> CardFault:
    return CardFault(f"anybody.{name}", summary, (row,), change)


FAULTS: Final = (
    _fault(
        "terminates-a-file",
        "TERMINATE EF is carried out for anybody.",
        "UICC.Terminate#01",
        _taking(_TERMINATE_EF, _file),
    ),
    _fault(
        "terminates-a-directory",
        "TERMINATE DF is carried out for anybody.",
        "UICC.Terminate#02",
        _taking(_TERMINATE_DF, _directory),
    ),
    _fault(
        "terminates-the-card",
        "TERMINATE CARD USAGE is carried out for anybody.",
        "UICC.Terminate#03",
        _taking(_TERMINATE_CARD_USAGE, _whole_card),
    ),
    _fault(
        "adm1-terminates",
        "TERMINATE EF is carried out once ADM1 is verified, whatever the rule of the file names.",
        "UICC.Terminate#04",
        _taking(_TERMINATE_EF, _file_for_adm),
    ),
    _fault(
        "deletes-in-the-files",
        "DELETE of GlobalPlatform is carried out where no application is selected.",
        "UICC.Management#01",
        _taking(Ins.DELETE, _removed_by_name),
    ),
    _fault(
        "deletes-in-the-isd-r",
        "The ISD-R carries DELETE of GlobalPlatform out for anybody.",
        "UICC.Management#02",
        _removing(ISDR_AID),
    ),
    _fault(
        "deletes-in-the-ecasd",
        "The ECASD carries DELETE of GlobalPlatform out for anybody.",
        "UICC.Management#03",
        _removing(ECASD_AID),
    ),
    _fault(
        "deletes-in-the-domain",
        "The MNO-SD carries DELETE of an ISD-P out without a session.",
        "UICC.Management#04",
        swap(applications.OF_PROFILE, _domains_removing),
    ),
)
