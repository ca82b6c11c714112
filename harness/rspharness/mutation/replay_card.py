"""A faulty card that takes from a record of the sound one what it would do the same.

The mutation matrix runs a case on many faulty cards, and all but a few of their answers are those
of the sound card. `reach` has recorded these, with the values before and after. While the faulty
card stands where the sound one stood and is told the same, an act in which its fault decides
nothing is taken from the record; any other is carried out. After the first difference it goes its
own way, and comes back when the values are the same again.

This is one of the modules that may import the simulator.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Final

from rspharness.mutation.fault_reach import touches
from rspharness.simulated.recording_card import Act, Exchange, Log, Signal, carried_out
from rspsim.euicc.card import Euicc
from rspsim.euicc.state import Volatile
from rspsim.faults.card.card_fault import CardFault

__all__ = ["ReplayingEuicc", "Script", "following"]


@dataclass(slots=True)
class Script:
    """Hold what a faulty card may take over.

    Attributes:
        log: What the sound card did in the case.
        fault: The fault of the card.
        first: Place of the first act that the fault changes; all before it are taken over.
        place: Place of the next act.
    """

    log: Log
    fault: CardFault
    first: int
    place: int = 0

    def same(self, one: Exchange, volatile: Volatile) -> bool:
        """Tell whether the fault leaves the act at this place as it was, met with these values."""
        alike = volatile is one.before[1] or volatile == one.before[1]
        return (alike and self.place < self.first) or not touches(self.fault, one.reached)


_SCRIPT: Final[list[Script]] = []
"""The script in force, if there is one."""


@contextmanager
def following(script: Script) -> Iterator[None]:
    """Let the cards made inside follow a script."""
    _SCRIPT.append(script)
    try:
        yield
    finally:
        _SCRIPT.pop()


class ReplayingEuicc(Euicc):
    """A card that follows the script in force as far as it goes."""

    def transmit(self, command: bytes) -> bytes:
        """Carry out a command, or take over what came of it."""
        if not self._powered:
            self.reset()
        return self._done(command)

    def reset(self) -> bytes:
        """Start anew, or take over what came of it."""
        return self._done(Signal.RESET)

    def power_off(self) -> None:
        """Lose power, or take over what came of it."""
        self._done(Signal.POWER_OFF)

    def _done(self, act: Act) -> bytes:
        script = _SCRIPT[-1] if _SCRIPT else None
        one = None if script is None else self._recorded(script, act)
        if script is None or one is None:
            return carried_out(self, act)
        same = script.same(one, self._volatile)
        script.place += 1
        if same:
            self._stand(one)
            self._powered = act is not Signal.POWER_OFF
            return one.answer
        if act is Signal.RESET:
            self._rng = copy(one.rng)
        answer = carried_out(self, act)
        if (self._state, self._volatile, self._rng) == (*one.after, one.rng_after):
            self._stand(one)
        return answer

    def _stand(self, one: Exchange) -> None:
        """Stand where the sound card stood after an act."""
        self._state, self._volatile = one.after
        self._rng = copy(one.rng_after)

    def _recorded(self, script: Script, act: Act) -> Exchange | None:
        """Return the record of this act from where the card stands, or None."""
        if script.place >= len(script.log):
            return None
        one = script.log[script.place]
        if one.act != act:
            return None
        state, volatile = one.before
        if act is Signal.RESET:  # begins with the lasting state alone
            return one if self._state == state else None
        same = self._state is state and self._volatile is volatile and self._rng == one.rng
        return one if same else None
