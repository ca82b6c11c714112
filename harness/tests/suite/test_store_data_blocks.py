"""STORE DATA block by block and part by part, on the card in process and on a scripted one."""

import pytest

from rspcore.apdu import ResponseApdu
from rspharness.card.card_under_test import Card
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import ExpectationError
from rspharness.run.run import Run, RunOptions
from rspharness.suite import store_data_blocks

GET_EID = bytes.fromhex("BF3E035C015A")


@pytest.fixture
def card():
    return Run(RunOptions()).open_card(Trace(), Timings())


class _Scripted:
    def __init__(self, *answers):
        self.answers = [bytes.fromhex(answer) for answer in answers]
        self.seen = []

    def transmit(self, command):
        self.seen.append(command)
        return self.answers.pop(0)


def scripted(*answers):
    card = Card(_Scripted(*answers))
    card.number = 1
    return card


def test_pieces_are_numbered_and_the_last_one_is_marked(card):
    commands = store_data_blocks.blocks_of(card, *store_data_blocks.cut(GET_EID, 4))
    assert [(one.p1, one.p2, one.data) for one in commands] == [
        (store_data_blocks.MORE, 0, GET_EID[:4]),
        (store_data_blocks.LAST, 1, GET_EID[4:]),
    ]
    assert store_data_blocks.send_all(card, commands).data == card.store(GET_EID).data


def test_block_answered_too_early_is_a_failed_expectation():
    card = scripted("BF3E009000")
    with pytest.raises(ExpectationError, match="block 00"):
        store_data_blocks.send_all(card, store_data_blocks.blocks_of(card, b"\xbf", b"\x3e"))


def test_answers_are_returned_part_by_part():
    card = scripted("6102", "016101", "029000")
    parts = store_data_blocks.answers_in_parts(card, store_data_blocks.block(card, GET_EID))
    assert parts == (
        ResponseApdu(b"", 0x6102),
        ResponseApdu(b"\1", 0x6101),
        ResponseApdu(b"\2", 0x9000),
    )
    assert card.link.seen[1:] == [b"\x01\xc0\x00\x00\x02", b"\x01\xc0\x00\x00\x01"]


def test_endless_answer_is_a_failed_expectation():
    card = scripted(*["6101"] * 5000)
    with pytest.raises(ExpectationError, match="an answer that ends"):
        store_data_blocks.answers_in_parts(card, store_data_blocks.block(card, GET_EID))
