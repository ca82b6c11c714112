"""ES10c.GetProfilesInfo: which Profiles are listed, in what state, and what makes a bad request."""

from dataclasses import replace

from rspcore import tlv
from rspcore.apdu import ResponseApdu
from rspcore.ids import Aid, Iccid
from rspcore.messages.es10c import (
    ProfileInfoListError,
    ProfileInfoListRequest,
    ProfileState,
    SearchCriteria,
)
from rspcore.messages.metadata import ProfileClass
from rspcore.profile_maker import preset
from rspcore.tags import ISDP_PREFIX, Tag
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.servers.rsp_server import profile
from rspharness.suite import store_data_blocks
from rspharness.suite.preconditions import require_no_other_profiles

ONE, TWO, THREE = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2", "PROFILE_OPERATIONAL3"
TEST = "PROFILE_TEST1"
PROVISIONING = "PROFILE_PROVISIONING1"

EMPTY = bytes.fromhex("BF2D02A000")
NO_SUCH_ICCID = Iccid.from_digits("8929909999999999999")
NEAR_ICCID = Iccid.from_digits(f"{str(preset(ONE).iccid)[:-1]}0")
"""The ICCID of a Profile but for its last digit."""
NO_SUCH_AID = Aid(ISDP_PREFIX + bytes.fromhex("FFFE00"))

ONE_ICCID = SearchCriteria(iccid=preset(ONE).iccid)

MANY = tuple(
    replace(
        preset(ONE),
        iccid=Iccid.from_digits(f"892990107777777777{number}"),
        profile_name=f"Operational Profile Name 1.{number}",
    )
    for number in range(8)
)


def listed(card, criteria=None):
    """Asks for the Profiles of some criteria and returns their ICCIDs, in the order of the card.

    Profiles of somebody else are left out.
    """
    response = card.send(ProfileInfoListRequest(search_criteria=criteria))
    expect.ok(response)
    found = (one.iccid for one in response.profile_info_list_ok)
    return [iccid for iccid in found if iccid not in card.aboard.profiles]


@testcase("ES10c.GetProfilesInfo#02")
def test_card_without_profiles_lists_none(card, given, step):
    """Without a Profile the list is there and empty."""
    require_no_other_profiles(card)
    given.none()
    with step("S_LPAd -> eUICC: GetProfilesInfo"):
        response = card.store(ProfileInfoListRequest().encode())
    with step("Expected: an empty profileInfoListOk"):
        expect.equal(response, ResponseApdu(EMPTY, 0x9000))


@testcase("ES10c.GetProfilesInfo#03")
def test_isdp_aid_finds_its_profile_alone(card, given, step):
    """Asked for by ISD-P AID, the Profile of that AID is listed and no other."""
    one, two = given.profiles(ONE, TWO)
    with step("S_LPAd -> eUICC: GetProfilesInfo, 4F of the second, then of the first Profile"):
        second = listed(card, SearchCriteria(isdp_aid=two.aid))
        first = listed(card, SearchCriteria(isdp_aid=one.aid))
    with step("Expected: that Profile alone, each time"):
        expect.equal((second, first), ([two.iccid], [one.iccid]), "ICCIDs listed")


@testcase("ES10c.GetProfilesInfo#04")
def test_iccid_finds_its_profile_alone(card, given, step):
    """Asked for by ICCID, the Profile of that ICCID is listed and no other."""
    one, two = given.profiles(ONE, TWO)
    with step("S_LPAd -> eUICC: GetProfilesInfo, 5A of the second, then of the first Profile"):
        second = listed(card, SearchCriteria(iccid=two.iccid))
        first = listed(card, SearchCriteria(iccid=one.iccid))
    with step("Expected: that Profile alone, each time"):
        expect.equal((second, first), ([two.iccid], [one.iccid]), "ICCIDs listed")


@testcase("ES10c.GetProfilesInfo#05")
def test_class_operational_finds_operational_profiles(card, given, options, step):
    """Asked for by the class operational, no Profile of another class is listed."""
    others = (TEST,) * options.get("TEST_PROFILE", False)
    one, *_ = given.profiles(ONE, *others)
    with step("S_LPAd -> eUICC: GetProfilesInfo, 95 operational(2)"):
        found = listed(card, SearchCriteria(profile_class=ProfileClass.operational))
    with step("Expected: the operational Profile alone"):
        expect.equal(found, [one.iccid], "ICCIDs listed")


@testcase.each(
    "name, wanted",
    {
        "ES10c.GetProfilesInfo#06": (PROVISIONING, ProfileClass.provisioning),
        "ES10c.GetProfilesInfo#07": (TEST, ProfileClass.test),
    },
)
def test_class_finds_profiles_of_that_class(card, given, step, name, wanted):
    """Asked for by a class, the Profile of that class is listed, and no operational one."""
    _, other = given.profiles(ONE, name)
    with step(f"S_LPAd -> eUICC: GetProfilesInfo, 95 {wanted.name}({wanted.value})"):
        found = listed(card, SearchCriteria(profile_class=wanted))
    with step("Expected: the Profile of that class alone"):
        expect.equal(found, [other.iccid], "ICCIDs listed")


@testcase.each(
    "criteria",
    {
        "ES10c.GetProfilesInfo#08": SearchCriteria(isdp_aid=NO_SUCH_AID),
        "ES10c.GetProfilesInfo#09": SearchCriteria(iccid=NO_SUCH_ICCID),
        "ES10c.GetProfilesInfo#56": SearchCriteria(iccid=NEAR_ICCID),
        "ES10c.GetProfilesInfo#51": SearchCriteria(profile_class=ProfileClass.provisioning),
    },
)
def test_criteria_without_a_match_find_none(card, given, step, criteria):
    """Criteria that fit no Profile give an empty list, which is no error."""
    given.profiles(ONE, TWO)
    with step("S_LPAd -> eUICC: GetProfilesInfo, criteria that fit no Profile"):
        response = card.store(ProfileInfoListRequest(search_criteria=criteria).encode())
    with step("Expected: an empty profileInfoListOk"):
        expect.equal(response, ResponseApdu(EMPTY, 0x9000))


@testcase("ES10c.GetProfilesInfo#36")
def test_criteria_and_tag_list_both_hold(card, given, step):
    """With criteria and a tag list, the matching Profile is listed with those objects alone."""
    _, two = given.profiles(ONE, TWO)
    criteria = SearchCriteria(iccid=two.iccid)
    request = ProfileInfoListRequest(search_criteria=criteria, tag_list=bytes.fromhex("4F92"))
    with step("S_LPAd -> eUICC: GetProfilesInfo, 5A of the second Profile, tag list 4F 92"):
        response = card.send(request)
    with step("Expected: one entry with 4F and 92 of that Profile"):
        name = tlv_edit.at(two.profile.metadata.encode(), Tag.ProfileName)
        entry = tlv.encode(Tag.ProfileInfo, tlv.encode(Tag.IsdpAid, two.aid.octets), name)
        whole = tlv.encode(Tag.GetProfilesInfo, tlv.encode(0xA0, entry))
        expect.equal(response.encode(), whole)


@testcase("ES10c.GetProfilesInfo#37")
def test_states_are_distinguished(card, given, step):
    """In one answer the Enabled Profile has state 1 and the Disabled one state 0."""
    one, two = given.profiles(ONE, TWO, enabled=TWO)
    with step("S_LPAd -> eUICC: GetProfilesInfo"):
        states = {listed.iccid: listed.profile_state for listed in card.profiles(None)}
    with step("Expected: profileState of each"):
        wanted = {one.iccid: ProfileState.disabled, two.iccid: ProfileState.enabled}
        expect.equal(states, wanted, "profileState")


@testcase("ES10c.GetProfilesInfo#41")
def test_long_list_comes_whole(card, given, step):
    """A list of eight Profiles with icons, longer than one response, comes complete over 61XX."""
    profiles = given.profiles(*MANY)
    request = ProfileInfoListRequest(tag_list=bytes.fromhex("5A9294")).encode()
    with step("S_LPAd -> eUICC: GetProfilesInfo, tag list 5A 92 94; expected: 61XX"):
        parts = store_data_blocks.answers_in_parts(card, store_data_blocks.block(card, request))
        expect.that(holds=len(parts) > 1, expected="61XX first", actual="one response")
        expect.success(parts[-1])
    with step("Expected: icon and name of each of the eight"):
        entries = [_entry(one.profile.metadata.encode()) for one in profiles]
        whole = tlv.encode(Tag.GetProfilesInfo, tlv.encode(0xA0, *entries))
        found = _sorted(b"".join(part.data for part in parts))
        own = [one for one in found if not card.aboard.mentioned_in(b"".join(one))]
        expect.equal(own, _sorted(whole))


def _entry(metadata):
    objects = (tlv_edit.at(metadata, tag) for tag in (Tag.Iccid, Tag.ProfileName, Tag.Icon))
    return tlv.encode(Tag.ProfileInfo, *objects)


def _sorted(response):
    """Returns the objects of the entries of a response in an order that is not the card's."""
    entries = tlv.parse(tlv_edit.at(response, 0xA0)).children()
    return sorted(sorted(bytes(one.raw) for one in entry.children()) for entry in entries)


@testcase.each(
    "criteria",
    {
        "ES10c.GetProfilesInfo#42": "A0 03 96 01 02",
        "ES10c.GetProfilesInfo#43": "A0 0A 5A 08 9892090121436587",
    },
)
def test_malformed_criteria_are_refused(card, given, step, criteria):
    """An unknown criterion, or an ICCID of 8 octets, gives incorrectInputValues(1)."""
    given.profiles(ONE)
    before = card.observe()
    with step(f"S_LPAd -> eUICC: GetProfilesInfo, searchCriteria {criteria}"):
        response = card.ask(tlv.encode(Tag.GetProfilesInfo, bytes.fromhex(criteria)))
    with step("Expected: incorrectInputValues(1)"):
        expect.error(response, ProfileInfoListError.incorrectInputValues)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ES10c.GetProfilesInfo#44")
def test_two_criteria_at_once(card, given, note, step):
    """Two criteria in one request are an error, or the first of them holds."""
    one, two = given.profiles(ONE, TWO)
    criteria = tlv.encode(
        0xA0, tlv.encode(Tag.IsdpAid, two.aid.octets), tlv.encode(Tag.Iccid, one.iccid.octets)
    )
    with step("S_LPAd -> eUICC: GetProfilesInfo, 4F of the second and 5A of the first Profile"):
        response = card.ask(tlv.encode(Tag.GetProfilesInfo, criteria))
        found = [one.iccid for one in response.profile_info_list_ok or ()]
        note(f"two criteria: error {response.profile_info_list_error!r}, {len(found)} entries")
    with step("Expected: incorrectInputValues(1), or the list for the first criterion"):
        allowed = ((ProfileInfoListError.incorrectInputValues, []), (None, [two.iccid]))
        expect.one_of((response.profile_info_list_error, found), allowed)


@testcase("ES10c.GetProfilesInfo#46")
def test_profile_being_loaded_is_not_listed(card, given, server, step):
    """While a Profile is being loaded the list is that of before, or refused with 6985."""
    given.profiles(ONE)
    request = ProfileInfoListRequest().encode()
    with step("S_LPAd -> eUICC: GetProfilesInfo, before the load"):
        before = card.store(request)
    with step("Initial conditions: a second Profile loaded but for its last segment"):
        session = server.prepared(card)
        package = session.package(profile(TWO))
        loaded = session.load(package.until(len(package) - 1))
        expect.success(loaded.last)
    with step("S_LPAd -> eUICC: GetProfilesInfo"):
        response = card.store(request)
    with step("Expected: the list of before, or SW 6985"):
        expect.one_of(response, (before, ResponseApdu(b"", 0x6985)))


@testcase("ES10c.GetProfilesInfo#47")
def test_nickname_never_set_is_absent(card, given, step):
    """A Profile that never got a nickname has no object 90."""
    given.profiles(ONE)
    with step("S_LPAd -> eUICC: GetProfilesInfo"):
        response = card.send(ProfileInfoListRequest(search_criteria=ONE_ICCID))
    with step("Expected: one entry without 90"):
        (entry,) = tlv.parse(tlv_edit.at(response.encode(), 0xA0)).children()
        expect.equal(entry.find(Tag.ProfileNickname), None, "profileNickname")


@testcase("ES10c.GetProfilesInfo#48")
def test_isdp_aids_are_unique_and_stay(card, given, step):
    """Every ISD-P has an AID of its own in the ISD-P range, and keeps it over a reset."""
    given.profiles(ONE, TWO, THREE)
    with step("S_LPAd -> eUICC: GetProfilesInfo; reset; GetProfilesInfo"):
        before = {one.iccid: one.isdp_aid.octets for one in card.profiles(None)}
        card.reset()
        after = {one.iccid: one.isdp_aid.octets for one in card.profiles(None)}
    with step("Expected: A0000005591010FFFFFFFF8900 xxxx 00, xxxx from 0010, all different"):
        for aid in before.values():
            expect.that(
                holds=len(aid) == 16
                and aid.startswith(ISDP_PREFIX)
                and aid[13:15] >= b"\x00\x10"
                and aid[15] == 0,
                expected="an AID of the ISD-P range",
                actual=aid.hex().upper(),
            )
        expect.equal(len(set(before.values())), 3, "different ISD-P AIDs")
    with step("Expected: the same after the reset"):
        expect.equal(after, before, "ISD-P AIDs")


@testcase("ES10c.GetProfilesInfo#55")
def test_profile_without_class_is_operational(card, given, step):
    """A Profile whose metadata name no class is found as an operational one, and as no other."""
    plain = replace(preset(ONE), profile_class=None)
    (one,) = given.profiles(plain)
    for wanted in (ProfileClass.operational, ProfileClass.test, ProfileClass.provisioning):
        with step(f"S_LPAd -> eUICC: GetProfilesInfo, class {wanted.name}"):
            found = listed(card, SearchCriteria(profile_class=wanted))
        with step("Expected: listed as operational alone"):
            expected = [one.iccid] if wanted is ProfileClass.operational else []
            expect.equal(found, expected, "ICCIDs")
