"""The ecIds that an SM-DS has given out: each lets a device ask, without its card, what waits.

They are kept in memory: after a restart each is unknown, and a device gets another one with its
next list of events.

Source: SGP.22 v3.1, ES11.CheckEvent.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from rspcore.frozen import dataclass
from rspcore.ids import Eid

__all__ = ["EC_ID_OCTETS", "EventCheck", "EventChecks"]

EC_ID_OCTETS: Final = 16
_LIFETIME: Final = timedelta(days=30)
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class EventCheck:
    """What an ecId stands for.

    Attributes:
        eid: The eUICC.
        ends: Until when it may be asked with.
    """

    eid: Eid
    ends: datetime


class EventChecks:
    """The ecIds, the newest last; the oldest are forgotten first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, EventCheck] = OrderedDict()

    def put(self, ec_id: bytes, eid: Eid, now: datetime) -> None:
        """Keeps a new ecId of an eUICC."""
        self._kept[ec_id] = EventCheck(eid, now + _LIFETIME)
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)

    def get(self, ec_id: bytes) -> EventCheck | None:
        """Returns what an ecId stands for, or None."""
        return self._kept.get(ec_id)

    def clear(self) -> None:
        """Forgets every ecId."""
        self._kept.clear()
