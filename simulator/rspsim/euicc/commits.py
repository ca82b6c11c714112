"""What a command writes: one new state, wholly or not at all."""

from collections.abc import Callable
from typing import Final

from rspsim.euicc.decisions import Decision
from rspsim.euicc.state import CardState

__all__ = ["COMMITTED"]


def _at_once(_before: CardState, after: CardState) -> tuple[CardState, ...]:
    return (after,)


COMMITTED: Final[Decision[Callable[[CardState, CardState], tuple[CardState, ...]]]] = Decision(
    "card.committed", _at_once, "states that a command writes, one after the other"
)
