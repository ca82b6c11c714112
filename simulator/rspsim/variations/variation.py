"""The class `Variation`: one thing that a conforming card may do otherwise, and why it may.

A variation is no fault. It swaps a decision, sets an option or names a personality, and the card
conforms as much as the usual one. So no case may be red on it.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from rspcore.apdu import ResponseApdu
from rspcore.frozen import dataclass, replace
from rspcore.messages.codec import Structure
from rspsim.euicc.decisions import STANDARD, Check, Checks, Decision, Decisions
from rspsim.euicc.isdr import dispatch
from rspsim.euicc.isdr.es10_function import AnyFunction
from rspsim.euicc.outcome import Outcome, View

__all__ = [
    "Change",
    "Variation",
    "answering",
    "behind",
    "moved_last",
    "recoded",
    "swap",
    "together",
    "unchanged",
]

T = TypeVar("T")
S = TypeVar("S")

Change = Callable[[Decisions], Decisions]
"""Takes the decisions of a card, returns those of a card that does it otherwise."""


def unchanged(decisions: Decisions) -> Decisions:
    """Returns the decisions as they are: for a variation that is an option or a personality."""
    return decisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """One legal variation of a card.

    Attributes:
        name: Dotted lower-case name: kind, what is otherwise.
        summary: What such a card does, one sentence.
        legal_by: The clause that leaves it open, or the cards that were recorded doing it.
        octets: The octets that differ, in words.
        change: What its decisions are.
        options: Options of the card, "name=value" each.
        personality: Name of a personality; empty for that of the run.
        claims: What a new card with it has to say of itself (`rspsim.card_claims`).
        declared: Declared options of the catalogue that go with it.
        values: Declared values that go with it, as a target file has them.
    """

    name: str
    summary: str
    legal_by: str
    octets: str
    change: Change = unchanged
    options: tuple[str, ...] = ()
    personality: str = ""
    claims: tuple[tuple[str, str], ...] = ()
    declared: tuple[tuple[str, bool], ...] = ()
    values: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> str:
        """Returns the first word of the name."""
        return self.name.partition(".")[0]

    @property
    def swaps(self) -> frozenset[str]:
        """Returns what it changes: decisions, options, and the entries of tables, by name."""
        changed = {text.partition("=")[0] for text in self.options}
        for name, value in self.change(STANDARD).swapped.items():
            changed.update(_entries(name, value) or {name})
        return frozenset(changed)

    def goes_with(self, other: "Variation") -> bool:
        """Returns whether one card can have both, which change different things of it."""
        same = (self.personality, self.claims) == (other.personality, other.claims)
        return same and not self.swaps & other.swaps


def _entries(name: str, value: object) -> set[str]:
    """Returns the entries of a table that are not the standard ones; none for what is no table."""
    if name == dispatch.FUNCTIONS.name and isinstance(value, Mapping):
        standard = dispatch.FUNCTIONS.standard
        return {f"{name} {tag:X}" for tag, one in value.items() if one is not standard.get(tag)}
    return set()


def swap(decision: Decision[T], value: T) -> Change:
    """Returns a change that takes another value for a decision."""
    return lambda decisions: decisions.having(decision, value)


def together(*changes: Change) -> Change:
    """Returns a change that makes several changes in order."""

    def change(decisions: Decisions) -> Decisions:
        for one in changes:
            decisions = one(decisions)
        return decisions

    return change


def recoded(table: Decision[Checks[S]], name: str, code: int) -> Change:
    """Returns a change that answers a check that does not hold with another code."""

    def change(decisions: Decisions) -> Decisions:
        checks = tuple(
            Check(one.name, one.holds, code) if one.name == name else one
            for one in decisions[table]
        )
        return decisions.having(table, checks)

    return change


def moved_last(table: Decision[Checks[S]], name: str) -> Change:
    """Returns a change that makes a check after all others."""

    def change(decisions: Decisions) -> Decisions:
        checks = decisions[table]
        first = tuple(one for one in checks if one.name != name)
        last = tuple(one for one in checks if one.name == name)
        return decisions.having(table, (*first, *last))

    return change


def behind(function: AnyFunction, change: Callable[[Outcome, View], Outcome]) -> Change:
    """Returns a change of what a function answers and leaves; `change` runs after it."""

    def apply(decisions: Decisions) -> Decisions:
        table = decisions[dispatch.FUNCTIONS]
        plain = table[function.tag]

        def handle(request: Structure, view: View) -> Outcome:
            return change(plain.handle(request, view), view)

        changed = {**table, function.tag: replace(plain, handle=handle)}
        return decisions.having(dispatch.FUNCTIONS, changed)

    return apply


def answering(outcome: Outcome, data: bytes) -> Outcome:
    """Returns an outcome with other data and the same status word."""
    return replace(outcome, response=ResponseApdu(data, outcome.response.sw))
