"""Profile elements as lines of names and values, without PINs, PUKs and keys.

Source: TCA eUICC Profile Package: Interoperable Format Technical Specification, 8.
"""

from collections.abc import Iterator
from typing import Any, Final

from rspcore.errors import DecodeError
from rspcore.profile_reader import DecodedElement, decode_element
from rspcore.profile_reader.elements import ProfileElementTlv
from rspharness.evidence.fields import value_lines

__all__ = ["element_lines", "readable_element_lines"]

_SECRET: Final = frozenset({"pinValue", "pukValue", "key", "opc", "keyData"})
"""Members of profile elements that no view shows."""


def element_lines(one: DecodedElement) -> Iterator[str]:
    """Yields the lines of a profile element that was read."""
    yield from value_lines(f"{one.name}, {len(one.raw):,} octets", _masked(one.value), 0)


def readable_element_lines(one: ProfileElementTlv) -> Iterator[str]:
    """Yields the lines of a profile element; of one that cannot be read the reason alone.

    Its octets may hold keys wherever they please, so that none is shown.
    """
    try:
        read = decode_element(one)
    except DecodeError as problem:
        yield f"{one.name} ({one.tag:02X}), {len(one.raw):,} octets: {problem}"
        return
    yield from element_lines(read)


def _masked(value: Any, name: str = "") -> Any:
    """Returns a value of a profile element without PINs, PUKs and keys."""
    match value:
        case dict():
            return {member: _masked(inner, member) for member, inner in value.items()}
        case list():
            return [_masked(inner, name) for inner in value]
        case (str() as choice, inner):
            return choice, _masked(inner, choice)
        case bytes() | bytearray() if name in _SECRET:
            return f"{len(value)} octets masked"
        case bytes() if name == "iccid":  # of a package: its digits are not exchanged
            return value.hex().upper().rstrip("F")
    return value
