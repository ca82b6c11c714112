"""The stock: every Profile this server has, once, whatever becomes of its orders.

A Profile has at most one live order. Its state is that of its newest order, and Available when it
has none; so it stands in one place alone (`rspsim.smdpp.stock.order_book` finds it there).

Source: SGP.22 v2, 3.1.1 and 3.1.6.
"""

from typing import Protocol

from rspcore.frozen import dataclass
from rspcore.ids import Iccid
from rspsim.smdpp.stock.eligibility import NOTHING_NEEDED, Needs

__all__ = ["MemoryProfiles", "ProfileRepository", "StockedProfile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockedProfile:
    """A Profile as the server has it.

    Attributes:
        iccid: ICCID, which names it.
        profile_type: Profile type by which operators order any of a kind; empty for none.
        owner: OID of the operator that may order it; empty for every operator.
        lost: True when the card it is on is gone: it cannot be ordered until it is found again.
        upp: Unprotected profile package.
        metadata: StoreMetadataRequest (BF25).
        needs: What a card has to support.
    """

    iccid: Iccid
    profile_type: str = ""
    owner: str = ""
    lost: bool = False
    upp: bytes
    metadata: bytes
    needs: Needs = NOTHING_NEEDED


class ProfileRepository(Protocol):
    """Keeps the Profiles."""

    def all(self) -> tuple[StockedProfile, ...]:
        """Returns every Profile, by ICCID."""

    def get(self, iccid: Iccid) -> StockedProfile | None:
        """Returns the Profile with this ICCID, or None."""

    def has_type(self, profile_type: str) -> bool:
        """Returns whether there is a Profile of this type."""

    def put(self, profile: StockedProfile) -> None:
        """Sets the current value of a Profile; a new ICCID adds one."""

    def remove(self, iccid: Iccid) -> None:
        """Forgets a Profile; nothing happens when there is none."""


class MemoryProfiles:
    """Keeps Profiles in memory."""

    def __init__(self) -> None:
        self._by_iccid: dict[Iccid, StockedProfile] = {}

    def all(self) -> tuple[StockedProfile, ...]:
        """Returns every Profile, by ICCID."""
        return tuple(self._by_iccid[one] for one in sorted(self._by_iccid, key=str))

    def get(self, iccid: Iccid) -> StockedProfile | None:
        """Returns the Profile with this ICCID, or None."""
        return self._by_iccid.get(iccid)

    def has_type(self, profile_type: str) -> bool:
        """Returns whether there is a Profile of this type."""
        return any(one.profile_type == profile_type for one in self._by_iccid.values())

    def put(self, profile: StockedProfile) -> None:
        """Sets the current value of a Profile; a new ICCID adds one."""
        self._by_iccid[profile.iccid] = profile

    def remove(self, iccid: Iccid) -> None:
        """Forgets a Profile; nothing happens when there is none."""
        self._by_iccid.pop(iccid, None)
