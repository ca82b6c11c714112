"""READ BINARY and UPDATE BINARY (TS 102 221, 11.1.3 and 11.1.4)."""

import pytest

from rspsim.euicc.profile_content.model import File, FileKind


@pytest.fixture
def card(kit):
    files = (
        File(
            path=(0x2F01,),
            kind=FileKind.TRANSPARENT,
            body=bytes(range(256)) * 2,
            sfi=1,
            access=kit.rule(1),
        ),
        File(
            path=(0x2F02,),
            kind=FileKind.LINEAR_FIXED,
            body=bytes(6),
            record_length=3,
            sfi=2,
            access=kit.rule(1),
        ),
        File(path=(0x2F03,), kind=FileKind.TRANSPARENT, link=(0x2F01,), sfi=3, access=kit.rule(8)),
        File(path=(0x2F04,), kind=FileKind.TRANSPARENT, body=bytes(4), sfi=4, access=kit.rule(7)),
        File(path=(0x2F05,), kind=FileKind.TRANSPARENT, body=bytes(4), sfi=5),
    )
    return kit.terminal(*files)


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("00B0810003", "0001029000"),
        ("00B0810503", "0506079000"),
        ("00B0820003", "6981"),
        ("00B09F0003", "6A82"),
        ("00B0C10003", "6A86"),
        ("00B0000003", "6986"),
        ("00B0840004", "6982"),
        ("00B0850004", "6982"),  # no access rule: never
        ("00D6820001AA", "6981"),
        ("00D6840001AA", "6982"),
        ("00D68100", "6700"),
    ],
)
def test_answer_is_the_one_of_the_specification(card, command, answer):
    given = card(command)
    assert given.data.hex() + f"{given.sw:04X}" == answer


def test_offset_of_fifteen_bits_counts_from_the_start(card):
    card.sw("00A4000C022F01")
    assert card("00B0010502").data == b"\x05\x06"
    assert card("00B001FE02").data == b"\xfe\xff"
    assert card.sw("00B0020001") == "6B00"
    assert card.sw("00B001FE03") == "6C02"
    assert len(card("00B0000000").data) == 256


def test_short_identifier_selects_the_file(card):
    card("00B0810001")
    assert card("00B0000102").data == b"\x01\x02"


def test_update_writes_and_stays(card):
    assert card.sw("00D6810203AABBCC") == "9000"
    assert card("00B0810006").data.hex() == "0001aabbcc05"
    card.card.reset()
    assert card("00B0810006").data.hex() == "0001aabbcc05"


def test_update_beyond_the_end_changes_nothing(card):
    before = card.card.state
    card.sw("00A4000C022F01")
    assert card.sw("00D601FF02AABB") == "6700"
    assert card.sw("00D6020001AA") == "6B00"
    assert card.card.state == before


def test_link_shares_the_body_and_keeps_its_own_rule(card):
    assert card("00B0830003").data.hex() == "000102"
    assert card.sw("00D6830001FF") == "6982"
    assert card.sw("002000010830303030FFFFFFFF") == "9000"
    assert card.sw("00D6830001FF") == "9000"
    assert card("00B0810001").data == b"\xff"
