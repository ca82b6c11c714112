"""Writes the reports of a run into a folder of its own, and its summary for the terminal."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from rspharness.record.catalogue import Catalogue
from rspharness.record.private_files import make_private, write_private
from rspharness.report.git_commit import commit_of
from rspharness.report.html import write_html
from rspharness.report.junit import write_junit
from rspharness.report.latest_link import point_latest, why_latest_stays
from rspharness.report.requirement_matrix import text
from rspharness.report.results import Results
from rspharness.run.option_values import value

__all__ = ["summary", "write_reports", "write_run"]

_LISTED = ("inconclusive", "known deviation")


def write_run(
    config: pytest.Config, known: dict[str, Any], cases: list[dict[str, Any]], started: datetime
) -> tuple[Results, Path]:
    """Assembles the results of a run and writes its reports.

    Args:
        config: Configuration of the controlling process.
        known: What the processes of the run handed over.
        cases: Records of the cases.
        started: When the run began.
    """
    duration_s = (datetime.now().astimezone() - started).total_seconds()  # noqa: TID251  wall time
    known["facts"] = {
        "started": started.isoformat(timespec="seconds"),
        "commit": commit_of(config.rootpath),
        "command": " ".join(map(str, config.invocation_params.args)),
        **known["facts"],
    }
    results = Results.assemble(known, cases, Catalogue.load(Path(known["catalogue"])), duration_s)
    name = f"{started:%Y%m%d-%H%M%S}-{_slug(known['facts']['target'])}"
    root = Path(value(config, "report") or config.rootpath / "reports")
    folder = write_reports(results, root, name)
    stays = why_latest_stays(folder)
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if stays and terminal is not None:
        terminal.ensure_newline()
        terminal.write_line(stays)
    return results, folder


def summary(results: Results) -> Iterator[str]:
    """Yields the lines that a terminal shows at the end of a run."""
    for case in results.cases:
        if case["verdict"] in _LISTED:
            yield f"{' '.join(case['ids'])}  {case['verdict'].upper()}: {case['reason']}"
    for name in results.over_budget:
        row = results.timings[name]
        yield f"over budget: {name}, p90 {row['p90']} ms, budget {row['budget_ms']} ms"
    for line in results.contradictions:
        yield f"option {line}"
    yield from text(results.coverage()).splitlines()
    yield ", ".join(f"{count} {verdict}" for verdict, count in results.counts.items())


def _slug(target: str) -> str:
    return Path(target).stem if target.endswith(".toml") else target


def write_reports(results: Results, root: Path, name: str) -> Path:
    """Writes results.json, junit.xml, index.html and the traces; `latest` points to them.

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
    make_private(folder)
    make_private(traces)
    used: set[str] = set()
    for case in results.cases:
        file = _trace_name(case["ids"][0], used)
        write_private(traces / file, case.pop("trace", ""))
        case["trace"] = f"traces/{file}"
    (folder / "results.json").write_text(results.to_json(), encoding="utf-8")
    write_junit(results, folder / "junit.xml")
    write_html(results, folder / "index.html")
    point_latest(folder)
    return folder


def _trace_name(name: str, used: set[str]) -> str:
    stem = name.replace("#", "-").replace("/", "-")
    candidate, number = f"{stem}.txt", 1
    while candidate in used:
        number += 1
        candidate = f"{stem}-{number}.txt"
    used.add(candidate)
    return candidate
