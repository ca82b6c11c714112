"""A simulated card lent to an LPA under test, in one of the ways by which an LPA reaches a card.

    modem    behind a modem on a pseudo-terminal; the word `device` is its name
    reader   in a virtual reader of the PC/SC daemon; the word `reader` is its name
    stdio    nowhere: the LPA asks for each APDU on its own standard output (`peers.stdio_driver`)

The tester looks at the card beside that way, between two calls of the LPA: `turn` keeps the other
side waiting meanwhile. What passes goes into a trace, except what the tester sends.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from types import TracebackType
from typing import Final, Self, Unpack

from rspharness.record.timing import stopwatch
from rspharness.record.trace import Trace
from rspharness.simulated.fixture_cards import CardWords, simulated_card
from rspharness.simulated.kept_in_process import OneCardLink
from rspsim.card_presets import USUAL, preset_named
from rspsim.card_setup import decided
from rspsim.env import SeededRng
from rspsim.euicc.card import Euicc
from rspsim.faults.registry import hostile_card
from rspsim.stores.memory import MemoryStore
from rspsim.transports.card_presence import put_in
from rspsim.transports.modem.at_modem import AtModem, habits_named
from rspsim.transports.modem.modem_port import ModemPort
from rspsim.transports.shared_daemon import shared_pcscd
from rspsim.transports.slot_claim import claim_free_slot
from rspsim.transports.slow_card import slowed
from rspsim.transports.vpcd import Card, CardRemoved, VpcdCard, in_reader

__all__ = ["WAYS", "Gone", "LentCard"]

Gone = CardRemoved
"""Raised by `before` of a card that leaves the LPA in the middle of a command."""

_OFFER: Final = b"\x91"
"""SW1 of a card that has a proactive command to fetch."""
_END_S: Final = 10.0
_PATIENCE_S: Final = 60.0


class _SharedCard:
    """A card that one side uses at a time; notes what passes in a trace.

    Attributes:
        offers: Whether its last answer offers a proactive command.
    """

    def __init__(self, card: Card, trace: Trace | None) -> None:
        self._card = card
        self._trace = trace
        self.lock = threading.RLock()
        self.offers = False

    def reset(self) -> bytes:
        """Resets the card and returns the ATR."""
        with self.lock:
            atr = self._card.reset()
            self.offers = False
            if self._trace is not None:
                self._trace.reset(atr)
            return atr

    def transmit(self, command: bytes, /) -> bytes:
        """Answers one command."""
        with self.lock:
            elapsed = stopwatch()
            response = self._card.transmit(command)
            self.offers = response[-2:-1] == _OFFER
            if self._trace is not None:
                self._trace.exchange(command, response, elapsed())
            return response

    def power_off(self) -> None:
        """Switches the power off."""
        with self.lock:
            self._card.power_off()


class LentCard:
    """A card and the way to it.

    Attributes:
        words: What stands for `device` and `reader` in the command line of an LPA.
    """

    def __init__(
        self,
        way: str,
        preset: str = USUAL,
        *,
        trace: Trace | None = None,
        hostile: str = "",
        habits: tuple[str, ...] = (),
        before: Callable[[bytes], None] | None = None,
        **words: Unpack[CardWords],
    ) -> None:
        """Makes the card and lends it.

        Args:
            way: One of `WAYS`.
            preset: Kind of card (`rsplab card presets`).
            trace: Takes what passes between LPA and card; None for no trace.
            hostile: Name of a hostile card, which then takes no words but profiles and enabled.
            habits: Habits of the modem (`rsplab card habits`).
            before: Called with each command that the LPA sends, before the card has it.
            **words: What is added to the preset.

        Raises:
            RspError: as `simulated_card`.
            ConfigError: no PC/SC daemon, or no free reader.
        """
        lent: Card
        if hostile:
            kind = hostile_card(hostile)
            state = simulated_card(preset, **words).state
            decisions = kind.change(decided(preset_named(preset), ()))
            self._card = Euicc(state, MemoryStore(state), SeededRng(b"1"), decisions)
            lent = kind.around(self._card)
        else:
            self._card = simulated_card(preset, **words)
            lent = slowed(self._card, preset_named(preset).delays_ms)
        self.shared = _SharedCard(lent if before is None else _Watched(lent, before), trace)
        self._held = ExitStack()
        self.words: Mapping[str, str] = {}
        try:
            self.words = WAYS[way](self, habits)
        except BaseException:
            self._held.close()
            raise

    @property
    def card(self) -> Euicc:
        """Returns the card itself."""
        return self._card

    @contextmanager
    def turn(self) -> Iterator[OneCardLink]:
        """Yields a link to the card beside the way of the LPA, which waits meanwhile.

        A REFRESH that nobody has fetched is done by a reset before, as a device without toolkit
        does it (SGP.22 v2, 3.2): the LPA need not be the terminal.
        """
        with self.shared.lock:
            if self.shared.offers:
                self.shared.reset()
            yield OneCardLink(self._card)

    def __enter__(self) -> Self:
        """Returns the card."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Takes the card back."""
        self.close()

    def close(self) -> None:
        """Takes the card back; for an LPA the device or the card is gone."""
        self._held.close()

    def _behind_modem(self, habits: tuple[str, ...]) -> Mapping[str, str]:
        port = ModemPort(AtModem(self.shared, habits_named(habits)))
        thread = threading.Thread(target=port.serve, daemon=True)
        thread.start()
        self._held.callback(port.close)
        self._held.callback(thread.join, _END_S)
        self._held.callback(port.stop)
        return {"device": port.device}

    def _in_reader(self, _: tuple[str, ...]) -> Mapping[str, str]:
        daemon = self._held.enter_context(shared_pcscd())
        slot = self._held.enter_context(claim_free_slot(daemon.slots, _PATIENCE_S)).slot
        served = put_in(slot.reader, partial(in_reader, self.shared, slot.port), VpcdCard.close)
        self._held.callback(served.close)
        return {"reader": slot.reader}

    def _by_stdio(self, _: tuple[str, ...]) -> Mapping[str, str]:
        self.shared.reset()
        return {}


class _Watched:
    """A card that has each command shown before it answers."""

    def __init__(self, card: Card, before: Callable[[bytes], None]) -> None:
        self._card, self._before = card, before

    def reset(self) -> bytes:
        """Resets the card."""
        return self._card.reset()

    def transmit(self, command: bytes, /) -> bytes:
        """Shows the command, then answers."""
        self._before(command)
        return self._card.transmit(command)

    def power_off(self) -> None:
        """Switches the power off."""
        self._card.power_off()


WAYS: Final[Mapping[str, Callable[["LentCard", tuple[str, ...]], Mapping[str, str]]]] = {
    "modem": LentCard._behind_modem,  # noqa: SLF001  the table of this module
    "reader": LentCard._in_reader,  # noqa: SLF001  likewise
    "stdio": LentCard._by_stdio,  # noqa: SLF001  likewise
}
"""The ways to a card, by name."""
