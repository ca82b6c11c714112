"""The simulated card behind a virtual reader: every APDU goes through pcscd and back.

A thread of this process serves the card; each parallel worker has a slot of its own. As in process,
every case gets a new card: it is put in the place of the last one while the reader has no power.
"""

from collections.abc import Mapping
from typing import Final

from rspcore.errors import ConfigError
from rspharness.simulated.inprocess import SimulatedCards, declaring, maker_with
from rspharness.targets.reader import KeptLink, ReaderLink
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions
from rspharness.targets.transport import PoweredLink
from rspsim.transports.pcscd import PcscDaemon, start_pcscd
from rspsim.transports.pcsclite import wait_for_reader
from rspsim.transports.readers import Slot
from rspsim.transports.tcp_ports import port_use
from rspsim.transports.vpcd import VpcdCard

__all__ = ["VpcdTarget", "start_daemon"]


_SEEN_WITHIN_S: Final = 5.0
"""A daemon looks for cards every 400 ms, and may still see that the last one left."""


def start_daemon(slots: int) -> PcscDaemon:
    """Have a pcscd with so many virtual slots, for a run of several workers.

    Raises:
        ConfigError: it is not installed, or cannot be started; the message names the remedy.
    """
    return start_pcscd(slots=max(slots, 2))


class _CurrentCard:
    """Hand everything to whatever card is in place."""

    def __init__(self, cards: SimulatedCards) -> None:
        self._cards = cards

    def reset(self) -> bytes:
        """Reset the card in place."""
        return self._cards.card.reset()

    def transmit(self, command: bytes, /) -> bytes:
        """Hand a command to the card in place."""
        return self._cards.card.transmit(command)

    def power_off(self) -> None:
        """Take the power from the card in place."""
        self._cards.card.power_off()


class VpcdTarget:
    """Be the target `vpcd`."""

    simulated = True

    def __init__(self, options: TargetOptions) -> None:
        """Start the daemon if need be and put a card into the slot of this worker.

        Raises:
            ConfigError: the daemon cannot be had, or the slot is taken by another card.
        """
        self.settings: TargetSettings = declaring(options)
        self.name = options.settings.name
        self._fault = options.card_fault
        self._cards = SimulatedCards(options, maker_with(options.card_fault))
        self._daemon = start_daemon(options.slot + 1)
        try:
            self._slot = _slot(self._daemon, options)
            self._served = VpcdCard(_CurrentCard(self._cards), port=self._slot.port)
            self._served.start()
        except ConfigError:
            self._daemon.stop()
            raise
        wait_for_reader(lambda name: name == self._slot.reader)
        self._link: ReaderLink | None = None

    def open(self) -> PoweredLink:
        """Put a new card in place and return the link to it.

        Raises:
            TargetLost: the reader does not show the card.
        """
        self._cards.new()
        if self._link is None:
            self._link = ReaderLink(self._slot.reader, patience_s=_SEEN_WITHIN_S)
        return KeptLink(self._link)

    def facts(self) -> Mapping[str, str]:
        """Return the reader, and the fault of the card if it has one."""
        facts = {"reader": self._slot.reader}
        return {**facts, "card_fault": self._fault} if self._fault else facts

    def draw_from(self, seed: str) -> None:
        """Let the next cards draw from a seed."""
        self._cards.draw_from(seed)

    def keep(self) -> object:
        """Return the card's lasting state."""
        return self._cards.card.state

    def restore(self, state: object) -> None:
        """Give the card another lasting state."""
        self._cards.restored(state)

    def close(self) -> None:
        """Take the card out of the reader and stop the daemon if it was started here."""
        if self._link is not None:
            self._link.close()
        self._served.close()
        self._daemon.stop()


def _slot(daemon: PcscDaemon, options: TargetOptions) -> Slot:
    """Return the slot of this worker, or the first free one of a run with one worker."""
    slots = daemon.slots
    if options.parallel:
        return slots[options.slot]
    free = [slot for slot in slots if not port_use(slot.port).taken]
    if not free:
        raise ConfigError(
            f"all {len(slots)} virtual slots hold a card; stop the other run, or use "
            "--target inprocess"
        )
    return free[0]
