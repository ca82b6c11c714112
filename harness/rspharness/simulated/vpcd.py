"""The simulated card behind a virtual reader: every APDU goes through pcscd and back.

A thread of this process serves the card; each parallel worker has a slot of its own. As with the
target `inprocess`, every case gets a new card, which replaces the last one while the reader has no
power.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Final

from rspcore.errors import ConfigError
from rspharness.simulated.inprocess import SimulatedCards, declaring, maker_with, preset_of
from rspharness.targets.reader import KeptLink, ReaderLink
from rspharness.targets.reader_place import driver_of
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions
from rspharness.targets.transport import PoweredLink
from rspsim.transports.pcsclite import wait_for_reader
from rspsim.transports.readers import Slot
from rspsim.transports.shared_daemon import shared_pcscd
from rspsim.transports.slot_claim import claim_free_slot
from rspsim.transports.vpcd import VpcdCard

__all__ = ["VpcdTarget", "claimed_slot", "virtual_slots"]


_PATIENCE_S: Final = 30.0
"""How long a worker waits for a slot, in seconds."""
_SEEN_WITHIN_S: Final = 5.0
"""A daemon looks for cards every 400 ms, and may still process the removal of the last one."""


def virtual_slots(held: ExitStack, slots: int) -> tuple[Slot, ...]:
    """Returns the virtual slots of a running pcscd: at least this number, and at least two.

    A pcscd that had to be started ends with its last user, also where that one is killed.

    Args:
        held: Keeps the daemon running until it is closed.
        slots: How many are needed.

    Raises:
        ConfigError: it is not installed, or cannot be started; the message names the remedy.
    """
    return held.enter_context(shared_pcscd(slots=max(slots, 2))).slots


class _CurrentCard:
    """Passes everything to the card in place."""

    def __init__(self, cards: SimulatedCards) -> None:
        self._cards = cards

    def reset(self) -> bytes:
        """Resets the card in place and returns its ATR."""
        return self._cards.card.reset()

    def transmit(self, command: bytes, /) -> bytes:
        """Passes a command to the card in place and returns the response."""
        return self._cards.transmit(command)

    def power_off(self) -> None:
        """Switches off the power of the card in place."""
        self._cards.card.power_off()


class VpcdTarget:
    """The target `vpcd`."""

    simulated = True

    def __init__(self, options: TargetOptions) -> None:
        """Starts the daemon if necessary and puts a card into the slot of this worker.

        Raises:
            ConfigError: the daemon is not available, or the slot is taken by another card.
        """
        self.settings: TargetSettings = declaring(options)
        self.name = options.settings.name
        self._fault = options.card_fault
        self._cards = SimulatedCards(
            options, maker_with(options.card_fault, preset_of(options.settings))
        )
        self._link: ReaderLink | None = None
        with ExitStack() as held:
            slots = virtual_slots(held, options.slot + 1)
            self._slot = claimed_slot(held, slots, parallel=options.parallel)
            held.enter_context(VpcdCard(_CurrentCard(self._cards), port=self._slot.port))
            wait_for_reader(lambda name: name == self._slot.reader)
            self._held = held.pop_all()

    def lose_power(self, pieces: int | None) -> None:
        """Plans a loss of power inside the next command that writes."""
        self._cards.lose_power(pieces)

    def power_was_lost(self) -> bool:
        """Returns whether the planned loss has come."""
        return self._cards.power_was_lost()

    def open(self) -> PoweredLink:
        """Puts a new card in place and returns the link to it.

        Raises:
            TargetLost: the reader does not show the card.
        """
        self._cards.new()
        if self._link is None:
            self._link = ReaderLink(self._slot.reader, patience_s=_SEEN_WITHIN_S)
        return KeptLink(self._link)

    def facts(self) -> Mapping[str, str]:
        """Returns reader, driver and protocol, and the fault of the card if it has one."""
        facts = {"reader": self._slot.reader}
        if self._link is not None:
            facts["driver"] = driver_of(self._slot.reader, self._link.said)
            facts["protocol"] = self._link.protocol
        return {**facts, "card_fault": self._fault} if self._fault else facts

    def draw_from(self, seed: str) -> None:
        """Makes the next cards draw their random octets from a seed."""
        self._cards.draw_from(seed)

    def keep(self) -> object:
        """Returns the card's lasting state."""
        return self._cards.card.state

    def restore(self, state: object) -> None:
        """Replaces the card by one with another lasting state."""
        self._cards.restored(state)

    def close(self) -> None:
        """Takes the card out of the reader and leaves the daemon to its other users."""
        if self._link is not None:
            self._link.close()
        self._held.close()


def claimed_slot(held: ExitStack, slots: Sequence[Slot], *, parallel: bool) -> Slot:
    """Returns the first free slot, which no other process of rsplab takes until `held` is closed.

    One of several workers waits for a slot that another one, or another run, is about to leave.

    Args:
        held: Keeps the claim.
        slots: The slots to choose from.
        parallel: Whether there are other workers.

    Raises:
        ConfigError: every slot holds a card.
    """
    try:
        claim = claim_free_slot(slots, _PATIENCE_S if parallel else 0)
    except ConfigError as error:
        raise ConfigError(f"{error}; --target inprocess needs no reader") from error
    return held.enter_context(claim).slot
