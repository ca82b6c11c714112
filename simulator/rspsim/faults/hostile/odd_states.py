"""Hostile cards whose lists can be read and say what no card is, and one that announces in vain."""

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError
from rspcore.tags import ISDR_AID
from rspsim.faults.hostile.erring_card import ErringCard

__all__ = [
    "AnnouncesInVain",
    "BusyNowAndThen",
    "ListedTwice",
    "NegativeNumbers",
    "SelectsOnce",
    "ThirdState",
    "TwoEnabled",
]

_LIST = bytes.fromhex("BF2D")
_NOTIFICATIONS = bytes.fromhex("BF28")
_DISABLED, _ENABLED, _THIRD = (bytes.fromhex(f"9F70010{state}") for state in (0, 1, 2))
_ICCID = bytes.fromhex("5A0A")
_AID = bytes.fromhex("4F10")
_NUMBER = bytes.fromhex("BF2F")
_NOT_FOUND, _IN_VAIN, _BUSY = 0x6A82, 0x910B, 0x9300
_EVERY = 23


def _more_entries(answer: bytes, more: bytes) -> bytes:
    """Returns a list of Profiles with an entry more; an empty list and an error code stay."""
    whole = tlv.parse(answer)
    listed = whole.find(0xA0)
    if listed is None or not listed.value:
        return answer
    return tlv.encode(whole.tag, tlv.encode(0xA0, bytes(listed.value), more))


def _first(answer: bytes) -> bytes:
    listed = tlv.parse(answer).find(0xA0)
    entries = listed.children() if listed is not None else []
    return bytes(entries[0].raw) if entries else b""


class TwoEnabled(ErringCard):
    """Lists a second Profile as Enabled beside the Enabled one of an operator."""

    def changed(self, request: bytes, answer: bytes) -> bytes:
        """Adds an entry like the first, of another ICCID and AID."""
        first = _first(answer)
        if request[:2] != _LIST or _ENABLED not in first:
            return answer
        for name, octets in ((_ICCID, 10), (_AID, 16)):
            place = first.find(name) + len(name)
            last = place + octets - 2
            if place >= len(name):
                first = first[:last] + bytes((first[last] ^ 0x10,)) + first[last + 1 :]
        return _more_entries(answer, first)


class ThirdState(ErringCard):
    """Lists Disabled Profiles with profileState 2."""

    def changed(self, request: bytes, answer: bytes) -> bytes:
        """Gives the state another value."""
        return answer.replace(_DISABLED, _THIRD) if request[:2] == _LIST else answer


class ListedTwice(ErringCard):
    """Lists its first Profile twice."""

    def changed(self, request: bytes, answer: bytes) -> bytes:
        """Adds the first entry once more."""
        return _more_entries(answer, _first(answer)) if request[:2] == _LIST else answer


class NegativeNumbers(ErringCard):
    """Lists its Notifications with negative numbers."""

    def changed(self, request: bytes, answer: bytes) -> bytes:
        """Turns the first bit of each number of one octet."""
        if request[:2] != _NOTIFICATIONS:
            return answer
        place = -1
        while (place := answer.find(_NUMBER, place + 1)) >= 0:
            number = place + 3  # behind tag and length
            if answer[number : number + 2] == b"\x80\x01":
                turned = bytes((answer[number + 2] | 0x80,))
                answer = answer[: number + 2] + turned + answer[number + 3 :]
        return answer


class AnnouncesInVain(ErringCard):
    """Announces a proactive command after TERMINAL PROFILE, and answers FETCH by 6F00."""

    def plain(self, apdu: CommandApdu) -> bytes | None:
        """Announces and refuses."""
        if apdu.ins == Ins.TERMINAL_PROFILE:
            self._card.transmit(apdu.encode())
            return _IN_VAIN.to_bytes(2)
        return b"\x6f\x00" if apdu.ins == Ins.FETCH else None


class BusyNowAndThen(ErringCard):
    """Answers each 23rd STORE DATA with 9300: its toolkit is busy, nothing was done."""

    count = 0

    def transmit(self, command: bytes, /) -> bytes:
        """Answers some commands by the status word alone."""
        try:
            store = CommandApdu.parse(command).ins == Ins.STORE_DATA
        except DecodeError:
            store = False
        self.count += store
        if store and self.count % _EVERY == 0:
            return _BUSY.to_bytes(2)
        return super().transmit(command)


class SelectsOnce(ErringCard):
    """Finds the ISD-R once after each reset, and not again."""

    selected = False

    def reset(self) -> bytes:
        """Resets the card behind; the ISD-R can be selected again."""
        self.selected = False
        return super().reset()

    def plain(self, apdu: CommandApdu) -> bytes | None:
        """Refuses every selection but the first."""
        named = apdu.ins == Ins.SELECT and apdu.data == ISDR_AID.octets
        if named and self.selected:
            return _NOT_FOUND.to_bytes(2)
        self.selected |= named
        return None
