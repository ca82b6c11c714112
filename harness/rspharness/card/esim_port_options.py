"""Which modes of several enabled Profiles a card has, by its ATR and by MANAGE LSI (v3.1, 3.4.1).

The ATR says whether the card has logical secure interfaces. Only where it does is the card asked:
the answer to configure names all its modes. A reset before and after it leaves one port.
"""

from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError
from rspcore.messages.v3.lsi_configuration import LsiConfiguration, LsiFunction, MepMode
from rspcore.status import is_success
from rspharness.card.atr import Atr
from rspharness.card.card_under_test import Card

__all__ = ["MEP_OPTIONS", "offered"]

_LSI: Final = 0x81
"""b8 and b1 of the first TB after T=15: the card has LSIs (TS 102 221, 6.3.3)."""
_EVERY_MODE: Final = (MepMode.A1, MepMode.A2, MepMode.B)
_NAMES: Final = {mode: f"MEP_{mode.name}" for mode in _EVERY_MODE}
MEP_OPTIONS: Final = frozenset({"O_E_MEP", *_NAMES.values()})
"""The options this module reads."""


def offered(card: Card) -> dict[str, bool] | None:
    """Returns the options of several eSIM Ports; the card is reset where it has LSIs.

    Returns:
        The options; None where the ATR is not shown, or the card does not answer MANAGE LSI as it
        should.

    Raises:
        TargetLost: the card does not answer.
    """
    if not card.atr:
        return None
    try:
        octet = Atr.parse(card.atr).global_tb
    except DecodeError:
        return None
    if octet is None or octet & _LSI != _LSI:
        return dict.fromkeys(MEP_OPTIONS, False)
    proposed = LsiConfiguration(highest=2, options=0, modes=_EVERY_MODE, ports=2).encode()
    card.reset()
    response = card.transmit(
        CommandApdu(0x80, Ins.MANAGE_LSI, LsiFunction.CONFIGURE, 0, proposed, 256)
    )
    card.reset()
    if not is_success(response.sw):
        return None
    try:
        modes = (LsiConfiguration.decode(response.data).modes or ())[1:]
    except DecodeError:
        return None
    return {"O_E_MEP": bool(modes), **{name: mode in modes for mode, name in _NAMES.items()}}
