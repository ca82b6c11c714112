"""Metadata of a Profile on their way to the card, in segments as small as a server likes.

StoreMetadata travels in clear inside a BoundProfilePackage, but cut: A1 is followed by segments 88,
and each ends with its MAC (SGP.22, 2.5.5 and 2.6.4). A journal needs the ICCID whatever the cut is.
"""

from typing import Final

__all__ = ["MetadataSegments"]

_SEQUENCE: Final = 0xA1
_SEGMENT: Final = 0x88
_MAC_OCTETS: Final = 8
_LONG_FORM: Final = 0x80
_MOST_KEPT: Final = 16
"""Octets of metadata before the next segment that may hold the beginning of an ICCID."""


class MetadataSegments:
    """What has been sent of the metadata on one channel."""

    def __init__(self) -> None:
        self._stream = b""
        self._metadata = b""

    def read(self, data: bytes, *, first: bool) -> bytes:
        """Returns the metadata of the segments that end in a block, and 16 octets before them.

        Args:
            data: Data of one block of STORE DATA.
            first: Whether the block begins a chain, and with that a segment or the sequence A1.
        """
        if not first:
            data = self._stream + data
        if data[:1] == bytes((_SEQUENCE,)):
            self._metadata = b""
            header = _header(data)
            data = data[header[0] :] if header is not None else b""
        while (whole := _segment(data)) is not None:
            self._metadata += data[whole[0] : whole[1] - _MAC_OCTETS]
            data = data[whole[1] :]
        self._stream = data if data[:1] == bytes((_SEGMENT,)) else b""
        found, self._metadata = self._metadata, self._metadata[-_MOST_KEPT:]
        return found


def _header(data: bytes) -> tuple[int, int] | None:
    """Returns the octets of tag and length, and the length; None where it is not whole."""
    more = data[1] - _LONG_FORM if len(data) > 1 and data[1] > _LONG_FORM else 0
    if len(data) < 2 + more:
        return None
    length = int.from_bytes(data[2 : 2 + more]) if more else data[1]
    return 2 + more, length


def _segment(data: bytes) -> tuple[int, int] | None:
    """Returns where the value of a segment begins and ends; None where it is not whole."""
    header = _header(data) if data[:1] == bytes((_SEGMENT,)) else None
    if header is None or len(data) < sum(header):
        return None
    return header[0], sum(header)
