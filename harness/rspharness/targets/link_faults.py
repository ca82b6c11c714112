"""Link faults: faults between host and card, the same on simulated and real cards."""

from collections.abc import Callable

from rspcore.apdu import CommandApdu
from rspharness.record.verdicts import LinkFault
from rspharness.targets.transport import CardLink, LinkWrapper

__all__ = ["CutLink", "DropLink", "PowerOffAfter"]


class DropLink(LinkWrapper):
    """Lose one command on its way: it is not sent, and no answer comes.

    Args:
        link: The link below.
        number: Which command to lose, counted from 1 after the link was made.
    """

    def __init__(self, link: CardLink, number: int) -> None:
        super().__init__(link)
        self._left = number

    def transmit(self, command: bytes) -> bytes:
        """Passes a command on, except the one to lose.

        Raises:
            LinkFault: this is the command that got lost. The card has not seen it.
        """
        self._left -= 1
        if self._left == 0:
            raise LinkFault("the command was lost before it reached the card")
        return self._link.transmit(command)


class CutLink(LinkWrapper):
    """Cut the data of one command short, with a length field that fits what is left."""

    def __init__(self, link: CardLink, number: int, keep: int) -> None:
        """Arms the fault.

        Args:
            link: The link below.
            number: Which command to cut, counted from 1 after the link was made.
            keep: How many data octets are left of it.
        """
        super().__init__(link)
        self._left = number
        self._keep = keep

    def transmit(self, command: bytes) -> bytes:
        """Passes a command on, one of them cut."""
        self._left -= 1
        if self._left == 0:
            whole = CommandApdu.parse(command)
            cut = whole.data[: self._keep]
            command = CommandApdu(whole.cla, whole.ins, whole.p1, whole.p2, cut, whole.le).encode()
        return self._link.transmit(command)


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
