"""Runs the suites on one simulated card that is kept, at each level, and prints a table.

    python harness/kept/cells.py [--state FILE] [--report DIR] [--rounds N]

The card is new unless a file is named, and serves all cells one after the other: what one leaves is
there for the next. Exit code 1 when a case is not green that harness/kept/known.toml does
not list, when a listed one is green in every cell, or when a cell leaves something on the card.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rspsim.stores.sqlite import SqliteStore

ROOT = Path(__file__).resolve().parents[2]
KNOWN = ROOT / "harness" / "kept" / "known.toml"
LEVELS = ("read-only", "profiles", "destructive", "irreversible")
RED = {"fail", "inconclusive", "blocked", "error"}
SUITES = "import sys; from rspharness.cli.main import main; sys.exit(main(sys.argv[1:]))"
LINE = "{:<14}{:>8}{:>16}{:>8}{:>8}   {}"


@dataclass(frozen=True, slots=True)
class Cell:
    """One run on the card.

    Attributes:
        level: Level of the run.
        counts: How many cases have each verdict.
        red: The cases that are not green, each with its reason, by their first id.
        left: What the card holds afterwards that it did not hold when it was new, in words.
    """

    level: str
    counts: Counter[str]
    red: dict[str, str]
    left: str

    def line(self) -> str:
        """Returns the line of the table."""
        counts = self.counts
        return LINE.format(
            self.level,
            counts["pass"],
            counts["not applicable"],
            counts["probe"],
            counts.total(),
            f"{len(self.red)} not green, left: {self.left or 'nothing'}",
        )


def main() -> int:
    """Runs every cell, prints the table and what is wrong; returns 1 when something is."""
    parser = argparse.ArgumentParser(description="Run the suites on a card that is kept.")
    parser.add_argument("--state", type=Path, help="file of the card (default: a new one)")
    parser.add_argument("--report", type=Path, help="folder for the reports")
    parser.add_argument("--rounds", type=int, default=1, help="how often every cell runs")
    options = parser.parse_args()
    known = tomllib.loads(KNOWN.read_text(encoding="utf-8"))["known"]
    with tempfile.TemporaryDirectory() as folder:
        state = options.state or Path(folder) / "card.db"
        reports = options.report or Path(folder)
        print(LINE.format("level", "passed", "not applicable", "probe", "all", ""), flush=True)
        cells = []
        for level in LEVELS * options.rounds:
            cells.append(run(level, state, reports / level))
            print(cells[-1].line(), flush=True)
    found = list(problems(cells, known))
    print("\n".join(found))
    return 1 if found else 0


def run(level: str, state: Path, report: Path) -> Cell:
    """Runs the suites at one level and returns what came of it.

    Raises:
        RuntimeError: the run wrote no results; the message is the end of what it printed.
    """
    words = ("run", "--target", "kept", "--state", state, "--level", level, "--report", report)
    done = subprocess.run(
        [sys.executable, "-c", SUITES, *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    results = report / "latest" / "results.json"
    if not results.exists():
        raise RuntimeError(f"--level {level}: no results; {(done.stdout + done.stderr)[-2000:]}")
    cases = json.loads(results.read_text(encoding="utf-8"))["cases"]
    return Cell(
        level,
        Counter(case["verdict"] for case in cases),
        {case["ids"][0]: case["reason"] for case in cases if case["verdict"] in RED},
        left_on(state),
    )


def left_on(path: Path) -> str:
    """Returns what a card that was new holds now, in words; revocation lists stay for ever."""
    with SqliteStore(path) as store:
        state = store.load()
    if state is None:
        return "no card"
    left = [f"Profile {one.iccid}" for one in state.profiles]
    left += [f"Notification {one.seq_number}" for one in state.notifications]
    if state.addresses.default_dp:
        left.append(f"default SM-DP+ address {state.addresses.default_dp}")
    return ", ".join(left)


def problems(cells: list[Cell], known: dict[str, str]) -> list[str]:
    """Returns what is wrong, one line each."""
    found = [
        f"{cell.level}: {name} is not green: {reason}"
        for cell in cells
        for name, reason in cell.red.items()
        if name not in known
    ]
    found += [f"{cell.level}: the run left {cell.left}" for cell in cells if cell.left]
    red = {name for cell in cells for name in cell.red}
    found += [f"{KNOWN.name}: {name} is green now, take it out" for name in sorted({*known} - red)]
    return found


if __name__ == "__main__":
    sys.exit(main())
