"""ES10a.SetDefaultDpAddress: stored, replaced, removed; only a memory reset removes it."""

from rspcore.messages.es10a import (
    EuiccConfiguredAddressesRequest,
    SetDefaultDpAddressRequest,
    SetDefaultDpAddressResult,
)
from rspcore.messages.es10c import (
    DeleteProfileRequest,
    EuiccMemoryResetRequest,
    ResetOption,
    ResetResult,
)
from rspcore.status import StatusWord
from rspharness import testcase
from rspharness.card import declared_values, expect
from rspharness.lpa.proactive import settle_refresh

ONE = "PROFILE_OPERATIONAL1"
ADDRESS = "testsmdpplus1.example.com"
OTHER_ADDRESS = "testsmdpplus2.example.com"
LONG_ADDRESS = ("a" * 49 + ".") * 5 + "com"
"""A host name of 253 characters, the most DNS allows."""
OTHER_LONG_ADDRESS = LONG_ADDRESS[-200:]
SHORT_ADDRESS, MIXED_ADDRESS = "a.example", "SmdpPlus.Example.COM"


def set_address(card, address):
    """Sends SetDefaultDpAddress and returns the response."""
    return card.send(SetDefaultDpAddressRequest(default_dp_address=address))


def stored(card):
    """Returns the default SM-DP+ address the card returns, None for none."""
    return card.send(EuiccConfiguredAddressesRequest()).default_dp_address


@testcase("ES10a.SetDefaultDpAddress#01")
def test_first_address(card, given, step):
    """An address is stored where there was none."""
    given.none()
    with step("S_LPAd -> eUICC: SetDefaultDpAddress; expected: ok(0), SW 9000"):
        expect.ok(set_address(card, ADDRESS))
    with step("Expected: GetEuiccConfiguredAddresses returns it"):
        expect.equal(stored(card), ADDRESS, "defaultDpAddress")


@testcase("ES10a.SetDefaultDpAddress#02")
def test_address_replaced(card, given, step):
    """A new address takes the place of the one stored."""
    given.none()
    given.default_address(ADDRESS)
    with step("S_LPAd -> eUICC: SetDefaultDpAddress, another address; expected: ok(0)"):
        expect.ok(set_address(card, OTHER_ADDRESS))
    with step("Expected: GetEuiccConfiguredAddresses returns the new one"):
        expect.equal(stored(card), OTHER_ADDRESS, "defaultDpAddress")
    with step("S_LPAd -> eUICC: the same once more; expected: ok(0), as it was"):
        expect.ok(set_address(card, OTHER_ADDRESS))
        expect.equal(stored(card), OTHER_ADDRESS, "defaultDpAddress")


@testcase.each(
    "address",
    {
        "ES10a.SetDefaultDpAddress#14": SHORT_ADDRESS,
        "ES10a.SetDefaultDpAddress#15": MIXED_ADDRESS,
    },
)
def test_address_stored_as_given(card, given, step, address):
    """An address in the place of a longer one is returned character for character."""
    given.none()
    given.default_address(ADDRESS)
    with step(f"S_LPAd -> eUICC: SetDefaultDpAddress, {address}; expected: ok(0)"):
        expect.ok(set_address(card, address))
    with step("Expected: GetEuiccConfiguredAddresses returns these characters and no more"):
        expect.equal(stored(card), address, "defaultDpAddress")


@testcase("ES10a.SetDefaultDpAddress#03")
def test_address_removed(card, given, step):
    """An empty address removes the one stored; the field is absent then."""
    given.none()
    given.default_address(ADDRESS)
    with step("S_LPAd -> eUICC: SetDefaultDpAddress, empty; expected: ok(0)"):
        expect.ok(set_address(card, ""))
    with step("Expected: GetEuiccConfiguredAddresses without tag 80"):
        expect.equal(stored(card), None, "defaultDpAddress")
    with step("S_LPAd -> eUICC: the same once more; expected: ok(0), none"):
        expect.ok(set_address(card, ""))
        expect.equal(stored(card), None, "defaultDpAddress")


@testcase("ES10a.SetDefaultDpAddress#04")
def test_address_outlives_a_reset(card, given, step):
    """A reset and a loss of power leave the address."""
    given.none()
    given.default_address(ADDRESS)
    with step("Terminal: reset; expected: the same address"):
        card.reset()
        expect.equal(stored(card), ADDRESS, "defaultDpAddress after a reset")
    with step("Terminal: power off and on; expected: the same address"):
        card.power_cycle()
        expect.equal(stored(card), ADDRESS, "defaultDpAddress after power off and on")


@testcase("ES10a.SetDefaultDpAddress#05")
def test_address_outlives_profiles(card, given, step):
    """Enabling, disabling and deleting a Profile leave the address."""
    (one,) = given.profiles(ONE)
    given.default_address(ADDRESS)
    with step("S_LPAd -> eUICC: EnableProfile; expected: the same address"):
        given.enable(one.iccid)
        expect.equal(stored(card), ADDRESS, "defaultDpAddress after EnableProfile")
    with step("S_LPAd -> eUICC: DisableProfile; expected: the same address"):
        given.disable(one.iccid)
        expect.equal(stored(card), ADDRESS, "defaultDpAddress after DisableProfile")
    with step("S_LPAd -> eUICC: DeleteProfile; expected: the same address"):
        expect.ok(card.send(DeleteProfileRequest(iccid=one.iccid)))
        expect.equal(stored(card), ADDRESS, "defaultDpAddress after DeleteProfile")


@testcase("ES10a.SetDefaultDpAddress#06", level="destructive")
def test_memory_reset_brings_the_factory_address_back(card, declared, given, step):
    """A memory reset with resetDefaultSmdpAddress brings the factory's address back, or none."""
    given.none()
    given.default_address(ADDRESS)
    with step("S_LPAd -> eUICC: eUICCMemoryReset, resetDefaultSmdpAddress"):
        options = frozenset({ResetOption.resetDefaultSmdpAddress})
        response = card.send(EuiccMemoryResetRequest(reset_options=options))
        settle_refresh(card)
    with step("Expected: ok(0) or nothingToDelete(1); the factory's address"):
        expect.one_of(response.reset_result, (ResetResult.ok, ResetResult.nothingToDelete))
        found = stored(card) or ""
        expect.that(holds=found != ADDRESS, expected="not the address set", actual=found)
        declared_values.agrees(declared, "factory_default_dp_address", found)


@testcase("ES10a.SetDefaultDpAddress#07")
def test_long_address(card, given, note, step):
    """An address of 253 characters is stored whole, or refused."""
    given.none()
    given.default_address(ADDRESS)
    with step("S_LPAd -> eUICC: SetDefaultDpAddress, 253 characters"):
        result = set_address(card, LONG_ADDRESS).set_default_dp_address_result
        note(f"setDefaultDpAddressResult {result}")
    with step("Expected: ok(0) and the address read, or undefinedError(127) and the old one read"):
        expect.one_of(
            (result, stored(card)),
            (
                (SetDefaultDpAddressResult.ok, LONG_ADDRESS),
                (SetDefaultDpAddressResult.undefinedError, ADDRESS),
            ),
            "result, and address stored",
        )


@testcase("ES10a.SetDefaultDpAddress#11")
def test_address_missing(card, given, step):
    """A request without the address is refused, and the one stored stays."""
    given.none()
    given.default_address(ADDRESS)
    before = card.observe()
    with step("S_LPAd -> eUICC: BF3F 00"):
        response = card.store(bytes.fromhex("BF3F00"))
    with step("Expected: SW 6A80"):
        expect.refused(response, StatusWord.WRONG_DATA)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ES10a.SetDefaultDpAddress#12")
def test_power_loss(card, given, step):
    """Wherever the power is lost, the old address or the new one is stored, complete."""
    given.none()
    for commands in (1, 2, 3):
        given.default_address(ADDRESS)
        cut = f"power off after {commands} commands, power on"
        with (
            step(f"S_LPAd -> eUICC: SetDefaultDpAddress in two blocks; {cut}"),
            card.power_lost_after(commands),
        ):
            set_address(card, OTHER_LONG_ADDRESS)
        with step("Expected: the old address or the new one"):
            expect.one_of(stored(card), (ADDRESS, OTHER_LONG_ADDRESS), "defaultDpAddress")


@testcase("ES10a.SetDefaultDpAddress#13")
def test_no_notification_is_created(card, given, step):
    """Setting an address creates no Notification."""
    given.none()
    before = card.notifications()
    with step("S_LPAd -> eUICC: SetDefaultDpAddress; expected: ok(0)"):
        expect.ok(set_address(card, ADDRESS))
    with step("Expected: ListNotification as before"):
        expect.equal(card.notifications(), before, "Notifications")


@testcase("ES10a.SetDefaultDpAddress#16")
def test_address_with_a_port(card, given, step):
    """An address with a port is kept whole, or refused; it is not kept without the port."""
    given.none()
    asked = "smdp.example.com:8443"
    with step("S_LPAd -> eUICC: SetDefaultDpAddress with a port"):
        card.store(SetDefaultDpAddressRequest(default_dp_address=asked).encode())
    with step("Expected: the whole address, or none"):
        kept = card.send(EuiccConfiguredAddressesRequest()).default_dp_address
        expect.one_of(kept, (asked, None), "default SM-DP+ address")
