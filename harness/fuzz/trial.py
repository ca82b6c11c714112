"""One trial: the fuzzer's octets become commands, and the card's promises are checked.

Input: two octets choose the snapshot; then come operations, an octet each with what it needs:

    0  a length and that number of octets: a command APDU as it is
    1  two octets: the command the walk sent there, with one octet exchanged
    2  no octets: a reset
    3  a length and that number of octets: STORE DATA on the channel of the ISD-R, one block
    4  two octets: a command of the walk from anywhere, as it was

A card must answer with a status word, must not raise, must keep its state unless it says that it
changed it, must commit at most once a command or once per command of an RPM package, and never has
two Profiles enabled on one eSIM Port.
"""

from dataclasses import dataclass, field

from walk import Snapshot

from rspcore.status import StatusWord
from rspsim.env import SeededRng
from rspsim.euicc.card import Euicc
from rspsim.euicc.state import CardState
from rspsim.stores.memory import MemoryStore

__all__ = ["BrokenPromise", "Trials"]

_MOST_OPERATIONS = 6
_MAY_CHANGE = frozenset({0x90, 0x91, 0x61, 0x62, 0x63})


class BrokenPromise(AssertionError):  # noqa: N818  what the fuzzer is looking for
    """Reports that a card did what no card may do."""


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        self._at += count
        return taken

    def octet(self) -> int:
        taken = self.take(1)
        return taken[0] if taken else 0

    @property
    def left(self) -> bool:
        return self._at < len(self._data)


@dataclass
class Trials:
    """Runs trials and counts the commands."""

    snapshots: tuple[Snapshot, ...]
    commands: int = 0
    trials: int = 0
    _words: set[int] = field(default_factory=set)

    @property
    def status_words(self) -> int:
        """Returns how many different status words were seen."""
        return len(self._words)

    def run(self, data: bytes) -> None:
        """Carries out one trial.

        Raises:
            BrokenPromise: the card broke a promise.
        """
        self.trials += 1
        cursor = _Cursor(data)
        chosen = self.snapshots[int.from_bytes(cursor.take(2), "big") % len(self.snapshots)]
        store = MemoryStore(chosen.state)
        card = Euicc(chosen.state, store, SeededRng(b"trial"))
        card.reset()
        # begin at any point: both halves of the state are values
        card._state, card._volatile = chosen.state, chosen.volatile  # noqa: SLF001
        for _ in range(_MOST_OPERATIONS):
            if not cursor.left:
                break
            self._operation(cursor, card, store, chosen)

    def _operation(
        self, cursor: _Cursor, card: Euicc, store: MemoryStore, chosen: Snapshot
    ) -> None:
        kind = cursor.octet() % 5
        if kind == 2:
            card.reset()
            _check_state(card.state)
            return
        if kind == 1:
            command = bytearray(chosen.command)
            position, value = cursor.octet() | cursor.octet() << 8, cursor.octet()
            if command:
                command[position % len(command)] ^= value
            octets = bytes(command)
        elif kind == 3:
            body = cursor.take(cursor.octet())
            octets = bytes((0x81, 0xE2, 0x91, 0x00, len(body))) + body if body else b""
        elif kind == 4:
            number = int.from_bytes(cursor.take(2), "big")
            octets = self.snapshots[number % len(self.snapshots)].command
        else:
            octets = cursor.take(cursor.octet())
        self._transmit(octets, card, store)

    def _transmit(self, octets: bytes, card: Euicc, store: MemoryStore) -> None:
        before, commits = card.state, store.commits
        answer = card.transmit(octets)
        self.commands += 1
        if len(answer) < 2 or not 0x60 <= answer[-2] <= 0x9F:
            raise BrokenPromise(f"answer {answer.hex()} to {octets.hex()} has no status word")
        sw = int.from_bytes(answer[-2:], "big")
        self._words.add(sw)
        if card.state is not before and answer[-2] not in _MAY_CHANGE:
            raise BrokenPromise(f"{octets.hex()} answered {sw:04X} and changed the state")
        if store.commits - commits > 1:
            on_the_way = card.wrote[:-1]
            if any(state.open_package is None for state in on_the_way):
                raise BrokenPromise(f"{octets.hex()} committed {store.commits - commits} times")
            for state in on_the_way:
                _check_state(state, before)
        if sw != StatusWord.MEMORY_PROBLEM:
            _check_state(card.state, before)


def _check_state(state: CardState, before: CardState | None = None) -> None:
    ports = [profile.port for profile in state.profiles if profile.enabled]
    if len(set(ports)) != len(ports):
        raise BrokenPromise(f"{len(ports)} Profiles are enabled, on ports {ports}")
    if len({profile.iccid for profile in state.profiles}) != len(state.profiles):
        raise BrokenPromise("two Profiles have the same ICCID")
    numbers = [one.seq_number for one in state.notifications]
    if numbers != sorted(set(numbers)) or any(n >= state.next_seq_number for n in numbers):
        raise BrokenPromise(f"sequence numbers {numbers}, next {state.next_seq_number}")
    if before is not None and state.next_seq_number < before.next_seq_number:
        raise BrokenPromise("the sequence number went back")
