"""ES10c.SetNickname: 0 to 64 characters, whatever octets they take, kept as long as the Profile."""

from rspcore import tlv
from rspcore.apdu import ResponseApdu
from rspcore.ids import Iccid
from rspcore.messages.es10c import (
    DeleteProfileRequest,
    ProfileInfoListRequest,
    SetNicknameRequest,
    SetNicknameResponse,
    SetNicknameResult,
)
from rspcore.profile_maker import preset
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect, tlv_edit

ONE, TWO = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"
UNKNOWN_ICCID = Iccid.from_digits("8929909999999999999")
NEAR_ICCID = Iccid.from_digits(f"{str(preset(ONE).iccid)[:-1]}0")
"""The ICCID of the Profile but for its last digit."""

NICKNAME, OTHER = "Work", "Holidays in the mountains"
LONGEST = "0123456789abcdef" * 4
LONGEST_IN_OCTETS = "éß€漢😀🌍Ωя" * 8
"""64 characters of two, three and four octets each."""


def set_nickname(card, one, nickname):
    """Sends SetNickname for a Profile and returns the response."""
    return card.send(SetNicknameRequest(iccid=one.iccid, profile_nickname=nickname))


def nicknames(card):
    """Returns the object 90 of each Profile by ICCID, as octets, None where it is absent.

    Profiles of somebody else are left out.
    """
    response = card.send(ProfileInfoListRequest(tag_list=bytes.fromhex("5A90")))
    expect.ok(response)
    entries = tlv.parse(tlv_edit.at(response.encode(), 0xA0)).children()
    listed = {_value(entry, Tag.Iccid): _value(entry, Tag.ProfileNickname) for entry in entries}
    others = {one.octets for one in card.aboard.profiles}
    return {iccid: nickname for iccid, nickname in listed.items() if iccid not in others}


def _value(entry, tag):
    found = entry.find(tag)
    return None if found is None else bytes(found.value)


@testcase.each(
    "nickname",
    {
        "ES10c.SetNickname#01": NICKNAME,
        "ES10c.SetNickname#04": LONGEST,
        "ES10c.SetNickname#05": LONGEST_IN_OCTETS,
    },
)
def test_nickname_is_kept_as_given(card, given, step, nickname):
    """A nickname of up to 64 characters is kept octet for octet."""
    one, two = given.profiles(ONE, TWO)
    with step(f"S_LPAd -> eUICC: SetNickname, {len(nickname)} characters"):
        response = set_nickname(card, one, nickname)
    with step("Expected: ok(0); GetProfilesInfo gives it for that Profile alone"):
        expect.ok(response)
        wanted = {one.iccid.octets: nickname.encode(), two.iccid.octets: None}
        expect.equal(nicknames(card), wanted, "profileNickname")


@testcase("ES10c.SetNickname#02")
def test_nickname_is_replaced(card, given, step):
    """A new nickname takes the place of the one there is."""
    (one,) = given.profiles(ONE)
    with step("Initial conditions: a nickname set"):
        expect.ok(set_nickname(card, one, NICKNAME))
    with step("S_LPAd -> eUICC: SetNickname, another"):
        response = set_nickname(card, one, OTHER)
    with step("Expected: ok(0), the new one"):
        expect.ok(response)
        expect.equal(nicknames(card), {one.iccid.octets: OTHER.encode()}, "profileNickname")
    with step("S_LPAd -> eUICC: SetNickname, the same again; expected: ok(0), as it was"):
        expect.ok(set_nickname(card, one, OTHER))
        expect.equal(nicknames(card), {one.iccid.octets: OTHER.encode()}, "profileNickname")


@testcase("ES10c.SetNickname#03")
def test_empty_nickname_removes_it(card, given, step):
    """A nickname of no characters removes the one there is."""
    (one,) = given.profiles(ONE)
    with step("Initial conditions: a nickname set"):
        expect.ok(set_nickname(card, one, NICKNAME))
    with step("S_LPAd -> eUICC: SetNickname, no characters"):
        response = set_nickname(card, one, "")
    with step("Expected: ok(0), no object 90"):
        expect.ok(response)
        expect.equal(nicknames(card), {one.iccid.octets: None}, "profileNickname")
    with step("S_LPAd -> eUICC: the same once more; expected: ok(0), none"):
        expect.ok(set_nickname(card, one, ""))
        expect.equal(nicknames(card), {one.iccid.octets: None}, "profileNickname")


@testcase("ES10c.SetNickname#06")
def test_enabled_profile_gets_a_nickname(card, given, step):
    """The Enabled Profile can get a nickname too."""
    (one,) = given.profiles(ONE, enabled=ONE)
    with step("S_LPAd -> eUICC: SetNickname, the Enabled Profile"):
        response = set_nickname(card, one, NICKNAME)
    with step("Expected: ok(0), the nickname, the Profile still Enabled"):
        expect.ok(response)
        expect.equal(nicknames(card), {one.iccid.octets: NICKNAME.encode()}, "profileNickname")
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")


@testcase.each("iccid", {"ES10c.SetNickname#07": UNKNOWN_ICCID, "ES10c.SetNickname#14": NEAR_ICCID})
def test_unknown_profile_is_refused(card, given, step, iccid):
    """An ICCID of no Profile is not found."""
    given.profiles(ONE)
    before = card.observe()
    with step("S_LPAd -> eUICC: SetNickname, unknown ICCID"):
        request = SetNicknameRequest(iccid=iccid, profile_nickname=NICKNAME)
        response = card.send(request)
    with step("Expected: iccidNotFound(1)"):
        expect.error(response, SetNicknameResult.iccidNotFound)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ES10c.SetNickname#08")
def test_too_long_nickname_is_refused(card, given, note, step):
    """A nickname of 65 characters is refused, and the one there is stays."""
    (one,) = given.profiles(ONE)
    with step("Initial conditions: a nickname set"):
        expect.ok(set_nickname(card, one, NICKNAME))
        before = card.observe()
    with step("S_LPAd -> eUICC: SetNickname, 65 characters"):
        request = SetNicknameRequest(iccid=one.iccid, profile_nickname=LONGEST + "0")
        response = card.store(request.encode())
        note(f"65 characters: SW {response.sw:04X}, {response.data.hex().upper() or 'no data'}")
    with step("Expected, whatever the answer: not stored, all as before"), expect.settled():
        expect.unchanged(before, card.observe())
    with step("Expected: SW 6A80, or undefinedError(127)"):
        code = SetNicknameResponse(set_nickname_result=SetNicknameResult.undefinedError)
        refused = ResponseApdu(b"", StatusWord.WRONG_DATA)
        expect.one_of(response, (refused, ResponseApdu(code.encode(), StatusWord.OK)))


@testcase("ES10c.SetNickname#09")
def test_nickname_outlives_switches_and_reset(card, given, step):
    """The nickname is the same after Enable, Disable and a reset."""
    (one,) = given.profiles(ONE)
    with step("Initial conditions: a nickname set"):
        expect.ok(set_nickname(card, one, NICKNAME))
    with step("S_LPAd -> eUICC: EnableProfile, DisableProfile; reset; power off and on"):
        given.enable(one.iccid)
        enabled = nicknames(card)
        given.disable(one.iccid)
        card.reset()
        card.power_cycle()
    with step("Expected: the same nickname all the time"):
        expect.equal(
            (enabled, nicknames(card)),
            ({one.iccid.octets: NICKNAME.encode()},) * 2,
            "profileNickname",
        )


@testcase("ES10c.SetNickname#10")
def test_nickname_goes_with_the_profile(card, given, server, step):
    """A Profile deleted and installed again has no nickname."""
    (one,) = given.profiles(ONE)
    with step("Initial conditions: a nickname set, the Profile deleted and installed again"):
        expect.ok(set_nickname(card, one, NICKNAME))
        expect.ok(card.send(DeleteProfileRequest(iccid=one.iccid)))
        server.install(card, one.profile)
    with step("S_LPAd -> eUICC: GetProfilesInfo; expected: no object 90"):
        expect.equal(nicknames(card), {one.iccid.octets: None}, "profileNickname")


@testcase("ES10c.SetNickname#11")
def test_missing_nickname_is_refused(card, given, step):
    """A request without the nickname is no request to remove it."""
    (one,) = given.profiles(ONE)
    with step("Initial conditions: a nickname set"):
        expect.ok(set_nickname(card, one, NICKNAME))
        before = card.observe()
    with step("S_LPAd -> eUICC: SetNickname, object 90 missing"):
        request = SetNicknameRequest(iccid=one.iccid, profile_nickname=OTHER).encode()
        response = card.store(tlv_edit.without(request, Tag.ProfileNickname))
    with step("Expected: SW 6A80"):
        expect.refused(response, StatusWord.WRONG_DATA)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ES10c.SetNickname#12")
def test_removal_leaves_other_nicknames(card, given, step):
    """A nickname that is removed leaves that of another Profile."""
    one, two = given.profiles(ONE, TWO)
    with step("Initial conditions: a nickname each"):
        expect.ok(set_nickname(card, one, NICKNAME))
        expect.ok(set_nickname(card, two, OTHER))
    with step("S_LPAd -> eUICC: SetNickname of the first, empty; expected: ok(0)"):
        expect.ok(set_nickname(card, one, ""))
    with step("Expected: the nickname of the second as before"):
        left = nicknames(card)[two.iccid.octets]
        expect.equal(left, OTHER.encode(), "nickname of the second")


@testcase("ES10c.SetNickname#13")
def test_deletion_leaves_other_nicknames(card, given, step):
    """A Profile that is deleted leaves the nicknames of those installed after it."""
    one, two, three = given.profiles(ONE, TWO, "PROFILE_OPERATIONAL3")
    with step("Initial conditions: the Profiles Disabled, a nickname each"):
        for each, text in ((one, NICKNAME), (two, OTHER), (three, LONGEST)):
            expect.ok(set_nickname(card, each, text))
    with step("S_LPAd -> eUICC: DeleteProfile of the first; expected: ok(0)"):
        expect.ok(card.send(DeleteProfileRequest(iccid=one.iccid)))
    with step("Expected: the nicknames of the other two as before"):
        expected = {two.iccid.octets: OTHER.encode(), three.iccid.octets: LONGEST.encode()}
        expect.equal(nicknames(card), expected, "nicknames")
