"""Logical channels on the card in process, and on cards that grant none."""

import pytest

from rspcore.tags import ISDR_AID
from rspharness.card.card_under_test import Card
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import ExpectationError, Inconclusive
from rspharness.run.run import Run, RunOptions
from rspharness.suite import logical_channels


@pytest.fixture
def card():
    return Run(RunOptions()).open_card(Trace(), Timings())


class _Refusing:
    """A card that grants channel 1 and no more; on others it has nothing."""

    def __init__(self):
        self.granted = 0

    def transmit(self, command):
        if command[1] != 0x70:
            return b"\x90\x00" if command[0] & 0x0F == 1 else b"\x68\x81"
        self.granted += 1
        return b"\x01\x90\x00" if self.granted == 1 else b"\x6a\x81"


@pytest.mark.parametrize("number", [0, 1, 3, 5])
def test_isdr_is_used_on_the_channel_asked_for(card, number):
    eid = card.eid()
    assert logical_channels.use_isdr_on(card, number).data[:1] == b"\x6f"
    assert card.number == number
    assert card.eid() == eid


def test_closed_channel_cannot_be_used(card):
    number = logical_channels.opened(card)
    assert logical_channels.select(card, ISDR_AID.octets, number).sw == 0x9000
    assert logical_channels.close(card, number).sw == 0x9000
    assert logical_channels.select_isdr(card, number).sw == 0x6881


def test_channel_that_is_never_granted_is_inconclusive():
    card = Card(_Refusing())
    with pytest.raises(Inconclusive, match="channel 4"):
        logical_channels.use_isdr_on(card, 4)


def test_refused_channel_is_a_failed_expectation():
    card = Card(_Refusing())
    assert logical_channels.opened(card) == 1
    with pytest.raises(ExpectationError, match="MANAGE CHANNEL"):
        logical_channels.opened(card)
