"""Records: READ, UPDATE, SEARCH and INCREASE (TS 102 221, 11.1.5 to 11.1.8)."""

import pytest

from rspsim.euicc.profile_content.model import File, FileKind


@pytest.fixture
def card(kit):
    files = (
        File(
            path=(0x2F01,),
            kind=FileKind.LINEAR_FIXED,
            body=bytes.fromhex("A1A2A3B1B2B3C1C2C3"),
            record_length=3,
            sfi=1,
            access=kit.rule(1),
        ),
        File(
            path=(0x2F02,),
            kind=FileKind.CYCLIC,
            body=bytes.fromhex("000003000002000001"),
            record_length=3,
            sfi=2,
            access=kit.rule(1),
        ),
        File(
            path=(0x2F03,),
            kind=FileKind.CYCLIC,
            body=bytes(6),
            record_length=3,
            sfi=3,
            access=kit.rule(9),
        ),
        File(path=(0x2F04,), kind=FileKind.TRANSPARENT, body=bytes(4), sfi=4, access=kit.rule(1)),
        File(
            path=(0x2F07,),
            kind=FileKind.CYCLIC,
            body=bytes(6),
            record_length=3,
            sfi=7,
            access=kit.rule(8),
        ),
    )
    return kit.terminal(*files)


def last_answer(card, *commands):
    """Sends commands; returns data and status word of the last."""
    answers = [card(one) for one in commands]
    return answers[-1].data.hex().upper() + f"{answers[-1].sw:04X}"


SELECT_LINEAR, SELECT_CYCLIC = "00A4000C022F01", "00A4000C022F02"
NEXT, PREVIOUS, CURRENT = "00B2000203", "00B2000303", "00B2000403"


@pytest.mark.parametrize(
    ("commands", "last"),
    [
        (["00B2010C03"], "A1A2A39000"),
        (["00B2030C03"], "C1C2C39000"),
        (["00B2040C03"], "6A83"),
        (["00B2010C02"], "6C03"),
        (["00B201FC03"], "6A82"),
        (["00B2010403"], "6986"),
        (["00B2012403"], "6981"),  # a transparent file
        (["00B2010103"], "6A86"),
        (["00B2010203"], "6A86"),  # next with a number
        ([SELECT_LINEAR, CURRENT], "6A83"),  # no current record yet
        ([SELECT_LINEAR, NEXT], "A1A2A39000"),
        ([SELECT_LINEAR, NEXT, NEXT], "B1B2B39000"),
        ([SELECT_LINEAR, NEXT, CURRENT], "A1A2A39000"),
        ([SELECT_LINEAR, NEXT, "00B2030403", NEXT], "B1B2B39000"),  # a number moves no pointer
        ([SELECT_LINEAR, PREVIOUS], "C1C2C39000"),
        ([SELECT_LINEAR, PREVIOUS, NEXT], "6A83"),
        ([SELECT_LINEAR, NEXT, PREVIOUS], "6A83"),
        ([SELECT_CYCLIC, PREVIOUS, NEXT], "0000039000"),  # a cyclic file wraps around
        ([SELECT_CYCLIC, NEXT, PREVIOUS], "0000019000"),
        ([SELECT_LINEAR, NEXT, SELECT_LINEAR, NEXT], "A1A2A39000"),  # selection clears it
        (["00DC010C03D1D2D3", "00B2010C03"], "D1D2D39000"),
        (["00DC010C02D1D2"], "6700"),
        (["00DC040C03D1D2D3"], "6A83"),
        (["00DC011403D1D2D3"], "6981"),  # a cyclic file, absolute
        (["00DC001303D1D2D3", "00B2011403"], "D1D2D39000"),  # the new record is the first
        (["00DC001303D1D2D3", "00B2021403"], "0000039000"),
        (["00DC001303D1D2D3", "00B2031403"], "0000029000"),  # the oldest is gone
        (["00A2010C01B2"], "029000"),
        (["00A2010C01A0"], "6282"),
        (["00A2020C01A2"], "6282"),  # forward from record 2
        (["00A2030D01A2"], "019000"),  # backward from record 3
        (["00A2040C01A2"], "6A83"),
        (["00A2010C04A1A2A3B1"], "6700"),
        (["00A2010E01A2"], "6A86"),  # enhanced search is not offered
        (["00A2012401A2"], "6981"),
        ([SELECT_LINEAR, "00A2010401C2", CURRENT], "C1C2C39000"),  # points at the first found
        (["803282000100"], "000003009000"),
        (["8032820003000005"], "0000080000059000"),
        (["8032820003000005", "00B2011403"], "0000089000"),
        (["8032820003000005", "00B2021403"], "0000039000"),
        (["8032820003FFFFFD"], "9850"),
        (["8032820003FFFFFC"], "FFFFFFFFFFFC9000"),
        (["803282000400000001"], "6700"),
        (["8032810003000001"], "6981"),
        (["8032000003000001"], "6986"),
        (["8032830003000001"], "6982"),  # INCREASE needs ADM1, update would not
        (["8032870003000001"], "6982"),  # a rule that names no INCREASE never allows it
    ],
)
def test_answer_is_the_one_of_the_specification(card, commands, last):
    assert last_answer(card, *commands) == last


def test_increase_follows_its_own_rule(card):
    assert card.sw("0020000A083535353535353535") == "9000"
    assert last_answer(card, "8032830003000001") == "0000010000019000"


def test_maximum_changes_nothing(card):
    before = card.card.state
    assert card.sw("8032820003FFFFFD") == "9850"
    assert card.card.state == before
