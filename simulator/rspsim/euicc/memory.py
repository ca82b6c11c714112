"""How much memory things take, in octets; a model whose sums are consistent.

A Profile takes its package, its metadata and a fixed part for its ISD-P. What is free is what the
personality has less what all Profiles and CRLs take; notifications have memory of their own
(`notification_capacity`). So memory falls with an installation, rises with a deletion, and is never
lost (SGP.22 v2, 5.7.8; ETSI TS 102 226, 8.2.1.7.2).
"""

from typing import Final

from rspsim.euicc.decisions import Decision
from rspsim.euicc.state import CardState

__all__ = ["FREE", "ISDP_SIZE", "ROOM_FOR_PROFILE", "profile_size"]

ISDP_SIZE: Final = 1024
"""What an ISD-P takes before anything is in it."""
ROOM_FOR_PROFILE: Final = 8 * 1024
"""With less than this free, the card does not claim room for one more Profile."""


def profile_size(package: int, metadata: int) -> int:
    """Returns what a Profile takes, from the sizes of its package and metadata."""
    return ISDP_SIZE + package + metadata


def _free(state: CardState) -> int:
    """Returns how many octets of non-volatile memory are free, never below 0."""
    used = sum(profile.size for profile in state.profiles)
    used += sum(len(part.octets) for part in state.crls)
    return max(state.personality.nvm_size - used, 0)


FREE: Final = Decision("memory.free", _free, "free non-volatile memory, in octets")
