"""Icons are pictures of 64 x 64 pixels: read here part by part, as their formats define."""

import struct
import zlib

import pytest

from rspcore.profile_maker import jpg_icon, png_icon


def chunks(png):
    position = 8
    while position < len(png):
        (length,) = struct.unpack_from(">I", png, position)
        kind = png[position + 4 : position + 8]
        content = png[position + 8 : position + 8 + length]
        (checksum,) = struct.unpack_from(">I", png, position + 8 + length)
        assert checksum == zlib.crc32(kind + content)
        yield kind, content
        position += 12 + length


def test_png_is_64_by_64_with_complete_chunks():
    png = png_icon((1, 2, 3))
    parts = dict(chunks(png))

    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert list(parts) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    assert struct.unpack(">IIBBBBB", parts[b"IHDR"]) == (64, 64, 1, 3, 0, 0, 0)
    assert parts[b"PLTE"] == b"\x01\x02\x03\xff\xff\xff"
    picture = zlib.decompress(parts[b"IDAT"])
    assert len(picture) == 64 * 9
    assert set(picture[::9]) == {0}
    assert len(png) < 200


def segments(jpg):
    position = 2
    while True:
        marker, length = struct.unpack_from(">HH", jpg, position)
        yield marker, jpg[position + 4 : position + 2 + length]
        position += 2 + length
        if marker == 0xFFDA:
            yield 0, jpg[position:]
            return


def huffman(content):
    """Returns the codes of one table as strings of bits."""
    counts, symbols = content[1:17], content[17:]
    codes, code, taken = {}, 0, 0
    for length, count in enumerate(counts, start=1):
        for _ in range(count):
            codes[f"{code:0{length}b}"] = symbols[taken]
            code, taken = code + 1, taken + 1
        code <<= 1
    return codes


def take(bits, codes):
    for length in range(1, 17):
        if bits[:length] in codes:
            return codes[bits[:length]], bits[length:]
    raise AssertionError(bits[:16])


def shades(jpg):
    """Decodes a baseline JPEG of one component whose blocks have no detail."""
    parts = list(segments(jpg))
    tables = [content for marker, content in parts if marker == 0xFFC4]
    dc = next(huffman(table) for table in tables if table[0] == 0x00)
    ac = next(huffman(table) for table in tables if table[0] == 0x10)
    step = next(content for marker, content in parts if marker == 0xFFDB)[1]
    frame = next(content for marker, content in parts if marker == 0xFFC0)
    assert struct.unpack(">BHHBBBB", frame) == (8, 64, 64, 1, 1, 0x11, 0)
    data = parts[-1][1]
    assert data.endswith(b"\xff\xd9")
    bits = "".join(f"{octet:08b}" for octet in data[:-2].replace(b"\xff\x00", b"\xff"))
    level, found = 0, []
    for _ in range(64):
        size, bits = take(bits, dc)
        if size:
            number, bits = bits[:size], bits[size:]
            level += int(number, 2) if number[0] == "1" else int(number, 2) - (1 << size) + 1
        end, bits = take(bits, ac)
        assert end == 0
        found.append(level * step // 8 + 128)
    assert set(bits) <= {"1"}
    assert len(bits) < 8
    return found


@pytest.mark.parametrize("grey", [0, 16, 96, 112, 128, 144, 240, 255])
def test_jpg_is_64_by_64_in_one_shade(grey):
    jpg = jpg_icon(grey)

    assert jpg.startswith(b"\xff\xd8\xff\xe0")
    assert shades(jpg) == [grey & 0xF0] * 64
    assert len(jpg) < 200
