"""A simulated card that is kept, called directly: treated like one in a reader, without one.

It is the card of `rspharness.simulated.kept` without the PC/SC daemon, for trials of the suites on
many cards: the same card for every case, its EID compared, the guard and the journal in between.
"""

from collections.abc import Mapping
from typing import Final

from rspcore.errors import ConfigError
from rspcore.ids import Eid
from rspharness.simulated.inprocess import declared_by_maker, maker_with, preset_of
from rspharness.simulated.used_card import used_state
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions
from rspsim.env import SeededRng
from rspsim.euicc.card import Euicc
from rspsim.euicc.state import CardState
from rspsim.stores.memory import MemoryStore
from rspsim.stores.sqlite import SqliteStore

__all__ = ["KeptInProcess", "OneCardLink"]

_PROTOCOLS: Final = (0, 1)


class OneCardLink:
    """The link to the one card; closing it leaves the card as it is for the next case."""

    def __init__(self, card: Euicc) -> None:
        self._card = card

    def transmit(self, command: bytes) -> bytes:
        """Passes a command to the card and returns the response."""
        return self._card.transmit(command)

    def reset(self) -> bytes:
        """Resets the card and returns its ATR."""
        return self._card.reset()

    def power_cycle(self) -> bytes:
        """Switches the power off and on and returns the ATR."""
        self._card.power_off()
        return self._card.reset()

    def restart(self, protocol: int) -> bytes:
        """Switches the power off and on; a direct call is the same in T=0 and T=1.

        Raises:
            ConfigError: the protocol is neither 0 nor 1.
        """
        if protocol not in _PROTOCOLS:
            raise ConfigError(f"protocol {protocol}: expected 0 or 1")
        return self.power_cycle()

    def close(self) -> None:
        """Does nothing: the next case has the same card."""


class KeptInProcess:
    """One card for a whole run, in this process.

    Attributes:
        eid: Its EID.
        settings: The target file, completed by what the maker of the card declares.
        name: Name for reports.
    """

    simulated = False

    def __init__(self, options: TargetOptions, first: CardState | None = None) -> None:
        """Makes the card, or takes that of the state file.

        Args:
            options: Options of the command line.
            first: State of the card; without it, that of the file, or of the target file.

        Raises:
            ConfigError: the card of the target file cannot be made.
            LocalError: there is no such fault.
            StoreError: the state file is damaged, or in use.
        """
        self._file = None if options.state is None else SqliteStore(options.state)
        kept = None if self._file is None else self._file.load()
        state = first or kept or used_state(options)
        self._store = MemoryStore(state)
        make = maker_with(options.card_fault, preset_of(options.settings))
        self._card = make(state, self._store, SeededRng(options.seed.encode()))
        self.eid: Eid = state.eid
        self.settings: TargetSettings = declared_by_maker(options.settings, state)
        self.name = "kept card in this process"
        self._fault = options.card_fault

    @property
    def state(self) -> CardState:
        """Returns what the card keeps."""
        return self._card.state

    def open(self) -> OneCardLink:
        """Returns a link to the card."""
        return OneCardLink(self._card)

    def facts(self) -> Mapping[str, str]:
        """Returns the fault of the card, if it has one."""
        return {"card_fault": self._fault} if self._fault else {}

    def close(self) -> None:
        """Writes the card into its file, if it has one."""
        if self._file is not None:
            self._file.commit(self.state)
            self._file.close()
            self._file = None
