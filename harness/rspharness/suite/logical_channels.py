"""Logical channels for cases that need more of them than the one the ISD-R is on.

MANAGE CHANNEL leaves the number to the card, because not every card accepts a number chosen by the
terminal (TS 102 221, 11.1.17).
"""

from typing import Final

from rspcore.apdu import CHANNELS, CommandApdu, Ins, ResponseApdu, class_for
from rspcore.status import StatusWord, describe, is_success
from rspcore.tags import ISDR_AID
from rspharness.card import expect
from rspharness.card.card_under_test import Card
from rspharness.record.verdicts import Blocked, Cause, ExpectationError, Inconclusive

__all__ = [
    "close",
    "opened",
    "require_closed",
    "select",
    "select_isdr",
    "try_open",
    "use_isdr_on",
    "use_isdr_on_open_channel",
]

_OPEN: Final = 0x00
_CLOSE: Final = 0x80
_BY_NAME: Final = 0x04
_NO_DATA: Final = 0x0C
_AGAIN: Final = "ISD-R.Select#19"
"""The requirement that owns a further selection of the ISD-R."""


def try_open(card: Card) -> ResponseApdu:
    """Asks for one more channel, from the basic one, and returns the answer."""
    return card.transmit(CommandApdu(0x00, Ins.MANAGE_CHANNEL, _OPEN, 0x00, le=1))


def opened(card: Card) -> int:
    """Opens one more channel and returns its number.

    Raises:
        ExpectationError: the card refused, or returned no number.
    """
    response = try_open(card)
    expect.success(response, "MANAGE CHANNEL, open")
    if len(response.data) != 1 or not 1 <= response.data[0] < CHANNELS:
        raise ExpectationError("one octet, a channel from 1 to 19", response.data.hex(" ").upper())
    return response.data[0]


def close(card: Card, number: int) -> ResponseApdu:
    """Closes a channel, from the basic one, and returns the answer."""
    return card.transmit(CommandApdu(0x00, Ins.MANAGE_CHANNEL, _CLOSE, number))


def require_closed(card: Card, number: int) -> None:
    """Requires a channel to be closed: STATUS there is answered 6881.

    SELECT is not asked: on cards of the field it opens the channel. STORE DATA is not sent where
    nothing is known to be selected.

    Raises:
        ExpectationError: it is open.
    """
    cla = class_for(number, proprietary=True)
    command = CommandApdu(cla, Ins.GET_STATUS, 0x00, _NO_DATA)
    closed = StatusWord.LOGICAL_CHANNEL_NOT_SUPPORTED
    expect.refused(card.transmit(command), closed, about=f"STATUS on channel {number}")


def select(card: Card, aid: bytes, channel: int) -> ResponseApdu:
    """Selects an application by name on an open channel, FCI wanted, and returns the answer."""
    cla = class_for(channel, proprietary=False)
    return card.transmit(CommandApdu(cla, Ins.SELECT, _BY_NAME, 0x00, aid, 256))


def select_isdr(card: Card, channel: int) -> ResponseApdu:
    """Selects the ISD-R on an open channel and returns the answer.

    Raises:
        Blocked: it is not found, on a card that was seen before to find it once alone, and the
            case is not about that.
    """
    response = select(card, (card.isdr_aid or ISDR_AID).octets, channel)
    wanting = _AGAIN.partition("#")[0] in card.wanting and _AGAIN not in (card.rows or ())
    if response.sw == StatusWord.FILE_NOT_FOUND and wanting:
        finding = f"SELECT ISD-R once more: {describe(response.sw)}"
        raise Blocked(Cause(_AGAIN, finding, "let the ISD-R be selected again without a reset"))
    return response


def use_isdr_on(card: Card, number: int) -> ResponseApdu:
    """Selects the ISD-R on a channel, opened if need be; from then on ES10 commands go there.

    Returns:
        The answer to SELECT.

    Raises:
        Inconclusive: the card never grants this channel.
        ExpectationError: it refused SELECT.
    """
    if card.number is None:
        card.open()
    _reach(card, number)
    return use_isdr_on_open_channel(card, number)


def use_isdr_on_open_channel(card: Card, number: int) -> ResponseApdu:
    """Selects the ISD-R on a channel that is open; from then on ES10 commands go there.

    Returns:
        The answer to SELECT.

    Raises:
        ExpectationError: the card refused SELECT.
    """
    response = select_isdr(card, number)
    expect.success(response, f"SELECT ISD-R on channel {number}")
    card.number, card.fci = number, response.data
    return response


def _reach(card: Card, number: int) -> None:
    if number in (0, card.number):
        return
    for _ in range(CHANNELS):
        response = try_open(card)
        if not is_success(response.sw):
            break
        if response.data == bytes((number,)):
            return
    if not is_success(select_isdr(card, number).sw):  # it may be one of those opened before
        raise Inconclusive(f"the card never grants channel {number}")
