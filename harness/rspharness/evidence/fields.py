"""Data objects as lines of names and values.

Messages of SGP.22 are read by the compiled ASN.1 modules, which know the names; what they do not
define stands below in octets, and what they cannot read is shown as a tree of tags.
"""

from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any, Final

from rspcore.errors import DecodeError
from rspcore.ids import Eid, Iccid, Oid
from rspcore.printable_text import printable
from rspcore.tlv import Tlv, parse_all
from rspharness.evidence.readings import read

__all__ = ["INDENT", "certificate_line", "hexadecimal", "in_words", "named", "tree", "value_lines"]

INDENT: Final = "  "
_LONGEST: Final = 64
"""Octets of a value that are shown whole; of a longer one the beginning and the length."""
_VERSION_NAMES: Final = {"svn", "lowestSvn", "profileVersion", "euiccFirmwareVer", "ppVersion"}
_VERSION_NAMES_MORE: Final = {
    *("uiccFirmwareVersion", "ts102241Version", "globalplatformVersion"),
    *("highestSvn", "lpaSvn", "naiSupport"),
}
_VERSION_OCTETS: Final = 3
_ICCID_OCTETS: Final = 10
_EID_OCTETS: Final = 16


def hexadecimal(octets: bytes) -> str:
    """Returns octets in hexadecimal; of long ones the beginning and how many there are."""
    text = octets[:_LONGEST].hex().upper()
    return text if len(octets) <= _LONGEST else f"{text}... ({len(octets):,} octets)"


def in_words(name: str, octets: bytes) -> str:
    """Returns an OCTET STRING, in words where its name says what it is and it can be that."""
    shown = hexadecimal(octets)
    try:
        words = _words(name, octets)
    except DecodeError:
        return shown
    return f"{shown} ({words})" if words else shown


def _words(name: str, octets: bytes) -> str:
    """Returns what a value means, empty where its name says nothing.

    Raises:
        DecodeError: it is no value of what its name says.
    """
    if name == "iccid" and len(octets) == _ICCID_OCTETS:
        return str(Iccid(octets))
    if name == "eidValue" and len(octets) == _EID_OCTETS:
        return str(Eid(octets))
    if name in _VERSION_NAMES | _VERSION_NAMES_MORE and len(octets) == _VERSION_OCTETS:
        return ".".join(map(str, octets))
    if name.lower().endswith("oid") and octets:
        return str(Oid.from_content(octets))
    return ""


def certificate_line(der: bytes) -> str | None:
    """Returns subject, issuer and end of a certificate, or None for octets that are none."""
    from cryptography import x509  # noqa: PLC0415  few answers shown have a certificate

    try:
        one = x509.load_der_x509_certificate(der)
        names = [name.rfc4514_string() for name in (one.subject, one.issuer)]
        end = one.not_valid_after_utc.date()
    except (ValueError, x509.UnsupportedGeneralNameType):
        return None
    return printable(f"{names[0]}, issued by {names[1]}, until {end}, serial {one.serial_number:X}")


_BitNames = Mapping[str, type[IntEnum]]
_NO_NAMES: Final[_BitNames] = {}


def _bits(name: str, octets: bytes, number: int, names: _BitNames) -> str:
    """Returns a BIT STRING, with the names of the bits that are set where they are known."""
    text = "".join(f"{octet:08b}" for octet in octets)[:number]
    kind = names.get(name)
    if kind is None:
        return f"'{text}'B"
    known = {int(one): one.name for one in kind}
    held = [known.get(place, f"bit {place}") for place, bit in enumerate(text) if bit == "1"]
    return f"'{text}'B ({', '.join(held) or 'none'})"


def value_lines(name: str, value: Any, depth: int, names: _BitNames = _NO_NAMES) -> Iterator[str]:
    """Yields a decoded value with its name.

    Args:
        name: Name of the member or type.
        value: What the compiled ASN.1 module made of it.
        depth: How far the lines are indented.
        names: Names of the bits of its members, by their names.
    """
    pad = INDENT * depth
    match value:
        case dict():
            yield f"{pad}{name}"
            for member, inner in value.items():
                yield from value_lines(member, inner, depth + 1, names)
        case (str() as choice, inner):
            yield f"{pad}{name}"
            yield from value_lines(choice, inner, depth + 1, names)
        case (bytes() | bytearray() as bits, int() as number):
            yield f"{pad}{name}: {_bits(name, bytes(bits), number, names)}"
        case list():
            yield f"{pad}{name}: {len(value)} of them" if value else f"{pad}{name}: none"
            for number, inner in enumerate(value, 1):
                yield from value_lines(f"{number}", inner, depth + 1, names)
        case bytes() | bytearray():
            yield f"{pad}{name}: {in_words(name, bytes(value))}"
        case None:
            yield f"{pad}{name}"
        case str():
            yield f"{pad}{name}: {printable(value)!r}"
        case _:
            yield f"{pad}{name}: {value}"


def named(kind: str, octets: bytes, depth: int = 0) -> Iterator[str]:
    """Yields a message of SGP.22 by the names of its members.

    Args:
        kind: Its type in the ASN.1 modules; empty shows the tree of tags.
        octets: One data object.
        depth: How far the lines are indented.
    """
    if not kind:
        yield from tree(octets, depth)
        return
    try:
        found = read(kind, octets)
    except DecodeError as problem:
        yield f"{INDENT * depth}no {kind}: {problem}"
        yield from tree(octets, depth + 1)
        return
    yield from value_lines(found.kind, found.value, depth, found.bit_names)
    yield from _certificates(octets, depth + 1)
    if not found.whole:
        yield f"{INDENT * depth}not in the module, or written in another way; the whole in octets:"
        yield from tree(octets, depth + 1)


def _certificates(octets: bytes, depth: int) -> Iterator[str]:
    """Yields what the certificates in a message say of themselves."""
    for one in _every(octets):
        if one.tag == 0x30 and (text := certificate_line(bytes(one.raw))):
            yield f"{INDENT * depth}certificate of {text}"


def _every(octets: bytes) -> Iterator[Tlv]:
    """Yields every data object in octets, from the outside in; a certificate only as a whole."""
    try:
        objects = parse_all(octets)
    except DecodeError:
        return
    for one in objects:
        yield one
        if one.constructed and not (one.tag == 0x30 and certificate_line(bytes(one.raw))):
            yield from _every(bytes(one.value))


def tree(octets: bytes, depth: int = 0, names: Mapping[int, str] | None = None) -> Iterator[str]:
    """Yields octets as a tree of tags; what is no data object as octets.

    Args:
        octets: Any octets.
        depth: How far the lines are indented.
        names: Names of tags on the outermost level.
    """
    pad = INDENT * depth
    try:
        objects = parse_all(octets)
    except DecodeError:
        yield f"{pad}{hexadecimal(octets)}"
        return
    for one in objects:
        name = f" {names[one.tag]}" if names and one.tag in names else ""
        if one.constructed:
            yield f"{pad}{one.tag:02X}{name}"
            yield from tree(bytes(one.value), depth + 1)
        else:
            yield f"{pad}{one.tag:02X}{name}: {hexadecimal(bytes(one.value))}"
