"""ES10c.DisableProfile and GetProfilesInfo with several eSIM Ports (v3.1, 5.7.15 and 5.7.17)."""

from rspcore.messages.es10c import GetEuiccDataRequest, ProfileInfoListRequest
from rspcore.messages.v3.lsi_configuration import MepMode
from rspcore.messages.v3.profile_management import DisableResult, ProfileInfoListResponse
from rspcore.status import is_success
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite import esim_ports, logical_channels
from rspharness.suite.esim_ports import EsimPorts

ONE, TWO, THREE = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2", "PROFILE_OPERATIONAL3"
PORT_ALONE = bytes.fromhex("9F24")
ENABLED, DISABLED = 1, 0


@testcase("ES10c.DisableProfile#13")
def test_profile_of_another_port_in_b(card, given, note, step):
    """In MEP-B a Profile of another port is refused, or disabled where its toolkit sleeps."""
    with step("Initial conditions: MEP-B, a Profile Enabled on port 1"):
        (one,) = given.profiles(ONE)
        ports = EsimPorts.agreed(card, MepMode.B)
        ports.enable(one, ports.second)
    with step("S_LPAd -> eUICC: DisableProfile on port 0"):
        code = ports.disabling(one, ports.first).disable_result
        note(f"disableResult {code}")
    with step("Expected: commandError(7), profileNotInEnabledState(2) or ok(0); recorded"):
        allowed = (
            DisableResult.commandError,
            DisableResult.profileNotInEnabledState,
            DisableResult.ok,
        )
        expect.one_of(code, allowed, "disableResult")


@testcase.each(
    "mode",
    {
        "ES10c.DisableProfile#14": MepMode.A1,
        "ES10c.DisableProfile#15": MepMode.A2,
        "ES10c.DisableProfile#16": MepMode.B,
    },
)
def test_the_profile_of_one_port(card, given, step, mode):
    """DisableProfile ends the Profile of one port; the other port is left alone."""
    with step("Initial conditions: two Profiles Enabled on two ports"):
        ports, (one, two) = EsimPorts.occupied(card, given, mode, ONE, TWO)
        ports.at_file(ports.second, two)
    with step("S_LPAd -> eUICC: DisableProfile, the first; expected: ok(0)"):
        expect.ok(ports.disabling(one, ports.first))
        ports.settle()
    with step("Expected: the first without 9F24, 9F24 of the second as before"):
        listed = {info.iccid: info for info in ports.lists()}
        expect.equal(listed[one.iccid].profile_state, DISABLED, "9F70 of the first")
        ports.require((one, None), (two, ports.second))
    with step("Expected: the file is still current on the second port"):
        ports.require_undisturbed(ports.second, two)


@testcase("ES10c.DisableProfile#17")
def test_isdr_is_selectable_again_in_b(card, given, note, step):
    """In MEP-B the ISD-R can be selected again on a port whose Profile was disabled."""
    with step("Initial conditions: MEP-B, a Profile Enabled on port 0"):
        (one,) = given.profiles(ONE)
        ports = EsimPorts.agreed(card, MepMode.B)
        ports.enable(one, ports.first)
    with step("S_LPAd -> eUICC: DisableProfile; expected: ok(0)"):
        expect.ok(ports.disabling(one, ports.first))
    with step("Expected: ISD-R selected or not, recorded; selectable again"):
        response = card.store(GetEuiccDataRequest().encode())
        note(f"ISD-R {'selected' if is_success(response.sw) else 'not selected'} afterwards")
        number = card.number if card.number is not None else logical_channels.opened(card)
        expect.success(logical_channels.select_isdr(card, number), "SELECT ISD-R")


@testcase("ES10c.GetProfilesInfo#30")
def test_port_alone_is_listed(card, given, options, step):
    """A tag list of 9F24 alone gives that object, and none for a Profile on no port."""
    with step("Initial conditions: two Profiles Enabled on two ports, a third Disabled"):
        mode = esim_ports.mode_of(options)
        ports, _ = EsimPorts.occupied(card, given, mode, ONE, TWO, THREE)
    with step("S_LPAd -> eUICC: GetProfilesInfo, tagList 9F24; expected: SW 9000"):
        if mode is not MepMode.B:
            ports.select(0)
        response = card.store(ProfileInfoListRequest(tag_list=PORT_ALONE).encode())
        expect.success(response, "GetProfilesInfo")
    with step("Expected: the two ports, and entries without any other object"):
        listed = expect.message(ProfileInfoListResponse, response.data).profile_info_list_ok or ()
        found = [one.enabled_on_esim_port for one in listed if one.enabled_on_esim_port is not None]
        expect.equal(sorted(found), sorted((ports.first, ports.second)), "9F24")
        tags = {
            child.tag for one in listed for child in expect.data_object(one.raw, 0xE3).children()
        }
        expect.equal(tags, {0x9F24}, "objects listed")


@testcase("ES10c.GetProfilesInfo#52")
def test_state_on_port_0_in_a(card, given, options, note, step):
    """On port 0 of MEP-A no Profile is Enabled by 9F70; 9F24 says where it is."""
    with step("Initial conditions: two Profiles Enabled on two ports"):
        ports, (one, two) = EsimPorts.occupied(card, given, esim_ports.mode_of(options), ONE, TWO)
    with step("S_LPAd -> eUICC: GetProfilesInfo on port 0; expected: 9F70 00, 9F24 the ports"):
        listed = {info.iccid: info for info in ports.lists()}
        for profile, port in ((one, ports.first), (two, ports.second)):
            info = listed[profile.iccid]
            note(f"9F70 {info.profile_state}, 9F24 {info.enabled_on_esim_port}")
            expect.equal(info.profile_state, DISABLED, "9F70")
            expect.equal(info.enabled_on_esim_port, port, "9F24")


@testcase("ES10c.GetProfilesInfo#53")
def test_state_follows_the_port_in_b(card, given, note, step):
    """In MEP-B 9F70 is 01 for the Profile of the port of the command alone."""
    with step("Initial conditions: two Profiles Enabled on ports 0 and 1"):
        ports, (one, two) = EsimPorts.occupied(card, given, MepMode.B, ONE, TWO)
    for number, here, there in ((ports.first, one, two), (ports.second, two, one)):
        with step(f"S_LPAd -> eUICC: GetProfilesInfo on port {number}"):
            ports.select(number)
            listed = {info.iccid: info for info in ports.lists()}
            for profile in (here, there):
                info = listed[profile.iccid]
                note(f"port {number}: 9F70 {info.profile_state}, 9F24 {info.enabled_on_esim_port}")
        with step("Expected: 9F70 01 for the Profile here, 00 with its 9F24 for the other"):
            expect.equal(listed[here.iccid].profile_state, ENABLED, "9F70 of the one here")
            expect.equal(listed[there.iccid].profile_state, DISABLED, "9F70 of the other")
            expect.equal(listed[there.iccid].enabled_on_esim_port, 1 - number, "9F24 of the other")
