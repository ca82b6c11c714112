"""ES10c.GetProfilesInfo: which data objects of a Profile are listed, and in what order."""

from dataclasses import replace

from rspcore import tlv
from rspcore.ids import Iccid
from rspcore.messages.es10c import (
    ProfileInfoListError,
    ProfileInfoListRequest,
    SearchCriteria,
    SetNicknameRequest,
)
from rspcore.messages.metadata import (
    NotificationConfigurationInformation,
    NotificationEvent,
    PprId,
    ProfileClass,
)
from rspcore.profile_maker import preset
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.card.asking import ALL_TAGS
from rspharness.servers.rsp_server import profile
from rspharness.suite.preconditions import require_no_other_profiles

ONE, TWO = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"
SERVICE_DATA = 0xBF22

ORDER = (
    Tag.Iccid,
    Tag.IsdpAid,
    Tag.ProfileState,
    Tag.ProfileNickname,
    Tag.ServiceProviderName,
    Tag.ProfileName,
    Tag.IconType,
    Tag.Icon,
    Tag.ProfileClass,
    Tag.NotificationConfigurationInfo,
    Tag.ProfileOwner,
    Tag.DpProprietaryData,
    Tag.ProfilePolicyRules,
    SERVICE_DATA,
)
"""Objects of ProfileInfo in the order of the ASN.1 module."""

DEFAULT = ORDER[:9]
"""Objects listed without a tag list."""

FOUR_ENTRIES = tuple(
    NotificationConfigurationInformation(
        profile_management_operation=frozenset({event}),
        notification_address=f"dp{event.value}.example.com",
    )
    for event in NotificationEvent
)
BARE = replace(preset(TWO), icon=None, notification_configuration=(), with_owner=False)
"""A Profile with nothing but what every Profile has."""

NICKNAME = "Work"
SERVICE_OBJECT = tlv.encode(SERVICE_DATA, bytes.fromhex("800388370C 810401020304"))


def listed(card, tag_list):
    """Asks for objects by a tag list; returns those of each Profile as whole data objects.

    What Profiles of somebody else have of these objects is left out, once for each of them.
    """
    response = card.send(ProfileInfoListRequest(tag_list=tag_list))
    expect.ok(response)
    entries = tlv.parse(tlv_edit.at(response.encode(), 0xA0)).children()
    found = [[bytes(one.raw) for one in entry.children()] for entry in entries]
    for other in of_others(card, DEFAULT if tag_list is None else tags_in(tag_list)):
        if other in found:
            found.remove(other)
    return found


def of_others(card, tags):
    """Returns what the Profiles of somebody else have of some objects, in the order listed."""
    entries = []
    for iccid in sorted(map(str, card.aboard.profiles)):
        criteria = SearchCriteria(iccid=Iccid.from_digits(iccid))
        request = ProfileInfoListRequest(search_criteria=criteria, tag_list=ALL_TAGS)
        response = card.send(request)
        expect.ok(response)
        entries += [
            [bytes(one.raw) for one in entry.children() if one.tag in tags]
            for entry in tlv.parse(tlv_edit.at(response.encode(), 0xA0)).children()
        ]
    return entries


def tags_in(tag_list):
    """Returns the tags of a tag list."""
    return {tag for tag in ORDER if tlv.encode_tag(tag) in tag_list}


def objects(one, state=0, nickname=""):
    """Returns the data objects a Profile has, by tag: as its metadata has them, plus the card's."""
    metadata = tlv.parse(one.profile.metadata.encode())
    have = {child.tag: bytes(child.raw) for child in metadata.children()}
    have[Tag.IsdpAid] = tlv.encode(Tag.IsdpAid, one.aid.octets)
    have[Tag.ProfileState] = tlv.encode(Tag.ProfileState, bytes((state,)))
    if nickname:
        have[Tag.ProfileNickname] = tlv.encode(Tag.ProfileNickname, nickname.encode())
    return have


def dp_data(server):
    """Returns dpProprietaryData of a server: its OID and data of its own."""
    oid = tlv.encode(0x80, server.oid.content)
    return tlv.encode(Tag.DpProprietaryData, oid, tlv.encode(0x81, b"kept for the server"))


def in_order(have, tags):
    """Returns the objects of some tags, in the order of the ASN.1 module."""
    return [have[tag] for tag in ORDER if tag in tags and tag in have]


@testcase("ES10c.GetProfilesInfo#01")
def test_default_objects_of_each_profile(card, given, step):
    """Without a tag list each Profile is listed with those of 5A to 95 it has, and no other known.

    Objects that this version does not know are no matter of it.
    """
    one, two = given.profiles(ONE, BARE, enabled=ONE)
    with step("Initial conditions: a nickname for the second Profile"):
        request = SetNicknameRequest(iccid=two.iccid, profile_nickname=NICKNAME)
        expect.ok(card.send(request))
    with step("S_LPAd -> eUICC: GetProfilesInfo, neither criteria nor tag list"):
        entries = listed(card, None)
    with step("Expected: 5A 4F 9F70 90 91 92 93 94 95 of both, absent objects left out"):
        first = in_order(objects(one, 1), DEFAULT)
        second = in_order(objects(two, 0, NICKNAME), DEFAULT)
        known = [[one for one in entry if tlv.parse(one).tag in ORDER] for entry in entries]
        expect.equal(sorted(map(sorted, known)), sorted(map(sorted, (first, second))))


@testcase.each(
    "tag",
    {
        "ES10c.GetProfilesInfo#10": Tag.Iccid,
        "ES10c.GetProfilesInfo#11": Tag.IsdpAid,
        "ES10c.GetProfilesInfo#12": Tag.ProfileState,
        "ES10c.GetProfilesInfo#14": Tag.ServiceProviderName,
        "ES10c.GetProfilesInfo#15": Tag.ProfileName,
        "ES10c.GetProfilesInfo#16": Tag.IconType,
        "ES10c.GetProfilesInfo#17": Tag.Icon,
        "ES10c.GetProfilesInfo#18": Tag.ProfileClass,
        "ES10c.GetProfilesInfo#19": Tag.NotificationConfigurationInfo,
        "ES10c.GetProfilesInfo#20": Tag.ProfileOwner,
    },
)
def test_one_tag_gives_one_object(card, given, step, tag):
    """A tag list of one tag gives that object of each Profile that has it, and nothing else."""
    one, two = given.profiles(ONE, BARE, enabled=ONE)
    with step(f"S_LPAd -> eUICC: GetProfilesInfo, tag list {tag:02X}"):
        entries = listed(card, tlv.encode_tag(tag))
    with step(f"Expected: {tag:02X} as stored, left out where it is absent"):
        wanted = (in_order(objects(one, 1), {tag}), in_order(objects(two), {tag}))
        expect.equal(_with_content(entries), _with_content(wanted))


def _with_content(entries):
    """Returns the entries that have content, in an order that does not depend on the card."""
    return sorted(entry for entry in entries if entry)


@testcase("ES10c.GetProfilesInfo#13")
def test_nickname_alone(card, given, step):
    """A tag list of 90 gives the nickname of the Profile that has one, and nothing else."""
    one, _ = given.profiles(ONE, TWO)
    with step("Initial conditions: a nickname for the first Profile"):
        request = SetNicknameRequest(iccid=one.iccid, profile_nickname=NICKNAME)
        expect.ok(card.send(request))
    with step("S_LPAd -> eUICC: GetProfilesInfo, tag list 90"):
        entries = listed(card, b"\x90")
    with step("Expected: the nickname, left out where it is absent"):
        wanted = tlv.encode(Tag.ProfileNickname, NICKNAME.encode())
        expect.equal(_with_content(entries), [[wanted]])


@testcase("ES10c.GetProfilesInfo#21")
def test_dp_proprietary_data_alone(card, given, server, step):
    """A tag list of B8 gives dpProprietaryData as ConfigureISDP brought it, and nothing else."""
    given.profiles(TWO)
    data = dp_data(server)
    with step("Initial conditions: a Profile installed with dpProprietaryData"):
        server.install(card, ONE, configure_isdp=tlv.encode(Tag.ConfigureISDP, data))
    with step("S_LPAd -> eUICC: GetProfilesInfo, tag list B8"):
        entries = listed(card, b"\xb8")
    with step("Expected: B8 as stored, left out where it is absent"):
        expect.equal(_with_content(entries), [[data]])


@testcase("ES10c.GetProfilesInfo#22")
def test_profile_policy_rules_alone(card, given, options, step):
    """A tag list of 99 gives the policy rules as stored, and nothing else."""
    rules = frozenset({PprId.ppr2}) if options.get("RAT_PPR2") else None
    one, _ = given.profiles(replace(preset(ONE), ppr=rules), TWO)
    with step("S_LPAd -> eUICC: GetProfilesInfo, tag list 99"):
        entries = listed(card, b"\x99")
    with step("Expected: 99 as stored, left out where it is absent"):
        wanted = in_order(objects(one), {Tag.ProfilePolicyRules})
        expect.equal(_with_content(entries), _with_content([wanted]))


@testcase("ES10c.GetProfilesInfo#23")
def test_service_specific_data_alone(card, given, step):
    """A tag list of BF22 gives the service specific data as stored, and nothing else."""
    given.profiles(_with_service_data(ONE), TWO)
    with step("S_LPAd -> eUICC: GetProfilesInfo, tag list BF22"):
        entries = listed(card, bytes.fromhex("BF22"))
    with step("Expected: BF22 as stored, left out where it is absent"):
        expect.equal(_with_content(entries), [[SERVICE_OBJECT]])


def _with_service_data(name):
    made = profile(name)
    metadata = replace(made.metadata, service_specific_data_stored_in_euicc=SERVICE_OBJECT)
    return replace(made, metadata=metadata)


@testcase("ES10c.GetProfilesInfo#32")
def test_all_tags_give_every_object(card, given, server, options, step):
    """A tag list of all tags gives every object the Profile has."""
    given.none()
    full = _with_service_data(ONE) if options.get("SVC_DATA") else profile(ONE)
    data = dp_data(server)
    with step("Initial conditions: a Profile with full metadata installed, and its nickname set"):
        server.install(card, full, configure_isdp=tlv.encode(Tag.ConfigureISDP, data))
        request = SetNicknameRequest(iccid=full.metadata.iccid, profile_nickname=NICKNAME)
        expect.ok(card.send(request))
    with step("S_LPAd -> eUICC: GetProfilesInfo, every tag of version 2"):
        (entry,) = listed(card, ALL_TAGS)
    with step("Expected: every object that is present"):
        tags = [tlv.parse(one).tag for one in entry]
        wanted = set(ORDER) - {Tag.ProfilePolicyRules}
        wanted -= set() if options.get("SVC_DATA") else {SERVICE_DATA}
        expect.equal(sorted(tags), sorted(wanted), "tags")
        stored = [bytes(one.raw) for one in tlv.parse(full.metadata.encode()).children()]
        missing = [one for one in (data, *stored) if one not in entry]
        expect.equal(missing, [], "objects of metadata and ConfigureISDP not listed")


@testcase("ES10c.GetProfilesInfo#33")
def test_unknown_tags_beside_known_ones(card, given, note, step):
    """Unknown tags in a tag list are passed over."""
    require_no_other_profiles(card)
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: GetProfilesInfo, tag list DF7E 5A C9 92"):
        response = card.store(ProfileInfoListRequest(tag_list=bytes.fromhex("DF7E5AC992")).encode())
        note(f"known and unknown tags: SW {response.sw:04X}, {response.data.hex().upper()}")
    with step("Expected: 5A and 92 alone"):
        expect.success(response)
        listed_ok = tlv.parse(response.data).find(0xA0)
        expect.that(
            holds=listed_ok is not None,
            expected="profileInfoListOk (A0)",
            actual=response.data.hex().upper(),
        )
        entries = listed_ok.children()
        found = [sorted(bytes(part.raw) for part in entry.children()) for entry in entries]
        wanted = in_order(objects(one), {Tag.Iccid, Tag.ProfileName})
        expect.equal(found, [sorted(wanted)], "objects of each entry, in any order")


NO_OBJECTS = bytes.fromhex("BF2D04A002E300")
NO_ENTRIES = bytes.fromhex("BF2D02A000")
INCORRECT = tlv.encode(
    Tag.GetProfilesInfo, tlv.encode(0x81, bytes((ProfileInfoListError.incorrectInputValues,)))
)


@testcase("ES10c.GetProfilesInfo#34")
def test_unknown_tags_alone(card, given, note, step):
    """A tag list of unknown tags gives an entry without objects, an empty list, or an error."""
    require_no_other_profiles(card)
    given.profiles(ONE)
    with step("S_LPAd -> eUICC: GetProfilesInfo, tag list DF7E C9"):
        response = card.store(ProfileInfoListRequest(tag_list=bytes.fromhex("DF7EC9")).encode())
        note(f"unknown tags: SW {response.sw:04X}, {response.data.hex().upper()}")
    with step("Expected: one empty E3, an empty list, or incorrectInputValues(1)"):
        expect.success(response)
        expect.one_of(response.data, (NO_OBJECTS, NO_ENTRIES, INCORRECT))


@testcase("ES10c.GetProfilesInfo#35")
def test_empty_tag_list(card, given, note, step):
    """An empty tag list gives entries without objects, or the default objects."""
    require_no_other_profiles(card)
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: GetProfilesInfo, tag list of no octets (5C 00)"):
        response = card.store(ProfileInfoListRequest(tag_list=b"").encode())
        note(f"empty tag list: SW {response.sw:04X}, {len(response.data)} octets")
    with step("Expected: one empty E3, or the default objects"):
        expect.success(response)
        entry = tlv.encode(Tag.ProfileInfo, *in_order(objects(one), DEFAULT))
        default = tlv.encode(Tag.GetProfilesInfo, tlv.encode(0xA0, entry))
        expect.one_of(response.data, (NO_OBJECTS, default))


@testcase("ES10c.GetProfilesInfo#38")
def test_owner_behind_a_protected_imsi_is_not_listed(card, given, step):
    """Without a stored profileOwner, and with EF.IMSI behind PIN1, there is no B7."""
    given.profiles(replace(preset(ONE), with_owner=False))
    with step("S_LPAd -> eUICC: GetProfilesInfo, tag list 5A B7"):
        (entry,) = listed(card, bytes.fromhex("5AB7"))
    with step("Expected: 5A alone"):
        iccid = tlv.encode(Tag.Iccid, preset(ONE).iccid.octets)
        expect.equal(entry, [iccid])


@testcase("ES10c.GetProfilesInfo#39")
def test_owner_taken_from_the_imsi(card, given, note, step):
    """Without a stored profileOwner, B7 is absent or made of EF.IMSI."""
    plain = replace(preset(ONE), with_owner=False)
    given.profiles(plain)
    with step("S_LPAd -> eUICC: GetProfilesInfo, tag list B7"):
        found = _with_content(listed(card, b"\xb7"))
        note(f"profileOwner not stored: {len(found)} objects B7")
    with step("Expected: no B7, or MCC and MNC of EF.IMSI"):
        derived = tlv_edit.at(profile(ONE).metadata.encode(), Tag.ProfileOwner)
        expect.one_of(found, ([], [[derived]]))


@testcase("ES10c.GetProfilesInfo#40")
def test_notification_configuration_is_as_stored(card, given, step):
    """Four entries of notificationConfigurationInfo come back octet for octet."""
    (one,) = given.profiles(replace(preset(ONE), notification_configuration=FOUR_ENTRIES))
    with step("S_LPAd -> eUICC: GetProfilesInfo, tag list B6"):
        entries = listed(card, b"\xb6")
    with step("Expected: B6 as in the metadata"):
        stored = tlv_edit.at(one.profile.metadata.encode(), Tag.NotificationConfigurationInfo)
        expect.equal(entries, [[stored]])


@testcase("ES10c.GetProfilesInfo#49")
def test_objects_come_in_the_order_of_the_module(card, given, step):
    """The order of the tag list has no influence on the order of the objects."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: GetProfilesInfo, tag list 92 91 5A"):
        (entry,) = listed(card, bytes.fromhex("92915A"))
    with step("Expected: 5A, 91, 92"):
        wanted = {Tag.Iccid, Tag.ServiceProviderName, Tag.ProfileName}
        expect.equal(entry, in_order(objects(one), wanted))


@testcase("ES10c.GetProfilesInfo#50")
def test_tag_list_that_ends_inside_a_tag(card, given, note, step):
    """A tag list that ends inside a tag of two octets is an error, or the tag is passed over."""
    require_no_other_profiles(card)
    given.profiles(ONE)
    before = card.observe()
    with step("S_LPAd -> eUICC: GetProfilesInfo, tag list 9F"):
        response = card.store(ProfileInfoListRequest(tag_list=b"\x9f").encode())
        note(f"half a tag: SW {response.sw:04X}, {response.data.hex().upper()}")
    with step("Expected: incorrectInputValues(1), or no object"):
        expect.success(response)
        expect.one_of(response.data, (INCORRECT, NO_OBJECTS, NO_ENTRIES))
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ES10c.GetProfilesInfo#57")
def test_class_together_with_a_tag_list(card, given, step):
    """A search by class finds that class alone, with the objects that the tag list asks for."""
    one, _ = given.profiles("PROFILE_OPERATIONAL1", "PROFILE_PROVISIONING1")
    with step("S_LPAd -> eUICC: GetProfilesInfo, class operational, tags 5A and 92"):
        criteria = SearchCriteria(profile_class=ProfileClass.operational)
        request = ProfileInfoListRequest(search_criteria=criteria, tag_list=b"\x5a\x92")
        listed = card.send(request).profile_info_list_ok
    with step("Expected: the operational Profile, ICCID and name"):
        own = [info for info in listed if info.iccid not in card.aboard.profiles]
        found = [(info.iccid, info.profile_name, info.profile_state) for info in own]
        expected = [(one.iccid, one.profile.metadata.profile_name, None)]
        expect.equal(found, expected, "Profiles of the suites with ICCID, name and state")
