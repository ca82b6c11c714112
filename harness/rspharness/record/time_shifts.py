"""Whether a command takes another time in two runs: decided from recorded times alone.

For each command the two samples are compared by the Mann-Whitney U test, which asks nothing of the
shape of the distributions: answer times have long tails and often two modes. P values are
corrected for the number of commands by Holm. With thousands of times a shift of nothing is
significant, and times of one run are not independent, so a shift counts only where it is also
large: Cliff's delta (how often a time of one run is above one of the other) and the Hodges-Lehmann
shift (the median of all differences between the two) have to pass a limit each. What all commands
share, a faster reader or a busy machine, is one factor; each command is compared after it was taken
out.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from math import sqrt
from statistics import NormalDist, median
from typing import Final

from rspcore.frozen import dataclass

__all__ = ["FEWEST", "Shift", "common_factor", "holm", "mann_whitney", "shifts"]

FEWEST: Final = 8
"""Times of a command that each run has to have; with fewer, no shift can be significant."""

ALPHA: Final = 0.01
"""Chance that a comparison of the same times shows a shift in any of its commands."""

LEAST_DELTA: Final = 0.33
"""Cliff's delta from which an effect is called medium (Romano and others, 2006)."""

LEAST_SHIFT_MS: Final = 1.0
LEAST_SHARE: Final = 0.2
"""Share of the median that a shift has to have."""

LEAST_FACTOR: Final = 1.25
_MOST: Final = 400
"""Times of each run that make the Hodges-Lehmann shift, evenly taken from the ordered ones."""
_FEWEST_COMMANDS: Final = 4


@dataclass(frozen=True, slots=True)
class Shift:
    """A command that takes another time.

    Attributes:
        name: The command, or `all commands`.
        a: Median in the first run, in milliseconds.
        b: Median in the second run.
        shift_ms: Hodges-Lehmann shift from the first to the second.
        delta: Cliff's delta, from -1 to 1; above 0 where the second is slower.
        p: P value after Holm's correction.
        counts: How many times each run has.
    """

    name: str
    a: float
    b: float
    shift_ms: float
    delta: float
    p: float
    counts: tuple[int, int]


def mann_whitney(a: Sequence[float], b: Sequence[float]) -> tuple[float, float]:
    """Compares two samples.

    The p value is two-sided, by the normal approximation with corrections for ties and continuity;
    it holds from about eight times a sample.

    Returns:
        Cliff's delta and the p value.
    """
    first, second = len(a), len(b)
    marked = sorted([(value, 0) for value in a] + [(value, 1) for value in b])
    rank, rank_sum, ties = 0.0, 0.0, 0.0
    for _, group in groupby(marked, key=lambda one: one[0]):
        sides = [side for _, side in group]
        size = len(sides)
        rank_sum += sides.count(1) * (rank + (size + 1) / 2)
        ties += size**3 - size
        rank += size
    u = rank_sum - second * (second + 1) / 2
    total = first + second
    variance = first * second / 12 * (total + 1 - ties / (total * (total - 1)))
    delta = 2 * u / (first * second) - 1
    if variance <= 0:
        return delta, 1.0
    z = max(0.0, abs(u - first * second / 2) - 0.5) / sqrt(variance)
    return delta, 2 * (1 - NormalDist().cdf(z))


def holm(p_values: Sequence[float]) -> list[float]:
    """Returns p values corrected for their number by Holm's step-down method.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda number: p_values[number])
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for step, number in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - step) * p_values[number]))
        corrected[number] = highest
    return corrected


def common_factor(a: Mapping[str, Sequence[float]], b: Mapping[str, Sequence[float]]) -> float:
    """Returns by how much all commands are slower in the second run: the median of the ratios.

    With fewer than four commands there is nothing in common, and it is 1.
    """
    ratios = [
        median(b[name]) / median(a[name])
        for name in a.keys() & b.keys()
        if min(len(a[name]), len(b[name])) >= FEWEST and median(a[name]) > 0
    ]
    return median(ratios) if len(ratios) >= _FEWEST_COMMANDS else 1.0


def shifts(a: Mapping[str, Sequence[float]], b: Mapping[str, Sequence[float]]) -> list[Shift]:
    """Returns the commands that take another time in the second run.

    Args:
        a: Times of the first run in milliseconds, by command.
        b: Those of the second.
    """
    factor = common_factor(a, b) or 1.0
    names = sorted(n for n in a.keys() & b.keys() if min(len(a[n]), len(b[n])) >= FEWEST)
    tested = []
    for name in names:
        scaled = [value / factor for value in b[name]]
        delta, p = mann_whitney(a[name], scaled)
        shift = _hodges_lehmann(a[name], scaled)
        tested.append((name, delta, p, shift))
    corrected = holm([p for _, _, p, _ in tested])
    found = []
    for (name, delta, _, shift), p in zip(tested, corrected, strict=True):
        least = max(LEAST_SHIFT_MS, LEAST_SHARE * median(a[name]))
        if p < ALPHA and abs(delta) >= LEAST_DELTA and abs(shift) >= least:
            counts = len(a[name]), len(b[name])
            found.append(Shift(name, median(a[name]), median(b[name]), shift, delta, p, counts))
    common = _common(a, b, names, factor)
    return [common, *found] if common else found


def _common(
    a: Mapping[str, Sequence[float]],
    b: Mapping[str, Sequence[float]],
    names: Sequence[str],
    factor: float,
) -> Shift | None:
    """Returns the shift that all commands share, None where it is small."""
    if 1 / LEAST_FACTOR < factor < LEAST_FACTOR or not names:
        return None
    medians = [median(median(side[name]) for name in names) for side in (a, b)]
    shift = medians[1] - medians[0]
    if abs(shift) < LEAST_SHIFT_MS:
        return None
    sizes = sum(len(a[name]) for name in names), sum(len(b[name]) for name in names)
    return Shift("all commands", medians[0], medians[1], shift, 0.0, 0.0, sizes)


def _hodges_lehmann(a: Sequence[float], b: Sequence[float]) -> float:
    left, right = _thinned(a), _thinned(b)
    return median(y - x for x in left for y in right)


def _thinned(values: Sequence[float]) -> list[float]:
    ordered = sorted(values)
    if len(ordered) <= _MOST:
        return ordered
    return [ordered[(2 * number + 1) * len(ordered) // (2 * _MOST)] for number in range(_MOST)]
