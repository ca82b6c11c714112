"""The class `HostileCard`: the name of a hostile card, and what makes it of a sound one."""

from collections.abc import Callable, Mapping
from dataclasses import field

from rspcore.frozen import dataclass
from rspsim.euicc.decisions import Decisions
from rspsim.transports.vpcd import Card

__all__ = ["HostileCard", "both"]

Around = Callable[[Card], Card]
"""Returns a card that errs around another one."""


def _unchanged(decisions: Decisions) -> Decisions:
    return decisions


@dataclass(frozen=True, slots=True)
class HostileCard:
    """One hostile card: it errs on the way between a sound card and the reader.

    Attributes:
        name: Lower-case name that begins with "hostile.".
        summary: What the card does, one sentence.
        around: Returns the hostile card around a sound one.
        change: Returns the decisions of the card behind, where those of a sound one do not do.
        made: How the card behind is made, as the table [card] of a target file says it.
    """

    name: str
    summary: str
    around: Around
    change: Callable[[Decisions], Decisions] = _unchanged
    made: Mapping[str, str] = field(default_factory=dict)


def both(inner: Around, outer: Around) -> Around:
    """Returns what makes a card with two faults; the outer one meets a command first."""
    return lambda card: outer(inner(card))
