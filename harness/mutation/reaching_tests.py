"""Which tests reach which lines: one run of the tests of a target with coverage by test.

The tests of a line stand in the order of how long they take, so that a change is killed soon.
"""

import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Final

from coverage import CoverageData

__all__ = ["Reach", "measured"]

Reach = dict[str, dict[int, list[str]]]
"""By source file: by line, the tests that run it, as pytest names them, the quickest first."""

_DURATION: Final = re.compile(r"^([0-9.]+)s (?:call|setup|teardown) +(.+)$", re.MULTILINE)
"""A line of what `--durations` prints; a test that takes next to no time has none."""


def measured(root: Path, modules: list[str], tests: list[str], kept: Path) -> Reach:
    """Runs tests and returns what they reach; a run that is kept already is read.

    Args:
        root: The checkout.
        modules: Source files, from the root.
        tests: Files or folders of tests, from the root.
        kept: File for the data of coverage.

    Raises:
        RuntimeError: the tests fail on the sound sources.
    """
    if not kept.exists():
        folders = sorted({str(Path(one).parent) for one in modules})
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
        command += [f"--cov={folder}" for folder in folders]
        command += ["--cov-context=test", "--cov-report=", "-m", "not vpcd and not levels"]
        command += ["--durations=0"]
        done = subprocess.run(
            command,
            cwd=root,
            env={**os.environ, "COVERAGE_FILE": str(kept)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"the tests fail on the sound sources:\n{done.stdout[-2000:]}")
        _combined(kept)
        kept.with_suffix(".durations").write_text(done.stdout, encoding="utf-8")
    return _read(root, modules, kept)


def _combined(kept: Path) -> None:
    """Joins the data of parallel processes into the one file."""
    parts = sorted(kept.parent.glob(f"{kept.name}.*"))
    if not parts:
        return
    joined = CoverageData(str(kept))
    for part in parts:
        data = CoverageData(str(part))
        data.read()
        joined.update(data)
        part.unlink()
    joined.write()


def _read(root: Path, modules: list[str], kept: Path) -> Reach:
    data = CoverageData(str(kept))
    data.read()
    took: dict[str, float] = defaultdict(float)
    for seconds, test in _DURATION.findall(kept.with_suffix(".durations").read_text("utf-8")):
        took[test] += float(seconds)
    reach: Reach = {}
    for module in modules:
        lines: dict[int, list[str]] = defaultdict(list)
        found = data.contexts_by_lineno(str(root / module))
        for line, contexts in found.items():
            tests = {one.partition("|")[0] for one in contexts if one}
            lines[line] = sorted(tests, key=lambda test: (took[test], test))
        reach[module] = lines
    return reach
