"""The state of a server in memory, with the same parts as one in a file."""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from rspcore.errors import LocalError
from rspsim.smdpp.errands import MemoryErrands
from rspsim.smdpp.history import History
from rspsim.smdpp.limits import USUAL_LIMITS, KeptLimits
from rspsim.smdpp.protocol.resends import MemoryAnswered
from rspsim.smdpp.shared_settings import MemorySettings
from rspsim.smdpp.stock.operations import MemoryOperations
from rspsim.smdpp.stock.order_repository import MemoryOrders
from rspsim.smdpp.stock.profiles import MemoryProfiles
from rspsim.smdpp.stock.receipts import MemoryReceipts, MemorySeen
from rspsim.smdpp.stock.sessions import MemorySessions

__all__ = ["MemoryState"]


class MemoryState:
    """Keeps the state of one SM-DP+ in memory.

    Attributes:
        orders: The orders.
        profiles: The stock.
        sessions: The RSP sessions.
        seen: Which genuine Notifications came.
        receipts: The Notifications received.
        answered: The calls of operators answered last.
        errands: The calls that have to be made to partners.
        settings: What was changed of policy and clock.
        operations: RPM packages and Device Changes.
    """

    def __init__(self, limits: KeptLimits = USUAL_LIMITS) -> None:
        self.orders = MemoryOrders()
        self.profiles = MemoryProfiles()
        self.sessions = MemorySessions(limits)
        self.seen = MemorySeen()
        self.receipts = MemoryReceipts(limits)
        self.answered = MemoryAnswered()
        self.errands = MemoryErrands()
        self.settings = MemorySettings()
        self.operations = MemoryOperations()
        self._limits = limits
        self._snapshots: dict[str, object] = {}
        self._empty = self.snapshot()

    @property
    def snapshots(self) -> MutableMapping[str, object]:
        """Returns the snapshots that are kept, by name."""
        return self._snapshots

    @property
    def waits(self) -> bool:
        """Returns False: nothing here waits."""
        return False

    def make_history(self) -> History:
        """Makes a history in memory."""
        return History(self._limits)

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Opens a unit of work, which costs nothing here."""
        yield

    def clear(self) -> None:
        """Forgets everything."""
        self.restore(self._empty)

    def snapshot(self) -> object:
        """Returns what is kept; values never change, so only what holds them is copied."""
        return _Snapshot({name: _copied(vars(part)) for name, part in self._parts()})

    def restore(self, snapshot: object) -> None:
        """Puts back what a snapshot has.

        Raises:
            LocalError: it is a snapshot of another kind of state. Nothing was changed.
        """
        if not isinstance(snapshot, _Snapshot):
            raise LocalError("a snapshot of another kind of state")
        for name, part in self._parts():
            vars(part).update(_copied(snapshot.parts[name]))

    def _parts(self) -> list[tuple[str, object]]:
        return [(name, part) for name, part in vars(self).items() if not name.startswith("_")]


class _Snapshot:
    """Containers of each part of a state, by name."""

    def __init__(self, parts: dict[str, Any]) -> None:
        self.parts = parts


def _copied(value: Any) -> Any:
    """Copies containers at every depth, and keeps the values in them."""
    if isinstance(value, dict):
        copied = {key: _copied(one) for key, one in value.items()}
        return type(value)(copied)
    if type(value) in (list, tuple):
        return type(value)(_copied(one) for one in value)
    return value
