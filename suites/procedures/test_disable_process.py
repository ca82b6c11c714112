"""Disable process: request, REFRESH, and the card without an Enabled Profile."""

from rspcore.apdu import CommandApdu, Ins
from rspcore.messages.es10c import DisableProfileRequest, DisableResult
from rspcore.status import StatusWord
from rspharness import testcase
from rspharness.card import expect
from rspharness.card.card_under_test import TERMINAL_PROFILE
from rspharness.suite import file_access, refresh

ONE, TEST = "PROFILE_OPERATIONAL1", "PROFILE_TEST1"


def disable(card, one, *, flag=False):
    """Sends DisableProfile by ICCID and returns the response."""
    request = DisableProfileRequest(profile_identifier=one.by_iccid, refresh_flag=flag)
    return card.send(request)


@testcase("procedure.DisableProcess#01")
def test_full_procedure(card, given, step):
    """Request and REFRESH: then no Profile is Enabled and only the default files are there."""
    (one,) = given.profiles(ONE, enabled=ONE)
    with step("S_LPAd -> eUICC: DisableProfile, refreshFlag TRUE; expected: ok(0), SW 91XX"):
        expect.ok(disable(card, one, flag=True))
        command = refresh.required(card)
    with step("Terminal: carry the REFRESH out"):
        refresh.carry_out(card, command)
    with step("Expected: no Profile Enabled, only the default files"):
        expect.equal(card.enabled(), (), "Profiles Enabled")
        file_access.default_files_only(card)


@testcase("procedure.DisableProcess#02")
def test_reset_by_the_device(card, given, step):
    """Without REFRESH the Device resets the card, and the Profile is Disabled."""
    (one,) = given.profiles(ONE, enabled=ONE)
    with step("S_LPAd -> eUICC: DisableProfile, refreshFlag FALSE; expected: ok(0); reset"):
        expect.ok(disable(card, one))
        card.reset()
    with step("Expected: no Profile Enabled"):
        expect.equal(card.enabled(), (), "Profiles Enabled")


@testcase("procedure.DisableProcess#03")
def test_reset_in_place_of_refresh(card, given, note, step):
    """REFRESH not fetched, then a reset: Disabled or still Enabled, and usable as that."""
    (one,) = given.profiles(ONE, enabled=ONE)
    with step("S_LPAd -> eUICC: DisableProfile, refreshFlag TRUE; expected: 91XX; reset"):
        expect.ok(disable(card, one, flag=True))
        announced = card.pending_proactive
        expect.that(holds=announced is not None, expected="SW 91XX", actual="SW 9000")
        card.reset()
    with step("Expected: Disabled with no EF.ICCID, or Enabled with its own"):
        enabled, iccid = card.enabled(), file_access.ef_iccid(card)
        note(f"REFRESH not fetched, reset: the Profile is {'En' if enabled else 'Dis'}abled")
        expect.one_of((enabled, iccid), (((), None), ((one.iccid,), one.iccid)))


@testcase("procedure.DisableProcess#04")
def test_usim_is_gone(card, given, step):
    """The USIM of a Disabled Profile cannot be selected."""
    (one,) = given.profiles(ONE, enabled=ONE)
    with step("Initial conditions: the USIM can be selected"):
        expect.success(file_access.select_application(card), "SELECT USIM")
    with step("S_LPAd -> eUICC: DisableProfile; expected: ok(0)"):
        expect.ok(disable(card, one))
    with step("Terminal -> eUICC: SELECT USIM; expected: SW 6A82"):
        absent = file_access.select_application(card)
        expect.refused(absent, StatusWord.FILE_NOT_FOUND, about="SELECT USIM")


@testcase("procedure.DisableProcess#05")
def test_terminal_profile_without_profile(card, given, step):
    """A card without an Enabled Profile accepts TERMINAL PROFILE."""
    (one,) = given.profiles(ONE, enabled=ONE)
    with step("Initial conditions: the Profile Disabled, card reset"):
        expect.ok(disable(card, one))
        card.reset()
    with step("Terminal -> eUICC: TERMINAL PROFILE; expected: SW 9000 or 91XX"):
        command = CommandApdu(0x80, Ins.TERMINAL_PROFILE, 0, 0, TERMINAL_PROFILE)
        expect.success(card.transmit(command), "TERMINAL PROFILE")


@testcase("procedure.DisableProcess#06")
def test_operational_profile_comes_back(card, given, step):
    """Disabling the Test Profile enables the operational one that was Enabled before it."""
    one, test = given.profiles(ONE, TEST, enabled=ONE)
    with step("Initial conditions: the Test Profile Enabled over the operational one"):
        given.enable(test.iccid)
        expect.equal(card.enabled(), (test.iccid,), "Profiles Enabled")
    with step("S_LPAd -> eUICC: DisableProfile, the Test Profile, refreshFlag TRUE"):
        expect.ok(disable(card, test, flag=True))
        refresh.carry_out(card, refresh.required(card))
    with step("Expected: the operational Profile Enabled again, EF.ICCID its own"):
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")
        expect.equal(file_access.ef_iccid(card), one.iccid, "EF.ICCID")


@testcase("procedure.DisableProcess#07")
def test_disabled_once(card, given, step):
    """The second DisableProfile of a session finds no Enabled Profile."""
    (one,) = given.profiles(ONE, enabled=ONE)
    with step("S_LPAd -> eUICC: DisableProfile; expected: ok(0)"):
        expect.ok(disable(card, one))
        before = card.observe()
    with step("S_LPAd -> eUICC: DisableProfile again; expected: profileNotInEnabledState(2)"):
        expect.error(disable(card, one), DisableResult.profileNotInEnabledState)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())
