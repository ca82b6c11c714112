"""A card that does nothing but answer: the yardstick of the link below a card.

The bench compares the simulated card with it in one run, so that the figure left over is the card's
own; the transport tests use it to look at the link alone. It keeps no state and knows no command.
"""

from typing import Final

__all__ = ["ECHO_ATR", "EchoCard"]

ECHO_ATR: Final = bytes.fromhex("3B0445434850")
"""ATR of the echo card: direct convention, T=0, four historical octets."""


class EchoCard:
    """Answer every command with its own octets from the fifth on, and 9000."""

    def __init__(self, atr: bytes = ECHO_ATR) -> None:
        self._atr = atr
        self.resets = 0
        self.powered = False

    def reset(self) -> bytes:
        """Count the reset and return the ATR."""
        self.resets += 1
        self.powered = True
        return self._atr

    def transmit(self, command: bytes) -> bytes:
        """Return what follows the four header octets, and 9000."""
        return command[4:] + b"\x90\x00"

    def power_off(self) -> None:
        """Note that the supply is gone."""
        self.powered = False
