"""A card of which each exchange is reported to an observer, where no reader does that."""

import time  # noqa: TID251  an observer gets the times

from rspsim.transports.vpcd import Card, Observer

__all__ = ["ObservedCard"]


class ObservedCard:
    """Passes everything on to a card, and reports it.

    Args:
        card: The card.
        observer: Is called for each reset and each exchange.
    """

    def __init__(self, card: Card, observer: Observer) -> None:
        self._card = card
        self._observer = observer

    def reset(self) -> bytes:
        """Resets the card and returns its ATR."""
        atr = self._card.reset()
        self._observer.reset(atr)
        return atr

    def transmit(self, command: bytes, /) -> bytes:
        """Passes a command on and returns the response."""
        begin = time.perf_counter()
        response = self._card.transmit(command)
        self._observer.exchanged(command, response, time.perf_counter() - begin)
        return response

    def power_off(self) -> None:
        """Switches the power off."""
        self._card.power_off()
