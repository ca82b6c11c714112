"""A card of `card_in_reader` can be connected to at once, also beside other processes that do so.

The short form connects twenty times. The long one, alone and with `-n 4`:

    RSPLAB_CONNECTIONS=500 pytest -m vpcd -n 4 harness/tests/simulated/test_immediate_connections.py
"""

import os

import pytest

from rspcore.ids import Eid
from rspharness.simulated.fixture_cards import ReaderCards
from rspsim.transports.shared_daemon import shared_pcscd

CONNECTIONS = int(os.environ.get("RSPLAB_CONNECTIONS", "20"))
TESTS = 10

SELECT_ISDR = bytes.fromhex("00A4040010A0000005591010FFFFFFFF8900000100")
GET_EID = bytes.fromhex("80E2910006BF3E035C015A00")


@pytest.mark.vpcd
@pytest.mark.parametrize("part", range(TESTS))
def test_card_answers_at_once(part):
    first = part * CONNECTIONS // TESTS
    with shared_pcscd():  # the same daemon all the time: it may still see the card before
        for number in range(first, (part + 1) * CONNECTIONS // TESTS):
            cards = ReaderCards()
            try:
                connect(cards, number)
            finally:
                cards.close()


def connect(cards, number):
    from rspharness.targets.reader import ReaderLink  # noqa: PLC0415  needs pyscard

    eid = Eid.from_first_digits(f"890490329{number:021d}")
    link = ReaderLink(cards(eid=str(eid)))
    try:
        link.reset()
        link.transmit(SELECT_ISDR)
        answer = link.transmit(GET_EID)
        if answer[:1] == b"\x61":
            answer = link.transmit(bytes((0x80, 0xC0, 0, 0, answer[1])))
        assert eid.octets in answer
    finally:
        link.close()
