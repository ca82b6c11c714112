"""SCP03 with the MNO-SD of a published profile, the host made of the vocabulary."""

from dataclasses import replace

import pytest

from rspcore.apdu import CommandApdu, ResponseApdu
from rspcore.ota.scp03 import Scp03Keys, Scp03Session, key_check_value, wrap_key
from rspsim.euicc.profile_content.model import KeyObject

KEYS = Scp03Keys(
    0x30,
    bytes.fromhex("66778899AABBCCDD1122334455EEFF10"),
    bytes.fromhex("112233445566778899AABBCCDDEEFF10"),
    bytes.fromhex("99AABBCCDDEEFF101122334455667788"),
)
LEVEL_OF_OPTIONS = {0x00: (0x00, 0x01, 0x03), 0x20: (0x11, 0x13), 0x60: (0x33,)}
SELECT = "00A4040008A00000015100000000"
HOST = "0102030405060708"


def with_scp03(content, parameters="810280008102 0370", usages=("38", "34", "C8"), version=0x30):
    """Returns a content whose first domain has an SCP03 key set and was installed so."""
    domain = content.security_domains[0]
    keys = tuple(
        KeyObject(
            version=version, identifier=number, usage=bytes.fromhex(usage), key_type=0x88, value=key
        )
        for number, (key, usage) in enumerate(
            zip((KEYS.enc, KEYS.mac, KEYS.dek), usages, strict=True), 1
        )
    )
    changed = replace(domain, keys=(*domain.keys, *keys), parameters=bytes.fromhex(parameters))
    return replace(content, security_domains=(changed, *content.security_domains[1:]))


@pytest.fixture
def terminal(kit):
    """Makes terminals on cards with a published profile, its domain installed as asked."""
    return lambda name, **asked: kit.changed(name, lambda content: with_scp03(content, **asked))


def opened(terminal, level: int) -> Scp03Session:
    assert terminal.sw(SELECT) == "9000"
    answer = terminal("8050300008" + HOST + "00")
    challenge, cryptogram = answer.data[13:21], answer.data[21:29]
    session = Scp03Session.open(KEYS, bytes.fromhex(HOST), challenge)
    assert session.card_cryptogram == cryptogram
    command, session = session.authenticate(level)
    assert terminal.sw(command.encode().hex()) == "9000"
    return session


@pytest.mark.parametrize("level", [0x01, 0x03, 0x11, 0x33])
def test_get_status_runs_at_every_level(terminal, level):
    card = terminal("TS48v1_A.der")
    get_status = CommandApdu(0x80, 0xF2, 0x80, 0x02, bytes.fromhex("4F00"), 256)
    command, _ = opened(card, 0x01).wrap(get_status)
    clear = card(command.encode().hex())
    assert clear.sw == 0x9000
    assert clear.data.hex().upper().startswith("E3")
    assert "A000000151000000" in clear.data.hex().upper()
    command, session = opened(card, level).wrap(get_status)
    assert card(command.encode().hex()) == session.wrap_response(clear)


def test_management_without_a_session_is_refused(terminal):
    card = terminal("TS48v1_A.der")
    assert card.sw(SELECT) == "9000"
    assert card.sw("80F28002024F0000") == "6982"


def test_wrong_host_cryptogram_ends_the_session(terminal):
    card = terminal("TS48v1_A.der")
    assert card.sw(SELECT) == "9000"
    card("8050300008" + HOST + "00")
    assert card.sw("8482010010" + "00" * 16) == "6300"
    assert card.sw("8482010010" + "00" * 16) in ("6985", "6882")


def test_wrong_c_mac_ends_the_session(terminal):
    card = terminal("TS48v1_A.der")
    session = opened(card, 0x01)
    command, _ = session.wrap(CommandApdu(0x80, 0xF2, 0x80, 0x02, bytes.fromhex("4F00"), 256))
    damaged = CommandApdu(
        command.cla, command.ins, command.p1, command.p2, command.data[:-1] + b"\x00", 256
    )
    assert card.sw(damaged.encode().hex()) == "6982"
    assert card.sw(command.encode().hex()) == "6882"


def test_put_key_adds_a_set_that_opens_a_session(terminal):
    card = terminal("TS48v1_A.der")
    session = opened(card, 0x03)
    new = [bytes((n,)) * 16 for n in (1, 2, 3)]
    data = b"\x31" + b"".join(
        b"\x88\x11\x10" + wrap_key(KEYS.dek, key) + b"\x03" + key_check_value(key) for key in new
    )
    command, _ = session.wrap(CommandApdu(0x80, 0xD8, 0x00, 0x81, data, 256))
    answer = card(command.encode().hex())
    assert answer == ResponseApdu(b"\x31" + b"".join(key_check_value(key) for key in new), 0x9000)
    card(SELECT)
    greeting = card("8050310008" + HOST + "00")
    again = Scp03Session.open(Scp03Keys(0x31, *new), bytes.fromhex(HOST), greeting.data[13:21])
    assert again.card_cryptogram == greeting.data[21:29]


def test_sequence_counter_never_repeats_over_a_reset(terminal):
    card = terminal("TS48v1_A.der")
    first = (card(SELECT), card("8050300008" + HOST + "00"))[1].data[-3:]
    card.card.reset()
    second = (card(SELECT), card("8050300008" + HOST + "00"))[1].data[-3:]
    assert int.from_bytes(second, "big") == int.from_bytes(first, "big") + 1


def managed(card, session, text):
    """Sends one management command in a session; returns its answer and the session after it."""
    command, session = session.wrap(CommandApdu.parse(bytes.fromhex(text)))
    return card(command.encode().hex()), session


def test_select_without_a_name_finds_the_first_domain(terminal):
    card = terminal("TS48v1_A.der")
    assert card("00A4040000").data == card(SELECT).data
    card("00A40004023F00")
    assert card.sw("80CA004200") == "6D00"


def test_data_of_the_issuer(terminal):
    card = terminal("TS48v1_A.der")
    card("00A4040000")
    number = card("80CA004500").data
    assert number.hex().startswith("450a89")
    assert card("80CA004200").data == b"\x42\x03" + number[2:5]
    assert b"\x61\x0a\x4f\x08\xa0\x00\x00\x01\x51\x00\x00\x00" in card("80CA2F00025C0000").data


def test_key_set_is_added_and_removed(terminal):
    card = terminal("TS48v1_A.der")
    session = opened(card, 0x03)
    data = b"\x31" + b"".join(
        b"\x88\x11\x10" + wrap_key(KEYS.dek, bytes((n,)) * 16) + b"\0" for n in (1, 2, 3)
    )
    answer, session = managed(card, session, f"80D80081{len(data):02X}{data.hex()}00")
    assert answer.sw == 0x9000
    answer, session = managed(card, session, "80E4000003 D20132 00")
    assert answer.sw == 0x6A88
    answer, session = managed(card, session, "80E4000003 D20130 00")
    assert answer.sw == 0x6985, "it secures the session"
    answer, session = managed(card, session, "80E4000006 D00101 D20131 00")
    assert answer == ResponseApdu(b"\0", 0x9000)
    answer, session = managed(card, session, "80E4000003 D20131 00")
    assert answer == ResponseApdu(b"\0", 0x9000)
    answer, session = managed(card, session, "80E4000003 D20131 00")
    assert answer.sw == 0x6A88


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("80E4000003 4F0108 00", 0x6A88),
        ("80E400000A 4F08A000000151000000 00", 0x6985),
        ("80E4000003 5F0108 00", 0x6A80),
        ("80E4000003 4F0508 00", 0x6A80),
        ("80E4010003 4F0108 00", 0x6A86),
        ("80E400000B 4F09A00000055910100001 00", 0x9000),
    ],
)
def test_application_is_removed(terminal, command, word):
    card = terminal("TS48v1_A.der")
    answer, session = managed(card, opened(card, 0x01), command)
    assert answer.sw == word
    if word == 0x9000:
        assert managed(card, session, command)[0].sw == 0x6A88


@pytest.mark.parametrize(
    "asked",
    [
        {"parameters": "81028000"},  # installed with SCP80 alone
        {"version": 0x20},  # a key set of SCP02
        {"version": 0x05},  # a key set of SCP80
        {"usages": ("34", "34", "C8")},  # no key that ciphers
        {"usages": ("38", "38", "C8")},  # no key for a checksum
        {"usages": ("38", "34", "34")},  # no key for keys
    ],
)
def test_keys_of_another_use_open_no_session(terminal, asked):
    card = terminal("TS48v1_A.der", **asked)
    version = asked.get("version", 0x30)
    assert card.sw(SELECT) == "9000"
    assert card.sw(f"8050{version:02X}0008{HOST}00") == "6A88"
    assert card.sw(f"8050000008{HOST}00") == "6A88"


def test_keys_of_a_published_profile_are_for_packets_alone(kit):
    card = kit.changed("TS48v1_A.der", lambda content: content)
    assert card.sw(SELECT) == "9000"
    for version in (0, 1, 2):
        assert card.sw(f"8050{version:02X}0008{HOST}00") == "6A88"


@pytest.mark.parametrize("options", [0x00, 0x10, 0x20, 0x30, 0x60, 0x70])
def test_levels_are_those_of_parameter_i(terminal, options):
    for needed, levels in LEVEL_OF_OPTIONS.items():
        for level in levels:
            card = terminal("TS48v1_A.der", parameters=f"810203{options:02X}")
            assert card.sw(SELECT) == "9000"
            answer = card("8050300008" + HOST + "00").data
            assert answer[11:13] == bytes((0x03, options))
            assert len(answer) == (32 if options & 0x10 else 29)
            session = Scp03Session.open(KEYS, bytes.fromhex(HOST), answer[13:21])
            command, _ = session.authenticate(level)
            allowed = options & needed == needed
            assert card.sw(command.encode().hex()) == ("9000" if allowed else "6A86")
