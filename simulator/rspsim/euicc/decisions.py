"""Decisions: everything a card does that a faulty card could do otherwise, by name.

A `Decision` is declared beside the code that takes it, with its standard value: a function, a
number or an ordered table of `Check`s. The code never uses the value itself, it asks the
`Decisions` the card was built with:

    NOTHING_WAITING = Decision("get_response.nothing_waiting", 0x6985, "answer when no data waits")
    ...
    return view.refuse(view.decisions[NOTHING_WAITING])

`STANDARD` swaps nothing. A fault is a function from `Decisions` to `Decisions` that swaps one entry
(`rspsim.faults.card`); the code of the card holds no `if fault`. Because a decision is an object,
not a string, a fault that names one is checked by the type checker, value included.
"""

from collections.abc import Callable, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Final, Generic, TypeVar, cast

from rspcore.frozen import dataclass

__all__ = ["STANDARD", "Check", "Checks", "Decision", "Decisions", "first_refusal"]

T = TypeVar("T")
S_contra = TypeVar("S_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Decision(Generic[T]):
    """One decision.

    Attributes:
        name: Dotted name, unique over the whole card.
        standard: What a conforming card uses.
        summary: What is decided, in a few words.
    """

    name: str
    standard: T = field(repr=False)
    summary: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Check(Generic[S_contra]):
    """One row of an ordered table of checks.

    Attributes:
        name: Name, unique in its table.
        holds: Looks at the subject, returns True when the check is passed.
        code: Error code or status word when it is not.
    """

    name: str
    holds: Callable[[S_contra], bool] = field(repr=False)
    code: int


Checks = tuple[Check[S_contra], ...]
"""An ordered table of checks; the first that does not hold decides the answer."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a card decides: the standard values, and those that were swapped.

    Attributes:
        swapped: Values by the name of their decision; everything else is standard.
    """

    swapped: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    def __getitem__(self, decision: Decision[T]) -> T:
        """Returns the value in force for a decision."""
        if not self.swapped:
            return decision.standard
        return cast("T", self.swapped.get(decision.name, decision.standard))

    def having(self, decision: Decision[T], value: T) -> "Decisions":
        """Returns decisions that differ in this one."""
        return Decisions(MappingProxyType({**self.swapped, decision.name: value}))


STANDARD: Final = Decisions()
"""The decisions of a conforming card."""


def first_refusal(checks: Checks[S_contra], subject: S_contra) -> int | None:
    """Returns the code of the first check that does not hold, or None when all do."""
    for check in checks:
        if not check.holds(subject):
            return check.code
    return None
