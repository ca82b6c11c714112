"""Which Profiles are on the card, in whatever order it lists them."""

from rspharness.card import expect
from rspharness.card.card_under_test import Card
from rspharness.suite.initial_conditions import Installed

__all__ = ["require_installed"]


def require_installed(card: Card, *profiles: Installed) -> None:
    """Requires exactly these Profiles to be listed, in any order (SGP.22, 5.7.15 gives none).

    Raises:
        ExpectationError: one is missing, there is another one, or the list cannot be read.
    """
    listed = sorted(str(one.iccid) for one in card.profiles())
    expect.equal(listed, sorted(str(one.iccid) for one in profiles), "Profiles")
