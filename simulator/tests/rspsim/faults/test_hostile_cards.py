"""Hostile cards: what each changes of the answers of the card behind."""

import pytest

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspsim.faults.hostile import HOSTILE
from rspsim.faults.hostile.hostile_card import both
from rspsim.faults.hostile.odd_answers import DamagedResults, MalformedRat, RefusesTagList
from rspsim.faults.hostile.odd_lists import (
    NotToBeTouched,
    OtherOrder,
    StoresLongNickname,
    UnknownMembers,
)
from rspsim.faults.hostile.odd_newer import LaterMembers, NextPort, RpmResultCut
from rspsim.transports.vpcd import CardRemoved

ICCID = "5A0A98990701000000000010"
LIST = bytes.fromhex("BF2D00")
NOT_OURS = bytes.fromhex("BF3311 A00C" + ICCID + "8101FF")


class Scripted:
    """Answers each function by fixed octets, and keeps what was sent."""

    def __init__(self, **answers):
        self.answers = {tag: bytes.fromhex(text) for tag, text in answers.items()}
        self.sent = []

    def reset(self):
        return bytes.fromhex("3B00")

    def power_off(self):
        """Does nothing."""

    def transmit(self, command):
        apdu = CommandApdu.parse(command)
        self.sent.append(apdu.data)
        return self.answers.get(apdu.data[:2].hex().upper(), b"") + b"\x90\x00"


def listed(*objects):
    entry = tlv.encode(0xE3, *(bytes.fromhex(one) for one in objects))
    return tlv.encode(0xBF2D, tlv.encode(0xA0, entry)).hex()


def ask(card, octets, p1=0x91, p2=0):
    return card.transmit(CommandApdu(0x81, Ins.STORE_DATA, p1, p2, octets).encode())


def test_names_are_unique_and_begin_with_the_prefix():
    names = [card.name for card in HOSTILE]
    assert len(set(names)) == len(names)
    assert all(name.startswith("hostile.") for name in names)


def test_two_faults_at_once_are_those_of_each():
    card = both(RefusesTagList, MalformedRat)(Scripted(BF43="BF4302A000"))
    assert ask(card, bytes.fromhex("BF2D035C015A")) == bytes.fromhex("6A80")
    assert ask(card, bytes.fromhex("BF4300")) == bytes.fromhex("BF4302A0 9000")


def test_changed_answer_goes_out_in_parts_when_it_came_so():
    class InParts(Scripted):
        def transmit(self, command):
            apdu = CommandApdu.parse(command)
            if apdu.ins == Ins.GET_RESPONSE:
                return bytes.fromhex("BF4302A0009000")
            return bytes.fromhex("6105")

    card = MalformedRat(InParts())
    assert ask(card, bytes.fromhex("BF4300")) == bytes.fromhex("6104")
    fetch = CommandApdu(0x01, Ins.GET_RESPONSE, 0, 0, le=4).encode()
    assert card.transmit(fetch) == bytes.fromhex("BF4302A09000")


def test_objects_of_a_profile_are_turned_round():
    card = OtherOrder(Scripted(BF2D=listed(ICCID, "9F700100")))
    assert ask(card, LIST)[:-2].hex() == listed("9F700100", ICCID)


def test_nickname_of_65_characters_is_stored_and_listed():
    behind = Scripted(BF2D=listed(ICCID, "9040" + "41" * 64), BF29="BF2903800100")
    card = StoresLongNickname(behind)
    request = tlv.encode(0xBF29, bytes.fromhex(ICCID), tlv.encode(0x90, b"A" * 65))
    assert ask(card, request) == bytes.fromhex("BF29038001009000")
    assert b"A" * 64 in behind.sent[0]
    assert b"A" * 65 not in behind.sent[0]
    assert b"A" * 65 in ask(card, LIST)
    short = tlv.encode(0xBF29, bytes.fromhex(ICCID), tlv.encode(0x90, b"A" * 64))
    ask(card, short)
    assert b"A" * 65 not in ask(card, LIST)


def test_request_in_several_blocks_is_passed_on():
    behind = Scripted()
    ask(StoresLongNickname(behind), bytes.fromhex("BF2981FF5A0A"), p1=0x11)
    assert behind.sent == [bytes.fromhex("BF2981FF5A0A")]


def test_unknown_object_is_not_added_to_what_was_asked_for_by_tags():
    card = UnknownMembers(Scripted(BF2D=listed(ICCID), BF3E="BF3E025A00"))
    unknown = bytes.fromhex("9F7D0100")
    assert unknown in ask(card, bytes.fromhex("BF3E035C015A"))
    assert unknown in ask(card, LIST)
    assert unknown not in ask(card, bytes.fromhex("BF2D035C015A"))


def test_each_profile_is_listed_on_the_next_port():
    card = NextPort(Scripted(BF2D=listed(ICCID, "9F240101")))
    assert ask(card, LIST)[:-2].hex() == listed(ICCID, "9F240102")
    refused = bytes.fromhex("BF2D03810101")
    assert ask(NextPort(Scripted(BF2D=refused.hex())), LIST)[:-2] == refused


def test_result_of_a_package_is_one_octet_short():
    card = RpmResultCut(Scripted(BF44="BF4405A103800104", BF2D="BF2D02A000"))
    assert ask(card, bytes.fromhex("BF4400"))[:-2] == bytes.fromhex("BF4405A1038001")
    assert ask(card, LIST)[:-2] == bytes.fromhex("BF2D02A000")


def test_object_of_a_later_version_stands_in_the_template_of_the_isdr():
    class Selected(Scripted):
        def transmit(self, command):
            apdu = CommandApdu.parse(command)
            return bytes.fromhex("6F0AE00882030202008301009000" if apdu.data == b"\xa0" else "9000")

    card = LaterMembers(Selected())
    select = CommandApdu(0x01, Ins.SELECT, 4, 0, b"\xa0", le=256)
    found = tlv.parse(card.transmit(select.encode())[:-2]).find(0xE0)
    assert found.children()[-1].tag == 0x9F7D
    waiting = card.transmit(CommandApdu(0x01, Ins.SELECT, 4, 0, b"\xa0").encode())
    assert waiting == bytes((0x61, 14 + 2))
    fetched = card.transmit(CommandApdu(0x01, Ins.GET_RESPONSE, 0, 0, le=waiting[1]).encode())
    assert tlv.parse(fetched[:-2]).find(0xE0).children()[-1].tag == 0x9F7D
    assert card.transmit(CommandApdu(0x01, Ins.SELECT, 4, 12, b"\xa1").encode()) == b"\x90\x00"


def test_card_leaves_when_what_is_of_the_operator_is_changed():
    card = NotToBeTouched(Scripted(BF2D=listed(ICCID)))
    ask(card, NOT_OURS)
    ask(card, LIST)
    with pytest.raises(CardRemoved):
        ask(card, NOT_OURS)


def test_result_is_signed_wrong_wherever_it_is_returned():
    signed = tlv.encode(0xBF37, bytes.fromhex("BF2700"), tlv.encode(0x5F37, bytes(4)))
    answer = tlv.encode(0xBF2B, tlv.encode(0xA0, signed, signed))
    card = DamagedResults(Scripted(BF2B=answer.hex()))
    assert ask(card, bytes.fromhex("BF2B00"))[:-2].count(bytes.fromhex("00000001")) == 2
