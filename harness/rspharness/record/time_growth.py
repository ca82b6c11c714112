"""Whether times grow with the number of Profiles or Notifications, by counted times alone.

Each function is held against each number by Kendall's rank correlation, which asks nothing of the
shape, and by the Theil-Sen slope, the median of the slopes of all pairs, over the range seen. Only
times with the same work are compared: to enable a Profile while another one is Enabled is more than
to enable one, and happens with more Profiles on the card. Of functions that list, the answers grow
with what is listed, and they are not judged.

P values are corrected for the number of comparisons by Holm, so that a sound card grows by chance
in one of a hundred runs at most, and the rise has to be large too.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from math import sqrt
from statistics import NormalDist, median
from typing import Any, Final

from rspcore.frozen import dataclass
from rspharness.record.counted_times import (
    LISTING,
    NOTIFICATIONS,
    PROFILES,
    SWITCHING,
    CountedTime,
)
from rspharness.record.time_shifts import ALPHA, FEWEST, holm
from rspharness.record.time_verdicts import TimeFinding

__all__ = ["Growth", "grown", "growth", "growths"]

GROWTH_SHARE: Final = 0.5
"""Rise over the range seen, as a share of the median at its beginning."""
GROWTH_MS: Final = 1.0
_FEWEST_NUMBERS: Final = 3
"""Numbers that the times have to be of: with two, one busy moment looks like growth."""
_MOST: Final = 12
"""Times with the same number and the same work that are compared, evenly taken from the ordered."""

_Times = Mapping[str, Sequence[tuple[float, float]]]
"""Pairs of number and milliseconds, by what else sets the work."""


@dataclass(frozen=True, slots=True)
class Growth:
    """How the times of a function go with a number.

    Attributes:
        name: The function, and the number: `STORE DATA GetEuiccData by Notifications`.
        slope_ms: Milliseconds for each one more.
        low: The smallest number seen.
        high: The largest.
        begin_ms: Median time at the smallest.
        count: How many times were compared.
        p: P value that they do not rise.
        listing: Whether the function lists what is counted, so that its answer grows of itself.
    """

    name: str
    slope_ms: float
    low: float
    high: float
    begin_ms: float
    count: int
    p: float
    listing: bool = False

    @property
    def rise_ms(self) -> float:
        """Returns what is added from the smallest number to the largest."""
        return self.slope_ms * (self.high - self.low)

    @property
    def large(self) -> bool:
        """Returns whether that is much."""
        return self.rise_ms >= max(GROWTH_MS, GROWTH_SHARE * self.begin_ms)

    def as_dict(self) -> dict[str, Any]:
        """Returns it as JSON values."""
        return {**asdict(self), "rise_ms": self.rise_ms}


def grown(growths: Iterable[Growth]) -> list[TimeFinding]:
    """Returns the functions whose times grow and should not.

    Args:
        growths: Those of a run.
    """
    judged = [one for one in growths if not one.listing]
    corrected = holm([one.p for one in judged])
    return [
        TimeFinding(
            "grows",
            one.name,
            f"{one.slope_ms:.3f} ms for each one more, from {one.low:g} to {one.high:g}: "
            f"{one.rise_ms:+.1f} ms; p {p:.2g}",
        )
        for one, p in zip(judged, corrected, strict=True)
        if one.large and p < ALPHA
    ]


def growths(counted: Iterable[CountedTime]) -> list[Growth]:
    """Returns how the functions of a run go with the numbers of Profiles and Notifications.

    A switch is held against Notifications alone: with Profiles its work grows of itself.

    Args:
        counted: The times of the run.
    """
    by_name: dict[tuple[str, str], dict[str, list[tuple[float, float]]]]
    by_name = defaultdict(lambda: defaultdict(list))
    for function, profiles, notifications, work, elapsed_ms in counted:
        if profiles is not None and function not in SWITCHING:
            by_name[function, PROFILES][work].append((profiles, elapsed_ms))
        if notifications is not None:
            alike = f"{work}, {profiles}" if function in SWITCHING else work
            by_name[function, NOTIFICATIONS][alike].append((notifications, elapsed_ms))
    made = (
        growth(f"STORE DATA {function} by {number}", times, listing=LISTING.get(function) == number)
        for (function, number), times in sorted(by_name.items())
        if LISTING.get(function, number) == number
    )
    return [one for one in made if one is not None]


def growth(name: str, times: _Times, *, listing: bool = False) -> Growth | None:
    """Returns how times go with a number; None where they are too few, or of too few numbers.

    Args:
        name: The function, and what its times are held against.
        times: Pairs of a number and a time in milliseconds, by what else sets the work; times of
            one work are compared with each other alone.
        listing: Whether the function lists what is counted.
    """
    thinned = [_thinned(pairs) for pairs in times.values()]
    compared = [pairs for pairs in thinned if len({x for x, _ in pairs}) > 1]
    every = [pair for pairs in compared for pair in pairs]
    if len(every) < FEWEST or len({x for x, _ in every}) < _FEWEST_NUMBERS:
        return None
    slope = median(
        (y2 - y1) / (x2 - x1)
        for pairs in compared
        for place, (x1, y1) in enumerate(pairs)
        for x2, y2 in pairs[place + 1 :]
        if x1 != x2
    )
    low, high = min(x for x, _ in every), max(x for x, _ in every)
    begin = median(y for x, y in every if x == low)
    return Growth(name, slope, low, high, begin, len(every), _kendall(compared), listing)


def _thinned(pairs: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Returns no more than `_MOST` of the times with the same number."""
    by_number: dict[float, list[float]] = defaultdict(list)
    for x, y in pairs:
        by_number[x].append(y)
    out = []
    for x, values in by_number.items():
        ordered = sorted(values)
        if len(ordered) > _MOST:
            ordered = [ordered[(2 * n + 1) * len(ordered) // (2 * _MOST)] for n in range(_MOST)]
        out += [(x, y) for y in ordered]
    return out


def _kendall(compared: Sequence[Sequence[tuple[float, float]]]) -> float:
    """Returns the one-sided p value of a rising rank correlation, by its normal approximation.

    Scores and variances of the works are added up (Kendall, with ties; van Belle and Hughes).
    """
    score = 0
    variance = 0.0
    for pairs in compared:
        count = len(pairs)
        for place, (x1, y1) in enumerate(pairs):
            for x2, y2 in pairs[place + 1 :]:
                score += ((x2 > x1) - (x2 < x1)) * ((y2 > y1) - (y2 < y1))
        ties = sum(
            size * (size - 1) * (2 * size + 5)
            for side in (0, 1)
            for value in {pair[side] for pair in pairs}
            if (size := sum(pair[side] == value for pair in pairs)) > 1
        )
        variance += (count * (count - 1) * (2 * count + 5) - ties) / 18
    return 1.0 if variance <= 0 else 1 - NormalDist().cdf((score - 1) / sqrt(variance))
