"""Hostile cards that err in channels, in the order of answers, or by leaving the reader."""

from rspcore.apdu import CommandApdu, Ins
from rspsim.faults.hostile.erring_card import ErringCard
from rspsim.transports.vpcd import Card, CardRemoved

__all__ = ["Dies", "OneBehind", "ResetKeepsChannels", "RunsOutOfChannels"]

_OPEN, _CLOSE = 0x00, 0x80
_LIFE = 100
"""Commands that the card that dies answers."""


class ResetKeepsChannels(ErringCard):
    """Keeps channels open over a reset; switching the power off closes them."""

    def __init__(self, card: Card) -> None:
        super().__init__(card)
        self._open: set[int] = set()

    def reset(self) -> bytes:
        """Resets the card, and opens the channels again that were open."""
        atr = super().reset()
        for number in sorted(self._open):
            self._card.transmit(CommandApdu(0x00, Ins.MANAGE_CHANNEL, _OPEN, number).encode())
        return atr

    def power_off(self) -> None:
        """Closes all channels."""
        self._open.clear()
        super().power_off()

    def plain(self, apdu: CommandApdu) -> bytes | None:
        """Passes MANAGE CHANNEL on, and notes what is open."""
        if apdu.ins != Ins.MANAGE_CHANNEL:
            return None
        response = self._card.transmit(apdu.encode())
        if response[-2:] == b"\x90\x00":
            if apdu.p1 == _OPEN:
                self._open.add(apdu.p2 or response[0])
            else:
                self._open.discard(apdu.p2)
        return response


class RunsOutOfChannels(ErringCard):
    """Gives no channel any more after one was closed, until the next reset."""

    def __init__(self, card: Card) -> None:
        super().__init__(card)
        self._closed = False

    def reset(self) -> bytes:
        """Resets the card; channels can be opened again."""
        self._closed = False
        return super().reset()

    def plain(self, apdu: CommandApdu) -> bytes | None:
        """Refuses to open a channel after one was closed."""
        if apdu.ins != Ins.MANAGE_CHANNEL:
            return None
        if apdu.p1 == _OPEN and self._closed:
            return b"\x6a\x81"
        self._closed = self._closed or apdu.p1 == _CLOSE
        return None


class OneBehind(ErringCard):
    """Gives each command the answer to the one before it; the first one gets 9000."""

    def __init__(self, card: Card) -> None:
        super().__init__(card)
        self._last = b"\x90\x00"

    def plain(self, apdu: CommandApdu) -> bytes:
        """Keeps this answer and gives the last one."""
        given, self._last = self._last, self._card.transmit(apdu.encode())
        return given


class Dies(ErringCard):
    """Leaves the reader after a number of commands and stays away."""

    def __init__(self, card: Card) -> None:
        super().__init__(card)
        self._left = _LIFE

    def reset(self) -> bytes:
        """Resets the card while it lives.

        Raises:
            CardRemoved: it is gone.
        """
        if not self._left:
            raise CardRemoved
        return super().reset()

    def plain(self, apdu: CommandApdu) -> bytes | None:
        """Counts the command.

        Raises:
            CardRemoved: it was the last one, or the card is gone.
        """
        del apdu
        if not self._left:
            raise CardRemoved
        self._left -= 1
        return None
