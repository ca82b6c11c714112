"""Randomness and time of the operating system, for roles that run as programs.

The cores and the tests take `SeededRng` and `ManualClock`; these two are for programs.
"""

import os
from datetime import UTC, datetime

__all__ = ["SystemClock", "SystemRng"]


class SystemRng:
    """A source of random octets from the kernel."""

    def octets(self, count: int) -> bytes:
        """Returns count random octets."""
        return os.urandom(count)  # noqa: TID251  the one source of real randomness


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Returns the present moment, in UTC."""
        return datetime.now(UTC)  # noqa: TID251  the one source of real time
