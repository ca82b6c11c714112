"""ES10c.EnableProfile with several eSIM Ports: which port, what of the others (v3.1, 5.7.16)."""

import pytest

from rspcore.messages.v3.lsi_configuration import MepMode
from rspcore.messages.v3.profile_management import EnableResult
from rspharness import testcase
from rspharness.card import expect
from rspharness.lpa.proactive import Refresh
from rspharness.lpa.terminal import Proactive
from rspharness.record.verdicts import ExpectationError
from rspharness.suite import esim_ports, file_access, refresh
from rspharness.suite.esim_ports import EsimPorts

ONE, TWO, THREE = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2", "PROFILE_OPERATIONAL3"
NOT_A_PORT = 3
"""One more than the highest of two ports in MEP-A."""


@pytest.fixture
def agreed(card, given):
    """Brings one Profile to be Disabled and agrees on a mode."""

    def begin(mode):
        (one,) = given.profiles(ONE)
        return EsimPorts.agreed(card, mode), one

    return begin


@pytest.fixture
def occupied(card, given):
    """Brings two Profiles to be enabled on two ports, others to be Disabled."""

    def begin(mode, *more):
        return EsimPorts.occupied(card, given, mode, ONE, TWO, *more)

    return begin


def result(answer, note):
    """Notes the result of EnableProfile and the port in it, and returns the result."""
    port = "" if answer.target_esim_port is None else f", port {answer.target_esim_port}"
    note(f"enableResult {answer.enable_result}{port}")
    return answer.enable_result


def require_somewhere(ports, one):
    """Requires a Profile to be enabled on some port."""
    found = ports.of_profiles().get(one.iccid)
    expect.that(holds=found is not None, expected="a port (9F24)", actual="none")


@testcase("ES10c.EnableProfile#26")
def test_no_port_in_a1(agreed, note, step):
    """In MEP-A1 a request without a port is refused, or the eUICC takes a port by itself."""
    with step("Initial conditions: MEP-A1, a Profile Disabled"):
        ports, one = agreed(MepMode.A1)
    with step("S_LPAd -> eUICC: EnableProfile without targetEsimPort"):
        code = result(ports.sent(ports.request(one, None)), note)
    with step("Expected: commandError(7), undefinedError(127), or ok(0) on some port; recorded"):
        allowed = (EnableResult.commandError, EnableResult.undefinedError, EnableResult.ok)
        expect.one_of(code, allowed, "enableResult")
        if code == EnableResult.ok:
            require_somewhere(ports, one)


@testcase("ES10c.EnableProfile#27")
def test_port_of_the_isdr_in_a1(agreed, note, step):
    """In MEP-A1 port 0 is refused: it is that of the ISD-R."""
    with step("Initial conditions: MEP-A1, a Profile Disabled"):
        ports, one = agreed(MepMode.A1)
    with step("S_LPAd -> eUICC: EnableProfile with targetEsimPort 0; expected: commandError(7)"):
        code = result(ports.sent(ports.request(one, 0)), note)
        expect.equal(code, EnableResult.commandError, "enableResult")


@testcase("ES10c.EnableProfile#28")
def test_port_asked_for_in_a1(card, given, note, step):
    """In MEP-A1 the Profile is enabled on the port the LPA names; another is left alone."""
    with step("Initial conditions: MEP-A1, a Profile Enabled on port 1, another Disabled"):
        one, two = given.profiles(ONE, TWO)
        ports = EsimPorts.agreed(card, MepMode.A1)
        ports.enable(one, ports.first)
        ports.at_file(ports.first, one)
    with step("S_LPAd -> eUICC: EnableProfile with targetEsimPort 2; expected: ok(0)"):
        expect.ok(ports.enabling(two, ports.second))
        ports.settle()
    with step("Expected: 9F24 is 2; the file is still current on port 1"):
        for info in ports.lists():
            note(f"{info.iccid}: 9F70 {info.profile_state}, 9F24 {info.enabled_on_esim_port}")
        ports.require((one, ports.first), (two, ports.second))
        ports.require_undisturbed(ports.first, one)
        ports.select(ports.second)
        expect.equal(file_access.ef_iccid(card), two.iccid, "EF.ICCID on port 2")


@testcase("ES10c.EnableProfile#29")
def test_port_chosen_by_the_card_in_a2(agreed, note, step):
    """In MEP-A2 the answer names the port, and the Profile is enabled there."""
    with step("Initial conditions: MEP-A2, a Profile Disabled"):
        ports, one = agreed(MepMode.A2)
    with step("S_LPAd -> eUICC: EnableProfile; expected: ok(0) with targetEsimPort"):
        answer = ports.enabling(one, ports.first)
        expect.ok(answer)
        port = answer.target_esim_port
        expect.that(holds=port is not None, expected="targetEsimPort (81)", actual="none")
    with step("Expected: 9F24 is that port"):
        for info in ports.lists():
            note(f"9F70 {info.profile_state}, 9F24 {info.enabled_on_esim_port}")
        ports.require((one, port))


@testcase("ES10c.EnableProfile#30")
def test_port_of_the_command_in_b(agreed, step):
    """In MEP-B the Profile is enabled on the port of the command."""
    with step("Initial conditions: MEP-B, a Profile Disabled"):
        ports, one = agreed(MepMode.B)
    with step("S_LPAd -> eUICC: EnableProfile on port 1; expected: ok(0)"):
        expect.ok(ports.enabling(one, ports.second))
        ports.settle()
    with step("Expected: 9F70 is 01 on that port; 9F24, if there, is that port"):
        (info,) = (info for info in ports.lists() if info.iccid == one.iccid)
        expect.equal(info.profile_state, 1, "9F70")
        expect.one_of(info.enabled_on_esim_port, (None, ports.second), "9F24")


@testcase("ES10c.EnableProfile#31")
def test_former_profile_of_that_port_alone(card, given, options, step):
    """Enabling on a port disables the Profile that was there, and none of another port."""
    with step("Initial conditions: two Profiles Enabled on two ports, a third Disabled"):
        mode = MepMode.A1 if options.get("MEP_A1") else MepMode.B
        ports, (one, two, three) = EsimPorts.occupied(card, given, mode, ONE, TWO, THREE)
    with step("S_LPAd -> eUICC: EnableProfile, the third on the second port; expected: ok(0)"):
        expect.ok(ports.enabling(three, ports.second))
        ports.settle()
    with step("Expected: first port as before; the former Profile of the second has no 9F24"):
        ports.require((one, ports.first), (two, None), (three, ports.second))


@testcase("ES10c.EnableProfile#32")
def test_every_port_in_use_in_a2(occupied, note, step):
    """In MEP-A2 with every port in use the request is refused, or a Profile replaced."""
    with step(
        "Initial conditions: MEP-A2, two Profiles Enabled on the two ports, a third Disabled"
    ):
        ports, (_, _, three) = occupied(MepMode.A2, THREE)
    with step("S_LPAd -> eUICC: EnableProfile, the third"):
        answer = ports.enabling(three, ports.first)
        code = result(answer, note)
    with step("Expected: noEsimPortAvailable(10), or ok(0) with the port; recorded"):
        expect.one_of(code, (EnableResult.noEsimPortAvailable, EnableResult.ok), "enableResult")
        if code == EnableResult.ok:
            ports.require((three, answer.target_esim_port))


def lsi_command(ports, port):
    """Returns LSI COMMAND of port 0, which has to be about a port; None in MEP-B.

    Raises:
        ExpectationError: there is none, or it is about another port.
    """
    if ports.mode is MepMode.B:
        return None
    command = ports.announced(0)
    if command is None or command.kind != esim_ports.LSI_COMMAND:
        shown = "none announced" if command is None else f"type {command.kind:02X}"
        raise ExpectationError("LSI COMMAND (79) on port 0", shown)
    allowed = (esim_ports.SESSION_REQUEST, esim_ports.PLATFORM_RESET)
    expect.one_of(command.qualifier, allowed, "qualifier of LSI COMMAND")
    if command.qualifier == esim_ports.SESSION_REQUEST:
        expect.equal(esim_ports.numbers_of(command), bytes((port,)), "LSI numbers (92)")
    return command


@testcase("ES10c.EnableProfile#33")
def test_refresh_on_the_port(card, given, options, note, step):
    """REFRESH waits on the port of the Profile, announced on port 0 in MEP-A, and nowhere else."""
    with step("Initial conditions: a Profile Enabled on the first port, another Disabled"):
        one, two = given.profiles(ONE, TWO)
        card.terminal_profile = refresh.STATE_CHANGE_PROFILE
        ports = EsimPorts.agreed(card, esim_ports.mode_of(options))
        ports.first = ports.enable(one, ports.first)
        ports.at_file(ports.first, one)
    with step("S_LPAd -> eUICC: EnableProfile with refreshFlag, the second port; expected: ok(0)"):
        answer = ports.enabling(two, ports.second, refresh=True)
        expect.ok(answer)
        port = answer.target_esim_port or ports.second
    with step("Expected: in MEP-A LSI COMMAND on port 0; on the first port nothing"):
        announced = lsi_command(ports, port)
        note("no LSI COMMAND" if announced is None else announced.raw.hex(" ").upper())
        ports.require_undisturbed(ports.first, one)
    if announced is not None and announced.qualifier == esim_ports.PLATFORM_RESET:
        return
    with step("Expected: REFRESH on the second port; done there, the Profile is on"):
        command = ports.announced(port)
        expect.that(
            holds=command is not None and command.kind == Proactive.REFRESH,
            expected="REFRESH",
            actual="none" if command is None else f"type {command.kind:02X}",
        )
        expect.one_of(command.qualifier, tuple(Refresh), "qualifier of REFRESH")
        ports.carry_out(command)
        expect.equal(file_access.ef_iccid(card), two.iccid, "EF.ICCID on the second port")


@testcase("ES10c.EnableProfile#50")
def test_profile_of_another_port(card, given, options, note, step):
    """A Profile that is enabled on a port cannot be enabled on another one."""
    with step("Initial conditions: a Profile Enabled on the first port"):
        (one,) = given.profiles(ONE)
        ports = EsimPorts.agreed(card, esim_ports.mode_of(options))
        port = ports.enable(one, ports.first)
    with step("S_LPAd -> eUICC: EnableProfile, it, on the second port"):
        code = result(ports.enabling(one, ports.second), note)
    with step("Expected: profileNotInDisabledState(2)"):
        expect.equal(code, EnableResult.profileNotInDisabledState, "enableResult")
        ports.require((one, port))


@testcase("ES10c.EnableProfile#51")
def test_port_above_all(agreed, note, step):
    """A port above the number configured is refused."""
    with step("Initial conditions: MEP-A1 with two ports, a Profile Disabled"):
        ports, one = agreed(MepMode.A1)
    with step("S_LPAd -> eUICC: EnableProfile with targetEsimPort 3"):
        code = result(ports.sent(ports.request(one, NOT_A_PORT)), note)
    with step("Expected: commandError(7) or noEsimPortAvailable(10); recorded"):
        allowed = (EnableResult.commandError, EnableResult.noEsimPortAvailable)
        expect.one_of(code, allowed, "enableResult")


@testcase("ES10c.EnableProfile#52")
def test_other_port_in_b(agreed, note, step):
    """In MEP-B another port than that of the command is refused, or left aside."""
    with step("Initial conditions: MEP-B, a Profile Disabled"):
        ports, one = agreed(MepMode.B)
    with step("S_LPAd -> eUICC: EnableProfile on port 0 with targetEsimPort 1"):
        code = result(ports.sent(ports.request(one, ports.second)), note)
    with step("Expected: commandError(7), or ok(0) on the port of the command; recorded"):
        expect.one_of(code, (EnableResult.commandError, EnableResult.ok), "enableResult")
        if code == EnableResult.ok:
            ports.require((one, ports.first))


@testcase("ES10c.EnableProfile#53")
def test_port_on_a_card_with_one(card, given, note, step):
    """A card with one port leaves targetEsimPort aside, or refuses it."""
    with step("Initial conditions: a Profile Disabled"):
        (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: EnableProfile with targetEsimPort 1"):
        code = result(EsimPorts(card, MepMode.NONE).sent(EsimPorts.request(one, 1)), note)
    with step("Expected: ok(0) or commandError(7); recorded"):
        expect.one_of(code, (EnableResult.ok, EnableResult.commandError), "enableResult")


@testcase("ES10c.EnableProfile#54")
def test_lsi_command_on_port_0(card, given, options, note, step):
    """In MEP-A a change on port 2 is announced on port 0 by LSI COMMAND for LSI 2."""
    with step("Initial conditions: a Profile Enabled on port 1, another Disabled"):
        one, two = given.profiles(ONE, TWO)
        card.terminal_profile = refresh.STATE_CHANGE_PROFILE
        ports = EsimPorts.agreed(card, esim_ports.mode_of(options))
        ports.first = ports.enable(one, ports.first)
    with step("S_LPAd -> eUICC: EnableProfile with refreshFlag, port 2; expected: ok(0)"):
        answer = ports.enabling(two, ports.second, refresh=True)
        expect.ok(answer)
    with step("Expected: type 79, qualifier 00 with 92 01 02, or qualifier 01; none on port 1"):
        command = lsi_command(ports, answer.target_esim_port or ports.second)
        note(command.raw.hex(" ").upper())
        expect.equal(ports.announced(ports.first), None, "announced on port 1")


@testcase("ES10c.EnableProfile#55")
def test_request_of_a_device_in_a1(card, given, step):
    """The request that a Device sends in MEP-A1, octet for octet, enables on port 2."""
    with step("Initial conditions: MEP-A1, a Profile Disabled"):
        (one,) = given.profiles(ONE)
        ports = EsimPorts.agreed(card, MepMode.A1)
    with step("S_LPAd -> eUICC: BF31 { A0 { 5A iccid } 81 FF 82 02 }; expected: ok(0), SW 9000"):
        octets = bytes.fromhex("BF3114A00C5A0A") + one.iccid.octets + bytes.fromhex("8101FF820102")
        expect.equal(ports.request(one, 2, refresh=True).encode(), octets, "request")
        expect.ok(ports.sent(ports.request(one, 2, refresh=True)))
    with step("Terminal -> eUICC: what is announced carried out; expected: 9F24 is 2"):
        ports.complete(2)
        ports.require((one, 2))
