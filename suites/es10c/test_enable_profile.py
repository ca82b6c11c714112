"""ES10c.EnableProfile: at most one Profile is Enabled; a refusal leaves everything as it was."""

from dataclasses import replace

from rspcore.ids import Aid, Iccid
from rspcore.messages.es10c import (
    DisableProfileRequest,
    EnableProfileRequest,
    EnableResult,
    ProfileIdentifier,
    ProfileState,
)
from rspcore.messages.metadata import NotificationConfigurationInformation, NotificationEvent
from rspcore.profile_maker import preset
from rspcore.status import StatusWord
from rspcore.tags import ISDP_PREFIX, ISDR_AID
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite import file_access, refresh

ONE, TWO, THREE = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2", "PROFILE_OPERATIONAL3"

UNKNOWN_ICCID = ProfileIdentifier(iccid=Iccid.from_digits("8929909999999999999"))
NEAR_ICCID = ProfileIdentifier(iccid=Iccid.from_digits(f"{str(preset(ONE).iccid)[:-1]}0"))
"""The ICCID of the Profile but for its last digit."""
UNKNOWN_AID = ProfileIdentifier(isdp_aid=Aid(ISDP_PREFIX + bytes.fromhex("FFFE00")))
THE_ISDR = ProfileIdentifier(isdp_aid=ISDR_AID)


def notifying(name, event, address):
    """Returns a Profile of the catalogue with a Notification of one event alone, to one address."""
    entry = NotificationConfigurationInformation(
        profile_management_operation=frozenset({event}), notification_address=address
    )
    return replace(preset(name), notification_configuration=(entry,))


SILENT = replace(preset(ONE), notification_configuration=())
NOTIFIES_DISABLE = notifying(ONE, NotificationEvent.notificationDisable, "dp1.example.com")
NOTIFIES_ENABLE = notifying(TWO, NotificationEvent.notificationEnable, "dp2.example.com")


def enable(card, identifier, *, flag=False):
    """Sends EnableProfile and returns the response."""
    return card.send(EnableProfileRequest(profile_identifier=identifier, refresh_flag=flag))


@testcase("ES10c.EnableProfile#01")
def test_enabled_by_iccid_at_once(card, given, step):
    """By ICCID and without REFRESH the Profile is Enabled at once, and nothing is announced."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: EnableProfile, ICCID, refreshFlag FALSE"):
        response = enable(card, one.by_iccid)
    with step("Expected: ok(0), SW 9000, no proactive command"):
        expect.ok(response)
        refresh.none_announced(card)
    with step("Expected: the Profile Enabled"):
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")


@testcase("ES10c.EnableProfile#02")
def test_enabled_by_aid_at_once(card, given, step):
    """By ISD-P AID and without REFRESH the Profile is Enabled at once."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: EnableProfile, ISD-P AID, refreshFlag FALSE"):
        response = enable(card, one.by_aid)
    with step("Expected: ok(0), SW 9000, no proactive command, the Profile Enabled"):
        expect.ok(response)
        refresh.none_announced(card)
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")


@testcase("ES10c.EnableProfile#11")
def test_former_profile_is_disabled(card, given, step):
    """Enabling a Profile disables the one that was Enabled."""
    _, two = given.profiles(ONE, TWO, enabled=ONE)
    with step("S_LPAd -> eUICC: EnableProfile, the second Profile"):
        expect.ok(enable(card, two.by_iccid))
    with step("Expected: the second Profile Enabled, the first Disabled"):
        expect.equal(card.enabled(), (two.iccid,), "Profiles Enabled")


@testcase("ES10c.EnableProfile#16")
def test_enabled_profile_is_refused(card, given, step):
    """A Profile that is Enabled cannot be enabled again."""
    (one,) = given.profiles(ONE, enabled=ONE)
    before = card.observe()
    with step("S_LPAd -> eUICC: EnableProfile, the Enabled Profile"):
        response = enable(card, one.by_iccid)
    with step("Expected: profileNotInDisabledState(2)"):
        expect.error(response, EnableResult.profileNotInDisabledState)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase.each(
    "identifier",
    {
        "ES10c.EnableProfile#17": UNKNOWN_ICCID,
        "ES10c.EnableProfile#18": UNKNOWN_AID,
        "ES10c.EnableProfile#19": THE_ISDR,
        "ES10c.EnableProfile#56": NEAR_ICCID,
    },
)
def test_unknown_profile_is_refused(card, given, step, identifier):
    """An ICCID or AID of no Profile, that of the ISD-R included, is not found."""
    given.profiles(ONE)
    before = card.observe()
    with step("S_LPAd -> eUICC: EnableProfile, identifier of no Profile"):
        response = enable(card, identifier)
    with step("Expected: iccidOrAidNotFound(1)"):
        expect.error(response, EnableResult.iccidOrAidNotFound)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ES10c.EnableProfile#34")
def test_both_profiles_leave_a_notification(card, given, step):
    """The disabled Profile and the enabled one each leave a Notification to their own address."""
    one, two = given.profiles(NOTIFIES_DISABLE, NOTIFIES_ENABLE, enabled=NOTIFIES_DISABLE)
    with step("S_LPAd -> eUICC: EnableProfile, the second Profile"):
        expect.ok(enable(card, two.by_iccid))
    with step("Expected: one Notification of each"):
        expect.notifications(
            card.notifications(),
            (NotificationEvent.notificationDisable, one.iccid, "dp1.example.com"),
            (NotificationEvent.notificationEnable, two.iccid, "dp2.example.com"),
        )


@testcase("ES10c.EnableProfile#35")
def test_profile_without_address_leaves_no_notification(card, given, step):
    """A Profile whose metadata names no address for it leaves no enable Notification."""
    (one,) = given.profiles(SILENT)
    with step("S_LPAd -> eUICC: EnableProfile"):
        expect.ok(enable(card, one.by_iccid))
    with step("Expected: no Notification"):
        expect.notifications(card.notifications())


@testcase("ES10c.EnableProfile#36")
def test_list_shows_one_enabled_profile(card, given, step):
    """After enabling, profileState is 1 for that Profile and 0 for all others."""
    one, two, three = given.profiles(ONE, TWO, THREE)
    with step("S_LPAd -> eUICC: EnableProfile, the first Profile; then the third"):
        expect.ok(enable(card, one.by_iccid))
        expect.ok(enable(card, three.by_iccid))
    with step("Expected: profileState of each"):
        states = {listed.iccid: listed.profile_state for listed in card.listed_profiles()}
        wanted = {
            one.iccid: ProfileState.disabled,
            two.iccid: ProfileState.disabled,
            three.iccid: ProfileState.enabled,
        }
        expect.equal(states, wanted, "profileState")


@testcase("ES10c.EnableProfile#37")
def test_enabled_profile_stays_over_a_reset(card, given, step):
    """After a reset the Profile is still Enabled and its files are there."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: EnableProfile; reset"):
        expect.ok(enable(card, one.by_iccid))
        card.reset()
    with step("Expected: the Profile Enabled, EF.ICCID its own"):
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")
        expect.equal(file_access.ef_iccid(card), one.iccid, "EF.ICCID")


@testcase("ES10c.EnableProfile#38")
def test_default_file_system_is_replaced(card, given, step):
    """Before there are MF and EF.UMPC and no file of a Profile; afterwards those of the Profile."""
    (one,) = given.profiles(ONE)
    given.none_enabled()
    with step("Terminal -> eUICC: SELECT MF, EF.UMPC, EF.ICCID, EF.DIR and the USIM"):
        expect.success(file_access.select_file(card, file_access.MF), "MF")
        expect.success(file_access.select_file(card, file_access.EF_UMPC), "EF.UMPC")
        for identifier in (file_access.EF_ICCID, file_access.EF_DIR):
            absent = file_access.select_file(card, identifier)
            expect.refused(absent, StatusWord.FILE_NOT_FOUND, about=f"{identifier:04X}")
        expect.refused(file_access.select_application(card), about="USIM")
    with step("S_LPAd -> eUICC: EnableProfile, then reset"):
        expect.ok(enable(card, one.by_iccid))
        card.reset()
    with step("Expected: EF.ICCID of the Profile, EF.DIR and the USIM"):
        expect.equal(file_access.ef_iccid(card), one.iccid, "EF.ICCID")
        expect.success(file_access.select_file(card, file_access.EF_DIR), "EF.DIR")
        expect.success(file_access.select_application(card), "USIM")


@testcase("ES10c.EnableProfile#42")
def test_enabling_again_and_again(card, given, step):
    """Ten times enabled and disabled, the Profile behaves the same every time."""
    (one,) = given.profiles(SILENT)
    for number in range(1, 11):
        with step(f"S_LPAd -> eUICC: EnableProfile, time {number}; expected: ok(0), Enabled"):
            expect.ok(enable(card, one.by_iccid))
            expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")
        with step("S_LPAd -> eUICC: DisableProfile; expected: ok(0), Disabled"):
            request = DisableProfileRequest(profile_identifier=one.by_iccid, refresh_flag=False)
            expect.ok(card.send(request))
            expect.equal(card.enabled(), (), "Profiles Enabled")


@testcase("ES10c.EnableProfile#46")
def test_refusal_changes_nothing(card, given, step):
    """A refused request changes no state, leaves no Notification and announces no REFRESH."""
    given.profiles(ONE, TWO, enabled=TWO)
    before = card.observe()
    with step("S_LPAd -> eUICC: EnableProfile, unknown ICCID, refreshFlag TRUE"):
        response = enable(card, UNKNOWN_ICCID, flag=True)
    with step("Expected: iccidOrAidNotFound(1), SW 9000, no proactive command"):
        expect.error(response, EnableResult.iccidOrAidNotFound)
        refresh.none_announced(card)
    with step("Expected: Profiles, Notifications and addresses as before, also after a reset"):
        expect.unchanged(before, card.observe())
        card.reset()
        expect.unchanged(before, card.observe())


@testcase("ES10c.EnableProfile#49")
def test_isdr_channel_outlives_the_change(card, given, note, step):
    """After enabling without REFRESH the channel of the ISD-R still answers."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: GetEID, EnableProfile with refreshFlag FALSE, GetEID"):
        eid = card.eid()
        expect.ok(enable(card, one.by_iccid))
        number = card.number
        again = card.eid()
        note(f"channel {number} of the ISD-R answers after EnableProfile")
    with step("Expected: the same EID on the same channel"):
        expect.equal((again, card.number), (eid, number))
