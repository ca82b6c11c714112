"""Which requests a server fault acts on: the words that every fault takes beside its parameters.

A request has a function from the start; its card, order and TransactionID are known as far as the
request or its session names them. A fault that is limited to an order or a card does not act on
requests that name none, such as initiateAuthentication.
"""

from collections.abc import Callable
from dataclasses import fields
from hashlib import sha256
from typing import Final

from rspcore.errors import LocalError
from rspcore.frozen import dataclass

__all__ = ["NOBODY", "SCOPE_WORDS", "FaultScope", "FaultSubject"]

_EID_DIGITS: Final = 32
_LONGEST_TRANSACTION: Final = 32
_OF_THE_REQUEST: Final = ("function", "order", "eid", "transaction")


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultSubject:
    """What is known of a request.

    Attributes:
        function: Name of the function, empty when the path names none.
        transaction: TransactionID in upper case, empty when there is none.
        eid: EID of the card, empty when it is not known.
        order: Number of the order, None when it is not known.
    """

    function: str = ""
    transaction: str = ""
    eid: str = ""
    order: int | None = None


NOBODY: Final = FaultSubject()
"""What is known of a connection before its first request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultScope:
    """When a fault acts; by default always.

    Attributes:
        function: The one function, such as "authenticateClient"; empty for every one.
        order: Number of the one order.
        eid: EID of the one card, 32 digits; empty for every one.
        transaction: The one TransactionID, hexadecimal; empty for every one.
        after: How often it could act before it first does.
        times: How often it acts before it goes off by itself; None for no limit.
        probability: Share of the occasions on which it acts, above 0 and at most 1.
        seed: What the occasions are drawn from; the same seed draws the same ones.
    """

    function: str = ""
    order: int | None = None
    eid: str = ""
    transaction: str = ""
    after: int = 0
    times: int | None = None
    probability: float = 1.0
    seed: str = ""

    def check(self, functions: tuple[str, ...]) -> None:
        """Refuses words with which a fault would never act.

        Args:
            functions: Names of the functions there are.

        Raises:
            LocalError: names the word, and what was expected.
        """
        for name, good, expected in (
            ("function", self.function in ("", *functions), f"one of {', '.join(functions)}"),
            ("order", self.order is None or self.order >= 1, "the number of an order, from 1"),
            ("eid", not self.eid or _digits(self.eid, _EID_DIGITS), f"{_EID_DIGITS} digits"),
            ("transaction", _is_transaction(self.transaction), "hexadecimal octets, at most 16"),
            ("after", self.after >= 0, "0 or more"),
            ("times", self.times is None or self.times >= 1, "1 or more"),
            ("probability", 0 < self.probability <= 1, "more than 0 and at most 1"),
        ):
            if not good:
                raise LocalError(f"{name} is {getattr(self, name)!r}: expected {expected}")

    @property
    def of_the_request(self) -> tuple[str, ...]:
        """Returns which words are set that only a request can answer."""
        return tuple(name for name in _OF_THE_REQUEST if getattr(self, name))

    def concerns(self, subject: Callable[[], FaultSubject]) -> bool:
        """Returns whether a request is one of those; asked only for what the words need."""
        if not self.of_the_request:
            return True
        asked = subject()
        return (
            self.function in ("", asked.function)
            and self.order in (None, asked.order)
            and self.eid in ("", asked.eid)
            and self.transaction.upper() in ("", asked.transaction)
        )

    def drawn(self, occasion: int) -> bool:
        """Returns whether it acts on an occasion, counted from 0, by `after` and probability."""
        if occasion < self.after:
            return False
        octets = sha256(f"{self.seed}|{occasion}".encode()).digest()[:8]
        return int.from_bytes(octets, "big") < self.probability * 2**64


SCOPE_WORDS: Final = tuple(one.name for one in fields(FaultScope))
"""The names of the words, in their order."""


def _digits(text: str, count: int) -> bool:
    return len(text) == count and text.isascii() and text.isdecimal()


def _is_transaction(text: str) -> bool:
    if len(text) % 2 or len(text) > _LONGEST_TRANSACTION:
        return False
    return all(one in "0123456789abcdefABCDEF" for one in text)
