"""SCP03 with the MNO-SD of a published profile, the host made of the vocabulary."""

import pytest

from rspcore.apdu import CommandApdu, ResponseApdu
from rspcore.ota.scp03 import Scp03Keys, Scp03Session, key_check_value, wrap_key

KEYS = Scp03Keys(
    2,
    bytes.fromhex("66778899AABBCCDD1122334455EEFF10"),
    bytes.fromhex("112233445566778899AABBCCDDEEFF10"),
    bytes.fromhex("99AABBCCDDEEFF101122334455667788"),
)
SELECT = "00A4040008A00000015100000000"
HOST = "0102030405060708"


def opened(terminal, level: int) -> Scp03Session:
    assert terminal.sw(SELECT) == "9000"
    answer = terminal("8050020008" + HOST + "00")
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
    card("8050020008" + HOST + "00")
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
    data = b"\x30" + b"".join(
        b"\x88\x11\x10" + wrap_key(KEYS.dek, key) + b"\x03" + key_check_value(key) for key in new
    )
    command, _ = session.wrap(CommandApdu(0x80, 0xD8, 0x00, 0x81, data, 256))
    answer = card(command.encode().hex())
    assert answer == ResponseApdu(b"\x30" + b"".join(key_check_value(key) for key in new), 0x9000)
    card(SELECT)
    greeting = card("8050300008" + HOST + "00")
    again = Scp03Session.open(Scp03Keys(0x30, *new), bytes.fromhex(HOST), greeting.data[13:21])
    assert again.card_cryptogram == greeting.data[21:29]


def test_sequence_counter_never_repeats_over_a_reset(terminal):
    card = terminal("TS48v1_A.der")
    first = (card(SELECT), card("8050020008" + HOST + "00"))[1].data[-3:]
    card.card.reset()
    second = (card(SELECT), card("8050020008" + HOST + "00"))[1].data[-3:]
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
    data = b"\x30" + b"".join(
        b"\x88\x11\x10" + wrap_key(KEYS.dek, bytes((n,)) * 16) + b"\0" for n in (1, 2, 3)
    )
    answer, session = managed(card, session, f"80D80081{len(data):02X}{data.hex()}00")
    assert answer.sw == 0x9000
    answer, session = managed(card, session, "80E4000003 D20131 00")
    assert answer.sw == 0x6A88
    answer, session = managed(card, session, "80E4000003 D20102 00")
    assert answer.sw == 0x6985, "it secures the session"
    answer, session = managed(card, session, "80E4000006 D00101 D20130 00")
    assert answer == ResponseApdu(b"\0", 0x9000)
    answer, session = managed(card, session, "80E4000003 D20130 00")
    assert answer == ResponseApdu(b"\0", 0x9000)
    answer, session = managed(card, session, "80E4000003 D20130 00")
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
