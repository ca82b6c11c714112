"""Hostile cards on which one function that reads gives nothing, or what no decoder takes."""

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.status import StatusWord
from rspsim.faults.hostile.erring_card import ErringCard

__all__ = ["NoAddresses", "NoChallenge", "NothingOfInfo2", "OddNotification", "UnwrappedList"]

_ADDRESSES = bytes.fromhex("BF3C")
_CHALLENGE = bytes.fromhex("BF2E")
_INFO2 = bytes.fromhex("BF22")
_LIST = bytes.fromhex("BF2D")
_NOTIFICATIONS = bytes.fromhex("BF28")
_EVENTS = bytes.fromhex("8102")
_UNUSED_BITS = 0x10
"""More unused bits than an octet has."""


class NoAddresses(ErringCard):
    """Refuses GetEuiccConfiguredAddresses by 6A80."""

    def refused(self, request: bytes) -> int | None:
        """Refuses the function."""
        return StatusWord.WRONG_DATA if request[:2] == _ADDRESSES else None


class NoChallenge(ErringCard):
    """Answers GetEUICCChallenge by 6F00."""

    def refused(self, request: bytes) -> int | None:
        """Refuses the function."""
        return StatusWord.NO_PRECISE_DIAGNOSIS if request[:2] == _CHALLENGE else None


class NothingOfInfo2(ErringCard):
    """Answers GetEUICCInfo2 with 9000 and no data."""

    def plain(self, apdu: CommandApdu) -> bytes | None:
        """Gives the status word alone."""
        asked = apdu.ins == Ins.STORE_DATA and apdu.data[:2] == _INFO2
        return b"\x90\x00" if asked else None


class UnwrappedList(ErringCard):
    """Lists Profiles without the object A0 around them."""

    def changed(self, request: bytes, answer: bytes) -> bytes:
        """Leaves the object out; an empty list and an error code are as they were."""
        if request[:2] != _LIST:
            return answer
        whole = tlv.parse(answer)
        listed = whole.find(0xA0)
        return answer if listed is None or not listed.value else tlv.encode(0xBF2D, listed.value)


class OddNotification(ErringCard):
    """Lists its Notifications with events that no decoder takes."""

    def changed(self, request: bytes, answer: bytes) -> bytes:
        """Gives each event more unused bits than an octet has."""
        if request[:2] != _NOTIFICATIONS:
            return answer
        place = -1
        while (place := answer.find(_EVENTS, place + 1)) >= 0:
            odd = bytes((_UNUSED_BITS,))
            answer = answer[: place + len(_EVENTS)] + odd + answer[place + len(_EVENTS) + 1 :]
        return answer
