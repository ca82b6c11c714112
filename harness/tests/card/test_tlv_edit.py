import pytest

from rspcore.errors import LocalError
from rspharness.card import tlv_edit

# BF38 { 30 { 80 01, 81 02 }, 04 AA, 30 { 80 03 } }
REQUEST = bytes.fromhex("BF38 12 3006 800101 810102 0401AA 3003 800103 0400".replace(" ", ""))


def test_without_removes_one_object():
    assert tlv_edit.without(REQUEST, 0x30, 0x81) == bytes.fromhex(
        "BF380F30038001010401AA30038001030400"
    )


def test_index_selects_the_occurrence():
    assert tlv_edit.at(REQUEST, (0x30, 1)) == bytes.fromhex("3003800103")
    assert tlv_edit.without(REQUEST, (0x30, 1)) == bytes.fromhex("BF380D30068001018101020401AA0400")


def test_valued_keeps_the_tag_and_adjusts_the_lengths():
    changed = tlv_edit.with_value(REQUEST, bytes(200), 0x04)
    assert tlv_edit.at(changed, 0x04) == b"\x04\x81\xc8" + bytes(200)
    assert changed[:4] == bytes.fromhex("BF3881DA")


def test_objects_are_retagged_replaced_and_appended():
    assert tlv_edit.at(tlv_edit.retagged(REQUEST, 0x85, 0x30, 0x80), 0x30, 0x85) == b"\x85\x01\x01"
    assert tlv_edit.at(tlv_edit.replaced(REQUEST, b"\x05\x00", 0x04), 0x05) == b"\x05\x00"
    assert tlv_edit.at(tlv_edit.appended(REQUEST, b"\x9f\x01\x00", 0x30), 0x30).endswith(
        b"\x9f\x01\x00"
    )


def test_flipped_inverts_the_bit_asked_for():
    assert tlv_edit.at(tlv_edit.flipped(REQUEST, 0x04), 0x04) == b"\x04\x01\xab"
    assert tlv_edit.at(tlv_edit.flipped(REQUEST, 0x04, bit=7), 0x04) == b"\x04\x01\x2a"
    with pytest.raises(LocalError, match="outside"):
        tlv_edit.flipped(REQUEST, 0x04, bit=8)


def test_absent_object_is_named():
    with pytest.raises(LocalError, match="BF38 has 0 data objects 5F37"):
        tlv_edit.without(REQUEST, 0x5F37)
