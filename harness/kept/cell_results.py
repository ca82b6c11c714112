"""A file of what came of cells, so that the table can be run in pieces.

One line of JSON for each cell that was run, with the digest of the sources it was run at. The same
cell at the same sources is taken from the file. The committed lists are no part of the digest: an
outcome is held against them when it is read.
"""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import sources
from cell_runs import Cell, Outcome, words_of


class Results:
    """The outcomes in a file, those of other sources left out.

    Args:
        path: The file; made when it is not there. None keeps nothing.
        cases: The cases that are asked for; all without any.
    """

    def __init__(self, path: Path | None, cases: Iterable[str]) -> None:
        self._path = path
        self._at = {"sources": sources.digest(), "cases": sorted(cases)}
        self._lines: dict[tuple[Cell, bool], dict[str, Any]] = {}
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                entry = json.loads(line)
                if entry["at"] == self._at:
                    self._lines[Cell(*entry["cell"]), entry["directly"]] = entry

    def get(self, cell: Cell, *, directly: bool) -> Outcome | None:
        """Returns what came of a cell; None if it has not run at these sources.

        Args:
            cell: The cell.
            directly: Whether the card is called without the PC/SC daemon.
        """
        entry = self._lines.get((cell, directly))
        if entry is None:
            return None
        return Outcome(
            cell,
            counts=Counter(entry["counts"]),
            ran=set(entry["ran"]),
            apart=entry["apart"],
            problems=entry["problems"],
            directly=directly,
        )

    def add(self, outcome: Outcome) -> None:
        """Writes an outcome, before it is held against the lists; none of a run without results."""
        if self._path is None or not outcome.ran:
            return
        entry = {
            "at": self._at,
            "cell": words_of(outcome.cell),
            "directly": outcome.directly,
            "counts": outcome.counts,
            "ran": sorted(outcome.ran),
            "apart": outcome.apart,
            "problems": outcome.problems,
        }
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
