"""Whole runs compared: on cards that differ in one thing, and on one card again and again.

`fixtures/comparison_runs.toml` names ten card faults and four kinds of cards, each with what
`rsplab compare` has to show between a run on the usual card and a run on that one: this, and no
more. Then the usual card is run again, and nothing may differ, nor its times. Each pair is
compared by the command, as text, as JSON and as a page, and the three have to say the same.

    python harness/comparison/run_pairs.py                 # two of the cards, and two repetitions
    python harness/comparison/run_pairs.py --all           # every card, and twenty repetitions
    python harness/comparison/run_pairs.py --card FAULT    # one card, or "preset NAME"
    python harness/comparison/run_pairs.py --runs FOLDER   # keeps the runs, and takes those there

A kept run that other code made is made anew, so a table that was stopped goes on where it stopped,
and runs of two states of the code are never held against each other.

A whole run here is every case of level `read-only`, which is what a lab can run on any card. Exit
code 1 where a difference is not as declared.
"""

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import cache
from hashlib import sha256
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import rspcore
import rspharness
import rspsim
from rspharness.cli.main import main as rsplab

ROOT = Path(__file__).parents[2]
TABLE: dict[str, list[str]] = tomllib.loads(
    (ROOT / "fixtures" / "comparison_runs.toml").read_text("utf-8")
)
PROGRAM = "import sys; from rspharness.cli.main import main; sys.exit(main(sys.argv[1:]))"
PRESET = "preset "
USUAL = "usual card"
FEW, MANY = 2, 20
PACKAGES = (rspcore, rspsim, rspharness)


@cache
def code() -> str:
    """Returns a digest of suites, tables and packages: of all that makes a run."""
    folders = (ROOT / "suites", ROOT / "fixtures", *(Path(one.__path__[0]) for one in PACKAGES))
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    digest = sha256()
    for file in sorted(one for one in files if one.suffix in (".py", ".toml", ".csv")):
        digest.update(f"{file.name} {file.stat().st_size}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def ran(folder: Path, card: str = "") -> Path:
    """Runs the cases on a card, unless that was done; returns the folder of the run.

    Raises:
        RuntimeError: the run did not come to its end; the message has what it printed last.
    """
    latest, made_by = folder / "latest", folder / "code.txt"
    kept = made_by.is_file() and made_by.read_text("utf-8") == code()
    if not kept or not (latest / "results.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        made_by.write_text(code(), "utf-8")
        latest.unlink(missing_ok=True)
        target = folder / "card.toml"
        preset = card.removeprefix(PRESET) if card.startswith(PRESET) else "spec"
        target.write_text(f'kind = "inprocess"\nname = "card"\n\n[card]\npreset = "{preset}"\n')
        command = [sys.executable, "-c", PROGRAM, "run", "--suites", str(ROOT / "suites")]
        command += ["--level", "read-only", "--target", str(target), "--report", str(folder)]
        command += [f"--card-fault={card}"] if card and not card.startswith(PRESET) else []
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"{card or USUAL}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return latest.resolve()


def compared(a: Path, b: Path, page: Path) -> tuple[list[str], list[str]]:
    """Compares two runs by the command.

    Returns:
        The differences that count, each as kind and subject, and what the three forms of the
        answer do not agree in.
    """
    wrong = []
    text, code = _printed("compare", str(a), str(b), f"--html={page}")
    shown, other = _printed("compare", str(a), str(b), "--json")
    document = json.loads(shown)
    found = [one for one in document["differences"] if one["counts"]]
    number = "no difference" if not found else f"{len(found):,} difference{'s' * (len(found) > 1)}"
    if code != other or code != bool(found) or document["same"] is bool(found):
        wrong.append(f"exit codes {code} and {other} for {len(found)} differences")
    if not text.startswith(f"{number}; "):
        wrong.append(f"the text says {text.partition(chr(10))[0]!r} of {len(found)} differences")
    html = page.read_text("utf-8")
    wrong += [f"not in the text: {one['subject']}" for one in found if one["subject"] not in text]
    if f"<h1>{number[:1].upper()}{number[1:]}</h1>" not in html:
        wrong.append("the page has another headline")
    return sorted({f"{one['kind']} {one['subject']}" for one in found}), wrong


def _printed(*words: str) -> tuple[str, int]:
    said = StringIO()
    with redirect_stdout(said):
        code = rsplab(list(words))
    return said.getvalue(), code


def pairs(runs: Path, cards: list[str], again: int) -> Iterator[bool]:
    """Compares each card, then the usual one with itself; prints a line each; yields what held."""
    usual = ran(runs / "usual")
    for card in cards:
        found, wrong = compared(usual, ran(runs / card.replace(" ", "-"), card), runs / "page.html")
        declared = set(TABLE[card])
        otherwise = sorted(declared ^ set(found))
        holds = not otherwise and not wrong
        print(f"{'as declared' if holds else 'OTHERWISE':<12}{len(found):>3}  {card}", flush=True)
        for one in otherwise:
            print(f"    {'only declared' if one in declared else 'not declared'}: {one}")
        for one in wrong:
            print(f"    {one}")
        yield holds
    for number in range(1, again + 1):
        found, wrong = compared(usual, ran(runs / f"usual-{number}"), runs / "page.html")
        holds = not found and not wrong
        print(f"{'none' if holds else 'DIFFERS':<12}{len(found):>3}  {USUAL}, {number}", flush=True)
        for one in (*found, *wrong):
            print(f"    {one}")
        yield holds


def main() -> int:
    """Prints the table; returns 1 where a line of it is not as declared."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="every card, twenty repetitions")
    parser.add_argument("--card", action="append", choices=list(TABLE), help="this card alone")
    parser.add_argument("--again", type=int, help="how many repetitions of the usual card")
    parser.add_argument("--runs", type=Path, help="folder that keeps the runs")
    options = parser.parse_args()
    cards = options.card or (list(TABLE) if options.all else list(TABLE)[:FEW])
    again = options.again if options.again is not None else 0 if options.card else FEW
    if options.all and options.again is None:
        again = MANY
    with TemporaryDirectory() as place:
        held = list(pairs(options.runs or Path(place), cards, again))
    print(f"{held.count(True)} of {len(held)} as they should be")
    return 0 if all(held) else 1


if __name__ == "__main__":
    raise SystemExit(main())
