#!/usr/bin/env python3
"""Shows that rsplab disturbs no other plugin of pytest, and that none disturbs `rsplab run`.

    tox -e manners            builds the environment with all of the plugins and runs this
    python harness/manners/manners.py

The tests of `project`, whose options and fixtures have the names of the suites' own, run with each
plugin alone, with all together, and with none. Then `rsplab run` runs the same cases among those
plugins with foreign settings of pytest, with warnings that are errors, and on suites that cannot be
written to; the verdicts have to be the same each time. Exit code: 0 as expected, 1 otherwise.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PLUGINS = {
    "pytest_embedded": ("pytest_embedded",),
    "labgrid": ("labgrid",),
    "pytest-reporter": ("reporter",),
    "pytest-bdd": ("pytest-bdd",),
    "pytest-asyncio": ("asyncio",),
    "pytest-randomly": ("randomly",),
    "pytest-timeout": ("timeout",),
}
"""Distribution to the names of its entry points."""

CASE = "ES10c.GetEID#*"
NOISY = """
import warnings
import pytest

def pytest_runtest_call(item):
    raise DeprecationWarning("a plugin that the run did not name")
"""


def main() -> int:
    """Runs both parts and prints a line for each run."""
    failed = [name for name, problem in (*projects(), *runs()) if problem]
    print(
        f"{len(failed)} of the runs above ended otherwise than expected"
        if failed
        else "as expected"
    )
    return 1 if failed else 0


def projects() -> Iterator[tuple[str, str]]:
    """Runs the project with every choice of plugins; yields the choice and what went wrong."""
    together = list(PLUGINS)
    free = [name for name in PLUGINS if name not in ("pytest_embedded", "pytest-reporter")]
    choices = [[], *([name] for name in PLUGINS), together, free]
    for chosen in choices:
        blocked = [one for name in PLUGINS if name not in chosen for one in PLUGINS[name]]
        words = [word for one in blocked for word in ("-p", f"no:{one}")]
        started = monotonic()
        done = call(
            [sys.executable, "-m", "pytest", "-q", *words, "-p", "no:cacheprovider"],
            HERE / "project",
        )
        tests = re.search(r"(\d+) passed", done.stdout)
        problem = (
            "" if done.returncode == 0 and tests else done.stdout[-2000:] + done.stderr[-2000:]
        )
        title = " ".join(chosen) or "rsplab alone"
        said = f"{tests[1]} passed" if tests else "no test passed"
        yield report(f"project, {title}", done.returncode, said, monotonic() - started, problem)


def runs() -> Iterator[tuple[str, str]]:
    """Runs the same cases in every surrounding; yields the surrounding and what went wrong."""
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        (place / "noisy.py").write_text(NOISY, encoding="utf-8")
        noisy = os.pathsep.join(filter(None, (str(place), os.environ.get("PYTHONPATH"))))
        usual = run(place, "nothing set", {})
        yield usual.line({})
        for title, settings in {
            "settings of pytest": {"PYTEST_ADDOPTS": "-x --no-such-option --randomly-seed=1"},
            "a plugin that fails tests": {"PYTEST_PLUGINS": "noisy", "PYTHONPATH": noisy},
            "every warning an error": {"PYTHONWARNINGS": "error"},
        }.items():
            yield run(place, title, settings).line(usual.verdicts)
        checkout = copy_of_suites(place)
        with read_only(checkout) as before:
            yield run(place, "read-only suites", {}, checkout, before).line(usual.verdicts)


@dataclass(frozen=True)
class Run:
    """How a run of rsplab ended.

    Attributes:
        title: Its surrounding.
        done: Exit code and what it printed.
        verdicts: Verdict of each case; empty without a report.
        seconds: Wall-clock time.
    """

    title: str
    done: subprocess.CompletedProcess[str]
    verdicts: dict[str, str]
    seconds: float

    def line(self, usual: dict[str, str]) -> tuple[str, str]:
        """Prints the line of the run; returns its title and what went wrong."""
        good = self.done.returncode == 0 and self.verdicts and usual in ({}, self.verdicts)
        problem = "" if good else f"{self.verdicts}\n{self.done.stdout}{self.done.stderr}"
        title, said = f"rsplab run, {self.title}", f"{len(self.verdicts)} cases"
        return report(title, self.done.returncode, said, self.seconds, problem)


def run(
    place: Path,
    title: str,
    settings: dict[str, str],
    checkout: Path = ROOT,
    before: Sequence[str] = (),
) -> Run:
    """Runs the cases and reads their verdicts."""
    folder = place / title.replace(" ", "-")
    words = ["run", "--target", "inprocess", "--case", CASE, "--report", str(folder)]
    started = monotonic()
    done = call(
        [*before, *program(), *words, "--suites", str(checkout / "suites")], place, settings
    )
    return Run(title, done, verdicts(folder), monotonic() - started)


def program() -> list[str]:
    """Returns the command of rsplab in this environment."""
    entry = "import sys; from rspharness.cli.main import main; sys.exit(main(sys.argv[1:]))"
    return [sys.executable, "-c", entry]


def call(
    words: list[str], folder: Path, settings: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a command and returns how it ended and what it printed."""
    return subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(settings or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def copy_of_suites(place: Path) -> Path:
    """Copies suites and catalogue, without what Python writes beside them; returns the folder."""
    copy = place / "checkout"
    for name in ("suites", "fixtures"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@contextmanager
def read_only(folder: Path) -> Iterator[list[str]]:
    """Makes a folder unwritable for the commands that follow the words it gives.

    Root writes whatever the modes say, so for root the words mount the folder read-only.
    """
    everything = (folder, *folder.rglob("*"))
    for one in everything:
        one.chmod(0o555 if one.is_dir() else 0o444)
    mounted = (
        f'mount --bind "{folder}" "{folder}" && mount -o remount,ro,bind "{folder}" && exec "$@"'
    )
    try:
        yield ["unshare", "-m", "sh", "-c", mounted, "sh"] if os.geteuid() == 0 else []
    finally:
        for one in everything:
            one.chmod(0o755)


def verdicts(folder: Path) -> dict[str, str]:
    """Returns the verdict of each case of a report, or nothing when there is none."""
    results = folder / "latest" / "results.json"
    if not results.exists():
        return {}
    document = json.loads(results.read_text(encoding="utf-8"))
    return {case["nodeid"]: case["verdict"] for case in document["cases"]}


def report(title: str, code: int, said: str, seconds: float, problem: str) -> tuple[str, str]:
    """Prints the line of one run, and its output if something went wrong."""
    print(
        f"{'FAILED' if problem else 'ok':6} exit {code}  {seconds:5.1f} s  {said:12}  {title}",
        flush=True,
    )
    if problem:
        print(problem)
    return title, problem


if __name__ == "__main__":
    sys.exit(main())
