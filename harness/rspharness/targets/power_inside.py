"""Loss of power inside a command, on targets whose card can be stopped between two writes.

A reader takes the power between commands alone. A simulated card is stopped inside one: before
anything of it is written, or after its first, its second piece. What it would have answered is
never read.
"""

from typing import Protocol, runtime_checkable

from rspharness.record.verdicts import LinkFault
from rspharness.targets.transport import CardLink, LinkWrapper

__all__ = ["PowerLosing", "PowerOffInside"]


@runtime_checkable
class PowerLosing(Protocol):
    """A target whose card can lose its power inside a command."""

    def lose_power(self, pieces: int | None) -> None:
        """Plans the loss in the next command that writes something; None cancels the plan.

        Args:
            pieces: How many of the pieces that it writes are kept; all of them when it writes less.
        """

    def power_was_lost(self) -> bool:
        """Returns whether the planned loss has come."""


class PowerOffInside(LinkWrapper):
    """Reads no answer once the card has lost its power.

    Args:
        link: The link below.
        target: The target of its card.
    """

    def __init__(self, link: CardLink, target: PowerLosing) -> None:
        super().__init__(link)
        self._target = target

    def transmit(self, command: bytes) -> bytes:
        """Passes a command on.

        Raises:
            LinkFault: the card lost its power inside it, or before.
        """
        if self._target.power_was_lost():
            raise LinkFault("the card has no power")
        response = self._link.transmit(command)
        if self._target.power_was_lost():
            raise LinkFault("the power went inside the command")
        return response
