"""Runs the suites on kept cards and prints a table: cards x levels x orders.

    python harness/kept/cells.py                  three cells, drawn by the commit: short
                                                  (the one of level profiles in this process)
    python harness/kept/cells.py --all            every cell
    python harness/kept/cells.py --card blank --level profiles --order twice
    python harness/kept/cells.py --all --write    write the committed lists anew
    python harness/kept/cells.py --in-process     the same without the PC/SC daemon: faster
    python harness/kept/cells.py --all --results cells.jsonl    in pieces: run it again to go on
    python harness/kept/cells.py --all --case 'UICC.*'          some cases alone

A card is a target file in `cards/`. Each cell makes it, behind the PC/SC daemon, and runs the
suites at its level: in the order of the files, in one drawn from a seed, or twice. In no run may a
case be other than pass, probe or not applicable. A case whose verdict is not that of a new card, in
process and of the same personality, has to be not applicable, and to be listed in
`not_applicable/CARD.toml`; a listed one has to be not applicable in the order of the files. What
the card holds before and after the cell has to be the same, by the octets of its state; counters
that only rise are left out. Where a card runs twice, the first run is the cell in the order of the
files.

Exit code 1 when something is wrong, with a line for each.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import replace
from itertools import product
from pathlib import Path
from queue import SimpleQueue

from card_lists import hold_against_list, write_lists
from cell_results import Results
from cell_runs import (
    CARDS,
    IRREVERSIBLE,
    LEVELS,
    LINE,
    ORDERS,
    ROOT,
    Cell,
    Kind,
    Outcome,
    compare,
    kind_of,
    on_new_cards,
    run_in_reader,
    words_of,
)

from rspharness.report.git_commit import lot_of
from rspsim.transports.shared_daemon import shared_pcscd


def main() -> int:
    """Runs cells, prints the table and what is wrong; returns 1 when something is."""
    options = _arguments()
    every = [Cell(*one) for one in product(_cards(), LEVELS, ORDERS)]
    every.append(Cell("blank", IRREVERSIBLE, "files"))
    asked = _chosen(every, options)
    chosen = asked or _drawn(every)
    directly = {
        cell for cell in chosen if options.in_process or (not asked and cell.level == "profiles")
    }
    results = Results(options.results, options.case)
    found = {
        cell: outcome
        for cell in chosen
        if (outcome := results.get(cell, directly=cell in directly))
    }
    todo = _to_run([cell for cell in chosen if cell not in found])
    print(LINE.format("card", "level", "order", "passed", "not applicable", "probe", "all", ""))
    for outcome in _ran(todo, directly, options):
        results.add(outcome)
        found[outcome.cell] = outcome
        print(_held(outcome, options).line(), flush=True)
    outcomes = [found[cell] for cell in chosen]
    if options.results:
        print(f"\nall cells of {options.results}:")
        print("\n".join(_held(found[cell], options).line() for cell in chosen))
    if options.write:
        write_lists(outcomes, some=bool(options.case))
    problems = [
        f"{' '.join(words_of(one.cell))}: {problem}"
        for one in outcomes
        for problem in _held(one, options).problems
    ]
    print("\n".join(problems))
    return 1 if problems else 0


def _to_run(cells: list[Cell]) -> list[Cell]:
    """Returns the cells to run for some, the longest first: of two runs the first is a cell too."""
    again = {(one.card, one.level) for one in cells if one.order == "twice"}
    run = [one for one in cells if one.order != "files" or (one.card, one.level) not in again]
    longest = [(level, order) for level in (*LEVELS, IRREVERSIBLE) for order in ORDERS]
    return sorted(run, key=lambda one: longest.index((one.level, one.order)), reverse=True)


def _ran(cells: list[Cell], directly: set[Cell], options: argparse.Namespace) -> Iterator[Outcome]:
    """Runs cells, two at a time, and yields each when it is over, compared with new cards."""
    if not cells:
        return
    with ExitStack() as held, tempfile.TemporaryDirectory() as made:
        folder = options.report or Path(made)
        if not directly.issuperset(cells):
            held.enter_context(shared_pcscd(slots=2))
        pool = ThreadPoolExecutor(2)
        held.callback(pool.shutdown, cancel_futures=True)
        readers: SimpleQueue[str] = SimpleQueue()
        for slot in range(2):
            readers.put(f"Virtual PCD 00 {slot:02d}")

        def begun(cell: Cell) -> Future[Outcome]:
            place = folder / "-".join(words_of(cell))
            taken = None if cell in directly else readers
            return pool.submit(run_in_reader, cell, taken, place, options.case)

        done = [begun(cells[0])]
        news = {
            kind: pool.submit(on_new_cards, card, level, folder / f"new-{card}", options.case)
            for kind, (card, level) in _needed(cells).items()
        }
        done += [begun(cell) for cell in cells[1:]]
        for one in as_completed(done):
            for outcome in (one.result().first, one.result()):
                if outcome is not None:
                    compare(outcome, news[kind_of(outcome.cell.card)].result())
                    yield outcome


def _held(outcome: Outcome, options: argparse.Namespace) -> Outcome:
    """Returns an outcome that is held against the lists, unless they are to be written."""
    judged = replace(outcome, problems=list(outcome.problems))
    if not options.write:
        hold_against_list(judged, some=bool(options.case))
    return judged


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run the suites on cards that are kept.")
    parser.add_argument("--all", action="store_true", help="every cell")
    parser.add_argument("--card", action="append", choices=_cards(), help="cells of this card")
    parser.add_argument(
        "--level", action="append", choices=(*LEVELS, IRREVERSIBLE), help="cells of this level"
    )
    parser.add_argument("--order", action="append", choices=ORDERS, help="cells in this order")
    parser.add_argument(
        "--case", action="append", default=[], help="only this case; * is a wildcard"
    )
    parser.add_argument(
        "--results",
        type=Path,
        metavar="FILE",
        help="file of what came of cells: what ran at the same sources is not run again",
    )
    parser.add_argument("--report", type=Path, help="folder for the reports")
    parser.add_argument("--in-process", action="store_true", help="without the PC/SC daemon")
    parser.add_argument("--write", action="store_true", help="write the committed lists anew")
    return parser.parse_args()


def _cards() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in CARDS.glob("*.toml")))


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

    def lot(cell: Cell) -> bytes:
        return lot_of(ROOT, " ".join(words_of(cell)))

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
        card, before = needed.get(kind_of(cell.card), (cell.card, LEVELS[0]))
        needed[kind_of(cell.card)] = card, max(before, level, key=order.index)
    return needed


if __name__ == "__main__":
    sys.exit(main())
