"""A simulated card behind a modem on a pseudo-terminal, for LPAs under test with an AT driver."""

import threading
from types import TracebackType
from typing import Self, Unpack

from rspharness.simulated.fixture_cards import CardWords, simulated_card
from rspharness.simulated.kept_in_process import OneCardLink
from rspsim.card_presets import USUAL
from rspsim.transports.modem.at_modem import AtModem
from rspsim.transports.modem.modem_port import ModemPort

__all__ = ["ModemCard"]

_END_S = 10.0


class ModemCard:
    """A card, and the modem it is in. A tester looks at the card directly, between two calls.

    Attributes:
        device: Name of the device that a client opens.
    """

    def __init__(self, preset: str = USUAL, **words: Unpack[CardWords]) -> None:
        """Makes the card and serves the modem from a thread of its own.

        Raises:
            RspError: as `simulated_card`.
        """
        self._card = simulated_card(preset, **words)
        self._port = ModemPort(AtModem(self._card))
        self._thread = threading.Thread(target=self._port.serve, daemon=True)
        self._thread.start()
        self.device = self._port.device

    def link(self) -> OneCardLink:
        """Returns a link to the card beside the modem, for when no client uses it."""
        return OneCardLink(self._card)

    def __enter__(self) -> Self:
        """Returns the card."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends the modem."""
        self.close()

    def close(self) -> None:
        """Ends the modem; for a client the device is gone."""
        self._port.stop()
        self._thread.join(_END_S)
        self._port.close()
