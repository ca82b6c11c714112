"""Masks what names a card in the views that pytest and its plugins make by themselves.

These are the failures on the terminal, the JUnit file of `--junitxml` and the results of Allure.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from rspharness.report.identities import Identities

__all__ = ["mask_files", "mask_reports"]


def mask_reports(reports: Iterable[pytest.TestReport], identities: Identities) -> None:
    """Masks the explanations and the output of cases, which the terminal shows at its end."""
    for report in reports:
        if isinstance(report.longrepr, tuple):
            path, line, reason = report.longrepr
            report.longrepr = (path, line, identities.masked(reason))
        elif report.longrepr:
            report.longrepr = identities.masked(report.longreprtext)
        report.sections = [(name, identities.masked(text)) for name, text in report.sections]


def mask_files(config: pytest.Config, started: datetime, identities: Identities) -> None:
    """Masks the JUnit file of pytest and the files of Allure that are of this run."""
    for path in _files(config, started):
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
        masked = identities.masked(text)
        if masked != text:
            path.write_text(masked, encoding="utf-8", errors="surrogateescape")


def _files(config: pytest.Config, started: datetime) -> Iterator[Path]:
    junit = getattr(config.option, "xmlpath", None)
    if junit and Path(junit).is_file():
        yield Path(junit)
    allure = getattr(config.option, "allure_report_dir", None)
    if allure and Path(allure).is_dir():
        for path in sorted(Path(allure).iterdir()):
            if path.is_file() and path.stat().st_mtime >= started.timestamp() - 1:
                yield path
