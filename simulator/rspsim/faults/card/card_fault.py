"""The class `CardFault`, and functions that build the change of a fault.

A fault is a name, a sentence, the requirements a card with it must fail, and a function from
`Decisions` to `Decisions`. The builders here make that function:

    skip(CHECKS, "server_signature1")           leaves a check out
    answers(CHECKS, "profile_found", 127)       answers a failed check with another code
    flattened(CHECKS, 127)                      answers every failed check with one code
    moved_last(CHECKS, "server_signature1")     makes a check after all others
    decides(CHECKS, "policy", holds)            makes a check with another condition
    adds(CHECKS, Check("operational", ...))     adds a check that no rule asks for, after all others
    begins_with(CHECKS, Check("two", ...))      makes one more check, before all others
    swap(NEXT_NUMBER, lambda number: number)    takes another value or function
    allows(event, after, *states)               allows an event where the RSP session forbids it
    leads(event, {before: after})               leads an event of the session to another state
    behind(FUNCTION, change)                    changes the answer and the new state of a function
    on(FUNCTION, change)                        does so, and looks at the request
    together(change, change)                    makes several changes as one

A builder that is given the name of a check verifies at once that the check exists: a wrong name
fails the import, not a later run of the card.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from rspcore.apdu import ResponseApdu
from rspcore.crypto.curves import Curve
from rspcore.errors import LocalError
from rspcore.frozen import dataclass, replace
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
    "begins_with",
    "behind",
    "decides",
    "flattened",
    "leads",
    "moved_last",
    "on",
    "skip",
    "swap",
    "together",
]

T = TypeVar("T")

Change = Callable[[Decisions], Decisions]
Table = Decision[Checks[Any]]
"""A decision that is an ordered table of checks of any type."""


@dataclass(frozen=True, slots=True)
class CardFault:
    """One card fault: its name, what it changes, and the requirements it breaks.

    Attributes:
        name: Dotted lower-case name: area, function, what is wrong.
        summary: What a card with it does, one sentence.
        breaks: Ids of the catalogue of requirements that such a card must fail, at least one.
        apply: Takes decisions and returns those of a card with the fault.
        curve: Curve on which it shows, None for both; of a case on both curves the other passes.
    """

    name: str
    summary: str
    breaks: tuple[str, ...]
    apply: Change
    curve: Curve | None = None


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
    """Returns a change that leaves checks out.

    Raises:
        LocalError: the table has no such check.
    """
    for name in names:
        _named(table, name)
    return _mapped(table, lambda checks: tuple(c for c in checks if c.name not in names))


def answers(table: Table, name: str, code: int) -> Change:
    """Returns a change that answers a check that does not hold with another code.

    Raises:
        LocalError: the table has no such check.
    """
    _named(table, name)
    return _mapped(
        table,
        lambda checks: tuple(replace(c, code=code) if c.name == name else c for c in checks),
    )


def flattened(table: Table, code: int) -> Change:
    """Returns a change that answers every check that does not hold with one code."""
    return _mapped(table, lambda checks: tuple(replace(c, code=code) for c in checks))


def moved_last(table: Table, name: str) -> Change:
    """Returns a change that makes a check after all others.

    Raises:
        LocalError: the table has no such check.
    """
    _named(table, name)
    return _mapped(table, lambda checks: tuple(sorted(checks, key=lambda c: c.name == name)))


def decides(table: Table, name: str, holds: Callable[[Any], bool]) -> Change:
    """Returns a change that makes a check with another condition.

    Raises:
        LocalError: the table has no such check.
    """
    _named(table, name)
    return _mapped(
        table,
        lambda checks: tuple(replace(c, holds=holds) if c.name == name else c for c in checks),
    )


def begins_with(table: Table, check: Check[Any]) -> Change:
    """Returns a change that makes one more check before all others."""
    return _mapped(table, lambda checks: (check, *checks))


def adds(table: Table, check: Check[Any]) -> Change:
    """Returns a change that adds a check after all others."""
    return _mapped(table, lambda checks: (*checks, check))


def swap(decision: Decision[T], value: T) -> Change:
    """Returns a change that takes another value for a decision."""
    return lambda decisions: decisions.having(decision, value)


def allows(event: SessionEvent, after: SessionState, *states: SessionState) -> Change:
    """Returns a change that allows an event in states of the RSP session that forbid it.

    A fault of the order of commands is made with this function, not by leaving out the check
    session_open: the table decides both whether an event can happen and where it leads.

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
    """Returns a change that leads an event of the RSP session to another state.

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
    """Returns a change of the answer of a function and of the state it leaves.

    Args:
        function: The function; `change` runs after it.
        change: Takes its outcome and the view of the request, returns the changed outcome.
    """

    def apply(decisions: Decisions) -> Decisions:
        table = decisions[dispatch.FUNCTIONS]
        plain = table[function.tag]

        def handle(request: Structure, view: View) -> Outcome:
            return change(plain.handle(request, view), view)

        changed = {**table, function.tag: replace(plain, handle=handle)}
        return decisions.having(dispatch.FUNCTIONS, changed)

    return apply


def on(function: AnyFunction, change: Callable[[Any, View, Outcome], Outcome]) -> Change:
    """Returns a change of the outcome of a function that looks at its request."""

    def apply(decisions: Decisions) -> Decisions:
        table = decisions[dispatch.FUNCTIONS]
        plain = table[function.tag]

        def handle(request: Structure, view: View) -> Outcome:
            return change(request, view, plain.handle(request, view))

        changed = {**table, function.tag: replace(plain, handle=handle)}
        return decisions.having(dispatch.FUNCTIONS, changed)

    return apply


def answering_data(outcome: Outcome, data: bytes) -> Outcome:
    """Returns an outcome with other data and the same status word."""
    return replace(outcome, response=ResponseApdu(data, outcome.response.sw))


def together(*changes: Change) -> Change:
    """Returns a change that makes several changes in order."""

    def change(decisions: Decisions) -> Decisions:
        for one in changes:
            decisions = one(decisions)
        return decisions

    return change
