"""UICC.Toolkit and UICC.Ota: proactive commands, and scripts over the air for files."""

from dataclasses import replace

import pytest

from rspcore.apdu import CommandApdu
from rspcore.ota.packet import ResponseStatus
from rspharness import testcase
from rspharness.card import expect
from rspharness.lpa.proactive import terminal_response

RFM = bytes.fromhex("B00120")
READ_TEST_FILE = (
    CommandApdu(0x00, 0xA4, 0x00, 0x0C, bytes.fromhex("2F20")),
    CommandApdu(0x00, 0xB0, 0x00, 0x00, le=16),
)
WRITE_TEST_FILE = (
    CommandApdu(0x00, 0xA4, 0x00, 0x0C, bytes.fromhex("2F24")),
    CommandApdu(0x00, 0xD6, 0x00, 0x00, b"\x99"),
)


@pytest.fixture
def ota(own, make_ota, parameters):
    """Returns a server that reaches the remote file management of the UICC."""
    made = make_ota(parameters)
    made.tar = RFM
    return made


@testcase("UICC.Toolkit#01", level="read-only")
def test_nothing_to_fetch(files, step):
    """FETCH with no command pending is refused."""
    with step("Initial conditions: what the toolkit offers after TERMINAL PROFILE is answered"):
        files.card.apdu("8010000014" + "FF" * 20)
        files.card.play_terminal()
    with step("Terminal -> UICC: FETCH"):
        files.refused("8012000000", 0x6985, 0x6F00, 0x6A86, 0x6D00, 0x6E00)


@testcase("UICC.Toolkit#02")
def test_response_to_another_command(own, make_ota, parameters, step):
    """A TERMINAL RESPONSE that names another command leaves the open one open."""
    server = make_ota(parameters)
    with step("Initial conditions: a proactive command was fetched"):
        own.card.apdu("8010000014" + "FF" * 20)
        command = server.open_proactive_session(own.card)
    with step("Terminal -> UICC: TERMINAL RESPONSE, another type"):
        number, kind, qualifier = command.raw[4:7] if command.raw[1] < 0x80 else command.raw[5:8]
        data = bytes((0x81, 3, number, kind ^ 1, qualifier)) + bytes.fromhex("82028281830100")
        own.refused(f"80140000{len(data):02X}{data.hex()}", 0x6A80)
    with step("Expected: the right one is taken"):
        terminal_response(own.card, command, 0x00)
        own.refused("8012000000", 0x6985, 0x6F00, 0x6A86)


@testcase("UICC.Ota#01")
def test_script_reads_a_file(ota, own, step):
    """A script for the RFM instance reads a file; the proof of receipt holds the octets."""
    with step("S_OTA -> UICC: SELECT and READ BINARY of 2F20"):
        receipt = ota.send(own.card, READ_TEST_FILE)
    with step("Expected: POR OK, 9000 and the content"):
        expect.that(holds=receipt.accepted, expected="accepted", actual=receipt.describe())
        data = receipt.script.responses[-1].data if receipt.script else b""
        expect.equal(data, own.content[0x2F20], "content")


@testcase("UICC.Ota#02")
def test_replay_is_refused(ota, own, step):
    """A packet whose counter was used is refused, and its script not run."""
    with step("Initial conditions: a script was carried out"):
        packet = ota.packet(READ_TEST_FILE)
        ota.deliver(own.card, packet)
    with step("S_OTA -> UICC: the same packet"):
        receipt = ota.deliver(own.card, packet)
    with step("Expected: counter low"):
        expect.equal(receipt.status, ResponseStatus.CNTR_LOW, "response status")


@testcase("UICC.Ota#03")
def test_level_below_the_minimum(ota, own, step):
    """A packet without checksum is refused and changes nothing."""
    with step("S_OTA -> UICC: a script without any security"):
        ota.security = replace(ota.security, spi1=0x00, spi2=0x01, kic=0x00, kid=0x00)
        receipt = ota.send(own.card, WRITE_TEST_FILE)
    with step("Expected: insufficient security level, file as before"):
        expect.equal(receipt.status, ResponseStatus.INSUFFICIENT_SECURITY_LEVEL, "response status")
        expect.equal(own.read(0x2F24, 4), own.content[0x2F24], "content")


@testcase("UICC.Ota#04")
def test_script_has_the_rights_of_its_instance(ota, own, step):
    """Full access lets a script write what a terminal may not, but not what is forbidden."""
    with step("S_OTA -> UICC: UPDATE BINARY of 2F24"):
        receipt = ota.send(own.card, WRITE_TEST_FILE)
    with step("Expected: written"):
        expect.that(holds=receipt.accepted, expected="accepted", actual=receipt.describe())
        expect.equal(own.read(0x2F24, 4).hex(), "99242424", "content")


@testcase("UICC.Ota#05")
def test_unknown_reference(ota, own, step):
    """A toolkit application reference of no application is answered as such."""
    with step("S_OTA -> UICC: a script for TAR B0FFFF"):
        ota.tar = bytes.fromhex("B0FFFF")
        receipt = ota.send(own.card, READ_TEST_FILE)
    with step("Expected: TAR unknown, or no answer"):
        expect.one_of(receipt.status, (ResponseStatus.TAR_UNKNOWN, None), "response status")


@testcase("UICC.Ota#06")
def test_script_stops_at_an_error(ota, own, step):
    """After a command that fails, the rest of the script is not run."""
    missing = CommandApdu(0x00, 0xA4, 0x00, 0x0C, bytes.fromhex("2FFF"))
    with step("S_OTA -> UICC: SELECT of nothing, then UPDATE BINARY of 2F24"):
        receipt = ota.send(own.card, (missing, *WRITE_TEST_FILE))
    with step("Expected: one command executed, file as before"):
        expect.equal(receipt.sw, 0x6A82, "last status word")
        expect.equal(own.read(0x2F24, 4), own.content[0x2F24], "content")
