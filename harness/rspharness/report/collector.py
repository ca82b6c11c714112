"""Collect the results of all processes and write the reports, once, where the run is controlled.

The collector is a pytest plugin of the controlling process. Records of cases arrive with pytest's
own reports, from this process or a worker; what else a process knows of the run, it hands over at
its end.
"""

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from rspharness.report.facts import commit_of
from rspharness.report.html import write_html
from rspharness.report.junit import write_junit
from rspharness.report.matrix import text
from rspharness.report.model import Results
from rspharness.requirements import Catalogue
from rspharness.timing import stopwatch

__all__ = ["Collector", "write_reports"]


class Collector:
    """Gather records; write the reports when the session is over."""

    def __init__(self, config: pytest.Config, started: datetime) -> None:
        self._config = config
        self._started = started
        self._elapsed_ms = stopwatch()
        self._cases: list[dict[str, Any]] = []
        self._said: dict[str, Any] = {}
        self._ids: set[str] = set()
        self.results: Results | None = None
        self.folder: Path | None = None

    def hear(self, said: dict[str, Any]) -> None:
        """Take what one process knows of the run; the one that saw most of the card wins."""
        if not self._said or len(said["facts"]) > len(self._said["facts"]):
            self._said = said
        elif not self._said["options"]:
            self._said = {**self._said, "options": said["options"]}
        self._ids.update(said["ids"])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the record of a case that is over."""
        record = getattr(report, "rsplab", None)
        if record is not None:
            self._cases.append(record)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker hands over at its end."""
        said = getattr(node, "workeroutput", {}).get("rsplab")
        if said is not None:
            self.hear(said)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the reports of a run that had cases."""
        if not self._cases or not self._said:
            return
        catalogue = Catalogue.load(Path(self._said["catalogue"]))
        said = {**self._said, "ids": sorted(self._ids)}
        said["facts"] = {
            "started": self._started.isoformat(timespec="seconds"),
            "commit": commit_of(self._config.rootpath),
            "command": " ".join(map(str, self._config.invocation_params.args)),
            **said["facts"],
        }
        self.results = Results.assemble(said, self._cases, catalogue, self._elapsed_ms() / 1000)
        name = f"{self._started:%Y%m%d-%H%M%S}-{_slug(said['facts']['target'])}"
        root = Path(self._config.getoption("--report") or self._config.rootpath / "reports")
        self.folder = write_reports(self.results, root, name)
        if self.results.over_budget and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print what was inconclusive, the matrix, and where the reports are."""
        results = self.results
        if results is None:
            return
        write = terminalreporter.write_line
        terminalreporter.section("conformance")
        for case in results.cases:
            if case["verdict"] in ("inconclusive", "known deviation"):
                write(f"{' '.join(case['ids'])}  {case['verdict'].upper()}: {case['reason']}")
        for name in results.over_budget:
            row = results.timings[name]
            write(f"over budget: {name}, p90 {row['p90']} ms, budget {row['budget_ms']} ms")
        for line in results.contradictions:
            write(f"option {line}")
        for line in text(results.coverage()).splitlines():
            write(line)
        write(", ".join(f"{count} {verdict}" for verdict, count in results.counts.items()))
        if self.folder is not None:
            write(f"reports: {self.folder}/index.html")


def _slug(target: str) -> str:
    return Path(target).stem if target.endswith(".toml") else target


def write_reports(results: Results, root: Path, name: str) -> Path:
    """Write results.json, junit.xml, index.html and the traces; `latest` points to them.

    Args:
        results: The results; the traces in the records move to files of their own.
        root: Folder of all reports.
        name: Name of this run's folder; a number is added if it is taken.

    Returns:
        The folder written.
    """
    folder = root / name
    number = 1
    while folder.exists():
        number += 1
        folder = root / f"{name}-{number}"
    traces = folder / "traces"
    traces.mkdir(parents=True)
    used: set[str] = set()
    for case in results.cases:
        file = _trace_name(case["ids"][0], used)
        (traces / file).write_text(case.pop("trace", ""), encoding="utf-8")
        case["trace"] = f"traces/{file}"
    (folder / "results.json").write_text(results.to_json(), encoding="utf-8")
    write_junit(results, folder / "junit.xml")
    write_html(results, folder / "index.html")
    latest = root / "latest"
    if latest.is_symlink():
        latest.unlink()
    elif latest.is_dir():
        shutil.rmtree(latest)
    latest.symlink_to(folder.name, target_is_directory=True)
    return folder


def _trace_name(name: str, used: set[str]) -> str:
    stem = name.replace("#", "-").replace("/", "-")
    candidate, number = f"{stem}.txt", 1
    while candidate in used:
        number += 1
        candidate = f"{stem}-{number}.txt"
    used.add(candidate)
    return candidate
