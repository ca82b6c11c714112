"""ES6.UpdateMetadata of version 3: further objects, tags to delete, rules of enterprises."""

from dataclasses import replace

from rspcore import tlv
from rspcore.ids import Oid
from rspcore.messages.es10c import DisableProfileRequest, ProfileInfoListRequest, SearchCriteria
from rspcore.messages.v3.profile_metadata import (
    EnterpriseConfiguration,
    EnterpriseRule,
    EnterpriseRules,
    LprConfiguration,
    NotificationConfigurationInformation,
    NotificationEvent,
    StoreMetadataRequest,
    UpdateMetadataRequest,
)
from rspcore.profile_maker import png_icon, preset
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.servers import device_change, rpm_packages
from rspharness.servers.rsp_server import profile

RULE = EnterpriseRule
WITH_ICON = profile(replace(preset("PROFILE_OPERATIONAL1"), icon=png_icon((0x10, 0x20, 0x30))))
OTHER = profile("PROFILE_OPERATIONAL2")
ENTERPRISE_CAPABLE = bytes.fromhex("A903830127")
"""TERMINAL CAPABILITY of a Device with LUId, LPDd and LDSd that keeps to enterprise rules."""

HRI, NEW_HRI = (tlv.encode(Tag.HriServerAddress, x) for x in (b"hri.example.com", b"hri2.example"))
LPR, NEW_LPR = (LprConfiguration(pcmp_address=x).encode() for x in ("pcmp.example.com", "p2.test"))
RPM = rpm_packages.rpm_configuration(Oid("2.999.10"))
REQUEST_TO_DP = device_change.request_to_dp("dc.example.com")
OTHER_OWNER = rpm_packages.rpm_configuration(Oid("2.999.10"), owner=Oid("2.999.20.2"))
NEW_ADDRESS = "new.example.com"
CONFIGURATION = (
    NotificationConfigurationInformation(
        profile_management_operation=frozenset({NotificationEvent.notificationLocalDisable}),
        notification_address=NEW_ADDRESS,
    ),
)


def enterprise(*rules, name="Works"):
    """Returns enterpriseConfiguration, with rules if any are named."""
    given = EnterpriseRules(
        enterprise_rule_bits=frozenset(rules), number_of_non_enterprise_profiles=1
    )
    return EnterpriseConfiguration(
        enterprise_oid=Oid("2.999.20"),
        enterprise_name=name,
        enterprise_rules=given if rules else None,
    ).encode()


WITHOUT_RULES = enterprise()
PRIORITY = enterprise(RULE.priorityEnterpriseProfile)
ONLY = enterprise(RULE.referenceEnterpriseRule, RULE.onlyEnterpriseProfilesCanBeInstalled)


def having(*octets):
    """Returns PROFILE_OPERATIONAL1 with an icon and data objects more in its metadata."""
    metadata = tlv_edit.appended(WITH_ICON.metadata.encode(), b"".join(octets))
    return replace(WITH_ICON, metadata=StoreMetadataRequest.decode(metadata))


def update(*objects):
    """Returns UpdateMetadataRequest (BF2A) with these objects in it."""
    return tlv.encode(Tag.UpdateMetadata, *objects)


def deleting(*tags):
    """Returns tagsForDeletion (5C)."""
    return tlv.encode(Tag.TagList, b"".join(map(tlv.encode_tag, tags)))


def listed(card, one, tag):
    """Returns what GetProfilesInfo lists of a Profile for one tag; None where it has none."""
    criteria = SearchCriteria(iccid=one.iccid)
    request = ProfileInfoListRequest(search_criteria=criteria, tag_list=tlv.encode_tag(tag))
    response = card.send(request)
    expect.ok(response)
    (entry,) = tlv.parse(tlv_edit.at(response.encode(), 0xA0)).children()
    found = entry.find(tag)
    return None if found is None else bytes(found.raw)


def accepted(receipt):
    """Requires a proof of receipt that everything was done."""
    expect.that(
        holds=receipt.accepted,
        expected="proof of receipt with status 00 and SW 9000",
        actual=receipt.describe(),
    )


def refused(receipt):
    """Requires no proof of receipt, or one that reports a refusal."""
    expect.that(
        holds=not receipt.accepted,
        expected="no proof of receipt that everything was done",
        actual=receipt.describe(),
    )


def sends(card, make_ota, step, one, *objects):
    """Sends an update for the Enabled Profile and returns the proof of receipt."""
    with step("S_OTA -> eUICC: INSTALL [for personalization], STORE DATA with UpdateMetadata"):
        return make_ota(one.profile.parameters).update_metadata(card, update(*objects))


@testcase.each(
    "octets",
    {
        "ES6.UpdateMetadata#48": RPM,
        "ES6.UpdateMetadata#52": REQUEST_TO_DP,
        "ES6.UpdateMetadata#50": NEW_HRI,
        "ES6.UpdateMetadata#51": NEW_LPR,
    },
)
def test_object_is_set(card, given, make_ota, step, octets):
    """An object that the Profile had none of is stored."""
    (one,) = given.profiles(WITH_ICON, enabled=WITH_ICON)
    accepted(sends(card, make_ota, step, one, octets))
    tag = tlv.parse(octets).tag
    with step(f"Expected: GetProfilesInfo returns {tag:02X} as it was sent"):
        expect.equal(listed(card, one, tag), octets, "data object")


@testcase("ES6.UpdateMetadata#03")
def test_reference_rule_is_set(card, given, make_ota, step):
    """Rules that an enterprise Profile gets hold for what is installed later, not for before."""
    what = having(PRIORITY)
    usual = card.options
    with step("Initial conditions: Device enterprise capable"):
        card.options = replace(usual, terminal_capability=ENTERPRISE_CAPABLE)
        card.reset()
    one, _ = given.profiles(what, OTHER, enabled=what)
    accepted(sends(card, make_ota, step, one, ONLY))
    with step("Expected: GetProfilesInfo returns the new configuration"):
        expect.equal(listed(card, one, Tag.EnterpriseConfiguration), ONLY, "BD")


@testcase("ES6.UpdateMetadata#04")
def test_rules_where_none_were(card, given, make_ota, step):
    """An enterprise Profile without rules gets none."""
    what = having(WITHOUT_RULES)
    (one,) = given.profiles(what, enabled=what)
    refused(sends(card, make_ota, step, one, ONLY))
    with step("Expected: GetProfilesInfo returns the configuration as before"):
        expect.equal(listed(card, one, Tag.EnterpriseConfiguration), WITHOUT_RULES, "BD")


@testcase("ES6.UpdateMetadata#34")
def test_notification_configuration_is_replaced(card, given, make_ota, step):
    """The next Notification goes to the new address."""
    (one,) = given.profiles(WITH_ICON, enabled=WITH_ICON)
    request = UpdateMetadataRequest(notification_configuration_info=CONFIGURATION)
    sent = tlv_edit.at(request.encode(), Tag.NotificationConfigurationInfo)
    accepted(sends(card, make_ota, step, one, sent))
    with step("Expected: GetProfilesInfo returns the new B6"):
        expect.equal(listed(card, one, Tag.NotificationConfigurationInfo), sent, "B6")
    with step("S_LPAd -> eUICC: DisableProfile; expected: one Notification, to the new address"):
        request = DisableProfileRequest(profile_identifier=one.by_iccid, refresh_flag=False)
        expect.ok(card.send(request))
        addresses = [waiting.notification_address for waiting in card.notifications()]
        expect.equal(addresses, [NEW_ADDRESS], "addresses")


@testcase.each(
    "tag, octets",
    {
        "ES6.UpdateMetadata#36": (Tag.NotificationConfigurationInfo, b""),
        "ES6.UpdateMetadata#37": (Tag.RpmConfiguration, RPM),
        "ES6.UpdateMetadata#38": (Tag.HriServerAddress, HRI),
        "ES6.UpdateMetadata#39": (Tag.LprConfiguration, LPR),
        "ES6.UpdateMetadata#40": (Tag.EnterpriseConfiguration, WITHOUT_RULES),
        "ES6.UpdateMetadata#41": (Tag.DeviceChangeConfiguration, REQUEST_TO_DP),
        "ES6.UpdateMetadata#42": (Tag.Icon, b""),
    },
)
def test_object_is_deleted(card, given, make_ota, step, note, tag, octets):
    """An optional object that is named for deletion is gone."""
    what = having(octets)
    (one,) = given.profiles(what, enabled=what)
    receipt = sends(card, make_ota, step, one, deleting(tag))
    note(receipt.describe())
    accepted(receipt)
    with step(f"Expected: GetProfilesInfo without {tag:02X}"):
        expect.equal(listed(card, one, tag), None, "data object")


@testcase.each(
    "tag",
    {
        "ES6.UpdateMetadata#43": Tag.Iccid,
        "ES6.UpdateMetadata#44": Tag.ServiceProviderName,
        "ES6.UpdateMetadata#45": Tag.ProfileName,
        "ES6.UpdateMetadata#46": Tag.ProfileOwner,
    },
)
def test_object_is_not_deleted(card, given, make_ota, step, note, tag):
    """An object that every Profile needs, or that says whose it is, stays."""
    (one,) = given.profiles(WITH_ICON, enabled=WITH_ICON)
    before = card.observe()
    receipt = sends(card, make_ota, step, one, deleting(tag))
    note(receipt.describe())
    refused(receipt)
    with step("Expected: all as before"):
        expect.unchanged(before, card.observe())


@testcase("ES6.UpdateMetadata#49")
def test_rpm_configuration_that_is_not_whole(card, given, make_ota, step):
    """An rpmConfiguration names the owner and who manages the Profile."""
    what = having(RPM)
    (one,) = given.profiles(what, enabled=what)
    for tag in (0x83, 0xA0):
        receipt = sends(card, make_ota, step, one, tlv_edit.without(OTHER_OWNER, tag))
        refused(receipt)
        card.reset()
        with step(f"Expected, without {tag:02X}: GetProfilesInfo returns BA as before"):
            expect.equal(listed(card, one, Tag.RpmConfiguration), RPM, "BA")


@testcase("ES6.UpdateMetadata#61")
def test_rpm_configuration_of_another_owner(card, given, make_ota, step, note):
    """The owner in rpmConfiguration is not changed."""
    what = having(RPM)
    (one,) = given.profiles(what, enabled=what)
    receipt = sends(card, make_ota, step, one, OTHER_OWNER)
    note(receipt.describe())
    refused(receipt)
    with step("Expected: GetProfilesInfo returns BA as before"):
        expect.equal(listed(card, one, Tag.RpmConfiguration), RPM, "BA")


@testcase("ES6.UpdateMetadata#47")
def test_object_replaced_and_deleted(card, given, make_ota, step, note):
    """An object both replaced and deleted: refused, or the new value is there; recorded."""
    what = having(HRI)
    (one,) = given.profiles(what, enabled=what)
    receipt = sends(card, make_ota, step, one, deleting(Tag.HriServerAddress), NEW_HRI)
    note(receipt.describe())
    with step("Expected: the new value after 9000, or the old one; recorded"):
        wanted = NEW_HRI if receipt.accepted else HRI
        expect.equal(listed(card, one, Tag.HriServerAddress), wanted, "9B")


@testcase("ES6.UpdateMetadata#53")
def test_enterprise_gets_a_name(card, given, make_ota, step, note):
    """The name of an enterprise is replaced, its rules stay."""
    what = having(PRIORITY)
    usual = card.options
    with step("Initial conditions: Device enterprise capable"):
        card.options = replace(usual, terminal_capability=ENTERPRISE_CAPABLE)
        card.reset()
    (one,) = given.profiles(what, enabled=what)
    renamed = enterprise(RULE.priorityEnterpriseProfile, name="New Works")
    receipt = sends(card, make_ota, step, one, renamed)
    note(receipt.describe())
    accepted(receipt)
    with step("Expected: GetProfilesInfo returns the new name and the rules"):
        expect.equal(listed(card, one, Tag.EnterpriseConfiguration), renamed, "BD")


@testcase.each(
    "octets, tag",
    {
        "ES6.UpdateMetadata#54": (WITHOUT_RULES, Tag.EnterpriseConfiguration),
        "ES6.UpdateMetadata#60": (bytes.fromhex("9F1F0206C0"), Tag.ServiceDescription),
    },
)
def test_object_may_not_be_set(card, given, make_ota, step, note, octets, tag):
    """A usual Profile becomes none of an enterprise; a service description is not changed."""
    (one,) = given.profiles(WITH_ICON, enabled=WITH_ICON)
    receipt = sends(card, make_ota, step, one, octets)
    note(receipt.describe())
    refused(receipt)
    with step(f"Expected: GetProfilesInfo without {tag:02X}"):
        expect.equal(listed(card, one, tag), None, "data object")


@testcase("ES6.UpdateMetadata#35")
def test_notification_configuration_is_not_replaced(card, given, make_ota, step, note):
    """An eUICC without the feature refuses a new configuration, or passes it over."""
    (one,) = given.profiles(WITH_ICON, enabled=WITH_ICON)
    request = UpdateMetadataRequest(notification_configuration_info=CONFIGURATION)
    before = listed(card, one, Tag.NotificationConfigurationInfo)
    receipt = make_ota(one.profile.parameters).update_metadata(card, request.encode())
    note(receipt.describe())
    with step("Expected: B6 as before"):
        expect.equal(listed(card, one, Tag.NotificationConfigurationInfo), before, "B6")
