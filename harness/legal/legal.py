"""Runs the suites on cards that differ from the usual one and conform as much.

    python harness/legal/legal.py             one card with many variations, drawn by the commit
    python harness/legal/legal.py --all       all of them, on as few cards as they go together
    python harness/legal/legal.py --singly    all of them, each on a card of its own
    python harness/legal/legal.py lists.isdp-scattered memory.pages ec-222

A variation is one thing that a text leaves open or that recorded cards do otherwise
(`rspsim.variations`). Each card is called directly. In no run may a case be other than pass, probe
or not applicable. A card with a named variation also has to answer otherwise than the usual one in
at least one case: a variation that nothing reads proves nothing.

Exit code 1 when something is wrong, with a line for each.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from rspharness.report.git_commit import lot_of
from rspsim.card_claims import CLAIMS
from rspsim.card_presets import RECORDED
from rspsim.variations import VARIATIONS
from rspsim.variations.named_variations import variation_named
from rspsim.variations.variation import Variation

ROOT = Path(__file__).resolve().parents[2]
PRESETS = (
    *("removable-strict", "busy-toolkit", "strict-segments"),
    *(one.name for one in RECORDED),
)
"""Presets without a fault, whose cards conform too; ISD-R.Select#01 is red on vendor-aid.

The last six are personalities of real cards.
"""
FINE = {"pass", "not applicable", "probe"}
LINE = "{:<44} {:>6} {:>6} {:>6} {:>6} {:>9}   {}"
SUITES = "import sys; from rspharness.cli.main import main; sys.exit(main(sys.argv[1:]))"
TOGETHER = 16
"""How many variations one card has at most."""

Traces = dict[str, str]
"""What the card answered in each case, by its first requirement."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One card: its name, and the table [card] that makes it."""

    name: str
    card: dict[str, str]


@dataclass(slots=True)
class Outcome:
    """What came of a card: the verdicts, what is wrong and where, and what it answered."""

    kind: Kind
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    red: list[str] = field(default_factory=list)
    answers: Traces = field(default_factory=dict)

    def line(self, usual: Traces) -> str:
        """Returns the line of the table."""
        words = (self.counts[one] for one in ("pass", "probe", "not applicable"))
        red = len(self.problems)
        end = f"{red} red" if red else "no red"
        return LINE.format(
            self.kind.name, *words, red, _others(usual, self.answers) if usual else "", end
        )


def main() -> int:
    """Runs cards, prints the table and what is wrong; returns 1 when something is."""
    options = _arguments()
    kinds = _chosen(options)
    alone = options.singly or bool(options.names)
    if alone:
        usual_kinds = [_usual(kind) for kind in kinds]
        kinds = [one for n, one in enumerate(usual_kinds) if one not in usual_kinds[:n]] + kinds
    print(LINE.format("card", "pass", "probe", "n/a", "red", "answers", ""))
    problems = []
    with tempfile.TemporaryDirectory() as made, ThreadPoolExecutor(options.jobs) as pool:
        folder = options.report or Path(made)
        usual: dict[str, Traces] = {}
        workers = 2 if len(kinds) == 1 else 1
        for outcome in pool.map(lambda kind: _ran(kind, folder, workers), kinds):
            base = _usual(outcome.kind)
            before = usual.get(base.name, {})
            if alone and outcome.kind == base:
                usual[base.name] = outcome.answers
            elif alone and not _others(before, outcome.answers):
                outcome.problems.append("answers as the usual card in every case")
            print(outcome.line(before), *outcome.problems, sep="\n  ", flush=True)
            problems += outcome.problems
            for line in _explained(outcome, folder):
                print(line, flush=True)
    return 1 if problems else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run the suites on cards that conform otherwise.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="variation or preset, each on its own"
    )
    parser.add_argument(
        "--all", action="store_true", help="every variation, on as few cards as they go together"
    )
    parser.add_argument(
        "--singly", action="store_true", help="every variation on a card of its own"
    )
    parser.add_argument("--report", type=Path, help="folder for the reports")
    parser.add_argument("--jobs", type=int, default=2, help="how many cards at a time (default: 2)")
    return parser.parse_args()


def _chosen(options: argparse.Namespace) -> list[Kind]:
    if options.names:
        return [_named(name) for name in options.names]
    presets = [_preset(name) for name in PRESETS]
    if options.singly:
        return [*map(_kind, VARIATIONS), *presets]
    packs = [_kind(*pack) for pack in _packed()]
    if options.all:
        return [*packs, *presets]
    drawn = min(packs, key=lambda kind: lot_of(ROOT, str(kind.card)))
    print(f"drawn: {drawn.card['variations']}")
    return [drawn]


def _preset(name: str) -> Kind:
    return Kind(f"preset {name}", {"preset": name})


def _named(name: str) -> Kind:
    """Returns the card with a variation, or a preset, of this name."""
    return _preset(name) if name in PRESETS else _kind(variation_named(name))


def _kind(*variations: Variation) -> Kind:
    names = " ".join(one.name for one in variations)
    name = names if len(variations) == 1 else f"{len(variations)} variations, {names.split()[0]} .."
    return Kind(name, {"variations": names})


def _usual(kind: Kind) -> Kind:
    """Returns the card that one with a variation differs from, of the same kind otherwise."""
    names = kind.card.get("variations", "").split()
    card = {key: kind.card[key] for key in ("personality", *CLAIMS) if key in kind.card}
    for one in map(variation_named, names):
        card |= {
            **({"personality": one.personality} if one.personality else {}),
            **dict(one.claims),
        }
    about = "".join(f", {key} {value}" for key, value in card.items())
    return Kind(f"the usual card{about}", card)


def _packed() -> list[list[Variation]]:
    """Returns all variations in groups that go together: no two change the same thing."""
    packs: list[list[Variation]] = []
    for one in VARIATIONS:
        for pack in packs:
            if len(pack) < TOGETHER and all(map(one.goes_with, pack)):
                pack.append(one)
                break
        else:
            packs.append([one])
    return packs


def _explained(outcome: Outcome, folder: Path) -> Iterator[str]:
    """Yields which of several variations makes which case red by itself."""
    names = outcome.kind.card.get("variations", "").split()
    if len(names) < 2 or not outcome.red:
        return
    left = set(outcome.red)
    for name in names:
        alone = _ran(_kind(variation_named(name)), folder, 1, outcome.red)
        if alone.red:
            yield f"  by {name}: {', '.join(alone.red)}"
        left -= set(alone.red)
    if left:
        yield f"  by no single one: {', '.join(sorted(left))}"


def _others(usual: Traces, answers: Traces) -> int:
    """Returns in how many cases a card answered otherwise than the usual one."""
    return sum(usual[name] != answers[name] for name in usual.keys() & answers)


def _ran(kind: Kind, folder: Path, workers: int, cases: Iterable[str] = ()) -> Outcome:
    """Runs the suites on a card, or some cases of them."""
    place = folder / sha256(str((kind, cases)).encode()).hexdigest()[:12]
    place.mkdir(parents=True, exist_ok=True)
    target = place / "target.toml"
    lines = ['kind = "inprocess"', f'name = "{kind.name}"', "[card]"]
    lines += [f'{key} = "{value}"' for key, value in kind.card.items()]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    words = ["run", "--target", target, "--report", place, "-n", workers]
    words += [word for one in cases for word in ("--case", one)]
    done = subprocess.run(
        [sys.executable, "-c", SUITES, *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    outcome = Outcome(kind)
    results = place / "latest" / "results.json"
    if not results.exists():
        outcome.problems.append(f"no results: {(done.stdout + done.stderr)[-2000:]}")
        return outcome
    for case in json.loads(results.read_text(encoding="utf-8"))["cases"]:
        outcome.counts[case["verdict"]] += 1
        if case["verdict"] not in FINE:
            reason = case["reason"] or f"expected {case['expected']}, got {case['actual']}"
            outcome.red.append(case["ids"][0])
            outcome.problems.append(f"{case['ids'][0]} is {case['verdict']}: {reason}")
        if case["trace"]:
            trace = results.parent / case["trace"]
            outcome.answers[case["ids"][0]] = _answers(trace.read_text(encoding="utf-8"))
    return outcome


def _answers(trace: str) -> str:
    """Returns what the card answered, without times."""
    return "\n".join(line.partition(";")[0] for line in trace.splitlines() if line[:1] in "<A")


if __name__ == "__main__":
    sys.exit(main())
