"""STORE DATA block by block, and its answer part by part, for cases about the transport itself.

Everything else sends send_all commands by `Card.send`, `ask` or `store` and never sees a block
(SGP.22 v2, 5.7.2; TS 102 221, 7.3.1.1).
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from rspcore.apdu import CommandApdu, Ins, ResponseApdu, class_for
from rspcore.status import StatusWord, more_data
from rspharness.card import expect
from rspharness.card.card_under_test import Card
from rspharness.record.verdicts import ExpectationError
from rspharness.targets.guard_tables import UNASSIGNED_INS

__all__ = [
    "LAST",
    "MORE",
    "UNASSIGNED_INS",
    "answers_in_parts",
    "block",
    "blocks_of",
    "cut",
    "get_response",
    "send_all",
]

MORE: Final = 0x11
"""P1 of a block with more to follow."""
LAST: Final = 0x91
"""P1 of the last block, or the only one."""

_MOST_PARTS: Final = 4096


def block(card: Card, data: bytes, number: int = 0, p1: int = LAST) -> CommandApdu:
    """Returns one STORE DATA on the channel of the ISD-R, which is opened if it is not yet."""
    return replace(card.store_data_blocks(b"")[0], data=data, p1=p1, p2=number & 0xFF)


def blocks_of(card: Card, *pieces: bytes) -> tuple[CommandApdu, ...]:
    """Returns the STORE DATA commands of one request that is cut into these pieces."""
    last = len(pieces) - 1
    return tuple(
        block(card, piece, number, LAST if number == last else MORE)
        for number, piece in enumerate(pieces)
    )


def cut(octets: bytes, size: int) -> tuple[bytes, ...]:
    """Returns octets in pieces of a size; the last one may be shorter."""
    return tuple(octets[start : start + size] for start in range(0, len(octets), size))


def send_all(card: Card, commands: Iterable[CommandApdu]) -> ResponseApdu:
    """Sends the blocks of one request and returns the answer to the last one.

    A card whose toolkit is busy, 9300, is sent them once more, from the first one on.

    Raises:
        ExpectationError: a block before the last was not answered by 9000 without data.
    """
    commands = tuple(commands)
    response, number = _sent(card, commands)
    if response.sw == StatusWord.TOOLKIT_BUSY:
        card.was_busy()
        response, number = _sent(card, commands)
    if number < len(commands) - 1:
        expect.equal(response, ResponseApdu(b"", StatusWord.OK), f"answer to block {number:02X}")
    return response


def _sent(card: Card, commands: tuple[CommandApdu, ...]) -> tuple[ResponseApdu, int]:
    """Sends blocks up to one that is not answered by 9000 alone; returns answer and place."""
    for number, command in enumerate(commands[:-1]):
        response = card.transmit(command)
        if response != ResponseApdu(b"", StatusWord.OK):
            return response, number
    return card.transmit(commands[-1]), len(commands) - 1


def get_response(card: Card, le: int) -> CommandApdu:
    """Returns GET RESPONSE on the channel of the ISD-R.

    Args:
        card: The card; its channel is open.
        le: How many octets to ask for, 1 to 256.
    """
    return CommandApdu(
        class_for(card.number or 0, proprietary=False), Ins.GET_RESPONSE, 0, 0, le=le
    )


def answers_in_parts(card: Card, command: CommandApdu) -> tuple[ResponseApdu, ...]:
    """Sends a command, follows 61XX, and returns every answer unchanged.

    Raises:
        ExpectationError: the card does not stop answering 61XX.
    """
    answers = [card.transmit_raw(command)]
    while (waiting := more_data(answers[-1].sw)) is not None:
        answers.append(card.transmit_raw(get_response(card, waiting)))
        if len(answers) > _MOST_PARTS:
            raise ExpectationError("an answer that ends", f"61XX after {len(answers)} parts")
    return tuple(answers)
