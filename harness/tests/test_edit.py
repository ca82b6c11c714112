import pytest

from rspcore.errors import LocalError
from rspharness import edit

# BF38 { 30 { 80 01, 81 02 }, 04 AA, 30 { 80 03 } }
REQUEST = bytes.fromhex("BF38 12 3006 800101 810102 0401AA 3003 800103 0400".replace(" ", ""))


def test_without_takes_one_object_out():
    assert edit.without(REQUEST, 0x30, 0x81) == bytes.fromhex(
        "BF380F30038001010401AA30038001030400"
    )


def test_index_tells_which_occurrence():
    assert edit.at(REQUEST, (0x30, 1)) == bytes.fromhex("3003800103")
    assert edit.without(REQUEST, (0x30, 1)) == bytes.fromhex("BF380D30068001018101020401AA0400")


def test_valued_keeps_the_tag_and_fits_the_lengths():
    changed = edit.valued(REQUEST, bytes(200), 0x04)
    assert edit.at(changed, 0x04) == b"\x04\x81\xc8" + bytes(200)
    assert changed[:4] == bytes.fromhex("BF3881DA")


def test_retagged_and_replaced_and_appended():
    assert edit.at(edit.retagged(REQUEST, 0x85, 0x30, 0x80), 0x30, 0x85) == b"\x85\x01\x01"
    assert edit.at(edit.replaced(REQUEST, b"\x05\x00", 0x04), 0x05) == b"\x05\x00"
    assert edit.at(edit.appended(REQUEST, b"\x9f\x01\x00", 0x30), 0x30).endswith(b"\x9f\x01\x00")


def test_flipped_turns_the_bit_asked_for():
    assert edit.at(edit.flipped(REQUEST, 0x04), 0x04) == b"\x04\x01\xab"
    assert edit.at(edit.flipped(REQUEST, 0x04, bit=7), 0x04) == b"\x04\x01\x2a"
    with pytest.raises(LocalError, match="outside"):
        edit.flipped(REQUEST, 0x04, bit=8)


def test_absent_object_is_named():
    with pytest.raises(LocalError, match="BF38 has 0 data objects 5F37"):
        edit.without(REQUEST, 0x5F37)
