"""The link to a card in this process."""

from rspsim.euicc.card import Euicc

__all__ = ["DirectLink"]


class DirectLink:
    """Hand every command to the card itself.

    Attributes:
        card: The card.
    """

    def __init__(self, card: Euicc) -> None:
        self.card = card
        self.transmit = card.transmit
        self.reset = card.reset

    def close(self) -> None:
        """Take the power away."""
        self.card.power_off()
