"""Octets of any kind by names: what they are is seen from their first tag, or from their form.

    EUICCInfo1, a certificate, a profile package, a command and its answer, a proactive command, a
    script over the air, a status word

What no kind fits is shown as a tree of tags, and what is no data object in hexadecimal. PINs, PUKs
and keys of profile elements are left out.

Sources: SGP.22 v2 and v3, annex H; TCA profile interoperability; TS 102 221; TS 102 223.
"""

from collections.abc import Iterator
from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError
from rspcore.profile_reader import decode_element, split
from rspcore.status import describe
from rspcore.tlv import parse_all, parse_prefix
from rspharness.evidence.decoded_trace import decoded, proactive_lines
from rspharness.evidence.fields import (
    certificate_line,
    named,
    tree,
)
from rspharness.evidence.names import FUNCTIONS
from rspharness.evidence.ota_scripts import script_lines
from rspharness.evidence.packages_in_clear import PackagesInClear
from rspharness.evidence.profile_elements import element_lines
from rspharness.evidence.readings import read
from rspharness.record.trace import Answered

__all__ = ["octet_lines", "octets_of_text"]

_SEQUENCE: Final = 0x30
_PROACTIVE: Final = 0xD0
_FILES: Final = {0x62: "FCP template", 0x6F: "FCI template"}
_SCRIPTS: Final = {0xAA: b"\x22", 0xAE: b"\x22", 0xAB: b"\x80\x23", 0xAF: b"\x80\x23"}
"""Tags of scripts and of responses to them, with those that may be first in them (TS 102 226)."""
_MESSAGES: Final = {
    0xBF25: ("StoreMetadataRequest",),
    0xBF2A: ("UpdateMetadataRequest",),
    0xBF2F: ("NotificationMetadata",),
    0xBF36: ("BoundProfilePackage",),
    0xBF37: ("ProfileInstallationResult",),
}
_SEQUENCES: Final = (
    "OtherSignedNotification",
    "ServerSigned1",
    "SmdpSigned2",
    "EuiccSigned1",
    "EUICCSigned2",
)
"""Types of SGP.22 that begin with the tag of a SEQUENCE."""
_STATUS_OCTETS: Final = 2
_SHORTEST_COMMAND: Final = 4
_INSTRUCTIONS: Final = frozenset(int(ins) for ins in Ins)


def octet_lines(octets: bytes, packages: PackagesInClear | None = None) -> Iterator[str]:
    """Yields the lines of octets of any kind.

    Args:
        octets: One octet or more.
        packages: What opens a BoundProfilePackage; its plaintext stands behind =.
    """
    yield from _octet_lines(octets)
    if packages is not None:
        yield from (f"= {one}" for one in packages.whole(octets))


def _octet_lines(octets: bytes) -> Iterator[str]:
    for kind in (_status, _script, _command, _package, _object):
        lines = kind(octets)
        if lines is not None:
            yield from lines
            return
    yield from tree(octets)


def _status(octets: bytes) -> list[str] | None:
    """Returns a status word that stands alone in words."""
    if len(octets) != _STATUS_OCTETS or octets[0] >> 4 not in (6, 9):
        return None
    return [f"status word {describe(int.from_bytes(octets, 'big'))}"]


def _script(octets: bytes) -> list[str] | None:
    first = _SCRIPTS.get(octets[0], b"")
    indefinite = octets[1:2] == b"\x80"
    begin = octets[2:3] if indefinite else _value(octets)[:1]
    return list(script_lines(octets)) if begin and begin in first else None


def _value(octets: bytes) -> bytes:
    try:
        return bytes(parse_prefix(octets).value)
    except DecodeError:
        return b""


def _command(octets: bytes) -> list[str] | None:
    """Returns a command APDU as a trace shows it; what is a row of data objects is none."""
    if len(octets) < _SHORTEST_COMMAND or octets[1] not in _INSTRUCTIONS or _is_objects(octets):
        return None
    try:
        CommandApdu.parse(octets)
    except DecodeError:
        return None
    first, *others = decoded([Answered(octets, None, 1)])
    words = [word for word in first.split("  ") if word not in ("line 1", "no answer")]
    return ["  ".join(("command", *words)), *others]


def _is_objects(octets: bytes) -> bool:
    try:
        return bool(parse_all(octets)) and octets[0] not in (0x00, 0x80)
    except DecodeError:
        return False


def _package(octets: bytes) -> list[str] | None:
    """Returns a profile package, element by element, or one element of one."""
    try:
        elements = [decode_element(one) for one in split(octets)]
    except DecodeError:
        return None
    if not elements:
        return None
    lines: list[str] = []
    for one in elements:
        lines += element_lines(one)
    return lines


def _object(octets: bytes) -> list[str] | None:
    """Returns a row of data objects, each by its name, None where there is none."""
    try:
        objects = parse_all(octets)
    except DecodeError:
        return None
    lines: list[str] = []
    for one in objects:
        lines += _one(one.tag, bytes(one.raw))
    return lines


def _one(tag: int, octets: bytes) -> Iterator[str]:
    if tag == _PROACTIVE:
        yield from proactive_lines(octets)
    elif tag == _SEQUENCE and (text := certificate_line(octets)):
        yield f"certificate of {text}"
        yield from tree(octets, 1)
    else:
        yield from _message(tag, octets)


def _message(tag: int, octets: bytes) -> Iterator[str]:
    """Yields a message of SGP.22: of the types its tag may have, the first that it is whole."""
    kinds = [*_MESSAGES.get(tag, ()), *(_SEQUENCES if tag == _SEQUENCE else ())]
    function, *both = FUNCTIONS.get(tag, ("",))
    kinds += [kind for kind in both if kind]
    readings = {kind: whole for kind in kinds if (whole := _is_whole(kind, octets)) is not None}
    best = next((kind for kind, whole in readings.items() if whole), next(iter(readings), ""))
    if function:
        yield function
    if best:
        yield from named(best, octets, 1 if function else 0)
    else:
        yield from tree(octets, 1 if function else 0, names=_FILES)


def _is_whole(kind: str, octets: bytes) -> bool | None:
    """Returns whether a type says all of some octets; None where they are not of that type."""
    try:
        return read(kind, octets).whole
    except DecodeError:
        return None


def octets_of_text(text: str) -> bytes | None:
    """Returns the octets of hexadecimal digits, which blanks and colons may part; else None."""
    digits = "".join(text.replace(":", " ").split())
    try:
        return bytes.fromhex(digits) or None
    except ValueError:
        return None
