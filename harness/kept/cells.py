"""Runs the suites on kept cards and prints a table: cards x levels x orders.

    python harness/kept/cells.py                  three cells, drawn by the commit: short
                                                  (the one of level profiles in this process)
    python harness/kept/cells.py --all            every cell
    python harness/kept/cells.py --card blank --level profiles --order twice
    python harness/kept/cells.py --all --write    write the committed lists anew
    python harness/kept/cells.py --in-process     the same without the PC/SC daemon: faster

A card is a target file in `cards/`. Each cell makes it, behind the PC/SC daemon, and runs the
suites at its level: in the order of the files, in one drawn from a seed, or twice. In no run may a
case be other than pass, probe or not applicable. A case whose verdict is not that of a new card, in
process and of the same personality, has to be not applicable, and to be listed in
`not_applicable/CARD.toml`; a listed one has to be not applicable in the order of the files. What
the card holds before and after the cell has to be the same, by the octets of its state; counters
that only rise are left out.

Exit code 1 when something is wrong, with a line for each.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import product
from pathlib import Path
from queue import SimpleQueue

from card_parts import differences, held

from rspcore.pki.generate import make_pki
from rspharness.run.opening import load_settings
from rspharness.simulated.used_card import used_state
from rspharness.targets.target import TargetOptions
from rspsim.stores.sqlite import SqliteStore
from rspsim.transports.shared_daemon import shared_pcscd

ROOT = Path(__file__).resolve().parents[2]
CARDS = ROOT / "harness" / "kept" / "cards"
LISTS = ROOT / "harness" / "kept" / "not_applicable"
LEVELS = ("read-only", "profiles", "destructive")
IRREVERSIBLE = "irreversible"
"""A level with a cell of its own, on a card made for it, whose CRLs are not compared."""
ORDERS = {"files": ("",), "shuffled": ("7",), "twice": ("", "7")}
"""The seed of --shuffle of each run of a cell, empty for the order of the files."""
FINE = {"pass", "not applicable", "probe"}
SUITES = "import sys; from rspharness.cli.main import main; sys.exit(main(sys.argv[1:]))"
IN_PROCESS = """
from rspharness.run import opening
from rspharness.simulated.kept_in_process import KeptInProcess
opening.TARGETS = (
    *(one for one in opening.TARGETS if one.name != "kept"),
    opening.TargetKind("kept", KeptInProcess, ""),
)
"""
"""Has kept cards called directly, without the PC/SC daemon."""
LINE = "{:<20} {:<13} {:<9} {:>7} {:>15} {:>6} {:>5}   {}"
NO_RESULTS = "no results"

Kind = tuple[tuple[str, str], ...]
"""Keys and values of a table [card] that make another kind of card."""
Verdicts = dict[str, tuple[str, str, str]]
"""Verdict, reason and level of each case, by its node id."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One card at one level in one order."""

    card: str
    level: str
    order: str


@dataclass(slots=True)
class Outcome:
    """What came of a cell.

    Attributes:
        cell: The cell.
        runs: The verdicts of each of its runs.
        problems: What is wrong, one line each.
        apart: Cases that are not applicable here and are on a new card, by their reasons.
        directly: Whether the card was called without the PC/SC daemon.
    """

    cell: Cell
    runs: list[Verdicts] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    apart: dict[str, str] = field(default_factory=dict)
    directly: bool = False

    def line(self) -> str:
        """Returns the line of the table, of the last run."""
        counts = Counter(verdict for verdict, *_ in self.runs[-1].values()) if self.runs else {}
        words = (counts.get(one, 0) for one in ("pass", "not applicable", "probe"))
        end = f"{len(self.problems)} wrong" if self.problems else "as new, nothing left"
        end += ", in process" if self.directly else ""
        total = sum(counts.values())
        return LINE.format(self.cell.card, self.cell.level, self.cell.order, *words, total, end)


def main() -> int:
    """Runs cells, prints the table and what is wrong; returns 1 when something is."""
    options = _arguments()
    every = [Cell(*one) for one in product(_cards(), LEVELS, ORDERS)]
    every.append(Cell("blank", IRREVERSIBLE, "files"))
    asked = _chosen(every, options)
    chosen = asked or _drawn(every)
    with ExitStack() as held, tempfile.TemporaryDirectory() as made:
        folder = options.report or Path(made)
        if not options.in_process:
            held.enter_context(shared_pcscd(slots=2))
        pool = held.enter_context(ThreadPoolExecutor(2))
        readers: SimpleQueue[str] = SimpleQueue()
        for slot in range(2):
            readers.put(f"Virtual PCD 00 {slot:02d}")

        def begun(cell: Cell) -> Future[Outcome]:
            directly = options.in_process or (not asked and cell.level == "profiles")
            place = folder / "-".join(_words(cell))
            return pool.submit(_in_reader, cell, None if directly else readers, place)

        done = [begun(chosen[0])]
        news = {
            kind: pool.submit(_on_new_cards, card, level, folder / f"new-{card}")
            for kind, (card, level) in _needed(chosen).items()
        }
        done += map(begun, chosen[1:])
        print(LINE.format("card", "level", "order", "passed", "not applicable", "probe", "all", ""))
        outcomes = []
        for one in done:
            outcome = one.result()
            _compare(outcome, news[_kind(outcome.cell.card)].result())
            if not options.write:
                _hold_against_list(outcome)
            print(outcome.line(), flush=True)
            outcomes.append(outcome)
    if options.write:
        _write(outcomes)
    problems = [
        f"{' '.join(_words(one.cell))}: {problem}" for one in outcomes for problem in one.problems
    ]
    print("\n".join(problems))
    return 1 if problems else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run the suites on cards that are kept.")
    parser.add_argument("--all", action="store_true", help="every cell")
    parser.add_argument("--card", action="append", choices=_cards(), help="cells of this card")
    parser.add_argument(
        "--level", action="append", choices=(*LEVELS, IRREVERSIBLE), help="cells of this level"
    )
    parser.add_argument("--order", action="append", choices=ORDERS, help="cells in this order")
    parser.add_argument("--report", type=Path, help="folder for the reports")
    parser.add_argument("--in-process", action="store_true", help="without the PC/SC daemon")
    parser.add_argument("--write", action="store_true", help="write the committed lists anew")
    return parser.parse_args()


def _cards() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in CARDS.glob("*.toml")))


def _words(cell: Cell) -> tuple[str, str, str]:
    return cell.card, cell.level, cell.order


def _chosen(every: list[Cell], options: argparse.Namespace) -> list[Cell]:
    if not (options.all or options.card or options.level or options.order):
        return []
    return [
        cell
        for cell in every
        if (not options.card or cell.card in options.card)
        and (not options.level or cell.level in options.level)
        and (not options.order or cell.order in options.order)
    ]


def _drawn(every: list[Cell]) -> list[Cell]:
    """Returns one cell of each level, drawn by the commit; the dearest order is not among them."""
    asked = subprocess.run(
        ["git", "rev-parse", "HEAD"],  # noqa: S607  the git of the one who asks
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    commit = asked.stdout.strip() or "no commit"

    def lot(cell: Cell) -> bytes:
        return sha256(" ".join((commit, *_words(cell))).encode()).digest()

    short = [one for one in every if one.order != "twice" or one.level == "read-only"]
    drawn: list[Cell] = []
    for level in reversed(LEVELS):  # the longest begins first
        taken = {one.card for one in drawn}
        left = [one for one in short if one.level == level and one.card not in taken]
        drawn.append(min(left, key=lot))
    return drawn


def _needed(cells: list[Cell]) -> dict[Kind, tuple[str, str]]:
    """Returns the kinds of cards of some cells, each with one card and the level to compare.

    The level is empty where one cell is of level irreversible: all cases are run then.
    """
    order = [*LEVELS, ""]
    needed: dict[Kind, tuple[str, str]] = {}
    for cell in cells:
        level = "" if cell.level == IRREVERSIBLE else cell.level
        card, before = needed.get(_kind(cell.card), (cell.card, LEVELS[0]))
        needed[_kind(cell.card)] = card, max(before, level, key=order.index)
    return needed


def _kind(card: str) -> Kind:
    """Returns what a new card of the same personality has of the table [card] of a card."""
    settings = tomllib.loads((CARDS / f"{card}.toml").read_text(encoding="utf-8"))
    kind = settings.get("card", {})
    if kind.get("preset") == "nearly-full":  # a matter of memory, not of the kind of card
        return ()
    return tuple((key, kind[key]) for key in ("personality", "preset") if key in kind)


def _on_new_cards(card: str, level: str, folder: Path) -> Verdicts:
    """Returns the verdicts of the cases in process, each on a new card of the same kind.

    Args:
        card: A card of this kind.
        level: The highest level; empty for all.
        folder: Folder for the report.
    """
    lines = ['kind = "inprocess"', f'name = "new {card}"', "[card]"]
    lines += [f'{key} = "{value}"' for key, value in _kind(card)]
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "target.toml"
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    words = ["--target", target, "--report", folder, *(["--level", level] if level else [])]
    return _run(words, folder)


def _in_reader(cell: Cell, readers: SimpleQueue[str] | None, folder: Path) -> Outcome:
    """Runs a cell in a reader that is free, or without one."""
    if readers is None:
        return _ran(cell, "", folder)
    reader = readers.get()
    try:
        return _ran(cell, reader, folder)
    finally:
        readers.put(reader)


def _ran(cell: Cell, reader: str, folder: Path) -> Outcome:
    """Runs a cell on a card made for it; compares the card before and after.

    Args:
        cell: The cell.
        reader: The virtual reader of the card; empty to call it directly.
        folder: Folder for card, journals and reports.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = folder / "card.db"
    state.unlink(missing_ok=True)
    outcome = Outcome(cell, directly=not reader)
    target = CARDS / f"{cell.card}.toml"
    _made(target, state)
    before = held(state)
    for number, seed in enumerate(ORDERS[cell.order]):
        report = folder / str(number)
        words = ["--target", target, "--state", state, "--level", cell.level]
        words += ["--report", report, *(["--shuffle", seed] if seed else [])]
        words += ["--reader", reader] if reader else []
        try:
            verdicts = _run(words, report, SUITES if reader else IN_PROCESS + SUITES)
        except RuntimeError as error:
            outcome.problems.append(str(error))
            continue
        outcome.runs.append(verdicts)
        outcome.problems += [
            f"run {number + 1}: {name} is {verdict}: {reason}"
            for name, (verdict, reason, _) in verdicts.items()
            if verdict not in FINE
        ]
    after = held(state)
    if cell.level == IRREVERSIBLE:
        after = replace(after, crls=before.crls)
    outcome.problems += [f"the card differs: {one}" for one in differences(before, after)]
    return outcome


def _made(target: Path, state: Path) -> None:
    """Makes the card of a target file."""
    made = used_state(TargetOptions(settings=load_settings(str(target)), pki=make_pki()))
    with SqliteStore(state) as store:
        store.commit(made)


def _run(words: list[object], report: Path, program: str = SUITES) -> Verdicts:
    """Runs the suites and returns the verdicts.

    Args:
        words: Arguments of `rsplab run`.
        report: The folder for reports.
        program: What runs it.

    Raises:
        RuntimeError: the run wrote no results; the message is the end of what it printed.
    """
    done = subprocess.run(
        [sys.executable, "-c", program, "run", *map(str, words)],
        cwd=ROOT,
        env={**os.environ, "RSPLAB_JOURNALS": str(report / "journals")},
        capture_output=True,
        text=True,
        check=False,
    )
    results = report / "latest" / "results.json"
    if not results.exists():
        raise RuntimeError(f"{NO_RESULTS}: {(done.stdout + done.stderr)[-2000:]}")
    cases = json.loads(results.read_text(encoding="utf-8"))["cases"]
    return {case["nodeid"]: (case["verdict"], case["reason"], case["level"]) for case in cases}


def _compare(outcome: Outcome, new: Verdicts) -> None:
    """Compares every run of a cell with new cards, as far as its level allows the cases."""
    level = outcome.cell.level
    levels = LEVELS[: LEVELS.index(level) + 1] if level in LEVELS else (level,)
    for verdicts in outcome.runs:
        for name, (verdict, reason, own) in verdicts.items():
            wanted = new[name][0] if name in new else "not collected"
            if verdict == wanted or verdict not in FINE or own not in levels:
                continue
            if verdict == "not applicable":
                outcome.apart[name] = reason
            else:
                outcome.problems.append(f"{name} is {verdict}, {wanted} on a new card: {reason}")
        if missing := new.keys() - verdicts.keys():
            outcome.problems.append(f"{len(missing)} cases did not run: {min(missing)}")


def _hold_against_list(outcome: Outcome) -> None:
    """Holds the cases that are not applicable against the committed list.

    A listed case that applies has the verdict of a new card, which is right in any order. That its
    entry is out of date is judged in the order of the files, which no seed changes.
    """
    path = LISTS / f"{outcome.cell.card}.toml"
    listed = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    wanted = set(listed.get(outcome.cell.level, ()))
    for name in sorted(outcome.apart.keys() - wanted):
        outcome.problems.append(f"{name} is not applicable and not listed: {outcome.apart[name]}")
    if "" not in ORDERS[outcome.cell.order]:
        return
    for name in sorted(wanted - outcome.apart.keys()):
        outcome.problems.append(f"{name} is listed in {path.name} and applies: take it out")


def _write(outcomes: list[Outcome]) -> None:
    """Writes the lists of the cards and levels that ran."""
    LISTS.mkdir(exist_ok=True)
    for card in sorted({one.cell.card for one in outcomes}):
        path = LISTS / f"{card}.toml"
        held = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        for one in outcomes:
            if one.cell.card == card:
                held[one.cell.level] = one.apart
        text = "# Cases that do not apply to this card and do to a new one, each with the reason.\n"
        for level in (*LEVELS, *([IRREVERSIBLE] if held.get(IRREVERSIBLE) else [])):
            entries = held.get(level, {})
            text += f"\n[{level}]\n"
            text += "".join(
                f"{json.dumps(name)} = {json.dumps(reason)}\n"
                for name, reason in sorted(entries.items())
            )
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
