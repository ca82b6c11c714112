"""Profile icons of 64 x 64 pixels, generated in code: small, valid, with known octets.

Source: SGP.22 v2, 4.4 (size of an icon), ISO/IEC 15948 (PNG), ITU-T T.81 (JPEG).
"""

import struct
import zlib
from typing import Final

__all__ = ["ICON_PIXELS", "jpg_icon", "png_icon"]

ICON_PIXELS: Final = 64
"""Width and height of a Profile icon."""

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png_icon(colour: tuple[int, int, int] = (0x1F, 0x6F, 0x8B)) -> bytes:
    """Returns a PNG of 64 x 64 pixels in one colour with a white bar, under 200 octets.

    Args:
        colour: Red, green and blue, 0 to 255 each.
    """
    header = struct.pack(">IIBBBBB", ICON_PIXELS, ICON_PIXELS, 1, 3, 0, 0, 0)
    palette = bytes(colour) + b"\xff\xff\xff"
    row = ICON_PIXELS // 8
    plain = b"\x00" + bytes(row)
    barred = b"\x00" + b"\x00" * 2 + b"\xff" * (row - 4) + b"\x00" * 2
    picture = plain * 24 + barred * 16 + plain * 24
    return (
        _PNG_SIGNATURE
        + _chunk(b"IHDR", header)
        + _chunk(b"PLTE", palette)
        + _chunk(b"IDAT", zlib.compress(picture, 9))
        + _chunk(b"IEND", b"")
    )


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def jpg_icon(grey: int = 0x80) -> bytes:
    """Returns a baseline JPEG of 64 x 64 pixels in one shade of grey, under 200 octets.

    Every block is coded as "no difference, end of block" with tables of two codes, so the picture
    is the shade of the first block alone.

    Args:
        grey: Shade, 0 (black) to 255 (white); rounded down to a multiple of 16.
    """
    quantisation = b"\x00" + b"\x10" * 64  # DC step 16 of 8x8 samples: 2 shades of grey
    frame = struct.pack(">BHHBBBB", 8, ICON_PIXELS, ICON_PIXELS, 1, 1, 0x11, 0)
    difference = ((grey & 0xF0) - 128) // 2
    size = abs(difference).bit_length()
    symbols = bytes((0, size)) if size else b"\x00"
    dc_table = b"\x00" + bytes((0, len(symbols))) + bytes(14) + symbols
    ac_table = b"\x10" + bytes((1,)) + bytes(15) + b"\x00"
    first = difference if difference >= 0 else difference + (1 << size) - 1
    bits = f"01{first:0{size}b}0" if size else "000"
    bits += "000" * (ICON_PIXELS * ICON_PIXELS // 64 - 1)
    bits += "1" * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")
    return (
        b"\xff\xd8"
        + _segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
        + _segment(0xDB, quantisation)
        + _segment(0xC0, frame)
        + _segment(0xC4, dc_table)
        + _segment(0xC4, ac_table)
        + _segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")
        + data
        + b"\xff\xd9"
    )
