"""ISD-R.LpaeActivation: a user interface of the LPA in the eUICC, if there is one."""

from dataclasses import replace

from rspcore.messages.es10b import GetEuiccInfo2Request
from rspcore.messages.isdr import (
    LpaeActivationRequest,
    LpaeActivationResponse,
    LpaeActivationResult,
    LpaeSupport,
)
from rspcore.messages.v3.capability_bits import LpaMode
from rspcore.messages.v3.card_and_device import EuiccInfo2
from rspcore.status import StatusWord, is_success
from rspharness import testcase
from rspharness.card import expect

NO_LPAD = bytes.fromhex("A903830100")
NO_LPAD_BUT_SCWS = bytes.fromhex("A903830108")
"""TERMINAL CAPABILITY of a device without LPAd that supports LUIe over SCWS."""
CAT = frozenset({LpaeSupport.lpaeUsingCat})
SCWS = frozenset({LpaeSupport.lpaeUsingScws})
UNDEFINED = frozenset({7})


def activate(card, interface):
    """Sends LpaeActivation and returns the answer."""
    return card.store(LpaeActivationRequest(lpae_option=interface).encode())


def require_result(response, result):
    """Requires SW 9000 and a result."""
    expect.sw(response, StatusWord.OK)
    answer = expect.message(LpaeActivationResponse, response.data)
    expect.equal(answer.lpae_activation_result, result, "lpaeActivationResult")


@testcase.each(
    "capability, interface",
    {
        "ISD-R.LpaeActivation#01": (NO_LPAD, CAT),
        "ISD-R.LpaeActivation#02": (NO_LPAD_BUT_SCWS, SCWS),
    },
)
def test_lpae_is_activated(card, capability, interface, step):
    """A device without LPAd activates the LPAe by the interface the eUICC has."""
    with step("Initial conditions: ISD-R selected, LPAd capability bits 0"):
        card.options = replace(card.options, terminal_capability=capability)
        card.open()
    with step("Terminal -> eUICC: LpaeActivation"):
        response = activate(card, interface)
    with step("Expected: ok(0), SW 9000"):
        require_result(response, LpaeActivationResult.ok)


@testcase("ISD-R.LpaeActivation#03")
def test_interface_the_lpae_lacks(card, options, step):
    """A user interface the LPAe does not have is not supported."""
    declared = {"LPAE_CAT": CAT, "LPAE_SCWS": SCWS}
    lacking = [bits for name, bits in declared.items() if not options.get(name)]
    before = card.observe()
    with step("Terminal -> eUICC: LpaeActivation, an interface that is not declared"):
        response = activate(card, (*lacking, UNDEFINED)[0])
    with step("Expected: notSupported(1), SW 9000"):
        require_result(response, LpaeActivationResult.notSupported)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ISD-R.LpaeActivation#04")
def test_euicc_without_lpae(card, given, note, step):
    """An eUICC without LPAe answers notSupported(1), or does not know the function."""
    given.none()
    before = card.observe()
    with step("Terminal -> eUICC: LpaeActivation"):
        response = activate(card, CAT)
        note(f"SW {response.sw:04X}, {response.data.hex(' ').upper() or 'no data'}")
    with step("Expected: notSupported(1), or SW 6A88"):
        unsupported = LpaeActivationResponse(
            lpae_activation_result=LpaeActivationResult.notSupported
        ).encode()
        answer = response.data if is_success(response.sw) else response.sw
        expect.one_of(answer, (unsupported, StatusWord.REFERENCED_DATA_NOT_FOUND), "answer")
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ISD-R.LpaeActivation#05")
def test_mode_after_activation(card, options, step):
    """After its activation EUICCInfo2 says that the LPAe is in use."""
    with step("Initial conditions: LPAe activated"):
        interface = CAT if options.get("LPAE_CAT") else SCWS
        card.options = replace(card.options, terminal_capability=NO_LPAD_BUT_SCWS)
        card.open()
        require_result(activate(card, interface), LpaeActivationResult.ok)
    with step("S_LPAd -> eUICC: GetEUICCInfo2; expected: lpaMode is lpae(1)"):
        response = card.store(GetEuiccInfo2Request().encode())
        expect.sw(response, StatusWord.OK)
        expect.equal(expect.message(EuiccInfo2, response.data).lpa_mode, LpaMode.lpae, "lpaMode")
