"""Collect the results of all processes and have the reports written, once, where the run ends.

The collector is a pytest plugin of the controlling process. Records of cases arrive with pytest's
own reports, from this process or a worker; what else a process knows of the run, it hands over at
its end. As it is there in every pytest run, it imports nothing until there is something to write.
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rspharness.report.results import Results

__all__ = ["Collector"]


class Collector:
    """Gather records; have the reports written when the session is over."""

    def __init__(self, config: pytest.Config, started: datetime) -> None:
        self._config = config
        self._started = started
        self._cases: list[dict[str, Any]] = []
        self._said: dict[str, Any] = {}
        self._ids: set[str] = set()
        self.results: Results | None = None
        self.folder: Path | None = None

    def hear(self, said: dict[str, Any]) -> None:
        """Take what one process knows of the run; the one that saw most of the card wins."""
        options = self._said.get("options") or said["options"]
        if not self._said or len(said["facts"]) > len(self._said["facts"]):
            self._said = said
        self._said = {**self._said, "options": options}
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
        from rspharness.report import writing  # noqa: PLC0415  only where there are cases

        said = {**self._said, "ids": sorted(self._ids)}
        self.results, self.folder = writing.write_run(
            self._config, said, self._cases, self._started
        )
        if self.results.over_budget and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

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
