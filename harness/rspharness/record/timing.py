"""Times of commands and procedures: collected by name, summed up as percentiles.

A command's name is its instruction, or for STORE DATA the ES10 function its chain carries, so that
a report can show how long EnableProfile takes on this card. Budgets come from the target file.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from math import log
from time import perf_counter, thread_time  # noqa: TID251  stopwatches, not the time of day
from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.tags import Tag
from rspcore.tlv import read_header
from rspharness.record.counted_times import CountedTimes

__all__ = [
    "HISTOGRAM_BINS",
    "KNOWN_NAMES",
    "CommandNames",
    "Percentiles",
    "Timings",
    "cpu_stopwatch",
    "histogram",
    "percentiles",
    "stopwatch",
]

_SHORTEST_MS: Final = 0.001
_INSTRUCTIONS = {int(ins): ins.name.replace("_", " ") for ins in Ins}
_SEGMENTS = {
    Tag.BoundProfilePackage: "BPP segment BF36",
    Tag.FirstSequenceOf87: "BPP segment A0",
    Tag.SequenceOf88: "BPP segment A1",
    Tag.Protected88: "BPP segment 88",
    Tag.SecondSequenceOf87: "BPP segment A2",
    Tag.SequenceOf86: "BPP segment A3",
    Tag.Protected86: "BPP segment 86",
}
_FUNCTIONS = {int(tag): tag.name for tag in Tag if tag > 0xFF} | {
    int(tag): name for tag, name in _SEGMENTS.items()
}


_PROCEDURES = frozenset(
    {"AuthenticateServer", "LoadBoundProfilePackage", "PrepareDownload", "download"}
)


_NAMES: Final = frozenset(
    {
        *_INSTRUCTIONS.values(),
        *(f"STORE DATA {one}" for one in (*_FUNCTIONS.values(), "malformed")),
        *(f"procedure {one}" for one in _PROCEDURES),
    }
)
KNOWN_NAMES: Final = _NAMES | {f"GET RESPONSE after {one}" for one in _NAMES}
"""Names under which times can be kept: those of commands and of procedures."""


def stopwatch() -> Callable[[], float]:
    """Starts a stopwatch; the function returned gives the milliseconds since."""
    start = perf_counter()
    return lambda: 1000 * (perf_counter() - start)


def cpu_stopwatch() -> Callable[[], float]:
    """Starts a stopwatch of the CPU time of this thread; as `stopwatch`, in milliseconds.

    What other programs do on the machine in between is not counted.
    """
    start = thread_time()
    return lambda: 1000 * (thread_time() - start)


class CommandNames:
    """Names commands; remembers the function of a STORE DATA chain over its blocks."""

    def __init__(self) -> None:
        self._function = ""
        self._answered = ""

    def name(self, command: bytes) -> str:
        """Returns the name under which a command's time is kept."""
        try:
            parsed = CommandApdu.parse(command)
        except DecodeError:
            return "malformed command"
        instruction = _INSTRUCTIONS.get(parsed.ins, f"INS {parsed.ins:02X}")
        if parsed.ins == Ins.GET_RESPONSE:
            return f"GET RESPONSE after {self._answered}" if self._answered else instruction
        self._answered = ""
        if parsed.ins == Ins.STORE_DATA:
            if parsed.p2 == 0:
                self._function = _function(parsed.data)
            self._answered = instruction = f"STORE DATA {self._function}"
        return instruction


def _function(data: bytes) -> str:
    try:
        tag, _, _ = read_header(data)
    except DecodeError:
        return "malformed"
    return _FUNCTIONS.get(tag, f"tag {tag:02X}")


class Timings:
    """Collects times in milliseconds by name.

    Attributes:
        by_name: The times.
        counted: Those of some functions, with the numbers of Profiles and Notifications.
    """

    def __init__(self) -> None:
        self.by_name: dict[str, list[float]] = {}
        self.counted = CountedTimes()
        self._answers_ms = 0.0

    def add(self, name: str, elapsed_ms: float) -> None:
        """Keeps the time of one answer of the card."""
        self._answers_ms += elapsed_ms
        self._keep(name, elapsed_ms)

    def _keep(self, name: str, elapsed_ms: float) -> None:
        self.by_name.setdefault(name, []).append(round(elapsed_ms, 3))

    def merge(self, other: Mapping[str, list[float]]) -> None:
        """Keeps all times of another collection."""
        for name, values in other.items():
            self.by_name.setdefault(name, []).extend(values)

    @contextmanager
    def procedure(self, name: str) -> Iterator[None]:
        """Keeps what the answers of the card in the block take, together; also when it raises.

        What the host computes between two commands is no time of the card.
        """
        before = self._answers_ms
        try:
            yield
        finally:
            self._keep(f"procedure {name}", self._answers_ms - before)

    def summary(self) -> dict[str, "Percentiles"]:
        """Returns the percentiles of each name, sorted by name."""
        return {name: percentiles(values) for name, values in sorted(self.by_name.items())}


@dataclass(frozen=True, slots=True)
class Percentiles:
    """A summary of times, in milliseconds."""

    count: int
    p50: float
    p90: float
    p99: float
    maximum: float

    def as_dict(self) -> dict[str, float]:
        """Returns the fields by name."""
        return asdict(self)


HISTOGRAM_BINS: Final = 24
"""Bins of a histogram of times."""


def histogram(values: Sequence[float]) -> tuple[int, ...]:
    """Counts times in bins of equal ratio, from the shortest to the longest of them.

    Times of a card lie over decades; bins of equal width would show one bar.

    Args:
        values: One or more times in milliseconds.

    Returns:
        `HISTOGRAM_BINS` counts; where all times are alike, the first has them.

    >>> sum(histogram([0.1, 0.1, 10.0])), histogram([0.1, 0.1, 10.0])[0], histogram([5.0])[0]
    (3, 2, 1)
    """
    low = max(min(values), _SHORTEST_MS)
    high = max(*values, low)
    counts = [0] * HISTOGRAM_BINS
    for value in values:
        share = log(max(value, low) / low) / log(high / low) if high > low else 0.0
        counts[min(int(share * HISTOGRAM_BINS), HISTOGRAM_BINS - 1)] += 1
    return tuple(counts)


def percentiles(values: list[float]) -> Percentiles:
    """Sums up one or more times by the nearest-rank method."""
    ordered = sorted(values)
    last = len(ordered) - 1

    def rank(percent: int) -> float:
        return ordered[min(last, -(-percent * len(ordered) // 100) - 1)]

    return Percentiles(len(ordered), rank(50), rank(90), rank(99), ordered[last])
