"""A sound simulated card that records what it decides: which table, which check, with what result.

This is one of the modules that may import the simulator.
"""

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final, TypeVar

from rspsim.env import Rng
from rspsim.euicc.card import Euicc
from rspsim.euicc.decisions import Check, Decision, Decisions
from rspsim.euicc.state import CardState, Volatile
from rspsim.euicc.store import Store

__all__ = [
    "RECORDING",
    "Act",
    "Exchange",
    "Log",
    "Reached",
    "RecordingEuicc",
    "Signal",
    "carried_out",
    "started",
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
