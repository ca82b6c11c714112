"""CREATE FILE, DELETE FILE and RESIZE FILE (ETSI TS 102 222, 6.3, 6.4 and 6.10).

A file is made, removed or changed below the current directory. Who may do so is said by the access
rules: those of the directory for CREATE FILE, those of the file itself for the other two. What the
file takes of the memory is counted with the Profile.
"""

from collections.abc import Callable
from typing import Any, Final

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspcore.errors import DecodeError
from rspcore.frozen import replace
from rspcore.messages.euicc_response import PeStatusCode
from rspcore.status import StatusWord
from rspsim.euicc import memory
from rspsim.euicc.channel_context import FileContext
from rspsim.euicc.decisions import Decision
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.interpreter.building import Refused
from rspsim.euicc.profile_content.interpreter.file_making import plan_from_fcp
from rspsim.euicc.profile_content.model import (
    File,
    FileKind,
    FileSystem,
    LifeCycle,
    Path,
    ProfileContent,
)
from rspsim.euicc.uicc.access import AccessMode
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.commands.select import arrive

__all__ = ["IN_USE", "create_file", "delete_file", "resize_file"]

_RESERVED: Final = frozenset({0x3F00, 0x3FFF, 0x7FFF, 0xFFFF})
_FCP = 0x62
_ALL_LOST = 0x01
_DIRECTORY = 0x38
_RULES_INSIDE: Final = frozenset({0x8C, 0xAB})
"""Access rules in the FCP itself, which this card does not take: it has those of EF.ARR."""
_DESCRIPTOR, _FILE_ID, _NAME, _LIFE_CYCLE = 0x82, 0x83, 0x84, 0x8A
_SIZE, _PROPRIETARY, _RULE, _SFI, _PIN_STATUS, _KEY = 0x80, 0xA5, 0x8B, 0x88, 0xC6, 0x83
_RESERVED_SIZE, _MAXIMUM_SIZE, _SPECIAL, _FILLING, _REPEATED = 0x85, 0x86, 0xC0, 0xC1, 0xC2


def _members(data: bytes) -> dict[int, bytes]:
    """Returns the data objects of an FCP template by tag.

    Raises:
        DecodeError: it is not one FCP template.
    """
    template = tlv.parse(data)
    if template.tag != _FCP:
        raise DecodeError(f"FCP template expected (62), got {template.tag:02X}", tag=template.tag)
    return {one.tag: bytes(one.value) for one in template.children()}


def _inside(octets: bytes | None) -> list[tuple[int, bytes]]:
    return [(one.tag, bytes(one.value)) for one in tlv.iterate(octets or b"")]


def _shortest(octets: bytes) -> bytes:
    return octets.lstrip(b"\x00") or b"\x00"


def _components(members: dict[int, bytes]) -> dict[str, Any]:
    """Returns an FCP template as the profile interpreter takes it.

    Raises:
        DecodeError: a component cannot be read.
    """
    descriptor = members[_DESCRIPTOR][:4]  # the number of records follows from the size
    fcp: dict[str, Any] = {"fileDescriptor": descriptor, "fileID": members[_FILE_ID]}
    if _SIZE in members:
        fcp["efFileSize"] = _shortest(members[_SIZE])
    for tag, name in ((_NAME, "dfName"), (_SFI, "shortEFID"), (_LIFE_CYCLE, "lcsi")):
        if tag in members:
            fcp[name] = members[tag]
    if _RULE in members:
        rule = members[_RULE]  # with pairs of security environment and record, the first holds
        fcp["securityAttributesReferenced"] = rule if len(rule) < 4 else rule[:2] + rule[3:4]
    if _PIN_STATUS in members:
        status = _inside(members[_PIN_STATUS])
        fcp["pinStatusTemplateDO"] = b"".join(value for tag, value in status if tag == _KEY)
    own = dict(_inside(members.get(_PROPRIETARY)))
    named = (
        (_MAXIMUM_SIZE, "maximumFileSize"),
        (_SPECIAL, "specialFileInformation"),
        (_FILLING, "fillPattern"),
        (_REPEATED, "repeatPattern"),
    )
    information = {name: own[tag] for tag, name in named if tag in own}
    if information and descriptor[0] & 0x3F != _DIRECTORY:
        fcp["proprietaryEFInfo"] = information
    return fcp


def _made(place: Path, members: dict[int, bytes]) -> File | int:
    """Returns the file an FCP template describes, or the status word that refuses it."""
    if not {_DESCRIPTOR, _FILE_ID, _LIFE_CYCLE} <= members.keys() or _RULES_INSIDE & members.keys():
        return StatusWord.WRONG_DATA
    fid = int.from_bytes(members[_FILE_ID], "big")
    if len(members[_FILE_ID]) != 2 or fid in _RESERVED or not members[_DESCRIPTOR]:
        return StatusWord.WRONG_DATA
    try:
        one = plan_from_fcp(_components(members), None, (*place, fid)).file
    except DecodeError:
        return StatusWord.WRONG_DATA
    except Refused as refusal:
        memory_short = refusal.status == PeStatusCode.not_enough_memory
        return StatusWord.NOT_ENOUGH_MEMORY if memory_short else StatusWord.WRONG_DATA
    if one.kind is FileKind.DF and one.aid:
        one = replace(one, kind=FileKind.ADF)
    return one


def _size(files: FileSystem, one: File) -> int:
    """Returns what a file takes of the memory, in octets."""
    shown = files.resolve(one)
    return 0 if one.link is not None else max(len(shown.body), shown.reserved_size)


def _stored(context: CommandContext, content: ProfileContent, more: int) -> Outcome:
    """Answers 9000 with a changed content that takes so many octets more."""
    profile = context.view.state.enabled_profile
    if profile is None:
        return context.refuse(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
    if more > context.view.decisions[memory.FREE](context.view.state):
        return context.refuse(StatusWord.NOT_ENOUGH_MEMORY)
    sized = replace(profile, size=max(profile.size + more, 0))
    view = replace(context.view, state=context.view.state.with_profile(sized))
    return replace(context, view=view).changed(content, ResponseApdu(b"", StatusWord.OK))


def create_file(command: CommandApdu, view: View) -> Outcome:
    """Makes a file in the current directory; it is the current one afterwards."""
    context = CommandContext.of(view)
    if command.p1 or command.p2:
        return context.refuse(StatusWord.INCORRECT_P1_P2)
    parent = context.directory
    if parent is None:
        return context.refuse(StatusWord.FILE_NOT_FOUND)
    try:
        members = _members(command.data)
    except DecodeError:
        return context.refuse(StatusWord.WRONG_DATA)
    one = _made(parent.path, members)
    if isinstance(one, int):
        return context.refuse(one)
    mode = AccessMode.CREATE_DF if one.kind.is_directory else AccessMode.CREATE_EF
    if not context.allows(parent, mode):
        return context.refuse(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
    if context.file(one.path) is not None:
        return context.refuse(StatusWord.FILE_ID_EXISTS)
    if one.aid and context.content.files.adf(one.aid) is not None:
        return context.refuse(StatusWord.DF_NAME_EXISTS)
    content = context.content.with_file(one)
    return _stored(context.moved(arrive(context, one)), content, _size(content.files, one))


def _in_use(context: CommandContext, path: Path) -> bool:
    """Returns whether a file, or one below it, is current on another channel or shows its body."""
    view, depth = context.view, len(path)
    for number, channel in enumerate(view.volatile.channels):
        if channel is not None and number != view.channel_number:
            place = channel.files
            if any(at is not None and at[:depth] == path for at in (place.file, place.directory)):
                return True
    return any(
        one.link is not None and one.link[:depth] == path and one.path[:depth] != path
        for one in context.content.files.files
    )


IN_USE: Final[Decision[Callable[[CommandContext, Path], bool]]] = Decision(
    "uicc.in_use", _in_use, "whether a file is needed elsewhere and cannot be removed now"
)


def _child(context: CommandContext, octets: bytes) -> File | int:
    """Returns the file below the current directory that two octets name."""
    if len(octets) != 2:
        return StatusWord.WRONG_LENGTH
    found = context.file((*context.place.directory, int.from_bytes(octets, "big")))
    return StatusWord.FILE_NOT_FOUND if found is None else found


def delete_file(command: CommandApdu, view: View) -> Outcome:
    """Removes a file below the current directory, a directory with all in it."""
    context = CommandContext.of(view)
    if command.cla & 0x80:  # DELETE of GlobalPlatform has the same instruction
        return context.refuse(StatusWord.INS_NOT_SUPPORTED)
    if command.p1 or command.p2:
        return context.refuse(StatusWord.INCORRECT_P1_P2)
    one = _child(context, command.data)
    if isinstance(one, int):
        return context.refuse(one)
    if not context.allows(one, AccessMode.DELETE):
        return context.refuse(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
    if view.decisions[IN_USE](context, one.path):
        return context.refuse(StatusWord.CONDITIONS_NOT_SATISFIED)
    depth, files = len(one.path), context.content.files
    freed = sum(_size(files, f) for f in files.files if f.path[:depth] == one.path)
    content = replace(
        context.content,
        files=files.without(one.path),
        pins=tuple(p for p in context.content.pins if p.context[:depth] != one.path),
        aka=tuple(p for p in context.content.aka if p.context[:depth] != one.path),
    )
    place = FileContext(directory=context.place.directory, adf=context.place.adf)
    return _stored(context.moved(place), content, -freed)


def _resized(one: File, members: dict[int, bytes], p1: int) -> File | int:
    """Returns a file in its new size, or the status word that refuses it."""
    if one.kind is FileKind.BER_TLV:
        return _resized_objects(one, members, p1)
    if one.kind not in (FileKind.TRANSPARENT, FileKind.LINEAR_FIXED) or one.link is not None:
        return StatusWord.INCOMPATIBLE_WITH_FILE_STRUCTURE
    if p1:
        return StatusWord.INCORRECT_P1_P2
    size = int.from_bytes(members.get(_SIZE, b""), "big")
    if not size or (one.record_length and size % one.record_length):
        return StatusWord.WRONG_DATA
    if one.record_length and size // one.record_length > 254:
        return StatusWord.WRONG_DATA
    return replace(one, body=one.body[:size].ljust(size, b"\xff"))


def _resized_objects(one: File, members: dict[int, bytes], p1: int) -> File | int:
    """Returns a BER-TLV file with other limits; P1=01 gives its content up, if it must be."""
    own = dict(_inside(members.get(_PROPRIETARY)))
    if not own.keys() & {_RESERVED_SIZE, _MAXIMUM_SIZE} or p1 not in (0, _ALL_LOST):
        return StatusWord.WRONG_DATA if p1 in (0, _ALL_LOST) else StatusWord.INCORRECT_P1_P2
    maximum = int.from_bytes(own.get(_MAXIMUM_SIZE, b""), "big") or one.maximum_size
    reserved = one.reserved_size
    if _RESERVED_SIZE in own:
        reserved = int.from_bytes(own[_RESERVED_SIZE], "big")
    if maximum and reserved > maximum:
        return StatusWord.WRONG_DATA
    body = one.body
    if maximum and len(body) > maximum:
        if p1 != _ALL_LOST:
            return StatusWord.CONDITIONS_NOT_SATISFIED
        body = b""
    return replace(one, maximum_size=maximum, reserved_size=reserved, body=body)


def resize_file(command: CommandApdu, view: View) -> Outcome:
    """Gives a file below the current directory another size; new octets are FF."""
    context = CommandContext.of(view)
    if command.p2:
        return context.refuse(StatusWord.INCORRECT_P1_P2)
    try:
        members = _members(command.data)
    except DecodeError:
        return context.refuse(StatusWord.WRONG_DATA)
    one = _child(context, members.get(_FILE_ID, b""))
    if isinstance(one, int):
        wrong = one == StatusWord.WRONG_LENGTH
        return context.refuse(StatusWord.WRONG_DATA if wrong else one)
    if not context.allows(one, AccessMode.UPDATE, Ins.RESIZE_FILE):
        return context.refuse(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
    if one.life_cycle != LifeCycle.ACTIVATED:
        return context.refuse(StatusWord.REFERENCED_DATA_INVALIDATED)
    try:
        changed = _resized(one, members, command.p1)
    except DecodeError:
        return context.refuse(StatusWord.WRONG_DATA)
    if isinstance(changed, int):
        return context.refuse(changed)
    content = context.content.with_file(changed)
    more = _size(content.files, changed) - _size(context.content.files, one)
    return _stored(context.moved(arrive(context, changed)), content, more)
