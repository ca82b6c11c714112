"""ES10c.DisableProfile: PPR1 keeps a Profile Enabled; the former Profile follows a test Profile."""

from dataclasses import replace

from rspcore.messages.es10c import DisableProfileRequest, DisableResult
from rspcore.messages.metadata import NotificationConfigurationInformation, NotificationEvent
from rspcore.profile_maker import preset
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite import refresh

ONE = "PROFILE_OPERATIONAL1"
PPR1 = "PROFILE_OPERATIONAL4"
TEST, PROVISIONING = "PROFILE_TEST1", "PROFILE_PROVISIONING1"
EVERY_EVENT = (
    NotificationConfigurationInformation(
        profile_management_operation=frozenset(NotificationEvent),
        notification_address="dp1.example.com",
    ),
)
TALKATIVE_TEST = replace(preset(TEST), notification_configuration=EVERY_EVENT)


def disable(card, one, *, flag=False):
    """Sends DisableProfile for a Profile on the card and returns the response."""
    return card.send(DisableProfileRequest(profile_identifier=one.by_iccid, refresh_flag=flag))


@testcase("ES10c.DisableProfile#06")
def test_operational_profile_comes_back(card, given, step):
    """Disabling a test Profile enables the operational Profile that was Enabled before it."""
    one, test = given.profiles(ONE, TEST, enabled=ONE)
    with step("Initial conditions: the test Profile Enabled over the operational one"):
        given.enable(test.iccid)
    with step("S_LPAd -> eUICC: DisableProfile, the test Profile"):
        expect.ok(disable(card, test))
    with step("Expected: the operational Profile Enabled again"):
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")


@testcase("ES10c.DisableProfile#07")
def test_nothing_comes_back_when_nothing_was(card, given, step):
    """Disabling a test Profile that was enabled over none leaves no Profile Enabled."""
    (test,) = given.profiles(TEST, enabled=TEST)
    with step("S_LPAd -> eUICC: DisableProfile, the test Profile"):
        expect.ok(disable(card, test))
    with step("Expected: no Profile Enabled"):
        expect.equal(card.enabled(), (), "Profiles Enabled")


@testcase("ES10c.DisableProfile#11")
def test_ppr1_keeps_the_profile_enabled(card, given, step):
    """A Profile with PPR1 cannot be disabled."""
    (one,) = given.profiles(PPR1, enabled=PPR1)
    before = card.observe()
    with step("S_LPAd -> eUICC: DisableProfile, the Profile with PPR1"):
        response = disable(card, one)
    with step("Expected: disallowedByPolicy(3)"):
        expect.error(response, DisableResult.disallowedByPolicy)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ES10c.DisableProfile#20")
def test_test_profile_leaves_no_notification(card, given, step):
    """A disabled test Profile leaves no Notification, whatever its metadata asks for."""
    (test,) = given.profiles(TALKATIVE_TEST, enabled=TALKATIVE_TEST)
    with step("S_LPAd -> eUICC: DisableProfile, the test Profile"):
        expect.ok(disable(card, test))
    with step("Expected: no Notification"):
        expect.notifications(card.notifications())


@testcase("ES10c.DisableProfile#28")
def test_profile_that_comes_back_may_leave_a_notification(card, given, note, step):
    """The operational Profile that comes back leaves one enable Notification, or none."""
    one, test = given.profiles(ONE, TEST, enabled=ONE)
    with step("Initial conditions: the test Profile Enabled over it; no Notifications"):
        given.enable(test.iccid)
        given.no_notifications()
    with step("S_LPAd -> eUICC: DisableProfile, the test Profile"):
        expect.ok(disable(card, test))
        created = [
            (sorted(listed.profile_management_operation), listed.iccid)
            for listed in card.notifications()
        ]
        note(f"operational Profile enabled again: {len(created)} Notifications")
    with step("Expected: one enable Notification of the operational Profile, or none"):
        event = ([NotificationEvent.notificationEnable], one.iccid)
        expect.one_of(created, ([event], []))


@testcase("ES10c.DisableProfile#29")
def test_no_profile_comes_back_after_a_provisioning_profile(card, given, note, step):
    """After a provisioning Profile no Profile is enabled by the card itself."""
    _, other = given.profiles(ONE, PROVISIONING, enabled=ONE)
    with step("Initial conditions: the provisioning Profile Enabled over the operational one"):
        given.enable(other.iccid)
    with step("S_LPAd -> eUICC: DisableProfile, the provisioning Profile"):
        expect.ok(disable(card, other))
        enabled = card.enabled()
        note(f"after a provisioning Profile {len(enabled)} Profiles are Enabled")
    with step("Expected: no Profile Enabled"):
        expect.equal(enabled, (), "Profiles Enabled")


@testcase("ES10c.DisableProfile#30")
def test_ppr1_profile_comes_back_and_stays(card, given, step):
    """A PPR1 Profile comes back after a test Profile, and its rule holds again."""
    one, test = given.profiles(PPR1, TEST, enabled=PPR1)
    with step("Initial conditions: the test Profile Enabled over the Profile with PPR1"):
        given.enable(test.iccid)
    with step("S_LPAd -> eUICC: DisableProfile, the test Profile"):
        expect.ok(disable(card, test))
    with step("Expected: the Profile with PPR1 Enabled"):
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")
    with step("S_LPAd -> eUICC: DisableProfile, that Profile; expected: disallowedByPolicy(3)"):
        expect.error(disable(card, one), DisableResult.disallowedByPolicy)
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")


@testcase("ES10c.DisableProfile#31")
def test_refusal_changes_nothing(card, given, step):
    """A refused request changes no state, leaves no Notification and announces no REFRESH."""
    talkative = replace(preset(PPR1), notification_configuration=EVERY_EVENT)
    (one,) = given.profiles(talkative, enabled=talkative)
    before = card.observe()
    with step("S_LPAd -> eUICC: DisableProfile, the Profile with PPR1, refreshFlag TRUE"):
        response = disable(card, one, flag=True)
    with step("Expected: disallowedByPolicy(3), SW 9000, no proactive command"):
        expect.error(response, DisableResult.disallowedByPolicy)
        refresh.none_announced(card)
    with step("Expected: Profiles, Notifications and addresses as before, also after a reset"):
        expect.unchanged(before, card.observe())
        card.reset()
        expect.unchanged(before, card.observe())
