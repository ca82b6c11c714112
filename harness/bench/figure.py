"""One measured figure, its unit, and the budget it has to keep."""

from collections.abc import Sequence
from dataclasses import dataclass

from rspharness.record.timing import percentiles

__all__ = ["Figure", "spread"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure.

    Attributes:
        name: What was measured, "group: detail".
        value: The figure.
        unit: Its unit.
        budget: The most it may be; None when it is for information.
    """

    name: str
    value: float
    unit: str
    budget: float | None = None

    @property
    def kept(self) -> bool:
        """Returns whether the budget is kept."""
        return self.budget is None or self.value <= self.budget


def spread(name: str, times_ms: Sequence[float], budget: float | None = None) -> list[Figure]:
    """Returns median and 99th percentile of times; the budget is the median's."""
    summed = percentiles(list(times_ms))
    return [
        Figure(f"{name}, median", summed.p50, "ms", budget),
        Figure(f"{name}, p99", summed.p99, "ms"),
    ]
