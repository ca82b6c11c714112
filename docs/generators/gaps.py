"""What the card, the servers and the suites do not do, from the one list of it."""

import tomllib
from pathlib import Path
from typing import Final

from generators.page import cell, save, table

__all__ = ["GAPS", "gaps", "write"]

GAPS: Final = Path(__file__).parents[1] / "gaps.toml"


def gaps() -> dict[str, dict[str, str]]:
    """Returns the gaps by section: what is not done, then why."""
    return tomllib.loads(GAPS.read_text(encoding="utf-8"))


def write(folder: Path) -> None:
    """Writes `gaps.md`."""
    parts = [
        f"## {section}\n\n"
        + table(("not done", "because"), ((cell(a), cell(b)) for a, b in rows.items()))
        for section, rows in gaps().items()
    ]
    save(
        folder,
        "gaps.md",
        "# What is not done",
        "By command and function. A test holds the list against the code: what is done and stands "
        "here, and what is not done and does not, is an error.",
        *parts,
    )
