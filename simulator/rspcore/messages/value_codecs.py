"""Conversion of the value field of one data object into a Python value and back.

A `Codec` is a pair of functions; those here are for the types of ASN.1 and for the identifiers of
`rspcore.ids`. Structures are made of them in `rspcore.messages.codec`, which has all names of this
module too.
"""

from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Any

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.ids import Aid, Eid, Iccid, MccMnc, Oid, TransactionId, Version
from rspcore.tlv import Tlv

__all__ = [
    "AID",
    "ANY",
    "BITS",
    "BOOLEAN",
    "EID",
    "ICCID",
    "INTEGER",
    "MCC_MNC",
    "NULL",
    "OCTETS",
    "OID",
    "TRANSACTION_ID",
    "UTF8",
    "VERSION",
    "Codec",
    "bits",
    "enumerated",
    "explicit",
    "octets",
    "sequence_of",
    "utf8",
]


@dataclass(frozen=True, slots=True)
class Codec:
    """Conversion of the value field of one data object into a Python value and back.

    Attributes:
        decode: Takes the data object, returns the value; raises DecodeError.
        encode: Takes the value, returns the octets of the value field.
        whole: True when encode returns the whole data object, header included (`ANY`).
    """

    decode: Callable[[Tlv], Any]
    encode: Callable[[Any], bytes]
    whole: bool = False


def _bad(one: Tlv, expected: str) -> DecodeError:
    return DecodeError(
        f"{one.tag:02X} at offset {one.offset}: expected {expected}, "
        f"got {len(one.value)} octets {bytes(one.value[:16]).hex(' ').upper()}",
        offset=one.offset,
        tag=one.tag,
    )


def octets(low: int, high: int | None = None) -> Codec:
    """Makes a codec for an OCTET STRING of low to high octets (exactly low when high is None)."""
    top = low if high is None else high

    def decode(one: Tlv) -> bytes:
        if not low <= len(one.value) <= top:
            raise _bad(one, f"{low} octets" if low == top else f"{low} to {top} octets")
        return bytes(one.value)

    return Codec(decode, bytes)


def utf8(low: int, high: int) -> Codec:
    """Makes a codec for a UTF8String of low to high characters (not octets)."""

    def decode(one: Tlv) -> str:
        try:
            text = bytes(one.value).decode("utf-8")
        except UnicodeDecodeError as error:
            raise _bad(one, "UTF-8 text") from error
        if not low <= len(text) <= high:
            raise _bad(one, f"{low} to {high} UTF-8 characters")
        return text

    return Codec(decode, lambda text: text.encode("utf-8"))


def _decode_integer(one: Tlv) -> int:
    if not 1 <= len(one.value) <= 16:
        raise _bad(one, "an INTEGER of 1 to 16 octets")
    return int.from_bytes(one.value, "big", signed=True)


def _encode_integer(value: int) -> bytes:
    magnitude = value if value >= 0 else ~value
    return value.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True)


def enumerated(codes: type[IntEnum]) -> Codec:
    """Makes a codec for an INTEGER with named values; a number without a name stays a plain int."""
    named = {int(code): code for code in codes}

    def decode(one: Tlv) -> int:
        number = _decode_integer(one)
        return named.get(number, number)

    return Codec(decode, _encode_integer)


def bits(names: type[IntEnum]) -> Codec:
    """Makes a codec for a BIT STRING with named bits: a frozenset of positions, 0 is the first bit.

    Bits without a name stay plain ints. Encoding drops trailing zero bits (DER); decoding accepts
    any number of unused bits up to 7.
    """
    named = {int(name): name for name in names}

    def decode(one: Tlv) -> frozenset[int]:
        value = one.value
        if not value or value[0] > 7 or (value[0] and len(value) == 1):
            raise _bad(one, "a BIT STRING with 0 to 7 unused bits")
        count = 8 * (len(value) - 1) - value[0]
        return frozenset(
            named.get(n, n) for n in range(count) if value[1 + n // 8] & (0x80 >> n % 8)
        )

    def encode(positions: Iterable[int]) -> bytes:
        chosen = {int(position) for position in positions}
        if not chosen:
            return b"\x00"
        count = max(chosen) + 1
        body = bytearray((count + 7) // 8)
        for n in chosen:
            body[n // 8] |= 0x80 >> n % 8
        return bytes((-count % 8,)) + bytes(body)

    return Codec(decode, encode)


def _decode_boolean(one: Tlv) -> bool:
    if len(one.value) != 1:
        raise _bad(one, "a BOOLEAN of 1 octet")
    return one.value[0] != 0


def _decode_null(one: Tlv) -> bool:
    if len(one.value):
        raise _bad(one, "NULL without content")
    return True


def _value_type(make: Callable[[bytes], Any]) -> Codec:
    def decode(one: Tlv) -> Any:
        try:
            return make(bytes(one.value))
        except DecodeError as error:
            raise DecodeError(
                f"{one.tag:02X} at offset {one.offset}: {error}", offset=one.offset, tag=one.tag
            ) from error

    return Codec(decode, lambda value: bytes(value.octets))


OCTETS = Codec(lambda one: bytes(one.value), bytes)
UTF8 = utf8(0, 1 << 16)
INTEGER = Codec(_decode_integer, _encode_integer)
BOOLEAN = Codec(_decode_boolean, lambda value: b"\xff" if value else b"\x00")
NULL = Codec(_decode_null, lambda _: b"")
EID = _value_type(Eid)
ICCID = _value_type(Iccid)
AID = _value_type(Aid)
TRANSACTION_ID = _value_type(TransactionId)
VERSION = _value_type(Version)
MCC_MNC = _value_type(MccMnc)
OID = Codec(lambda one: Oid.from_content(one.value), lambda oid: oid.content)
ANY = Codec(lambda one: bytes(one.raw), bytes, whole=True)
"""A whole data object kept as received, header included, for example a certificate."""


class _BitNames(IntEnum):
    """An enumeration without members, so that `BITS` returns plain positions."""


BITS = bits(_BitNames)


def explicit(inner_tag: int, codec: Codec) -> Codec:
    """Makes a codec for a component whose value is wrapped once more (EXPLICIT)."""

    def decode(one: Tlv) -> Any:
        children = one.children()
        if len(children) != 1 or children[0].tag != inner_tag:
            raise _bad(one, f"one data object {inner_tag:02X}")
        return codec.decode(children[0])

    return Codec(decode, lambda value: tlv.encode(inner_tag, codec.encode(value)))


def sequence_of(tag: int, codec: Codec) -> Codec:
    """Makes a codec for SEQUENCE OF: a tuple of values, each under the same tag."""

    def decode(one: Tlv) -> tuple[Any, ...]:
        children = one.children()
        for child in children:
            if child.tag != tag:
                raise _bad(child, f"an element with tag {tag:02X}")
        return tuple(codec.decode(child) for child in children)

    def encode(values: Iterable[Any]) -> bytes:
        if codec.whole:
            return b"".join(codec.encode(value) for value in values)
        return b"".join(tlv.encode(tag, codec.encode(value)) for value in values)

    return Codec(decode, encode)
