"""UICC.SecureChannel: who opens a session with the MNO-SD, and what is accepted in it."""

from dataclasses import replace

import pytest

from rspcore.apdu import CommandApdu
from rspcore.profile_maker import make_profile, preset
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers.scp03_host import Scp03Host, host_keys, is_open, with_scp03
from rspharness.suite.logical_channels import close, opened

SETS = host_keys(0x30), host_keys(0x31, 32)
STATUS = CommandApdu(0x80, 0xF2, 0x80, 0x02, bytes.fromhex("4F00"), 256)
KEYS_OF_THE_DOMAIN = CommandApdu(0x80, 0xCA, 0x00, 0xE0, le=256)
LEVELS = (0x01, 0x03, 0x11, 0x13, 0x33)


@pytest.fixture
def host(card, given):
    """Returns the host of the MNO-SD of a Profile that was installed with SCP03."""
    made = with_scp03(make_profile(preset("PROFILE_OPERATIONAL1")), *SETS)
    given.profiles(made, enabled=made)
    return Scp03Host(card, SETS[0])


def refused(answer):
    """Requires that a command of a session is refused for its security."""
    expect.refused(answer, 0x6982, 0x6985, 0x6988, 0x6882)


@testcase("UICC.SecureChannel#01")
@testcase.both_curves
@pytest.mark.usefixtures("server")
def test_session_opens_at_every_level(host, step):
    """At every level the card proves itself, and answers the same registry entry."""
    entries = []
    for level in LEVELS:
        with step(f"S_Host -> UICC: session of level {level:02X}, GET STATUS"):
            host.open(level)
            answer = host.send(STATUS)
            expect.success(answer, "GET STATUS")
            entries.append(answer.data.hex())
    with step("Expected: the entry of the MNO-SD, five times"):
        expect.equal(entries, [entries[0]] * len(LEVELS), "entries")
        entry = expect.data_object(bytes.fromhex(entries[0]), 0xE3, "registry entry")
        expect.equal(bytes(entry.find(0x4F).value), host.aid, "AID")


@testcase("UICC.SecureChannel#02")
def test_wrong_host_cryptogram(host, step):
    """A wrong host cryptogram under a right C-MAC opens nothing."""
    with step("Initial conditions: INITIALIZE UPDATE answered"):
        host.select()
        host.greeted()
    with step("S_Host -> UICC: EXTERNAL AUTHENTICATE, host cryptogram flipped, C-MAC over it"):
        other = replace(host.session, context=host.session.context[::-1])
        command, host.session = other.authenticate(0x01)
        expect.refused(host.card.transmit(command), 0x6300, 0x6982, 0x6988)
    with step("Expected: no session"):
        refused(host.card.transmit(host.wrapped(STATUS)))


@testcase("UICC.SecureChannel#03")
def test_wrong_mac_of_external_authenticate(host, step):
    """A right host cryptogram under a wrong C-MAC opens nothing."""
    with step("Initial conditions: INITIALIZE UPDATE answered"):
        host.select()
        host.greeted()
    with step("S_Host -> UICC: EXTERNAL AUTHENTICATE, last bit of the C-MAC flipped"):
        command = host.external(0x01)
        wrong = command.data[:-1] + bytes((command.data[-1] ^ 1,))
        expect.refused(host.card.transmit(replace(command, data=wrong)), 0x6300, 0x6982, 0x6988)
    with step("Expected: no session"):
        refused(host.card.transmit(host.wrapped(STATUS)))


@testcase("UICC.SecureChannel#04")
def test_authentication_without_a_challenge(host, step):
    """EXTERNAL AUTHENTICATE without INITIALIZE UPDATE is refused, and a second one too."""
    with step("Initial conditions: a session was opened; the domain selected anew"):
        host.select()
        host.greeted()
        command = host.external(0x01)
        expect.success(host.card.transmit(command), "EXTERNAL AUTHENTICATE")
        host.select()
    with step("S_Host -> UICC: the same EXTERNAL AUTHENTICATE"):
        expect.refused(host.card.transmit(command), 0x6985, 0x6982, 0x6300, 0x6882)


@testcase("UICC.SecureChannel#05")
def test_recorded_authentication(host, step):
    """EXTERNAL AUTHENTICATE recorded from one session opens no other, for the same challenge."""
    with step("Initial conditions: EXTERNAL AUTHENTICATE recorded, reset"):
        host.select()
        host.greeted()
        recorded = host.external(0x01)
        expect.success(host.card.transmit(recorded), "EXTERNAL AUTHENTICATE")
        host.card.reset()
        host.select()
        host.greeted()
    with step("S_Host -> UICC: the recorded one"):
        expect.refused(host.card.transmit(recorded), 0x6300, 0x6982, 0x6988)


@testcase("UICC.SecureChannel#06")
def test_level_is_part_of_the_mac(host, step):
    """A level lowered on the way is refused."""
    with step("Initial conditions: INITIALIZE UPDATE answered"):
        host.select()
        host.greeted()
    with step("S_Host -> UICC: EXTERNAL AUTHENTICATE made for level 33, P1 changed to 01"):
        command = host.external(0x33)
        expect.refused(host.card.transmit(replace(command, p1=0x01)), 0x6300, 0x6982, 0x6988)


@testcase("UICC.SecureChannel#07")
def test_management_needs_a_session(host, step):
    """Without a session GET STATUS is refused, before and after INITIALIZE UPDATE alone."""
    with step("S_Host -> UICC: GET STATUS after SELECT"):
        host.select()
        refused(host.card.transmit(STATUS))
    with step("S_Host -> UICC: INITIALIZE UPDATE, GET STATUS"):
        host.greeted()
        refused(host.card.transmit(STATUS))


@testcase("UICC.SecureChannel#08")
def test_command_without_its_mac(host, step):
    """In a session with C-MAC a bare command is refused, and the session is over."""
    with step("Initial conditions: a session of level 01"):
        host.open(0x01)
    with step("S_Host -> UICC: GET STATUS without C-MAC"):
        refused(host.card.transmit(STATUS))
    with step("Expected: the next command with its C-MAC is refused"):
        refused(host.card.transmit(host.wrapped(STATUS)))


@testcase("UICC.SecureChannel#09")
def test_command_sent_again(host, step):
    """A command sent twice is carried out once, and the session is over."""
    with step("Initial conditions: GET STATUS answered in a session of level 01"):
        host.open(0x01)
        command = host.wrapped(STATUS)
        expect.success(host.card.transmit(command), "GET STATUS")
    with step("S_Host -> UICC: the same command; then the next one"):
        refused(host.card.transmit(command))
        refused(host.card.transmit(host.wrapped(STATUS)))


@testcase("UICC.SecureChannel#10")
def test_wrong_mac_ends_the_session(host, step):
    """A command with a wrong C-MAC is refused, and no right one is accepted after it."""
    with step("Initial conditions: a session of level 03"):
        host.open(0x03)
    with step("S_Host -> UICC: GET STATUS, one bit of the C-MAC flipped; then sound"):
        before = host.session
        command = host.wrapped(STATUS)
        wrong = command.data[:-1] + bytes((command.data[-1] ^ 0x80,))
        refused(host.card.transmit(replace(command, data=wrong)))
        host.session = before
        refused(host.card.transmit(host.wrapped(STATUS)))


@testcase("UICC.SecureChannel#11")
def test_commands_in_another_order(host, step):
    """Two commands in the other order are refused."""
    with step("Initial conditions: a session of level 01"):
        host.open(0x01)
    with step("S_Host -> UICC: the second of two commands"):
        host.wrapped(STATUS)
        refused(host.card.transmit(host.wrapped(KEYS_OF_THE_DOMAIN)))


@testcase.each(
    "how",
    {
        "UICC.SecureChannel#12": "select",
        "UICC.SecureChannel#13": "reset",
        "UICC.SecureChannel#14": "initialize",
    },
)
def test_session_ends(host, step, how):
    """A session ends with SELECT of another application, a reset, and INITIALIZE UPDATE."""
    with step("Initial conditions: a session of level 01"):
        host.open(0x01)
        expect.that(holds=is_open(host), expected="a session that answers", actual="none")
    with step(f"Terminal -> UICC: {how}"):
        if how == "select":
            expect.success(host.card.apdu("00A4000C023F00"), "SELECT 3F00")
            host.select()
        elif how == "reset":
            host.card.reset()
            host.select()
        else:
            kept = host.session
            host.greeted()
            host.session = kept
    with step("Expected: the next command of the session is refused"):
        refused(host.card.transmit(host.wrapped(STATUS)))


@testcase("UICC.SecureChannel#15")
def test_sequence_counter_rises(host, step):
    """The sequence counter rises from session to session, over a reset too."""
    with step("S_Host -> UICC: INITIALIZE UPDATE and EXTERNAL AUTHENTICATE, thrice, with resets"):
        greetings = []
        for _ in range(3):
            host.select()
            greetings.append(host.greeted())
            expect.success(host.card.transmit(host.external(0x01)), "EXTERNAL AUTHENTICATE")
            host.card.reset()
    with step("Expected: three rising counters, three challenges"):
        counters = [one.counter for one in greetings]
        rising = None not in counters and counters == sorted(set(counters))
        expect.that(holds=rising, expected="rising counters", actual=str(counters))
        challenges = {one.challenge for one in greetings}
        expect.equal(len(challenges), 3, "different challenges for one host challenge")


@testcase("UICC.SecureChannel#16")
def test_key_set_that_is_not_there(host, step):
    """A key set that is not there, and one of packets, open no session."""
    with step("S_Host -> UICC: INITIALIZE UPDATE with versions 32 and 01"):
        host.select()
        expect.refused(host.initialize(0x32), 0x6A88, 0x6985)
        expect.refused(host.initialize(0x01), 0x6A88, 0x6985)


@testcase("UICC.SecureChannel#17")
def test_session_belongs_to_its_channel(host, step):
    """A session on one channel is none on another, and ends with its own."""
    with step("Initial conditions: a session on another channel, the domain selected on both"):
        channel = opened(host.card)
        other = Scp03Host(host.card, SETS[0], channel=channel)
        other.open(0x01)
        host.select()
        host.session = other.session
    with step("S_Host -> UICC: the next command of the session, on channel 0"):
        refused(host.card.transmit(host.wrapped(STATUS)))
    with step("Expected: the other answers; closed and opened, it does not"):
        expect.that(holds=is_open(other), expected="a session that answers", actual="none")
        expect.success(close(host.card, channel), "MANAGE CHANNEL, close")
        opened(host.card)
        other.select()
        refused(host.card.transmit(other.wrapped(STATUS)))


@testcase("UICC.SecureChannel#18")
def test_long_keys(host, step):
    """With keys of 32 octets a session opens, and everything in it is protected."""
    host.keys = SETS[1]
    with step("S_Host -> UICC: session of level 33 with key set 31, GET DATA of the keys"):
        host.open(0x33)
        answer = host.send(KEYS_OF_THE_DOMAIN)
    with step("Expected: key information"):
        expect.success(answer, "GET DATA")
        expect.data_object(answer.data, 0xE0, "key information")


@testcase("UICC.SecureChannel#19")
def test_level_without_mac_for_ciphering(host, step):
    """A level that no table has is refused."""
    for level in (0x02, 0x10, 0x30):
        with step(f"S_Host -> UICC: EXTERNAL AUTHENTICATE, level {level:02X}"):
            host.select()
            host.greeted()
            expect.refused(host.card.transmit(host.external(level)))


@testcase.each(
    "protocols",
    {"UICC.SecureChannel#20": "81028000", "UICC.SecureChannel#21": "81028000 81020300"},
)
def test_domain_takes_what_it_was_installed_with(card, given, step, protocols):
    """A domain without SCP03 opens no session; one whose i has no R-MAC offers no such level."""
    made = make_profile(preset("PROFILE_OPERATIONAL1"))
    made = with_scp03(made, SETS[0], protocols=bytes.fromhex(protocols))
    given.profiles(made, enabled=made)
    host = Scp03Host(card, SETS[0])
    host.select()
    with step(f"S_Host -> UICC: INITIALIZE UPDATE to a domain installed with {protocols}"):
        if protocols == "81028000":
            expect.refused(host.initialize())
            return
        greeting = host.greeted()
        expect.equal(greeting.protocol.hex(), "0300", "identifier and parameter i")
    with step("S_Host -> UICC: EXTERNAL AUTHENTICATE, level 33"):
        expect.refused(card.transmit(host.external(0x33)))


@testcase("UICC.SecureChannel#22")
def test_key_of_another_use(card, given, step, note):
    """A key that is not for ciphering opens no session that could cipher."""
    made = make_profile(preset("PROFILE_OPERATIONAL1"))
    made = with_scp03(made, SETS[0], usage={1: 0x34, 2: 0x34, 3: 0xC8})
    given.profiles(made, enabled=made)
    host = Scp03Host(card, SETS[0])
    host.select()
    with step("S_Host -> UICC: INITIALIZE UPDATE with a Key-ENC whose usage is 34"):
        answer = host.initialize()
        note(f"the card answers SW {answer.sw:04X}")
        expect.refused(answer, 0x6A88, 0x6985)
