"""The members of an answer by their names, each with its value in words, for comparing.

Messages of SGP.22 are read by the compiled ASN.1 module; what it cannot read is taken apart by its
tags.
Values of the same path are numbered, so that no member hides another.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from rspcore.errors import DecodeError
from rspcore.ids import Eid
from rspcore.printable_text import printable
from rspcore.tlv import parse_all, parse_prefix
from rspharness.evidence.fields import in_words
from rspharness.evidence.names import FUNCTIONS
from rspharness.evidence.readings import read

__all__ = ["members", "members_alike", "tag_order"]

_CARD_RESOURCE: Final = {0x81: "installedApplication", 0x82: "freeNonVolatileMemory"}
_CARD_RESOURCE_MORE: Final = {0x83: "freeVolatileMemory"}
_TEMPLATES: Final = {0x62: "FCP", 0x6F: "FCI"}


def members(answer: bytes) -> dict[str, str]:
    """Returns the members of an answer by their paths.

    Args:
        answer: Data of a whole answer; anything at all.

    >>> members(bytes.fromhex("BF2903800100"))
    {'SetNicknameResponse.setNicknameResult': '0'}
    """
    return _numbered(_members(answer))


_UNREAD: Final = " cannot be read"


def _numbered(parts: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path, value in parts:
        name, number = path, 1
        while name in found:
            number += 1
            name = f"{path} ({number})"
        found[name] = value
    return found


def members_alike(a: bytes, b: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """Returns the members of two answers by the same names.

    Where one of them cannot be read as the message it should be, both are taken apart by tags.
    """
    left, right = members(a), members(b)
    if any(_UNREAD in name for one in (left, right) for name in one):
        left, right = ({**_numbered(_tags(answer, ""))} for answer in (a, b))
    return left, right


def tag_order(answer: bytes) -> tuple[str, ...]:
    """Returns the tags of an answer in their order, each with those it is in; empty for no TLV."""
    return tuple(path for path, _ in _tags(answer, ""))


def _members(answer: bytes) -> Iterator[tuple[str, str]]:
    kind = _kind(answer)
    if kind:
        try:
            found = read(kind, answer)
            yield from _values(found.kind, found.value)
        except DecodeError as problem:
            yield f"{kind}{_UNREAD}", str(problem)
        else:
            return
    yield from _tags(answer, "")


def _kind(answer: bytes) -> str:
    try:
        tag = parse_prefix(answer).tag
    except DecodeError:
        return ""
    if tag == 0xBF37:
        return "ProfileInstallationResult"
    return FUNCTIONS[tag][2] if tag in FUNCTIONS else ""


def _values(path: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            for name, inner in value.items():
                yield from _values(f"{path}.{name}", inner)
        case (str() as choice, inner):
            yield from _values(f"{path}.{choice}", inner)
        case (bytes() | bytearray() as bits, int() as number):
            yield path, "".join(f"{octet:08b}" for octet in bits)[:number] or "no bits"
        case list():
            yield f"{path}, how many", str(len(value))
            for number, inner in enumerate(value, 1):
                yield from _values(f"{path}[{number}]", inner)
        case bytes() | bytearray() if path.endswith(".extCardResource"):
            yield from _resource(path, bytes(value))
        case bytes() | bytearray() if path.endswith(".eidValue"):
            yield path, _value(path, value)
            yield f"{path}, check digits", _check_digits(bytes(value))
        case _:
            yield path, _value(path, value)


def _check_digits(octets: bytes) -> str:
    try:
        return "right" if Eid(octets).check_digits_fit else "wrong"
    except DecodeError:
        return "none: it is no EID"


def _value(path: str, value: Any) -> str:
    match value:
        case bytes() | bytearray():
            return in_words(path.rpartition(".")[2], bytes(value))
        case None:
            return "present"
        case str():
            return printable(value)
        case _:
            return str(value)


def _resource(path: str, octets: bytes) -> Iterator[tuple[str, str]]:
    """Yields the members of extCardResource (ETSI TS 102 226, 8.2.1.7.2)."""
    names = {**_CARD_RESOURCE, **_CARD_RESOURCE_MORE}
    try:
        parts = parse_all(octets)
    except DecodeError:
        yield path, octets.hex().upper()
        return
    for one in parts:
        number = int.from_bytes(bytes(one.value), "big")
        shown = f"{number:,}" if one.value else "no octets"
        yield f"{path}.{names.get(one.tag, f'{one.tag:02X}')}", shown


def _tags(octets: bytes, path: str) -> Iterator[tuple[str, str]]:
    try:
        parts = parse_all(octets)
    except DecodeError:
        yield path or "octets", octets.hex().upper()
        return
    for one in parts:
        name = _TEMPLATES.get(one.tag, f"{one.tag:02X}") if not path else f"{path}.{one.tag:02X}"
        if one.constructed:
            yield from _tags(bytes(one.value), name)
        else:
            yield name, bytes(one.value).hex().upper()
