"""What the interpreter has made so far, and how it refuses an element.

`Building` is a frozen value: each profile element turns one into the next, so that a load cut
anywhere leaves nothing behind. `Refused` carries the status an element is refused with; only
`interpret` catches it.

Source: TCA eUICC Profile Package, EUICCResponse and PEStatus; SGP.22 v2, 5.5.5.
"""

from dataclasses import field
from typing import Self

from rspcore.frozen import dataclass, replace
from rspcore.messages.euicc_info import UiccCapability
from rspcore.messages.euicc_response import PeStatus, PeStatusCode
from rspsim.euicc.decisions import STANDARD, Decisions
from rspsim.euicc.personality import Personality
from rspsim.euicc.profile_content.model import EMPTY_CONTENT, File, Path, ProfileContent

__all__ = ["Building", "NewFiles", "Refused", "path_of", "shown"]


_LEVELS = 4


class Refused(Exception):  # noqa: N818  a refusal is an answer, not an error of the program
    """Reports that an element is refused; the interpreter turns it into a PEStatus."""

    def __init__(self, status: int, reason: str, *, additional: int | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.additional = additional


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """The Profile as far as its elements were run.

    Attributes:
        content: What they made.
        personality: What the card is and can.
        decisions: What the card decides; not a part of the value, given again with each segment.
        seen: Names of the elements so far, in order.
        identifications: Identification values used.
        pin_context: Directory the next pinCodes belong to.
        naas: Kind and path of each NAA made so far, in order.
        statuses: Statuses of elements that were not simply ok.
        ended: PE-End was seen.
    """

    content: ProfileContent = EMPTY_CONTENT
    personality: Personality
    decisions: Decisions = field(default=STANDARD, compare=False, repr=False)
    seen: tuple[str, ...] = ()
    identifications: frozenset[int] = frozenset()
    pin_context: Path = ()
    naas: tuple[tuple[str, Path], ...] = ()
    statuses: tuple[PeStatus, ...] = ()
    ended: bool = False

    @property
    def naa(self) -> Path | None:
        """Returns the path of the NAA made last, or None."""
        return self.naa_of("")

    def naa_of(self, kind: str) -> Path | None:
        """Returns the path of the NAA of a kind made last, of any kind for ""; None for none."""
        return next((path for one, path in reversed(self.naas) if kind in ("", one)), None)

    def with_naa(self, kind: str, path: Path) -> Self:
        """Returns a building in which this NAA was made last."""
        return replace(self, naas=(*self.naas, (kind, path)))

    def with_file(self, one: File) -> "Building":
        """Returns a building with this file added.

        Raises:
            Refused: as `NewFiles.add`.
        """
        made = NewFiles(self)
        made.add(one)
        return made.building()

    def supports(self, capability: UiccCapability) -> bool:
        """Returns whether the card claims a capability in EUICCInfo2."""
        return capability in self.personality.uicc_capability

    def having(self, content: ProfileContent) -> Self:
        """Returns a building with this content."""
        return replace(self, content=content)


class NewFiles:
    """Files that one element adds, before they become a part of the building all at once.

    An element makes up to a hundred files, and a building of its own for each would copy all that
    is there as often.

    Attributes:
        before: The building without them.
    """

    def __init__(self, before: Building) -> None:
        self.before = before
        self._known = before.content.files.get
        self._made: dict[Path, File] = {}

    def _get(self, path: Path) -> File | None:
        return self._made.get(path) or self._known(path)

    def add(self, one: File) -> None:
        """Adds a file.

        Raises:
            Refused: a file stands there already, its directory does not exist, or an ADF has its
                AID.
        """
        path = one.path
        if self._get(path) is not None:
            raise Refused(PeStatusCode.invalid_parameter, f"file {shown(path)} exists already")
        parent = self._get(path[:-1])
        if path and (parent is None or not parent.kind.is_directory):
            raise Refused(PeStatusCode.invalid_parameter, f"no directory for {shown(path)}")
        if one.aid:
            others = (*self.before.content.files.files, *self._made.values())
            if any(one.aid == other.aid for other in others):
                raise Refused(PeStatusCode.invalid_parameter, f"a second ADF {one.aid.hex()}")
        self._made[path] = one

    def building(self) -> Building:
        """Returns the building with all files added so far."""
        before = self.before
        if not self._made:
            return before
        files = before.content.files.with_new(self._made.values())
        return before.having(replace(before.content, files=files))


def path_of(octets: bytes, what: str) -> Path:
    """Returns a path of identifiers from the MF, which it does not name.

    Raises:
        Refused: the octets are not up to four identifiers.
    """
    if len(octets) % 2 or len(octets) // 2 > _LEVELS:
        raise Refused(
            PeStatusCode.bad_values,
            f"{what} {octets.hex()}: expected up to {_LEVELS} identifiers",
        )
    return tuple(int.from_bytes(octets[n : n + 2], "big") for n in range(0, len(octets), 2))


def shown(path: Path) -> str:
    """Returns a path in the usual notation: 3F00/7F10/6F3A."""
    return "/".join(f"{fid:04X}" for fid in (0x3F00, *path))
