"""ES10c of version 3 with one port: two more options of the memory reset, and the test mode."""

from dataclasses import replace

from rspcore.ids import Iccid
from rspcore.messages.es10a import EuiccConfiguredAddressesRequest
from rspcore.messages.es10c import (
    DeleteProfileRequest,
    EnableProfileRequest,
    ProfileInfoListRequest,
    ResetResult,
)
from rspcore.messages.metadata import ProfileClass
from rspcore.messages.v3.profile_management import (
    DeleteResult as V3DeleteResult,
)
from rspcore.messages.v3.profile_management import (
    EuiccMemoryResetRequest,
    ResetOption,
)
from rspcore.profile_maker import make_profile, preset
from rspcore.status import StatusWord
from rspharness import testcase
from rspharness.card import expect

ONE, TEST, PROVISIONING = "PROFILE_OPERATIONAL1", "PROFILE_TEST1", "PROFILE_PROVISIONING1"
OTHER_TEST = make_profile(
    replace(
        preset(TEST),
        iccid=Iccid.from_digits("89299010023456780032"),
        profile_name="Test Profile Name 2",
    )
)
ADDRESS = "default.example.com"
OPTION = ResetOption
PROFILES = frozenset(
    {
        OPTION.deleteOperationalProfiles,
        OPTION.deleteFieldLoadedTestProfiles,
        OPTION.deletePreLoadedTestProfiles,
        OPTION.deleteProvisioningProfiles,
    }
)


def reset(card, options):
    """Sends eUICCMemoryReset and returns the response."""
    return card.ask(EuiccMemoryResetRequest(reset_options=frozenset(options)).encode())


def default_address(card):
    """Returns the default SM-DP+ address, None without one."""
    return card.send(EuiccConfiguredAddressesRequest()).default_dp_address


def classes(card):
    """Returns the classes of the Profiles on the card, in order."""
    return sorted(profile.profile_class for profile in card.profiles())


@testcase("ES10c.eUICCMemoryReset#07", level="destructive")
def test_preloaded_test_profile_is_deleted(card, step):
    """A Test Profile that came with the card goes, if its option says so."""
    with step("Initial conditions: a pre-loaded Test Profile"):
        expect.that(
            holds=ProfileClass.test in classes(card), expected="a Test Profile", actual="none"
        )
    with step("S_LPAd -> eUICC: eUICCMemoryReset, deletePreLoadedTestProfiles; expected: ok(0)"):
        expect.ok(reset(card, {OPTION.deletePreLoadedTestProfiles}))
    with step("Expected: no Test Profile"):
        expect.equal(classes(card).count(ProfileClass.test), 0, "Test Profiles")


@testcase("ES10c.eUICCMemoryReset#09", level="destructive")
def test_provisioning_profile_is_deleted(card, given, step):
    """A provisioning Profile goes, if its option says so."""
    with step("Initial conditions: a provisioning and an operational Profile"):
        given.profiles(PROVISIONING, ONE)
    with step("S_LPAd -> eUICC: eUICCMemoryReset, deleteProvisioningProfiles; expected: ok(0)"):
        expect.ok(reset(card, {OPTION.deleteProvisioningProfiles}))
    with step("Expected: the operational Profile alone"):
        expect.equal(classes(card), [ProfileClass.operational], "classes of Profiles")


@testcase("ES10c.eUICCMemoryReset#13", level="destructive")
def test_every_option(card, given, declared, step):
    """All options of version 3 together delete every Profile and reset the address."""
    with step("Initial conditions: Profiles, and another default address"):
        given.profiles(ONE, PROVISIONING)
        given.default_address(ADDRESS)
    with step("S_LPAd -> eUICC: eUICCMemoryReset, all five options; expected: ok(0)"):
        expect.ok(reset(card, {*PROFILES, OPTION.resetDefaultSmdpAddress}))
    with step("Expected: no Profile; the default address as from the factory"):
        expect.equal(classes(card), [], "classes of Profiles")
        kept = default_address(card) or ""
        expect.equal(kept, declared.get("factory_default_dp_address", kept), "defaultDpAddress")
        expect.that(holds=kept != ADDRESS, expected="another address", actual=kept)


@testcase("ES10c.eUICCMemoryReset#29", level="destructive")
def test_every_profile_and_no_address(card, given, step):
    """The four options for Profiles delete them all and leave the default address."""
    with step("Initial conditions: Profiles of several classes, a default address"):
        given.profiles(ONE, PROVISIONING)
        given.default_address(ADDRESS)
    with step("S_LPAd -> eUICC: eUICCMemoryReset, bits 0, 1, 3 and 4; expected: ok(0)"):
        expect.ok(reset(card, PROFILES))
    with step("Expected: no Profile, the address as before"):
        expect.equal(classes(card), [], "classes of Profiles")
        expect.equal(
            card.send(EuiccConfiguredAddressesRequest()).default_dp_address,
            ADDRESS,
            "defaultDpAddress",
        )


@testcase("ES10c.eUICCMemoryReset#30", level="destructive")
def test_nothing_preloaded(card, given, step):
    """Without a pre-loaded Test Profile its option has nothing to delete."""
    with step("Initial conditions: an operational Profile"):
        given.profiles(ONE)
    with step("S_LPAd -> eUICC: eUICCMemoryReset, deletePreLoadedTestProfiles"):
        response = reset(card, {OPTION.deletePreLoadedTestProfiles})
    with step("Expected: nothingToDelete(1)"):
        expect.error(response, ResetResult.nothingToDelete)


@testcase("ES10c.DeleteProfile#08")
def test_profile_to_return_to(card, given, step, note):
    """While a Test Profile is Enabled over a Profile, that one cannot be deleted."""
    with step("Initial conditions: a Test Profile Enabled over an operational one"):
        operational, test = given.profiles(ONE, TEST, enabled=ONE)
        given.enable(test.iccid)
    with step("S_LPAd -> eUICC: DeleteProfile, the operational one"):
        response = card.send(DeleteProfileRequest(iccid=operational.iccid))
    with step("Expected: disallowedInTestMode(4); recorded"):
        note(f"deleteResult {response.delete_result}")
        expect.equal(response.delete_result, V3DeleteResult.disallowedInTestMode, "deleteResult")


@testcase("ES10c.DeleteProfile#09")
def test_other_test_profile(card, given, step, note):
    """While a Test Profile is Enabled, another one is deleted, or kept."""
    with step("Initial conditions: two Test Profiles, one Enabled"):
        on, off = given.profiles(TEST, OTHER_TEST, enabled=TEST)
    with step("S_LPAd -> eUICC: DeleteProfile, the Disabled one"):
        result = card.send(DeleteProfileRequest(iccid=off.iccid)).delete_result
    with step("Expected: ok(0) or disallowedInTestMode(4); recorded"):
        note(f"deleteResult {result}")
        expect.one_of(result, (V3DeleteResult.ok, V3DeleteResult.disallowedInTestMode), "result")
        left = (on,) if result == V3DeleteResult.ok else (on, off)
        found = sorted(str(one.iccid) for one in card.listed_profiles())
        with expect.settled():
            expect.equal(found, sorted(str(one.iccid) for one in left), "Profiles")


@testcase("ES10c.GetProfilesInfo#45")
def test_state_while_a_change_waits(card, given, step):
    """While a change waits for its REFRESH, the states cannot be asked for."""
    with step("Initial conditions: EnableProfile with refreshFlag accepted, REFRESH not done"):
        (one,) = given.profiles(ONE)
        card.open()
        request = EnableProfileRequest(profile_identifier=one.by_iccid, refresh_flag=True)
        expect.ok(card.send(request))
    with step("S_LPAd -> eUICC: GetProfilesInfo, tagList 9F70; expected: SW 6985"):
        response = card.store(ProfileInfoListRequest(tag_list=bytes.fromhex("9F70")).encode())
        expect.sw(response, StatusWord.CONDITIONS_NOT_SATISFIED)


@testcase("ES10c.GetProfilesInfo#54")
def test_port_on_a_card_with_one_port(card, given, step, note):
    """The tag 9F24 on a card with one port is absent, or 0."""
    with step("Initial conditions: a Profile Enabled"):
        given.profiles(ONE, enabled=ONE)
    with step("S_LPAd -> eUICC: GetProfilesInfo, tagList 9F24"):
        response = card.store(ProfileInfoListRequest(tag_list=bytes.fromhex("9F24")).encode())
    with step("Expected: no 9F24, or 0; recorded"):
        note(f"SW {response.sw:04X}, {response.data.hex().upper()}")
