"""What a run would do: its cases, at which level, why not, and how long they took the last time.

`--list` names the cases and reaches no card. A plan asks the card what it is, with commands that
only read, because that decides which cases apply.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest

from rspharness.report.run_folder import RunFolder
from rspharness.run.applicability import (
    doubts,
    excuses,
    foreign_excuse,
    level_excuse,
    trust_excuse,
)
from rspharness.run.collection import CaseIds, Collected
from rspharness.run.option_values import value
from rspharness.run.run import Run
from rspharness.run.stash import COLLECTED

__all__ = ["KINDS", "shown"]

KINDS: Final = ("list", "plan")
"""What can be shown instead of a run."""


def shown(session: pytest.Session, kind: str) -> Iterator[str]:
    """Yields the lines of a list or of a plan of the cases of a session.

    Raises:
        RspError: the card of a plan is not there.
    """
    collected = session.config.stash.get(COLLECTED, None)
    cases = [] if collected is None else [i for i in session.items if i.nodeid in collected.cases]
    if collected is None or not cases:
        return
    if kind == "list":
        for item in cases:
            ids = collected.cases[item.nodeid]
            yield f"{_names(ids)}  {ids.level}  {_title(item)}"
        yield f"{len(cases):,} cases"
        return
    yield from _plan(cases, collected, _seconds(session.config))


def _plan(
    cases: Sequence[pytest.Item], collected: Collected, seconds: dict[str, float]
) -> Iterator[str]:
    levels, reasons = Counter[str](), Counter[str]()
    known, unknown = 0.0, 0
    for item in cases:
        run, ids = collected.run_of(item.nodeid), collected.cases[item.nodeid]
        reason = _why_not(run, ids, item)
        if reason:
            reasons[reason] += 1
            yield f"{_names(ids)}  {ids.level}  not run: {reason}"
            continue
        levels[str(ids.level)] += 1
        took = seconds.get(item.nodeid)
        known, unknown = known + (took or 0.0), unknown + (took is None)
        time = f"{took:.2f} s" if took is not None else "no time known"
        only = len(doubts(run, ids.requirements)) == len(ids.requirements)
        records = "  only records" if only else ""
        yield f"{_names(ids)}  {ids.level}  runs  {time}{records}"
    yield ""
    yield f"{sum(levels.values()):,} of {len(cases):,} cases would run"
    for level, number in levels.items():
        yield f"  {number:,} at level {level}"
    for reason, number in reasons.most_common():
        yield f"not run, {number:,}: {reason}"
    more = f" and {unknown:,} cases whose time is not known" if unknown else ""
    yield f"time by the latest run: {known:.0f} s{more}"


def _why_not(run: Run, ids: CaseIds, item: pytest.Item) -> str:
    run.reach()
    excused = excuses(run, ids.requirements)
    if len(excused) == len(ids.requirements):
        return "; ".join(dict.fromkeys(excused.values()))
    parameters = getattr(item, "callspec", None)
    curve = None if parameters is None else parameters.params.get("curve")
    return (
        level_excuse(run, ids.level)
        or foreign_excuse(run, ids.level)
        or trust_excuse(run, getattr(item, "fixturenames", ()), curve)
    )


def _names(ids: CaseIds) -> str:
    return " ".join(row.id for row in ids.requirements)


def _title(item: pytest.Item) -> str:
    doc: str = (getattr(getattr(item, "obj", None), "__doc__", None) or item.name).strip()
    return doc.partition("\n")[0]


def _seconds(config: pytest.Config) -> dict[str, float]:
    """Returns how long cases took in the latest run beside; nothing where there is none."""
    root = Path(value(config, "report") or config.rootpath / "reports")
    file = root / "latest" / "cases.jsonl"
    if not file.is_file():
        return {}
    _, cases = RunFolder(file.parent).read()
    return {case["nodeid"]: case["duration_s"] for case in cases}
