"""Further simulated cards, called directly: the other phones of a user's story."""

from typing import Final, Unpack

from rspcore.ids import Eid
from rspcore.pki.generate import REFERENCE_EID
from rspharness.simulated.fixture_cards import CardWords, simulated_card
from rspharness.simulated.kept_in_process import OneCardLink
from rspsim.card_presets import USUAL

__all__ = ["further_card"]

_ISSUER_DIGITS: Final = 8
_IN_STORY: Final = "3"
"""The ninth digit of their EIDs: those of the fixtures for tests of others have 1 and 2."""


def further_card(number: int, preset: str = USUAL, **words: Unpack[CardWords]) -> OneCardLink:
    """Makes a card with an EID of its own, under the generated credentials; returns its link.

    Args:
        number: Which of the further cards it is; makes its EID.
        preset: Kind of card (`rsplab card presets`).
        words: What is added to the preset.

    Raises:
        LocalError: no such preset, fault, option or Profile.
        ConfigError: no such personality.
    """
    first = str(REFERENCE_EID)[:_ISSUER_DIGITS] + _IN_STORY
    eid = Eid.from_first_digits(first + str(number).zfill(30 - len(first)))
    chosen: CardWords = {"eid": str(eid), "seed": f"further card {number}"}
    chosen.update(words)
    return OneCardLink(simulated_card(preset, **chosen))
