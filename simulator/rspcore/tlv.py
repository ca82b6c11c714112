r"""BER-TLV data objects over memoryview: read without copying, write minimal definite lengths.

A `Tlv` keeps its raw octets as received, because signatures are verified over received octets and
never over a re-encoding. Reading accepts definite lengths in any form up to four length octets
(ISO/IEC 7816-4, 5.2.2); the indefinite form is refused. Writing emits the shortest form (DER).
The module contains no tag numbers: those are in `rspcore.tags`.

>>> one = parse(bytes.fromhex("BF2E1280100102030405060708090A0B0C0D0E0F10"))
>>> f"{one.tag:X}", [f"{child.tag:X}" for child in one.children()]
('BF2E', ['80'])
>>> encode(0x5F37, b"\x01\x02").hex()
'5f37020102'
"""

from collections.abc import Iterator

from rspcore.errors import DecodeError
from rspcore.frozen import dataclass, maker

__all__ = [
    "Tlv",
    "encode",
    "encode_length",
    "encode_tag",
    "is_constructed",
    "iterate",
    "parse",
    "parse_all",
    "parse_prefix",
    "read_header",
    "tags_of",
]

Octets = bytes | bytearray | memoryview

_MAX_TAG_OCTETS = 4
_MAX_LENGTH_OCTETS = 4


@dataclass(frozen=True, slots=True)
class Tlv:
    """One data object: tag, value and the octets it was read from.

    Attributes:
        tag: Tag as the number its octets spell, for example 0xBF38 or 0x80.
        value: Value field, a view into the input.
        raw: The whole data object, header included, a view into the input.
        offset: Position of the first tag octet in the input given to the reader, in octets.
    """

    tag: int
    value: memoryview
    raw: memoryview
    offset: int = 0

    @property
    def constructed(self) -> bool:
        """Returns whether bit 6 of the first tag octet says constructed."""
        return is_constructed(self.tag)

    def children(self) -> tuple["Tlv", ...]:
        """Returns the data objects inside the value, in order.

        Raises:
            DecodeError: the value is not a whole number of data objects.
        """
        value = self.value
        found, offset, end = [], 0, len(value)
        base = self.offset + len(self.raw) - end
        while offset < end:
            tag = value[offset] if offset + 1 < end else 0x1F
            length = value[offset + 1] if tag & 0x1F != 0x1F else 0xFF
            start = offset + 2
            stop = start + length
            if length >= 0x80 or stop > end:
                one = parse_prefix(value, offset, base=base)
                offset += len(one.raw)
            else:  # one octet of tag and one of length, as most objects have
                one = _made(tag, value[start:stop], value[offset:stop], base + offset)
                offset = stop
            found.append(one)
        return tuple(found)

    def find(self, tag: int) -> "Tlv | None":
        """Returns the first child with this tag, or None.

        Raises:
            DecodeError: the value up to that child is not a sequence of data objects.
        """
        for child in iterate(self.value, base=self.offset + len(self.raw) - len(self.value)):
            if child.tag == tag:
                return child
        return None

    def __repr__(self) -> str:
        """Shows tag, length and at most the first 16 octets of the value."""
        shown = bytes(self.value[:16]).hex(" ").upper()
        more = " .." if len(self.value) > 16 else ""
        return f"Tlv({self.tag:02X}, {len(self.value)} octets: {shown}{more})"


_made = maker(Tlv)


def is_constructed(tag: int) -> bool:
    """Returns whether a tag number names a constructed data object (bit 6 of its first octet)."""
    while tag > 0xFF:
        tag >>= 8
    return bool(tag & 0x20)


def read_header(data: Octets, offset: int = 0, *, base: int = 0) -> tuple[int, int, int]:
    """Reads tag and length at an offset, without requiring the value to be present.

    Returns:
        Tag, number of header octets (tag and length fields), number of value octets announced.

    Raises:
        DecodeError: the header is cut short, the tag is longer than 4 octets, or the length is in
            the indefinite form or longer than 4 octets.
    """
    if offset + 2 < len(data):  # one or two octets of tag and one of length, as most objects have
        tag, length = data[offset], data[offset + 1]
        if tag & 0x1F != 0x1F:
            if length < 0x80:
                return tag, 2, length
        elif length < 0x80 and data[offset + 2] < 0x80:
            return tag << 8 | length, 3, data[offset + 2]
    tag, position = _read_tag(data, offset, base + offset)
    if position + 3 <= len(data):
        first = data[position]
        if first < 0x80:
            return tag, position + 1 - offset, first
        if first == 0x81:
            return tag, position + 2 - offset, data[position + 1]
        if first == 0x82:
            length = data[position + 1] << 8 | data[position + 2]
            return tag, position + 3 - offset, length
    length, position = _read_length(data, position, base + offset, tag)
    return tag, position - offset, length


def _read_tag(data: Octets, offset: int, where: int) -> tuple[int, int]:
    """Reads a tag; returns it and the position after it. `where` is for messages."""
    end = len(data)
    if offset >= end:
        raise DecodeError(
            f"data object expected at offset {where}, but the input ends there", offset=where
        )
    tag, position = data[offset], offset + 1
    more = tag & 0x1F == 0x1F
    while more:
        if position >= end:
            raise DecodeError(
                f"tag {tag:02X} at offset {where} is cut short", offset=where, tag=tag
            )
        octet = data[position]
        position += 1
        tag = tag << 8 | octet
        more = bool(octet & 0x80)
        if more and position - offset >= _MAX_TAG_OCTETS:
            raise DecodeError(
                f"tag at offset {where} is longer than {_MAX_TAG_OCTETS} octets",
                offset=where,
                tag=tag,
            )
    return tag, position


def _read_length(data: Octets, position: int, where: int, tag: int) -> tuple[int, int]:
    """Reads a length field; returns the length and the position after it."""
    end = len(data)
    if position >= end:
        raise DecodeError(
            f"{tag:02X} at offset {where} has no length field",
            offset=where,
            tag=tag,
        )
    length = data[position]
    position += 1
    if length & 0x80:
        count = length & 0x7F
        if count == 0 or count > _MAX_LENGTH_OCTETS:
            form = "the indefinite form" if count == 0 else f"{count} length octets"
            raise DecodeError(
                f"{tag:02X} at offset {where}: length uses {form}; "
                f"expected a definite length of at most {_MAX_LENGTH_OCTETS} octets",
                offset=where,
                tag=tag,
            )
        if position + count > end:
            raise DecodeError(
                f"{tag:02X} at offset {where}: length field is cut short",
                offset=where,
                tag=tag,
            )
        length = int.from_bytes(data[position : position + count], "big")
        position += count
    return length, position


def parse_prefix(data: Octets, offset: int = 0, *, base: int = 0) -> Tlv:
    """Reads the data object that starts at an offset; more octets may follow it.

    Args:
        data: Input octets.
        offset: Where to start, in octets.
        base: Added to offsets in errors and in the result, when data is part of a larger input.

    Raises:
        DecodeError: as `read_header`, or fewer value octets remain than the length says.
    """
    size = len(data)
    tag = data[offset] if offset < size - 1 else 0x1F
    if tag & 0x1F == 0x1F or data[offset + 1] & 0x80:
        tag, header, length = read_header(data, offset, base=base)
        start = offset + header
    else:  # one octet of tag and one of length, as most objects have
        start, length = offset + 2, data[offset + 1]
    if start + length > size:
        raise DecodeError(
            f"{tag:02X} at offset {base + offset}: length says {length:,} octets, "
            f"{size - start:,} remain",
            offset=base + offset,
            tag=tag,
        )
    view = data if isinstance(data, memoryview) else memoryview(data)
    return _made(tag, view[start : start + length], view[offset : start + length], base + offset)


def parse(data: Octets) -> Tlv:
    """Reads exactly one data object that fills the input.

    Raises:
        DecodeError: as `parse_prefix`, or octets follow the data object.
    """
    size = len(data)
    if size > 2 and not (data[0] & 0x1F == 0x1F and data[1] & 0x80):
        start = 2 if data[0] & 0x1F != 0x1F else 3
        if data[start - 1] == size - start:  # one octet of length, which says what is there
            view = data if isinstance(data, memoryview) else memoryview(data)
            tag = data[0] if start == 2 else data[0] << 8 | data[1]
            if data[start - 1] < 0x80:
                return _made(tag, view[start:], view)
    one = parse_prefix(data)
    if len(one.raw) != size:
        end = len(one.raw)
        raise DecodeError(
            f"{one.tag:02X} ends at offset {end}, but {len(data) - end} octets follow",
            offset=end,
            tag=one.tag,
        )
    return one


def iterate(data: Octets, *, base: int = 0) -> Iterator[Tlv]:
    """Yields the data objects that fill the input, in order.

    Raises:
        DecodeError: as `parse_prefix`; objects before the error have been yielded.
    """
    view = data if isinstance(data, memoryview) else memoryview(data)
    offset, end = 0, len(view)
    while offset < end:
        one, stop = None, offset
        if offset + 2 < end:  # tags of one octet or two and one of length, as most objects have
            tag, start = view[offset], offset + 2
            if tag & 0x1F == 0x1F:
                tag, start = tag << 8 | view[offset + 1], offset + 3
            length = view[start - 1]
            stop = start + length
            if length < 0x80 and stop <= end and (start == offset + 2 or not tag & 0x80):
                one = _made(tag, view[start:stop], view[offset:stop], base + offset)
        if one is None:
            one = parse_prefix(view, offset, base=base)
            stop = offset + len(one.raw)
        yield one
        offset = stop


def parse_all(data: Octets) -> tuple[Tlv, ...]:
    """Reads a sequence of data objects that fills the input; empty input gives an empty tuple.

    Raises:
        DecodeError: as `parse_prefix`.
    """
    return tuple(iterate(data))


def tags_of(octets: bytes) -> frozenset[int]:
    """Returns the tags of a tag list, which is their plain concatenation.

    Raises:
        DecodeError: the list ends inside a tag.
    """
    tags = []
    position = 0
    while position < len(octets):
        end = position + 1
        if octets[position] & 0x1F == 0x1F:
            while end < len(octets) and octets[end] & 0x80:
                end += 1
            end += 1
        if end > len(octets):
            raise DecodeError(f"tag list ends inside the tag at offset {position}", offset=position)
        tags.append(int.from_bytes(octets[position:end], "big"))
        position = end
    return frozenset(tags)


def encode_tag(tag: int) -> bytes:
    """Writes a tag number as the octets it spells: 0xBF38 gives BF 38."""
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big")


def encode_length(length: int) -> bytes:
    """Writes a length field in the shortest definite form."""
    if length < 0x80:
        return bytes((length,))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def encode(tag: int, *values: Octets) -> bytes:
    """Writes one data object whose value is the concatenation of the given octets."""
    body = b"".join(values)
    size = len(body)
    if size < 0x80 and 0 < tag < 0x10000:
        return (bytes((tag, size)) if tag < 0x100 else bytes((tag >> 8, tag & 0xFF, size))) + body
    return encode_tag(tag) + encode_length(len(body)) + body
