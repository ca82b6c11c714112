"""Where orders are kept, and what keeps several things together."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final, Protocol, TypeAlias

from rspcore.ids import Iccid
from rspsim.smdpp.stock.orders import Order, OrderState

__all__ = ["MemoryOrders", "OrderRepository", "UnitOfWork"]

UnitOfWork: TypeAlias = Callable[[], AbstractContextManager[object]]
"""Opens a unit of work: what is kept inside one is kept together at its end, or not at all."""


_AVAILABLE: Final = ("state", OrderState.AVAILABLE)


class OrderRepository(Protocol):
    """Keeps the current value of each order; finds one without looking at the others."""

    def all(self) -> tuple[Order, ...]:
        """Returns every order, oldest first."""

    def get(self, number: int) -> Order | None:
        """Returns the order with this number, or None."""

    def newest_number(self) -> int:
        """Returns the highest number of an order, 0 when there is none."""

    def of_profile(self, iccid: Iccid) -> tuple[Order, ...]:
        """Returns the orders of the Profile with this ICCID, oldest first."""

    def with_matching_id(self, matching_id: str) -> tuple[Order, ...]:
        """Returns the orders with this MatchingID, oldest first."""

    def available(self) -> tuple[Order, ...]:
        """Returns the orders to be, which are Available, oldest first."""

    def put(self, order: Order) -> None:
        """Sets the current value of an order; a new number adds an order."""


class MemoryOrders:
    """Keeps orders in memory."""

    def __init__(self) -> None:
        self._by_number: dict[int, Order] = {}
        self._numbers: dict[tuple[str, object], dict[int, None]] = {}

    def all(self) -> tuple[Order, ...]:
        """Returns every order, oldest first."""
        return tuple(self._by_number.values())

    def get(self, number: int) -> Order | None:
        """Returns the order with this number, or None."""
        return self._by_number.get(number)

    def newest_number(self) -> int:
        """Returns the highest number of an order, 0 when there is none."""
        return next(reversed(self._by_number), 0)

    def of_profile(self, iccid: Iccid) -> tuple[Order, ...]:
        """Returns the orders of the Profile with this ICCID, oldest first."""
        return self._under(("iccid", iccid))

    def with_matching_id(self, matching_id: str) -> tuple[Order, ...]:
        """Returns the orders with this MatchingID, oldest first."""
        return self._under(("matching_id", matching_id))

    def available(self) -> tuple[Order, ...]:
        """Returns the orders to be, which are Available, oldest first."""
        return self._under(_AVAILABLE)

    def put(self, order: Order) -> None:
        """Sets the current value of an order; a new number adds an order."""
        number, before = order.number, self._by_number.get(order.number)
        self._by_number[number] = order
        names = _names(order)
        for name in () if before is None else set(_names(before)) - set(names):
            numbers = self._numbers[name]
            del numbers[number]
            if not numbers:
                del self._numbers[name]
        for name in names:
            self._numbers.setdefault(name, {})[number] = None

    def _under(self, name: tuple[str, object]) -> tuple[Order, ...]:
        return tuple(self._by_number[one] for one in sorted(self._numbers.get(name, ())))


def _names(order: Order) -> list[tuple[str, object]]:
    """Returns what an order is found by, beside its number."""
    names: list[tuple[str, object]] = [
        ("iccid", order.iccid),
        ("matching_id", order.matching_id),
    ]
    if order.state is OrderState.AVAILABLE:
        names.append(_AVAILABLE)
    return names
