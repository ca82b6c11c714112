"""A store in memory that can simulate a loss of power at any commit: the default in tests.

It keeps the state object itself, which is frozen. With a `PowerLoss`, one commit fails: before
anything was kept, when it was half written, or after all of it was kept but before the card got an
answer. The test then builds a new card from the store, as a reboot would.
"""

from enum import StrEnum
from typing import TYPE_CHECKING

from rspcore.errors import StoreError
from rspcore.frozen import dataclass

if TYPE_CHECKING:
    from rspsim.euicc.state import CardState

__all__ = ["MemoryStore", "Moment", "PowerLoss", "PowerLost"]


class Moment(StrEnum):
    """When and how a commit fails."""

    BEFORE = "before"
    """Power is lost before anything was kept."""
    TORN = "torn"
    """Power is lost half way; what was written is recognised as torn and ignored."""
    AFTER = "after"
    """Power is lost when all was kept; the card gets no answer."""
    REFUSED = "refused"
    """No loss of power: the write fails with an error."""


@dataclass(frozen=True, slots=True)
class PowerLoss:
    """The commit that fails, 1 for the next one, and the moment."""

    commit: int
    moment: Moment


class PowerLost(Exception):  # noqa: N818  an event, not a fault: no code of a card may catch it
    """Reports that power was lost in a commit. A new card has to be built from the store."""


class MemoryStore:
    """Keeps the state of one card in memory.

    Args:
        state: The state to begin with, or None.
        written_down: Convert each state to its written form and back, as a file would; slower.

    Attributes:
        commits: Number of commits asked for so far.
    """

    def __init__(self, state: "CardState | None" = None, *, written_down: bool = False) -> None:
        self._state = state
        self._written_down = written_down
        self._loss: PowerLoss | None = None
        self.commits = 0

    def arm(self, loss: PowerLoss | None) -> None:
        """Plans a loss of power, counted from the next commit; None cancels it."""
        self._loss = None if loss is None else PowerLoss(self.commits + loss.commit, loss.moment)

    def load(self) -> "CardState | None":
        """Returns the state last kept, or None."""
        return self._state

    def commit(self, state: "CardState") -> None:
        """Keeps a state.

        Raises:
            PowerLost: as planned by `arm`; `load` returns what was kept.
            StoreError: as planned by `arm`. The state kept before is unchanged.
        """
        self.commits += 1
        moment = self._due()
        if moment is Moment.REFUSED:
            raise StoreError("the memory cannot be written, as the test asked")
        if moment is Moment.BEFORE:
            raise PowerLost("power lost before the commit")
        if moment is Moment.TORN:
            raise PowerLost("power lost half way through the commit")
        self._state = _written(state) if self._written_down else state
        if moment is Moment.AFTER:
            raise PowerLost("power lost after the commit")

    def _due(self) -> Moment | None:
        if self._loss is None or self._loss.commit != self.commits:
            return None
        moment, self._loss = self._loss.moment, None
        return moment


def _written(state: "CardState") -> "CardState":
    from rspsim.stores.long_contents import Contents  # noqa: PLC0415  for tests alone
    from rspsim.stores.state_codec import decode, encode  # noqa: PLC0415  likewise

    contents = Contents()
    kind = type(state)
    read: CardState = decode(kind, encode(kind, state, contents).text, contents)
    return read
