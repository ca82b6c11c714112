"""The order book: makes orders, keeps them, and finds the one a card asks for.

What is ordered is a Profile of the stock (`rspsim.smdpp.stock.profile_stock`).

Ordering does DownloadOrder, ConfirmOrder and ReleaseProfile of ES2+ in one call. An order that is
finished releases its MatchingID, so the same activation code can be ordered again and again.

Source: SGP.22 v2, 3.1.2, 4.1 and 5.3.
"""

import re
from base64 import b32encode
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from hashlib import sha256
from typing import Final

from rspcore.errors import LocalError
from rspcore.ids import Eid
from rspcore.messages.es9p import StatusCodeData
from rspcore.messages.metadata import StoreMetadataRequest
from rspsim.env import Rng
from rspsim.smdpp.status_codes import EID_REFUSED, MATCHING_ID_REFUSED
from rspsim.smdpp.stock.order_repository import MemoryOrders, OrderRepository, UnitOfWork
from rspsim.smdpp.stock.orders import (
    DELIVERABLE,
    FINISHED,
    Order,
    OrderEvent,
    OrderState,
    OrderTerms,
)
from rspsim.smdpp.stock.profile_stock import ProfileStock
from rspsim.smdpp.stock.profiles import MemoryProfiles, ProfileRepository

__all__ = ["OrderBook"]

_CONFIRMATIONS: Final = frozenset((OrderEvent.CONFIRMED, OrderEvent.CONFIRMED_AND_RELEASED))
_DOWNLOAD_ORDERS: Final = frozenset(
    (OrderEvent.DOWNLOAD_ORDERED, OrderEvent.DOWNLOAD_ORDERED_FOR_EID)
)
_OF_A_CARD: Final = frozenset((OrderEvent.DELIVERED, OrderEvent.INSTALLED))
"""Events that need what a card has sent: a one-time key, or a signed result."""
_CONFIRMATION_DATA: Final = frozenset(("matchingId", "confirmationCode", "eid"))
_TAKES: Final = {
    OrderEvent.DOWNLOAD_ORDERED_FOR_EID: frozenset(("eid",)),
    **dict.fromkeys(_CONFIRMATIONS, _CONFIRMATION_DATA),
}
"""The data of each event that takes any."""
_MATCHING_ID: Final = re.compile(r"[0-9A-Z-]{0,255}\Z")
_ANY_TOKEN: Final = re.compile(r"[!-#%-~]{0,255}\Z")


class OrderBook:
    """Makes, keeps and finds orders.

    Attributes:
        repository: Where orders are kept.
        stock: The Profiles.
        address: SM-DP+ address in the activation codes.
        lenient_ids: True to take MatchingIDs of any visible characters but $.
    """

    def __init__(
        self,
        rng: Rng,
        *,
        address: str,
        repository: OrderRepository | None = None,
        profiles: ProfileRepository | None = None,
        unit: UnitOfWork = nullcontext,
        lenient_ids: bool = False,
    ) -> None:
        self.lenient_ids = lenient_ids
        self.repository: OrderRepository = MemoryOrders() if repository is None else repository
        self.address = address
        self._rng = rng
        self._unit = unit
        kept = MemoryProfiles() if profiles is None else profiles
        self.stock = ProfileStock(rng, address, kept, self.repository, unit)

    def order(
        self,
        upp: bytes,
        metadata: StoreMetadataRequest,
        *,
        matching_id: str | None = None,
        confirmation_code: str | None = None,
        eid: Eid | None = None,
        terms: OrderTerms | None = None,
    ) -> Order:
        """Orders a profile and, unless the terms say otherwise, releases it for download.

        The Profile is in the stock afterwards; one that is there already gets this package.

        Args:
            upp: Unprotected profile package; it need not be a correct one.
            metadata: Metadata of the profile, as sent to the card.
            matching_id: MatchingID; drawn when None, the default SM-DP+ use case when empty.
            confirmation_code: Code the End User has to enter, or None for none.
            eid: The only card that may get the profile, or None for any.
            terms: Retry limits, end of the order, and whether it is released at once.

        Returns:
            The order; its `activation_code` is ready to be shown.

        Raises:
            LocalError: the MatchingID has other characters than 0-9, A-Z and -, or belongs to an
                order that is not finished, or is empty without an EID; or the Profile is lost, or
                has a live order. Nothing was ordered.
        """
        with self._unit():
            return self._order(upp, metadata, matching_id, confirmation_code, eid, terms)

    def _order(
        self,
        upp: bytes,
        metadata: StoreMetadataRequest,
        matching_id: str | None,
        confirmation_code: str | None,
        eid: Eid | None,
        terms: OrderTerms | None,
    ) -> Order:
        terms = terms or OrderTerms()
        if matching_id is None:
            matching_id = self.new_matching_id()
        self._check_matching_id(matching_id, eid)
        ordered = replace(
            self.stock.available(upp, metadata),
            matching_id=matching_id,
            confirmation_code_hash=(
                None
                if confirmation_code is None
                else sha256(confirmation_code.encode("utf-8")).digest()
            ),
            eid=eid,
            terms=terms,
        )
        first = OrderEvent.DOWNLOAD_ORDERED if eid is None else OrderEvent.DOWNLOAD_ORDERED_FOR_EID
        second = OrderEvent.CONFIRMED_AND_RELEASED if terms.released else OrderEvent.CONFIRMED
        ordered = ordered.after(first).after(second)
        self.repository.put(ordered)
        return ordered

    def order_again(self, order: Order) -> Order:
        """Orders the Profile of a finished order again, under the same MatchingID, code and terms.

        Raises:
            LocalError: as `order`.
        """
        with self._unit():
            metadata = StoreMetadataRequest.decode(order.metadata)
            renewed = replace(
                self.stock.available(order.upp, metadata),
                matching_id=order.matching_id,
                confirmation_code_hash=order.confirmation_code_hash,
                eid=order.eid,
                terms=order.terms,
            )
            self._check_matching_id(order.matching_id, order.eid)
            first = OrderEvent.DOWNLOAD_ORDERED
            if order.eid is not None:
                first = OrderEvent.DOWNLOAD_ORDERED_FOR_EID
            renewed = renewed.after(first).after(OrderEvent.CONFIRMED_AND_RELEASED)
            self.repository.put(renewed)
            return renewed

    def for_next_device(self, order: Order, eid: Eid | None = None) -> Order:
        """Orders the Profile of an order anew, for the device it moves to.

        One that is ordered for it already, and waits, stays.

        Args:
            order: The order by which it is or was installed.
            eid: EID of the next device, None for any.

        Raises:
            LocalError: the Profile is lost, or has another live order.
        """
        with self._unit():
            newest = self.stock.of_profile(order.iccid)
            if newest is not None and newest.number != order.number and newest.state in DELIVERABLE:
                return newest
            metadata = StoreMetadataRequest.decode(order.metadata)
            following = replace(
                self.stock.available(order.upp, metadata), matching_id=self.new_matching_id()
            )
            first = OrderEvent.DOWNLOAD_ORDERED
            if eid is not None:
                following = replace(following, eid=eid)
                first = OrderEvent.DOWNLOAD_ORDERED_FOR_EID
            following = following.after(first).after(OrderEvent.CONFIRMED_AND_RELEASED)
            self.repository.put(following)
            return following

    def after_deletion(self, order: Order, event: OrderEvent | None) -> Order:
        """Returns an order after its Profile was deleted on the card.

        Args:
            order: The order.
            event: What a deletion does, or None for nothing. A Profile that was ordered anew
                meanwhile does not go back into the stock.
        """
        if event is None:
            return order
        newest = self.stock.of_profile(order.iccid)
        if newest is not None and newest.number != order.number:
            event = OrderEvent.DELETED
        return order.after(event)

    def get(self, number: int) -> Order:
        """Returns the current value of an order.

        Raises:
            LocalError: there is no order with this number.
        """
        order = self.repository.get(number)
        if order is None:
            raise LocalError(f"order {number}: there is no such order")
        return order

    def all(self) -> tuple[Order, ...]:
        """Returns the current value of every order, oldest first."""
        return self.repository.all()

    def change(
        self,
        number: int,
        event: OrderEvent,
        *,
        matching_id: str | None = None,
        confirmation_code: str | None = None,
        eid: Eid | None = None,
        operator: str = "",
    ) -> Order:
        """Applies an event to an order, with its data, as the operator does on ES2+.

        Args:
            number: Number of the order.
            event: The event; those that a card alone can cause are refused.
            matching_id: For ConfirmOrder: MatchingID; drawn when None, empty needs an EID.
            confirmation_code: For ConfirmOrder: code the End User has to enter, or None.
            eid: For DownloadOrder with EID, and for ConfirmOrder of an order without one.
            operator: For DownloadOrder: OID of the operator, whose order it is then.

        Raises:
            LocalError: there is no such order, its state does not allow the event, or the event
                lacks data or has some that it does not take. Nothing was changed.
        """
        given = {"matchingId": matching_id, "confirmationCode": confirmation_code, "eid": eid}
        with self._unit():
            order = self._allowed(number, event, given)
            if operator:
                order = replace(order, operator=operator)
            if event is OrderEvent.DOWNLOAD_ORDERED_FOR_EID:
                if eid is None:
                    raise LocalError(f"{event}: give the EID")
                order = replace(order, eid=eid)
            if event in _CONFIRMATIONS:
                order = self._confirmed(order, matching_id, confirmation_code, eid)
            order = order.after(event)
            self.repository.put(order)
            return order

    def _allowed(self, number: int, event: OrderEvent, given: Mapping[str, object]) -> Order:
        """Returns the order if its state allows the event and the event takes this data."""
        order = self.get(number)
        if not order.allows(event):
            raise LocalError(f"order {number} is {order.state}: {event} is not possible")
        if event in _DOWNLOAD_ORDERS:
            self._require_free(order)
        if event in _OF_A_CARD:
            raise LocalError(f"order {number}: {event} comes from a card alone")
        taken = _TAKES.get(event, frozenset())
        extra = [name for name, value in given.items() if value is not None and name not in taken]
        if extra:
            raise LocalError(
                f"{event} does not take {', '.join(extra)}; "
                f"it takes {', '.join(sorted(taken)) or 'nothing'}"
            )
        return order

    def _require_free(self, order: Order) -> None:
        profile, newest = self.stock.profiles.get(order.iccid), self.stock.of_profile(order.iccid)
        if profile is not None and profile.lost:
            raise LocalError(f"the Profile {order.iccid} is lost; say that it is found first")
        if newest is not None and newest.number != order.number:
            raise LocalError(
                f"order {order.number}: order {newest.number} of the same Profile is newer"
            )

    def _confirmed(
        self, order: Order, matching_id: str | None, code: str | None, eid: Eid | None
    ) -> Order:
        if order.eid is not None and eid not in (None, order.eid):
            raise LocalError(f"order {order.number} is linked to EID {order.eid} (8.1.1/3.10)")
        eid = order.eid if eid is None else eid
        if matching_id is None:
            matching_id = self.new_matching_id()
        self._check_matching_id(matching_id, eid)
        hashed = None if code is None else sha256(code.encode("utf-8")).digest()
        return replace(order, matching_id=matching_id, confirmation_code_hash=hashed, eid=eid)

    def asked_for(self, matching_id: str, eid: Eid) -> Order | StatusCodeData:
        """Returns the order that a card with this EID asks for, or the reason why it gets none.

        Args:
            matching_id: MatchingID of the request; absent counts as empty.
            eid: EID of the authenticated card.

        Returns:
            The order, or 8.2.6/3.8 for a token that is unknown or whose orders are finished, or
            8.1.1/3.8 when the token belongs to another card or when there is nothing pending for
            this card (SGP.22 v2, 5.6.3).
        """
        named = self._with(matching_id)
        if not matching_id:
            named = [order for order in named if order.eid == eid]
        pending = [order for order in named if order.state not in FINISHED]
        if not pending:
            was = f"; the last one is {named[-1].state}" if named else ""
            if matching_id:
                return MATCHING_ID_REFUSED(
                    f"no order with this MatchingID is pending{was}", identifier=matching_id
                )
            return EID_REFUSED(f"no order without MatchingID is pending{was}", identifier=str(eid))
        order = _best(pending)
        if order.eid is not None and order.eid != eid:
            return EID_REFUSED("the order was made for another EID", identifier=str(eid))
        if order.binding is not None and order.binding.eid != eid:
            return MATCHING_ID_REFUSED(
                "the profile was bound to another card", identifier=matching_id
            )
        return order

    def _with(self, matching_id: str) -> list[Order]:
        never_ordered = (OrderState.AVAILABLE, OrderState.ALLOCATED, OrderState.LINKED)
        return [
            order
            for order in self.repository.named(matching_id)
            if order.state not in never_ordered
        ]

    def holder(self, matching_id: str, eid: Eid | None) -> Order | None:
        """Returns the unfinished order that a MatchingID, or an EID if it is empty, belongs to."""
        for other in self._with(matching_id):
            if other.state not in FINISHED and (matching_id or other.eid == eid):
                return other
        return None

    def new_matching_id(self) -> str:
        """Draws a MatchingID that nobody can guess."""
        text = b32encode(self._rng.octets(10)).decode("ascii")
        return "-".join(text[at : at + 4] for at in range(0, 16, 4))

    def _check_matching_id(self, matching_id: str, eid: Eid | None) -> None:
        if not (_ANY_TOKEN if self.lenient_ids else _MATCHING_ID).match(matching_id):
            raise LocalError(
                f"MatchingID {matching_id!r}: expected at most 255 of the characters "
                f"{'! to ~ but $' if self.lenient_ids else '0-9, A-Z, -; --lenient-ids takes any'}"
            )
        if not matching_id and eid is None:
            raise LocalError("an empty MatchingID needs an EID (8.1.1/2.2)")
        other = self.holder(matching_id, eid)
        if other is not None:
            raise LocalError(
                f"MatchingID {matching_id!r} belongs to order {other.number}, "
                f"which is {other.state} (8.2.6/3.3)"
            )


def _best(orders: list[Order]) -> Order:
    """Returns the newest order that can be delivered, else the newest one."""
    deliverable = [order for order in orders if order.state in DELIVERABLE]
    return (deliverable or orders)[-1]
