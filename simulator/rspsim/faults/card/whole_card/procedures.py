"""Faults seen in whole procedures: what a reset, a switch or an interrupted load leaves."""

from dataclasses import replace
from typing import Final

from rspcore.apdu import Ins
from rspsim.euicc import channels, isdp
from rspsim.euicc.channels import ClassFamily
from rspsim.euicc.load import segments
from rspsim.euicc.load.step import Step
from rspsim.euicc.load_progress import Load
from rspsim.euicc.session import SESSION_TABLE, SessionEvent
from rspsim.euicc.state import CardState, Profile
from rspsim.faults.card.card_fault import CardFault, swap

__all__ = ["FAULTS"]


def _listed_half(standing: Load, step: Step) -> CardState:
    """Stores the Profile as soon as its metadata have been received."""
    state = segments.NOTED.standard(standing, step)
    metadata = standing.metadata
    if metadata is None or state.profile_by_iccid(metadata.iccid) is not None:
        return state
    aid = isdp.FREE_AID.standard(state)
    if aid is None:
        return state
    return replace(state, profiles=(*state.profiles, Profile(aid=aid, metadata=metadata)))


FAULTS: Final = (
    CardFault(
        "procedures.terminal-profile.unknown",
        "TERMINAL PROFILE is refused because its class is not supported.",
        ("procedure.DisableProcess#05", "procedure.EnableProcess#01"),
        swap(
            channels.CLASSES,
            {**channels.CLASSES.standard, Ins.TERMINAL_PROFILE: ClassFamily.INTERINDUSTRY},
        ),
    ),
    CardFault(
        "procedures.memory-reset.keeps-session",
        "The RSP session continues after a memory reset.",
        ("procedure.MemoryResetProcess#04",),
        swap(
            SESSION_TABLE,
            {
                state: {**row, SessionEvent.MEMORY_RESET: state}
                for state, row in SESSION_TABLE.standard.items()
            },
        ),
    ),
    CardFault(
        "procedures.load.half-profile-left",
        "A Profile is listed once its metadata are received, and stays after a power cut.",
        ("procedure.PowerLoss#03", "procedure.PowerLoss#04"),
        swap(segments.NOTED, _listed_half),
    ),
)
