"""ES10a of version 3: further root SM-DSs, names of CIs, the CI of the default SM-DP+."""

from rspcore.messages.es10a import EuiccConfiguredAddressesRequest
from rspcore.messages.es10b import GetEuiccInfo1Request
from rspcore.messages.v3 import profile_management
from rspcore.messages.v3.card_and_device import EuiccInfo1
from rspcore.messages.v3.profile_management import (
    EuiccConfiguredDataResponse,
    ResetOption,
    SetDefaultDpAddressRequest,
    SetDefaultDpAddressResult,
)
from rspcore.status import StatusWord
from rspharness import testcase
from rspharness.card import expect

ADDRESS = "testsmdpplus1.example.com"
OTHER_ADDRESS = "testsmdpplus2.example.com"
UNKNOWN_CI = bytes(range(20))


def known_ci(card):
    """Returns a CI key identifier from the list for verification."""
    listed = card.send(GetEuiccInfo1Request()).euicc_ci_pkid_list_for_verification
    expect.that(holds=bool(listed), expected="a CI to verify with", actual="none")
    return listed[0]


def set_address(card, address, ci_pkid=None):
    """Sends SetDefaultDpAddress and returns the result."""
    request = SetDefaultDpAddressRequest(default_dp_address=address, allowed_ci_pkid=ci_pkid)
    response = card.store(request.encode())
    expect.sw(response, StatusWord.OK)
    answer = expect.message(profile_management.SetDefaultDpAddressResponse, response.data)
    return answer.set_default_dp_address_result


def configured(card):
    """Returns the configured data."""
    response = card.store(EuiccConfiguredAddressesRequest().encode())
    expect.sw(response, StatusWord.OK)
    return expect.message(EuiccConfiguredDataResponse, response.data)


def require(card, address, ci_pkid):
    """Requires an address and a CI in the configured data."""
    data = configured(card)
    expect.equal(data.default_dp_address, address, "defaultDpAddress")
    expect.equal(data.allowed_ci_pkid, ci_pkid, "allowedCiPKId")


@testcase("ES10a.SetDefaultDpAddress#08")
def test_ci_of_the_default_address(card, given, step):
    """A CI of the verification list is stored with the address."""
    given.none()
    ci_pkid = known_ci(card)
    with step("S_LPAd -> eUICC: SetDefaultDpAddress with allowedCiPKId; expected: ok(0)"):
        result = set_address(card, ADDRESS, ci_pkid)
        expect.equal(result, SetDefaultDpAddressResult.ok, "setDefaultDpAddressResult")
    with step("Expected: GetEuiccConfiguredData returns both"):
        require(card, ADDRESS, ci_pkid)


@testcase("ES10a.GetEuiccConfiguredAddresses#06")
def test_ci_is_returned(card, given, step):
    """The CI set with the address is in the configured data, after a reset too."""
    given.none()
    ci_pkid = known_ci(card)
    with step("Initial conditions: address set together with allowedCiPKId"):
        set_address(card, ADDRESS, ci_pkid)
    with step("S_LPAd -> eUICC: GetEuiccConfiguredData; expected: allowedCiPKId"):
        require(card, ADDRESS, ci_pkid)
    with step("Terminal: reset; expected: the same"):
        card.power_cycle()
        card.open()
        require(card, ADDRESS, ci_pkid)


@testcase("ES10a.GetEuiccConfiguredAddresses#05", level="read-only")
def test_further_root_addresses(card, declared, step):
    """Further root SM-DS addresses are listed beside the first."""
    with step("S_LPAd -> eUICC: GetEuiccConfiguredData"):
        data = configured(card)
    with step("Expected: additionalRootDsAddresses (A2), the declared ones"):
        listed = data.additional_root_ds_addresses
        expect.that(
            holds=bool(listed) and all(listed), expected="A2 with addresses", actual=f"{listed}"
        )
        if "additional_root_ds_addresses" in declared:
            wanted = tuple(str(declared["additional_root_ds_addresses"]).split())
            expect.equal(listed, wanted, "additionalRootDsAddresses")


@testcase("ES10a.GetEuiccConfiguredAddresses#07", level="read-only")
def test_names_of_the_cis(card, note, step):
    """Each CI that is named is one of those the eUICC works with, and is named once."""
    with step("S_LPAd -> eUICC: GetEUICCInfo1, GetEuiccConfiguredData"):
        response = card.store(GetEuiccInfo1Request().encode())
        expect.sw(response, StatusWord.OK)
        info = expect.message(EuiccInfo1, response.data)
        listed = configured(card).ci_list
    with step("Expected: ciList (A4), pairs of a CI of EUICCInfo1 and a name"):
        expect.that(holds=bool(listed), expected="A4 with CIs", actual=f"{listed}")
        named = [one.ci_pkid for one in listed]
        for one in listed:
            note(f"{one.ci_pkid.hex().upper()}: {one.ci_name}")
        known = {
            *info.euicc_ci_pkid_list_for_verification,
            *info.euicc_ci_pkid_list_for_signing,
            *(info.euicc_ci_pkid_list_for_signing_v3 or ()),
        }
        strangers = [one.hex().upper() for one in named if one not in known]
        expect.equal(strangers, [], "CIs named that EUICCInfo1 does not list")
        expect.equal(len(set(named)), len(named), "CIs named, each once")


@testcase("ES10a.SetDefaultDpAddress#09")
def test_unknown_ci(card, given, step):
    """A CI the card does not verify under is refused, and nothing changes."""
    given.none()
    with step("Initial conditions: an address is stored"):
        given.default_address(ADDRESS)
        before = configured(card)
    with step("S_LPAd -> eUICC: SetDefaultDpAddress with an unknown allowedCiPKId"):
        result = set_address(card, OTHER_ADDRESS, UNKNOWN_CI)
    with step("Expected: unsupportedCiPKId(8), what was stored is unchanged"):
        expect.equal(
            result, SetDefaultDpAddressResult.unsupportedCiPKId, "setDefaultDpAddressResult"
        )
        require(card, before.default_dp_address, before.allowed_ci_pkid)


@testcase("ES10a.SetDefaultDpAddress#10")
def test_new_address_without_ci(card, given, step, note):
    """A new address without a CI removes the one stored before."""
    given.none()
    with step("Initial conditions: address and CI stored"):
        set_address(card, ADDRESS, known_ci(card))
    with step("S_LPAd -> eUICC: SetDefaultDpAddress without allowedCiPKId; expected: ok(0)"):
        set_address(card, OTHER_ADDRESS)
    with step("Expected: no allowedCiPKId; recorded"):
        kept = configured(card).allowed_ci_pkid
        note("allowedCiPKId " + ("removed" if kept is None else "kept"))
        require(card, OTHER_ADDRESS, None)


@testcase("ES10c.eUICCMemoryReset#31", level="destructive")
def test_reset_removes_the_ci(card, given, step, note, declared):
    """The reset of the default address removes its CI."""
    given.none()
    with step("Initial conditions: address and CI stored"):
        set_address(card, ADDRESS, known_ci(card))
    with step("S_LPAd -> eUICC: eUICCMemoryReset, resetDefaultSmdpAddress; expected: ok(0)"):
        request = profile_management.EuiccMemoryResetRequest(
            reset_options=frozenset({ResetOption.resetDefaultSmdpAddress})
        )
        expect.ok(card.ask(request.encode()))
    with step("Expected: address and CI as from the factory; recorded"):
        data = configured(card)
        note(f"allowedCiPKId {'removed' if data.allowed_ci_pkid is None else 'kept'}")
        expect.equal(data.allowed_ci_pkid, None, "allowedCiPKId")
