"""Comparison by meaning: without signatures, and without what moves by itself."""

import pytest

from rspcore import tlv
from rspcore.apdu import ResponseApdu
from rspharness.card.signed_content import content, same_content
from rspharness.card.steady_answers import steady, steady_response
from rspharness.record.verdicts import ExpectationError

DATA = bytes.fromhex("BF27038001FF")


def result(data, signature):
    """Returns a BF37 of data and a signature."""
    return tlv.encode(0xBF37, data, tlv.encode(0x5F37, signature))


def test_content_is_all_but_the_signature():
    first, again = result(DATA, bytes(64)), result(DATA, bytes(63) + b"\1")
    assert content(first) == content(again) == tlv.encode(0xBF37, DATA)
    same_content([first], [again], "results")


def test_other_data_are_other_content():
    first, other = result(DATA, bytes(64)), result(bytes.fromhex("BF27038001FE"), bytes(64))
    assert content(first) != content(other)
    with pytest.raises(ExpectationError):
        same_content([first], [other], "results")
    with pytest.raises(ExpectationError):
        same_content([first, other], [other, first], "results")


def test_octets_that_cannot_be_read_stay_as_they_are():
    assert content(b"\xbf\x37\x05\x01") == b"\xbf\x37\x05\x01"


def info2(volatile, *, free="8203010000", more=""):
    """Returns an EUICCInfo2 of extCardResource and a firmware version."""
    resource = bytes.fromhex(f"810101{free}{volatile}")
    return tlv.encode(0xBF22, tlv.encode(0x84, resource), bytes.fromhex("8303010203" + more))


def test_free_volatile_memory_is_left_out_at_any_length():
    assert steady(info2("83021234")) == steady(info2("830400001222"))
    assert steady(info2("83021234")) != steady(info2("83021234", free="8203010001"))
    assert steady(info2("83021234")) != steady(info2("83021234", more="0C0141"))


def test_extcardresource_alone_is_read_too():
    one, two = bytes.fromhex("84078101018302AAAA"), bytes.fromhex("84078101018302BBBB")
    assert steady(one) == steady(two)


def test_other_octets_are_compared_whole():
    octets = bytes.fromhex("BF2D02A000")
    assert steady(octets) == octets
    assert steady(b"") == b""
    assert steady_response(ResponseApdu(octets, 0x9000)) == ResponseApdu(octets, 0x9000)
