"""The report of a fleet: what the accounts come to, and the times of the steps."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Final

from rspcore.frozen import dataclass
from rspharness.fleet.reckoning import Reckoning

__all__ = ["StepTimes", "lines", "write"]

_MOST_SHOWN: Final = 10
_LINE: Final = "{:<34} {:>8} {:>7} {:>8} {:>8} {:>8} {:>8}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTimes:
    """Times of one step, in milliseconds.

    Attributes:
        name: Kind and name.
        count: How often it was taken.
        failures: How often it failed.
        p50: Median.
        p95: What 95 % keep below.
        p99: What 99 % keep below.
        longest: The longest.
    """

    name: str
    count: int
    failures: int
    p50: float
    p95: float
    p99: float
    longest: float


def lines(found: Reckoning, steps: Iterable[StepTimes]) -> Iterator[str]:
    """Yields the report as lines for a terminal."""
    yield _LINE.format("step", "times", "failed", "p50 ms", "p95 ms", "p99 ms", "longest")
    for one in steps:
        times = (f"{value:.0f}" for value in (one.p50, one.p95, one.p99, one.longest))
        yield _LINE.format(one.name, one.count, one.failures, *times)
    yield ""
    for name, count in found.counts.items():
        yield f"{count:>8} {name}"
    for name, each in _findings(found):
        yield f"{len(each):>8} {name}"
        yield from (f"         {text}" for text in each[:_MOST_SHOWN])
        if len(each) > _MOST_SHOWN:
            yield f"         and {len(each) - _MOST_SHOWN} more, in fleet.json"


def _findings(found: Reckoning) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return ("lost", found.lost), ("doubled", found.doubled), ("stuck", found.stuck)


def write(folder: Path, found: Reckoning, steps: Iterable[StepTimes], seconds: float) -> Path:
    """Writes `fleet.json` into a folder, which is made; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "fleet.json"
    content = {
        "seconds": round(seconds, 1),
        "counts": dict(found.counts),
        **{name: list(each) for name, each in _findings(found)},
        "steps": [asdict(one) for one in steps],
    }
    file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return file
