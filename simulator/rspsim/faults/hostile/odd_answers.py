"""Hostile cards that answer one function, or every command, in a way no card may."""

import threading

from rspcore.apdu import CommandApdu, Ins
from rspsim.faults.hostile.erring_card import ErringCard

__all__ = [
    "AllRefused",
    "EidUnreadable",
    "HangsInGetRat",
    "MalformedRat",
    "RefusesTagList",
    "WithoutListNotification",
]

_EID = bytes.fromhex("BF3E")
_LIST = bytes.fromhex("BF2D")
_NOTIFICATIONS = bytes.fromhex("BF28")
_RAT = bytes.fromhex("BF43")
_TAG_LIST = 0x5C


class RefusesTagList(ErringCard):
    """Refuses GetProfilesInfo with a tag list by 6A80."""

    def refused(self, request: bytes) -> int | None:
        """Refuses a request that holds a tag list, alone or after search criteria."""
        if request[:2] != _LIST:
            return None
        inner = request[3:]
        if inner[:1] == b"\xa0" and len(inner) > 1:
            inner = inner[2 + inner[1] :]
        return 0x6A80 if inner[:1] == bytes((_TAG_LIST,)) else None


class MalformedRat(ErringCard):
    """Answers GetRAT with a length that goes beyond the answer."""

    def changed(self, request: bytes, answer: bytes) -> bytes:
        """Leaves out the last octet of the table."""
        return answer[:-1] if request[:2] == _RAT else answer


class EidUnreadable(ErringCard):
    """Answers GetEID with 15 octets."""

    def changed(self, request: bytes, answer: bytes) -> bytes:
        """Leaves out the last octet of the EID, with lengths that fit."""
        if request[:2] != _EID or answer[:4] != _EID + bytes.fromhex("125A"):
            return answer
        return _EID + bytes.fromhex("115A0F") + answer[5:-1]


class WithoutListNotification(ErringCard):
    """Does not know ListNotification: 6D00."""

    def refused(self, request: bytes) -> int | None:
        """Refuses the function."""
        return 0x6D00 if request[:2] == _NOTIFICATIONS else None


class AllRefused(ErringCard):
    """Answers every command with 6F00."""

    def plain(self, apdu: CommandApdu) -> bytes:
        """Refuses the command."""
        del apdu
        return b"\x6f\x00"


class HangsInGetRat(ErringCard):
    """Never answers GetRAT."""

    def plain(self, apdu: CommandApdu) -> bytes | None:
        """Waits for ever."""
        if apdu.ins == Ins.STORE_DATA and apdu.data[:2] == _RAT:
            threading.Event().wait()
        return None
