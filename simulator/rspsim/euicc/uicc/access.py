"""Access rules: what EF.ARR says, and whether a terminal may do something now.

A rule is an access mode (AM_DO) followed by its security conditions (SC_DO). A command is allowed
when the condition of the first mode that covers it holds; a command no mode covers is never
allowed. Source: ETSI TS 102 221, 9.2 and 9.3; ISO/IEC 7816-4, 9.3.3.
"""

from collections.abc import Callable, Iterable
from enum import IntFlag
from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.tlv import Tlv
from rspsim.euicc.channel_context import VerifiedPins
from rspsim.euicc.decisions import Decision
from rspsim.euicc.profile_content.model import File, Path, Pin, ProfileContent

__all__ = ["ALLOWED", "AccessMode", "find_pin", "pin_holds", "record_of", "rule_allows"]


class AccessMode(IntFlag):
    """The bits of the access mode octet; EF and DF give some bits different names."""

    READ = 0x01
    UPDATE = 0x02
    CREATE_EF = 0x02
    CREATE_DF = 0x04
    DEACTIVATE = 0x08
    ACTIVATE = 0x10
    TERMINATE = 0x20
    DELETE = 0x40


_AM_BITS = 0x80
_AM_INSTRUCTION = 0x84
_ALWAYS = 0x90
_NEVER = 0x97
_USER_AUTHENTICATION = 0xA4
_OR = 0xA0
_AND = 0xAF
_NOT = 0xA7
_KEY_REFERENCE = 0x83


def record_of(content: ProfileContent, one: File) -> bytes | None:
    """Returns the EF.ARR record that rules a file, or None when there is none to be found.

    The EF.ARR is looked for in the directory of the file (for a directory: in itself, then above)
    and from there upwards to the MF.
    """
    reference = one.access
    if reference is None:
        return None
    start = one.path if one.kind.is_directory else one.path[:-1]
    for depth in range(len(start), -1, -1):
        found = content.files.get((*start[:depth], reference.fid))
        if found is not None:
            records = content.files.resolve(found).records
            return records[reference.record - 1] if reference.record <= len(records) else None
    return None


def _modes(record: bytes) -> Iterable[tuple[Tlv, list[Tlv]]]:
    """Yields each access mode with the conditions that follow it; FF ends the record."""
    mode: Tlv | None = None
    conditions: list[Tlv] = []
    offset = 0
    while offset < len(record) and record[offset] != 0xFF:
        one = tlv.parse_prefix(record, offset)
        offset += len(one.raw)
        if 0x80 <= one.tag <= 0x8F:
            if mode is not None:
                yield mode, conditions
            mode, conditions = one, []
        else:
            conditions.append(one)
    if mode is not None:
        yield mode, conditions


def _covers(mode: Tlv, bit: int, instruction: int | None) -> bool:
    if mode.tag == _AM_BITS:
        return instruction is None and any(octet & bit for octet in mode.value[:1])
    listed = mode.tag == _AM_INSTRUCTION and instruction is not None
    return listed and instruction in tuple(mode.value)


def _holds(condition: Tlv, satisfied: Callable[[int], bool]) -> bool:
    if condition.tag == _ALWAYS:
        return True
    if condition.tag == _USER_AUTHENTICATION:
        reference = condition.find(_KEY_REFERENCE)
        return reference is not None and any(map(satisfied, reference.value[:1]))
    if condition.tag == _OR:
        return any(_holds(child, satisfied) for child in condition.children())
    if condition.tag == _AND:
        return all(_holds(child, satisfied) for child in condition.children())
    if condition.tag == _NOT:
        return not any(_holds(child, satisfied) for child in condition.children())
    return False


def rule_allows(
    record: bytes,
    mode: AccessMode,
    satisfied: Callable[[int], bool],
    *,
    instruction: int | None = None,
) -> bool:
    """Returns whether an EF.ARR record allows an access.

    Args:
        record: Record content; FF padding at its end is passed over.
        mode: Access wanted, looked at when no instruction is given.
        satisfied: Returns whether the key of a reference is verified or disabled.
        instruction: Instruction octet, for commands that are ruled by their own code.

    Returns:
        False for anything the record does not allow, a record that cannot be read included.
    """
    try:
        for am, conditions in _modes(record):
            if _covers(am, mode, instruction):
                return bool(conditions) and all(_holds(c, satisfied) for c in conditions)
    except DecodeError:
        return False
    return False


def find_pin(content: ProfileContent, directory: Path, reference: int) -> Pin | None:
    """Returns the PIN a key reference denotes in a directory, or None.

    Global ones hold everywhere; local ones come from the directory or the nearest one above it that
    has them, its own or shared ones.
    """
    by_place = {(pin.context, pin.reference): pin for pin in content.pins}
    if reference < 0x80:
        return by_place.get(((), reference))
    shared = dict(content.shared_pins)
    for depth in range(len(directory), -1, -1):
        place = directory[:depth]
        for context in (place, shared.get(place)):
            if context is not None and (context, reference) in by_place:
                return by_place[context, reference]
    return None


def pin_holds(verified: VerifiedPins, pin: Pin) -> bool:
    """Returns whether conditions that name this PIN hold: it is verified, or disabled."""
    return not pin.enabled or (pin.context, pin.reference) in verified


def _allowed(
    content: ProfileContent,
    verified: VerifiedPins,
    one: File,
    mode: AccessMode,
    instruction: int | None,
) -> bool:
    record = record_of(content, one)
    if record is None:
        return False

    def satisfied(reference: int) -> bool:
        directory = one.path if one.kind.is_directory else one.path[:-1]
        pin = find_pin(content, directory, reference)
        return pin is not None and pin_holds(verified, pin)

    return rule_allows(record, mode, satisfied, instruction=instruction)


ALLOWED: Final[
    Decision[Callable[[ProfileContent, VerifiedPins, File, AccessMode, int | None], bool]]
] = Decision("uicc.access", _allowed, "whether the access rules of a file allow a command now")
