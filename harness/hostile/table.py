"""Runs the suites on hostile cards and prints a table: owning rows, fails, blocked, seconds.

    python harness/hostile/table.py                       every card of fixtures/hostile.toml
    python harness/hostile/table.py hostile.malformed-rat  one of them, or several

Each card is one process of `rsplab run --target inprocess`. The rows that own what a card does
wrong stand in the file, with their clause; they have to FAIL and no other row may. A card without
such a row has a cause, and the report has to name it. Every run has to end within a minute, with
its report.

Exit code 1 when a card is not as its fixture says, with a line for each difference.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time  # noqa: TID251  how long a run takes is a column of the table
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FIXTURE = ROOT / "fixtures" / "hostile.toml"
LIMIT_S = 60
RUN = "import sys; from rspharness.cli.main import main; sys.exit(main(sys.argv[1:]))"
LINE = "{:<34} {:>6} {:>5} {:>7} {:>7}   {}"


@dataclass(slots=True)
class Outcome:
    """What came of a card.

    Attributes:
        name: Name of the card.
        owners: The rows that have to fail.
        failed: The rows that failed.
        blocked: How many cases are blocked.
        seconds: How long the run took.
        problems: What is not as the fixture says, one line each.
    """

    name: str
    owners: tuple[str, ...]
    failed: set[str] = field(default_factory=set)
    blocked: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    def line(self) -> str:
        """Returns the line of the table."""
        end = f"{len(self.problems)} wrong" if self.problems else "as written"
        counts = (len(self.owners), len(self.failed), self.blocked, f"{self.seconds:.1f}")
        return LINE.format(self.name, *counts, end)


def main() -> int:
    """Runs the cards, prints the table and what is wrong; returns 1 when something is."""
    cards = tomllib.loads(FIXTURE.read_text("utf-8"))["card"]
    known = [card["name"] for card in cards]
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these cards")
    wanted = parser.parse_args().names
    if unknown := sorted(set(wanted) - set(known)):
        parser.error(f"{', '.join(unknown)}: expected {', '.join(known)}")
    print(LINE.format("card", "owners", "fails", "blocked", "seconds", ""))
    outcomes = []
    for card in cards:
        if not wanted or card["name"] in wanted:
            outcomes.append(_ran(card))
            print(outcomes[-1].line(), flush=True)
    for one in outcomes:
        print(f"{one.name}: {', '.join(one.owners) or 'no owning row'}")
        for problem in one.problems:
            print(f"    wrong: {problem}")
    return int(any(one.problems for one in outcomes))


def _ran(card: dict[str, Any]) -> Outcome:
    outcome = Outcome(card["name"], tuple(card["owners"]))
    words = [f"--card-fault={card.get('fault', card['name'])}", f"--level={card['level']}"]
    words += [word for case in card.get("cases", ()) for word in ("--case", case)]
    with tempfile.TemporaryDirectory() as made:
        command = [
            sys.executable,
            "-c",
            RUN,
            "run",
            "--target=inprocess",
            f"--report={made}",
            *words,
        ]
        begun = time.monotonic()
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, cwd=ROOT, timeout=2 * LIMIT_S, check=False
            )
        except subprocess.TimeoutExpired:
            outcome.problems.append(f"the run did not end within {2 * LIMIT_S} s")
            return outcome
        outcome.seconds = time.monotonic() - begun
        file = Path(made) / "latest" / "results.json"
        if not file.exists():
            said = (done.stderr or done.stdout).strip().splitlines()[-1:]
            outcome.problems.append(f"no report; exit code {done.returncode}: {' '.join(said)}")
            return outcome
        results = json.loads(file.read_text("utf-8"))
        _judge(outcome, card, results, done)
    return outcome


def _judge(
    outcome: Outcome,
    card: dict[str, Any],
    results: dict[str, Any],
    done: subprocess.CompletedProcess[str],
) -> None:
    """Holds the results of a run against the fixture."""
    by_verdict: dict[str, set[str]] = {}
    for case in results["cases"]:
        for row, verdict in case["verdicts"].items():
            by_verdict.setdefault(verdict, set()).add(row)
    for finding in results.get("findings", ()):
        by_verdict.setdefault("fail", set()).add(finding["row"])
    outcome.failed = by_verdict.get("fail", set())
    blocked = [case for case in results["cases"] if case["verdict"] == "blocked"]
    outcome.blocked = len(blocked)
    owners = set(outcome.owners)
    _differ(outcome, "owning rows that do not FAIL", owners - outcome.failed)
    _differ(outcome, "other rows that FAIL", outcome.failed - owners)
    _differ(outcome, "rows with ERROR", by_verdict.get("error", set()))
    strangers = {case["blocked_by"]["row"] for case in blocked} - owners
    _differ(outcome, "rows blamed that are no owners", strangers)
    if not (cause := card.get("cause")):
        _differ(outcome, "inconclusive rows", by_verdict.get("inconclusive", set()))
    elif cause not in done.stdout:
        outcome.problems.append(f"the report does not say {cause!r}")
    if blocked and not _opens_with_cause(done.stdout):
        outcome.problems.append("the report does not open with the causes")
    if card.get("right"):
        _differ(outcome, "blocked rows", by_verdict.get("blocked", set()))
    if done.returncode != (wanted := 0 if card.get("right") else 1):
        outcome.problems.append(f"exit code {done.returncode}, not {wanted}")
    if outcome.seconds > LIMIT_S:
        outcome.problems.append(f"{outcome.seconds:.0f} s, more than {LIMIT_S}")


def _opens_with_cause(printed: str) -> bool:
    """Returns whether the summary of a run begins with what blocks its cases."""
    _, _, summary = printed.partition("conformance ====")
    lines = summary.splitlines()[1:]
    return bool(lines) and re.match(r"\d+ causes? blocks? \d+ cases?:", lines[0]) is not None


def _differ(outcome: Outcome, what: str, rows: set[str]) -> None:
    if rows:
        shown = ", ".join(sorted(rows)[:8]) + (
            f" and {len(rows) - 8} more" if len(rows) > 8 else ""
        )
        outcome.problems.append(f"{what}: {shown}")


if __name__ == "__main__":
    sys.exit(main())
