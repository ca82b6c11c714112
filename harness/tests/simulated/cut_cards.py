"""Cards that lose their power at a commit or at a command, and what has to hold of every state."""

from collections.abc import Callable
from itertools import pairwise

from rspsim.euicc.card import Euicc
from rspsim.euicc.decisions import STANDARD
from rspsim.euicc.memory import FREE
from rspsim.euicc.state import CardState
from rspsim.stores.memory import MemoryStore, PowerLost

__all__ = ["Cable", "HistoryStore", "require_invariants"]


class HistoryStore(MemoryStore):
    """A store that records every state that was kept, the first one included."""

    def __init__(self, state: CardState) -> None:
        super().__init__(state)
        self.history = [state]

    def commit(self, state: CardState) -> None:
        """Keeps a state and records it if it was kept."""
        try:
            super().commit(state)
        finally:
            kept = self.load()
            if kept is not None and kept is not self.history[-1]:
                self.history.append(kept)


class Cable:
    """The link to the card; without power from the loss of power to the next reboot.

    Attributes:
        commands: Number of commands sent so far.
        cut_before: Number of the command before which the power is lost, or 0.
        cut_after: Number of the command whose answer is lost with the power, or 0.
    """

    def __init__(self, card: Euicc) -> None:
        self.card = card
        self.commands = 0
        self.cut_before = 0
        self.cut_after = 0
        self._dead = False

    def transmit(self, command: bytes) -> bytes:
        """Sends a command while there is power."""
        self.commands += 1
        self._dead |= self.commands == self.cut_before
        answer = self._powered(lambda: self.card.transmit(command))
        self._dead |= self.commands == self.cut_after
        self._powered(lambda: b"")
        return answer

    def reset(self) -> bytes:
        """Resets the card while there is power."""
        return self._powered(self.card.reset)

    def close(self) -> None:
        """Does nothing."""

    def _powered(self, call: Callable[[], bytes]) -> bytes:
        if self._dead:
            raise PowerLost("the card has no power")
        try:
            return call()
        except PowerLost:
            self._dead = True
            raise


def require_invariants(history: list[CardState]) -> None:
    """Checks every state a card kept, and each change from one to the next."""
    given: dict[int, bytes] = {}
    for earlier, later in pairwise(history):
        assert later.next_seq_number >= earlier.next_seq_number
        added = [one for one in later.notifications if one not in earlier.notifications]
        assert all(one.seq_number >= earlier.next_seq_number for one in added)
    for state in history:
        on = [profile.port for profile in state.profiles if profile.enabled]
        assert len(set(on)) == len(on), "one enabled Profile for each eSIM Port"
        assert len({profile.aid for profile in state.profiles}) == len(state.profiles)
        assert len({profile.iccid for profile in state.profiles}) == len(state.profiles)
        numbers = [one.seq_number for one in state.notifications]
        assert numbers == sorted(set(numbers))
        assert all(number < state.next_seq_number for number in numbers)
        for one in state.notifications:
            assert given.setdefault(one.seq_number, one.octets) == one.octets
        used = sum(profile.size for profile in state.profiles)
        assert STANDARD[FREE](state) == state.personality.nvm_size - used
