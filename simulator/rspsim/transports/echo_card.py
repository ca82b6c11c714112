"""A card that only answers, for measuring the link below a card.

The benchmark compares the simulated card with it in one run, so that the difference is the time of
the card itself; the transport tests use it to test the link alone. It has no state and no
commands.
"""

from typing import Final

__all__ = ["ECHO_ATR", "EchoCard"]

ECHO_ATR: Final = bytes.fromhex("3B0445434850")
"""ATR of the echo card: direct convention, T=0, four historical octets."""


class EchoCard:
    """A card that answers every command with its own octets from the fifth on, and 9000."""

    def __init__(self, atr: bytes = ECHO_ATR) -> None:
        self._atr = atr
        self.resets = 0
        self.powered = False

    def reset(self) -> bytes:
        """Counts the reset and returns the ATR."""
        self.resets += 1
        self.powered = True
        return self._atr

    def transmit(self, command: bytes) -> bytes:
        """Returns what follows the four header octets, and 9000."""
        return command[4:] + b"\x90\x00"

    def power_off(self) -> None:
        """Notes that the power is off."""
        self.powered = False
