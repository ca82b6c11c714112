#!/usr/bin/env python3
"""Compares the behaviour of this checkout with that of another commit, after moves and renames.

    .ci/same_behaviour.py COMMIT [--python PYTHON] [--keep DIR]

Three things are compared: that no test is gone, the verdict of every requirement and case of the
suites, and every octet that the cases sent and the cards answered. Both commits run the suites in
process, on the usual card and on all of fixtures/targets/variants, from the same seeds: those
follow from the requirements of a case, whatever they follow from in either commit. The times of a
trace are left out. Certificates that a case makes carry the time of the run: a case whose octets
differ between two runs of this checkout is compared by its verdict alone, and counted.

Exit code: 0 the same, 1 a difference, which is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LAUNCH = """
import sys
try:
    from rspharness.plugin import lifecycle
except ImportError:
    from rspharness import conduct as lifecycle

plain = lifecycle.begin


def begin(item, ids, run):
    case = plain(item, ids, run)
    case.seed = " ".join(case.ids) + item.nodeid.partition("[")[2]
    return case


lifecycle.begin = begin
from rspharness.cli.main import main

sys.exit(main(sys.argv[1:]))
"""
# What a case draws follows from the requirements it answers, also where a commit takes its name.

TIME = re.compile(r"\s*; [\d.]+ ms$")
MOST_SHOWN = 20


def main() -> int:
    """Runs both, compares them and prints the differences."""
    parser = argparse.ArgumentParser(description="Compare behaviour with another commit.")
    parser.add_argument("commit", help="the commit to compare with")
    parser.add_argument("--python", default=sys.executable, help="Python with all dependencies")
    parser.add_argument("--keep", type=Path, help="keep the reports of both runs in this folder")
    options = parser.parse_args()
    known = ["git", "rev-parse", "--verify", "--quiet", f"{options.commit}^{{commit}}"]
    if subprocess.run(known, cwd=ROOT, capture_output=True, check=False).returncode:
        parser.error(f"{options.commit!r} is no commit of this repository")
    with tempfile.TemporaryDirectory() as temporary, checkout(options.commit) as other:
        place = options.keep or Path(temporary)
        before = Behaviour(other, place / "before", options.python)
        now = Behaviour(ROOT, place / "now", options.python)
        again = Behaviour(ROOT, place / "again", options.python)
    timed = {name for name in now.cases if again.cases.get(name) != now.cases[name]}
    found = list(differences(before, now, timed))
    for line in found[:MOST_SHOWN]:
        print(line)
    if len(found) > MOST_SHOWN:
        print(f"... and {len(found) - MOST_SHOWN} more differences")
    print(
        f"tests: {before.tests} before, {now.tests} now; cases: {len(now.cases)}, "
        f"requirements: {len(now.requirements)}, exchanges: {now.exchanges:,}, "
        f"cases that follow the clock: {len(timed)}; {len(found) or 'no'} differences"
    )
    return 1 if found else 0


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """Gives a work tree of another commit, with the data folder beside it that the tests use."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "checkout"
        subprocess.run(
            ["git", "worktree", "add", "--quiet", "--detach", str(place), commit],
            cwd=ROOT,
            check=True,
        )
        shared = ROOT.parent / "shared"
        if shared.exists():
            (place.parent / "shared").symlink_to(shared)
        try:
            yield place
        finally:
            subprocess.run(
                ["git", "worktree", "remove", "--force", str(place)], cwd=ROOT, check=True
            )


class Behaviour:
    """What one checkout does.

    Attributes:
        tests: How many tests pytest collects.
        cases: Verdict and trace of each case, by its requirements and title.
        requirements: State of each requirement.
        exchanges: How many commands were answered.
    """

    def __init__(self, root: Path, report: Path, python: str) -> None:
        self.root = root
        self.python = python
        self.tests = self._count()
        self.cases: dict[str, tuple[str, list[str]]] = {}
        self.requirements: dict[str, str] = {}
        self.exchanges = 0
        self._run(report)

    def _call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join(str(self.root / name) for name in ("simulator", "harness"))
        project = tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))
        plugin = project["project"]["entry-points"]["pytest11"]["rspharness"]
        options = f"-p no:rspharness -p {plugin}"  # the installed one is that of another commit
        return subprocess.run(
            [self.python, *arguments],
            cwd=self.root,
            env={
                **os.environ,
                "PYTHONPATH": path,
                "PYTHONHASHSEED": "0",
                "PYTEST_ADDOPTS": options,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def _count(self) -> int:
        done = self._call("-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider")
        found = re.search(r"^(\d+) tests collected", done.stdout, re.MULTILINE)
        if found is None:
            shown = done.stdout[-3000:] + done.stderr[-3000:]
            raise SystemExit(f"{self.root}: tests cannot be collected:\n{shown}")
        return int(found[1])

    def _run(self, report: Path) -> None:
        variants = ("--also", "fixtures/targets/variants")
        words = ("run", "--target", "inprocess", *variants, "--report", str(report))
        done = self._call("-c", LAUNCH, *words)
        results = report / "latest" / "results.json"
        if not results.exists():
            raise SystemExit(f"{self.root}: no report:\n{done.stdout[-3000:]}{done.stderr[-2000:]}")
        document = json.loads(results.read_text(encoding="utf-8"))
        self.requirements = {row["id"]: row["state"] for row in document["requirements"]}
        for case in document["cases"]:
            lines = (results.parent / case["trace"]).read_text(encoding="utf-8").splitlines()
            octets = [TIME.sub("", line) for line in lines if line[:1] in ("A", ">", "<", "!")]
            self.exchanges += sum(line.startswith("<") for line in octets)
            name = f"{' '.join(case['ids'])} ({case['target'].rpartition('/')[2]})"
            self.cases[f"{name} {case['nodeid'].partition('[')[2]}"] = case["verdict"], octets


def differences(before: Behaviour, now: Behaviour, timed: set[str]) -> Iterator[str]:
    """Yields what is not the same, in words; further tests are no difference."""
    if now.tests < before.tests:
        yield f"{before.tests} tests before, {now.tests} now"
    for name in sorted(before.requirements.keys() | now.requirements.keys()):
        was, is_now = before.requirements.get(name), now.requirements.get(name)
        if was != is_now:
            yield f"{name}: {was} before, {is_now} now"
    for name in sorted(before.cases.keys() | now.cases.keys()):
        if name not in before.cases or name not in now.cases:
            yield f"{name}: only {'now' if name in now.cases else 'before'}"
            continue
        (verdict, octets), (verdict_now, octets_now) = before.cases[name], now.cases[name]
        if verdict != verdict_now:
            yield f"{name}: verdict {verdict} before, {verdict_now} now"
        if octets != octets_now and name not in timed:
            yield f"{name}: {_first_difference(octets, octets_now)}"


def _first_difference(before: list[str], now: list[str]) -> str:
    for number, (one, other) in enumerate(zip(before, now, strict=False), 1):
        if one != other:
            return f"line {number}: {one[:60]} before, {other[:60]} now"
    return f"{len(before)} lines before, {len(now)} now"


if __name__ == "__main__":
    sys.exit(main())
