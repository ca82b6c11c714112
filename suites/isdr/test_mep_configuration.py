"""MANAGE LSI: eSIM Ports are configured, selected and reset (TS 102 221, 7.5; v3.1, 3.4.1)."""

from rspcore.apdu import CommandApdu, Ins
from rspcore.messages.v3.lsi_configuration import LsiConfiguration, LsiFunction, MepMode
from rspcore.status import StatusWord
from rspcore.tags import ISDR_AID
from rspharness import testcase
from rspharness.card import expect
from rspharness.card.atr import Atr
from rspharness.lpa.proactive import Refresh
from rspharness.suite import esim_ports, file_access
from rspharness.suite.esim_ports import EsimPorts

ONE, TWO = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"
EXAMPLE = "807C04000D8001028101019002010391010200"
"""What the reference writes out: LSIs up to 2, A1 or B, two ports."""
EVERY_MODE = (MepMode.A1, MepMode.A2, MepMode.B)
AGREED = 0x90
PORTS_FOR_ALL = 31


def two_enabled(card, given, options):
    """Brings two Profiles to be enabled on two ports; returns the ports and the Profiles."""
    ports, (one, two) = EsimPorts.occupied(card, given, esim_ports.mode_of(options), ONE, TWO)
    return ports, one, two


def offered(card, modes=EVERY_MODE, *, highest=2, ports=2):
    """Resets the card, proposes modes and returns its answer."""
    return esim_ports.configure(
        card, LsiConfiguration(highest=highest, options=0, modes=modes, ports=ports)
    )


@testcase("ISD-R.MEP#01")
def test_offer_of_the_card(card, options, declared, note, step):
    """The answer to configure names the modes that are declared, and the number of ports."""
    with step("Terminal -> eUICC: MANAGE LSI (configure) with all modes"):
        answer = offered(card)
    with step("Expected: a mode of the card, then all it has, and its ports"):
        note(f"modes {answer.modes}, {answer.ports} ports, LSIs up to {answer.highest}")
        have = tuple(mode for mode in EVERY_MODE if options.get(f"MEP_{mode.name}"))
        expect.equal(answer.agreed, have[0], "mode agreed on")
        expect.equal(sorted((answer.modes or ())[1:]), sorted(have), "modes of the card")
        wanted = declared.get("esim_ports")
        if wanted is not None:
            expect.equal(answer.ports, min(2, int(wanted)), "ports")


@testcase("ISD-R.MEP#02")
def test_each_lsi_keeps_its_file(card, given, options, step):
    """A file selected on one LSI is current there after a change to another one and back."""
    with step("Initial conditions: two eSIM Ports configured"):
        given.none()
        ports = EsimPorts.agreed(card, esim_ports.mode_of(options))
    with step("Terminal -> eUICC: EF.UMPC on LSI 0, SELECT MF on LSI 1"):
        expect.success(file_access.select_file(card, file_access.EF_UMPC), "SELECT EF.UMPC")
        before = file_access.read(card)
        expect.success(before, "READ BINARY")
        ports.select(1)
        expect.success(file_access.select_file(card, file_access.MF), "SELECT MF on LSI 1")
    with step("Expected: EF.UMPC is current on LSI 0"):
        ports.select(0)
        after = file_access.read(card)
        expect.success(after, "READ BINARY")
        expect.equal(after.data, before.data, "current file")


@testcase("ISD-R.MEP#03")
def test_without_configuration_there_is_one_port(card, given, step):
    """Without MANAGE LSI the card has one port: enabling a Profile disables the former."""
    with step("Initial conditions: two Profiles, the first Enabled"):
        _, two = given.profiles(ONE, TWO, enabled=ONE)
    with step("S_LPAd -> eUICC: EnableProfile, the second"):
        given.enable(two.iccid)
    with step("Expected: the second alone is Enabled"):
        expect.equal(card.enabled(), (two.iccid,), "Enabled Profiles")


@testcase("ISD-R.MEP#04")
def test_reset_of_a_port_leaves_the_other(card, given, options, step):
    """A reset of one LSI leaves session and channels of the other port."""
    with step("Initial conditions: two Profiles Enabled on two ports"):
        ports, one, _ = two_enabled(card, given, options)
        ports.at_file(ports.first, one)
    with step("Terminal -> eUICC: MANAGE LSI (reset), the second port"):
        ports.reset(ports.second)
    with step("Expected: the file is still current on the first port"):
        ports.require_undisturbed(ports.first, one)


@testcase("ISD-R.MEP#05")
def test_more_lsis_than_there_are(card, note, step):
    """A proposal of more LSIs than the card has is refused, or answered with what it has."""
    with step("Terminal -> eUICC: MANAGE LSI (configure) with LSIs up to 31 and 31 ports"):
        card.reset()
        proposed = LsiConfiguration(
            highest=PORTS_FOR_ALL, options=0, modes=EVERY_MODE, ports=PORTS_FOR_ALL
        )
        response = esim_ports.manage(card, LsiFunction.CONFIGURE, 0, proposed.encode())
    with step("Expected: refused, or fewer LSIs"):
        note(f"SW {response.sw:04X}, {response.data.hex(' ').upper() or 'no data'}")
        if response.data:
            answer = esim_ports.configuration(response.data)
            expect.that(
                holds=answer.highest < PORTS_FOR_ALL and (answer.ports or 0) < PORTS_FOR_ALL,
                expected="the numbers of the card",
                actual=f"highest {answer.highest}, ports {answer.ports}",
            )
        else:
            expect.refused(response)


@testcase("ISD-R.MEP#06")
def test_isdr_is_on_port_0_alone(card, given, options, note, step):
    """In MEP-A the ISD-R cannot be selected on another port than 0."""
    with step("Initial conditions: MEP-A, two eSIM Ports configured"):
        given.none()
        ports = EsimPorts.agreed(card, esim_ports.mode_of(options))
    with step("Terminal -> eUICC: SELECT ISD-R on port 1"):
        ports.select(1)
        response = card.transmit(CommandApdu(0x00, Ins.SELECT, 0x04, 0x00, ISDR_AID.octets, 256))
    with step("Expected: SW 6A82 or 6985"):
        note(f"SW {response.sw:04X}")
        expect.refused(response, StatusWord.FILE_NOT_FOUND, StatusWord.CONDITIONS_NOT_SATISFIED)


@testcase("ISD-R.MEP#07", level="read-only")
def test_card_with_one_port_announces_no_lsi(card, note, step):
    """The ATR of an eUICC with one port announces eUICC functions and no LSI."""
    with step("Terminal -> eUICC: reset; first TB after T=15"):
        card.reset()
        octet = Atr.parse(card.known_atr).global_tb
        note(f"first TB(i) after T=15: {'none' if octet is None else f'{octet:02X}'}")
    with step("Expected: b8 and b2 are 1, b1 is 0; recorded"):
        expect.that(
            holds=octet is not None and octet & 0x83 == 0x82,
            expected="b8 and b2 set, b1 not",
            actual="none" if octet is None else f"{octet:02X}",
        )


@testcase("ISD-R.MEP#08")
def test_octets_of_the_example(card, note, step):
    """The configuration that the reference writes out is answered with 80, 81, 90 and 91."""
    with step("Terminal -> eUICC: MANAGE LSI (configure), octet by octet"):
        card.reset()
        response = card.apdu(EXAMPLE)
    with step("Expected: SW 9000; 80, 81, 90 and 91, the first octet of 90 a mode proposed"):
        note(response.data.hex(" ").upper())
        expect.success(response, "MANAGE LSI")
        answer = esim_ports.configuration(response.data)
        expect.one_of(answer.agreed, (MepMode.NONE, MepMode.A1, MepMode.B), "mode agreed on")
        missing = [
            name
            for name, value in (("81", answer.options), ("90", answer.modes), ("91", answer.ports))
            if value is None
        ]
        expect.equal(missing, [], "objects left out")


@testcase("ISD-R.MEP#09")
def test_mode_the_card_does_not_have(card, given, options, note, step):
    """Where no mode is common, 90 begins with 00 and the card goes on with one port."""
    with step("Initial conditions: a Profile Disabled"):
        (one,) = given.profiles(ONE)
    with step("Terminal -> eUICC: MANAGE LSI (configure), modes the card does not have"):
        lacking = tuple(mode for mode in EVERY_MODE if not options.get(f"MEP_{mode.name}"))
        answer = offered(card, lacking or (0x0F,))
        note(f"modes {answer.modes}")
    with step("Expected: 90 begins with 00; EnableProfile without a port enables"):
        expect.equal(answer.agreed, MepMode.NONE, "mode agreed on")
        expect.ok(EsimPorts(card, MepMode.NONE).sent(EsimPorts.request(one, None)))


@testcase("ISD-R.MEP#10")
def test_each_lsi_has_its_own_files(card, given, options, step):
    """READ BINARY of EF.ICCID gives the Profile of the LSI selected."""
    with step("Initial conditions: two Profiles Enabled on two ports"):
        ports, one, two = two_enabled(card, given, options)
    with step("Terminal -> eUICC: EF.ICCID on each port; expected: that of its Profile"):
        for number, profile in ((ports.first, one), (ports.second, two), (ports.first, one)):
            ports.select(number)
            expect.equal(file_access.ef_iccid(card), profile.iccid, f"EF.ICCID on port {number}")


@testcase("ISD-R.MEP#11")
def test_reset_answers_with_an_atr(card, given, options, note, step):
    """A reset of an LSI answers 80 with an ATR; another LSI keeps its session."""
    with step("Initial conditions: two Profiles Enabled on two ports"):
        ports, one, _ = two_enabled(card, given, options)
        ports.at_file(ports.first, one)
    with step("Terminal -> eUICC: MANAGE LSI (reset), the second port; expected: 80 with an ATR"):
        data = ports.reset(ports.second)
        note(data.hex(" ").upper())
        Atr.parse(bytes(expect.data_object(data, 0x80, "answer").value))
    with step("Expected: the file is still current on the first port"):
        ports.require_undisturbed(ports.first, one)


@testcase("ISD-R.MEP#12")
def test_lsi_command_only_where_announced(card, given, options, note, step):
    """A terminal without LSI COMMAND gets none; REFRESH waits on the port."""
    with step("Initial conditions: a Profile Disabled; TERMINAL PROFILE without LSI COMMAND"):
        (one,) = given.profiles(ONE)
        card.terminal_profile = esim_ports.NO_LSI_PROFILE
        ports = EsimPorts.agreed(card, esim_ports.mode_of(options))
    with step("S_LPAd -> eUICC: EnableProfile with refreshFlag"):
        answer = ports.enabling(one, ports.first, refresh=True)
        expect.ok(answer)
        port = answer.target_esim_port or ports.first
    with step("Expected: nothing of type 79 on port 0; REFRESH on the port"):
        if ports.mode is not MepMode.B:
            expect.equal(ports.announced(0), None, "announced on port 0")
        command = ports.announced(port)
        note("none" if command is None else command.raw.hex(" ").upper())
        expect.that(holds=command is not None, expected="REFRESH", actual="none announced")
        expect.one_of(command.qualifier, tuple(Refresh), "qualifier of REFRESH")
