"""Makes one file from a template line, the FCP of the Profile and its fill commands.

What the Profile gives replaces what the template says, element by element; what neither says has a
default or is a mistake. Fill commands write at a position that starts at 0 and moves on; an offset
moves it forward from where it is (SAIP, 8.3).
"""

from collections.abc import Sequence
from typing import Any, Final

from rspcore.frozen import changer, dataclass, replace
from rspcore.messages.euicc_response import PeStatusCode
from rspsim.euicc.profile_content.interpreter.building import Refused, shown
from rspsim.euicc.profile_content.interpreter.templates import DefaultContent, TemplateFile
from rspsim.euicc.profile_content.model import AccessRuleReference, File, FileKind, Path

__all__ = ["FilePlan", "accepts_content", "make_file", "plan_from_fcp", "write"]

_TYPES = {
    0x01: FileKind.TRANSPARENT,
    0x02: FileKind.LINEAR_FIXED,
    0x06: FileKind.CYCLIC,
    0x38: FileKind.DF,
    0x39: FileKind.BER_TLV,
}
_MAX_SIZE = 1 << 18
_with_content: Final = changer(File, "body")
_OF_A_BODY = frozenset({"fillPattern", "repeatPattern", "maximumFileSize"})


@dataclass(frozen=True, slots=True)
class FilePlan:
    """A file to be made and what may be written into it.

    Attributes:
        file: The file with its first content.
        position: Where the next fill content goes, in octets.
    """

    file: File
    position: int = 0


def _number(octets: bytes | None) -> int | None:
    return None if octets is None else int.from_bytes(octets, "big")


def _bad(reason: str) -> Refused:
    return Refused(PeStatusCode.bad_values, reason)


def _wrong(reason: str) -> Refused:
    return Refused(PeStatusCode.invalid_parameter, reason)


def _kind(fcp: dict[str, Any], line: TemplateFile | None) -> tuple[FileKind, bool, int | None]:
    descriptor: bytes | None = fcp.get("fileDescriptor")
    if descriptor is None:
        if line is None:
            raise _wrong("a file without a template needs a fileDescriptor")
        return line.kind, True, None
    kind = _TYPES.get(descriptor[0] & 0x3F)
    if kind is None:
        raise _bad(f"fileDescriptor {descriptor.hex()} names no file type")
    length = _number(descriptor[2:4]) if len(descriptor) == 4 else None
    if length is not None and not kind.has_records:
        raise _bad(
            f"fileDescriptor {descriptor.hex()}: a file without records has no record length"
        )
    if line is not None:
        same = line.kind is kind or (line.kind.is_directory and kind is FileKind.DF)
        if not same and kind.is_directory != line.kind.is_directory:
            raise _bad(f"{line.component}: fileDescriptor {descriptor.hex()} is not of its type")
        if line.kind.is_directory:
            kind = line.kind
    return kind, bool(descriptor[0] & 0x40), length


def _access(
    fcp: dict[str, Any], path: Path, kind: FileKind, rule: int | None
) -> AccessRuleReference | None:
    near_root = len(path) <= 1 or kind is FileKind.ADF
    implied = 0x2F06 if near_root else 0x6F06
    reference: bytes | None = fcp.get("securityAttributesReferenced")
    if reference is None:
        return None if rule is None else AccessRuleReference(fid=implied, record=rule)
    if len(reference) == 2:
        raise _bad("securityAttributesReferenced of 2 octets; expected 1 or 3")
    fid = int.from_bytes(reference[:2], "big") if len(reference) == 3 else implied
    return AccessRuleReference(fid=fid, record=reference[-1])


def _sfi(fcp: dict[str, Any], line: TemplateFile | None, path: Path) -> int | None:
    given: bytes | None = fcp.get("shortEFID")
    if given is None:
        if line is not None:
            return line.sfi
        derived = path[-1] & 0x1F if path else 0
        return derived if 1 <= derived <= 30 else None
    if not given:
        return None
    if given[0] & 7 or not 1 <= given[0] >> 3 <= 30:
        raise _bad(f"shortEFID {given.hex()}: expected 1 to 30 in the upper five bits")
    return given[0] >> 3


def _size(
    fcp: dict[str, Any], line: TemplateFile | None, kind: FileKind, record_length: int, path: Path
) -> int:
    octets: bytes | None = fcp.get("efFileSize")
    if octets is not None and (not octets or (octets[0] == 0 and len(octets) > 1)):
        raise _bad(f"{shown(path)}: efFileSize {octets.hex()} is not the shortest form")
    given = _number(octets)
    if given is None and line is not None:
        given = line.records * record_length if kind.has_records and line.records else line.size
        if kind.has_records and not line.records:
            given = None
    if given is None:
        if kind is FileKind.BER_TLV and line is not None:
            return 0
        raise _wrong(f"{shown(path)}: no file size is given and the template has none")
    if given > _MAX_SIZE:
        raise Refused(PeStatusCode.not_enough_memory, f"{shown(path)} of {given} octets")
    if kind.has_records and (
        not record_length or given % record_length or given // record_length > 254
    ):
        raise _bad(f"{shown(path)}: {given} octets are no 1 to 254 records of {record_length}")
    return given


def _first_content(fcp: dict[str, Any], line: TemplateFile | None) -> DefaultContent:
    info: dict[str, Any] = fcp.get("proprietaryEFInfo", {})
    fill, repeat = info.get("fillPattern"), info.get("repeatPattern")
    if fill is not None and repeat is not None:
        raise _wrong("fillPattern and repeatPattern together")
    if fill is not None:
        return DefaultContent(bytes(fill))
    if repeat is not None:
        return DefaultContent(bytes(repeat), repeat=True)
    return DefaultContent() if line is None else line.content


def plan_from_fcp(
    fcp: dict[str, Any], line: TemplateFile | None, path: Path, *, link: Path | None = None
) -> FilePlan:
    """Plans a file at a path.

    Args:
        fcp: Components of the Fcp value the Profile gave; empty when it gave none.
        line: Template line, or None for genericFileManagement.
        path: Where the file stands.
        link: Path of the file whose body it shares, or None.

    Raises:
        Refused: something is missing, forbidden or out of range.
    """
    kind, shareable, given_length = _kind(fcp, line)
    info: dict[str, Any] = fcp.get("proprietaryEFInfo", {})
    common = File(
        path=path,
        kind=kind,
        shareable=shareable,
        access=_access(fcp, path, kind, None if line is None else line.rule),
        life_cycle=_number(fcp.get("lcsi")) or 0x05,
        special=info.get("specialFileInformation", b"\x80" if line and line.high_update else b"\0")[
            0
        ],
    )
    if kind.is_directory:
        return FilePlan(_directory(common, fcp, link))
    if "pinStatusTemplateDO" in fcp or "dfName" in fcp:
        raise _wrong(f"{shown(path)}: an EF has neither pinStatusTemplateDO nor dfName")
    common = replace(common, sfi=_sfi(fcp, line, path))
    if link is not None:
        if "efFileSize" in fcp or _OF_A_BODY & info.keys():
            raise _wrong(f"{shown(path)}: a link file has neither size nor content of its own")
        return FilePlan(replace(common, link=link))
    record_length = 0
    if kind.has_records:
        record_length = given_length or (line.record_length if line else 0) or 0
    size = _size(fcp, line, kind, record_length, path)
    return FilePlan(_with_body(replace(common, record_length=record_length), fcp, line, size))


def _directory(common: File, fcp: dict[str, Any], link: Path | None) -> File:
    where = shown(common.path)
    if "efFileSize" in fcp or "shortEFID" in fcp or "proprietaryEFInfo" in fcp:
        raise _wrong(f"{where}: a directory has no size, short identifier or content")
    status: bytes | None = fcp.get("pinStatusTemplateDO")
    if status is None:
        raise _wrong(f"{where}: a directory needs a pinStatusTemplateDO")
    aid = bytes(fcp.get("dfName", b""))
    if common.kind is FileKind.ADF and not aid:
        raise _wrong(f"{where}: an ADF needs a dfName")
    return replace(common, pin_status=tuple(status), aid=aid, link=link)


def _with_body(common: File, fcp: dict[str, Any], line: TemplateFile | None, size: int) -> File:
    info: dict[str, Any] = fcp.get("proprietaryEFInfo", {})
    content = _first_content(fcp, line)
    if common.kind is FileKind.BER_TLV:
        maximum = _number(info.get("maximumFileSize")) or 0
        if maximum and size > maximum:
            raise _bad(f"{shown(common.path)}: {size} octets reserved of at most {maximum}")
        return replace(common, reserved_size=size, maximum_size=maximum)
    step = common.record_length or size
    return replace(common, body=content.fill(step) * (size // step) if step else b"")


def accepts_content(plan: FilePlan) -> bool:
    """Returns whether fill content may be written into the file."""
    return not plan.file.kind.is_directory and plan.file.link is None


def write(plan: FilePlan, content: bytes) -> FilePlan:
    """Writes fill content at the position and moves on.

    Raises:
        Refused: the file takes no content, or the content goes beyond its end.
    """
    one = plan.file
    if not accepts_content(plan):
        raise _wrong(f"{shown(one.path)} takes no content")
    end = plan.position + len(content)
    if one.kind is FileKind.BER_TLV:
        if one.maximum_size and end > one.maximum_size:
            raise _bad(f"{shown(one.path)}: content ends at {end}, limit {one.maximum_size} octets")
        body = one.body.ljust(plan.position, b"\xff")
    else:
        body = one.body
        if end > len(body):
            raise _bad(f"{shown(one.path)}: content ends at {end} of {len(body)} octets")
    return FilePlan(_with_content(one, body[: plan.position] + content + body[end:]), end)


def make_file(plan: FilePlan, commands: Sequence[tuple[str, Any]]) -> File:
    """Runs the fill commands of a template component and returns the file.

    Raises:
        Refused: as `write`.
    """
    for name, value in commands:
        if name == "fillFileOffset":
            plan = replace(plan, position=plan.position + value)
        else:
            plan = write(plan, bytes(value))
    return plan.file
