"""Secrets are found in every encoding; those that could stand anywhere by chance are left out."""

from base64 import b64encode

import pytest

from rspharness.card.known_secrets import KnownSecrets, is_telling

KI = bytes.fromhex("4C1A6E70D3B85F2994A7C20E8B5D613F")


def swapped(octets):
    """Returns octets with the halves of each exchanged."""
    return bytes.fromhex("".join(one[1] + one[0] for one in map("{:02x}".format, octets)))


@pytest.mark.parametrize(
    ("answered", "words"),
    [
        (KI, "Ki raw"),
        (swapped(KI), "Ki with exchanged digits"),
        (KI[::-1], "Ki reversed"),
        (KI.hex().encode(), "Ki in hexadecimal digits"),
        (KI.hex().upper().encode(), "Ki in hexadecimal digits"),
        (b64encode(KI), "Ki in base64"),
        (b64encode(b"a" + KI), "Ki in base64"),
        (b64encode(b"ab" + KI + b"c"), "Ki in base64"),
    ],
)
def test_secret_is_found_between_other_octets(answered, words):
    known = KnownSecrets()
    known.add("Ki", KI)
    assert known.within(b"\xbf\x2d\x05" + answered + b"\x90") == (words,)
    assert known.within(answered[:-6] + b"------") == ()


def test_each_leak_is_named_once():
    known = KnownSecrets()
    known.add("Ki", KI)
    known.add("Ki", KI)
    known.add("OPc", bytes.fromhex("E19D3A5C70B264F8132EC5897DA04B6E"))
    assert known.within(KI + KI + KI.hex().encode()) == ("Ki raw", "Ki in hexadecimal digits")
    assert known.within(b"") == ()


@pytest.mark.parametrize(
    "weak", [b"", b"1234", bytes(16), b"\x11" * 16, bytes(range(16)), b"\x01\x02" * 8]
)
def test_short_and_regular_ones_are_left_out_and_named(weak):
    known = KnownSecrets()
    known.add("KIc", weak)
    assert known.left_out == {"KIc"}
    assert known.within(weak * 3) == ()
    assert not is_telling(weak)
