"""A sound simulated card that records what it decides: which table, which check, which result."""

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import field
from enum import Enum
from typing import Any, TypeVar

from rspcore.frozen import dataclass, replace
from rspsim.env import Rng
from rspsim.euicc.card import Euicc
from rspsim.euicc.decisions import Check, Decision, Decisions
from rspsim.euicc.state import CardState, Volatile
from rspsim.euicc.store import Store

__all__ = [
    "Act",
    "Exchange",
    "Log",
    "Reached",
    "Recorder",
    "RecordingDecisions",
    "RecordingEuicc",
    "Signal",
    "carried_out",
]

T = TypeVar("T")


@dataclass(slots=True)
class Reached:
    """What a card decided.

    Attributes:
        standard: Standard value of every decision asked for, by name.
        failed: Names of the checks that did not hold, per table.
        keys: Keys asked for, per decision that is a mapping.
    """

    standard: dict[str, object] = field(default_factory=dict)
    failed: dict[str, set[str]] = field(default_factory=dict)
    keys: dict[str, set[object]] = field(default_factory=dict)


class _RecordedMapping(Mapping[Any, Any]):
    """A mapping that records the keys it was asked for; an iteration asks for all."""

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


@dataclass(slots=True)
class _Memory:
    """The record of what was asked for, shared by all decisions derived from the first."""

    reached: Reached = field(default_factory=Reached)


@dataclass(frozen=True, slots=True)
class RecordingDecisions(Decisions):
    """The standard decisions, with a memory.

    Attributes:
        memory: Records what is asked for.
    """

    memory: _Memory = field(default_factory=_Memory)

    def __getitem__(self, decision: Decision[T]) -> T:
        """Returns the value in force, and records that it was asked for."""
        value: Any = Decisions.__getitem__(self, decision)
        self.memory.reached.standard.setdefault(decision.name, decision.standard)
        watched: T = self._watched(decision.name, value)
        return watched

    def having(self, decision: Decision[T], value: T) -> Decisions:
        """Returns decisions that differ in this one and share the memory."""
        plain = Decisions(self.swapped).having(decision, value)
        return RecordingDecisions(plain.swapped, self.memory)

    def _watched(self, name: str, value: Any) -> Any:
        reached = self.memory.reached
        if isinstance(value, tuple) and value and all(isinstance(c, Check) for c in value):
            failed = reached.failed.setdefault(name, set())
            return tuple(replace(c, holds=_remembering(c, failed)) for c in value)
        if isinstance(value, Mapping):
            return _RecordedMapping(value, reached.keys.setdefault(name, set()))
        return value


def _remembering(check: Check[Any], failed: set[str]) -> Any:
    def holds(subject: object) -> bool:
        held = check.holds(subject)
        if not held:
            failed.add(check.name)
        return held

    return holds


class Signal(Enum):
    """An event at the contacts of a card that is not a command."""

    RESET = "reset"
    POWER_OFF = "power off"


Act = bytes | Signal
"""A command APDU or a signal."""


def carried_out(card: Euicc, act: Act) -> bytes:
    """Carries out an act as `Euicc` itself does, and returns the answer of the card."""
    if act is Signal.RESET:
        return Euicc.reset(card)
    if act is Signal.POWER_OFF:
        Euicc.power_off(card)
        return b""
    return Euicc.transmit(card, act)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One act of the recording card: the values before and after it, and what was decided.

    Attributes:
        act: The command or signal.
        before: State and volatile values before it.
        rng: Source of random octets before it.
        answer: What was answered.
        after: State and volatile values after it.
        rng_after: Source of random octets after it.
        wrote: States that the last act that changed something kept, one after the other.
        reached: What was decided.
    """

    act: Act
    before: tuple[CardState, Volatile]
    rng: Rng
    answer: bytes
    after: tuple[CardState, Volatile]
    rng_after: Rng
    wrote: tuple[CardState, ...]
    reached: Reached


Log = list[Exchange]


class Recorder:
    """Makes sound cards that record what they do, one log for each case.

    Attributes:
        decisions: The decisions of its cards.
        log: The record of the case that runs.
    """

    def __init__(self) -> None:
        self.decisions = RecordingDecisions()
        self.log: Log = []

    def __call__(self, state: CardState, store: Store, rng: Rng) -> Euicc:
        """Returns a new card that records."""
        return RecordingEuicc(state, store, rng, self)

    def started(self) -> Log:
        """Begins a new record and returns it."""
        self.log = []
        return self.log

    def asked(self) -> Reached:
        """Begins a new record of what the cards decide, and returns it."""
        self.decisions.memory.reached = Reached()
        return self.decisions.memory.reached


class RecordingEuicc(Euicc):
    """A sound card that writes every exchange into the log of its recorder."""

    def __init__(self, state: CardState, store: Store, rng: Rng, recorder: Recorder) -> None:
        super().__init__(state, store, rng, recorder.decisions)
        self._recorder = recorder

    def transmit(self, command: bytes) -> bytes:
        """Carries out a command and records it."""
        if not self._powered:
            self.reset()
        return self._recorded(command)

    def reset(self) -> bytes:
        """Resets the card and records it."""
        return self._recorded(Signal.RESET)

    def power_off(self) -> None:
        """Switches the power off and records it."""
        self._recorded(Signal.POWER_OFF)

    def _recorded(self, act: Act) -> bytes:
        reached = self._recorder.asked()
        before, rng = (self._state, self._volatile), copy(self._rng)
        answer = carried_out(self, act)
        after, rng_after = (self._state, self._volatile), copy(self._rng)
        self._recorder.log.append(
            Exchange(act, before, rng, answer, after, rng_after, self._wrote, reached)
        )
        return answer
