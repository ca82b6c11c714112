"""The installer (being built)."""

from dataclasses import dataclass, field
from typing import Final

__all__ = ["EMPTY_INSTALLATION", "Installation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Hold what came of a profile package so far.

    Attributes:
        pending: Octets that do not make a whole profile element yet.
        elements: Profile elements received whole, as octets.
    """

    pending: bytes = field(default=b"", repr=False)
    elements: tuple[bytes, ...] = field(default=(), repr=False)


EMPTY_INSTALLATION: Final = Installation()
"""The installation before its first octet."""
