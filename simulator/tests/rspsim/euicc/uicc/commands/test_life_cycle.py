"""ACTIVATE FILE and DEACTIVATE FILE, and what a deactivated file still does."""

import pytest

from rspsim.euicc.profile_content.model import File, FileKind


@pytest.fixture
def card(kit):
    files = (
        File(path=(0x2F01,), kind=FileKind.TRANSPARENT, body=b"\x07", sfi=1, access=kit.rule(1)),
        File(
            path=(0x2F02,),
            kind=FileKind.TRANSPARENT,
            body=b"\x08",
            sfi=2,
            special=0x40,
            access=kit.rule(1),
        ),
        File(path=(0x2F03,), kind=FileKind.TRANSPARENT, body=b"\x09", sfi=3, access=kit.rule(3)),
        File(
            path=(0x2F04,),
            kind=FileKind.CYCLIC,
            body=bytes(6),
            record_length=3,
            sfi=4,
            access=kit.rule(1),
        ),
    )
    return kit.terminal(*files)


ADM = "0020000A083535353535353535"


@pytest.mark.parametrize(
    ("commands", "answers"),
    [
        (
            ["00A4000C022F01", "00040000", "00B0000001", "00A4000C022F01", "00D6000001FF"],
            ["9000", "9000", "6984", "6283", "6984"],
        ),
        (["0004000002 2F01", "00440000022F01", "00B0810001"], ["9000", "9000", "9000"]),
        (["00040800022F01", "00B0810001"], ["9000", "6984"]),
        (["00040000022F02", "00B0820001", "00D6820001FF"], ["9000", "9000", "9000"]),
        (["00040000022F03"], ["6982"]),
        (
            [ADM, "00040000022F03", "00B0830001", "00440000022F03", "00B0830001"],
            ["9000", "9000", "6984", "9000", "9000"],
        ),
        (["00040000022FFF"], ["6A82"]),
        (["00040100022F01"], ["6A86"]),
        (
            ["00040000022F04", "00B2012403", "00A2012401 00", "8032840003000001"],
            ["9000", "6984", "6984", "6984"],
        ),
    ],
)
def test_answers_are_those_of_the_specification(card, commands, answers):
    assert [card.sw(one) for one in commands] == answers


def test_status_stays_over_a_reset(card):
    card.sw("00040000022F01")
    card.card.reset()
    assert card.sw("00B0810001") == "6984"
