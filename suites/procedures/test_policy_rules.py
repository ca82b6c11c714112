"""Profile policy rules: PPR1 keeps a Profile Enabled, PPR2 keeps it installed."""

from rspcore.messages.es10b import GetRatRequest
from rspcore.messages.es10c import (
    DeleteProfileRequest,
    DeleteResult,
    DisableProfileRequest,
    DisableResult,
    EnableProfileRequest,
    EnableResult,
    EuiccMemoryResetRequest,
    ProfileState,
    ResetOption,
)
from rspcore.messages.metadata import PprId
from rspcore.profile_maker import preset
from rspharness import testcase
from rspharness.card import expect
from rspharness.lpa.proactive import settle_refresh
from rspharness.suite import rat

TWO = "PROFILE_OPERATIONAL2"
PPR1, PPR2, BOTH = "PROFILE_OPERATIONAL4", "PROFILE_OPERATIONAL1.1", "PROFILE_OPERATIONAL5"


def allowed(card, name):
    """Returns a Profile with policy rules and an owner to whom the RAT of the card allows them."""
    return rat.owned_by_allowed_operator(card.send(GetRatRequest()).rat, preset(name))


def enable(card, one):
    """Sends EnableProfile and returns the response."""
    return card.send(EnableProfileRequest(profile_identifier=one.by_iccid, refresh_flag=False))


def disable(card, one):
    """Sends DisableProfile and returns the response."""
    return card.send(DisableProfileRequest(profile_identifier=one.by_iccid, refresh_flag=False))


def delete(card, one):
    """Sends DeleteProfile and returns the response."""
    return card.send(DeleteProfileRequest(iccid=one.iccid))


def states(card):
    """Returns the state of each Profile by its ICCID."""
    return {one.iccid: one.profile_state for one in card.listed_profiles()}


@testcase("procedure.PolicyRules#01")
def test_ppr1_forbids_disabling(card, given, step):
    """A Profile with PPR1 stays Enabled when it is to be disabled."""
    ruled = allowed(card, PPR1)
    (one,) = given.profiles(ruled, enabled=ruled)
    before = card.observe()
    with step("S_LPAd -> eUICC: DisableProfile"):
        response = disable(card, one)
    with step("Expected: disallowedByPolicy(3)"):
        expect.error(response, DisableResult.disallowedByPolicy)
    with step("Expected: the Profile Enabled; Profiles, Notifications and addresses as before"):
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")
        expect.unchanged(before, card.observe())


@testcase("procedure.PolicyRules#02")
def test_ppr1_forbids_implicit_disabling(card, given, step):
    """A Profile with PPR1 stays Enabled when another operational one is to be enabled."""
    ruled = allowed(card, PPR1)
    one, two = given.profiles(ruled, TWO, enabled=ruled)
    before = card.observe()
    with step("S_LPAd -> eUICC: EnableProfile, the other Profile"):
        response = enable(card, two)
    with step("Expected: disallowedByPolicy(3)"):
        expect.error(response, EnableResult.disallowedByPolicy)
    with step("Expected: the Profile Enabled; Profiles, Notifications and addresses as before"):
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")
        expect.unchanged(before, card.observe())


@testcase("procedure.PolicyRules#03", level="destructive")
def test_memory_reset_passes_over_ppr1(card, given, step):
    """A memory reset deletes an Enabled Profile with PPR1."""
    ruled = allowed(card, PPR1)
    given.profiles(ruled, enabled=ruled)
    with step("S_LPAd -> eUICC: eUICCMemoryReset, deleteOperationalProfiles"):
        options = frozenset({ResetOption.deleteOperationalProfiles})
        response = card.send(EuiccMemoryResetRequest(reset_options=options))
    with step("Expected: ok(0); no Profile left"):
        expect.ok(response)
        settle_refresh(card)
        expect.equal(states(card), {}, "Profiles")


@testcase("procedure.PolicyRules#04")
def test_enabled_profile_is_not_deleted(card, given, step):
    """Deleting an Enabled Profile with PPR1 is refused for its state."""
    ruled = allowed(card, PPR1)
    (one,) = given.profiles(ruled, enabled=ruled)
    before = card.observe()
    with step("S_LPAd -> eUICC: DeleteProfile"):
        response = delete(card, one)
    with step("Expected: profileNotInDisabledState(2)"):
        expect.error(response, DeleteResult.profileNotInDisabledState)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("procedure.PolicyRules#05")
def test_ppr1_allows_deletion(card, given, step):
    """A Profile with PPR1 that was never enabled can be deleted."""
    ruled = allowed(card, PPR1)
    (one,) = given.profiles(ruled)
    with step("S_LPAd -> eUICC: DeleteProfile; expected: ok(0)"):
        expect.ok(delete(card, one))
    with step("Expected: no Profile left"):
        expect.equal(states(card), {}, "Profiles")


@testcase("procedure.PolicyRules#06")
def test_ppr2_forbids_deletion(card, given, step):
    """A Disabled Profile with PPR2 cannot be deleted."""
    ruled = allowed(card, PPR2)
    (one,) = given.profiles(ruled)
    before = card.observe()
    with step("S_LPAd -> eUICC: DeleteProfile"):
        response = delete(card, one)
    with step("Expected: disallowedByPolicy(3)"):
        expect.error(response, DeleteResult.disallowedByPolicy)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("procedure.PolicyRules#07")
def test_ppr2_allows_disabling(card, given, step):
    """A Profile with PPR2 can be disabled."""
    ruled = allowed(card, PPR2)
    (one,) = given.profiles(ruled, enabled=ruled)
    with step("S_LPAd -> eUICC: DisableProfile; expected: ok(0)"):
        expect.ok(disable(card, one))
    with step("Expected: the Profile Disabled"):
        expect.equal(states(card), {one.iccid: ProfileState.disabled}, "state of each Profile")


@testcase("procedure.PolicyRules#08")
def test_both_rules_at_once(card, given, step):
    """An Enabled Profile with both rules is neither disabled nor deleted."""
    ruled = allowed(card, BOTH)
    (one,) = given.profiles(ruled, enabled=ruled)
    before = card.observe()
    with step("S_LPAd -> eUICC: DisableProfile; expected: disallowedByPolicy(3)"):
        expect.error(disable(card, one), DisableResult.disallowedByPolicy)
    with step("S_LPAd -> eUICC: DeleteProfile; expected: profileNotInDisabledState(2)"):
        expect.error(delete(card, one), DeleteResult.profileNotInDisabledState)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("procedure.PolicyRules#09")
def test_rules_of_a_disabled_profile_have_no_effect(card, given, step):
    """PPR1 of a Disabled Profile prevents neither enabling nor disabling another one."""
    ruled = allowed(card, PPR1)
    one, two = given.profiles(ruled, TWO)
    with step("S_LPAd -> eUICC: EnableProfile, the Profile without rules; expected: ok(0)"):
        expect.ok(enable(card, two))
    with step("S_LPAd -> eUICC: DisableProfile, the same; expected: ok(0)"):
        card.reset()
        expect.ok(disable(card, two))
    with step("Expected: both Disabled"):
        wanted = dict.fromkeys((one.iccid, two.iccid), ProfileState.disabled)
        expect.equal(states(card), wanted, "state of each Profile")


@testcase("procedure.PolicyRules#10")
def test_rules_outlive_a_reset(card, given, step):
    """After a reset, and after a loss of power, PPR1 still keeps the Profile Enabled."""
    ruled = allowed(card, PPR1)
    (one,) = given.profiles(ruled, enabled=ruled)
    with step("Terminal: reset; power off and on"):
        card.reset()
        card.power_cycle()
        before = card.observe()
    with step("S_LPAd -> eUICC: DisableProfile"):
        response = disable(card, one)
    with step("Expected: disallowedByPolicy(3)"):
        expect.error(response, DisableResult.disallowedByPolicy)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("procedure.PolicyRules#11")
def test_rules_are_listed(card, given, step):
    """GetProfilesInfo lists both rules of a Profile, in tag 99."""
    ruled = allowed(card, BOTH)
    given.profiles(ruled)
    with step("S_LPAd -> eUICC: GetProfilesInfo, tag 99; expected: ppr1(1) and ppr2(2)"):
        (listed,) = card.profiles(bytes.fromhex("99"))
        rules = listed.profile_policy_rules
        expect.equal(rules, frozenset({PprId.ppr1, PprId.ppr2}), "profilePolicyRules")
