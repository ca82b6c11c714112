"""Plays users' stories on cards and servers with faults, and says which story finds which.

    python harness/scenarios/faults.py                         some faults, drawn by the commit
    python harness/scenarios/faults.py --all                   every fault of faults.toml
    python harness/scenarios/faults.py --row 'Story.ScanACode#*'
    python harness/scenarios/faults.py --write                 writes FAULTS.md anew

`faults.toml` names faults for each row of `fixtures/requirements/scenarios.csv`. Each is played
once, with the rows that name it, and each of these rows has to fail: not to be inconclusive, nor an
error. A test holds that every row names a fault. Exit code 1 when something is wrong, with a line
for each.
"""

import argparse
import csv
import io
import json
import os
import sys
import tempfile
import tomllib
from collections import defaultdict
from contextlib import redirect_stderr, redirect_stdout
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from rspharness.report.git_commit import lot_of

ROOT = Path(__file__).resolve().parents[2]
DECLARED = ROOT / "harness" / "scenarios" / "faults.toml"
TABLE = ROOT / "harness" / "scenarios" / "FAULTS.md"
CATALOGUE = ROOT / "fixtures" / "requirements" / "scenarios.csv"
STORIES = str(ROOT / "suites" / "scenarios")
SERVER = "server:"
LONGEST = 160
DRAWN = 24
"""Faults of a short run, each with all rows that name it."""
VARIANTS = str(ROOT / "fixtures" / "targets" / "variants")
_ROWS = tuple(csv.DictReader(CATALOGUE.read_text(encoding="utf-8").splitlines()))
NEWER = frozenset(row["id"] for row in _ROWS if row["versions"] == "v3")
"""Rows of version 3, which are played on a card of version 3.1."""
WITH_PORTS = frozenset(row["id"] for row in _ROWS if "O_E_MEP" in row["condition"])
"""Rows of several eSIM Ports, which are played on the first variant that has what they need."""
HEAD = """# Stories and the faults they find

Made by `python harness/scenarios/faults.py --write`, which plays each row of `faults.toml` on a
card or a server with the fault. A name behind `server:` is a server fault, every other one a card
fault; all phones of a story have the card fault.

| story | fault | what was found |
| --- | --- | --- |
"""

Found = dict[tuple[str, str], tuple[str, str]]
"""Verdict and reason by row and fault."""


def declared() -> dict[str, list[str]]:
    """Returns the faults of each row."""
    return tomllib.loads(DECLARED.read_text(encoding="utf-8"))


def main() -> int:
    """Plays the faults, prints what was found; returns 1 when something is wrong."""
    parser = argparse.ArgumentParser(description="Play users' stories with faults.")
    parser.add_argument("--all", action="store_true", help="every fault")
    parser.add_argument("--row", action="append", metavar="ID", help="rows; * is a wildcard")
    parser.add_argument("--write", action="store_true", help="write FAULTS.md anew")
    options = parser.parse_args()
    os.chdir(ROOT)
    rows_of: dict[tuple[str, int], list[str]] = defaultdict(list)
    for row, faults in declared().items():
        if not options.row or any(fnmatchcase(row, one) for one in options.row):
            for fault in faults:
                rows_of[fault, (row in NEWER) + (row in WITH_PORTS)].append(row)
    if not (options.all or options.row or options.write):
        rows_of = dict(sorted(rows_of.items(), key=_lot)[:DRAWN])
    found: Found = {}
    for (fault, _), rows in rows_of.items():
        some = play(fault, rows)
        for (row, _), (verdict, reason) in some.items():
            print(f"{row:<30} {fault:<48} {verdict:<12} {reason}", flush=True)
        found.update(some)
    asked = {(row, fault) for (fault, _), rows in rows_of.items() for row in rows}
    wrong = [f"{row} was not played on {fault}" for row, fault in sorted(asked - found.keys())]
    wrong += [
        f"{row} does not find {fault}: {verdict}"
        for (row, fault), (verdict, _) in sorted(found.items())
        if verdict != "fail"
    ]
    if options.write and not options.row:
        TABLE.write_text(table(found), encoding="utf-8")
    print("\n".join(wrong) or f"{len(found)} of {len(found)} found")
    return 1 if wrong else 0


def _lot(one: tuple[tuple[str, int], list[str]]) -> bytes:
    return lot_of(ROOT, f"{one[0]}")


def play(fault: str, rows: list[str]) -> Found:
    """Plays rows with one fault.

    Raises:
        RuntimeError: the run wrote no results; the message is the end of what it printed.
    """
    kind = "server" if fault.startswith(SERVER) else "card"
    with tempfile.TemporaryDirectory() as folder:
        words = [f"--rsp-{kind}-fault={fault.removeprefix(SERVER)}", f"--rsp-report={folder}"]
        words += [f"--rsp-case={row}" for row in rows]
        if WITH_PORTS.intersection(rows):
            words.append(f"--rsp-also={VARIANTS}")
        elif NEWER.intersection(rows):
            words.append("--rsp-personality=v3.1")
        said = io.StringIO()
        with redirect_stdout(said), redirect_stderr(said):
            pytest.main([STORIES, f"--rootdir={ROOT}", "--rsp-target=inprocess", *words])
        results = Path(folder) / "latest" / "results.json"
        if not results.exists():
            raise RuntimeError(f"{fault}: {said.getvalue()[-2000:]}")
        cases = json.loads(results.read_text(encoding="utf-8"))["cases"]
    return {(row, fault): (case["verdict"], _reason(case)) for case in cases for row in case["ids"]}


def _reason(case: dict[str, str]) -> str:
    """Returns why a case failed, on one line, without what names a card."""
    text = " ".join(case["reason"].split()).replace("|", "/")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."


def table(found: Found) -> str:
    """Returns the table, the rows in the order of the stories."""
    order = list(declared())
    lines = sorted(found.items(), key=lambda one: (order.index(one[0][0]), one[0][1]))
    return HEAD + "".join(
        f"| {row} | `{fault}` | {reason if verdict == 'fail' else verdict} |\n"
        for (row, fault), (verdict, reason) in lines
    )


if __name__ == "__main__":
    sys.exit(main())
