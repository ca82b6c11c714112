"""A card that errs on its way out: another card behind it, and answers that are changed whole.

A request of several STORE DATA blocks is gathered for each channel, and so is an answer that comes
in parts by GET RESPONSE. The changed answer goes out in parts again.
"""

from rspcore.apdu import CommandApdu, Ins, class_for
from rspcore.errors import DecodeError
from rspsim.transports.vpcd import Card

__all__ = ["ErringCard"]

_LAST_BLOCK = 0x80
_MORE = 0x61


class ErringCard:
    """Answers as the card behind; a kind of hostile card overrides what it does otherwise.

    Args:
        card: The card behind.
    """

    def __init__(self, card: Card) -> None:
        self._card = card
        self._asked: dict[int, bytes] = {}
        self._waiting: dict[int, bytes] = {}

    def reset(self) -> bytes:
        """Resets the card behind and returns its ATR."""
        self._asked.clear()
        self._waiting.clear()
        return self._card.reset()

    def power_off(self) -> None:
        """Switches the power of the card behind off."""
        self._card.power_off()

    def transmit(self, command: bytes, /) -> bytes:
        """Answers a command, by its own answer where the kind has one."""
        try:
            apdu = CommandApdu.parse(command)
        except DecodeError:
            return self._card.transmit(command)
        channel = apdu.channel
        if channel is None:
            return self._card.transmit(command)
        if apdu.ins == Ins.GET_RESPONSE and self._waiting.get(channel):
            return self._part(channel, apdu.le or 256)
        self._waiting.pop(channel, None)
        if (own := self.plain(apdu)) is not None:
            return own
        if apdu.ins != Ins.STORE_DATA:
            return self._card.transmit(command)
        return self._store(channel, apdu)

    def plain(self, apdu: CommandApdu) -> bytes | None:
        """Returns an own response to a single command, or None to pass it on."""
        del apdu
        return None

    def refused(self, request: bytes) -> int | None:
        """Returns the status word that refuses a whole request, or None to pass it on."""
        del request
        return None

    def changed(self, request: bytes, answer: bytes) -> bytes:
        """Returns the answer to give in place of the answer of the card behind."""
        del request
        return answer

    def _store(self, channel: int, apdu: CommandApdu) -> bytes:
        request = (b"" if apdu.p2 == 0 else self._asked.get(channel, b"")) + apdu.data
        self._asked[channel] = request
        if not apdu.p1 & _LAST_BLOCK:
            return self._card.transmit(apdu.encode())
        if (status := self.refused(request)) is not None:
            return status.to_bytes(2)
        response = self._card.transmit(apdu.encode())
        in_parts = response[-2] == _MORE
        answer, status_octets = self._whole(apdu, response)
        if not answer:
            return response
        answer = self.changed(request, answer)
        if not in_parts:
            return answer + status_octets
        self._waiting[channel] = answer + status_octets
        return bytes((_MORE, min(len(answer), 0xFF)))

    def _whole(self, apdu: CommandApdu, response: bytes) -> tuple[bytes, bytes]:
        """Fetches the rest of an answer; returns its data and the last status word."""
        data = response[:-2]
        cla = class_for(apdu.channel or 0, proprietary=False)
        while response[-2] == _MORE:
            fetch = CommandApdu(cla, Ins.GET_RESPONSE, 0, 0, le=response[-1] or 256)
            response = self._card.transmit(fetch.encode())
            data += response[:-2]
        return data, response[-2:]

    def _part(self, channel: int, le: int) -> bytes:
        """Gives the next part of a changed answer; the last two octets waiting are its status."""
        waiting = self._waiting[channel]
        data, status = waiting[:-2], waiting[-2:]
        part, rest = data[:le], data[le:]
        if not rest:
            del self._waiting[channel]
            return part + status
        self._waiting[channel] = rest + status
        return part + bytes((_MORE, min(len(rest), 0xFF)))
