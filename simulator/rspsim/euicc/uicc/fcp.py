"""File control parameters, as SELECT and STATUS answer them (ETSI TS 102 221, 11.1.1.3)."""

from collections.abc import Callable
from typing import Final

from rspcore import tlv
from rspsim.euicc.decisions import Decision
from rspsim.euicc.profile_content.model import File, FileKind, ProfileContent
from rspsim.euicc.uicc.access import find_pin

__all__ = ["FCP"]

_DESCRIPTORS = {
    FileKind.MF: 0x38,
    FileKind.DF: 0x38,
    FileKind.ADF: 0x38,
    FileKind.TRANSPARENT: 0x01,
    FileKind.LINEAR_FIXED: 0x02,
    FileKind.CYCLIC: 0x06,
    FileKind.BER_TLV: 0x39,
}
_DATA_CODING = 0x21
_SHAREABLE = 0x40
_UICC_CHARACTERISTICS = b"\x71"
_ASKS_TERMINAL_CAPABILITY = b"\x01"


def _descriptor(one: File) -> bytes:
    octets = bytes((_DESCRIPTORS[one.kind] | _SHAREABLE * one.shareable, _DATA_CODING))
    if not one.kind.has_records:
        return octets
    count = len(one.body) // one.record_length
    return octets + one.record_length.to_bytes(2, "big") + bytes((count,))


def _pin_status(content: ProfileContent, one: File) -> bytes:
    """Returns the PIN status template: a bit per key from b8 on, then the references in order."""
    bits = 0
    references = b""
    for place, reference in enumerate(one.pin_status):
        pin = find_pin(content, one.path, reference)
        if pin is not None and pin.enabled:
            bits |= 0x80 >> place % 8 if place < 8 else 0
        references += tlv.encode(0x83, bytes((reference,)))
    return tlv.encode(0xC6, tlv.encode(0x90, bytes((bits,))), references)


def _size(octets: int) -> bytes:
    """Returns a size in as many octets as it takes, two at least (11.1.1.4.1)."""
    return octets.to_bytes(max(2, (octets.bit_length() + 7) // 8), "big")


def _proprietary(one: File, shown: File) -> bytes:
    if one.kind is FileKind.MF:
        return tlv.encode(
            0xA5,
            tlv.encode(0x80, _UICC_CHARACTERISTICS),
            tlv.encode(0x87, _ASKS_TERMINAL_CAPABILITY),
        )
    if one.kind.is_directory:
        return tlv.encode(0xA5, tlv.encode(0x80, _UICC_CHARACTERISTICS))
    parts = []
    if shown.kind is FileKind.BER_TLV:
        parts.append(tlv.encode(0x84, b"\x01"))
        parts.append(tlv.encode(0x85, _size(shown.reserved_size)))
        if shown.maximum_size:
            parts.append(tlv.encode(0x86, _size(shown.maximum_size)))
    if one.special:
        parts.append(tlv.encode(0xC0, bytes((one.special,))))
    return tlv.encode(0xA5, *parts) if parts else b""


def _fcp(content: ProfileContent, one: File) -> bytes:
    """Returns the FCP template of a file; a link shows the size and structure of its target."""
    shown = content.files.resolve(one)
    parts = [tlv.encode(0x82, _descriptor(shown))]
    if one.kind is not FileKind.ADF:
        parts.append(tlv.encode(0x83, one.fid.to_bytes(2, "big")))
    if one.aid:
        parts.append(tlv.encode(0x84, one.aid))
    parts.append(_proprietary(one, shown))
    parts.append(tlv.encode(0x8A, bytes((one.life_cycle,))))
    if one.access is not None:
        reference = one.access.fid.to_bytes(2, "big") + bytes((one.access.record,))
        parts.append(tlv.encode(0x8B, reference))
    if one.kind.is_directory:
        parts.append(_pin_status(content, one))
    else:
        size = len(shown.body) if shown.kind is not FileKind.BER_TLV else shown.reserved_size
        parts.append(tlv.encode(0x80, _size(size)))
        parts.append(tlv.encode(0x88, bytes((one.sfi << 3,)) if one.sfi else b""))
    return tlv.encode(0x62, *parts)


FCP: Final[Decision[Callable[[ProfileContent, File], bytes]]] = Decision(
    "uicc.fcp", _fcp, "file control parameters of a file"
)
