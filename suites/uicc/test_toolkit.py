"""UICC.Toolkit and UICC.Ota: proactive commands, and scripts over the air for files."""

from dataclasses import replace

import pytest

from rspcore.apdu import CommandApdu
from rspcore.ota.packet import ResponseStatus
from rspcore.ota.sms import command_deliveries, envelope
from rspharness import testcase
from rspharness.card import expect
from rspharness.lpa import proactive
from rspharness.lpa.proactive import terminal_response
from rspharness.lpa.terminal import Proactive

RFM = bytes.fromhex("B00120")
HARMLESS = (CommandApdu(0x80, 0xCA, 0x00, 0x66, le=256),)
"""GET DATA, whatever the MNO-SD answers."""
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


def announced(own, make_ota, parameters):
    """Makes the card offer a short message; returns the length announced, and the server."""
    own.card.apdu("8010000014" + "FF" * 20)
    own.card.play_terminal()
    server = make_ota(parameters)
    server.security = replace(server.security, spi2=server.security.spi2 | 0x20)
    answer = own.card.transmit(envelope_of(server.packet(HARMLESS)))
    expect.equal(answer.sw >> 8, 0x91, "first octet of the status word")
    return answer.sw & 0xFF, server


def envelope_of(packet):
    """Returns the ENVELOPE of a packet that takes one short message."""
    (delivery,) = command_deliveries(packet, originator=b"\x05\x81\x21\x43\xf5", timestamp=bytes(7))
    return CommandApdu(0x80, 0xC2, 0x00, 0x00, envelope(delivery), 256)


def fetched(own, length):
    """Fetches a command of this length; returns its details: number, type and qualifier."""
    answer = own(f"80120000{length:02X}")
    expect.success(answer, "FETCH")
    template = expect.data_object(answer.data, 0xD0, "proactive command")
    return next(bytes(one.value) for one in template.children() if one.tag & 0x7F == 0x01)


def responded(own, details, result):
    """Sends TERMINAL RESPONSE with a general result; returns the answer."""
    return own(f"801400000C8103{details.hex()}82028281 8301{result:02X}")


@testcase("UICC.Toolkit#03")
@testcase.both_curves
@pytest.mark.usefixtures("server")
def test_command_is_announced_until_it_is_fetched(own, make_ota, parameters, step):
    """Every answer announces a command that waits; once it is fetched, none does."""
    with step("Initial conditions: the card offers a short message"):
        length, _ = announced(own, make_ota, parameters)
    with step("Terminal -> UICC: SELECT 3F00, STATUS, FETCH, STATUS"):
        words = [own(one).sw for one in ("00A4000C023F00", "80F2000C")]
        details = fetched(own, length)
        after = own("80F2000C").sw
    with step("Expected: 91 and the length, twice; then 9000"):
        expect.equal(words, [0x9100 | length] * 2, "status words before FETCH")
        expect.equal(after, 0x9000, "status word after FETCH")
        expect.sw(responded(own, details, 0x00), 0x9000)


@testcase("UICC.Toolkit#04")
def test_short_message_while_busy(own, make_ota, parameters, step):
    """While a proactive command is carried out a short message is refused, and not used up."""
    with step("Initial conditions: a proactive command was fetched"):
        length, server = announced(own, make_ota, parameters)
        details = fetched(own, length)
    with step("Terminal -> UICC: ENVELOPE (SMS-PP DOWNLOAD)"):
        server.security = replace(server.security, spi2=0x09)
        packet = server.packet(HARMLESS)
        expect.sw(own.card.transmit(envelope_of(packet)), 0x9300)
    with step("Expected: the same packet is accepted after TERMINAL RESPONSE"):
        expect.sw(responded(own, details, 0x00), 0x9000)
        receipt = server.deliver(own.card, packet)
        expect.equal(receipt.status, ResponseStatus.POR_OK, "response status")


@testcase("UICC.Toolkit#05")
def test_problem_of_the_moment(own, make_ota, parameters, step):
    """After a temporary problem the card offers the same command again."""
    with step("Initial conditions: a proactive command was fetched"):
        length, _ = announced(own, make_ota, parameters)
        details = fetched(own, length)
    with step("Terminal -> UICC: TERMINAL RESPONSE, terminal busy; STATUS"):
        answer = own(f"801400000D8103{details.hex()}82028281 83022000")
        waiting = answer.sw if answer.sw >> 8 == 0x91 else own("80F2000C").sw
    with step("Expected: announced again, and of the same type"):
        expect.equal(waiting >> 8, 0x91, "first octet of the status word")
        again = fetched(own, waiting & 0xFF)
        expect.equal(again[1:], details[1:], "type and qualifier")
        responded(own, again, 0x00)


@testcase("UICC.Toolkit#06")
def test_command_beyond_the_terminal(own, make_ota, parameters, step):
    """After a permanent problem the card does not offer the command again."""
    with step("Initial conditions: a proactive command was fetched"):
        length, _ = announced(own, make_ota, parameters)
        details = fetched(own, length)
    with step("Terminal -> UICC: TERMINAL RESPONSE, beyond the terminal's capabilities; STATUS"):
        expect.sw(responded(own, details, 0x30), 0x9000)
        expect.sw(own("80F2000C"), 0x9000)
    with step("Expected: nothing to fetch"):
        own.refused("8012000000", 0x6985, 0x6F00, 0x6A86)


@testcase("UICC.Toolkit#07")
def test_reset_forgets_what_was_offered(own, make_ota, parameters, step):
    """A reset empties the queue of the toolkit."""
    with step("Initial conditions: the card offers a short message"):
        announced(own, make_ota, parameters)
    with step("Terminal -> UICC: reset, STATUS"):
        own.card.reset()
        expect.sw(own("80F2000C"), 0x9000)
    with step("Expected: no short message is fetched, and then nothing"):
        for _ in range(16):  # a menu and the like are offered anew
            if own.card.pending_proactive is None:
                break
            offered = proactive.fetch(own.card)
            expect.that(
                holds=offered.kind != Proactive.SEND_SHORT_MESSAGE,
                expected="no SEND SHORT MESSAGE",
                actual=f"proactive command of type {offered.kind:02X}",
            )
            proactive.answer(own.card, offered)
        own.refused("8012000000", 0x6985, 0x6F00, 0x6A86)


@testcase("UICC.Toolkit#08")
def test_response_to_nothing(own, make_ota, parameters, step):
    """A TERMINAL RESPONSE before FETCH is refused, and the command stays on offer."""
    with step("Initial conditions: the card offers a short message"):
        length, _ = announced(own, make_ota, parameters)
    with step("Terminal -> UICC: TERMINAL RESPONSE to SEND SHORT MESSAGE"):
        expect.refused(responded(own, bytes.fromhex("011300"), 0x00))
    with step("Expected: the command is fetched and answered"):
        details = fetched(own, length)
        expect.sw(responded(own, details, 0x00), 0x9000)


@testcase("UICC.Toolkit#09")
def test_response_of_another_type(own, make_ota, parameters, step):
    """A TERMINAL RESPONSE with the number of the open command and another type answers nothing."""
    with step("Initial conditions: a proactive command was fetched"):
        length, _ = announced(own, make_ota, parameters)
        details = fetched(own, length)
    with step("Terminal -> UICC: TERMINAL RESPONSE, type 21 with the same number"):
        expect.refused(responded(own, bytes((details[0], 0x21, details[2])), 0x00))
    with step("Expected: the command is open, and answered"):
        expect.sw(responded(own, details, 0x00), 0x9000)


@testcase("UICC.Toolkit#10")
def test_response_without_comprehension_bit(own, make_ota, parameters, step):
    """Command details under 01 are taken as those under 81."""
    with step("Initial conditions: a proactive command was fetched"):
        length, _ = announced(own, make_ota, parameters)
        details = fetched(own, length)
    with step("Terminal -> UICC: TERMINAL RESPONSE with tags 01, 02 and 03; expected: 9000"):
        expect.sw(own(f"801400000C0103{details.hex()}02028281 030100"), 0x9000)
        expect.sw(own("80F2000C"), 0x9000)
