"""Randomness and clock of a simulated role, with deterministic versions.

A core draws every random octet from an `Rng` and asks a `Clock` for the time; apart from its store
(`rspsim.euicc.store`) it depends on nothing outside. With `SeededRng` and `ManualClock` a whole
session is the same octet for octet each time it runs. The versions that ask the operating system
are in `rspsim.system`.
"""

from dataclasses import field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Protocol

from rspcore.errors import LocalError
from rspcore.frozen import dataclass

__all__ = ["AdjustableClock", "Clock", "ManualClock", "Rng", "SeededRng"]


class Rng(Protocol):
    """A source of random octets."""

    def octets(self, count: int) -> bytes:
        """Returns count random octets."""


class Clock(Protocol):
    """A clock."""

    def now(self) -> datetime:
        """Returns the present moment, with a time zone."""


@dataclass(slots=True)
class SeededRng:
    """A source of octets that depend on a seed alone: SHA-256 over seed and block counter."""

    seed: bytes
    _block: int = field(default=0, init=False)
    _left: bytes = field(default=b"", init=False, repr=False)

    def octets(self, count: int) -> bytes:
        """Returns the next count octets of the sequence."""
        while len(self._left) < count:
            self._left += sha256(self.seed + self._block.to_bytes(8, "big")).digest()
            self._block += 1
        taken, self._left = self._left[:count], self._left[count:]
        return taken


@dataclass(slots=True)
class ManualClock:
    """A clock that moves only when `advance` is called."""

    moment: datetime = datetime(2025, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        """Returns the time that was set."""
        return self.moment

    def advance(self, step: timedelta) -> None:
        """Moves the time forward.

        Raises:
            LocalError: step is negative. The clock did not move.
        """
        if step < timedelta(0):
            raise LocalError(f"clock step {step}: expected zero or more")
        self.moment += step


class AdjustableClock:
    """Another clock, moved forward or held at a moment; what `advance` added stays added."""

    def __init__(self, base: Clock) -> None:
        """Takes the clock to go by."""
        self._base = base
        self._ahead = timedelta(0)
        self._held: datetime | None = None

    def now(self) -> datetime:
        """Returns the moment it is held at, or that of the other clock and what was added."""
        return self._held if self._held is not None else self._base.now() + self._ahead

    def advance(self, step: timedelta) -> None:
        """Moves the time forward, held or not.

        Raises:
            LocalError: step is negative. The clock did not move.
        """
        if step < timedelta(0):
            raise LocalError(f"clock step {step}: expected zero or more")
        self._ahead += step
        if self._held is not None:
            self._held += step

    @property
    def setting(self) -> tuple[timedelta, datetime | None]:
        """Returns what was added to the other clock, and the moment it is held at."""
        return self._ahead, self._held

    def set(self, ahead: timedelta, held: datetime | None) -> None:
        """Sets both."""
        self._ahead, self._held = ahead, held

    @property
    def frozen(self) -> bool:
        """Returns whether it is held."""
        return self._held is not None

    def freeze(self) -> None:
        """Holds the time at the present moment; `advance` still moves it."""
        self._held = self.now()

    def go_on(self) -> None:
        """Lets the time go on from where it is held."""
        if self._held is not None:
            self._ahead, self._held = self._held - self._base.now(), None
