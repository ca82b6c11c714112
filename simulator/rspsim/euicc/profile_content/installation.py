"""A profile package as far as a card has received it."""

from dataclasses import field
from typing import Final

from rspcore.frozen import dataclass
from rspcore.messages.euicc_response import PeStatus
from rspcore.profile_reader.elements import PackageReader, ProfileElementTlv
from rspsim.euicc.profile_content.interpreter.building import Building
from rspsim.euicc.profile_content.model import EMPTY_CONTENT, ProfileContent

__all__ = ["EMPTY_INSTALLATION", "Installation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """A profile package as far as it was received.

    Attributes:
        reader: Octets that do not make a whole profile element yet.
        elements: Profile elements received whole.
        building: What the elements made so far; None before the first.
        size: Octets received.
    """

    reader: PackageReader = field(default_factory=PackageReader, repr=False)
    elements: tuple[ProfileElementTlv, ...] = field(default=(), repr=False)
    building: Building | None = field(default=None, repr=False)
    size: int = 0

    @property
    def remarks(self) -> tuple[PeStatus, ...]:
        """Returns the statuses of the interpreter other than "ok"."""
        return () if self.building is None else self.building.statuses

    @property
    def content(self) -> ProfileContent:
        """Returns what the elements made."""
        return EMPTY_CONTENT if self.building is None else self.building.content

    @property
    def package(self) -> bytes:
        """Returns the octets of all elements."""
        return b"".join(element.raw for element in self.elements)

    @property
    def ended(self) -> bool:
        """Returns whether PE-End was received."""
        return bool(self.elements) and self.elements[-1].is_end


EMPTY_INSTALLATION: Final = Installation()
"""The installation before its first octet."""
