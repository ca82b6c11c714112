"""The link to a card in this process."""

from rspsim.euicc.card import Euicc

__all__ = ["DirectLink"]


class DirectLink:
    """Passes every command to the card itself.

    Attributes:
        card: The card.
    """

    def __init__(self, card: Euicc) -> None:
        self.card = card
        self.transmit = card.transmit
        self.reset = card.reset

    def close(self) -> None:
        """Switches the power off."""
        self.card.power_off()
