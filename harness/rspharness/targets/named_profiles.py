"""Which Profiles a request to the ISD-R names: read leniently, because a card may read it so too.

Lengths of constructed objects are not believed, an identifier that is cut short counts with what is
there, and where no data object can be read every octet that may begin an identifier does.
"""

from collections.abc import Iterator
from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.tags import Tag
from rspharness.targets.guard_tables import tag_of

__all__ = ["NAMING", "named_profiles"]

NAMING: Final = (
    Tag.EnableProfile,
    Tag.DisableProfile,
    Tag.DeleteProfile,
    Tag.SetNickname,
    Tag.LoadRpmPackage,
    Tag.VerifyDeviceChange,
)
"""Functions that change the Profile they name."""

_IDENTIFIERS: Final = (Tag.Iccid, Tag.IsdpAid)
_CONSTRUCTED: Final = 0x20
_TAG_OCTETS: Final = 2
_WRAPPER: Final = 0x30
_WRAPPER_HEADER: Final = 2


def named_profiles(request: bytes) -> Iterator[tuple[Tag, bytes]]:
    r"""Yields tag and value of each identifier of a Profile; none for another function.

    Args:
        request: The request from its tag on, or its first octets.

    >>> list(named_profiles(bytes.fromhex("BF330C5A0A989209012143658709F5")))
    [(<Tag.Iccid: 90>, b'\x98\x92\t\x01!Ce\x87\t\xf5')]
    """
    if tag_of(request) == _WRAPPER:
        request = request[_WRAPPER_HEADER:]
    if tag_of(request) not in NAMING:
        return
    try:
        _, place, _ = tlv.read_header(request)
    except DecodeError:
        yield from _anywhere(request[_TAG_OCTETS:])
        return
    while place < len(request):
        try:
            tag, header, length = tlv.read_header(request, place)
        except DecodeError:
            yield from _anywhere(request[place:])
            return
        value = request[place + header : place + header + length]
        if tag in _IDENTIFIERS and value:
            yield Tag(tag), value
        place += header
        if not request[place - header] & _CONSTRUCTED:
            place += length


def _anywhere(octets: bytes) -> Iterator[tuple[Tag, bytes]]:
    """Yields what follows each octet that may be the tag of an identifier and its length."""
    for place, octet in enumerate(octets):
        value = octets[place + 2 :]
        if octet in _IDENTIFIERS and value:
            yield Tag(octet), value
