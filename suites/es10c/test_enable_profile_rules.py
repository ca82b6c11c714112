"""ES10c.EnableProfile: what classes and policy rules allow to follow the Enabled Profile."""

from dataclasses import replace

from rspcore.ids import Iccid
from rspcore.messages.es10c import EnableProfileRequest, EnableResult
from rspcore.messages.metadata import PprId
from rspcore.profile_maker import preset
from rspharness import testcase
from rspharness.card import expect

ONE, TWO = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"
PPR1 = "PROFILE_OPERATIONAL4"
PPR2 = replace(preset(ONE), ppr=frozenset({PprId.ppr2}))
TEST, PROVISIONING = "PROFILE_TEST1", "PROFILE_PROVISIONING1"
SECOND_TEST = replace(
    preset(TEST),
    iccid=Iccid.from_digits("89299010023456780032"),
    profile_name="Test Profile Name 2",
)


def enable(card, one):
    """Sends EnableProfile for a Profile on the card, without REFRESH; returns the response."""
    request = EnableProfileRequest(profile_identifier=one.by_iccid, refresh_flag=False)
    return card.send(request)


@testcase.each(
    "before, target",
    {
        "ES10c.EnableProfile#12": (ONE, TEST),
        "ES10c.EnableProfile#15": (ONE, PROVISIONING),
        "ES10c.EnableProfile#21": (PPR1, TEST),
        "ES10c.EnableProfile#22": (PPR1, PROVISIONING),
    },
)
def test_other_class_takes_the_place(card, given, step, before, target):
    """A test or provisioning Profile takes the place of an operational one, PPR1 or not."""
    _, other = given.profiles(before, target, enabled=before)
    with step("S_LPAd -> eUICC: EnableProfile, the Profile of the other class"):
        response = enable(card, other)
    with step("Expected: ok(0); the operational Profile Disabled, the other Enabled"):
        expect.ok(response)
        expect.equal(card.enabled(), (other.iccid,), "Profiles Enabled")


@testcase("ES10c.EnableProfile#13")
def test_operational_profile_returns_after_test(card, given, step):
    """The operational Profile that was Enabled before the test Profile may come back."""
    one, test = given.profiles(ONE, TEST, enabled=ONE)
    with step("Initial conditions: the test Profile Enabled over it"):
        given.enable(test.iccid)
    with step("S_LPAd -> eUICC: EnableProfile, the operational Profile"):
        response = enable(card, one)
    with step("Expected: ok(0), the operational Profile Enabled"):
        expect.ok(response)
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")


@testcase("ES10c.EnableProfile#14")
def test_other_operational_profile_after_test_is_refused(card, given, step):
    """While a test Profile is Enabled, another operational Profile than that of before is not."""
    _, two, test = given.profiles(ONE, TWO, TEST, enabled=ONE)
    with step("Initial conditions: the test Profile Enabled over the first"):
        given.enable(test.iccid)
        before = card.observe()
    with step("S_LPAd -> eUICC: EnableProfile, the second operational Profile"):
        response = enable(card, two)
    with step("Expected: wrongProfileReenabling(4)"):
        expect.error(response, EnableResult.wrongProfileReenabling)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ES10c.EnableProfile#57")
def test_ppr1_counts_by_aid_too(card, given, step):
    """PPR1 of the Enabled Profile keeps one from taking its place that is named by its AID."""
    _, two = given.profiles(PPR1, TWO, enabled=PPR1)
    before = card.observe()
    with step("S_LPAd -> eUICC: EnableProfile, the other Profile by its AID"):
        response = card.send(
            EnableProfileRequest(profile_identifier=two.by_aid, refresh_flag=False)
        )
    with step("Expected: disallowedByPolicy(3)"):
        expect.error(response, EnableResult.disallowedByPolicy)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ES10c.EnableProfile#20")
def test_ppr1_keeps_the_enabled_profile(card, given, step):
    """PPR1 of the Enabled Profile keeps another operational Profile from taking its place."""
    _, two = given.profiles(PPR1, TWO, enabled=PPR1)
    before = card.observe()
    with step("S_LPAd -> eUICC: EnableProfile, the other Profile"):
        response = enable(card, two)
    with step("Expected: disallowedByPolicy(3)"):
        expect.error(response, EnableResult.disallowedByPolicy)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase.each("wanted", {"ES10c.EnableProfile#39": PPR1, "ES10c.EnableProfile#40": PPR2})
def test_profile_with_rules_is_enabled(card, given, step, wanted):
    """PPR1 and PPR2 of a Profile do not keep it from being enabled."""
    (one,) = given.profiles(wanted)
    with step("S_LPAd -> eUICC: EnableProfile"):
        response = enable(card, one)
    with step("Expected: ok(0), the Profile Enabled"):
        expect.ok(response)
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")


@testcase("ES10c.EnableProfile#43")
def test_test_profile_follows_a_test_profile(card, given, step):
    """A second test Profile takes the place of the first."""
    _, first, second = given.profiles(ONE, TEST, SECOND_TEST, enabled=ONE)
    with step("Initial conditions: the first test Profile Enabled over the operational one"):
        given.enable(first.iccid)
    with step("S_LPAd -> eUICC: EnableProfile, the second test Profile"):
        response = enable(card, second)
    with step("Expected: ok(0), the first test Profile Disabled"):
        expect.ok(response)
        expect.equal(card.enabled(), (second.iccid,), "Profiles Enabled")


@testcase("ES10c.EnableProfile#44")
def test_return_after_two_test_profiles(card, given, step):
    """After two test Profiles only the operational Profile from before the first may follow."""
    one, two, first, second = given.profiles(ONE, TWO, TEST, SECOND_TEST, enabled=ONE)
    with step("Initial conditions: first, then second test Profile Enabled"):
        given.enable(first.iccid)
        given.enable(second.iccid)
        before = card.observe()
    with step("S_LPAd -> eUICC: EnableProfile, an operational Profile that was not Enabled"):
        response = enable(card, two)
    with step("Expected: wrongProfileReenabling(4), everything as before"):
        expect.error(response, EnableResult.wrongProfileReenabling)
        expect.unchanged(before, card.observe())
    with step("S_LPAd -> eUICC: EnableProfile, the one that was; expected: ok(0), Enabled"):
        expect.ok(enable(card, one))
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")


@testcase("ES10c.EnableProfile#45")
def test_no_operational_profile_before_the_test_profile(card, given, note, step):
    """With no Profile Enabled before the test Profile, no operational one may follow it."""
    one, _ = given.profiles(ONE, TEST, enabled=TEST)
    before = card.observe()
    with step("S_LPAd -> eUICC: EnableProfile, the operational Profile"):
        response = enable(card, one)
        code = expect.names((response.enable_result,))
        note(f"operational Profile after a test Profile over none: {code}")
    with step("Expected: wrongProfileReenabling(4), everything as before"):
        expect.error(response, EnableResult.wrongProfileReenabling)
        expect.unchanged(before, card.observe())
