"""Selection of the ISD-R in version 3: euiccConfiguration; LoadCRL is no function any more."""

from rspcore.messages.v3.card_and_device import EuiccConfiguration
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite import logical_channels

ONE = "PROFILE_OPERATIONAL1"
CONFIGURATION = 0x03
LPAE = (
    EuiccConfiguration.lpaeUsingCatSupported,
    EuiccConfiguration.lpaeUsingScwsSupported,
    EuiccConfiguration.lpaeUsingE4Esupported,
)


def configuration(card):
    """Selects the ISD-R and returns the positions of the bits in euiccConfiguration."""
    card.open()
    response = logical_channels.select_isdr(card, card.number)
    expect.sw(response, StatusWord.OK)
    template = expect.data_object(response.data, 0x6F, "FCI").find(Tag.IsdrSelectData)
    expect.that(holds=template is not None, expected="template E0", actual="none")
    found = template.find(CONFIGURATION)
    expect.that(holds=found is not None, expected="euiccConfiguration (03)", actual="none")
    octets = bytes(found.value)[1:]
    return {n for n in range(8 * len(octets)) if octets[n // 8] & 0x80 >> n % 8}


def require_enabled(bits, *, wanted):
    """Requires the bit enabledProfile to be set or not."""
    expect.equal(EuiccConfiguration.enabledProfile in bits, wanted, "enabledProfile")


@testcase("ISD-R.Select#02")
def test_enabled_profile_is_reported(card, given, step):
    """While a Profile is Enabled, the bit enabledProfile is 1."""
    with step("Initial conditions: a Profile Enabled"):
        given.profiles(ONE, enabled=ONE)
    with step("Terminal -> eUICC: SELECT ISD-R; expected: enabledProfile is 1, SW 9000"):
        require_enabled(configuration(card), wanted=True)


@testcase("ISD-R.Select#12")
def test_bit_follows_the_state(card, given, step):
    """The bit enabledProfile is 0 before Enable, 1 after it, 0 after Disable."""
    with step("Initial conditions: a Profile Disabled"):
        (one,) = given.profiles(ONE)
    with step("Terminal -> eUICC: SELECT ISD-R; expected: enabledProfile is 0"):
        require_enabled(configuration(card), wanted=False)
    with step("EnableProfile, REFRESH, SELECT ISD-R; expected: enabledProfile is 1"):
        given.enable(one.iccid)
        require_enabled(configuration(card), wanted=True)
    with step("DisableProfile, REFRESH, SELECT ISD-R; expected: enabledProfile is 0"):
        given.disable(one.iccid)
        require_enabled(configuration(card), wanted=False)


@testcase("ISD-R.Select#13")
def test_no_lpae(card, given, step):
    """An eUICC without LPAe has euiccConfiguration without a bit for one."""
    given.none()
    with step("Terminal -> eUICC: SELECT ISD-R; expected: no bit of an LPAe"):
        bits = configuration(card)
        found = sorted(bit.name for bit in LPAE if bit in bits)
        expect.equal(found, [], "bits of an LPAe")


@testcase("Transport.StoreData#28", level="irreversible")
def test_load_crl_is_gone(card, step, note):
    """LoadCRL is unknown to an eUICC of version 3."""
    with step("S_LPAd -> eUICC: STORE DATA with BF35"):
        response = card.store(bytes.fromhex("BF3504A0023000"))
    with step("Expected: SW 6A88; recorded"):
        note(f"SW {response.sw:04X}")
        expect.sw(response, StatusWord.REFERENCED_DATA_NOT_FOUND)
