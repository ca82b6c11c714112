"""PE-GenericFileManagement: make any file, and write into files that are there.

Each script is a row of commands. filePath selects a directory or file from the MF; createFCP makes
a child of the selected directory and makes it current, so that fill commands go into it; a second
createFCP without a filePath makes a sibling (SAIP, 8.3.5).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rspcore.messages.euicc_response import PeStatusCode
from rspsim.euicc.uicc.interpreter.building import Building, Refused, shown
from rspsim.euicc.uicc.interpreter.file_making import FilePlan, plan_from_fcp, write
from rspsim.euicc.uicc.interpreter.template_elements import link_target
from rspsim.euicc.uicc.model import FileKind, Path

__all__ = ["run"]

_LEVELS = 4


@dataclass(frozen=True, slots=True)
class _Script:
    """Hold where a script stands: directory selected, file current, position in it."""

    building: Building
    directory: Path = ()
    current: Path | None = None
    position: int = 0


def _path_of(octets: bytes) -> Path:
    if len(octets) % 2 or len(octets) // 2 > _LEVELS:
        raise Refused(
            PeStatusCode.bad_values,
            f"filePath {octets.hex()}: expected up to {_LEVELS} identifiers",
        )
    return tuple(int.from_bytes(octets[n : n + 2], "big") for n in range(0, len(octets), 2))


def _select(script: _Script, octets: bytes) -> _Script:
    path = _path_of(octets)
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
    one = plan_from_fcp(fcp, None, path, link=link).file
    if one.kind is FileKind.DF:
        kind = FileKind.MF if path == () else FileKind.ADF if one.aid else FileKind.DF
        one = replace(one, kind=kind)
    building = building.with_file(one)
    if one.kind.is_directory:
        # the directory becomes the selected one only by a filePath of its own
        building = replace(building, pin_context=path)
        if one.kind is FileKind.ADF:
            building = replace(building, naa=path, naa_kind="generic")
    return replace(script, building=building, current=path, position=0)


def _write(script: _Script, content: bytes) -> _Script:
    files = script.building.content.files
    one = None if script.current is None else files.get(script.current)
    if one is None:
        raise Refused(PeStatusCode.invalid_parameter, "fillFileContent without a current file")
    after = write(FilePlan(one, script.position), content)
    building = script.building.having(script.building.content.with_file(after.file))
    return replace(script, building=building, position=after.position)


def _step(script: _Script, name: str, value: Any) -> _Script:
    if name == "filePath":
        return _select(script, bytes(value))
    if name == "createFCP":
        return _create(script, dict(value))
    if name == "fillFileOffset":
        return replace(script, position=script.position + value)
    return _write(script, bytes(value))


def run(building: Building, _name: str, value: dict[str, Any]) -> Building:
    """Run the scripts of one element in order.

    Raises:
        Refused: a path leads nowhere, a file exists already, or content does not fit.
    """
    scripts: Sequence[Sequence[tuple[str, Any]]] = value["fileManagementCMD"]
    context: Path | None = None
    for commands in scripts:
        script = _Script(building)
        before = building.pin_context
        for name, argument in commands:
            script = _step(script, name, argument)
        building = script.building
        if building.pin_context != before and context is None:
            context = building.pin_context
    # the first directory made by the element is the context of the PINs that follow
    return building if context is None else replace(building, pin_context=context)
