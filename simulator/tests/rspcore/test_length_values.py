"""Rows of values behind their lengths."""

import pytest

from rspcore import length_values


@pytest.mark.parametrize("values", [(), (b"",), (b"\x01\x02", b"", b"\xff" * 255)])
def test_a_row_is_read_as_it_was_made(values):
    assert length_values.read(length_values.encode(*values)) == values


def test_the_octets_of_a_row():
    assert length_values.encode(b"\xaa\xbb", b"\xcc") == bytes.fromhex("02AABB01CC")


@pytest.mark.parametrize("data", ["02AA", "01AA01", "FF"])
def test_a_row_that_is_cut_short_is_none(data):
    assert length_values.read(bytes.fromhex(data)) is None


def test_a_value_of_more_than_255_octets_has_no_length():
    with pytest.raises(ValueError, match="range"):
        length_values.encode(bytes(256))
