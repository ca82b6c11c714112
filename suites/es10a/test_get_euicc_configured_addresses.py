"""ES10a.GetEuiccConfiguredAddresses: the addresses of SM-DP+ and root SM-DS, whatever happens."""

from rspcore.messages.es10a import EuiccConfiguredAddressesRequest, EuiccConfiguredAddressesResponse
from rspcore.messages.es10c import DeleteProfileRequest
from rspcore.status import StatusWord
from rspharness import testcase
from rspharness.card import declared_values, expect

ONE = "PROFILE_OPERATIONAL1"
ADDRESS = "testsmdpplus1.example.com"
"""TEST_DP_ADDRESS1."""
DEFAULT_DP_ADDRESS, ROOT_DS_ADDRESS = 0x80, 0x81


def ask(card):
    """Sends GetEuiccConfiguredAddresses, requires SW 9000, and returns the octets of the answer."""
    response = card.store(EuiccConfiguredAddressesRequest().encode())
    expect.sw(response, StatusWord.OK)
    expect.message(EuiccConfiguredAddressesResponse, response.data)
    return response.data


def tags(octets):
    """Returns the tags of addresses inside the answer, in their order."""
    whole = expect.data_object(octets, EuiccConfiguredAddressesResponse.TAG)
    known = (DEFAULT_DP_ADDRESS, ROOT_DS_ADDRESS)
    return tuple(one.tag for one in whole.children() if one.tag in known)


@testcase("ES10a.GetEuiccConfiguredAddresses#01")
def test_default_address_set(card, given, step):
    """A default SM-DP+ address that is set is answered, with that of the root SM-DS."""
    given.none()
    given.default_address(ADDRESS)
    with step("S_LPAd -> eUICC: GetEuiccConfiguredAddresses"):
        octets = ask(card)
    with step("Expected: tags 80 and 81; the address in 80"):
        expect.equal(tags(octets), (DEFAULT_DP_ADDRESS, ROOT_DS_ADDRESS), "tags")
        answer = EuiccConfiguredAddressesResponse.decode(octets)
        expect.equal(answer.default_dp_address, ADDRESS, "defaultDpAddress")


@testcase("ES10a.GetEuiccConfiguredAddresses#02")
def test_default_address_not_set(card, given, step):
    """Without a default SM-DP+ address the answer has that of the root SM-DS alone."""
    given.none()
    with step("S_LPAd -> eUICC: GetEuiccConfiguredAddresses"):
        octets = ask(card)
    with step("Expected: tag 81, no tag 80"):
        expect.equal(tags(octets), (ROOT_DS_ADDRESS,), "tags")


@testcase("ES10a.GetEuiccConfiguredAddresses#03")
def test_root_address_is_the_declared_one(card, declared, given, step):
    """The address of the root SM-DS is the one declared for this card."""
    given.none()
    with step("S_LPAd -> eUICC: GetEuiccConfiguredAddresses"):
        address = EuiccConfiguredAddressesResponse.decode(ask(card)).root_ds_address
    with step("Expected: an address, as declared"):
        expect.that(
            holds=bool(address), expected="an address of a root SM-DS", actual="an empty one"
        )
        declared_values.agrees(declared, "root_ds_address", address)


@testcase("ES10a.GetEuiccConfiguredAddresses#04")
def test_with_a_profile_enabled(card, given, step):
    """With a Profile Enabled the answer is the same as with it Disabled."""
    (one,) = given.profiles(ONE)
    with step("Initial conditions: the answer with the Profile Disabled; the Profile Enabled"):
        before = ask(card)
        given.enable(one.iccid)
    with step("S_LPAd -> eUICC: GetEuiccConfiguredAddresses; expected: the same answer"):
        expect.equal(ask(card), before, "answer")


@testcase("ES10a.GetEuiccConfiguredAddresses#08")
def test_after_reset_and_profile_changes(card, given, step):
    """Neither a reset nor enabling, disabling and deleting a Profile changes the answer."""
    (one,) = given.profiles(ONE)
    given.default_address(ADDRESS)
    with step("Initial conditions: the answer before"):
        before = ask(card)
    with step("Terminal: reset; expected: the same answer"):
        card.reset()
        expect.equal(ask(card), before, "answer after a reset")
    with step(
        "S_LPAd -> eUICC: EnableProfile, DisableProfile; expected: the same answer each time"
    ):
        given.enable(one.iccid)
        expect.equal(ask(card), before, "answer after EnableProfile")
        given.disable(one.iccid)
        expect.equal(ask(card), before, "answer after DisableProfile")
    with step("S_LPAd -> eUICC: DeleteProfile; expected: the same answer"):
        expect.ok(card.send(DeleteProfileRequest(iccid=one.iccid)))
        expect.equal(ask(card), before, "answer after DeleteProfile")
