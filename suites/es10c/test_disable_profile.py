"""ES10c.DisableProfile: at once or over REFRESH, with Notifications; a refusal changes nothing."""

from dataclasses import replace

from rspcore.ids import Aid, Iccid
from rspcore.messages.es10c import (
    DeleteProfileRequest,
    DisableProfileRequest,
    DisableResult,
    EnableProfileRequest,
    ProfileIdentifier,
    ProfileState,
)
from rspcore.messages.metadata import NotificationConfigurationInformation, NotificationEvent
from rspcore.profile_maker import preset
from rspcore.status import StatusWord
from rspcore.tags import ISDP_PREFIX
from rspharness import testcase
from rspharness.card import expect
from rspharness.lpa.proactive import settle_refresh
from rspharness.suite import file_access, logical_channels, refresh

ONE, TWO = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"
ADDRESS = "dp1.example.com"
SILENT = replace(preset(ONE), notification_configuration=())
TELLS_DISABLE = replace(
    preset(ONE),
    notification_configuration=(
        NotificationConfigurationInformation(
            profile_management_operation=frozenset({NotificationEvent.notificationDisable}),
            notification_address=ADDRESS,
        ),
    ),
)

UNKNOWN_ICCID = ProfileIdentifier(iccid=Iccid.from_digits("8929909999999999999"))
NEAR_ICCID = ProfileIdentifier(iccid=Iccid.from_digits(f"{str(preset(ONE).iccid)[:-1]}0"))
"""The ICCID of the Profile but for its last digit."""
UNKNOWN_AID = ProfileIdentifier(isdp_aid=Aid(ISDP_PREFIX + bytes.fromhex("FFFE00")))


def disable(card, identifier, *, flag=False):
    """Sends DisableProfile and returns the response."""
    return card.send(DisableProfileRequest(profile_identifier=identifier, refresh_flag=flag))


@testcase.each("by", {"ES10c.DisableProfile#01": "by_iccid", "ES10c.DisableProfile#02": "by_aid"})
def test_disabled_at_once(card, given, step, by):
    """Without REFRESH the Profile is Disabled at once, by ICCID as by ISD-P AID."""
    (one,) = given.profiles(ONE, enabled=ONE)
    with step("S_LPAd -> eUICC: DisableProfile, refreshFlag FALSE"):
        response = disable(card, getattr(one, by))
    with step("Expected: ok(0), SW 9000, no proactive command"):
        expect.ok(response)
        refresh.none_announced(card)
    with step("Expected: no Profile Enabled"):
        expect.equal(card.enabled(), (), "Profiles Enabled")


@testcase.each("by", {"ES10c.DisableProfile#03": "by_iccid", "ES10c.DisableProfile#04": "by_aid"})
def test_disabled_over_refresh(card, given, step, by):
    """With REFRESH the Profile is Disabled after it, by ICCID as by ISD-P AID."""
    (one,) = given.profiles(ONE, enabled=ONE)
    with step("S_LPAd -> eUICC: DisableProfile, refreshFlag TRUE; expected: ok(0)"):
        expect.ok(disable(card, getattr(one, by), flag=True))
    with step("Expected: SW 91XX, REFRESH"):
        command = refresh.required(card)
    with step("Terminal: carry the REFRESH out; expected: no Profile Enabled"):
        refresh.carry_out(card, command)
        expect.equal(card.enabled(), (), "Profiles Enabled")


@testcase("ES10c.DisableProfile#05")
def test_terminal_that_knows_state_change(card, given, step):
    """A terminal that knows qualifier 09 gets 09 or 04."""
    card.terminal_profile = refresh.STATE_CHANGE_PROFILE
    (one,) = given.profiles(ONE, enabled=ONE)
    with step("S_LPAd -> eUICC: DisableProfile, refreshFlag TRUE; expected: REFRESH 09 or 04"):
        expect.ok(disable(card, one.by_iccid, flag=True))
        command = refresh.required(card)
    with step("Terminal: carry the REFRESH out; expected: no Profile Enabled"):
        refresh.carry_out(card, command)
        expect.equal(card.enabled(), (), "Profiles Enabled")


@testcase("ES10c.DisableProfile#08")
def test_disabled_profile_is_refused(card, given, step):
    """A Profile that is Disabled cannot be disabled again."""
    (one,) = given.profiles(ONE)
    before = card.observe()
    with step("S_LPAd -> eUICC: DisableProfile, the Disabled Profile"):
        response = disable(card, one.by_iccid)
    with step("Expected: profileNotInEnabledState(2)"):
        expect.error(response, DisableResult.profileNotInEnabledState)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase.each(
    "identifier",
    {
        "ES10c.DisableProfile#09": UNKNOWN_ICCID,
        "ES10c.DisableProfile#10": UNKNOWN_AID,
        "ES10c.DisableProfile#32": NEAR_ICCID,
    },
)
def test_unknown_profile_is_refused(card, given, step, identifier):
    """An ICCID or AID of no Profile is not found."""
    given.profiles(ONE, enabled=ONE)
    before = card.observe()
    with step("S_LPAd -> eUICC: DisableProfile, identifier of no Profile"):
        response = disable(card, identifier)
    with step("Expected: iccidOrAidNotFound(1)"):
        expect.error(response, DisableResult.iccidOrAidNotFound)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ES10c.DisableProfile#12")
def test_open_proactive_session_is_catbusy(card, given, make_ota, step):
    """A proactive session the card cannot end keeps the Profile Enabled: catBusy(5)."""
    (one,) = given.profiles(ONE, enabled=ONE)
    before = card.observe()
    with step("Initial conditions: SEND SHORT MESSAGE fetched and not answered"):
        make_ota(one.profile.parameters).open_proactive_session(card)
    with step("S_LPAd -> eUICC: DisableProfile, refreshFlag TRUE"):
        response = disable(card, one.by_iccid, flag=True)
    with step("Expected: catBusy(5), SW 9000"):
        expect.error(response, DisableResult.catBusy)
        refresh.none_announced(card)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ES10c.DisableProfile#18")
def test_configured_address_gets_a_notification(card, given, step):
    """A Profile that names an address for it leaves one disable Notification."""
    (one,) = given.profiles(TELLS_DISABLE, enabled=TELLS_DISABLE)
    with step("S_LPAd -> eUICC: DisableProfile"):
        expect.ok(disable(card, one.by_iccid))
    with step("Expected: one disable Notification with its ICCID and address"):
        event = (NotificationEvent.notificationDisable, one.iccid, ADDRESS)
        expect.notifications(card.notifications(), event)


@testcase("ES10c.DisableProfile#19")
def test_profile_without_address_leaves_no_notification(card, given, step):
    """A Profile whose metadata names no address for it leaves no Notification."""
    (one,) = given.profiles(SILENT, enabled=SILENT)
    with step("S_LPAd -> eUICC: DisableProfile"):
        expect.ok(disable(card, one.by_iccid))
    with step("Expected: no Notification"):
        expect.notifications(card.notifications())


@testcase("ES10c.DisableProfile#21")
def test_files_of_the_profile_are_gone(card, given, step):
    """Afterwards there are MF and EF.UMPC, and no file or application of the Profile."""
    (one,) = given.profiles(ONE, enabled=ONE)
    with step("Initial conditions: EF.ICCID and the USIM of the Profile reachable"):
        expect.equal(file_access.ef_iccid(card), one.iccid, "EF.ICCID")
        expect.success(file_access.select_application(card), "USIM")
    with step("S_LPAd -> eUICC: DisableProfile, then reset"):
        expect.ok(disable(card, one.by_iccid))
        card.reset()
    with step("Expected: EF.ICCID, EF.DIR and the USIM not found"):
        for identifier in (file_access.EF_ICCID, file_access.EF_DIR):
            absent = file_access.select_file(card, identifier)
            expect.refused(absent, StatusWord.FILE_NOT_FOUND, about=f"{identifier:04X}")
        expect.refused(file_access.select_application(card), about="USIM")
    with step("Expected: MF and EF.UMPC there"):
        expect.success(file_access.select_file(card, file_access.MF), "MF")
        expect.success(file_access.select_file(card, file_access.EF_UMPC), "EF.UMPC")


@testcase("ES10c.DisableProfile#22")
def test_disabled_profile_stays_over_a_reset(card, given, step):
    """After a reset the Profile is still Disabled."""
    (one,) = given.profiles(ONE, enabled=ONE)
    with step("S_LPAd -> eUICC: DisableProfile; reset; power off and on"):
        expect.ok(disable(card, one.by_iccid))
        card.reset()
        card.power_cycle()
    with step("Expected: no Profile Enabled, no EF.ICCID"):
        expect.equal(card.enabled(), (), "Profiles Enabled")
        expect.equal(file_access.ef_iccid(card), None, "EF.ICCID")


@testcase("ES10c.DisableProfile#23")
def test_list_shows_the_profile_disabled(card, given, step):
    """After disabling, profileState is 0."""
    one, two = given.profiles(ONE, TWO, enabled=ONE)
    with step("S_LPAd -> eUICC: DisableProfile"):
        expect.ok(disable(card, one.by_iccid))
    with step("Expected: profileState 0 of both"):
        states = {listed.iccid: listed.profile_state for listed in card.listed_profiles()}
        wanted = dict.fromkeys((one.iccid, two.iccid), ProfileState.disabled)
        expect.equal(states, wanted, "profileState")


@testcase("ES10c.DisableProfile#24")
def test_implicit_disabling_leaves_a_notification(card, given, step):
    """A Profile that is disabled because another is enabled leaves its disable Notification."""
    silent = replace(preset(TWO), notification_configuration=())
    one, two = given.profiles(TELLS_DISABLE, silent, enabled=TELLS_DISABLE)
    with step("S_LPAd -> eUICC: EnableProfile, the second Profile"):
        request = EnableProfileRequest(profile_identifier=two.by_iccid, refresh_flag=False)
        expect.ok(card.send(request))
    with step("Expected: one disable Notification of the first"):
        event = (NotificationEvent.notificationDisable, one.iccid, ADDRESS)
        expect.notifications(card.notifications(), event)


@testcase("ES10c.DisableProfile#25")
def test_application_on_another_channel(card, given, note, step):
    """The USIM on another channel is gone; the channel of the ISD-R still answers."""
    (one,) = given.profiles(ONE, enabled=ONE)
    with step("Initial conditions: the USIM selected on one more channel"):
        eid = card.eid()
        second = logical_channels.opened(card)
        expect.success(file_access.select_application(card, channel=second), "USIM")
    with step("S_LPAd -> eUICC: DisableProfile, refreshFlag FALSE"):
        expect.ok(disable(card, one.by_iccid))
    with step("Terminal -> eUICC: SELECT USIM on that channel; GetEID"):
        gone = file_access.select_application(card, channel=second)
        note(f"SELECT of the former USIM on channel {second}: SW {gone.sw:04X}")
        again = card.eid()
    with step("Expected: SW 6A82; the EID"):
        expect.refused(gone, StatusWord.FILE_NOT_FOUND)
        expect.equal(again, eid, "EID")


@testcase("ES10c.DisableProfile#26")
def test_power_loss_leaves_a_usable_profile(card, given, step):
    """Wherever the power is lost, the Profile is Enabled with its files, or Disabled."""
    for flag, commands in ((False, 1), (False, 2), (True, 1), (True, 2), (True, 3), (True, 4)):
        (one,) = given.profiles(ONE, enabled=ONE)
        with (
            step(
                f"S_LPAd -> eUICC: DisableProfile, refreshFlag {flag}; "
                f"power off after {commands} commands, power on"
            ),
            card.power_lost_after(commands),
        ):
            disable(card, one.by_iccid, flag=flag)
            settle_refresh(card)
        with step("Expected: Enabled, and EF.ICCID its own; or Disabled, and no EF.ICCID"):
            found = (card.enabled(), file_access.ef_iccid(card))
            expect.one_of(found, (((one.iccid,), one.iccid), ((), None)))
        with step("Expected: a Disabled Profile can be enabled"):
            if not found[0]:
                request = EnableProfileRequest(profile_identifier=one.by_iccid, refresh_flag=False)
                expect.ok(card.send(request))


@testcase("ES10c.DisableProfile#33")
def test_return_after_a_reset_and_a_deletion(card, given, step):
    """The Profile to return to after a test Profile outlives a reset and another's deletion."""
    names = ("PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2", "PROFILE_TEST1")
    one, two, test = given.profiles(*names, enabled="PROFILE_OPERATIONAL1")
    with step("Initial conditions: the test Profile Enabled; a third one deleted; reset"):
        given.enable(test.iccid)
        expect.ok(card.send(DeleteProfileRequest(iccid=two.iccid)))
        card.reset()
    with step("S_LPAd -> eUICC: DisableProfile of the test Profile"):
        given.disable(test.iccid)
    with step("Expected: the operational Profile that was Enabled before is so again"):
        expect.equal(card.enabled(), (one.iccid,), "Enabled")
