"""The fault matrix as one HTML file: each fault with what it changes in the suites."""

from collections.abc import Sequence
from pathlib import Path

from rspcore.frozen import dataclass
from rspharness.report.html import template

__all__ = ["FaultRow", "write_faults"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRow:
    """What a run found about one fault.

    Attributes:
        name: Its name.
        summary: What a card with it does.
        breaks: Requirements it has to break.
        changed: Requirements whose case had another result, in order.
    """

    name: str
    summary: str
    breaks: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def others(self) -> tuple[str, ...]:
        """Returns what changes beside the requirements it has to break."""
        return tuple(name for name in self.changed if name not in self.breaks)


def write_faults(rows: Sequence[FaultRow], path: Path) -> None:
    """Writes the page."""
    path.write_text(template("fault_page.html.j2").render(rows=rows), encoding="utf-8")
