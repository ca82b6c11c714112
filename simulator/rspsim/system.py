"""Randomness and time of the operating system, for roles that meet the world.

The cores and the tests take `SeededRng` and `ManualClock`; these two are for programs.
"""

import os
from datetime import UTC, datetime

__all__ = ["SystemClock", "SystemRng"]


class SystemRng:
    """Give random octets from the kernel."""

    def octets(self, count: int) -> bytes:
        """Return count octets nobody could have foretold."""
        return os.urandom(count)  # noqa: TID251  this is where randomness comes in


class SystemClock:
    """Tell the time of this machine."""

    def now(self) -> datetime:
        """Return the present moment, in UTC."""
        return datetime.now(UTC)  # noqa: TID251  this is where time comes in
