"""What is somebody else's on a card that is kept: it was there before the run, and stays."""

from typing import Final

from rspcore.frozen import dataclass
from rspcore.ids import Iccid

__all__ = ["NOBODY", "Aboard", "cannot_be_lifted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aboard:
    """Profiles and Notifications that are not of the suites.

    Attributes:
        profiles: ICCIDs of the Profiles.
        enabled: ICCID of the one that was Enabled before the run, or None.
        notifications: seqNumbers of the Notifications that waited before the run.
        notifications_known: False where the card gave no list of them: any may be another's.
        stays_enabled: Whether the Enabled one has PPR1, so that no other can be Enabled.
    """

    profiles: frozenset[Iccid] = frozenset()
    enabled: Iccid | None = None
    notifications: frozenset[int] = frozenset()
    notifications_known: bool = True
    stays_enabled: bool = False

    def owns(self, number: int | None, iccid: Iccid | None) -> bool:
        """Returns whether a Notification is one of these, or of one of these Profiles."""
        return number in self.notifications or iccid in self.profiles

    def mentioned_in(self, octets: bytes) -> bool:
        """Returns whether a Notification, as it is retrieved, is of one of these Profiles."""
        return any(one.octets in octets for one in self.profiles)


NOBODY: Final = Aboard()
"""A card on which nothing is somebody else's."""


def cannot_be_lifted(aboard: Aboard) -> str:
    """Returns why policy rules of a Profile of the suites stay, where the Enabled one stays so."""
    return (
        "a Profile with policy rules cannot be deleted again beside "
        f"{aboard.enabled}, Enabled and not of the suites, which stays so (PPR1)"
    )
