"""Runs every case alone on a kept card at its own level, sound and with the fault of its row.

    python harness/kept/alone.py            a sample, drawn by the commit: short
    python harness/kept/alone.py --all      every case, and every fault that a case has to find
    python harness/kept/alone.py --all --case 'ES10c.DeleteProfile#*'
    python harness/kept/alone.py --all --results alone.jsonl    in pieces: run it again to go on

Each case gets a card of its own, which is treated as one in a reader: behind the guard of its
level, with a journal, cleaned up after it and put back. The card has a default SM-DP+ address, and
for a case that only reads a Profile of an operator, Enabled. At the end it has to hold what it held
before. So no case has a level whose clean-up cannot undo it, also on a card that wrongly accepts.

On a faulty card a case may have any verdict but error, which is a fault of this project.

What a fault itself keeps from being undone is in `not_undone.toml`, by the name of the fault, with
the reason; there the run has to say that something is left. Exit code 1 when something is wrong.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sources

from rspharness.report.git_commit import lot_of

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
EXPECTED = HERE / "not_undone.toml"
SAMPLE = 40
"""Of how many cases, and how many pairs of case and fault, one is drawn for the sample."""
FINE = {"pass", "not applicable", "probe"}

Seen = dict[str, Any]
"""What the plugin writes of one run."""


def main() -> int:
    """Runs both halves and prints counts and what is wrong; returns 1 when something is."""
    options = _arguments()
    problems = []
    for half in ("sound", "faulty"):
        seen = _run(half, options)
        found = list(_wrong(half, seen, partial=not options.all or bool(options.case)))
        counts = Counter(one["verdict"] for one in seen)
        words = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
        unlike = sum(bool(one["differences"]) for one in seen)
        print(f"{half}: {len(seen)} runs ({words}), {unlike} not undone, {len(found)} wrong")
        problems += found
    print("\n".join(problems))
    return 1 if problems else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run each case alone on a kept card.")
    parser.add_argument("--all", action="store_true", help="every case and fault")
    parser.add_argument("--case", action="append", help="only this case; * is a wildcard")
    parser.add_argument(
        "--results",
        type=Path,
        metavar="FILE",
        help="files of what was seen, with this name and more: what ran at the same sources is not "
        "run again",
    )
    parser.add_argument("-n", dest="workers", type=int, default=2, help="processes (default: 2)")
    return parser.parse_args()


def _run(half: str, options: argparse.Namespace) -> list[Seen]:
    """Runs one half under pytest; returns what was seen of each run."""
    places = (str(HERE), os.environ.get("PYTHONPATH"))
    with tempfile.TemporaryDirectory() as folder:
        written = Path(f"{options.results}.{half}" if options.results else f"{folder}/seen")
        before = _read(written)
        (Path(folder) / "done").write_text("\n".join(one["node"] for one in before))
        words = ["-q", "-p", "no:cacheprovider", "-p", "alone_plugin", f"-n{options.workers}"]
        words += ["--rsp-target=inprocess", "--rsp-also=fixtures/targets/variants"]
        words += [f"--rsp-report={folder}/report", "suites"]
        words += ["--rsp-kills"] if half == "faulty" else []
        words += [f"--rsp-case={one}" for one in options.case or ()]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *words],
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, places)),
                "RSPLAB_JOURNALS": f"{folder}/journals",
                "RSPLAB_ALONE": str(written.absolute()),
                "RSPLAB_ALONE_AT": sources.digest(),
                "RSPLAB_ALONE_DONE": f"{folder}/done",
                "RSPLAB_ALONE_LOTS": "1" if options.all or options.case else str(SAMPLE),
                "RSPLAB_ALONE_DRAW": lot_of(ROOT, "alone").hex(),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        seen = _read(written)
    if not seen:
        raise SystemExit(f"nothing ran: {(done.stdout + done.stderr)[-3000:]}")
    return seen


def _read(written: Path) -> list[Seen]:
    """Returns what the plugin wrote at these sources; each of its processes has a file."""
    seen = [
        json.loads(line)
        for path in sorted(written.parent.glob(f"{written.name}*"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [one for one in seen if one["at"] == sources.digest()]


def _wrong(half: str, seen: list[Seen], *, partial: bool) -> Iterator[str]:
    """Yields what is wrong, one line each."""
    faults = tomllib.loads(EXPECTED.read_text(encoding="utf-8"))["faults"]
    met = set()
    for one in seen:
        about = f"{one['case']} {one['fault']}".strip()
        if (half == "sound" and one["verdict"] not in FINE) or one["verdict"] == "error":
            yield f"{about}: {one['verdict']}: {one['reason']}"
        if not one["differences"]:
            continue
        met.add(one["fault"])
        if one["fault"] not in faults:
            yield f"{about}: not undone: {'; '.join(one['differences'])}"
        elif not one["said"]:
            yield f"{about}: not undone, and the run does not say so: {one['differences'][0]}"
    if half == "faulty" and not partial:
        for name in sorted(faults.keys() - met):
            yield f"{name} is in {EXPECTED.name}, and all of it is undone: take it out"


if __name__ == "__main__":
    sys.exit(main())
