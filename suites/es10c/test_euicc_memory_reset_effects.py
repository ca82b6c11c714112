"""ES10c.eUICCMemoryReset: its Notifications, what stays, and what a power loss leaves."""

from collections import Counter
from dataclasses import replace

from rspcore.messages.es10b import GetRatRequest
from rspcore.messages.es10c import EuiccMemoryResetRequest, ResetOption, ResetResult
from rspcore.messages.metadata import (
    NotificationConfigurationInformation,
    NotificationEvent,
    ProfileClass,
)
from rspcore.profile_maker import preset
from rspcore.status import StatusWord
from rspharness import testcase
from rspharness.card import expect
from rspharness.card.signed_content import content
from rspharness.card.snapshot import Part
from rspharness.lpa.proactive import Refresh, settle_refresh
from rspharness.servers.rsp_server import profile
from rspharness.suite import file_access, refresh

ONE, TWO, THREE = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2", "PROFILE_OPERATIONAL3"
TEST = "PROFILE_TEST1"

OPERATIONAL = ResetOption.deleteOperationalProfiles
FIELD_LOADED_TEST = ResetOption.deleteFieldLoadedTestProfiles
ADDRESS = ResetOption.resetDefaultSmdpAddress
DELETE = NotificationEvent.notificationDelete


def notifying(name, *addresses):
    """Returns parameters of a Profile with delete Notifications to some addresses."""
    entries = tuple(
        NotificationConfigurationInformation(
            profile_management_operation=frozenset({DELETE}), notification_address=address
        )
        for address in addresses
    )
    return replace(preset(name), notification_configuration=entries)


def reset(card, *options):
    """Sends eUICCMemoryReset and returns the response."""
    return card.send(EuiccMemoryResetRequest(reset_options=frozenset(options)))


def iccids(card):
    """Returns the ICCIDs listed, in the order of the card."""
    return [one.iccid for one in card.listed_profiles()]


@testcase("ES10c.eUICCMemoryReset#20", level="destructive")
def test_rat_stays(card, given, step):
    """The rules authorisation table is the same before and after."""
    given.profiles(ONE)
    with step("S_LPAd -> eUICC: GetRAT, eUICCMemoryReset with every option, GetRAT"):
        before = card.send(GetRatRequest()).encode()
        expect.ok(reset(card, OPERATIONAL, FIELD_LOADED_TEST, ADDRESS))
        after = card.send(GetRatRequest()).encode()
    with step("Expected: the same rules"):
        expect.equal(after, before, "GetRAT")


@testcase("ES10c.eUICCMemoryReset#21", level="destructive")
def test_deletions_leave_notifications(card, given, step):
    """Each Profile leaves one delete Notification for each of its addresses for it."""
    first = notifying(ONE, "dp1.example.com", "dp2.example.com")
    one, two = given.profiles(first, notifying(TWO, "dp3.example.com"), enabled=first)
    with step("S_LPAd -> eUICC: eUICCMemoryReset, deleteOperationalProfiles"):
        expect.ok(reset(card, OPERATIONAL))
        settle_refresh(card)
    with step("Expected: one delete Notification for each configured address"):
        expect.notifications(
            card.notifications(),
            (DELETE, one.iccid, "dp1.example.com"),
            (DELETE, one.iccid, "dp2.example.com"),
            (DELETE, two.iccid, "dp3.example.com"),
        )


@testcase("ES10c.eUICCMemoryReset#22", level="destructive")
def test_pending_notifications_stay(card, given, step):
    """What was pending before is still pending afterwards."""
    given.profiles(ONE, TWO, notifications=True)
    before = card.pending_notifications()
    with step("S_LPAd -> eUICC: eUICCMemoryReset, deleteOperationalProfiles"):
        expect.ok(reset(card, OPERATIONAL))
    with step("Expected: every Notification of before, with the same content"):
        after = [content(one) for one in card.pending_notifications()]
        lost = [one.hex().upper() for one in before if content(one) not in after]
        expect.equal(lost, [], "Notifications lost")
        expect.that(holds=bool(before), expected="Notifications before", actual="none")


@testcase("ES10c.eUICCMemoryReset#23", level="destructive")
def test_refresh_and_default_file_system(card, given, step):
    """After the REFRESH the default file system is there, and nothing of the Profile."""
    given.profiles(ONE, enabled=ONE)
    with step("S_LPAd -> eUICC: eUICCMemoryReset, deleteOperationalProfiles; expected: ok(0)"):
        expect.ok(reset(card, OPERATIONAL))
    with step("Expected: SW 91XX, REFRESH with UICC Reset(04); reset"):
        command = refresh.required(card)
        expect.equal(command.qualifier, Refresh.UICC_RESET, "qualifier of REFRESH")
        refresh.carry_out(card, command)
    with step("Expected: MF and EF.UMPC there, EF.ICCID, EF.DIR and the USIM not"):
        expect.success(file_access.select_file(card, file_access.MF), "MF")
        expect.success(file_access.select_file(card, file_access.EF_UMPC), "EF.UMPC")
        for identifier in (file_access.EF_ICCID, file_access.EF_DIR):
            absent = file_access.select_file(card, identifier)
            expect.refused(absent, StatusWord.FILE_NOT_FOUND, about=f"{identifier:04X}")
        expect.refused(file_access.select_application(card), about="USIM")


@testcase("ES10c.eUICCMemoryReset#24", level="destructive")
def test_power_loss_resets_wholly_or_not_at_all(card, given, step):
    """Wherever the power is lost, all selected Profiles are as before, or all are deleted."""
    for commands in (1, 2, 3, 4):
        given.profiles(ONE, TWO, THREE, enabled=TWO)
        before = card.observe().profiles
        with (
            step(
                "S_LPAd -> eUICC: eUICCMemoryReset, deleteOperationalProfiles; "
                f"power off after {commands} commands, power on"
            ),
            card.power_lost_after(commands),
        ):
            reset(card, OPERATIONAL)
            settle_refresh(card)
        with step("Expected: the list as before, or an empty one"):
            empty = Part(bytes.fromhex("BF2D02A000"))
            expect.one_of(card.observe().profiles, (before, empty), "Profiles listed")


@testcase("ES10c.eUICCMemoryReset#25", level="destructive")
@testcase.both_curves
def test_numbers_go_on(card, given, server, step):
    """Notifications after a memory reset have larger numbers than those before."""
    given.profiles(ONE, notifications=True)
    with step("S_LPAd -> eUICC: ListNotification, eUICCMemoryReset, a Profile installed"):
        before = [one.seq_number for one in card.notifications()]
        expect.ok(reset(card, OPERATIONAL))
        expect.pir_success(server.prepared(card).install(profile(TWO)).pir)
        after = [one.seq_number for one in card.notifications()]
    with step("Expected: larger numbers"):
        new = list((Counter(after) - Counter(before)).elements())
        largest = max(before, default=0)
        expect.that(
            holds=bool(new) and min(new) > largest,
            expected=f"numbers above {largest}",
            actual=f"{new}",
        )


@testcase("ES10c.eUICCMemoryReset#26", level="destructive")
def test_preloaded_test_profile_stays(card, declared, step):
    """DeleteFieldLoadedTestProfiles leaves a test Profile that came with the card."""
    with step("Initial conditions: the test Profile that came with the card, and no other"):
        listed = [one for one in card.listed_profiles() if one.profile_class == ProfileClass.test]
        expected = [declared.get("preloaded_test_profile")]
        expect.equal([str(one.iccid) for one in listed], expected, "test Profiles")
        before = card.observe()
    with step("S_LPAd -> eUICC: eUICCMemoryReset, deleteFieldLoadedTestProfiles"):
        response = reset(card, FIELD_LOADED_TEST)
    with step("Expected: nothingToDelete(1), the test Profile still listed"):
        expect.error(response, ResetResult.nothingToDelete)
        expect.unchanged(before, card.observe())


@testcase("ES10c.eUICCMemoryReset#27", level="destructive")
def test_operational_profile_comes_back(card, given, step):
    """When the Enabled test Profile is deleted, the operational Profile behind it is Enabled."""
    one, test = given.profiles(ONE, TEST, enabled=ONE)
    with step("Initial conditions: the test Profile Enabled over the operational one"):
        given.enable(test.iccid)
    with step("S_LPAd -> eUICC: eUICCMemoryReset, deleteFieldLoadedTestProfiles"):
        expect.ok(reset(card, FIELD_LOADED_TEST))
    with step("Expected: SW 91XX, REFRESH; after it the operational Profile alone, Enabled"):
        refresh.carry_out(card, refresh.required(card))
        expect.equal(iccids(card), [one.iccid], "Profiles listed")
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")


@testcase("ES10c.eUICCMemoryReset#28", level="destructive")
def test_test_profile_leaves_no_notification(card, given, step):
    """The deletion of a test Profile leaves no Notification, whatever its metadata asks for."""
    given.profiles(notifying(TEST, "dp1.example.com"))
    with step("S_LPAd -> eUICC: eUICCMemoryReset, deleteFieldLoadedTestProfiles"):
        expect.ok(reset(card, FIELD_LOADED_TEST))
    with step("Expected: no Notification"):
        expect.notifications(card.notifications())


@testcase("ES10c.eUICCMemoryReset#33", level="destructive")
def test_profile_to_return_to_is_deleted(card, given, step):
    """While a test Profile is Enabled, deleteOperationalProfiles deletes the one before it too."""
    one, two, test = given.profiles(ONE, TWO, "PROFILE_TEST1", enabled=ONE)
    with step("Initial conditions: the test Profile Enabled"):
        given.enable(test.iccid)
    with step("S_LPAd -> eUICC: eUICCMemoryReset, deleteOperationalProfiles"):
        expect.ok(reset(card, OPERATIONAL))
    with step("Expected: the test Profile alone is left"):
        left = {info.iccid for info in card.profiles()}
        expect.equal(sorted(map(str, left & {one.iccid, two.iccid})), [], "operational Profiles")
        expect.equal(test.iccid in left, expected=True, about="the test Profile is listed")
