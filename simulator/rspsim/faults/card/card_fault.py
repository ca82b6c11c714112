"""What a fault is, and the few ways to make one.

A fault is a name, a sentence, the requirements a card with it must fail, and a function from
`Decisions` to `Decisions`. The builders here make that function:

    skip(CHECKS, "server_signature1")           leave a check out
    answers(CHECKS, "profile_found", 127)       answer it with another code
    flattened(CHECKS, 127)                      answer all of them with one code
    moved_last(CHECKS, "server_signature1")     look at it only after the others
    decides(CHECKS, "policy", holds)            look at something else in its place
    adds(CHECKS, Check("operational", ...))     look at something nobody asked for, last of all
    swap(NEXT_NUMBER, lambda number: number)    take another value or function
    allows(event, after, *states)               let the RSP session do what it must not
    leads(event, {before: after})               let an event of it lead elsewhere
    behind(FUNCTION, change)                    change what a function answers and leaves behind
    together(change, change)                    several of these as one

Each looks when it is called whether what it names exists, so a fault that names nothing fails the
import and not silently the card.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from rspcore.apdu import ResponseApdu
from rspcore.errors import LocalError
from rspcore.messages.codec import Structure
from rspsim.euicc.decisions import Check, Checks, Decision, Decisions
from rspsim.euicc.isdr import dispatch
from rspsim.euicc.isdr.es10_function import AnyFunction
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.session import SESSION_TABLE, SessionEvent, SessionState

__all__ = [
    "CardFault",
    "Change",
    "adds",
    "allows",
    "answering_data",
    "answers",
    "behind",
    "decides",
    "flattened",
    "leads",
    "moved_last",
    "skip",
    "swap",
    "together",
]

T = TypeVar("T")

Change = Callable[[Decisions], Decisions]
Table = Decision[Checks[Any]]
"""A decision that is an ordered table of checks, whatever they look at."""


@dataclass(frozen=True, slots=True)
class CardFault:
    """Hold one deviation of a card.

    Attributes:
        name: Dotted lower-case name: area, function, what is wrong.
        summary: What a card with it does, one sentence.
        breaks: Ids of the catalogue of requirements that such a card must fail, at least one.
        apply: Gives the decisions of such a card.
    """

    name: str
    summary: str
    breaks: tuple[str, ...]
    apply: Change


def _named(table: Table, name: str) -> Check[Any]:
    for check in table.standard:
        if check.name == name:
            return check
    raise LocalError(
        f"{table.name}: no check {name!r}; there are {', '.join(c.name for c in table.standard)}"
    )


def _mapped(table: Table, change: Callable[[Checks[Any]], Checks[Any]]) -> Change:
    return lambda decisions: decisions.having(table, change(decisions[table]))


def skip(table: Table, *names: str) -> Change:
    """Leave checks out.

    Raises:
        LocalError: the table has no such check.
    """
    for name in names:
        _named(table, name)
    return _mapped(table, lambda checks: tuple(c for c in checks if c.name not in names))


def answers(table: Table, name: str, code: int) -> Change:
    """Answer a check that does not hold with another code.

    Raises:
        LocalError: the table has no such check.
    """
    _named(table, name)
    return _mapped(
        table,
        lambda checks: tuple(replace(c, code=code) if c.name == name else c for c in checks),
    )


def flattened(table: Table, code: int) -> Change:
    """Answer every check that does not hold with one code."""
    return _mapped(table, lambda checks: tuple(replace(c, code=code) for c in checks))


def moved_last(table: Table, name: str) -> Change:
    """Look at a check only after all others.

    Raises:
        LocalError: the table has no such check.
    """
    _named(table, name)
    return _mapped(table, lambda checks: tuple(sorted(checks, key=lambda c: c.name == name)))


def decides(table: Table, name: str, holds: Callable[[Any], bool]) -> Change:
    """Let a check look at something else.

    Raises:
        LocalError: the table has no such check.
    """
    _named(table, name)
    return _mapped(
        table,
        lambda checks: tuple(replace(c, holds=holds) if c.name == name else c for c in checks),
    )


def adds(table: Table, check: Check[Any]) -> Change:
    """Look at one thing more, after all others."""
    return _mapped(table, lambda checks: (*checks, check))


def swap(decision: Decision[T], value: T) -> Change:
    """Take another value for a decision."""
    return lambda decisions: decisions.having(decision, value)


def allows(event: SessionEvent, after: SessionState, *states: SessionState) -> Change:
    """Let an event happen to the RSP session where it must not.

    This, and not leaving out a check named session_open, is how a card forgets the order of
    commands: the table decides both whether an event can happen and where it leads.

    Args:
        event: The event.
        after: State it leads to.
        states: States in which it can happen as well; without any, in every state.
    """

    def change(decisions: Decisions) -> Decisions:
        current = decisions[SESSION_TABLE]
        table = dict(current)
        for state in states or SessionState:
            table[state] = {event: after, **table[state]}
        return decisions.having(SESSION_TABLE, table)

    return change


def leads(event: SessionEvent, steps: Mapping[SessionState, SessionState]) -> Change:
    """Let an event of the RSP session lead to another state.

    Args:
        event: The event.
        steps: State before to state after.
    """

    def change(decisions: Decisions) -> Decisions:
        current = decisions[SESSION_TABLE]
        table = dict(current)
        for before, after in steps.items():
            table[before] = {**table[before], event: after}
        return decisions.having(SESSION_TABLE, table)

    return change


def behind(function: AnyFunction, change: Callable[[Outcome, View], Outcome]) -> Change:
    """Change what a function answers and leaves behind.

    Args:
        function: The function; it has done its work.
        change: Takes its outcome and the view the request met, returns the outcome in its place.
    """

    def apply(decisions: Decisions) -> Decisions:
        table = decisions[dispatch.FUNCTIONS]
        plain = table[function.tag]

        def handle(request: Structure, view: View) -> Outcome:
            return change(plain.handle(request, view), view)

        changed = {**table, function.tag: replace(plain, handle=handle)}
        return decisions.having(dispatch.FUNCTIONS, changed)

    return apply


def answering_data(outcome: Outcome, data: bytes) -> Outcome:
    """Return an outcome that answers other data with the same status word."""
    return replace(outcome, response=ResponseApdu(data, outcome.response.sw))


def together(*changes: Change) -> Change:
    """Make several changes as one."""

    def change(decisions: Decisions) -> Decisions:
        for one in changes:
            decisions = one(decisions)
        return decisions

    return change
