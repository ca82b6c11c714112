"""The order book: makes orders, keeps them, and finds the one a card asks for.

Ordering does DownloadOrder, ConfirmOrder and ReleaseProfile of ES2+ in one call. An order that is
finished releases its MatchingID, so the same activation code can be ordered again and again.

Source: SGP.22 v2, 3.1.2, 4.1 and 5.3.
"""

import re
from base64 import b32encode
from dataclasses import replace
from hashlib import sha256
from typing import Final, Protocol

from rspcore.errors import LocalError
from rspcore.ids import Eid
from rspcore.messages.es9p import StatusCodeData
from rspcore.messages.metadata import StoreMetadataRequest
from rspsim.env import Rng
from rspsim.smdpp.status_codes import EID_REFUSED, MATCHING_ID_REFUSED
from rspsim.smdpp.stock.eligibility import Needs
from rspsim.smdpp.stock.orders import (
    DELIVERABLE,
    FINISHED,
    Order,
    OrderEvent,
    OrderState,
    OrderTerms,
)

__all__ = ["MemoryOrders", "OrderBook", "OrderRepository"]

_MATCHING_ID: Final = re.compile(r"[0-9A-Z-]{0,255}\Z")


class OrderRepository(Protocol):
    """Keeps the current value of each order."""

    def all(self) -> tuple[Order, ...]:
        """Returns every order, oldest first."""

    def get(self, number: int) -> Order | None:
        """Returns the order with this number, or None."""

    def put(self, order: Order) -> None:
        """Sets the current value of an order; a new number adds an order."""


class MemoryOrders:
    """Keeps orders in memory."""

    def __init__(self) -> None:
        self._by_number: dict[int, Order] = {}

    def all(self) -> tuple[Order, ...]:
        """Returns every order, oldest first."""
        return tuple(self._by_number.values())

    def get(self, number: int) -> Order | None:
        """Returns the order with this number, or None."""
        return self._by_number.get(number)

    def put(self, order: Order) -> None:
        """Sets the current value of an order; a new number adds an order."""
        self._by_number[order.number] = order


class OrderBook:
    """Makes, keeps and finds orders.

    Attributes:
        repository: Where orders are kept.
        address: SM-DP+ address in the activation codes.
    """

    def __init__(
        self, rng: Rng, *, address: str, repository: OrderRepository | None = None
    ) -> None:
        self.repository: OrderRepository = MemoryOrders() if repository is None else repository
        self.address = address
        self._rng = rng

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
                order that is not finished, or is empty without an EID. Nothing was ordered.
        """
        terms = terms or OrderTerms()
        if matching_id is None:
            matching_id = self._new_matching_id()
        self._check_matching_id(matching_id, eid)
        orders = self.repository.all()
        ordered = Order(
            number=1 + max((order.number for order in orders), default=0),
            smdp_address=self.address,
            iccid=metadata.iccid,
            upp=bytes(upp),
            metadata=metadata.encode(),
            needs=Needs.of(upp, metadata),
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

    def change(self, number: int, event: OrderEvent) -> Order:
        """Releases, cancels or withdraws an order, as the operator does on ES2+.

        Raises:
            LocalError: there is no such order, or its state does not allow the event. Nothing was
                changed.
        """
        order = self.get(number)
        if not order.allows(event):
            raise LocalError(f"order {number} is {order.state}: {event} is not possible")
        order = order.after(event)
        if order.state is OrderState.AVAILABLE:
            order = replace(
                order, matching_id="", confirmation_code_hash=None, eid=None, binding=None
            )
        self.repository.put(order)
        return order

    def asked_for(self, matching_id: str, eid: Eid) -> Order | StatusCodeData:
        """Returns the order that a card with this EID asks for, or the reason why it gets none.

        Args:
            matching_id: MatchingID of the request; absent counts as empty.
            eid: EID of the authenticated card.

        Returns:
            The order, or 8.2.6/3.8 for an unknown token, or 8.1.1/3.8 when the token belongs to
            another card or when there is nothing pending for this card (SGP.22 v2, 5.6.3).
        """
        if not matching_id:
            pending = [o for o in self._with("") if o.eid == eid]
            if pending:
                return _best(pending)
            return EID_REFUSED("no order without MatchingID is pending", identifier=str(eid))
        named = self._with(matching_id)
        if not named:
            return MATCHING_ID_REFUSED("no order has this MatchingID", identifier=matching_id)
        order = _best(named)
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
            for order in self.repository.all()
            if order.matching_id == matching_id and order.state not in never_ordered
        ]

    def _new_matching_id(self) -> str:
        text = b32encode(self._rng.octets(10)).decode("ascii")
        return "-".join(text[at : at + 4] for at in range(0, 16, 4))

    def _check_matching_id(self, matching_id: str, eid: Eid | None) -> None:
        if not _MATCHING_ID.match(matching_id):
            raise LocalError(
                f"MatchingID {matching_id!r}: expected at most 255 of the characters 0-9, A-Z, -"
            )
        if not matching_id and eid is None:
            raise LocalError("an empty MatchingID needs an EID (8.1.1/2.2)")
        for other in self._with(matching_id):
            taken = other.state not in FINISHED and (matching_id or other.eid == eid)
            if taken:
                raise LocalError(
                    f"MatchingID {matching_id!r} belongs to order {other.number}, "
                    f"which is {other.state} (8.2.6/3.3)"
                )


def _best(orders: list[Order]) -> Order:
    """Returns the newest order that can be delivered, else the newest one."""
    deliverable = [order for order in orders if order.state in DELIVERABLE]
    return (deliverable or orders)[-1]
