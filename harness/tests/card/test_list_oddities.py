"""What is wrong with lists that can be read: states, doubles, numbers."""

import pytest

from rspcore import tlv
from rspharness.card.list_oddities import number_problem, profile_problems, unread
from rspharness.card.listed import read_notifications, read_profiles

pytestmark = pytest.mark.once

ONE, TWO = "98101032547698103214", "98101032547698103225"
AID, OTHER_AID = "A0000005591010FFFFFFFF8900001000", "A0000005591010FFFFFFFF8900001100"
LIST, STATES = "ES10c.GetProfilesInfo#01", "ES10c.GetProfilesInfo#37"


def profile(iccid, aid, state, more=""):
    octets = bytes.fromhex(f"5A0A{iccid}4F10{aid}" + (f"9F7001{state}" if state else "") + more)
    return tlv.encode(0xE3, octets)


def problems(*entries):
    octets = tlv.encode(0xBF2D, tlv.encode(0xA0, *entries))
    return list(profile_problems(read_profiles(octets), LIST))


@pytest.mark.parametrize("states", [("00", "00"), ("00", "01"), ("01", "00"), ("", "")])
def test_sound_list_has_no_problem(states):
    assert problems(profile(ONE, AID, states[0]), profile(TWO, OTHER_AID, states[1])) == []
    assert problems() == []


@pytest.mark.parametrize(
    ("second", "row", "words"),
    [
        ((TWO, OTHER_AID, "01"), STATES, "2 Profiles Enabled"),
        ((TWO, OTHER_AID, "02"), STATES, "profileState 2"),
        ((TWO, OTHER_AID, "FF"), STATES, "profileState 255"),
        ((ONE, OTHER_AID, "00"), LIST, "listed 2 times"),
        ((TWO, AID, "00"), LIST, "listed 2 times"),
    ],
)
def test_each_problem_has_its_requirement(second, row, words):
    ((said, own),) = problems(profile(ONE, AID, "01"), profile(*second))
    assert own == row
    assert words in said


def test_profiles_on_two_esim_ports_are_both_enabled():
    first = profile(ONE, AID, "01", "9F240100")
    assert problems(first, profile(TWO, OTHER_AID, "01", "9F240101")) == []


def notifications(*numbers, events="020780"):
    entries = (
        bytes.fromhex(f"80{len(number) // 2:02X}{number}81{events}0C0161") for number in numbers
    )
    octets = (tlv.encode(0xBF2F, one) for one in entries)
    return read_notifications(tlv.encode(0xBF28, tlv.encode(0xA0, *octets)))


@pytest.mark.parametrize("numbers", [(), ("00",), ("01", "02"), ("7F", "0080"), ("02", "01")])
def test_numbers_that_are_right(numbers):
    assert number_problem(notifications(*numbers)) is None


@pytest.mark.parametrize(
    ("numbers", "words"),
    [(("FB",), "seqNumber -5"), (("01", "80"), "seqNumber -128"), (("05", "05"), "seqNumber 5 of")],
)
def test_number_below_zero_or_twice(numbers, words):
    said, row = number_problem(notifications(*numbers))
    assert row == "ES10b.ListNotification#12"
    assert words in said


def test_notification_that_no_decoder_takes_is_no_matter_of_its_number():
    (one,) = notifications("FB", events="021080")
    assert unread(one)[1] == "ES10b.ListNotification#01"
    assert number_problem([one]) is None
    assert unread(notifications("05")[0]) is None
