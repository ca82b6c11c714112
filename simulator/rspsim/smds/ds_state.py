"""What an SM-DS keeps, emptied, copied and put back as a whole."""

from rspcore.errors import LocalError
from rspsim.smds.surroundings import Surroundings

__all__ = ["DsState"]


class DsState:
    """What an SM-DS keeps, as a whole."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._here = surroundings

    def clear(self) -> None:
        """Forgets events, the calls answered last, and sessions.

        Raises:
            StoreError: it cannot be written; nothing was changed.
        """
        self._here.events.clear()
        self._here.sessions.repository.clear()

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
