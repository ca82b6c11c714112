"""A hostile card called directly: one card for a whole run, treated like one in a reader."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from rspharness.record.verdicts import TargetLost
from rspharness.simulated.inprocess import declared_by_maker, preset_of
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions
from rspharness.targets.time_limit import TimeLimit
from rspsim.card_setup import decided
from rspsim.env import SeededRng
from rspsim.euicc.card import Euicc
from rspsim.faults.registry import HOSTILE_PREFIX, hostile_card
from rspsim.stores.memory import MemoryStore
from rspsim.transports.vpcd import Card, CardRemoved

__all__ = ["HostileTarget", "is_hostile", "made_for", "require_hostile"]

_LIMIT_S: Final = 5.0
"""How long such a card may take for one command, in seconds: it answers at once or never."""


def is_hostile(name: str) -> bool:
    """Returns whether a card fault is the name of a hostile card."""
    return name.startswith(HOSTILE_PREFIX)


def require_hostile(name: str) -> None:
    """Requires a hostile card to be known.

    Raises:
        LocalError: there is none of this name; the message names those that come near.
    """
    hostile_card(name)


def made_for(options: TargetOptions) -> TargetOptions:
    """Returns the options for the card behind a hostile one; others as they are.

    Raises:
        LocalError: there is no such hostile card.
    """
    if not is_hostile(options.card_fault):
        return options
    card = {**hostile_card(options.card_fault).made, **options.settings.card}
    return replace(options, settings=replace(options.settings, card=card), card_fault="")


class _LimitedLink:
    """The link to the card; each call has to end within a time."""

    def __init__(self, card: Card, limit_s: float) -> None:
        self._card = card
        self._limit = TimeLimit("the hostile card", limit_s)

    def transmit(self, command: bytes) -> bytes:
        """Passes a command to the card and returns the response.

        Raises:
            TargetLost: the card is gone or does not answer.
        """
        return self._call(command.hex().upper()[:10], lambda: self._card.transmit(command))

    def reset(self) -> bytes:
        """Resets the card and returns its ATR.

        Raises:
            TargetLost: the card is gone or does not answer.
        """
        return self._call("reset", self._card.reset)

    def power_cycle(self) -> bytes:
        """Switches the power off and on and returns the ATR.

        Raises:
            TargetLost: the card is gone or does not answer.
        """
        self._call("power off", self._card.power_off)
        return self.reset()

    def restart(self, protocol: int) -> bytes:
        """Switches the power off and on; a direct call is the same in every protocol.

        Raises:
            TargetLost: the card is gone or does not answer.
        """
        del protocol
        return self.power_cycle()

    def close(self) -> None:
        """Leaves the card as it is: the next case has the same one."""

    def _call(self, doing: str, function: Callable[[], bytes | None]) -> bytes:
        try:
            return self._limit.call(doing, function) or b""
        except CardRemoved as error:
            raise TargetLost("the card left the reader") from error


class HostileTarget:
    """The target `inprocess` with a hostile card.

    Attributes:
        settings: The target file, completed by what the maker of the card declares.
        name: Name for reports.
    """

    simulated = False

    def __init__(self, options: TargetOptions) -> None:
        """Makes the card.

        Raises:
            ConfigError: the card of the target file cannot be made.
            LocalError: there is no such hostile card.
        """
        kind = hostile_card(options.card_fault)
        from rspharness.simulated.used_card import used_state  # noqa: PLC0415  as `_inprocess`

        state = used_state(made_for(options))
        decisions = kind.change(decided(preset_of(options.settings), ()))
        rng = SeededRng(options.seed.encode())
        card = kind.around(Euicc(state, MemoryStore(state), rng, decisions))
        self.settings: TargetSettings = declared_by_maker(options.settings, state)
        self.name = kind.name
        self._link = _LimitedLink(card, min(_LIMIT_S, options.settings.command_limit_s))

    def open(self) -> _LimitedLink:
        """Returns the link to the card, the same one each time."""
        return self._link

    def facts(self) -> Mapping[str, str]:
        """Returns the name of the card."""
        return {"card_fault": self.name}

    def close(self) -> None:
        """Does nothing: there is nothing to release."""
