"""Edits on encoded data objects: removing a part, inserting one, inverting a bit.

A malformed request is a good one with a single edit. A path is a list of tags from the outermost
object inwards, the outermost not named: in an AuthenticateServerRequest `0x30, 0x81` is the
euiccChallenge of serverSigned1. Where a tag occurs more than once under one parent, a pair
`(tag, index)` selects one. Lengths around the edit are written anew; nothing else changes.
"""

from collections.abc import Callable

from rspcore import tlv
from rspcore.errors import LocalError

__all__ = ["Path", "appended", "at", "flipped", "replaced", "retagged", "with_value", "without"]

Path = int | tuple[int, int]
"""One part of a path: a tag, or a tag and which of its occurrences (from 0)."""


def _edited(octets: bytes, path: tuple[Path, ...], edit: Callable[[bytes], bytes]) -> bytes:
    if not path:
        return edit(octets)
    one = tlv.parse(octets)
    tag, index = path[0] if isinstance(path[0], tuple) else (path[0], 0)
    parts = [bytes(child.raw) for child in one.children()]
    places = [n for n, child in enumerate(one.children()) if child.tag == tag]
    if index >= len(places):
        raise LocalError(f"{one.tag:02X} has {len(places)} data objects {tag:02X}, not {index + 1}")
    place = places[index]
    parts[place] = _edited(parts[place], path[1:], edit)
    return tlv.encode(one.tag, *parts)


def at(octets: bytes, *path: Path) -> bytes:
    """Returns the data object at a path, header included.

    Raises:
        LocalError: there is none.
    """
    found: list[bytes] = []

    def keep(raw: bytes) -> bytes:
        found.append(raw)
        return raw

    _edited(octets, path, keep)
    return found[0]


def without(octets: bytes, *path: Path) -> bytes:
    """Returns the octets without the data object at a path."""
    return _edited(octets, path, lambda _: b"")


def replaced(octets: bytes, new: bytes, *path: Path) -> bytes:
    """Replaces the data object at a path, header included, by other octets."""
    return _edited(octets, path, lambda _: new)


def with_value(octets: bytes, value: bytes, *path: Path) -> bytes:
    """Replaces the value of the data object at a path, at any length; its tag stays."""
    return _edited(octets, path, lambda raw: tlv.encode(tlv.parse(raw).tag, value))


def retagged(octets: bytes, tag: int, *path: Path) -> bytes:
    """Replaces the tag of the data object at a path; its value stays."""
    return _edited(octets, path, lambda raw: tlv.encode(tag, tlv.parse(raw).value))


def appended(octets: bytes, more: bytes, *path: Path) -> bytes:
    """Appends octets after the last part inside the data object at a path."""
    return _edited(
        octets, path, lambda raw: tlv.encode(tlv.parse(raw).tag, tlv.parse(raw).value, more)
    )


def flipped(octets: bytes, *path: Path, bit: int = 0) -> bytes:
    """Inverts one bit of the value at a path; bit 0 is the lowest of the last octet.

    Raises:
        LocalError: the value has no such bit, or there is no such path.
    """

    def turn(raw: bytes) -> bytes:
        number = int.from_bytes(raw, "big") ^ (1 << bit)
        if bit >= 8 * len(tlv.parse(raw).value):
            raise LocalError(f"bit {bit} is outside a value of {len(tlv.parse(raw).value)} octets")
        return number.to_bytes(len(raw), "big")

    return _edited(octets, path, turn)
