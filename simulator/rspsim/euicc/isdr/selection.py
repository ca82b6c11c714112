"""The selection of the ISD-R: its AID, its FCI, and what a device has to announce first."""

from functools import lru_cache
from typing import Final

from rspcore import tlv
from rspcore.ids import Version
from rspcore.messages.isdr import IsdrProprietaryApplicationTemplate
from rspcore.status import StatusWord
from rspcore.tags import ISDR_AID
from rspsim.euicc.decisions import Decision
from rspsim.euicc.isdr.es10_function import Interface
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState, Channel

__all__ = ["AID", "FCI", "announced", "selected"]

AID: Final = ISDR_AID


def _fci(state: CardState) -> bytes:
    """Returns the FCI: AID, longest data field, and the ISD-R's own template E0 (5.7.1)."""
    personality = state.personality
    return _fci_of(personality.svn, personality.lpae_support, personality.max_data_length)


@lru_cache(maxsize=64)
def _fci_of(svn: Version, lpae_support: frozenset[int] | None, most: int) -> bytes:
    """Returns the FCI of a card with these values; the same values give the same octets."""
    template = IsdrProprietaryApplicationTemplate(svn=svn, lpae_support=lpae_support)
    longest = most.to_bytes(1 if most < 0x100 else 2, "big")
    return tlv.encode(
        0x6F,
        tlv.encode(0x84, AID.octets),
        tlv.encode(0xA5, tlv.encode(0x9F65, longest)),
        template.encode(),
    )


FCI: Final = Decision("isdr.fci", _fci, "FCI of the ISD-R")


def announced(view: View, interface: Interface) -> bool:
    """Returns whether TERMINAL CAPABILITY announced an interface, or need not."""
    if not view.options.terminal_capability_enforced:
        return True
    capability = view.volatile.cat.terminal_capability or 0
    return capability & interface == interface


def selected(view: View) -> Outcome:
    """Answers SELECT with the FCI; an unfinished command on the channel is dropped."""
    options = view.options
    if options.terminal_capability_enforced and options.terminal_capability_refuses_select:
        everything = Interface.ES10A | Interface.ES10B | Interface.ES10C
        if not (view.volatile.cat.terminal_capability or 0) & everything:
            return view.refuse(StatusWord.FILE_NOT_FOUND)
    return view.with_channel(Channel(application=AID)).outcome(view.decisions[FCI](view.state))
