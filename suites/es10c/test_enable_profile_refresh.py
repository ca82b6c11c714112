"""ES10c.EnableProfile with REFRESH: the change waits for the terminal and survives a power loss."""

from rspcore.apdu import CommandApdu, Ins
from rspcore.messages.es10c import EnableProfileRequest, EnableResult
from rspharness import testcase
from rspharness.card import expect
from rspharness.lpa.proactive import Refresh, settle_refresh, terminal_response
from rspharness.lpa.terminal import comprehension_objects
from rspharness.suite import refresh

ONE, TWO = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"


def enable(card, identifier, *, flag=True):
    """Sends EnableProfile and returns the response."""
    return card.send(EnableProfileRequest(profile_identifier=identifier, refresh_flag=flag))


@testcase.each("by", {"ES10c.EnableProfile#03": "by_iccid", "ES10c.EnableProfile#04": "by_aid"})
def test_refresh_makes_the_change(card, given, step, by):
    """With REFRESH the Profile is Enabled after it, by ICCID as by ISD-P AID."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; expected: ok(0)"):
        expect.ok(enable(card, getattr(one, by)))
    with step("Expected: SW 91XX, REFRESH with UICC Reset(04) or Profile State Change(09)"):
        command = refresh.required(card)
    with step("Terminal: carry the REFRESH out; expected: the Profile Enabled"):
        refresh.carry_out(card, command)
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")


@testcase("ES10c.EnableProfile#05")
def test_terminal_that_knows_state_change(card, given, step):
    """A terminal that knows qualifier 09 receives 09 or 04; 09 needs no reset."""
    card.terminal_profile = refresh.STATE_CHANGE_PROFILE
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; expected: REFRESH 09 or 04"):
        expect.ok(enable(card, one.by_iccid))
        command = refresh.required(card)
    with step("Terminal: TERMINAL RESPONSE 00 to 09, reset for 04; expected: Enabled"):
        refresh.carry_out(card, command)
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")


@testcase("ES10c.EnableProfile#06")
def test_terminal_without_state_change(card, given, step):
    """A terminal that does not announce qualifier 09 gets UICC Reset."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; expected: REFRESH 04"):
        expect.ok(enable(card, one.by_iccid))
        command = refresh.required(card)
        expect.equal(command.qualifier, Refresh.UICC_RESET, "qualifier of REFRESH")


@testcase("ES10c.EnableProfile#07")
def test_terminal_response_makes_the_change(card, given, step):
    """TERMINAL RESPONSE 00 to REFRESH ends it: the Profile is Enabled, nothing more announced."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; REFRESH fetched"):
        expect.ok(enable(card, one.by_iccid))
        command = refresh.required(card)
    with step("Terminal -> eUICC: TERMINAL RESPONSE, performed(00)"):
        terminal_response(card, command, refresh.PERFORMED)
    with step("Expected: the Profile Enabled, no REFRESH announced again"):
        refresh.none_announced(card)
        card.reopen()
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")
        refresh.none_announced(card)


@testcase("ES10c.EnableProfile#08")
def test_terminal_that_is_unable(card, given, note, step):
    """TERMINAL RESPONSE 20 leaves the Profile Disabled; REFRESH comes again, or never."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; REFRESH fetched"):
        expect.ok(enable(card, one.by_iccid))
        command = refresh.required(card)
    with step("Terminal -> eUICC: TERMINAL RESPONSE, currently unable to process(20)"):
        terminal_response(card, command, refresh.UNABLE)
        enabled = card.enabled()
        note(f"REFRESH {'offered again' if card.pending_proactive else 'not offered again'}")
    with step("Expected: the Profile still Disabled"):
        expect.equal(enabled, (), "Profiles Enabled")


@testcase("ES10c.EnableProfile#09")
def test_terminal_that_is_partly_able(card, given, note, step):
    """TERMINAL RESPONSE 02 leaves the Profile Enabled or Disabled."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; REFRESH fetched"):
        expect.ok(enable(card, one.by_iccid))
        command = refresh.required(card)
    with step("Terminal -> eUICC: TERMINAL RESPONSE, performed with missing information(02)"):
        terminal_response(card, command, refresh.WITHOUT_EFFECT)
        card.reopen()
        enabled = card.enabled()
        note(f"after TERMINAL RESPONSE 02 the Profile is {'En' if enabled else 'Dis'}abled")
    with step("Expected: Enabled or Disabled"):
        expect.one_of(enabled, ((one.iccid,), ()), "Profiles Enabled")


@testcase("ES10c.EnableProfile#10")
def test_reset_replaces_the_terminal_response(card, given, note, step):
    """A reset in place of TERMINAL RESPONSE: after 04 the Profile is Enabled; never are two."""
    one, two = given.profiles(ONE, TWO, enabled=ONE)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; REFRESH fetched; reset"):
        expect.ok(enable(card, two.by_iccid))
        command = refresh.required(card)
        card.reset()
        enabled = card.enabled()
        note(f"qualifier {command.qualifier:02X}, then reset: {len(enabled)} Enabled")
    with step("Expected: Enabled after 04; after 09 this or the former Profile"):
        both = ((two.iccid,), (one.iccid,))
        allowed = both[:1] if command.qualifier == Refresh.UICC_RESET else both
        expect.one_of(enabled, allowed, "Profiles Enabled")


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
        refresh.none_announced(card)
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
        expect.ok(response)
        refresh.carry_out(card, refresh.required(card))
    with step("Expected: the second Profile Enabled"):
        expect.equal(card.enabled(), (two.iccid,), "Profiles Enabled")


@testcase("ES10c.EnableProfile#41")
def test_power_loss_leaves_one_enabled(card, given, step):
    """Wherever the power is lost, exactly one Profile is Enabled: the former or the target."""
    for flag, commands in ((False, 1), (False, 2), (True, 1), (True, 2), (True, 3), (True, 4)):
        one, two = given.profiles(ONE, TWO, enabled=ONE)
        with (
            step(
                f"S_LPAd -> eUICC: EnableProfile, the second Profile, refreshFlag {flag}; "
                f"power off after {commands} commands, power on"
            ),
            card.power_lost_after(commands),
        ):
            enable(card, two.by_iccid, flag=flag)
            settle_refresh(card)
        with step("Expected: one Profile Enabled, the former or the target one"):
            expect.one_of(card.enabled(), ((one.iccid,), (two.iccid,)), "Profiles Enabled")


@testcase("ES10c.EnableProfile#47")
def test_coding_of_refresh(card, given, step):
    """REFRESH begins with command details and device identities, and is as long as announced.

    What may follow them is of the card's choice (TS 102 223, 6.6.13), but data objects all of it.
    """
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; expected: ok(0), SW 91XX"):
        expect.ok(enable(card, one.by_iccid))
        expect.that(holds=card.pending_proactive is not None, expected="SW 91XX", actual="SW 9000")
        length = card.pending_proactive
    with step("Terminal -> eUICC: FETCH"):
        fetched = card.transmit_raw(CommandApdu(0x80, Ins.FETCH, 0, 0, le=length))
    with step("Expected: D0 { 81 03 nn 01 04 or 09, 82 02 81 82, .. }, of the length announced"):
        expect.success(fetched)
        command = expect.data_object(fetched.data, 0xD0, "REFRESH")
        begins = bytes(command.value[:9])
        number = begins[2:3].hex()
        wanted = [bytes.fromhex(f"8103{number}01{kind:02X} 82028182") for kind in Refresh]
        expect.one_of(begins, wanted, "command details and device identities")
        tags = [tag for tag, _ in comprehension_objects(fetched.data)]
        expect.equal(tags[:2], [0x01, 0x02], "tags of the first two")
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


@testcase("ES10c.EnableProfile#58")
def test_refresh_flag_of_another_octet(card, given, step):
    """A refreshFlag coded as 01 is TRUE, or refused; it is never taken as FALSE."""
    (one,) = given.profiles("PROFILE_OPERATIONAL1")
    request = EnableProfileRequest(profile_identifier=one.by_iccid, refresh_flag=True).encode()
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag 81 01 01"):
        expect.equal(request[-3:].hex(), "8101ff", "refreshFlag as it is usually coded")
        response = card.store(request[:-1] + b"\x01")
    with step("Expected: REFRESH announced; or refused, and the Profile is Disabled"):
        taken = response.sw >> 8 in (0x90, 0x91) and response.data[-1:] == b"\0"
        if taken:
            expect.that(
                holds=card.pending_proactive is not None,
                expected="REFRESH is announced",
                actual=response.describe() if hasattr(response, "describe") else str(response),
            )
        card.reset()
        wanted = (one.iccid,) if taken else ()
        expect.equal(card.enabled(), wanted, "Enabled after a reset")
