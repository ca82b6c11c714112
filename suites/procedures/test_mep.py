"""Multiple Enabled Profiles: two lines on two eSIM Ports of one eUICC (SGP.22 v3.1, 2.12)."""

from rspcore.messages.es10b import (
    AuthenticateErrorCode,
    GetRatRequest,
)
from rspcore.messages.es10c import EnableProfileRequest, ProfileInfoListRequest, ProfileState
from rspcore.messages.metadata import PprId
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.messages.v3.lsi_configuration import MepMode
from rspcore.messages.v3.profile_management import ProfileInfoListResponse
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers.rsp_server import profile
from rspharness.suite import esim_ports
from rspharness.suite.esim_ports import EsimPorts
from rspharness.suite.load_trial import LoadTrial
from rspharness.suite.stories.line import Line, sold

ONE, TWO, THREE = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2", "PROFILE_OPERATIONAL3"
WITH_PPR1 = "PROFILE_OPERATIONAL4"
STATE_AND_PORT = bytes.fromhex("5A9F709F24")


def two_enabled(card, given, options, *more):
    """Brings two Profiles to be enabled on two ports; returns the ports and the Profiles."""
    return EsimPorts.occupied(card, given, esim_ports.mode_of(options), ONE, TWO, *more)


@testcase("procedure.MEP#01")
def test_two_lines_at_once(card, given, options, step):
    """Two Profiles are Enabled on two ports, each with its own USIM session."""
    lines = [Line(sold(number)) for number in (1, 2)]
    with step("Initial conditions: two Profiles Disabled, two eSIM Ports configured"):
        one, two = given.profiles(*(line.profile for line in lines))
        ports = EsimPorts.agreed(card, esim_ports.mode_of(options))
    with step("S_LPAd -> eUICC: EnableProfile, each on a port of its own"):
        first, second = ports.enable(one, ports.first), ports.enable(two, ports.second)
    for number, line in ((first, lines[0]), (second, lines[1]), (first, lines[0])):
        with step(f"Terminal -> eUICC, port {number}: EF.ICCID, EF.IMSI, AUTHENTICATE"):
            ports.select(number)
            line.is_on_in(card)
    with step("Expected: 9F24 of each Profile is its port"):
        ports.require((one, first), (two, second))


@testcase("procedure.MEP#02")
def test_disabling_one_leaves_the_other(card, given, options, step):
    """When one Profile is disabled, the other stays Enabled and its port is left alone."""
    with step("Initial conditions: two Profiles Enabled on two ports"):
        ports, (one, two) = two_enabled(card, given, options)
        ports.at_file(ports.second, two)
    with step("S_LPAd -> eUICC: DisableProfile, the first; expected: ok(0)"):
        ports.disable(one, ports.first)
    with step("Expected: the first without 9F24, the second as before"):
        ports.require((one, None), (two, ports.second))
        ports.require_undisturbed(ports.second, two)


@testcase("procedure.MEP#03")
def test_ppr1_cannot_be_installed(card, given, server, step):
    """PPR1 is allowed to nobody on an eUICC with several eSIM Ports."""
    given.none()
    with step("S_LPAd -> eUICC: GetRAT; expected: no rule names PPR1"):
        naming = [rule for rule in card.send(GetRatRequest()).rat if PprId.ppr1 in rule.ppr_ids]
        expect.equal(naming, [], "rules that name PPR1")
    trial = LoadTrial.begin(card, server, step, profile(WITH_PPR1), BppCommandId.storeMetadata)
    with step("S_LPAd -> eUICC: StoreMetadata with PPR1"):
        loaded = trial.send()
    with step("Expected: PIR errorResult, storeMetadata(2), pprNotAllowed(15)"):
        trial.ended(loaded, BppCommandId.storeMetadata, ErrorReason.pprNotAllowed)


@testcase("procedure.MEP#04")
def test_reset_of_one_port(card, given, options, step):
    """A reset of one port leaves the session of the other, and both Profiles Enabled."""
    with step("Initial conditions: two Profiles Enabled on two ports"):
        ports, (one, two) = two_enabled(card, given, options)
        ports.at_file(ports.second, two)
    with step("Terminal -> eUICC: MANAGE LSI (reset), the first port"):
        ports.reset(ports.first)
    with step("Expected: the file is still current on the second port; 9F24 as before"):
        ports.require_undisturbed(ports.second, two)
        ports.require((one, ports.first), (two, ports.second))


@testcase("procedure.MEP#05")
def test_list_shows_the_ports(card, given, options, step):
    """Exactly the Enabled Profiles are listed with a port, each with its own."""
    with step("Initial conditions: two Profiles Enabled on two ports, a third Disabled"):
        ports, (one, two, three) = two_enabled(card, given, options, THREE)
    with step("S_LPAd -> eUICC: GetProfilesInfo with 9F24; expected: two entries with a port"):
        found = ports.of_profiles()
        expect.equal(
            found, {one.iccid: ports.first, two.iccid: ports.second, three.iccid: None}, "9F24"
        )


@testcase("procedure.MEP#06")
def test_profiles_change_ports(card, given, options, step):
    """Two Profiles change their ports: both are disabled, then enabled the other way round."""
    with step("Initial conditions: two Profiles Enabled on two ports"):
        mode = MepMode.A1 if options.get("MEP_A1") else MepMode.B
        ports, (one, two) = EsimPorts.occupied(card, given, mode, ONE, TWO)
    with step("S_LPAd -> eUICC: DisableProfile, both; expected: ok(0)"):
        ports.disable(one, ports.first)
        ports.disable(two, ports.second)
    with step("S_LPAd -> eUICC: EnableProfile the other way round; expected: ok(0)"):
        ports.enable(one, ports.second)
        ports.enable(two, ports.first)
    with step("Expected: 9F24 shows the ports exchanged"):
        ports.require((one, ports.second), (two, ports.first))


@testcase("procedure.MEP#07")
def test_session_ends_with_the_port_in_b(card, given, server, step):
    """In MEP-B an RSP session begun on a port is gone when the LPA goes on on another one."""
    with step("Initial conditions: MEP-B, GetEUICCChallenge answered on port 0"):
        given.none()
        ports = EsimPorts.agreed(card, MepMode.B)
        session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer on port 1"):
        ports.select(1)
        card.open()
        response = card.ask(session.authenticate_request())
    with step("Expected: noSession(4)"):
        expect.error(response, AuthenticateErrorCode.noSessionContext)


@testcase("procedure.MEP#08")
def test_device_with_one_port(card, given, note, step):
    """Where no mode is configured, an eUICC with several ports is one with a single one."""
    with step("Initial conditions: two Profiles Disabled, no MANAGE LSI"):
        one, two = given.profiles(ONE, TWO)
    for profile_, about in ((one, "the first"), (two, "the second")):
        with step(f"S_LPAd -> eUICC: EnableProfile, {about}; expected: ok(0)"):
            request = EnableProfileRequest(profile_identifier=profile_.by_iccid, refresh_flag=False)
            expect.ok(card.send(request))
            card.reset()
    with step("Expected: the second alone has 9F70 01; 9F24 absent or 0, recorded"):
        response = card.store(ProfileInfoListRequest(tag_list=STATE_AND_PORT).encode())
        expect.success(response, "GetProfilesInfo")
        listed = expect.message(ProfileInfoListResponse, response.data).profile_info_list_ok or ()
        own = [info for info in listed if info.iccid in (one.iccid, two.iccid)]
        states = {info.iccid: info.profile_state for info in own}
        wanted = {one.iccid: ProfileState.disabled, two.iccid: ProfileState.enabled}
        expect.equal(states, wanted, "9F70")
        for info in own:
            note(f"9F24 {info.enabled_on_esim_port}")
            expect.one_of(info.enabled_on_esim_port, (None, 0), "9F24")
