"""RETRIEVE DATA and SET DATA (TS 102 221, 11.3)."""

import pytest

from rspsim.euicc.profile_content.model import File, FileKind


@pytest.fixture
def card(kit):
    files = (
        File(
            path=(0x2F01,),
            kind=FileKind.BER_TLV,
            body=bytes.fromhex("8003010203 A10480020405"),
            maximum_size=400,
            sfi=1,
            access=kit.rule(1),
        ),
        File(path=(0x2F02,), kind=FileKind.TRANSPARENT, body=b"\0", sfi=2, access=kit.rule(1)),
        File(path=(0x2F03,), kind=FileKind.BER_TLV, sfi=3, access=kit.rule(8)),
        File(path=(0x2F04,), kind=FileKind.BER_TLV, sfi=4, body=b"\x1f", access=kit.rule(1)),
    )
    return kit.terminal(*files)


def last_answer(card, *commands):
    answers = [card(one) for one in commands]
    return answers[-1].data.hex().upper() + f"{answers[-1].sw:04X}"


@pytest.mark.parametrize(
    ("commands", "last"),
    [
        (["80CB0081015C00"], "5C0280A19000"),
        (["80CB0081018000"], "80030102039000"),
        (["80CB008101A100"], "A104800204059000"),
        (["80CB0081018100"], "6A88"),
        (["80CB0080018000"], "6986"),
        (["80CB0082018000"], "6981"),
        (["80CB0091018000"], "6A82"),
        (["80CB01810180"], "6A86"),
        (["80CB00C10180"], "6A86"),
        (["80CB000100"], "6985"),  # next, and no transfer is open
        (["80DB0081038101AA", "80CB0081018100"], "8101AA9000"),
        (["80DB0081048002BBCC", "80CB0081018000"], "8002BBCC9000"),
        (["80DB00810180", "80CB0081015C00"], "5C01A19000"),  # a bare tag deletes
        (["80DB0081028000", "80CB0081015C00"], "5C01A19000"),  # length 0 deletes, too
        (["80DB00810181"], "6A88"),
        (["80DB0083038101AA"], "6982"),
        (["80DB000102AABB"], "6985"),
        (["80DB0081048101AABB"], "6A80"),  # more than the header announces
        (["80CB0084015C00"], "6F00"),  # what the file holds cannot be read
        (["80DB0084038101AA"], "6F00"),
    ],
)
def test_answer_is_the_one_of_the_specification(card, commands, last):
    assert last_answer(card, *commands) == last


def test_long_object_is_written_and_read_in_parts(card):
    value = bytes(n & 0xFF for n in range(300))
    octets = bytes.fromhex("8182012C") + value
    first, rest = octets[:255], octets[255:]
    assert last_answer(card, "80DB0081FF" + first.hex()) == "63F1"
    assert last_answer(card, f"80DB0000{len(rest):02X}" + rest.hex()) == "9000"
    begin = card("80CB0081018100")
    assert begin.sw == 0x62F1
    end = card("80CB000000")
    assert end.sw == 0x9000
    assert begin.data + end.data == octets
    assert last_answer(card, "80CB000000") == "6985"


def test_object_beyond_the_limit_changes_nothing(card):
    before = card.card.state
    value = bytes(395)
    octets = bytes.fromhex("8182018B") + value
    last_answer(card, "80DB0081FF" + octets[:255].hex())
    assert last_answer(card, f"80DB0000{len(octets) - 255:02X}" + octets[255:].hex()) == "6A84"
    assert card.card.state == before


def test_another_file_ends_an_open_transfer(card):
    octets = bytes.fromhex("8182012C") + bytes(300)
    last_answer(card, "80DB0081FF" + octets[:255].hex())
    last_answer(card, "00A4000C022F03")
    assert last_answer(card, "80DB000031" + octets[255:].hex()) == "6982"
    last_answer(card, "00A4000C022F01")
    assert last_answer(card, "80DB000031" + octets[255:].hex()) == "6985"
