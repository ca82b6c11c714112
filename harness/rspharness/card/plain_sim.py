"""Whether a card is a SIM that is no eUICC: then its file system is all there is to look at."""

from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError
from rspcore.status import is_success, more_data
from rspcore.tags import ISDR_AID
from rspharness.card.atr import Atr
from rspharness.card.card_under_test import Card

__all__ = ["is_plain_sim"]

_EUICC_FUNCTIONS: Final = 0x82
"""Bits of the first TB after T=15 that an eUICC sets (TS 102 221, 6.3.3)."""
_BY_NAME: Final = 0x04
_NO_DATA: Final = 0x0C


def is_plain_sim(card: Card) -> bool:
    """Returns whether a card announces no eUICC functions and refuses SELECT ISD-R.

    A card that announces them is not asked, nor one behind a modem, which shows no ATR. SELECT goes
    on the basic channel; one that is refused leaves the channel where it is.

    Args:
        card: The card, reset before.

    Raises:
        TargetLost: the card does not answer.
    """
    if not card.atr:
        return False
    try:
        announced = Atr.parse(card.atr).global_tb or 0
    except DecodeError:
        announced = 0
    if announced & _EUICC_FUNCTIONS == _EUICC_FUNCTIONS or card.options.isdr_aid is not None:
        return False
    command = CommandApdu(0x00, Ins.SELECT, _BY_NAME, _NO_DATA, ISDR_AID.octets)
    answer = card.transmit_raw(command)
    if is_success(answer.sw) or more_data(answer.sw) is not None:
        card.reset()
        return False
    return True
