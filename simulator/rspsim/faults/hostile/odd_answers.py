"""Hostile cards that answer one function, or every command, in a way no card may."""

import threading

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.messages.euicc_info import ExtCardResource
from rspcore.status import StatusWord
from rspsim.euicc.decisions import Decisions
from rspsim.euicc.isdr import information
from rspsim.faults.card.card_fault import swap
from rspsim.faults.hostile.erring_card import ErringCard
from rspsim.transports.vpcd import Card

__all__ = [
    "AllRefused",
    "DamagedResults",
    "EidUnreadable",
    "EmptyAid",
    "HangsInGetRat",
    "MalformedRat",
    "NoOctetsOfRat",
    "OtherCheckDigits",
    "RefusesTagList",
    "StubOfReceipt",
    "WithoutListNotification",
    "reporting_no_resources",
]

_EF_DIR = bytes.fromhex("2F00")
_EMPTY_RECORD = bytes.fromhex("61024F00")
_EID = bytes.fromhex("BF3E")
_LIST = bytes.fromhex("BF2D")
_NOTIFICATIONS = bytes.fromhex("BF28")
_RAT = bytes.fromhex("BF43")
_RESULT = bytes.fromhex("BF37")
_RETRIEVED = bytes.fromhex("BF2B")
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
        return StatusWord.WRONG_DATA if inner[:1] == bytes((_TAG_LIST,)) else None


class MalformedRat(ErringCard):
    """Answers GetRAT with a length that goes beyond the answer."""

    def changed(self, request: bytes, answer: bytes) -> bytes:
        """Leaves out the last octet of the table."""
        return answer[:-1] if request[:2] == _RAT else answer


class _NoResources(ExtCardResource):
    """Writes extCardResource without any member."""

    def content(self) -> bytes:
        """Returns no octets."""
        return b""


def reporting_no_resources(decisions: Decisions) -> Decisions:
    """Returns decisions of a card whose extCardResource is empty, read or signed."""
    nothing = _NoResources(
        number_of_installed_applications=b"",
        free_non_volatile_memory=b"",
        free_volatile_memory=b"",
    )
    return swap(information.RESOURCES, lambda *_: nothing)(decisions)


class NoOctetsOfRat(ErringCard):
    """Answers GetRAT without any octet, not even a status word."""

    def plain(self, apdu: CommandApdu) -> bytes | None:
        """Gives nothing."""
        return b"" if apdu.ins == Ins.STORE_DATA and apdu.data[:2] == _RAT else None


class OtherCheckDigits(ErringCard):
    """Answers GetEID with an EID whose check digits do not fit."""

    def changed(self, request: bytes, answer: bytes) -> bytes:
        """Changes the last digit of the EID."""
        if request[:2] != _EID or answer[:2] != _EID:
            return answer
        return answer[:-1] + bytes((answer[-1] ^ 0x01,))


class DamagedResults(ErringCard):
    """Signs every ProfileInstallationResult wrong."""

    def changed(self, request: bytes, answer: bytes) -> bytes:
        """Changes the last octet of each euiccSignPIR, wherever the result is returned."""
        del request
        if answer[:2] not in (_RESULT, _RETRIEVED):
            return answer
        place = 0
        while (place := answer.find(_RESULT, place)) >= 0:
            end = place + len(tlv.parse_prefix(answer, place).raw)
            answer = answer[: end - 1] + bytes((answer[end - 1] ^ 0x01,)) + answer[end:]
            place = end
        return answer


class StubOfReceipt(ErringCard):
    """Answers an ENVELOPE with one octet in place of the proof of receipt."""

    def plain(self, apdu: CommandApdu) -> bytes | None:
        """Passes the ENVELOPE on, and gives a stub of the answer."""
        if apdu.ins != Ins.ENVELOPE:
            return None
        response = self._card.transmit(apdu.encode())
        accepted = response[-2] in (0x61, 0x90, 0x91)
        return b"\x02\x90\x00" if accepted else response


class EmptyAid(ErringCard):
    """Has an EF.DIR whose records name an application by no octet."""

    def __init__(self, card: Card) -> None:
        super().__init__(card)
        self._file = b""

    def plain(self, apdu: CommandApdu) -> bytes | None:
        """Follows what is selected on the basic channel, and gives such a record of EF.DIR."""
        if apdu.channel != 0:
            return None
        if apdu.ins == Ins.SELECT:
            self._file = apdu.data
        if apdu.ins != Ins.READ_RECORD or self._file != _EF_DIR:
            return None
        response = self._card.transmit(apdu.encode())
        return response if response[-2] in (0x69, 0x6A) else _EMPTY_RECORD + b"\x90\x00"


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
        return StatusWord.INS_NOT_SUPPORTED if request[:2] == _NOTIFICATIONS else None


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
