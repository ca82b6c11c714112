"""Narrow faults of rows that broad ones alone broke: one segment, one file, one moment each."""

from dataclasses import replace
from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.crypto.bsp import Bsp, BspSecurityError
from rspcore.status import StatusWord
from rspcore.tlv import Tlv
from rspsim.euicc import startup
from rspsim.euicc.load import step as protection
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import Path
from rspsim.euicc.session import SessionState
from rspsim.euicc.state import Volatile
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.commands import select
from rspsim.euicc.uicc.commands.table import Handler
from rspsim.euicc.uicc.ota import domain as security_domain
from rspsim.euicc.uicc.ota.domain_session import Answer, DomainContext
from rspsim.faults.card.card_fault import CardFault, swap
from rspsim.faults.card.handler_changes import entry_instead, instead
from rspsim.faults.card.uicc.content_changes import current_file
from rspsim.faults.card.unseen.package_mistakes import Command

__all__ = ["FAULTS"]

_LONG = 1036
_ICCID: Final = (0x2FE2,)
_UST = 0x6F38


def _long_is_insecure(bsp: Bsp, one: Tlv) -> tuple[bytes, Bsp]:
    if len(one.raw) == _LONG:
        raise BspSecurityError("a long segment")
    return protection.UNPROTECT.standard(bsp, one)


def _load_is_a_session(before: Volatile, /) -> Volatile:
    after = startup.FORGOTTEN.standard(before)
    if before.session.load is None:
        return after
    session = replace(before.session, state=SessionState.AUTHENTICATED_DP, load=None)
    return replace(after, session=session)


def _to_the_mf(context: CommandContext, command: CommandApdu) -> Path | None:
    found = select.FIND.standard(context, command)
    lost = found is None or context.file(found) is None
    return () if lost and context.place.file == _ICCID else found


def _no_service_table(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        one = current_file(view)
        if one is not None and one.path[-1:] == (_UST,):
            return view.refuse(StatusWord.INCOMPATIBLE_WITH_FILE_STRUCTURE)
        return handler(command, view)

    return run


def _noted(run: Command) -> Command:
    def store(command: CommandApdu, context: DomainContext) -> Answer:
        response, after = run(command, context)
        waiting = after.state.notifications
        if after.owner.metadata == context.owner.metadata or not waiting:
            return response, after
        number = after.state.next_seq_number
        state = replace(
            after.state,
            notifications=(*waiting, replace(waiting[-1], seq_number=number)),
            next_seq_number=number + 1,
        )
        return response, replace(after, state=state)

    return store


FAULTS: Final = (
    CardFault(
        "narrow.load.long-segment-is-insecure",
        "An 86 of 1036 octets is answered as one with a wrong MAC.",
        ("ES8+.LoadProfileElements#25",),
        swap(protection.UNPROTECT, _long_is_insecure),
    ),
    CardFault(
        "narrow.load.a-session-is-left-at-reset",
        "A reset in a load leaves the session as after AuthenticateServer.",
        ("ES8+.LoadProfileElements#42",),
        swap(startup.FORGOTTEN, _load_is_a_session),
    ),
    CardFault(
        "narrow.select.from-iccid-to-the-mf",
        "A SELECT that finds nothing selects the MF when EF.ICCID is the current file.",
        ("UICC.Select#02",),
        swap(select.FIND, _to_the_mf),
    ),
    CardFault(
        "narrow.read-binary.no-service-table",
        "READ BINARY of EF.UST is answered 6981.",
        ("UICC.Content#05",),
        instead(Ins.READ_BINARY, _no_service_table),
    ),
    CardFault(
        "narrow.update-metadata.noted",
        "An update leaves one more Notification where some wait.",
        ("ES6.UpdateMetadata#59",),
        entry_instead(security_domain.COMMANDS, Ins.STORE_DATA, _noted),
    ),
)
