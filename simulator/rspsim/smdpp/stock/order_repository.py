"""Where orders are kept, and what keeps several things together."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from rspsim.smdpp.stock.orders import Order

__all__ = ["MemoryOrders", "OrderRepository", "UnitOfWork"]

UnitOfWork: TypeAlias = Callable[[], AbstractContextManager[object]]
"""Opens a unit of work: what is kept inside one is kept together at its end, or not at all."""


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
