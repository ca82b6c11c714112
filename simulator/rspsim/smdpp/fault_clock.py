"""The clock of a server whose faults can put it ahead."""

from datetime import datetime, timedelta

from rspsim.env import Clock

__all__ = ["FaultedClock"]


class FaultedClock:
    """Another clock, ahead of it during a request that a fault concerns.

    Attributes:
        ahead: How far.
    """

    def __init__(self, base: Clock) -> None:
        self._base = base
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        """Returns the time of the other clock and how far this one is ahead."""
        return self._base.now() + self.ahead
