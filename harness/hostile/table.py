"""Runs the suites on hostile cards and prints a table: owning rows, fails, blocked, seconds.

    python harness/hostile/table.py                        four cards, drawn by the commit
    python harness/hostile/table.py --all                  every card of fixtures/hostile.toml
    python harness/hostile/table.py hostile.malformed-rat  one of them, or several
    python harness/hostile/table.py --all --kept           in a virtual reader, as `card serve`
    python harness/hostile/table.py --all --again          and the line of each red case, run again

Each card is one process of `rsplab run`, with `--target inprocess` or, behind pcscd, `--target
kept`. The rows that own what a card does wrong stand in the file, with their clause; they have to
FAIL and no other row may. A card without such a row is right, and its run is green, or has a cause
that the report has to name. Every run has to end within a minute, with its report; on the terminal
and in HTML it opens with what blocks cases. With `--again` the line that stands under each failed
case, "again", is run as it is printed and has to fail the same rows.

Exit code 1 when a card is not as its fixture says, with a line for each difference.
"""

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time  # noqa: TID251  how long a run takes is a column of the table
import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from rspharness.report.git_commit import lot_of
from rspsim.transports.shared_daemon import shared_pcscd

ROOT = Path(__file__).resolve().parents[2]
FIXTURE = ROOT / "fixtures" / "hostile.toml"
LIMIT_S = 60
WORKERS = 2
SHORT = 4
"""Cards of a short table."""
REPORTS = ("results.json", "index.html")
RUN = "import sys; from rspharness.cli.main import main; sys.exit(main(sys.argv[1:]))"
_CAUSES = r"\d+ causes? blocks? \d+ cases?"
LINE = "{:<50} {:>6} {:>5} {:>7} {:>7}   {}"


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
    parser.add_argument("--all", action="store_true", help="every card")
    parser.add_argument("--kept", action="store_true", help="in a virtual reader of pcscd")
    parser.add_argument("--again", action="store_true", help="run the line of each red case too")
    options = parser.parse_args()
    if unknown := sorted(set(options.names) - set(known)):
        parser.error(f"{', '.join(unknown)}: expected {', '.join(known)}")
    if options.kept:
        cards = [card for card in cards if "not_kept" not in card]
    if options.names:
        cards = [card for card in cards if card["name"] in options.names]
    elif not options.all:
        cards = _drawn(cards)
    print(LINE.format("card", "owners", "fails", "blocked", "seconds", ""))
    with ExitStack() as held:
        readers: SimpleQueue[str] = SimpleQueue()
        if options.kept:
            for slot in held.enter_context(shared_pcscd(slots=WORKERS)).slots:
                readers.put(slot.reader)
        pool = held.enter_context(ThreadPoolExecutor(WORKERS))
        free = readers if options.kept else None
        done = [pool.submit(_ran, card, free, again=options.again) for card in cards]
        for one in done:
            print(one.result().line(), flush=True)
    outcomes = [one.result() for one in done]
    for one in outcomes:
        print(f"{one.name}: {', '.join(one.owners) or 'no owning row'}")
        for problem in one.problems:
            print(f"    wrong: {problem}")
    return int(any(one.problems for one in outcomes))


def _drawn(cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the cards of a short table, drawn by the commit; one of them has two faults."""

    def lot(card: dict[str, Any]) -> bytes:
        return lot_of(ROOT, card["name"])

    doubles = [card for card in cards if card.get("double")]
    singles = [card for card in cards if not card.get("double")]
    return [*sorted(doubles, key=lot)[:1], *sorted(singles, key=lot)[: SHORT - 1]]


def _ran(card: dict[str, Any], readers: SimpleQueue[str] | None, *, again: bool) -> Outcome:
    """Runs a card, in process or in the next reader that is free."""
    if readers is None:
        return _outcome(card, "", again=again)
    reader = readers.get()
    try:
        return _outcome(card, reader, again=again)
    finally:
        readers.put(reader)


def _outcome(card: dict[str, Any], reader: str, *, again: bool) -> Outcome:
    outcome = Outcome(card["name"], tuple(card["owners"]))
    words = [f"--card-fault={card.get('fault', card['name'])}", f"--level={card['level']}"]
    words += [word for case in card.get("cases", ()) for word in ("--case", case)]
    with tempfile.TemporaryDirectory() as made:
        kept = ["--target=kept", f"--state={made}/card.db", f"--reader={reader}"]
        words += kept if reader else ["--target=inprocess"]
        command = [sys.executable, "-c", RUN, "run", f"--report={made}/reports", *words]
        begun = time.monotonic()
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                cwd=ROOT,
                env={**os.environ, "RSPLAB_JOURNALS": f"{made}/journals"},
                timeout=2 * _limit_s(),
                check=False,
            )
        except subprocess.TimeoutExpired:
            outcome.problems.append("the run did not end within twice its time")
            return outcome
        outcome.seconds = time.monotonic() - begun
        reports = Path(made) / "reports" / "latest"
        missing = [name for name in REPORTS if not (reports / name).exists()]
        if missing:
            said = (done.stderr or done.stdout).strip().splitlines()[-1:]
            what = f"no {', '.join(missing)}; exit code {done.returncode}: {' '.join(said)}"
            outcome.problems.append(what)
            return outcome
        results = json.loads((reports / REPORTS[0]).read_text("utf-8"))
        _judge(outcome, card, results, done)
        _judge_page(outcome, results, (reports / REPORTS[1]).read_text("utf-8"))
        if again:
            _run_again(outcome, results, Path(made))
    return outcome


def _run_again(outcome: Outcome, results: dict[str, Any], made: Path) -> None:
    """Runs the line of each failed case as it is printed; the same rows have to fail."""
    for case in results["cases"]:
        if case["verdict"] != "fail":
            continue
        wanted = {row for row, verdict in case["verdicts"].items() if verdict == "fail"}
        program, *words = shlex.split(case["again"])
        if program != "rsplab":
            outcome.problems.append(f"the line of {case['ids'][0]} begins with {program}")
            continue
        folder = made / "again"
        places = {"RSPLAB_REPORT": str(folder), "RSPLAB_JOURNALS": f"{made}/journals"}
        subprocess.run(
            [sys.executable, "-c", RUN, *words],
            capture_output=True,
            cwd=ROOT,
            env={**os.environ, **places},
            timeout=2 * _limit_s(),
            check=False,
        )
        found = json.loads((folder / "latest" / REPORTS[0]).read_text("utf-8"))["cases"]
        failed = {
            row for one in found for row, verdict in one["verdicts"].items() if verdict == "fail"
        }
        if failed != wanted:
            what = f"again: {case['again']} fails {sorted(failed)}, not {sorted(wanted)}"
            outcome.problems.append(what)


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
    if blocked and not re.match(f"{_CAUSES}:", first := _first_line(done.stdout)):
        outcome.problems.append(f"the report opens with {first!r} and not with the causes")
    if card.get("right"):
        _differ(outcome, "blocked rows", by_verdict.get("blocked", set()))
    if done.returncode != (wanted := _exit_code(card)):
        outcome.problems.append(f"exit code {done.returncode}, not {wanted}")
    if outcome.seconds > (limit := _limit_s()):
        outcome.problems.append(f"{outcome.seconds:.0f} s, more than {limit:.0f}")


def _judge_page(outcome: Outcome, results: dict[str, Any], page: str) -> None:
    """Requires the page of a run with blocked cases to open with what blocks them, each named."""
    causes = {
        case["blocked_by"]["row"] for case in results["cases"] if case["verdict"] == "blocked"
    }
    if not causes:
        return
    first, *others = re.split(r"<h2[^>]*>", page)[1:]
    heading = first.partition("</h2>")[0]
    if not re.fullmatch(_CAUSES, heading):
        outcome.problems.append(f"index.html opens with {heading!r} and not with the causes")
    elif missing := sorted(row for row in causes if row not in first):
        outcome.problems.append(f"index.html names no cause {', '.join(missing)} at its beginning")
    elif not others:
        outcome.problems.append("index.html has nothing after the causes")


def _exit_code(card: dict[str, Any]) -> int:
    """Returns the exit code of a run: 0 on a right card, 3 where only the card was lost, else 1."""
    if card.get("right"):
        return 0
    return 3 if card.get("cause") and not card["owners"] else 1


def _limit_s() -> float:
    """Returns how long a run may take, in seconds: longer where its core is shared with others."""
    return LIMIT_S * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def _first_line(printed: str) -> str:
    """Returns the first line of the summary of a run."""
    summary = re.split(r"^=+ conformance =+$", printed, maxsplit=1, flags=re.MULTILINE)[-1]
    return next(iter(summary.strip().splitlines()), "")


def _differ(outcome: Outcome, what: str, rows: set[str]) -> None:
    if rows:
        shown = ", ".join(sorted(rows)[:8]) + (
            f" and {len(rows) - 8} more" if len(rows) > 8 else ""
        )
        outcome.problems.append(f"{what}: {shown}")


if __name__ == "__main__":
    sys.exit(main())
