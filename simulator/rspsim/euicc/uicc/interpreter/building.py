"""What the interpreter has made so far, and how it says no.

`Building` is a frozen value: each profile element turns one into the next, so that a load cut
anywhere leaves nothing behind. `Refused` carries the status an element is refused with; only
`interpret` catches it.

Source: TCA eUICC Profile Package, EUICCResponse and PEStatus; SGP.22 v2, 5.5.5.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Self

from rspsim.euicc.uicc.model import EMPTY_CONTENT, File, Path, ProfileContent

__all__ = ["Building", "Capabilities", "PeStatus", "Refused", "StatusCode", "shown"]


class StatusCode(IntEnum):
    """Name the status codes of a PEStatus, spelled as the module spells them."""

    ok = 0
    pe_not_supported = 1
    memory_failure = 2
    bad_values = 3
    not_enough_memory = 4
    invalid_request_format = 5
    invalid_parameter = 6
    runtime_not_supported = 7
    lib_not_supported = 8
    template_not_supported = 9
    feature_not_supported = 10
    pin_code_missing = 11
    unsupported_profile_version = 31


class Refused(Exception):  # noqa: N818  a refusal is an answer, not an error of the program
    """Refuse the element at hand; the interpreter turns it into a PEStatus."""

    def __init__(self, status: StatusCode, reason: str, *, additional: int | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.additional = additional


@dataclass(frozen=True, slots=True)
class PeStatus:
    """Hold the status of one profile element.

    Attributes:
        status: Status code.
        identification: Identification of the element, or None.
        additional: Additional information, or None.
        offset: Where in the package the element starts, in octets, or None.
    """

    status: StatusCode
    identification: int | None = None
    additional: int | None = None
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Hold what this card can interpret.

    Attributes:
        services: Names of the services of ServicesList it supports.
        major_versions: Major versions of the package format it reads.
        libraries: AIDs of libraries it has, for mandatory AIDs.
    """

    services: frozenset[str]
    major_versions: frozenset[int] = frozenset({1, 2, 3})
    libraries: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """Hold the Profile as far as its elements have come.

    Attributes:
        content: What they made.
        capabilities: What the card can interpret.
        seen: Names of the elements so far, in order.
        identifications: Identification values used.
        iccid: ICCID of the header, unswapped, 10 octets; empty before it.
        profile_type: profileType of the header.
        listed_templates: Template identifiers the header lists, dotted.
        pin_context: Directory the next pinCodes belong to.
        naa: Path of the NAA made last, or None.
        naa_kind: Name of the element that made it.
        usim: Path of the ADF USIM made last, or None.
        statuses: Statuses of elements that were not simply ok.
        ended: PE-End was seen.
    """

    content: ProfileContent = EMPTY_CONTENT
    capabilities: Capabilities
    seen: tuple[str, ...] = ()
    identifications: frozenset[int] = frozenset()
    iccid: bytes = b""
    profile_type: str = ""
    listed_templates: frozenset[str] = frozenset()
    pin_context: Path = ()
    naa: Path | None = None
    naa_kind: str = ""
    usim: Path | None = None
    statuses: tuple[PeStatus, ...] = ()
    ended: bool = False

    def with_file(self, one: File) -> Self:
        """Return a building with this file added.

        Raises:
            Refused: a file stands there already, or its directory does not exist.
        """
        files = self.content.files
        if files.get(one.path) is not None:
            raise Refused(StatusCode.invalid_parameter, f"file {shown(one.path)} exists already")
        parent = files.get(one.path[:-1])
        if one.path and (parent is None or not parent.kind.is_directory):
            raise Refused(StatusCode.invalid_parameter, f"no directory for {shown(one.path)}")
        return replace(self, content=self.content.with_file(one))

    def having(self, content: ProfileContent) -> Self:
        """Return a building with this content."""
        return replace(self, content=content)


def shown(path: Path) -> str:
    """Return a path as people write it: 3F00/7F10/6F3A."""
    return "/".join(f"{fid:04X}" for fid in (0x3F00, *path))
