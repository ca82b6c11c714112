"""Users' stories: each with its variants, and the faults that each has to find."""

import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Final

from generators.catalogue import anchor
from generators.page import cell, save, table
from rspharness.record.catalogue import Catalogue, Requirement

__all__ = ["write"]

_ROOT: Final = Path(__file__).parents[2]
_ROWS: Final = _ROOT / "fixtures" / "requirements" / "scenarios.csv"
_FAULTS: Final = _ROOT / "harness" / "scenarios" / "faults.toml"


def _line(row: Requirement, faults: dict[str, list[str]]) -> tuple[str, str, str]:
    """Returns the cells of a row: its id as a link, its title, and the faults it finds."""
    named = ", ".join(f"`{name}`" for name in faults.get(row.id, ()))
    return f"[{cell(row.id)}](#{anchor(row.id)})", cell(row.title), named


def write(folder: Path) -> None:
    """Writes `stories.md`: a section for each story, with a line for each of its rows."""
    faults = tomllib.loads(_FAULTS.read_text(encoding="utf-8"))
    stories = defaultdict(list)
    for row in Catalogue.load(_ROWS):
        stories[row.function].append(row)
    sections = [
        f"## {cell(name)}\n\n"
        + table(("row", "story", "red on"), (_line(row, faults) for row in rows))
        for name, rows in stories.items()
    ]
    save(
        folder,
        "stories.md",
        "# Users' stories",
        "Each row is a story or a variant of it, played by a case of `suites/scenarios/`. On the "
        "right are the faults on which it has to be red: of the card, or behind `server:` of the "
        "SM-DP+. `harness/scenarios/faults.py --all` plays them.",
        *sections,
    )
