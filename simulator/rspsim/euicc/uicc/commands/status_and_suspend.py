"""STATUS, GET CHALLENGE and SUSPEND UICC (ETSI TS 102 221, 11.1.2, 11.1.17 and 11.1.22)."""

from rspcore import tlv
from rspcore.apdu import CommandApdu
from rspcore.status import StatusWord
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.fcp import FCP

__all__ = ["get_challenge", "status", "suspend_uicc"]

_FCP, _NAME, _NOTHING = 0x00, 0x01, 0x0C


def status(command: CommandApdu, view: View) -> Outcome:
    """Answers with the FCP of the current directory, the name of the application, or nothing."""
    context = CommandContext.of(view)
    if command.p1 > 0x02 or command.p2 not in (_FCP, _NAME, _NOTHING):
        return context.refuse(StatusWord.INCORRECT_P1_P2)
    if command.data:
        return context.refuse(StatusWord.WRONG_LENGTH)
    if command.p2 == _NOTHING:
        return context.outcome()
    if command.p2 == _NAME:
        adf = context.file(context.place.adf)
        if adf is None:
            return context.refuse(StatusWord.REFERENCED_DATA_NOT_FOUND)
        return context.outcome(tlv.encode(0x84, adf.aid))
    here = context.directory
    if here is None:
        return context.refuse(StatusWord.FILE_NOT_FOUND)
    return context.outcome(view.decisions[FCP](context.content, here))


def get_challenge(command: CommandApdu, view: View) -> Outcome:
    """Answers with as many random octets as Le asks for."""
    if command.p1 or command.p2:
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    if command.data or command.le is None:
        return view.refuse(StatusWord.WRONG_LENGTH)
    return view.outcome(view.rng.octets(command.le))


def suspend_uicc(_command: CommandApdu, view: View) -> Outcome:
    """Refuses: this card does not announce suspension in the FCP of the MF."""
    return view.refuse(StatusWord.INS_NOT_SUPPORTED)
