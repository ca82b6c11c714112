"""A slow card: another card with a delay that depends on the function."""

import time  # noqa: TID251  a slow card has to wait
from collections.abc import Mapping

from rspcore.apdu import Ins
from rspsim.transports.vpcd import Card

__all__ = ["SlowCard", "slowed"]

_ANY = 0


def slowed(card: Card, delays_ms: Mapping[int, int]) -> Card:
    """Returns the card with delays, or the card itself when there are none."""
    return SlowCard(card, delays_ms) if delays_ms else card


class SlowCard:
    """A card that answers as another one, but later.

    Args:
        card: The card that answers.
        delays_ms: Milliseconds by the tag a STORE DATA command begins with; 0 for any command.
    """

    def __init__(self, card: Card, delays_ms: Mapping[int, int]) -> None:
        self._card = card
        self._delays_ms = delays_ms

    def reset(self) -> bytes:
        """Resets the card at once; after a delay here a reader would take it for mute."""
        return self._card.reset()

    def transmit(self, command: bytes, /) -> bytes:
        """Waits, then answers."""
        time.sleep(self._delay_ms(command) / 1000)
        return self._card.transmit(command)

    def power_off(self) -> None:
        """Switches the power off at once."""
        self._card.power_off()

    def _delay_ms(self, command: bytes) -> int:
        usual = self._delays_ms.get(_ANY, 0)
        if len(command) < 7 or command[1] != Ins.STORE_DATA:
            return usual
        return self._delays_ms.get(int.from_bytes(command[5:7], "big"), usual)
