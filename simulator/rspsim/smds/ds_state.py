"""What an SM-DS keeps, emptied, copied and put back as a whole."""

from collections.abc import MutableMapping
from contextlib import AbstractContextManager, nullcontext

from rspcore.errors import LocalError
from rspsim.smds.surroundings import Surroundings

__all__ = ["DsState"]


class DsState:
    """What an SM-DS keeps, as a whole."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._here = surroundings

        self._snapshots: dict[str, object] = {}

    @property
    def snapshots(self) -> MutableMapping[str, object]:
        """Returns the snapshots that are kept in this process, by name."""
        return self._snapshots

    def unit(self) -> AbstractContextManager[object]:
        """Opens nothing: each change of an SM-DS is a unit of its own."""
        return nullcontext()

    def clear(self) -> None:
        """Forgets events, the calls answered last, sessions, and what was changed of the start.

        Raises:
            StoreError: it cannot be written; nothing was changed.
        """
        self._here.events.clear()
        self._here.sessions.repository.clear()
        self._here.checks.clear()
        self._here.registrations.clear()

    def snapshot(self) -> object:
        """Returns what is kept, to be put back in this process."""
        return self._here.events.snapshot(), self._here.sessions.repository.all()

    def restore(self, snapshot: object) -> None:
        """Puts back what a snapshot has.

        Raises:
            LocalError: it is a snapshot of another kind. Nothing was changed.
            StoreError: it cannot be written; nothing was changed.
        """
        if not (isinstance(snapshot, tuple) and len(snapshot) == 2):
            raise LocalError("a snapshot of another kind of state")
        events, sessions = snapshot
        self._here.events.restore(events)
        self._here.sessions.repository.clear()
        for one in sessions:
            self._here.sessions.repository.put(one)
