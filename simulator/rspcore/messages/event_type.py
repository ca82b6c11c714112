"""What an event at an SM-DS is about.

Source: SGP.22 v3.1, EventEntries.
"""

from enum import IntEnum

__all__ = ["EventType"]


class EventType(IntEnum):
    """What an event is about."""

    downloadEvent = 1
    rpmEvent = 2
