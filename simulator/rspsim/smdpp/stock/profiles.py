"""The stock: every Profile this server has, once, whatever becomes of its orders.

A Profile has at most one live order. Its state is that of its newest order, and Available when it
has none; so it stands in one place alone (`rspsim.smdpp.stock.order_book` finds it there).

Source: SGP.22 v2, 3.1.1 and 3.1.6.
"""

from typing import Protocol

from rspcore.frozen import dataclass
from rspcore.ids import Iccid
from rspsim.smdpp.stock.eligibility import NOTHING_NEEDED, Needs

__all__ = ["MemoryProfiles", "ProfileRepository", "StockPage", "StockedProfile"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class StockPage:
    """Which Profiles of the stock are asked for.

    Attributes:
        after: Those with higher ICCIDs alone, digits; empty for any.
        before: Those with lower ICCIDs alone, and of more than `most` the last; None for the first
            after `after`.
        most: How many at most, None for all.
        profile_type: Those of this type alone; None for any.
        owner: Those that this operator may order and no other; None for any.
        lost: Those that are lost, or are not; None for any.
    """

    after: str = ""
    before: str | None = None
    most: int | None = None
    profile_type: str | None = None
    owner: str | None = None
    lost: bool | None = None

    def has(self, profile: StockedProfile) -> bool:
        """Returns whether a Profile is one of those, however many there are."""
        digits = str(profile.iccid)
        return (
            digits > self.after
            and (self.before is None or digits < self.before)
            and self.profile_type in (None, profile.profile_type)
            and self.owner in (None, profile.owner)
            and self.lost in (None, profile.lost)
        )


class ProfileRepository(Protocol):
    """Keeps the Profiles."""

    def all(self) -> tuple[StockedProfile, ...]:
        """Returns every Profile, by ICCID."""

    def page(self, asked: StockPage) -> tuple[StockedProfile, ...]:
        """Returns some of the Profiles, by ICCID, without a look at the rest of the stock."""

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

    def page(self, asked: StockPage) -> tuple[StockedProfile, ...]:
        """Returns some of the Profiles, by ICCID."""
        found = tuple(filter(asked.has, self.all()))
        if asked.most is None:
            return found
        return found[: asked.most] if asked.before is None else found[-asked.most :]

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
