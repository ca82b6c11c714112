"""The door behind which a card keeps its persistent state."""

from typing import Protocol

from rspsim.euicc.state import CardState

__all__ = ["Store"]


class Store(Protocol):
    """Keep the persistent state of one card."""

    def load(self) -> CardState | None:
        """Return the state last committed, or None when there never was one.

        Raises:
            StoreError: what is there cannot be read. Nothing was changed.
        """

    def commit(self, state: CardState) -> None:
        """Make a state the one that `load` returns from now on, all of it or nothing.

        Raises:
            StoreError: it could not be written. The state committed before is still the one kept.
        """
