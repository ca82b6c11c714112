"""Which faults of the simulated card can reach a case: those in what the case made it decide.

A card that records what it decides is run through a case once. A fault that swaps a decision the
card never asked for cannot change that case; nor can one that leaves out a check, or gives it
another code, when the check held every time. Where a command did ask, that one command is carried
out again with the fault, on the values of before it: with the same answer and the same values after
it, nothing that follows can differ. What remains is small enough to run in full.

This is one of the modules that may import the simulator.
"""

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache
from typing import Any, Final, TypeVar

from rspcore.errors import RspError
from rspsim.env import Rng, Store
from rspsim.euicc.card import Euicc
from rspsim.euicc.decisions import STANDARD, Check, Decision, Decisions
from rspsim.euicc.state import CardState, Volatile
from rspsim.faults.card import FAULTS
from rspsim.faults.card.card_fault import Fault
from rspsim.stores.memory import MemoryStore

__all__ = [
    "RECORDING",
    "Act",
    "Exchange",
    "Log",
    "Reached",
    "RecordingEuicc",
    "Signal",
    "carried_out",
    "differs",
    "reaching",
    "started",
    "touches",
]

T = TypeVar("T")


@dataclass(slots=True)
class Reached:
    """Hold what a card decided.

    Attributes:
        standard: Standard value of every decision asked for, by name.
        failed: Names of the checks that did not hold, per table.
        keys: Keys asked for, per decision that is a mapping.
    """

    standard: dict[str, object] = field(default_factory=dict)
    failed: dict[str, set[str]] = field(default_factory=dict)
    keys: dict[str, set[object]] = field(default_factory=dict)


class _RecordedMapping(Mapping[Any, Any]):
    """A mapping that remembers the keys it was asked for; whoever walks it asks for all."""

    def __init__(self, inner: Mapping[Any, Any], keys: set[object]) -> None:
        self._inner = inner
        self._keys = keys

    def __getitem__(self, key: object) -> Any:
        self._keys.add(key)
        return self._inner[key]

    def __iter__(self) -> Iterator[Any]:
        self._keys.update(self._inner)
        return iter(self._inner)

    def __len__(self) -> int:
        return len(self._inner)


class _Recording(Decisions):
    """The standard decisions, with a memory."""

    __slots__ = ("reached",)

    reached: Reached

    def __getitem__(self, decision: Decision[T]) -> T:
        """Return the value in force, watched."""
        value: Any = Decisions.__getitem__(self, decision)
        self.reached.standard.setdefault(decision.name, decision.standard)
        watched: T = self._watched(decision.name, value)
        return watched

    def having(self, decision: Decision[T], value: T) -> Decisions:
        """Return decisions that differ in this one and share the memory."""
        made = _recording(self.reached)
        plain = Decisions(self.swapped).having(decision, value)
        object.__setattr__(made, "swapped", plain.swapped)
        return made

    def _watched(self, name: str, value: Any) -> Any:
        if isinstance(value, tuple) and value and all(isinstance(c, Check) for c in value):
            failed = self.reached.failed.setdefault(name, set())
            return tuple(replace(c, holds=_remembering(c, failed)) for c in value)
        if isinstance(value, Mapping):
            return _RecordedMapping(value, self.reached.keys.setdefault(name, set()))
        return value


def _remembering(check: Check[Any], failed: set[str]) -> Any:
    def holds(subject: object) -> bool:
        held = check.holds(subject)
        if not held:
            failed.add(check.name)
        return held

    return holds


def _recording(reached: Reached) -> _Recording:
    made = _Recording()
    object.__setattr__(made, "reached", reached)
    return made


RECORDING: Final = _recording(Reached())
"""The decisions of the one card that records, in this process."""


class Signal(Enum):
    """Name what happens to a card beside commands."""

    RESET = "reset"
    POWER_OFF = "power off"


Act = bytes | Signal
"""A command APDU, or what happens to the contacts."""


def carried_out(card: Euicc, act: Act) -> bytes:
    """Have a card do something, as `Euicc` itself does it, and return its answer."""
    if act is Signal.RESET:
        return Euicc.reset(card)
    if act is Signal.POWER_OFF:
        Euicc.power_off(card)
        return b""
    return Euicc.transmit(card, act)


@dataclass(frozen=True, slots=True)
class Exchange:
    """Hold one act of the recording card: what it met, decided and led to.

    Attributes:
        act: What the card was told to do.
        before: State and volatile values it met.
        rng: Source of random octets as it met it.
        answer: What was answered.
        after: State and volatile values it led to.
        rng_after: Source of random octets as it left it.
        reached: What was decided.
    """

    act: Act
    before: tuple[CardState, Volatile]
    rng: Rng
    answer: bytes
    after: tuple[CardState, Volatile]
    rng_after: Rng
    reached: Reached


Log = list[Exchange]

_CURRENT: Final[list[Log]] = [[]]
"""The record of the case that runs in this process."""


def started() -> Log:
    """Begin a new record and return it."""
    _CURRENT[0] = []
    return _CURRENT[0]


class RecordingEuicc(Euicc):
    """A sound card that keeps every exchange."""

    def __init__(self, state: CardState, store: Store, rng: Rng) -> None:
        super().__init__(state, store, rng, RECORDING)

    def transmit(self, command: bytes) -> bytes:
        """Carry out a command and keep what came of it."""
        if not self._powered:
            self.reset()
        return self._kept(command)

    def reset(self) -> bytes:
        """Start anew and keep what came of it."""
        return self._kept(Signal.RESET)

    def power_off(self) -> None:
        """Lose power and keep what came of it."""
        self._kept(Signal.POWER_OFF)

    def _kept(self, act: Act) -> bytes:
        reached = Reached()
        object.__setattr__(RECORDING, "reached", reached)
        before, rng = (self._state, self._volatile), copy(self._rng)
        answer = carried_out(self, act)
        after, rng_after = (self._state, self._volatile), copy(self._rng)
        _CURRENT[0].append(Exchange(act, before, rng, answer, after, rng_after, reached))
        return answer


def reaching(log: Log) -> dict[str, int]:
    """Return the faults that can change what was recorded, each with the first place it changes."""
    touched: dict[Fault, list[int]] = {}
    for place, one in enumerate(log):
        for fault in _swapping(frozenset(one.reached.standard)):
            touched.setdefault(fault, []).append(place)
    found = {fault.name: _first_change(fault, log, places) for fault, places in touched.items()}
    return {name: place for name, place in found.items() if place is not None}


def _first_change(fault: Fault, log: Log, places: list[int]) -> int | None:
    for place in places:
        if touches(fault, log[place].reached) and differs(fault, log[place]):
            return place
    return None


@cache
def _swapping(names: frozenset[str]) -> tuple[Fault, ...]:
    """Return the faults that swap one of these decisions."""
    return tuple(fault for fault in FAULTS if not names.isdisjoint(_swapped(fault)))


def touches(fault: Fault, reached: Reached) -> bool:
    """Tell whether a fault swaps something that was decided."""
    return any(_touches(name, value, reached) for name, value in _swapped(fault).items())


def differs(fault: Fault, one: Exchange) -> bool:
    """Have a card with the fault do the same from the same values, and compare."""
    card = _Midway(one, Decisions(_swapped(fault)))
    try:
        answer = carried_out(card, one.act)
    except (ArithmeticError, LookupError, TypeError, ValueError, RspError):
        return True  # a faulty card may well stumble; the case is run in full to see
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
        """Return everything the next act depends on."""
        return self._state, self._volatile, self._rng


@cache
def _swapped(fault: Fault) -> Mapping[str, object]:
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
    """Tell whether another table of checks can decide otherwise than the standard one did."""
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
