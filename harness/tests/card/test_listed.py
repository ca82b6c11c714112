"""Lists of a card read leniently, and snapshots that keep octets."""

import pytest

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError
from rspcore.ids import Aid, Iccid
from rspcore.messages.es10c import ProfileInfoListResponse
from rspharness.card import expect
from rspharness.card.card_under_test import Card
from rspharness.card.listed import (
    UnobservedError,
    in_order,
    read_notifications,
    read_pending,
    read_profiles,
)
from rspharness.card.snapshot import Part, Snapshot
from rspharness.record.verdicts import ExpectationError

ICCID = Iccid.from_digits("8929901012345678905")
OTHER = Iccid.from_digits("8929901012345678913")
AID = Aid.from_hex("A0000005591010FFFFFFFF8900001000")
EMPTY = bytes.fromhex("BF2D02A000")


def entry(iccid=ICCID.octets, *more):
    named = tlv.encode(0x5A, iccid) + tlv.encode(0x4F, AID.octets)
    return tlv.encode(0xE3, named, bytes.fromhex("9F700101"), *more, bytes.fromhex("950102"))


def profiles(*entries):
    return tlv.encode(0xBF2D, tlv.encode(0xA0, *entries))


def test_sound_list_is_read():
    assert read_profiles(EMPTY) == ()
    (one,) = read_profiles(profiles(entry()))
    assert (one.iccid, one.isdp_aid, one.profile_state, one.profile_class) == (ICCID, AID, 1, 2)
    assert one.problem == ""


def test_what_the_strict_decoder_refuses_is_no_hindrance():
    long_nickname = tlv.encode(0x90, b"x" * 65)
    octets = profiles(entry(ICCID.octets, long_nickname), entry(OTHER.octets))
    with pytest.raises(DecodeError):
        ProfileInfoListResponse.decode(octets)
    assert [one.iccid for one in read_profiles(octets)] == [ICCID, OTHER]


def test_order_of_objects_is_no_hindrance():
    turned = tlv.encode(0xE3, bytes.fromhex("9F700100"), tlv.encode(0x5A, ICCID.octets))
    (one,) = read_profiles(profiles(turned))
    assert (one.iccid, one.profile_state) == (ICCID, 0)


def test_iccid_of_nine_octets_is_kept_with_its_entry():
    short = entry(ICCID.octets[:9])
    one, two = read_profiles(profiles(short, entry(OTHER.octets)))
    assert (one.iccid, one.isdp_aid, one.raw) == (None, AID, short)
    assert "9 octets" in one.problem
    assert two.iccid == OTHER


def test_iccids_are_found_behind_lengths_that_do_not_fit():
    broken = bytearray(profiles(entry(), entry(OTHER.octets)))
    broken[2] += 9  # the whole answer says it is longer
    assert [one.iccid for one in read_profiles(bytes(broken))] == [ICCID, OTHER]
    inside = bytearray(profiles(entry(), entry(OTHER.octets)))
    inside[len(profiles(entry())) + 1] = 0x7F  # the second entry does
    found = read_profiles(bytes(inside))
    assert [one.iccid for one in found] == [ICCID, OTHER]
    assert found[1].problem


@pytest.mark.parametrize("octets", ["", "BF2D03810101", "BF2802A000", "BF2D02", "6A80"])
def test_what_is_no_list_of_profiles_gives_none(octets):
    assert read_profiles(bytes.fromhex(octets)) is None


METADATA = tlv.encode(
    0xBF2F,
    bytes.fromhex("800105 81020780 0C06612E74657374"),
    tlv.encode(0x5A, ICCID.octets),
)


def test_notifications_are_read_whatever_their_event():
    strange = METADATA.replace(bytes.fromhex("81020780"), bytes.fromhex("81020701"))
    for one in (METADATA, strange):
        (read,) = read_notifications(tlv.encode(0xBF28, tlv.encode(0xA0, one)))
        assert (read.seq_number, read.iccid) == (5, ICCID)
        assert read.notification_address == "a.test"
    assert read_notifications(bytes.fromhex("BF2802A000")) == ()
    assert read_notifications(bytes.fromhex("BF2803810101")) is None


def test_metadata_are_found_inside_pending_notifications():
    pir = tlv.encode(0xBF37, tlv.encode(0xBF27, METADATA), b"\x5f\x37\x01\x00")
    other = tlv.encode(0x30, METADATA, b"\x5f\x37\x01\x00")
    answer = tlv.encode(0xBF2B, tlv.encode(0xA0, pir, other))
    assert [one.seq_number for one in read_pending(answer)] == [5, 5]
    assert read_pending(bytes.fromhex("BF2B03810101")) == ()


class AnsweringCard:
    """A card that answers STORE DATA by tag; a tag list may have an answer of its own."""

    def __init__(self, answers):
        self.answers = answers
        self.asked = []

    def reset(self):
        return b"\x3b\x00"

    def close(self):
        pass

    def transmit(self, command):
        apdu = CommandApdu.parse(command)
        if apdu.ins == Ins.MANAGE_CHANNEL:
            return b"\x01\x90\x00"
        if apdu.ins != Ins.STORE_DATA:
            return b"\x90\x00"
        self.asked.append(apdu.data.hex().upper())
        return bytes.fromhex(self.answers.get(apdu.data[:2].hex().upper(), "6D00"))


def test_refusals_are_compared_and_noted_once():
    card = Card(AnsweringCard({"BF2D": "BF2D02A0009000", "BF3C": "BF3C009000"}))
    before, after = card.observe(), card.observe()
    assert before.notifications == Part(b"", 0x6D00)
    expect.unchanged(before, after)
    assert sum("Notifications observed as a refusal: SW 6D00" in note for note in card.notes) == 1
    moved = Snapshot(before.profiles, Part(b"", 0x6A88), before.addresses)
    with pytest.raises(ExpectationError, match="SW 6D00"):
        expect.unchanged(before, moved)


def test_announcement_beside_an_answer_is_no_difference():
    link = AnsweringCard({"BF2D": "BF2D02A0009000"})
    card = Card(link)
    before = card.observe()
    link.answers["BF2D"] = "BF2D02A000910B"
    assert card.observe().profiles == before.profiles


def test_part_without_an_answer_is_not_compared():
    link = AnsweringCard({"BF2D": "BF2D02A0009000", "BF3C": "90"})
    card = Card(link)
    before = card.observe()
    assert before.addresses is None
    link.answers["BF3C"] = "BF3C009000"
    expect.unchanged(before, card.observe())
    assert any("addresses not observed" in note for note in card.notes)


def test_list_that_cannot_be_decoded_is_compared_as_octets():
    poisoned = profiles(entry(ICCID.octets, tlv.encode(0x90, b"x" * 65))).hex() + "9000"
    link = AnsweringCard({"BF2D": poisoned})
    card = Card(link)
    before = card.observe()
    expect.unchanged(before, card.observe())
    link.answers["BF2D"] = poisoned.replace("787878", "787879", 1)
    with pytest.raises(ExpectationError, match="profiles as before"):
        expect.unchanged(before, card.observe())


def test_refused_tag_list_is_left_out():
    class Picky(AnsweringCard):
        def transmit(self, command):
            answer = super().transmit(command)
            return b"\x6a\x80" if b"\xbf\x2d" in command and b"\x5c" in command else answer

    link = Picky({"BF2D": profiles(entry()).hex() + "9000"})
    card = Card(link)
    assert [one.iccid for one in card.listed_profiles()] == [ICCID]
    assert card.enabled() == (ICCID,)
    assert card.observe().profiles == Part(profiles(entry()))
    with pytest.raises(UnobservedError) as raised:
        card.profiles()
    assert raised.value.function == "ES10c.GetProfilesInfo"


def test_list_that_was_read_before_is_a_matter_of_the_case():
    link = AnsweringCard({"BF2D": "BF2D02A0009000"})
    card = Card(link)
    card.profiles()
    link.answers["BF2D"] = "6985"
    with pytest.raises(ExpectationError) as raised:
        card.profiles()
    assert not isinstance(raised.value, UnobservedError)


def test_notifications_are_looked_for_where_the_list_is_not_known():
    pending = tlv.encode(0xBF2B, tlv.encode(0xA0, tlv.encode(0x30, METADATA)))
    card = Card(AnsweringCard({"BF2B": pending.hex() + "9000"}))
    assert [one.seq_number for one in card.listed_notifications()] == [5]
    assert Card(AnsweringCard({})).listed_notifications() == ()


def test_objects_of_a_list_can_be_put_in_order():
    state, iccid = bytes.fromhex("9F700101"), tlv.encode(0x5A, ICCID.octets)
    unknown = bytes.fromhex("9F7D0100")
    turned = tlv.encode(0xBF2D, tlv.encode(0xA0, tlv.encode(0xE3, unknown, state, iccid)))
    with pytest.raises(DecodeError, match="out of order"):
        ProfileInfoListResponse.decode(turned)
    sound = tlv.encode(0xBF2D, tlv.encode(0xA0, tlv.encode(0xE3, iccid, state, unknown)))
    assert in_order(turned) == sound
    assert in_order(sound) == sound
    short = tlv.encode(0xBF2D, tlv.encode(0xA0, tlv.encode(0xE3, state, iccid[:-1])))
    assert in_order(short) is None
