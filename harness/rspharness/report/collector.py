"""Collects the results of all processes and has the reports written once, at the end.

The collector is a pytest plugin of the controlling process. Records of cases arrive with pytest's
own reports, from this process or a worker; what else a process knows of the run, it hands over at
its end. Because every pytest run has a collector, it imports nothing until reports are written.
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rspharness.report.results import Results

__all__ = ["Collector"]


class Collector:
    """Collects records, and has the reports written when the session is over."""

    def __init__(self, config: pytest.Config, started: datetime) -> None:
        self._config = config
        self._started = started
        self._cases: list[dict[str, Any]] = []
        self._known: dict[str, Any] = {}
        self._ids: set[str] = set()
        self.results: Results | None = None
        self.folder: Path | None = None

    def add(self, known: dict[str, Any]) -> None:
        """Adds what one process knows of the run; the facts of the one with the most are used."""
        options = self._known.get("options") or known["options"]
        if not self._known or len(known["facts"]) > len(self._known["facts"]):
            self._known = known
        self._known = {**self._known, "options": options}
        self._ids.update(known["ids"])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes the record of a case that is over."""
        record = getattr(report, "rsplab", None)
        if record is not None:
            self._cases.append(record)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Takes what a worker hands over at its end."""
        known = getattr(node, "workeroutput", {}).get("rsplab")
        if known is not None:
            self.add(known)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Writes the reports of a run that had cases."""
        if not self._cases or not self._known:
            return
        from rspharness.report import writing  # noqa: PLC0415  only where there are cases

        known = {**self._known, "ids": sorted(self._ids)}
        self.results, self.folder = writing.write_run(
            self._config, known, self._cases, self._started
        )
        if self.results.over_budget and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        from rspharness.record.verdicts import NOTHING_RAN  # noqa: PLC0415  likewise

        if not self.results.ran and session.exitstatus == 0:
            session.exitstatus = NOTHING_RAN

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Prints what was inconclusive, the matrix of requirements, and where the reports are."""
        if self.results is None:
            return
        from rspharness.report import writing  # noqa: PLC0415  only where there are cases

        terminalreporter.section("conformance")
        for line in writing.summary(self.results):
            terminalreporter.write_line(line)
        if self.folder is not None:
            here = Path.cwd()
            near = self.folder.is_relative_to(here)
            folder = self.folder.relative_to(here) if near else self.folder
            terminalreporter.write_line(f"reports: {folder}/index.html")
