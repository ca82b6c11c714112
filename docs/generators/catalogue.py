"""The catalogue, a page per function and an anchor per row."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Final

from generators.page import cell, save, table
from rspharness.record.catalogue import Catalogue, Requirement

__all__ = ["anchor", "write"]

_FOLDER: Final = Path(__file__).parents[2] / "fixtures" / "requirements"


def anchor(row: str) -> str:
    """Returns the anchor of a row: its id in lower case, of letters, digits and dashes.

    >>> anchor("ES10b.PrepareDownload#13")
    'es10b-preparedownload-13'
    >>> anchor("ES8+.StoreMetadata#01")
    'es8p-storemetadata-01'
    """
    return re.sub(r"[^a-z0-9]+", "-", row.lower().replace("+", "p")).strip("-")


def _functions(catalogue: Catalogue) -> dict[tuple[str, str], list[Requirement]]:
    """Returns the rows of each area and function, in the order of the catalogue."""
    found = defaultdict(list)
    for row in catalogue:
        found[row.area, row.function].append(row)
    return dict(found)


def _row(row: Requirement) -> str:
    """Returns the section of a row."""
    facts = [
        f"**Expected:** {cell(row.expected)}",
        f"Source: {cell(row.spec_ref)}"
        + (f"; test case {cell(row.test_case)}" if row.test_case else ""),
        f"Versions: {cell(row.versions)}; {cell(row.kind)}",
    ]
    if row.initial_conditions:
        facts.insert(0, f"Initial conditions: {cell(row.initial_conditions)}")
    if str(row.condition):
        facts.append(f"Applies where `{row.condition}`")
    if row.probe:
        facts.append("*Probe: what the card does is recorded and never fails.*")
    body = "\n".join(f"- {fact}" for fact in facts)
    return f"({anchor(row.id)})=\n## {cell(row.id)}\n\n{cell(row.title)}\n\n{body}"


def write(folder: Path) -> None:
    """Writes `catalogue/`: the list of functions, and a page of rows for each."""
    catalogue = Catalogue.load(_FOLDER)
    pages = folder / "catalogue"
    rows, names = [], []
    for (area, function), found in _functions(catalogue).items():
        name = anchor(f"{area} {function}")
        names.append(name)
        save(pages, f"{name}.md", f"# {cell(function)}", f"Area {cell(area)}.", *map(_row, found))
        probes = sum(row.probe for row in found)
        rows.append((cell(area), f"[{cell(function)}]({name}.md)", str(len(found)), str(probes)))
    total = len(catalogue)
    save(
        pages,
        "index.md",
        "# Catalogue",
        f"{total} rows, each a behaviour that SGP.22 asks of a consumer eUICC, or a user's story "
        "that has to come true with one, with a stable id. "
        "A row whose expected value public material does not settle is a probe. The link of a row "
        "is its id in lower case: `#es10b-preparedownload-13`.",
        table(("area", "function", "rows", "probes"), rows),
        "```{toctree}\n:hidden:\n\n" + "\n".join(names) + "\n```",
    )
    wanted = {f"{name}.md" for name in (*names, "index")}
    for page in pages.glob("*.md"):
        if page.name not in wanted:
            page.unlink()
