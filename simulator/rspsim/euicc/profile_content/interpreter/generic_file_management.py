"""PE-GenericFileManagement: makes any file, and writes into existing ones.

Each script is a sequence of commands. filePath selects a directory or file from the MF; createFCP
makes a child of the selected directory and makes it current, so that fill commands go into it; a
second createFCP without a filePath makes a sibling (SAIP, 8.3.5).
"""

from collections.abc import Sequence
from typing import Any, Final

from rspcore.errors import LocalError
from rspcore.frozen import dataclass, replace
from rspcore.messages.euicc_response import PeStatusCode
from rspsim.euicc.decisions import Decision
from rspsim.euicc.profile_content.interpreter.building import Building, Refused, path_of, shown
from rspsim.euicc.profile_content.interpreter.file_making import FilePlan, plan_from_fcp, write
from rspsim.euicc.profile_content.interpreter.template_elements import (
    link_target,
    require_capability,
    with_links,
)
from rspsim.euicc.profile_content.model import FileKind, Path

__all__ = ["WRITTEN", "run"]

WRITTEN: Final = Decision("interpreter.written", write, "file after content was written into it")

_NAA_AIDS = {"A0000000871002": "usim", "A0000000871004": "isim", "A0000003431002": "csim"}
"""First seven octets of the AIDs of the NAAs (TS 101 220, annex E)."""


@dataclass(frozen=True, slots=True)
class _Script:
    """The state of a script.

    Attributes:
        building: What is made so far.
        directory: Directory selected.
        current: File that takes content, or None.
        position: Position in it, in octets.
        made: First directory the element made, or None.
    """

    building: Building
    directory: Path = ()
    current: Path | None = None
    position: int = 0
    made: Path | None = None


def _select(script: _Script, octets: bytes) -> _Script:
    path = path_of(octets, "filePath")
    found = script.building.content.files.get(path)
    if found is None:
        if path or script.building.content.files.files:
            raise Refused(PeStatusCode.invalid_parameter, f"filePath {shown(path)} is not there")
        return replace(script, directory=(), current=None, position=0)
    directory = path if found.kind.is_directory else path[:-1]
    return replace(script, directory=directory, current=path, position=0)


def _create(script: _Script, fcp: dict[str, Any]) -> _Script:
    building = script.building
    given: bytes | None = fcp.get("fileID")
    if given is None:
        raise Refused(PeStatusCode.invalid_parameter, "createFCP without a fileID")
    fid = int.from_bytes(given, "big")
    path: Path = () if fid == 0x3F00 else (*script.directory, fid)
    link = link_target(building, fcp, path)
    one = require_capability(building, plan_from_fcp(fcp, None, path, link=link).file)
    if one.kind is FileKind.DF:
        kind = FileKind.MF if path == () else FileKind.ADF if one.aid else FileKind.DF
        one = replace(one, kind=kind)
    building = with_links(building.with_file(one), one)
    if one.kind is FileKind.ADF:
        building = building.with_naa(_NAA_AIDS.get(one.aid[:7].hex().upper(), "other"), path)
    # a directory becomes the selected one only by a filePath of its own
    first = path if one.kind.is_directory and script.made is None else script.made
    return replace(script, building=building, current=path, position=0, made=first)


def _current(script: _Script) -> Path:
    if script.current is None:
        raise Refused(PeStatusCode.invalid_parameter, "content without a current file")
    return script.current


def _write(script: _Script, content: bytes) -> _Script:
    files = script.building.content.files
    one = files.get(_current(script))
    if one is None:
        raise LocalError("the current file of a script is gone")
    after = script.building.decisions[WRITTEN](FilePlan(one, script.position), content)
    building = script.building.having(script.building.content.with_file(after.file))
    return replace(script, building=building, position=after.position)


def _step(script: _Script, name: str, value: Any) -> _Script:
    if name == "filePath":
        return _select(script, bytes(value))
    if name == "createFCP":
        return _create(script, dict(value))
    if name == "fillFileOffset":
        _current(script)
        return replace(script, position=script.position + value)
    return _write(script, bytes(value))


def run(building: Building, _name: str, value: dict[str, Any]) -> Building:
    """Runs the scripts of one element in order.

    Raises:
        Refused: a path names no file, a file exists already, or content does not fit.
    """
    scripts: Sequence[Sequence[tuple[str, Any]]] = value["fileManagementCMD"]
    script = _Script(building)
    for commands in scripts:
        script = _Script(script.building, made=script.made)
        for name, argument in commands:
            script = _step(script, name, argument)
    # the first directory made by the element is the context of the PINs that follow
    context = script.building.pin_context if script.made is None else script.made
    return replace(script.building, pin_context=context)
