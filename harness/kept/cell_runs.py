"""Runs one cell: a card that is made for it, at a level, in an order, compared with new cards."""

import json
import os
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue

from card_parts import differences, held

from rspcore.pki.generate import make_pki
from rspharness.run.opening import load_settings
from rspharness.simulated.used_card import used_state
from rspharness.targets.target import TargetOptions
from rspsim.euicc.state import CardState
from rspsim.stores.sqlite import SqliteStore

ROOT = Path(__file__).resolve().parents[2]
CARDS = ROOT / "harness" / "kept" / "cards"
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
_OF_KIND = ("personality", "preset", "rat", "declared", "mep", "esim_ports", "chain", "lpae")
"""Keys of the table [card] that make another kind of card, and not a used one."""

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
        counts: How many cases of the last run have which verdict.
        ran: The cases that ran.
        problems: What is wrong, one line each.
        apart: Cases that are not applicable here and are on a new card, by their reasons.
        directly: Whether the card was called without the PC/SC daemon.
        first: What came of the first of two runs, which is the cell in the order of the files.
    """

    cell: Cell
    runs: list[Verdicts] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    ran: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    apart: dict[str, str] = field(default_factory=dict)
    directly: bool = False
    first: "Outcome | None" = None

    def line(self) -> str:
        """Returns the line of the table, of the last run."""
        words = (self.counts[one] for one in ("pass", "not applicable", "probe"))
        end = f"{len(self.problems)} wrong" if self.problems else "as new, nothing left"
        end += ", in process" if self.directly else ""
        total = self.counts.total()
        return LINE.format(self.cell.card, self.cell.level, self.cell.order, *words, total, end)


def words_of(cell: Cell) -> tuple[str, str, str]:
    """Returns card, level and order of a cell."""
    return cell.card, cell.level, cell.order


def kind_of(card: str) -> Kind:
    """Returns what a new card of the same personality has of the table [card] of a card."""
    settings = tomllib.loads((CARDS / f"{card}.toml").read_text(encoding="utf-8"))
    kind = settings.get("card", {})
    if kind.get("preset") == "nearly-full":  # a matter of memory, not of the kind of card
        return ()
    return tuple((key, kind[key]) for key in _OF_KIND if key in kind)


def on_new_cards(card: str, level: str, folder: Path, cases: Sequence[str] = ()) -> Verdicts:
    """Returns the verdicts of the cases in process, each on a new card of the same kind.

    Args:
        card: A card of this kind.
        level: The highest level; empty for all.
        folder: Folder for the report.
        cases: The cases, as after --case; all without any.
    """
    lines = ['kind = "inprocess"', f'name = "new {card}"', "[card]"]
    lines += [f'{key} = "{value}"' for key, value in kind_of(card)]
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "target.toml"
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    words = ["--target", target, "--report", folder, *(["--level", level] if level else [])]
    return _run([*words, *_chosen(cases)], folder)


def run_in_reader(
    cell: Cell, readers: SimpleQueue[str] | None, folder: Path, cases: Sequence[str] = ()
) -> Outcome:
    """Runs a cell in a reader that is free, or without one; all cases, or some."""
    if readers is None:
        return _ran(cell, "", folder, cases)
    reader = readers.get()
    try:
        return _ran(cell, reader, folder, cases)
    finally:
        readers.put(reader)


def _chosen(cases: Sequence[str]) -> list[str]:
    return [word for case in cases for word in ("--case", case)]


def _ran(cell: Cell, reader: str, folder: Path, cases: Sequence[str]) -> Outcome:
    """Runs a cell on a card made for it; compares the card before and after.

    Args:
        cell: The cell.
        reader: The virtual reader of the card; empty to call it directly.
        folder: Folder for card, journals and reports.
        cases: The cases, as after --case; all without any.
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
        words += _chosen(cases)
        try:
            verdicts = _run(words, report, SUITES if reader else IN_PROCESS + SUITES)
        except RuntimeError as error:
            outcome.problems.append(str(error))
            continue
        outcome.runs.append(verdicts)
        outcome.ran |= verdicts.keys()
        outcome.counts = Counter(verdict for verdict, *_ in verdicts.values())
        outcome.problems += [
            f"run {number + 1}: {name} is {verdict}: {reason}"
            for name, (verdict, reason, _) in verdicts.items()
            if verdict not in FINE
        ]
        if not number and cell.order == "twice":
            alone = Cell(cell.card, cell.level, "files")
            outcome.first = deepcopy(replace(outcome, cell=alone))
            outcome.first.problems += _not_as_before(cell, before, state)
    outcome.problems += _not_as_before(cell, before, state)
    return outcome


def _not_as_before(cell: Cell, before: CardState, state: Path) -> Iterator[str]:
    """Yields what of the card in a file is not as before."""
    after = held(state)
    if cell.level == IRREVERSIBLE:
        after = replace(after, crls=before.crls)
    yield from (f"the card differs: {one}" for one in differences(before, after))


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


def compare(outcome: Outcome, new: Verdicts) -> None:
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
