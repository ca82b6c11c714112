"""The class `HostileCard`: the name of a hostile card, and what makes it of a sound one."""

from collections.abc import Callable
from dataclasses import dataclass

from rspsim.transports.vpcd import Card

__all__ = ["HostileCard"]


@dataclass(frozen=True, slots=True)
class HostileCard:
    """One hostile card: it errs on the way between a sound card and the reader.

    Attributes:
        name: Lower-case name that begins with "hostile.".
        summary: What the card does, one sentence.
        around: Returns the hostile card around a sound one.
    """

    name: str
    summary: str
    around: Callable[[Card], Card]
