"""Odd cards: everything that can be read is read, and what cannot comes in octets with a reason."""

import pytest

from rspcore import tlv
from rspcore.ids import Iccid
from rspharness.lpa import output
from rspharness.lpa.card_reading import read_card, read_lists

EID = "89049032123451234512345678901235"
LISTS = "A90604040A0B0C0D AA0604040A0B0C0D"
INFO1 = bytes.fromhex("BF2015 8203020500" + LISTS)
SOUND = "8103020301 8203020500 8303010203 {} 850206408802 0780" + LISTS + "0403010000 0C00"
RESOURCE = "840D8101008204000A000083020800"
PROFILE = "5A0A98001032547698103214"


def info2(resource=RESOURCE, more=""):
    return tlv.encode(0xBF22, bytes.fromhex(SOUND.format(resource) + more))


def answers(**changed):
    return {
        0xBF3E: bytes.fromhex("BF3E125A10" + EID),
        0xBF3C: bytes.fromhex("BF3C058103") + b"ds.",
        0xBF20: INFO1,
        0xBF22: info2(),
        0xBF43: bytes.fromhex("BF4302A000"),
    } | {int(tag, 16): value for tag, value in changed.items()}


def shown(tlv_card, **changed):
    _, channel = tlv_card(answers(**changed))
    read = read_card(channel)
    return output.card_view(read), [part.problem for part in read.parts if part.problem]


def test_sound_card_has_no_problem(tlv_card):
    view, problems = shown(tlv_card)
    assert problems == []
    assert (view["eid"], view["svn"], view["rat"]) == (EID, "2.5.0", [])
    assert view["euiccCategory"] == "other"
    assert not [name for name in view if "(" in name]


@pytest.mark.parametrize("resource", ["84088201008201008500", "8400", "84020100", "840401008200"])
def test_odd_resource_hides_nothing_else(tlv_card, resource):
    view, (problem,) = shown(tlv_card, BF22=info2(resource))
    assert (view["eid"], view["svn"], view["rat"]) == (EID, "2.5.0", [])
    assert view["euiccCiPKIdListForSigning"] == ["0A0B0C0D"]
    assert resource in str(view["unread (EUICCInfo2)"])
    assert resource in problem
    assert problem.startswith("EUICCInfo2: ")
    assert "(ES10b.GetEUICCInfo2#08 fails for it)" in problem


def test_unknown_member_is_shown_and_no_problem(tlv_card):
    view, problems = shown(tlv_card, BF22=info2(more="9F7F0142"))
    assert problems == []
    assert view["unknown (EUICCInfo2)"] == ["9F7F0142"]


def test_rat_with_an_odd_operator_is_shown_in_octets(tlv_card):
    rat = bytes.fromhex("BF4313A011300F80020640A106B704800200F1820100")
    view, (problem,) = shown(tlv_card, BF43=rat)
    assert view["eid"] == EID
    assert "rat" not in view
    assert "B704800200F1" in str(view["unread (RAT)"])
    assert problem.startswith("RAT: ")
    assert "(ES10b.GetRAT#01 fails for it)" in problem


def test_each_component_that_cannot_be_read_is_named_with_its_row(tlv_card):
    sound = tlv.parse(info2("8400")).value
    odd = tlv.encode(0xBF22, bytes(sound).replace(b"\x83\x03\x01\x02\x03", b"\x83\x01\x01"))
    _, (problem,) = shown(tlv_card, BF22=odd)
    for row in ("ES10b.GetEUICCInfo2#07", "ES10b.GetEUICCInfo2#08"):
        assert f"({row} fails for it)" in problem
    assert problem.count("fails for it") == 2


def test_refused_part_is_named(tlv_card):
    view, problems = shown(tlv_card, BF3E=0x6D00, BF22=0x6A88)
    assert "eid" not in view
    assert view["svn (EUICCInfo1)"] == "2.5.0"
    assert [one.partition(":")[0] for one in problems] == ["EID", "EUICCInfo2"]


def test_eid_of_another_length_is_shown_in_octets(tlv_card):
    view, (problem,) = shown(tlv_card, BF3E=bytes.fromhex("BF3E045A028904"))
    assert "5A028904" in str(view["unread (EID)"])
    assert "(ES10c.GetEID#01 fails for it)" in problem
    assert "BF3E045A028904" in problem


def test_difference_between_the_two_infos_is_shown(tlv_card):
    view, problems = shown(tlv_card, BF20=bytes.fromhex("BF2009 8203020600 A900AA00"))
    assert problems == []
    assert (view["svn"], view["svn (EUICCInfo1)"]) == ("2.5.0", "2.6.0")


def listed(*profiles):
    infos = [tlv.encode(0xE3, bytes.fromhex(one)) for one in profiles]
    return tlv.encode(0xBF2D, tlv.encode(0xA0, *infos))


NONE_WAITING = bytes.fromhex("BF2802A000")


def test_owner_and_rules_are_asked_for_and_shown(tlv_card):
    profiles = listed(PROFILE + "9F700101 B705800300F110 99020640")
    card, channel = tlv_card({0xBF2D: profiles, 0xBF28: NONE_WAITING})
    read = read_lists(channel)
    (row,) = map(output.listed_profile_view, read.profiles)
    assert (row["profileState"], row["profilePolicyRules"]) == ("enabled", "ppr1")
    assert row["profileOwner"] == "001/01"
    assert bytes.fromhex("99B7") in card.seen[0]
    assert read.problems == ()


def test_profile_out_of_order_hides_no_other(tlv_card):
    odd, sound = PROFILE + "9F700101 9000 4F05A000000559", PROFILE
    _, channel = tlv_card({0xBF2D: listed(odd, sound), 0xBF28: NONE_WAITING})
    read = read_lists(channel)
    rows = [output.listed_profile_view(one) for one in read.profiles]
    assert [row["iccid"] for row in rows] == ["89000123456789012341"] * 2
    assert rows[0]["isdpAid"] == "A000000559"
    (problem,) = read.problems
    assert "out of order" in problem
    assert "(ES10c.GetProfilesInfo#49 fails for it)" in problem
    assert "octets received: BF2D" in problem


def test_iccid_of_another_length_is_shown_in_octets(tlv_card):
    _, channel = tlv_card({0xBF2D: listed("5A0298109F700100"), 0xBF28: NONE_WAITING})
    read = read_lists(channel)
    (row,) = map(output.listed_profile_view, read.profiles)
    assert "(ES10c.GetProfilesInfo#32 fails for it)" in read.problems[0]
    assert "iccid" not in row
    assert "5A029810" in str(row["unread"])


def test_iccid_with_a_letter_is_shown_as_it_is_accepted(tlv_card):
    iccid = Iccid.from_unswapped(bytes.fromhex("890001234567890123A1"))
    profiles = listed("5A0A" + iccid.octets.hex())
    _, channel = tlv_card({0xBF2D: profiles, 0xBF28: NONE_WAITING})
    (row,) = map(output.listed_profile_view, read_lists(channel).profiles)
    assert row["iccid"] == "890001234567890123A1"


def test_refused_tag_list_is_followed_by_the_default_list(tlv_card):
    def answer(octets):
        return 0x6A80 if bytes.fromhex("5C") in octets else listed(PROFILE)

    _, channel = tlv_card({0xBF2D: answer, 0xBF28: NONE_WAITING})
    read = read_lists(channel)
    assert len(read.profiles) == 1
    (problem,) = read.problems
    assert problem.startswith("with a tag list: ")
    assert "6A80" in problem


def test_waiting_notifications_are_shown(tlv_card):
    waiting = bytes.fromhex("BF2812A010BF2F0D 800107 81020780 0C04") + b"a.bc"
    _, channel = tlv_card({0xBF2D: listed(), 0xBF28: waiting})
    (row,) = map(output.waiting_view, read_lists(channel).notifications)
    assert (row["seqNumber"], row["event"], row["notificationAddress"]) == (7, "install", "a.bc")


def test_refused_notifications_leave_the_profiles(tlv_card):
    _, channel = tlv_card({0xBF2D: listed(PROFILE), 0xBF28: 0x6D00})
    read = read_lists(channel)
    assert len(read.profiles) == 1
    (problem,) = read.problems
    assert problem.startswith("list of Notifications: ")


def test_error_of_the_card_is_named(tlv_card):
    _, channel = tlv_card({0xBF2D: bytes.fromhex("BF2D03810101"), 0xBF28: NONE_WAITING})
    read = read_lists(channel)
    assert read.profiles is None
    assert all("incorrectInputValues(1)" in one for one in read.problems)
