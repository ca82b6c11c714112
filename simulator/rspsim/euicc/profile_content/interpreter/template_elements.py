"""Elements that make files from a template: MF, CD, TELECOM, USIM, ISIM, CSIM and similar ones.

Each component of such an element is a `File` value: a list of commands. A component that is absent
gives the template's file where the template creates all its files, and none elsewhere. Where the
first file stands follows from the element: below the MF, or below an NAA made before.
"""

from functools import lru_cache
from typing import Any, Final

from rspcore.frozen import replace
from rspcore.ids import Oid
from rspcore.messages.euicc_info import UiccCapability
from rspcore.messages.euicc_response import PeStatusCode
from rspsim.euicc.decisions import Decision
from rspsim.euicc.profile_content.interpreter.building import (
    Building,
    NewFiles,
    Refused,
    path_of,
    shown,
)
from rspsim.euicc.profile_content.interpreter.file_making import (
    FilePlan,
    make_file,
    plan_from_fcp,
)
from rspsim.euicc.profile_content.interpreter.templates import (
    Template,
    TemplateFile,
    numbered,
    template,
)
from rspsim.euicc.profile_content.model import File, FileKind, Path

__all__ = ["MADE", "link_target", "require_capability", "run", "template_of", "with_links"]

_AT_MF = ("mf", "cd", "telecom", "usim", "isim", "csim")
_ONE_INSTANCE: Final[list[list[tuple[str, Any]]]] = [[]]
"""The file of a component without commands."""
_NAAS = {
    "usim": UiccCapability.multipleUsimSupport,
    "isim": UiccCapability.multipleIsimSupport,
    "csim": UiccCapability.multipleCsimSupport,
}
"""Elements that make an NAA, and what the card has to claim for a second one."""
_BELOW = {"opt-isim": "isim", "opt-csim": "csim", "eap": ""}
"""Kind of the NAA an element belongs to; USIM where nothing is said."""

MADE: Final = Decision("interpreter.made", make_file, "file that a plan and fill commands make")


def template_of(name: str, value: dict[str, Any]) -> Template:
    """Returns the template an element names.

    Raises:
        Refused: the identifier is unknown, or belongs to another element.
    """
    dotted = str(Oid.from_content(bytes(value["templateID"])))
    found = template(dotted)
    if found is None:
        raise Refused(PeStatusCode.template_not_supported, f"template {dotted}")
    if found.element != name:
        raise Refused(PeStatusCode.invalid_parameter, f"template {dotted} is not one of {name}")
    return found


def _root(building: Building, name: str) -> Path:
    """Returns the directory in which the element makes its files.

    Raises:
        Refused: a second NAA of a kind the card can have once.
    """
    capability = _NAAS.get(name)
    second = building.naa_of(name) is not None
    if second and capability is not None and not building.supports(capability):
        raise Refused(PeStatusCode.feature_not_supported, f"a second {name}")
    if name in _AT_MF:
        return ()
    return building.naa_of(_BELOW.get(name, "usim")) or ()


def run(building: Building, name: str, value: dict[str, Any]) -> Building:
    """Makes the files of one template element.

    Raises:
        Refused: order, template, parameters or content are not as the format asks.
    """
    found = template_of(name, value)
    root = top = _root(building, name)
    here: Path | None = root
    context: Path | None = None
    new = NewFiles(building)
    for number, line in enumerate(found.files):
        commands = value.get(line.component)
        directory = line.kind.is_directory
        if directory:
            here = None
        if commands is None and not found.created_by_default:
            continue
        place = (root if line is found.files[0] else top) if directory else here
        if place is None:
            raise Refused(PeStatusCode.invalid_parameter, f"{line.component} without its directory")
        for part in _instances(line, commands) if commands else _ONE_INSTANCE:
            made = _file(new, found, number, part, place)
            if made is None:
                continue
            new.add(made)
            if made.link is not None:
                new = NewFiles(with_links(new.building(), made))
            if directory:
                here = made.path
                top = made.path if line is found.files[0] else top
                context = made.path if context is None else context
    return _after(new.building(), name, context)


def _after(building: Building, name: str, context: Path | None) -> Building:
    if context is not None:
        building = replace(building, pin_context=context)
    if name in _NAAS and context is not None:
        building = building.with_naa(name, context)
    return building


def _instances(line: TemplateFile, commands: list[tuple[str, Any]]) -> list[list[tuple[str, Any]]]:
    """Cuts a component into its files: each further fileDescriptor begins another instance."""
    if any(name == "doNotCreate" for name, _ in commands) and len(commands) > 1:
        raise Refused(PeStatusCode.invalid_parameter, f"{line.component}: doNotCreate is not alone")
    parts: list[list[tuple[str, Any]]] = [[]]
    for command in commands:
        if command[0] == "fileDescriptor" and parts[-1]:
            parts.append([])
        parts[-1].append(command)
    return parts


def _file(
    new: NewFiles,
    found: Template,
    number: int,
    commands: list[tuple[str, Any]],
    parent: Path,
) -> File | None:
    """Returns the file of a line of the template, None when it is not to be made.

    Raises:
        Refused: its parameters or its content are not as the format asks.
    """
    line = found.files[number]
    if commands and commands[0][0] == "doNotCreate":
        if not found.created_by_default:
            raise Refused(PeStatusCode.invalid_parameter, f"{line.component}: doNotCreate here")
        if found.element != "mf":
            return None
        commands = []
    fcp: dict[str, Any] = {}
    if commands and commands[0][0] == "fileDescriptor":
        fcp, commands = dict(commands[0][1]), commands[1:]
    path = _path(fcp, line, parent)
    if fcp:
        link = link_target(new.building(), fcp, path) if fcp.get("linkPath") else None
        plan = plan_from_fcp(fcp, line, path, link=link)
    else:
        plan = _plan_of_template(found.number, number, path)
    return require_capability(new.before, new.before.decisions[MADE](plan, commands))


@lru_cache(maxsize=1024)
def _plan_of_template(template_number: str, line: int, path: Path) -> FilePlan:
    """Returns what a template says of a file at a path; each card of a process makes the same.

    Raises:
        Refused: the Profile has to say something of the file.
    """
    found = numbered(template_number)
    return plan_from_fcp({}, found.files[line], path)


def _path(fcp: dict[str, Any], line: TemplateFile, parent: Path) -> Path:
    if line.kind is FileKind.MF:
        return ()
    given: bytes | None = fcp.get("fileID")
    if given is not None:
        return (*parent, int.from_bytes(given, "big"))
    if line.fid is None:
        raise Refused(
            PeStatusCode.invalid_parameter, f"{line.component}: the Profile must give a fileID"
        )
    return (*parent, line.fid)


def link_target(building: Building, fcp: dict[str, Any], path: Path) -> Path | None:
    """Returns the path a linkPath names, or None when the file is no link.

    Raises:
        Refused: the target does not exist, or is not a whole number of identifiers.
    """
    link: bytes | None = fcp.get("linkPath")
    if not link:
        return None
    target = path_of(link, "linkPath")
    found = building.content.files.get(target)
    if found is None:
        raise Refused(
            PeStatusCode.invalid_parameter,
            f"{shown(path)} links to {shown(target)}, which is not there",
        )
    if found.kind.is_directory and not building.supports(UiccCapability.dfLinkSupport):
        raise Refused(PeStatusCode.feature_not_supported, f"{shown(path)} links to a directory")
    return target


def require_capability(building: Building, one: File) -> File:
    """Returns the file if the card can have one of its kind.

    Raises:
        Refused: it is a BER-TLV file, and the card claims none.
    """
    if one.kind is FileKind.BER_TLV and not building.supports(UiccCapability.berTlvFileSupport):
        raise Refused(PeStatusCode.feature_not_supported, f"{shown(one.path)} is a BER-TLV file")
    return one


def with_links(building: Building, one: File) -> Building:
    """Returns a building in which a link to a directory shows all that is in the directory now."""
    if one.link is None or not one.kind.is_directory:
        return building
    depth = len(one.link)
    below = [f for f in building.content.files.files if f.path[:depth] == one.link]
    for inner in below:
        if len(inner.path) > depth:
            shown_at = (*one.path, *inner.path[depth:])
            building = building.with_file(replace(inner, path=shown_at, link=inner.path, body=b""))
    return building
