"""SCP03 against the cross-checked session of the reference."""

import pytest

from rspcore.apdu import CommandApdu, ResponseApdu
from rspcore.errors import CryptoError
from rspcore.ota.scp03 import (
    Scp03Keys,
    Scp03Session,
    card_challenge,
    key_check_value,
    unwrap_key,
    wrap_key,
)

KEYS = Scp03Keys(0x30, bytes(range(0x10)), bytes(range(0x10, 0x20)), bytes(range(0x20, 0x30)))
AID = bytes.fromhex("A000000151000000")
HOST = bytes.fromhex("0102030405060708")
CARD = bytes.fromhex("86B2C20C3EFCF6DC")


def octets(text: str) -> bytes:
    return bytes.fromhex(text)


def opened(level: int) -> tuple[CommandApdu, Scp03Session]:
    return Scp03Session.open(KEYS, HOST, CARD).authenticate(level)


def test_challenge_cryptograms_and_keys_are_the_published_ones():
    assert card_challenge(KEYS, 0x2A, AID) == CARD
    session = Scp03Session.open(KEYS, HOST, CARD)
    assert session.card_cryptogram.hex().upper() == "D5C39BA0BD535B2F"
    assert session.host_cryptogram.hex().upper() == "08F7933704B630BA"
    assert session.s_enc.hex().upper() == "FE8CBF774EB116EF43EE4AB3D79E5B94"
    assert session.s_mac.hex().upper() == "3A0A086DA111C71C87BB45CAFF71FACA"
    assert session.s_rmac.hex().upper() == "CECF59A11259B05CA704761D2F38C5D0"


def test_level_01_commands_are_the_published_ones():
    authenticate, session = opened(0x01)
    assert authenticate.encode().hex().upper() == "848201001008F7933704B630BA6C01B1F1586B528A"
    assert session.chaining.hex().upper() == "6C01B1F1586B528AACBA6226C6E8A859"
    status, session = session.wrap(CommandApdu(0x80, 0xF2, 0x80, 0x02, octets("4F00"), 256))
    assert status.encode().hex().upper() == "84F280020A4F00AF3D8B0C0530B5F600"
    assert session.chaining.hex().upper() == "AF3D8B0C0530B5F696CA12428C5287C4"


def test_level_03_put_key_is_the_published_one():
    authenticate, session = opened(0x03)
    assert authenticate.encode().hex().upper() == "848203001008F7933704B630BA151E7E7857D0F96B"
    wrapped = [
        octets("66778899AABBCCDD1122334455EEFF10"),
        octets("112233445566778899AABBCCDDEEFF10"),
        octets("99AABBCCDDEEFF101122334455667788"),
    ]
    data = b"\x01" + b"".join(
        b"\x88\x11\x10" + wrap_key(KEYS.dek, key) + b"\x03" + key_check_value(key)
        for key in wrapped
    )
    clear = CommandApdu(0x80, 0xD8, 0x00, 0x81, data, 256)
    assert clear.encode().hex().upper() == (
        "80D800814601881110E88DD5BE02A84FBEE8E39FEDB4CF2B3103651189881110BADEC06EED6B26C153CC4E76B6"
        "1AE7530340F16D88111067719FD5D1F844CCF1D69009BD92C39403061ABB00"
    )
    sent, _ = session.wrap(clear)
    assert sent.encode().hex().upper() == (
        "84D8008158684A958DEB18073969F09CB8B245AFE0E2A0ED8E87BC78D89BD0E8CDD4016E72ECDC3A7A8B5B6385"
        "A76299ED9450C0F5E6F3A18B7A1C0047D58803B1C4ECA8191D1F36AE2CE718C26F3B07EB35DE69A504F384349B"
        "B82CFF00"
    )
    assert unwrap_key(KEYS.dek, wrap_key(KEYS.dek, wrapped[0])) == wrapped[0]


def test_level_33_exchange_is_the_published_one_from_both_sides():
    authenticate, host = opened(0x33)
    assert authenticate.encode().hex().upper() == "848233001008F7933704B630BA5583E8C562867F98"
    card = Scp03Session.open(KEYS, HOST, CARD).accept(authenticate)
    first = CommandApdu(0x80, 0xCA, 0x00, 0xE0, le=256)
    sent, host = host.wrap(first)
    assert sent.encode().hex().upper() == "84CA00E0086F7819D4BD3F802900"
    read, card = card.unwrap(sent)
    assert read == first
    second = CommandApdu(0x80, 0xF2, 0x40, 0x02, octets("4F00"), 256)
    sent, host = host.wrap(second)
    assert sent.encode().hex().upper() == (
        "84F2400218B44951FBDDD0C9A0DDE9887E52F72FD4D8023C06EA53277D00"
    )
    read, card = card.unwrap(sent)
    assert read == second
    answer = ResponseApdu(octets("E3134F08A0000001510000009F70010FC50382DC00"), 0x9000)
    protected = card.wrap_response(answer)
    assert protected.data.hex().upper() == (
        "582E2528F7CC4706C7E54642188FDBFB1B97F441EADE28EBC366027F19889E2FD4D5DC5D4F95E6C3"
    )
    assert host.wrap_response(answer) == protected
    assert card.wrap_response(ResponseApdu(b"", 0x9000)).data.hex().upper() == "ED3C0C57A8D4FCE7"
    assert card.wrap_response(ResponseApdu(b"", 0x6A88)).data == b""


def test_changed_command_is_refused():
    authenticate, host = opened(0x03)
    card = Scp03Session.open(KEYS, HOST, CARD).accept(authenticate)
    sent, _ = host.wrap(CommandApdu(0x80, 0xF2, 0x40, 0x02, octets("4F00"), 256))
    changed = CommandApdu(sent.cla, sent.ins, sent.p1, sent.p2 ^ 1, sent.data, sent.le)
    with pytest.raises(CryptoError, match="C-MAC"):
        card.unwrap(changed)


def test_wrong_host_cryptogram_is_refused():
    authenticate, _ = opened(0x01)
    changed = CommandApdu(0x84, 0x82, 1, 0, bytes(8) + authenticate.data[8:])
    with pytest.raises(CryptoError, match="host cryptogram"):
        Scp03Session.open(KEYS, HOST, CARD).accept(changed)
