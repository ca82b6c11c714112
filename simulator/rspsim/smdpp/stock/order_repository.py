"""Where orders are kept, and what keeps several things together."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from itertools import islice
from typing import Protocol, TypeAlias, TypeVar

from rspcore.frozen import dataclass
from rspcore.ids import Iccid
from rspsim.smdpp.stock.orders import Order, OrderState

__all__ = ["MemoryOrders", "OrderPage", "OrderRepository", "UnitOfWork"]

UnitOfWork: TypeAlias = Callable[[], AbstractContextManager[object]]
"""Opens a unit of work: what is kept inside one is kept together at its end, or not at all."""


_Name = TypeVar("_Name")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage:
    """Which orders are asked for.

    Attributes:
        after: Those with higher numbers alone.
        before: Those with lower numbers alone, and of more than `most` the newest; None for the
            oldest after `after`.
        most: How many at most, None for all.
        state: Those in this state alone; None for any.
    """

    after: int = 0
    before: int | None = None
    most: int | None = None
    state: OrderState | None = None

    def has(self, order: Order) -> bool:
        """Returns whether an order is one of those, however many there are."""
        return (
            order.number > self.after
            and (self.before is None or order.number < self.before)
            and self.state in (None, order.state)
        )


class OrderRepository(Protocol):
    """Keeps the current value of each order."""

    def all(self) -> tuple[Order, ...]:
        """Returns every order, oldest first."""

    def get(self, number: int) -> Order | None:
        """Returns the order with this number, or None."""

    def of_iccid(self, iccid: Iccid) -> tuple[Order, ...]:
        """Returns the orders of a Profile, oldest first, without a look at the others."""

    def named(self, matching_id: str) -> tuple[Order, ...]:
        """Returns the orders with a MatchingID, oldest first, without a look at the others."""

    def available(self) -> tuple[Order, ...]:
        """Returns the orders to be, which are Available, oldest first, likewise."""

    def newest(self) -> int:
        """Returns the highest number of an order, 0 without one."""

    def count(self) -> int:
        """Returns how many orders there are."""

    def page(self, asked: "OrderPage") -> tuple[Order, ...]:
        """Returns some of the orders, oldest first, without a look at the rest of the book."""

    def put(self, order: Order) -> None:
        """Sets the current value of an order; a new number adds an order."""


class MemoryOrders:
    """Keeps orders in memory."""

    def __init__(self) -> None:
        self._by_number: dict[int, Order] = {}
        self._by_iccid: dict[Iccid, dict[int, None]] = {}
        self._by_matching_id: dict[str, dict[int, None]] = {}
        self._available: dict[int, None] = {}

    def all(self) -> tuple[Order, ...]:
        """Returns every order, oldest first."""
        return tuple(self._by_number.values())

    def get(self, number: int) -> Order | None:
        """Returns the order with this number, or None."""
        return self._by_number.get(number)

    def of_iccid(self, iccid: Iccid) -> tuple[Order, ...]:
        """Returns the orders of a Profile, oldest first."""
        return self._of(self._by_iccid.get(iccid, ()))

    def named(self, matching_id: str) -> tuple[Order, ...]:
        """Returns the orders with a MatchingID, oldest first."""
        return self._of(self._by_matching_id.get(matching_id, ()))

    def available(self) -> tuple[Order, ...]:
        """Returns the orders to be, which are Available, oldest first."""
        return self._of(self._available)

    def _of(self, numbers: Iterable[int]) -> tuple[Order, ...]:
        return tuple(self._by_number[number] for number in sorted(numbers))

    def newest(self) -> int:
        """Returns the highest number of an order, 0 without one."""
        return next(reversed(self._by_number), 0)

    def count(self) -> int:
        """Returns how many orders there are."""
        return len(self._by_number)

    def page(self, asked: OrderPage) -> tuple[Order, ...]:
        """Returns some of the orders, oldest first."""
        all_ = self._by_number.values()
        if asked.before is None:
            return tuple(islice(filter(asked.has, all_), asked.most))
        return tuple(islice(filter(asked.has, reversed(all_)), asked.most))[::-1]

    def put(self, order: Order) -> None:
        """Sets the current value of an order; a new number adds an order."""
        before = self._by_number.get(order.number)
        if before is not None:
            _forget(self._by_iccid, before.iccid, order.number)
            _forget(self._by_matching_id, before.matching_id, order.number)
            self._available.pop(order.number, None)
        self._by_number[order.number] = order
        self._by_iccid.setdefault(order.iccid, {})[order.number] = None
        self._by_matching_id.setdefault(order.matching_id, {})[order.number] = None
        if order.state is OrderState.AVAILABLE:
            self._available[order.number] = None


def _forget(table: dict[_Name, dict[int, None]], name: _Name, number: int) -> None:
    """Takes a number from under a name, and the name with the last number."""
    numbers = table[name]
    del numbers[number]
    if not numbers:
        del table[name]
