"""Two runs beside each other: verdicts, answers, times."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from rspcore.errors import ConfigError
from rspharness.comparison.answers import compared_traces
from rspharness.comparison.difference import Comparison, Difference, Kind, Side
from rspharness.record.time_shifts import Shift, shifts
from rspharness.record.timing import Timings
from rspharness.record.trace import read_events
from rspharness.report.run_folder import RunFolder

__all__ = ["compared_runs", "read_side"]

_SHOWN_FACTS: Final = (
    "eid",
    "atr",
    "reader",
    "driver",
    "protocol",
    "firmware",
    "target",
    "personality",
    "card_fault",
    "svn",
    "euicc_firmware_ver",
    "level",
    "rsplab",
)


class _Run:
    """One run as it is in its folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        description, cases = RunFolder(path).read()
        known = description["known"]
        self.facts: dict[str, Any] = known["facts"]
        self.options: dict[str, bool] = known["options"]
        self.cases = {case["nodeid"]: case for case in cases}
        self.whole: bool = description["ended"] and not description["end"]
        timings = Timings()
        for case in cases:
            timings.merge(case.get("timings", {}))
        self.times = timings.by_name

    @property
    def side(self) -> Side:
        """Returns what is shown of it."""
        facts = {name: str(self.facts[name]) for name in _SHOWN_FACTS if self.facts.get(name)}
        return Side(str(self.path), facts)

    def trace(self, name: str) -> str:
        """Returns the text of a trace.

        Raises:
            ConfigError: it is not there.
        """
        try:
            return (self.path / name).read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{self.path / name}: {error.strerror}") from error


def read_side(path: Path) -> str:
    """Returns what is at a path: `run` or `fingerprint`.

    Raises:
        ConfigError: neither.
    """
    if (path / "run.json").is_file():
        return "run"
    if path.is_file():
        try:
            if json.loads(path.read_text(encoding="utf-8")).get("kind") == "fingerprint":
                return "fingerprint"
        except (ValueError, AttributeError, OSError):
            pass
    raise ConfigError(
        f"{path}: neither the folder of a run, such as reports/latest, nor a file of `rsplab "
        "fingerprint --json`"
    )


def compared_runs(a: Path, b: Path, *, times: bool = True) -> Comparison:
    """Compares two runs.

    Args:
        a: Folder of the first.
        b: Folder of the second.
        times: Whether their times are compared too.

    Raises:
        ConfigError: one is no folder of a run, or was written by another version.
    """
    left, right = _Run(a), _Run(b)
    both = [name for name in left.cases if name in right.cases]
    found = [*_verdicts(left, right, both), *_options(left, right)]
    answers, number = _answers(left, right, both)
    found += answers
    moved = shifts(left.times, right.times) if times else []
    found += [_as_difference(one) for one in moved]
    compared = {"cases": len(both), "answers": number}
    if times:
        compared["commands with times"] = len(left.times.keys() & right.times.keys())
    order = list(Kind)
    found.sort(key=lambda one: order.index(one.kind))
    return Comparison(left.side, right.side, tuple(found), tuple(_notes(left, right)), compared)


def _verdicts(left: _Run, right: _Run, both: Iterable[str]) -> Iterator[Difference]:
    for name in both:
        one, other = left.cases[name], right.cases[name]
        if one["verdict"] != other["verdict"]:
            ids = " ".join(one["ids"])
            yield Difference(Kind.VERDICT, ids, one["verdict"], other["verdict"], (name,))


def _options(left: _Run, right: _Run) -> Iterator[Difference]:
    for name in sorted(left.options.keys() | right.options.keys()):
        sides = [str(one.options.get(name, "")).lower() for one in (left, right)]
        if sides[0] != sides[1] and all(sides):
            yield Difference(Kind.VALUE, f"option {name}", sides[0], sides[1])


def _answers(left: _Run, right: _Run, both: Iterable[str]) -> tuple[list[Difference], int]:
    """Returns what the answers differ in, each difference once, with all cases that show it."""
    seen: dict[tuple[Kind, str, str, str], list[str]] = defaultdict(list)
    number = 0
    for name in both:
        case = " ".join(left.cases[name]["ids"])
        one, other = (run.trace(run.cases[name]["trace"]) for run in (left, right))
        if _without_times(one) == _without_times(other):
            number += one.count("\n> ")
            continue
        differences, looked_at = compared_traces(case, read_events(one), read_events(other))
        number += looked_at
        for found in differences:
            seen[found.kind, found.subject, found.a, found.b].append(case)
    return [Difference(*key, tuple(dict.fromkeys(cases))) for key, cases in seen.items()], number


def _without_times(trace: str) -> list[str]:
    return [line.partition(";")[0] for line in trace.splitlines() if not line.startswith("#")]


def _as_difference(one: Shift) -> Difference:
    more = f", shift {one.shift_ms:+.2f} ms, delta {one.delta:+.2f}, p {one.p:.2g}"
    counts = f", {one.counts[0]} and {one.counts[1]} times"
    a, b = (f"median {value:.2f} ms" for value in (one.a, one.b))
    return Difference(Kind.TIME, one.name, a, b + more + counts)


def _notes(left: _Run, right: _Run) -> Iterator[str]:
    for one, other in ((left, right), (right, left)):
        only = [name for name in one.cases if name not in other.cases]
        if only:
            yield f"{len(only):,} cases are in {one.path} alone"
        if not one.whole:
            yield f"{one.path} did not come to its end"
    for one, other in ((left, right), (right, left)):
        unknown = sorted(other.options.keys() - one.options.keys())
        if unknown:
            yield f"options unknown in {one.path} alone: {', '.join(unknown)}"
    for fact in ("rsplab", "seed", "level", "curve"):
        values = [str(one.facts.get(fact, "")) for one in (left, right)]
        if values[0] != values[1]:
            yield f"{fact}: {values[0] or 'none'} and {values[1] or 'none'}"
