"""ES10c.EnableProfile with REFRESH: the change waits for the terminal, and outlives any cut."""

from rspcore.apdu import CommandApdu, Ins
from rspcore.messages.es10c import EnableProfileRequest, EnableResult
from rspharness import expect, testcase
from rspharness.links import PowerOffAfter
from rspharness.lpa.proactive import Refresh, fetch, settle_refresh, terminal_response

ONE, TWO = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"

STATE_CHANGE_PROFILE = b"\xff" * 40
"""TERMINAL PROFILE of a terminal that also knows REFRESH "eUICC Profile State Change"."""

PERFORMED, PARTLY, UNABLE = 0x00, 0x02, 0x20


def enable(card, identifier, *, refresh=True):
    """Send EnableProfile and return the response."""
    return card.send(EnableProfileRequest(profile_identifier=identifier, refresh_flag=refresh))


def announced(card, response):
    """Require ok(0) with 91XX and return the REFRESH that is fetched."""
    expect.ok(response)
    expect.that(
        holds=card.pending_proactive is not None,
        expected="SW 91XX, a proactive command",
        actual="none announced",
    )
    command = fetch(card)
    expect.equal(command.kind, 0x01, "type of the proactive command, REFRESH")
    return command


def performed(card, command):
    """Carry a fetched REFRESH out as its qualifier says; the ISD-R is reachable afterwards."""
    if command.qualifier == Refresh.PROFILE_STATE_CHANGE:
        terminal_response(card, command, PERFORMED)
        card.reopen()
    else:
        card.reset()


@testcase.each("by", {"ES10c.EnableProfile#03": "by_iccid", "ES10c.EnableProfile#04": "by_aid"})
def test_refresh_makes_the_change(card, given, step, by):
    """With REFRESH the Profile is Enabled after it, by ICCID as by ISD-P AID."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; expected: ok(0), SW 91XX"):
        response = enable(card, getattr(one, by))
    with step("Expected: FETCH gives REFRESH, UICC Reset(04) or eUICC Profile State Change(09)"):
        command = announced(card, response)
        expect.one_of(command.qualifier, tuple(Refresh), "qualifier of REFRESH")
    with step("Terminal: carry the REFRESH out; expected: the Profile Enabled"):
        performed(card, command)
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")


@testcase("ES10c.EnableProfile#05")
def test_terminal_that_knows_state_change(card, given, step):
    """A terminal that knows qualifier 09 gets 09 or 04; 09 needs no reset."""
    card.terminal_profile = STATE_CHANGE_PROFILE
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; expected: REFRESH 09 or 04"):
        command = announced(card, enable(card, one.by_iccid))
        expect.one_of(command.qualifier, tuple(Refresh), "qualifier of REFRESH")
    with step("Terminal: TERMINAL RESPONSE 00 to 09, reset for 04; expected: Enabled"):
        performed(card, command)
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")


@testcase("ES10c.EnableProfile#06")
def test_terminal_without_state_change(card, given, step):
    """A terminal that does not announce qualifier 09 gets UICC Reset."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; expected: REFRESH 04"):
        command = announced(card, enable(card, one.by_iccid))
        expect.equal(command.qualifier, Refresh.UICC_RESET, "qualifier of REFRESH")


@testcase("ES10c.EnableProfile#07")
def test_terminal_response_makes_the_change(card, given, step):
    """TERMINAL RESPONSE 00 to REFRESH ends it: the Profile is Enabled, nothing more announced."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; REFRESH fetched"):
        command = announced(card, enable(card, one.by_iccid))
    with step("Terminal -> eUICC: TERMINAL RESPONSE, performed(00)"):
        terminal_response(card, command, PERFORMED)
        card.reopen()
    with step("Expected: the Profile Enabled, no further 91XX"):
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")
        expect.equal(card.pending_proactive, None, "proactive command announced")


@testcase("ES10c.EnableProfile#08")
def test_terminal_that_is_unable(card, given, note, step):
    """TERMINAL RESPONSE 20 leaves the Profile Disabled; REFRESH comes again, or never."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; REFRESH fetched"):
        command = announced(card, enable(card, one.by_iccid))
    with step("Terminal -> eUICC: TERMINAL RESPONSE, currently unable to process(20)"):
        terminal_response(card, command, UNABLE)
        enabled = card.enabled()
        note(f"REFRESH {'offered again' if card.pending_proactive else 'not offered again'}")
    with step("Expected: the Profile still Disabled"):
        expect.equal(enabled, (), "Profiles Enabled")


@testcase("ES10c.EnableProfile#09")
def test_terminal_that_is_partly_able(card, given, note, step):
    """TERMINAL RESPONSE 02 leaves the Profile Enabled or Disabled."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; REFRESH fetched"):
        command = announced(card, enable(card, one.by_iccid))
    with step("Terminal -> eUICC: TERMINAL RESPONSE, partial comprehension(01) missing(02)"):
        terminal_response(card, command, PARTLY)
        card.reopen()
        enabled = card.enabled()
        note(f"after TERMINAL RESPONSE 02 the Profile is {'En' if enabled else 'Dis'}abled")
    with step("Expected: Enabled or Disabled"):
        expect.one_of(enabled, ((one.iccid,), ()), "Profiles Enabled")


@testcase("ES10c.EnableProfile#10")
def test_reset_stands_for_the_response(card, given, note, step):
    """A reset in place of TERMINAL RESPONSE: after 04 the Profile is Enabled; never are two."""
    one, two = given.profiles(ONE, TWO, enabled=ONE)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; REFRESH fetched; reset"):
        command = announced(card, enable(card, two.by_iccid))
        card.reset()
        enabled = card.enabled()
        note(f"qualifier {command.qualifier:02X}, then reset: {len(enabled)} Enabled")
    with step("Expected: Enabled after 04; after 09 this or the former Profile"):
        allowed = {Refresh.UICC_RESET: ((two.iccid,),)}
        both = ((two.iccid,), (one.iccid,))
        expect.one_of(enabled, allowed.get(command.qualifier, both), "Profiles Enabled")


@testcase("ES10c.EnableProfile#23")
def test_open_proactive_session_is_catbusy(card, given, make_ota, step):
    """A proactive session the card cannot end keeps the Profiles as they are: catBusy(5)."""
    one, two = given.profiles(ONE, TWO, enabled=ONE)
    before = card.observe()
    with step("Initial conditions: SEND SHORT MESSAGE fetched and not answered"):
        make_ota(one.profile.parameters).open_proactive_session(card)
    with step("S_LPAd -> eUICC: EnableProfile, the second Profile, refreshFlag TRUE"):
        response = enable(card, two.by_iccid)
    with step("Expected: catBusy(5), SW 9000"):
        expect.error(response, EnableResult.catBusy)
        expect.equal(card.pending_proactive, None, "proactive command announced")
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ES10c.EnableProfile#24")
def test_open_proactive_session_is_ended(card, given, make_ota, step):
    """A card that can end an open proactive session ends it and enables the Profile."""
    one, two = given.profiles(ONE, TWO, enabled=ONE)
    with step("Initial conditions: SEND SHORT MESSAGE fetched and not answered"):
        make_ota(one.profile.parameters).open_proactive_session(card)
    with step("S_LPAd -> eUICC: EnableProfile, the second Profile, refreshFlag TRUE"):
        response = enable(card, two.by_iccid)
    with step("Expected: ok(0), and REFRESH in place of the session before"):
        performed(card, announced(card, response))
    with step("Expected: the second Profile Enabled"):
        expect.equal(card.enabled(), (two.iccid,), "Profiles Enabled")


@testcase("ES10c.EnableProfile#41")
def test_power_loss_leaves_one_enabled(card, given, step):
    """Wherever the power goes, exactly one Profile is Enabled: the former or the target one."""
    for refresh, commands in ((False, 1), (False, 2), (True, 1), (True, 2), (True, 3), (True, 4)):
        one, two = given.profiles(ONE, TWO, enabled=ONE)
        with step(
            f"S_LPAd -> eUICC: EnableProfile, the second Profile, refreshFlag {refresh}; "
            f"power off after {commands} commands, power on"
        ):
            with card.through(lambda link, n=commands: PowerOffAfter(link, n, lambda: None)):
                enable(card, two.by_iccid, refresh=refresh)
                settle_refresh(card)
            card.power_cycle()
        with step("Expected: one Profile Enabled, the former or the target one"):
            expect.one_of(card.enabled(), ((one.iccid,), (two.iccid,)), "Profiles Enabled")


@testcase("ES10c.EnableProfile#47")
def test_coding_of_refresh(card, given, step):
    """REFRESH is D0 with command details and device identities, and as long as announced."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; expected: ok(0), SW 91XX"):
        expect.ok(enable(card, one.by_iccid))
        expect.that(holds=card.pending_proactive is not None, expected="SW 91XX", actual="SW 9000")
        length = card.pending_proactive
    with step("Terminal -> eUICC: FETCH"):
        fetched = card.transmit_raw(CommandApdu(0x80, Ins.FETCH, 0, 0, le=length))
    with step("Expected: D0 { 81 03 nn 01 04 or 09, 82 02 81 82 }, of the length announced"):
        expect.success(fetched)
        number = fetched.data[4:5].hex()
        wanted = [bytes.fromhex(f"D009 8103{number}01{kind:02X} 82028182") for kind in Refresh]
        expect.one_of(fetched.data, wanted, "REFRESH")
        expect.equal(len(fetched.data), length, "length announced by 91XX")


@testcase("ES10c.EnableProfile#48")
def test_reader_without_toolkit(card, given, step):
    """Without TERMINAL PROFILE the request is accepted, and a reset makes the change."""
    card.terminal_profile = None
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; expected: ok(0), 9000 or 91XX"):
        expect.ok(enable(card, one.by_iccid))
    with step("Reset; expected: the Profile Enabled"):
        card.reset()
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")
