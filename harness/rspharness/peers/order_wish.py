"""What an order has to be, what came of it, and a way by which orders come to be at a server."""

from dataclasses import asdict
from typing import Any, Protocol

from rspcore.frozen import dataclass
from rspharness.record.trace import Trace

__all__ = ["OrderWish", "Ordered", "Provision"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderWish:
    """What an order has to be.

    Attributes:
        profile: Name of the Profile (`rsplab card profiles`).
        ppr: Profile policy rules it has in place of its own, such as "ppr1".
        matching_id: MatchingID; any when None, and empty for a card that asks by its EID.
        confirmation_code: Code that the End User has to enter, or None.
        eid: Digits of the only EID that may have it, or None for any card.
        released: Whether it may be downloaded at once.
        expired: Whether its time is over.
        downloads: Authentications before it ends in Error, None for the server's own limit.
        wrong_codes: Wrong Confirmation Codes before it does, None likewise.
        size: Octets of its package, None for any.
        metadata: Data objects added to its metadata, hexadecimal, such as BF20 for a Profile that
            can move to another device.
    """

    profile: str = "PROFILE_OPERATIONAL1"
    ppr: tuple[str, ...] | None = None
    matching_id: str | None = None
    confirmation_code: str | None = None
    eid: str | None = None
    released: bool = True
    expired: bool = False
    downloads: int | None = None
    wrong_codes: int | None = None
    size: int | None = None
    metadata: str = ""

    @property
    def differences(self) -> dict[str, Any]:
        """Returns what is not as in any order."""
        usual = asdict(OrderWish())
        return {name: one for name, one in asdict(self).items() if one != usual[name]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """An order at the server under test.

    Attributes:
        matching_id: Its MatchingID.
        iccid: ICCID of the Profile, digits; empty where the adapter does not know it.
        number: What the adapter finds it by again.
        upp: The package ordered, empty where the adapter does not know it.
    """

    matching_id: str
    iccid: str = ""
    number: str = ""
    upp: bytes = b""


class Provision(Protocol):
    """A way to make orders."""

    def order(self, wish: OrderWish, trace: Trace) -> Ordered:
        """Makes an order.

        Args:
            wish: What it has to be.
            trace: Takes what is exchanged for it.

        Raises:
            NotApplicable: this way cannot make such an order. Nothing was ordered.
            Inconclusive: it should have, and failed.
        """

    def state(self, ordered: Ordered) -> str:
        """Returns the state of the Profile, such as "Released" (SGP.22 v2, 3.1.6).

        Raises:
            NotApplicable: this way cannot see it.
        """

    def change(self, ordered: Ordered, event: str) -> None:
        """Lets the operator do something with an order: RELEASED, CANCELLED or WITHDRAWN.

        Raises:
            NotApplicable: this way cannot do it.
        """

    def close(self) -> None:
        """Removes what was made for the run."""
