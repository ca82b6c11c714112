"""Collects the results of all processes: each case is written down at once, the reports at the end.

The collector is a pytest plugin of the controlling process. Records of cases arrive with pytest's
own reports, from this process or a worker, and with them what that process knows of the run; the
rest is handed over at its end. Because every pytest run has a collector, it imports nothing until
there is a case.
"""

from collections.abc import Generator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rspharness.run.stash import WRONG_USE, RunStoppedError

if TYPE_CHECKING:
    from rspharness.report.identities import Identities
    from rspharness.report.results import Results
    from rspharness.report.run_folder import RunFolder

__all__ = ["Collector"]


class Collector:
    """Collects records, and has the reports written when the session is over."""

    def __init__(self, config: pytest.Config, started: datetime) -> None:
        self._config = config
        self._started = started
        self._cases: list[dict[str, Any]] = []
        self._known: dict[str, Any] = {}
        self._findings: list[dict[str, str]] = []
        self._own_traces = ""
        self._ids: set[str] = set()
        self._notes: list[str] = []
        self._cards: list[str] = []
        self._chosen = 0
        self._wrong_use = ""
        self._unwritten = ""
        self._commit = ""
        self._records: RunFolder | None = None
        self._shown: list[pytest.TestReport] = []
        self._masked: Identities | None = None
        self.results: Results | None = None

    @property
    def folder(self) -> Path | None:
        """Returns the folder of the run, None before its first case."""
        return self._records.path if self._records else None

    def add(self, known: dict[str, Any]) -> None:
        """Adds what one process knows of the run; the facts of the one with the most are used."""
        own_traces = known.pop("own_traces", "")
        self._own_traces = max(self._own_traces, own_traces, key=len)
        options = known["options"] or self._known.get("options") or {}
        if not self._known or len(known["facts"]) >= len(self._known["facts"]):
            self._known = known
        self._cards += [one for one in known.pop("cards", ()) if one not in self._cards]
        self._findings += [one for one in known["findings"] if one not in self._findings]
        self._known = {**self._known, "options": options, "findings": self._findings}
        if self._cards:
            self._known["facts"] = {**self._known["facts"], "cards": "; ".join(self._cards)}
        self._ids.update(known["ids"])
        self._notes += [note for note in known["notes"] if note not in self._notes]
        if self._records is not None:
            try:
                self._records.describe(self._description())
            except OSError as error:  # said at the end; until then the run goes on
                self._unwritten = _unwritten(self._records.path, error)

    def begin(self, known: dict[str, Any]) -> None:
        """Makes the folder of the run, before its first case is carried out."""
        self.add(known)
        self._records = self._create()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Takes the number of cases that are to run."""
        self._chosen = max(self._chosen, len(session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Takes the number of cases that are to run, from a worker."""
        self._chosen = max(self._chosen, len(ids))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Writes the record of a case that is over."""
        if report.longrepr or report.sections:
            self._shown.append(report)
        known = getattr(report, "rsplab_run", None)
        if known is not None:
            self.add(known)
        record = getattr(report, "rsplab", None)
        if record is not None:
            if self._records is None:
                self._records = self._create()
            try:
                self._cases.append(self._records.add(record))
            except OSError as error:
                self._unwritten = _unwritten(self._records.path, error)
                raise _stopped(self._unwritten) from error

    def _create(self) -> "RunFolder":
        from rspcore.errors import ConfigError  # noqa: PLC0415  only where there are cases
        from rspharness.report.git_commit import commit_of  # noqa: PLC0415  likewise
        from rspharness.report.run_folder import RunFolder  # noqa: PLC0415  likewise
        from rspharness.report.writing import folder_name  # noqa: PLC0415  likewise

        self._commit = commit_of(self._config.rootpath)
        root = Path(self._value("report") or self._config.rootpath / "reports")
        try:
            made = RunFolder.create(root, folder_name(self._started, self._target()))
        except ConfigError as error:
            raise _stopped(str(error)) from error
        try:
            made.describe(self._description())
        except OSError as error:
            raise _stopped(_unwritten(made.path, error)) from error
        return made

    def _value(self, name: str) -> str:
        from rspharness.run.option_values import value  # noqa: PLC0415  only where there are cases

        return value(self._config, name)

    def _target(self) -> str:
        target: str = self._known["facts"]["target"]
        return target

    def _description(self, *, ended: bool = False, end: str = "") -> dict[str, Any]:
        now = datetime.now().astimezone()  # noqa: TID251  wall time
        return {
            "started": self._started.isoformat(timespec="seconds"),
            "command": " ".join(map(str, self._config.invocation_params.args)),
            "commit": self._commit,
            "baseline": self._value("baseline"),
            "shard": self._value("shard"),
            "chosen": self._chosen,
            "ended": ended,
            "end": end,
            "duration_s": (now - self._started).total_seconds(),
            "known": {**self._known, "ids": sorted(self._ids), "notes": self._notes},
        }

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Takes what a worker hands over at its end."""
        handed: dict[str, Any] = getattr(node, "workeroutput", {})
        self._wrong_use = handed.get(WRONG_USE, self._wrong_use)
        known = handed.get("rsplab")
        if known is not None:
            self.add(known)

    @pytest.hookimpl(wrapper=True, trylast=True)  # before the terminal's, which prints the summary
    def pytest_sessionfinish(
        self, session: pytest.Session, exitstatus: int
    ) -> Generator[None, object, object]:
        """Writes the reports of a run that had cases, also when another plugin fails here."""
        try:
            return (yield)
        finally:
            if self._wrong_use:
                session.exitstatus = pytest.ExitCode.USAGE_ERROR
            if self._records is not None:
                try:
                    self._finish(self._records, session)
                except OSError as error:
                    self._unwritten = _unwritten(self._records.path, error)
                if self._unwritten:
                    from rspharness.record.verdicts import NOTHING_RAN  # noqa: PLC0415  likewise

                    session.exitstatus = NOTHING_RAN
                self._show_end_of_stopped(exitstatus)

    def _show_end_of_stopped(self, exitstatus: int) -> None:
        """Prints the end of a run that was stopped, of which pytest has no summary."""
        from rspharness.record.verdicts import NOTHING_RAN  # noqa: PLC0415  only where cases are

        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if exitstatus == NOTHING_RAN and terminal is not None and not self._unwritten:
            terminal.ensure_newline()
            self.pytest_terminal_summary(terminal)

    def _finish(self, records: "RunFolder", session: pytest.Session) -> None:
        from rspharness.report import writing  # noqa: PLC0415  only where there are cases

        description = self._description(ended=True, end=self._end(session))
        records.describe(description)
        if self._own_traces:
            records.add_own(self._own_traces)
        self.results = writing.assembled(description, self._cases)
        self._masked = writing.write_reports(self.results, records.path)
        if keep := self._value("keep"):
            from rspharness.report.old_runs import prune  # noqa: PLC0415  only where it is named

            prune(records.path.parent, int(keep))
        if allure := getattr(self._config.option, "allure_report_dir", None):
            from rspharness.report.allure_run import write_run  # noqa: PLC0415  only for Allure

            write_run(Path(allure), self.results.facts)
        if self._masked is not None:
            from rspharness.report import masked_views  # noqa: PLC0415  only for a card that is kept

            masked_views.mask_reports(self._shown, self._masked)
            masked_views.mask_files(self._config, self._started, self._masked)
        broken = self.results.over_budget or self.results.findings
        if broken and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        from rspharness.record.verdicts import NOTHING_RAN  # noqa: PLC0415  likewise

        nothing = not self.results.ran and session.exitstatus == 0
        if nothing or (self.results.lost and session.exitstatus == 1):
            session.exitstatus = NOTHING_RAN

    def _end(self, session: pytest.Session) -> str:
        """Returns why the run ended before its last case, empty if it did not."""
        if len(self._cases) >= self._chosen and session.exitstatus in (0, 1):
            return ""
        status = session.exitstatus
        why = {2: "interrupted", 3: "stopped", 30: "stopped"}.get(int(status), "")
        return f"{why} after {len(self._cases)} of {self._chosen} cases" if why else ""

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Prints what was inconclusive, the matrix of requirements, and where the reports are."""
        if self._wrong_use:
            terminalreporter.write_line(f"ERROR: {self._wrong_use}", red=True)
        if self._unwritten:
            terminalreporter.write_line(f"ERROR: {self._unwritten}", red=True)
        if self.results is None:
            return
        from rspharness.report import writing  # noqa: PLC0415  only where there are cases
        from rspharness.report.latest_link import why_latest_stays  # noqa: PLC0415  likewise

        terminalreporter.section("conformance")
        for line in writing.summary(self.results):
            terminalreporter.write_line(self._masked.masked(line) if self._masked else line)
        if self.folder is not None:
            here = Path.cwd()
            near = self.folder.is_relative_to(here)
            folder = self.folder.relative_to(here) if near else self.folder
            terminalreporter.write_line(f"reports: {folder}/index.html")
            if stays := why_latest_stays(self.folder):
                terminalreporter.write_line(stays)


def _stopped(why: str) -> RunStoppedError:
    """Returns what ends a run whose reports cannot be written."""
    from rspharness.record.verdicts import NOTHING_RAN  # noqa: PLC0415  only where there are cases

    return RunStoppedError(why, returncode=NOTHING_RAN)


def _unwritten(folder: Path, error: OSError) -> str:
    return (
        f"reports cannot be written to {folder}: {error.strerror}; make room there, or name "
        "another folder by --report"
    )
