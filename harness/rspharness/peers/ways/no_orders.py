"""No way to make orders: only cases that need none apply."""

from rspharness.peers.order_wish import Ordered, OrderWish
from rspharness.record.trace import Trace
from rspharness.record.verdicts import NotApplicable

__all__ = ["Nothing"]


class Nothing:
    """No way to make orders: cases that need none."""

    def order(self, wish: OrderWish, trace: Trace) -> Ordered:  # noqa: ARG002  none can be met
        """Raises `NotApplicable`."""
        raise NotApplicable("no --provision: how an order comes to be is not known")

    def state(self, ordered: Ordered) -> str:  # noqa: ARG002  as above
        """Raises `NotApplicable`."""
        raise NotApplicable("no --provision: orders cannot be seen")

    def change(self, ordered: Ordered, event: str) -> None:  # noqa: ARG002  as above
        """Raises `NotApplicable`."""
        raise NotApplicable("no --provision: orders cannot be changed")

    def close(self) -> None:
        """Does nothing."""
