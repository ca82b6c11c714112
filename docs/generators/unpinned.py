"""What nothing outside pins: choices in place of facts no public source settles, and probes."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from generators.page import cell, save, table
from rspharness.record.catalogue import Catalogue

__all__ = ["UNPINNED", "probes", "unpinned", "write"]

UNPINNED: Final = Path(__file__).parents[1] / "unpinned.toml"
_CATALOGUE: Final = Path(__file__).parents[2] / "fixtures" / "requirements" / "euicc.csv"


def unpinned() -> dict[str, dict[str, Any]]:
    """Returns the choices by section: the fact, then what stands here and what sets it."""
    return tomllib.loads(UNPINNED.read_text(encoding="utf-8"))


def write(folder: Path) -> None:
    """Writes `unpinned.md`."""
    parts = [
        f"## {section}\n\n"
        + table(
            ("not public", "here", "set by"),
            (
                (cell(fact), cell(one["here"]), f"`{one['set']}`" if "set" in one else "")
                for fact, one in facts.items()
            ),
        )
        for section, facts in unpinned().items()
    ]
    save(
        folder,
        "unpinned.md",
        "# What nothing pins",
        "The texts of version 3 are not public. Octet strings worked out by other compilers, the "
        "extension files of the public test certificates and a second ASN.1 reader hold what is "
        "built here from outside; each is a test. What follows rests on none of them.",
        *parts,
        "## Probes",
        "Rows of the catalogue with the mark `[confirm]` record what a card does, and fail none.",
        table(("row", "what is tried", "what passes"), probes()),
    )


def probes() -> Iterator[tuple[str, str, str]]:
    """Yields each probe of version 3: its id, its title, and what it records."""
    for row in Catalogue.load(_CATALOGUE):
        if row.versions == "v3" and row.probe:
            passes = row.expected.removesuffix("[confirm]").strip()
            yield f"`{row.id}`", cell(row.title), cell(passes)
