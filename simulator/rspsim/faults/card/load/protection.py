"""Faults of the protection of data objects: MAC, padding, counter, and error reasons."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from rspcore import tlv
from rspcore.crypto.bsp import (
    MAC_LENGTH,
    Bsp,
    BspError,
    BspSecurityError,
    BspStructureError,
    unpad,
)
from rspcore.errors import DecodeError
from rspcore.messages.notifications import ErrorReason
from rspcore.tags import Tag
from rspcore.tlv import Tlv
from rspsim.euicc.load import step
from rspsim.faults.card.card_fault import CardFault, swap

__all__ = ["FAULTS"]

_LONGEST: Final = 1000
_EXCHANGED: Final[Mapping[type[BspError], int]] = {
    BspStructureError: ErrorReason.scp03tSecurityError,
    BspSecurityError: ErrorReason.scp03tStructureError,
}
_STRUCTURE_UNKNOWN: Final[Mapping[type[BspError], int]] = {
    BspStructureError: ErrorReason.installFailedDueToUnknownError,
    BspSecurityError: ErrorReason.scp03tSecurityError,
}


def _decrypted(bsp: Bsp, one: Tlv) -> bytes:
    cipher = Cipher(algorithms.AES(bsp.keys.s_enc), modes.CBC(bsp.icv))
    return cipher.decryptor().update(one.value[:-MAC_LENGTH])


def _mac_not_verified(bsp: Bsp, one: Tlv) -> tuple[bytes, Bsp]:
    """Opens a protected data object without verifying its MAC."""
    content = unpad(_decrypted(bsp, one))
    _, after = bsp.protect(one.tag, content)
    return content, after


def _mac_at_88_not_verified(bsp: Bsp, one: Tlv) -> tuple[bytes, Bsp]:
    content = bytes(one.value[:-MAC_LENGTH])
    _, after = bsp.protect_mac_only(one.tag, content)
    return content, after


def _padding_not_checked(bsp: Bsp, one: Tlv) -> tuple[bytes, Bsp]:
    try:
        return bsp.unprotect(one)
    except BspSecurityError:
        _, after = bsp.unprotect_mac_only(replace(one, tag=Tag.Protected88))
        return _decrypted(bsp, one), after


def _counter_unchanged(bsp: Bsp, one: Tlv) -> tuple[bytes, Bsp]:
    content, after = bsp.unprotect_mac_only(one)
    return content, replace(after, counter=bsp.counter)


def _short_segments_only(bsp: Bsp, one: Tlv) -> tuple[bytes, Bsp]:
    if len(one.raw) > _LONGEST:
        raise BspStructureError(f"a data object of {len(one.raw)} octets")
    return bsp.unprotect_mac_only(one)


def _any_tag(octets: bytes, tag: int) -> Tlv | None:
    """Returns the data object in a group whatever its tag."""
    group = step.single(octets, tag)
    try:
        return None if group is None else tlv.parse(group.value)
    except DecodeError:
        return None


def _any_length(octets: bytes, _tag: int) -> Tlv | None:
    """Returns the data object in a group whatever length the group announces."""
    _, header, _ = tlv.read_header(octets)
    try:
        return tlv.parse(octets[header:])
    except DecodeError:
        return None


FAULTS: Final = (
    CardFault(
        "es8p.bsp.any-mac",
        "The MAC of encrypted data objects is not verified.",
        (
            "ES8+.ConfigureISDP#06",
            "ES8+.ReplaceSessionKeys#04",
            "ES8+.ReplaceSessionKeys#12",
            *(f"ES8+.LoadProfileElements#{number}" for number in (18, 19, 20, 21, 22, 23)),
            "ES10b.LoadBoundProfilePackage#09",
            "Tamper.LoadBoundProfilePackage#02",
            "Tamper.LoadBoundProfilePackage#04",
            "Tamper.LoadBoundProfilePackage#05",
        ),
        swap(step.UNPROTECT, _mac_not_verified),
    ),
    CardFault(
        "es8p.bsp.any-mac-at-88",
        "The MAC of data objects that have no other protection is not verified.",
        (
            "ES8+.StoreMetadata#46",
            "ES8+.StoreMetadata#47",
            "ES8+.StoreMetadata#49",
            "ES8+.StoreMetadata#80",
            "ES10b.LoadBoundProfilePackage#09",
            "Tamper.LoadBoundProfilePackage#03",
        ),
        swap(step.UNPROTECT_MAC_ONLY, _mac_at_88_not_verified),
    ),
    CardFault(
        "es8p.bsp.any-padding",
        "The padding of encrypted data objects is not checked.",
        (
            "ES8+.ConfigureISDP#07",
            "ES8+.ConfigureISDP#17",
        ),
        swap(step.UNPROTECT, _padding_not_checked),
    ),
    CardFault(
        "es8p.bsp.counter-stands-at-88",
        "The counter does not advance for data objects that are only protected by a MAC.",
        (
            "ES8+.ReplaceSessionKeys#02",
            "ES8+.LoadProfileElements#01",
            "ES10b.LoadBoundProfilePackage#01",
        ),
        swap(step.UNPROTECT_MAC_ONLY, _counter_unchanged),
    ),
    CardFault(
        "es8p.bsp.short-segments",
        "Segments of metadata longer than 1,000 octets are refused.",
        (
            "ES8+.StoreMetadata#39",
            "ES8+.StoreMetadata#84",
        ),
        swap(step.UNPROTECT_MAC_ONLY, _short_segments_only),
    ),
    CardFault(
        "es8p.bsp.structure-unknown",
        "A wrong structure of a protected object is reported as an unknown error(127).",
        (
            "ES8+.LoadProfileElements#26",
            "ES8+.LoadProfileElements#54",
            "ES8+.ConfigureISDP#08",
            "ES8+.ConfigureISDP#15",
            "ES8+.ConfigureISDP#16",
            "ES8+.StoreMetadata#80",
            "ES8+.ReplaceSessionKeys#05",
        ),
        swap(step.REASONS, _STRUCTURE_UNKNOWN),
    ),
    CardFault(
        "es8p.bsp.reasons-exchanged",
        "A wrong structure is reported as a wrong MAC, and the other way round.",
        (
            "ES8+.ConfigureISDP#06",
            "ES8+.ConfigureISDP#07",
            "ES8+.ConfigureISDP#17",
            "ES8+.StoreMetadata#46",
            "ES8+.StoreMetadata#47",
            "ES8+.StoreMetadata#49",
            "ES8+.ReplaceSessionKeys#04",
            "ES8+.ReplaceSessionKeys#11",
            "ES8+.ReplaceSessionKeys#12",
            "ES10b.LoadBoundProfilePackage#09",
            "ES10b.LoadBoundProfilePackage#16",
            "ES10b.LoadBoundProfilePackage#19",
        ),
        swap(step.REASONS, _EXCHANGED),
    ),
    CardFault(
        "es8p.group.any-tag",
        "Any data object that can be opened is accepted in groups A0 and A2.",
        (
            "ES8+.ConfigureISDP#08",
            "ES8+.ReplaceSessionKeys#05",
        ),
        swap(step.GROUPED, _any_tag),
    ),
    CardFault(
        "es8p.group.any-length",
        "The length of groups A0 and A2 is not checked.",
        (
            "ES8+.ConfigureISDP#08",
            "ES8+.ReplaceSessionKeys#05",
            "ES10b.LoadBoundProfilePackage#16",
        ),
        swap(step.GROUPED, _any_length),
    ),
    CardFault(
        "es8p.unreadable.unknown-error",
        "A command that cannot be read ends the load with an unknown error(127).",
        (
            "ES8+.InitialiseSecureChannel#19",
            "ES8+.InitialiseSecureChannel#20",
            "ES8+.ConfigureISDP#09",
            "ES8+.StoreMetadata#33",
            "ES8+.StoreMetadata#34",
            "ES8+.StoreMetadata#35",
            "ES8+.StoreMetadata#36",
            "ES8+.StoreMetadata#37",
            "ES8+.StoreMetadata#38",
            "ES8+.StoreMetadata#39",
            "ES8+.StoreMetadata#45",
            "ES8+.StoreMetadata#50",
            "ES8+.StoreMetadata#51",
            "ES8+.StoreMetadata#77",
            "ES8+.ReplaceSessionKeys#07",
        ),
        swap(step.UNREADABLE, ErrorReason.installFailedDueToUnknownError),
    ),
)
