"""An ICCID is read from metadata, however they are cut."""

import pytest

from rspharness.card.metadata_segments import MetadataSegments

METADATA = bytes.fromhex("BF25 0F 5A0A 98920901214365870 9F5 9101 41".replace(" ", ""))
MAC = bytes.fromhex("BF25 5A0A 0102 0304".replace(" ", ""))


def _tlv(tag, value):
    length = len(value)
    head = bytes((length,)) if length < 0x80 else b"\x81" + bytes((length,))
    return bytes((tag,)) + head + value


def _pieces(size):
    return [METADATA[n : n + size] + MAC for n in range(0, len(METADATA), size)]


def _read(commands, block):
    """Returns all that is read of commands whose data go in blocks of some size."""
    segments = MetadataSegments()
    return [
        segments.read(command[n : n + block], first=n == 0)
        for command in commands
        for n in range(0, len(command), block)
    ]


@pytest.mark.parametrize("block", [1, 2, 7, 120, 255])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 13, 200])
def test_metadata_are_whole_whatever_the_cut(size, block):
    commands = [_tlv(0x88, one) for one in _pieces(size)]
    alone = [_tlv(0xA1, b"".join(commands))[:2], *commands]
    together = [_tlv(0xA1, b"".join(commands))]
    for sent in (alone, together) if len(together[0]) < 255 else (alone,):
        assert any(METADATA[3:15] in one for one in _read(sent, block))


def test_octets_of_macs_are_no_metadata():
    commands = [b"\xa1\x7f", *(_tlv(0x88, one) for one in _pieces(2))]
    assert not any(MAC in one for one in _read(commands, 255))


def test_metadata_of_another_package_begin_anew():
    first = [b"\xa1\x7f", _tlv(0x88, METADATA[:8] + MAC)]
    second = [b"\xa1\x7f", _tlv(0x88, METADATA[8:] + MAC)]
    assert not any(METADATA[3:15] in one for one in _read([*first, *second], 255))


@pytest.mark.parametrize("octets", ["", "88", "8881", "A1", "A182", "BF2D00", "8885FFFFFFFFFF00"])
def test_octets_that_are_no_segment_are_nothing(octets):
    assert _read([bytes.fromhex(octets)], 255) in ([], [b""])
