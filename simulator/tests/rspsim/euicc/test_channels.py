"""Class octets, logical channels, SELECT and GET RESPONSE (TS 102 221, 10.1, 11.1; SGP.22, 5.7)."""

import pytest

from rspcore import tlv
from rspsim.euicc.options import Options, ResponseMode

ISDR = "A0000005591010FFFFFFFF8900000100"
ECASD = "A0000005591010FFFFFFFF8900000200"
GET_EID = "BF3E035C015A"


def sw(answer: bytes) -> str:
    return answer[-2:].hex().upper()


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("A0A40000027F20", "6E00"),
        ("A1E2910006" + GET_EID, "6E00"),
        ("10E2910006" + GET_EID, "6E00"),
        ("FF00", "6700"),
        ("FFFFFFFF", "6E00"),
        ("85E2910006" + GET_EID, "6882"),
        ("E1E2910006" + GET_EID, "6882"),
        ("0CA40000023F00", "6882"),
        ("83E2910006" + GET_EID, "6881"),
        ("CFE2910006" + GET_EID, "6881"),
        ("01E2910006" + GET_EID, "6E00"),
        ("81A40000023F00", "6E00"),
        ("81F0000000", "6D00"),
        ("80E2910006" + GET_EID, "6D00"),
        ("81CA005A00", "6D00"),
        ("81E2910007" + GET_EID, "6700"),
        ("81E29100", "6700"),
        ("", "6700"),
        ("81E291", "6700"),
        ("0070000002", "6C01"),
        ("00700000", "6C01"),
        ("0070000100", "6A81"),
        ("0070001400", "6A86"),
        ("0070400000", "6A86"),
        ("00708000", "6A86"),
        ("00708003", "6881"),
        ("0070801F", "6A86"),
    ],
)
def test_mistake_in_the_header_has_its_status_word(lab, command, expected):
    before = lab.card.volatile
    assert sw(lab.apdu(command)) == expected
    assert lab.card.volatile == before


def test_channels_can_be_opened_until_none_is_left(lab):
    numbers = [lab.apdu("0070000001") for _ in range(18)]
    assert [answer[0] for answer in numbers] == list(range(2, 20))
    assert sw(lab.apdu("0070000001")) == "6A81"
    assert sw(lab.apdu("00708007")) == "9000"
    assert lab.apdu("0070000001") == bytes.fromhex("079000")


@pytest.mark.parametrize("number", [2, 3, 4, 19])
def test_isdr_works_on_every_channel(lab, number):
    assert lab.apdu(f"007000{number:02X}") == b"\x90\x00"
    inter = number if number < 4 else 0x40 + number - 4
    propr = 0x80 + number if number < 4 else 0xC0 + number - 4
    assert sw(lab.apdu(f"{inter:02X}A4040010{ISDR}")) == "6121"
    assert sw(lab.apdu(f"{propr:02X}E2910006{GET_EID}")) == "6115"
    whole = lab.apdu(f"{inter:02X}C0000015")
    assert whole.hex().upper() == f"BF3E125A10{lab.state.eid}9000"


def test_isdr_works_on_the_basic_channel(lab):
    assert sw(lab.apdu(f"00A4040010{ISDR}00")) == "6121"
    assert sw(lab.apdu(f"80E2910006{GET_EID}00")) == "6115"


def test_fci_of_isdr_is_that_of_the_digest(lab):
    lab.apdu(f"01A4040010{ISDR}00")
    fci = lab.apdu("01C0000021")
    assert fci.hex().upper() == f"6F1F8410{ISDR}A5049F6501FFE00582030205009000"


@pytest.mark.parametrize(
    ("name", "p2", "found"),
    [
        ("A0000005591010", "00", ISDR),
        ("A0000005591010", "02", ECASD),
        ("A0000005591010FFFFFFFF89000002", "00", ECASD),
        ("A0000005591010FFFFFFFF8900000101", "00", None),
        ("A0000005591010FFFFFFFF8900001000", "00", None),
        ("A000000003000000", "00", None),
        ("A00000015141434C00", "00", None),
        ("A0000000871002FF86FF0389FFFFFFFF", "00", None),
        ("A0000005", "00", None),
    ],
)
def test_names_whole_or_partial_find_their_application(lab, name, p2, found):
    answer = lab.apdu(f"01A404{p2}{len(name) // 2:02X}{name}00")
    if found is None:
        assert sw(answer) == "6A82"
        assert lab.send(bytes.fromhex(GET_EID))[1] == 0x9000, "the selection was lost"
    else:
        data = lab.apdu(bytes((1, 0xC0, 0, 0, answer[-1])))
        assert found in data.hex().upper()


def test_ecasd_is_selected_and_answers_nothing(lab):
    assert sw(lab.apdu(f"01A4040C10{ECASD}")) == "9000"
    assert sw(lab.apdu("81E2910006" + GET_EID)) == "6D00"
    assert sw(lab.apdu("81CABF2000")) == "6D00"


def test_closed_channel_loses_selection_and_unfinished_command(lab):
    assert lab.apdu("81E2110003BF3E03") == b"\x90\x00"
    assert sw(lab.apdu("00708001")) == "9000"
    assert sw(lab.apdu("81E29101035C015A")) == "6881"
    assert lab.apdu("0070000001")[0] == 1
    assert sw(lab.apdu("81E29101035C015A")) == "6D00"
    lab.select()
    assert sw(lab.apdu("81E29101035C015A")) == "6A86"


def info2_waiting(lab) -> int:
    """Asks for EUICCInfo2 on channel 1; returns how many octets wait."""
    answer = lab.apdu("81E2910003BF2200")
    assert answer[-2] == 0x61
    return answer[-1]


def test_get_response_returns_waiting_data_and_the_length_left(lab):
    waiting = info2_waiting(lab)
    first = lab.apdu("01C0000010")
    assert (len(first), first[-2:]) == (18, bytes((0x61, waiting - 16)))
    assert lab.apdu("01C00000FF") == bytes((0x6C, waiting - 16))
    second = lab.apdu("81C0000000")
    assert (len(second), sw(second)) == (waiting - 16 + 2, "9000")
    assert sw(lab.apdu("01C0000000")) == "6985"
    one = tlv.parse(first[:-2] + second[:-2])
    assert one.tag == 0xBF22


def test_other_command_on_the_channel_drops_what_waits(lab):
    waiting = info2_waiting(lab)
    lab.apdu("80F2000000")
    assert lab.apdu("01C0000001")[-2:] == bytes((0x61, waiting - 1))
    lab.apdu("81F0000000")
    assert sw(lab.apdu("01C0000001")) == "6985"


def test_answer_above_256_octets_comes_in_parts(lab, profile_of):
    for number in range(4):
        lab.install(profile_of(number, icon=b"\x89PNG" + bytes(400)))
    lab.apdu("81E2910003BF2D00")
    parts, answer = [], b"\x61\x00"
    assert sw(lab.apdu("81E2910003BF2D00")) == "6100"
    while answer[-2] == 0x61:
        answer = lab.apdu("01C0000000")
        parts.append(answer[:-2])
    assert sw(answer) == "9000"
    assert {len(part) for part in parts[:-1]} == {256}
    assert tlv.parse(b"".join(parts)).tag == 0xBF2D


def test_direct_mode_answers_at_once_when_le_is_there(lab_type):
    lab = lab_type(options=Options(response_mode=ResponseMode.DIRECT))
    assert lab.apdu(f"81E2910006{GET_EID}00").hex().upper() == f"BF3E125A10{lab.state.eid}9000"
    assert sw(lab.apdu(f"81E2910006{GET_EID}")) == "6115"
    waiting = lab.apdu("81E2910003BF220010")[-1]
    assert len(lab.apdu("81C0000000")) == waiting + 2


def test_channel_opened_from_another_starts_where_that_one_stands(lab):
    assert lab.apdu("0170000001") == bytes.fromhex("029000")
    lab.channel = 2
    assert lab.send(bytes.fromhex(GET_EID))[1] == 0x9000
