"""The plugin of pytest behind `--matrix`: fills, writes and judges the fault matrix.

Users' stories are left out.

Every process fills its own part while its cases run; the controlling process writes the whole
matrix into the report folder and compares it with the expected effects.
"""

from collections.abc import Generator
from typing import Any, Final

import pytest

from rspharness.mutation import expected_effects
from rspharness.mutation.case_copies import CaseCopies
from rspharness.mutation.fault_matrix import FaultMatrix
from rspharness.mutation.matrix_file import Matrix
from rspharness.report.collector import Collector
from rspharness.run.stash import COLLECTED

__all__ = ["MatrixPlugin"]

_OUTPUT: Final = "rsplab-matrix"
_STORY: Final = "Story"
"""Area of users' stories, which many faults change: `harness/scenarios` has their table."""


class MatrixPlugin:
    """Fills the fault matrix around the cases of a run, and judges it at the end."""

    def __init__(self, config: pytest.Config, collector: Collector | None) -> None:
        """Registers the plugin that copies cases.

        Args:
            config: Configuration of this process.
            collector: Writes the reports; None in a worker.
        """
        self._config = config
        self._collector = collector
        self._copies = CaseCopies()
        self._matrix: FaultMatrix | None = None
        self._matrices: list[Matrix] = []
        self._tried: set[str] = set()
        self._differences: list[str] = []
        config.pluginmanager.register(self._copies, "rsplab-case-copies")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config) -> None:
        """Prepares the cards, once the cases are known.

        Raises:
            pytest.UsageError: no effects are declared, or the card is not one called directly.
        """
        collected = config.stash.get(COLLECTED, None)
        if collected is None:
            return
        expected_effects.require_declared(config.rootpath)
        if collected.kind != "inprocess":
            raise pytest.UsageError(
                f'--matrix makes its own cards: expected a target of kind "inprocess", got '
                f"{collected.kind!r}"
            )
        self._matrix = FaultMatrix(collected, self._copies)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        """Runs the copies of a case on other cards, before the case itself."""
        if self._matrix is None or not isinstance(item, pytest.Function):
            return
        case = self._matrix.collected.cases.get(item.nodeid)
        if case is not None and not any(row.area == _STORY for row in case.requirements):
            self._matrix.run_copies(item)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Takes what a worker hands over at its end."""
        self._take(getattr(node, "workeroutput", {}).get(_OUTPUT))

    def _take(self, part: tuple[Matrix, list[str]] | None) -> None:
        if part is not None:
            matrix, tried = part
            self._matrices.append(matrix)
            self._tried.update(tried)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Hands over what this process found; judges the whole where the reports are written."""
        part = None if self._matrix is None else (self._matrix.matrix, self._matrix.tried)
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[_OUTPUT] = part
        result = yield
        if self._collector is not None and self._collector.folder is not None:
            self._take(part)
            matrix = expected_effects.merged(self._matrices)
            expected_effects.write_matrix(self._collector.folder, matrix)
            found = expected_effects.differences(self._config.rootpath, matrix, self._tried)
            self._differences = list(found)
            if self._differences and session.exitstatus == 0:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
        return result

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Prints each difference from what is declared."""
        for line in self._differences:
            terminalreporter.write_line(line)
