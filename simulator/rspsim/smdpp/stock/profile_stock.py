"""The stock of Profiles: what is put there, lost, found again and taken away.

A Profile's state is that of its newest order, so the stock looks at the orders as well.

Source: SGP.22 v2, 3.1.1 and 3.1.6.
"""

from dataclasses import replace
from typing import Final

from rspcore.errors import LocalError
from rspcore.ids import Iccid
from rspcore.messages.metadata import StoreMetadataRequest
from rspsim.env import Rng
from rspsim.smdpp.stock.eligibility import Needs
from rspsim.smdpp.stock.order_repository import OrderRepository, UnitOfWork
from rspsim.smdpp.stock.orders import LIVE, Order, OrderEvent, OrderState
from rspsim.smdpp.stock.profiles import ProfileRepository, StockedProfile

__all__ = ["ProfileStock"]

_ICCID_PREFIX: Final = "8999901"
"""Industry 89 and an issuer under country code 999, which is nobody's."""


class ProfileStock:
    """Makes, keeps and finds Profiles.

    Attributes:
        profiles: Where they are kept.
    """

    def __init__(
        self,
        rng: Rng,
        address: str,
        profiles: ProfileRepository,
        orders: OrderRepository,
        unit: UnitOfWork,
    ) -> None:
        """Sets up a stock.

        Args:
            rng: Source of fresh ICCIDs.
            address: SM-DP+ address in the activation codes.
            profiles: Where Profiles are kept.
            orders: Where their orders are kept.
            unit: Opens a unit of work.
        """
        self.profiles = profiles
        self._rng = rng
        self._address = address
        self._orders = orders
        self._unit = unit

    def add(
        self, upp: bytes, metadata: StoreMetadataRequest, *, profile_type: str = "", owner: str = ""
    ) -> Order:
        """Keeps a Profile that is Available, for a DownloadOrder to come.

        Args:
            upp: Unprotected profile package.
            metadata: Its metadata.
            profile_type: Profile type by which operators order it; empty for none.
            owner: OID of the operator that may order it; empty for every operator.

        Raises:
            LocalError: it is lost, or has a live order. The stock is as before.
        """
        with self._unit():
            kept = self.available(upp, metadata, profile_type, owner)
            self._orders.put(kept)
            return kept

    def available(
        self, upp: bytes, metadata: StoreMetadataRequest, profile_type: str = "", owner: str = ""
    ) -> Order:
        """Puts a Profile into the stock and returns its order to be, which is Available.

        Raises:
            LocalError: it is lost, or has a live order. The stock is as before.
        """
        iccid, known = metadata.iccid, self.profiles.get(metadata.iccid)
        last = self.of_profile(iccid)
        if known is not None and known.lost:
            raise LocalError(f"the Profile {iccid} is lost; say that it is found first")
        if last is not None and last.state in LIVE:
            raise LocalError(
                f"the Profile {iccid} has order {last.number}, which is {last.state} (8.2.1/3.3); "
                "cancel that order, or give another ICCID"
            )
        needs, octets = Needs.of(upp, metadata), metadata.encode()
        profile = StockedProfile(
            iccid=iccid,
            profile_type=profile_type or (known.profile_type if known else ""),
            owner=owner or (known.owner if known else ""),
            upp=bytes(upp),
            metadata=octets,
            needs=needs,
        )
        self.profiles.put(profile)
        back = last is not None and last.state is OrderState.AVAILABLE
        return Order(
            number=last.number if last is not None and back else self._orders.newest() + 1,
            smdp_address=self._address,
            iccid=iccid,
            upp=profile.upp,
            metadata=octets,
            needs=needs,
        )

    def lose(self, iccid: Iccid) -> StockedProfile:
        """Notes that the card with a Profile is gone: it is lost, its order Unavailable.

        Raises:
            LocalError: there is no such Profile, or no card has it. Nothing was changed.
        """
        with self._unit():
            profile, order = self._stocked(iccid), self.of_profile(iccid)
            if order is None or not order.allows(OrderEvent.LOST):
                state = OrderState.AVAILABLE if order is None else order.state
                raise LocalError(f"the Profile {iccid} is {state}: no card has it")
            lost = replace(profile, lost=True)
            self.profiles.put(lost)
            self._orders.put(order.after(OrderEvent.LOST))
            return lost

    def find_again(self, iccid: Iccid) -> StockedProfile:
        """Notes that a lost Profile may be ordered again.

        Raises:
            LocalError: there is no such Profile.
        """
        with self._unit():
            found = replace(self._stocked(iccid), lost=False)
            self.profiles.put(found)
            return found

    def describe(
        self, iccid: Iccid, *, profile_type: str | None = None, owner: str | None = None
    ) -> StockedProfile:
        """Changes type or owner of a Profile; None leaves one as it is.

        Raises:
            LocalError: there is no such Profile.
        """
        with self._unit():
            profile = self._stocked(iccid)
            if profile_type is not None:
                profile = replace(profile, profile_type=profile_type)
            if owner is not None:
                profile = replace(profile, owner=owner)
            self.profiles.put(profile)
            return profile

    def remove(self, iccid: Iccid) -> None:
        """Takes a Profile out of the stock; its orders stay.

        Raises:
            LocalError: there is no such Profile, or it has a live order. Nothing was changed.
        """
        with self._unit():
            self._stocked(iccid)
            order = self.of_profile(iccid)
            if order is not None and order.state in LIVE:
                raise LocalError(f"the Profile {iccid} has order {order.number}: {order.state}")
            if order is not None and order.state is OrderState.AVAILABLE:
                allocated = order.after(OrderEvent.DOWNLOAD_ORDERED)
                self._orders.put(allocated.after(OrderEvent.WITHDRAWN))
            self.profiles.remove(iccid)

    def _stocked(self, iccid: Iccid) -> StockedProfile:
        profile = self.profiles.get(iccid)
        if profile is None:
            raise LocalError(f"the Profile {iccid} is not in the stock")
        return profile

    def state_of(self, iccid: Iccid) -> OrderState:
        """Returns the state of a Profile: that of its newest order, Available without one."""
        order = self.of_profile(iccid)
        return OrderState.AVAILABLE if order is None else order.state

    def of_profile(self, iccid: Iccid) -> Order | None:
        """Returns the newest order of the Profile with this ICCID, or None."""
        return next(reversed(self._orders.of_iccid(iccid)), None)

    def available_profiles(self) -> tuple[StockedProfile, ...]:
        """Returns the Profiles that can be ordered, by ICCID: Available and not lost."""
        iccids = {order.iccid for order in self._orders.available() if self._is_newest(order)}
        found = (self.profiles.get(iccid) for iccid in sorted(iccids, key=str))
        return tuple(one for one in found if one is not None and not one.lost)

    def _is_newest(self, order: Order) -> bool:
        newest = self.of_profile(order.iccid)
        return newest is not None and newest.number == order.number

    def fresh_iccid(self) -> Iccid:
        """Draws an ICCID of 20 digits, the last one a check digit, that no order has."""
        while True:
            drawn = int.from_bytes(self._rng.octets(8), "big") % 10**12
            first = f"{_ICCID_PREFIX}{drawn:012}"
            iccid = Iccid.from_digits(first + _luhn(first))
            if self.profiles.get(iccid) is None and not self._orders.of_iccid(iccid):
                return iccid


def _luhn(digits: str) -> str:
    """Returns the check digit that follows these digits (ISO/IEC 7812-1, annex B)."""
    doubled = (int(one) * (2 - at % 2) for at, one in enumerate(reversed(digits)))
    return str(-sum(value // 10 + value % 10 for value in doubled) % 10)
