"""What the interpreter has made so far, and how it says no.

`Building` is a frozen value: each profile element turns one into the next, so that a load cut
anywhere leaves nothing behind. `Refused` carries the status an element is refused with; only
`interpret` catches it.

Source: TCA eUICC Profile Package, EUICCResponse and PEStatus; SGP.22 v2, 5.5.5.
"""

from dataclasses import dataclass, replace
from typing import Self

from rspcore.messages.euicc_info import UiccCapability
from rspcore.messages.euicc_response import PeStatus, PeStatusCode
from rspsim.euicc.decisions import STANDARD, Decisions
from rspsim.euicc.personality import Personality
from rspsim.euicc.uicc.model import EMPTY_CONTENT, File, Path, ProfileContent

__all__ = ["Building", "Refused", "shown"]


class Refused(Exception):  # noqa: N818  a refusal is an answer, not an error of the program
    """Refuse the element at hand; the interpreter turns it into a PEStatus."""

    def __init__(self, status: int, reason: str, *, additional: int | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.additional = additional


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """Hold the Profile as far as its elements have come.

    Attributes:
        content: What they made.
        personality: What the card is and can.
        decisions: What the card decides.
        seen: Names of the elements so far, in order.
        identifications: Identification values used.
        pin_context: Directory the next pinCodes belong to.
        naa: Path of the NAA made last, or None.
        naa_kind: Name of the element that made it.
        usim: Path of the ADF USIM made last, or None.
        statuses: Statuses of elements that were not simply ok.
        ended: PE-End was seen.
    """

    content: ProfileContent = EMPTY_CONTENT
    personality: Personality
    decisions: Decisions = STANDARD
    seen: tuple[str, ...] = ()
    identifications: frozenset[int] = frozenset()
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
            raise Refused(PeStatusCode.invalid_parameter, f"file {shown(one.path)} exists already")
        parent = files.get(one.path[:-1])
        if one.path and (parent is None or not parent.kind.is_directory):
            raise Refused(PeStatusCode.invalid_parameter, f"no directory for {shown(one.path)}")
        return replace(self, content=self.content.with_file(one))

    def supports(self, capability: UiccCapability) -> bool:
        """Tell whether the card claims a capability in EUICCInfo2."""
        return capability in self.personality.uicc_capability

    def having(self, content: ProfileContent) -> Self:
        """Return a building with this content."""
        return replace(self, content=content)


def shown(path: Path) -> str:
    """Return a path as people write it: 3F00/7F10/6F3A."""
    return "/".join(f"{fid:04X}" for fid in (0x3F00, *path))
