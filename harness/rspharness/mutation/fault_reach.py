"""Which card faults can change a case: those that change something the card decides in it.

A case runs once on a card that records what it decides. A fault that swaps a decision the card
never used cannot change that case; neither can one that leaves out a check, or gives it another
code, when the check held every time. Where a command did use the decision, that one command is
carried out again with the fault, from the values before it: if the answer and the values after it
are the same, nothing that follows can differ. With each fault that remains the case runs in full.
"""

from collections.abc import Mapping
from copy import copy
from functools import cache
from typing import Any

from rspcore.errors import RspError
from rspharness.simulated.recording_card import Exchange, Log, Reached, carried_out
from rspsim.env import Rng
from rspsim.euicc.card import Euicc
from rspsim.euicc.decisions import STANDARD, Decisions
from rspsim.euicc.state import CardState, Volatile
from rspsim.faults.card.card_fault import CardFault
from rspsim.faults.registry import card_faults
from rspsim.stores.memory import MemoryStore

__all__ = ["differs", "reaching", "touches"]


def reaching(log: Log) -> dict[str, int]:
    """Returns the faults that can change what was recorded, with the first place they change."""
    touched: dict[CardFault, list[int]] = {}
    for place, one in enumerate(log):
        for fault in _swapping(frozenset(one.reached.standard)):
            touched.setdefault(fault, []).append(place)
    found = {fault.name: _first_change(fault, log, places) for fault, places in touched.items()}
    return {name: place for name, place in found.items() if place is not None}


def _first_change(fault: CardFault, log: Log, places: list[int]) -> int | None:
    for place in places:
        if touches(fault, log[place].reached) and differs(fault, log[place]):
            return place
    return None


@cache
def _swapping(names: frozenset[str]) -> tuple[CardFault, ...]:
    """Returns the faults that swap one of these decisions."""
    return tuple(fault for fault in card_faults() if not names.isdisjoint(_swapped(fault)))


def touches(fault: CardFault, reached: Reached) -> bool:
    """Returns whether a fault swaps something that was decided."""
    return any(_touches(name, value, reached) for name, value in _swapped(fault).items())


def differs(fault: CardFault, one: Exchange) -> bool:
    """Returns whether a card with the fault ends an act otherwise, from the same values."""
    card = _Midway(one, Decisions(_swapped(fault)))
    try:
        answer = carried_out(card, one.act)
    except (ArithmeticError, LookupError, TypeError, ValueError, RspError):
        return True  # a faulty card may fail here; the case is run in full
    if card.wrote and card.wrote != one.wrote:
        return True  # a loss of power may come between them
    return (answer, *card.values) != (one.answer, *one.after, one.rng_after)


class _Midway(Euicc):
    """A card as it was before an act."""

    def __init__(self, one: Exchange, decisions: Decisions) -> None:
        state, volatile = one.before
        super().__init__(state, MemoryStore(state), copy(one.rng), decisions)
        self._volatile = volatile
        self._powered = True

    @property
    def values(self) -> tuple[CardState, Volatile, Rng]:
        """Returns everything the next act depends on."""
        return self._state, self._volatile, self._rng


@cache
def _swapped(fault: CardFault) -> Mapping[str, object]:
    return fault.apply(STANDARD).swapped


def _touches(name: str, value: object, reached: Reached) -> bool:
    if name not in reached.standard:
        return False
    standard = reached.standard[name]
    if name in reached.failed and isinstance(value, tuple) and isinstance(standard, tuple):
        return bool(_changed_checks(standard, value, reached.failed[name]))
    if name in reached.keys and isinstance(value, Mapping) and isinstance(standard, Mapping):
        changed = {k for k in {*standard, *value} if standard.get(k) is not value.get(k)}
        return bool(changed & reached.keys[name])
    return True


def _changed_checks(standard: tuple[Any, ...], value: tuple[Any, ...], failed: set[str]) -> bool:
    """Returns whether another table of checks can decide otherwise than the standard one did."""
    before = {check.name: check for check in standard}
    after = {check.name: check for check in value}
    if after.keys() - before.keys():
        return True
    if any(after[name].holds is not before[name].holds for name in after):
        return True
    kept = [name for name in before if name in after]
    moved = kept != [name for name in after if name in before]
    recoded = {name for name in kept if after[name].code != before[name].code}
    gone = before.keys() - after.keys()
    return (moved and bool(failed)) or bool((recoded | gone) & failed)
