"""How report and comparison grow with the cases of a run, up to 10,000 of them.

One real run of some cases is made; the records of its cases, with names of their own and the traces
they have, are written as often as a point asks for.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import count, islice
from pathlib import Path
from time import process_time_ns  # noqa: TID251  a bench measures CPU time

from cards import SIMULATED as PROGRAM

from rspharness.comparison.runs import compared_runs
from rspharness.report import writing
from rspharness.report.run_folder import RunFolder

__all__ = ["CASES", "GrownRuns"]

CASES = (100, 300, 1_000, 3_000, 10_000)
"""Where it is measured."""

_SOME = "ES10c.*"


class GrownRuns:
    """Runs with more and more cases."""

    @cached_property
    def _made(self) -> tuple[str, list[dict[str, object]], dict[str, str]]:
        """Returns run.json, the records of the cases, and the traces by their names."""
        with tempfile.TemporaryDirectory() as folder:
            command = (sys.executable, "-c", PROGRAM, "run", "--target", "inprocess")
            subprocess.run(
                (*command, "--case", _SOME, "--report", folder), check=True, capture_output=True
            )
            run = Path(folder, "latest").resolve()
            lines = (run / "cases.jsonl").read_text(encoding="utf-8").splitlines()
            traces = {f"traces/{one.name}": one.read_text() for one in run.glob("traces/*.txt")}
            return (
                (run / "run.json").read_text(encoding="utf-8"),
                list(map(json.loads, lines)),
                traces,
            )

    def _records(self) -> Iterator[dict[str, object]]:
        for number in count():
            for record in self._made[1]:
                yield {**record, "nodeid": f"{record['nodeid']}[{number}]"}

    @contextmanager
    def _run(self, cases: int) -> Iterator[Path]:
        """Writes a run with so many cases, each with a trace file of its own."""
        described, _, traces = self._made
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder)
            (path / "traces").mkdir()
            (path / "run.json").write_text(described, encoding="utf-8")
            with (path / "cases.jsonl").open("w", encoding="utf-8") as lines:
                for number, record in enumerate(islice(self._records(), cases)):
                    name = f"traces/{number}.txt"
                    (path / name).write_text(traces[str(record["trace"])], encoding="utf-8")
                    lines.write(json.dumps({**record, "trace": name}) + "\n")
            yield path

    def report(self, cases: int) -> float:
        """Returns the CPU time of making every report of a run, in milliseconds."""
        with self._run(cases) as path:
            began = process_time_ns()
            results, _ = writing.not_ended(RunFolder(path))
            writing.write_reports(results, path)
            return (process_time_ns() - began) / 1e6

    def comparison(self, cases: int) -> float:
        """Returns the CPU time of comparing two runs of so many cases, in milliseconds."""
        with self._run(cases) as path, self._run(cases) as other:
            began = process_time_ns()
            compared_runs(path, other)
            return (process_time_ns() - began) / 1e6
