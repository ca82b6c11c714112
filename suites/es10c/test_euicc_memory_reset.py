"""ES10c.eUICCMemoryReset: what the options select is deleted, whatever its state and rules."""

from dataclasses import replace

from rspcore.apdu import ResponseApdu
from rspcore.messages.es10a import EuiccConfiguredAddressesRequest
from rspcore.messages.es10c import (
    EuiccMemoryResetRequest,
    EuiccMemoryResetResponse,
    ResetOption,
    ResetResult,
)
from rspcore.messages.metadata import PprId
from rspcore.profile_maker import preset
from rspcore.status import StatusWord
from rspharness import testcase
from rspharness.card import expect
from rspharness.lpa.proactive import Refresh
from rspharness.suite import file_access, refresh

ONE, TWO, THREE = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2", "PROFILE_OPERATIONAL3"
PPR2 = replace(preset(ONE), ppr=frozenset({PprId.ppr2}))
TEST, PROVISIONING = "PROFILE_TEST1", "PROFILE_PROVISIONING1"

OPERATIONAL = ResetOption.deleteOperationalProfiles
FIELD_LOADED_TEST = ResetOption.deleteFieldLoadedTestProfiles
ADDRESS = ResetOption.resetDefaultSmdpAddress
DEFAULT_ADDRESS = "default.example.com"


def reset(card, *options):
    """Sends eUICCMemoryReset and returns the response."""
    return card.send(EuiccMemoryResetRequest(reset_options=frozenset(options)))


def addresses(card):
    """Returns the configured addresses."""
    return card.send(EuiccConfiguredAddressesRequest())


def iccids(card):
    """Returns the ICCIDs listed, in the order of the card."""
    return [one.iccid for one in card.listed_profiles()]


@testcase("ES10c.eUICCMemoryReset#01", level="destructive")
def test_disabled_profile_is_deleted(card, given, step):
    """A Disabled operational Profile is deleted, without REFRESH."""
    given.profiles(ONE)
    with step("S_LPAd -> eUICC: eUICCMemoryReset, deleteOperationalProfiles"):
        response = reset(card, OPERATIONAL)
    with step("Expected: ok(0), SW 9000, no Profile"):
        expect.ok(response)
        refresh.none_announced(card)
        expect.equal(iccids(card), [], "Profiles listed")


@testcase("ES10c.eUICCMemoryReset#02", level="destructive")
def test_enabled_profile_is_deleted(card, given, step):
    """The Enabled Profile is deleted too; REFRESH with UICC Reset, the default file system."""
    given.profiles(ONE, enabled=ONE)
    with step("S_LPAd -> eUICC: eUICCMemoryReset, deleteOperationalProfiles; expected: ok(0)"):
        expect.ok(reset(card, OPERATIONAL))
    with step("Expected: SW 91XX, REFRESH with UICC Reset(04)"):
        command = refresh.required(card)
        expect.equal(command.qualifier, Refresh.UICC_RESET, "qualifier of REFRESH")
    with step("Terminal: reset; expected: no Profile, no EF.ICCID"):
        refresh.carry_out(card, command)
        expect.equal(iccids(card), [], "Profiles listed")
        expect.equal(file_access.ef_iccid(card), None, "EF.ICCID")


@testcase("ES10c.eUICCMemoryReset#03", level="destructive")
def test_several_profiles_are_deleted(card, given, step):
    """All operational Profiles are deleted."""
    given.profiles(ONE, TWO, THREE)
    with step("S_LPAd -> eUICC: eUICCMemoryReset, deleteOperationalProfiles"):
        response = reset(card, OPERATIONAL)
    with step("Expected: ok(0), no Profile"):
        expect.ok(response)
        expect.equal(iccids(card), [], "Profiles listed")


@testcase("ES10c.eUICCMemoryReset#04", level="destructive")
def test_provisioning_profile_stays(card, given, step):
    """DeleteOperationalProfiles leaves a provisioning Profile where it is."""
    other, _ = given.profiles(PROVISIONING, ONE)
    with step("S_LPAd -> eUICC: eUICCMemoryReset, deleteOperationalProfiles"):
        response = reset(card, OPERATIONAL)
    with step("Expected: ok(0), the provisioning Profile left"):
        expect.ok(response)
        expect.equal(iccids(card), [other.iccid], "Profiles listed")


@testcase("ES10c.eUICCMemoryReset#05", level="destructive")
def test_field_loaded_test_profile_is_deleted(card, given, step):
    """DeleteFieldLoadedTestProfiles deletes a test Profile that came over the air."""
    given.profiles(TEST)
    with step("S_LPAd -> eUICC: eUICCMemoryReset, deleteFieldLoadedTestProfiles"):
        response = reset(card, FIELD_LOADED_TEST)
    with step("Expected: ok(0), no Profile"):
        expect.ok(response)
        expect.equal(iccids(card), [], "Profiles listed")


@testcase("ES10c.eUICCMemoryReset#06", level="destructive")
def test_operational_profile_stays(card, given, step):
    """DeleteFieldLoadedTestProfiles leaves an operational Profile where it is."""
    one, _ = given.profiles(ONE, TEST)
    with step("S_LPAd -> eUICC: eUICCMemoryReset, deleteFieldLoadedTestProfiles"):
        response = reset(card, FIELD_LOADED_TEST)
    with step("Expected: ok(0), the operational Profile left"):
        expect.ok(response)
        expect.equal(iccids(card), [one.iccid], "Profiles listed")


@testcase("ES10c.eUICCMemoryReset#08", level="destructive")
def test_default_address_goes_back(card, given, declared, step):
    """ResetDefaultSmdpAddress brings back the factory address and touches no Profile."""
    given.profiles(ONE)
    given.default_address(DEFAULT_ADDRESS)
    before = card.observe()
    with step("S_LPAd -> eUICC: eUICCMemoryReset, resetDefaultSmdpAddress"):
        response = reset(card, ADDRESS)
    with step("Expected: ok(0) or nothingToDelete(1)"):
        allowed = (ResetResult.ok, ResetResult.nothingToDelete)
        expect.one_of(response.reset_result, allowed, "resetResult")
    with step("Expected: the factory default address; Profiles and Notifications as before"):
        expect_factory_address(card, declared)
        expect.unchanged(before, card.observe(), apart_from=("addresses",))


def expect_factory_address(card, declared):
    """Requires the default SM-DP+ address to be the factory's, or no longer the one set."""
    found = addresses(card).default_dp_address or ""
    factory = declared.get("factory_default_dp_address")
    if factory is None:
        expect.that(holds=found != DEFAULT_ADDRESS, expected="another address", actual=found)
    else:
        expect.equal(found, factory, "default SM-DP+ address")


@testcase.each(
    "options_",
    {
        "ES10c.eUICCMemoryReset#10": (OPERATIONAL, FIELD_LOADED_TEST),
        "ES10c.eUICCMemoryReset#11": (OPERATIONAL, ADDRESS),
        "ES10c.eUICCMemoryReset#12": (OPERATIONAL, FIELD_LOADED_TEST, ADDRESS),
    },
    level="destructive",
)
def test_every_selected_item_is_reset(card, given, declared, options, step, options_):
    """Several options at once reset all they choose, and leave the rest."""
    also = (TEST,) * options.get("TEST_PROFILE", False)
    _, *test = given.profiles(ONE, *also)
    given.default_address(DEFAULT_ADDRESS)
    with step(f"S_LPAd -> eUICC: eUICCMemoryReset, {', '.join(o.name for o in options_)}"):
        response = reset(card, *options_)
    with step("Expected: ok(0), the Profiles chosen gone, all others left"):
        expect.ok(response)
        left = [] if FIELD_LOADED_TEST in options_ else [listed.iccid for listed in test]
        expect.equal(iccids(card), left, "Profiles listed")
    with step("Expected: the factory default address if chosen, else as set"):
        if ADDRESS in options_:
            expect_factory_address(card, declared)
        else:
            expect.equal(addresses(card).default_dp_address, DEFAULT_ADDRESS)


@testcase("ES10c.eUICCMemoryReset#14", level="destructive")
def test_no_operational_profile_to_delete(card, given, options, step):
    """DeleteOperationalProfiles without such a Profile deletes nothing."""
    given.profiles(*(TEST,) * options.get("TEST_PROFILE", False))
    before = card.observe()
    with step("S_LPAd -> eUICC: eUICCMemoryReset, deleteOperationalProfiles"):
        response = reset(card, OPERATIONAL)
    with step("Expected: nothingToDelete(1) or ok(0)"):
        expect.error(response, ResetResult.nothingToDelete, ResetResult.ok)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ES10c.eUICCMemoryReset#15", level="destructive")
def test_no_test_profile_to_delete(card, given, step):
    """DeleteFieldLoadedTestProfiles on a card without Profiles deletes nothing."""
    given.none()
    before = card.observe()
    with step("S_LPAd -> eUICC: eUICCMemoryReset, deleteFieldLoadedTestProfiles"):
        response = reset(card, FIELD_LOADED_TEST)
    with step("Expected: nothingToDelete(1) or ok(0)"):
        expect.error(response, ResetResult.nothingToDelete, ResetResult.ok)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ES10c.eUICCMemoryReset#16", level="destructive")
def test_no_address_to_reset(card, given, step):
    """ResetDefaultSmdpAddress without an address gives nothingToDelete(1) or ok(0)."""
    given.profiles(ONE)
    before = card.observe()
    with step("S_LPAd -> eUICC: eUICCMemoryReset, resetDefaultSmdpAddress"):
        response = reset(card, ADDRESS)
    with step("Expected: nothingToDelete(1) or ok(0)"):
        allowed = (ResetResult.nothingToDelete, ResetResult.ok)
        expect.one_of(response.reset_result, allowed, "resetResult")
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


NOTHING = EuiccMemoryResetResponse(reset_result=ResetResult.nothingToDelete).encode()


@testcase("ES10c.eUICCMemoryReset#17", level="destructive")
def test_no_option_chosen(card, given, note, step):
    """Without an option nothing is deleted."""
    given.profiles(ONE)
    before = card.observe()
    with step("S_LPAd -> eUICC: eUICCMemoryReset, no bit set"):
        response = card.store(EuiccMemoryResetRequest(reset_options=frozenset()).encode())
        note(f"no option: SW {response.sw:04X}, {response.data.hex().upper()}")
    with (
        step("Expected, whatever the answer: Profiles, Notifications and addresses as before"),
        expect.settled(),
    ):
        expect.unchanged(before, card.observe())
    with step("Expected: nothingToDelete(1), or SW 6A80"):
        allowed = (ResponseApdu(NOTHING, StatusWord.OK), ResponseApdu(b"", StatusWord.WRONG_DATA))
        expect.one_of(response, allowed)


@testcase("ES10c.eUICCMemoryReset#18", level="destructive")
def test_open_proactive_session_is_catbusy(card, given, make_ota, step):
    """A proactive session the card cannot end keeps the Profiles: catBusy(5)."""
    (one,) = given.profiles(ONE, enabled=ONE)
    before = card.observe()
    with step("Initial conditions: SEND SHORT MESSAGE fetched and not answered"):
        make_ota(one.profile.parameters).open_proactive_session(card)
    with step("S_LPAd -> eUICC: eUICCMemoryReset, deleteOperationalProfiles"):
        response = reset(card, OPERATIONAL)
    with step("Expected: catBusy(5), SW 9000"):
        expect.error(response, ResetResult.catBusy)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ES10c.eUICCMemoryReset#19", level="destructive")
def test_ppr2_does_not_protect(card, given, step):
    """PPR2 does not keep a Profile from being deleted by a memory reset."""
    given.profiles(PPR2)
    with step("S_LPAd -> eUICC: eUICCMemoryReset, deleteOperationalProfiles"):
        response = reset(card, OPERATIONAL)
    with step("Expected: ok(0), no Profile"):
        expect.ok(response)
        expect.equal(iccids(card), [], "Profiles listed")
