"""A faulty card that takes what is the same from a record of the sound card.

The fault matrix runs a case on many faulty cards, and nearly all of their answers are those of
the sound card. A `Recorder` has recorded these, with the values before and after. While the faulty
card has the values the sound one had and gets the same command, an act in which its fault decides
nothing is taken from the record; any other is carried out. After the first difference it carries
out everything, until its values are those of the record again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass

from rspharness.mutation.fault_reach import touches
from rspharness.simulated.recording_card import Act, Exchange, Log, Signal, carried_out
from rspsim.env import Rng
from rspsim.euicc.card import Euicc
from rspsim.euicc.decisions import STANDARD
from rspsim.euicc.state import CardState, Volatile
from rspsim.euicc.store import Store
from rspsim.faults.card.card_fault import CardFault

__all__ = ["Player", "ReplayingEuicc", "Script"]


@dataclass(slots=True)
class Script:
    """The record that a faulty card follows.

    Attributes:
        log: What the sound card did in the case.
        fault: The fault of the card.
        first: Place of the first act that the fault changes; those before it are not carried out.
        place: Place of the next act.
    """

    log: Log
    fault: CardFault
    first: int
    place: int = 0

    def same(self, one: Exchange, volatile: Volatile) -> bool:
        """Returns whether the fault leaves the act at this place as it was, with these values."""
        alike = volatile is one.before[1] or volatile == one.before[1]
        return (alike and self.place < self.first) or not touches(self.fault, one.reached)

    def exchange(self, act: Act) -> Exchange | None:
        """Returns the exchange at this place if it is of the same act, else None."""
        if self.place >= len(self.log):
            return None
        one = self.log[self.place]
        return one if one.act == act else None


class Player:
    """Makes cards with one fault that follow the script in force.

    Attributes:
        decisions: The decisions of its cards.
        script: The script, None for cards that carry out everything themselves.
        carried_out: How many acts its cards carried out themselves.
    """

    def __init__(self, fault: CardFault) -> None:
        self.script: Script | None = None
        self.carried_out = 0
        self.decisions = fault.apply(STANDARD)

    def __call__(self, state: CardState, store: Store, rng: Rng) -> Euicc:
        """Returns a new card with the fault."""
        return ReplayingEuicc(state, store, rng, self)

    @contextmanager
    def following(self, script: Script) -> Iterator[None]:
        """Makes the cards follow a script for the length of a with block."""
        self.script = script
        try:
            yield
        finally:
            self.script = None


class ReplayingEuicc(Euicc):
    """A card that follows the script of its player as far as it applies."""

    def __init__(self, state: CardState, store: Store, rng: Rng, player: Player) -> None:
        super().__init__(state, store, rng, player.decisions)
        self._player = player

    def transmit(self, command: bytes) -> bytes:
        """Carries out a command, or takes its result from the record."""
        if not self._powered:
            self.reset()
        return self._done(command)

    def reset(self) -> bytes:
        """Resets the card, or takes the result from the record."""
        return self._done(Signal.RESET)

    def power_off(self) -> None:
        """Switches the power off, or takes the result from the record."""
        self._done(Signal.POWER_OFF)

    def _done(self, act: Act) -> bytes:
        script = self._player.script
        one = None if script is None else self._recorded(script, act)
        if script is None or one is None:
            return self._carried_out(act)
        same = script.same(one, self._volatile)
        script.place += 1
        if same:
            self._take_over(one)
            self._powered = act is not Signal.POWER_OFF
            return one.answer
        if act is Signal.RESET:
            self._rng = copy(one.rng)
        answer = self._carried_out(act)
        if (self._state, self._volatile, self._rng) == (*one.after, one.rng_after):
            self._take_over(one)
        return answer

    def _carried_out(self, act: Act) -> bytes:
        self._player.carried_out += 1
        return carried_out(self, act)

    def _take_over(self, one: Exchange) -> None:
        """Sets the values the sound card had after an act."""
        self._state, self._volatile = one.after
        self._wrote = one.wrote
        self._rng = copy(one.rng_after)

    def _recorded(self, script: Script, act: Act) -> Exchange | None:
        """Returns the record of this act if it began with the values of this card, else None."""
        one = script.exchange(act)
        if one is None:
            return None
        state, volatile = one.before
        if act is Signal.RESET:  # begins with the lasting state alone
            return one if self._state == state else None
        same = self._state is state and self._volatile is volatile and self._rng == one.rng
        return one if same else None
