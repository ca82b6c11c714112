"""The link fault: the power goes while a card works, on simulated and real cards alike."""

from collections.abc import Callable

from rspharness.record.verdicts import LinkFault
from rspharness.targets.transport import CardLink, LinkWrapper

__all__ = ["PowerOffAfter"]


class PowerOffAfter(LinkWrapper):
    """Cuts the power after a number of commands; the answer of the last is never read.

    Args:
        link: The link below.
        count: After how many commands the power is cut.
        power_off: Switches the power off.
    """

    def __init__(self, link: CardLink, count: int, power_off: Callable[[], object]) -> None:
        super().__init__(link)
        self._left = count
        self._power_off = power_off

    def transmit(self, command: bytes) -> bytes:
        """Passes a command on; after the last one the card is off.

        Raises:
            LinkFault: the power is gone. Whether the card finished the command is not known.
        """
        if self._left <= 0:
            raise LinkFault("the card has no power")
        response = self._link.transmit(command)
        self._left -= 1
        if self._left:
            return response
        self._power_off()
        raise LinkFault("the power went before the answer was read")
