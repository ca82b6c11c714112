"""The interface to the place where a card keeps its persistent state."""

from typing import Protocol

from rspsim.euicc.state import CardState

__all__ = ["Store"]


class Store(Protocol):
    """The persistent state of one card."""

    def load(self) -> CardState | None:
        """Returns the state last committed, or None when there never was one.

        Raises:
            StoreError: what is there cannot be read. Nothing was changed.
        """

    def commit(self, state: CardState) -> None:
        """Makes a state the one that `load` returns from now on, wholly or not at all.

        Raises:
            StoreError: it could not be written. The state committed before is still the one kept.
        """
