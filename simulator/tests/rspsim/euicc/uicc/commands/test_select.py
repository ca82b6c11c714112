"""SELECT and STATUS: the file a channel gets to, and the answer (TS 102 221, 8.4, 11.1.1)."""

from dataclasses import replace

import pytest

from rspsim.euicc.profile_content.model import File, FileKind

USIM = "00A404040CA0000000871002FF49FF058900"
NAME = "TS48v1_A.der"


@pytest.fixture
def card(terminal):
    return terminal(NAME)


@pytest.mark.parametrize(
    ("commands", "last"),
    [
        (["00A4000C023F00"], "9000"),
        (["00A4000C022FE2"], "9000"),
        (["00A4000C027F10", "00A4000C026F06"], "9000"),  # child of the current directory
        (["00A4000C027F10", "00A4000C027F10"], "9000"),  # the current directory
        (["00A4000C027F10", "00A4000C025F3A", "00A4000C027F10"], "9000"),  # the parent
        (["00A4000C027F10", "00A4000C025F3A", "00A4000C025F50"], "9000"),  # a sibling DF
        (["00A4000C027F10", "00A4000C022FE2"], "6A82"),  # EF of the parent
        (["00A4000C025F3A"], "6A82"),  # two levels down
        (["00A4000C027FD0"], "6A82"),  # temporary identifier of an ADF
        (["00A4080C047FD06F07"], "6A82"),
        (["00A4000C027FFF"], "6A82"),  # no current ADF
        ([USIM, "00A4000C026F07"], "9000"),
        ([USIM, "00A4000C023F00", "00A4000C027FFF"], "9000"),  # the ADF stays current
        ([USIM, "00A4080C047FFF6F07"], "9000"),
        ([USIM, "00A4080C067FFF5F3B4F20"], "9000"),
        ([USIM, "00A4090C026F07"], "9000"),
        ([USIM, "00A4080C022FE2"], "9000"),
        (["00A4080C047F105F3A"], "9000"),
        (["00A4080C063F007F105F3A"], "9000"),  # 3F00 in front is passed over
        (["00A4080C037F105F"], "6A82"),
        (["00A4010C027F10"], "9000"),
        (["00A4010C022FE2"], "6A82"),  # child DF, but an EF
        (["00A4000C027F10", "00A4030C00"], "9000"),
        (["00A4020C022FE2"], "6A86"),
        (["00A400FC022FE2"], "6A86"),
        (["00A404040CA0000000871002FF49FF058800"], "6A82"),
        (["00A4040407A000000087100200"], "9000"),  # partial name
    ],
)
def test_select_finds_the_file_of_the_specification(card, commands, last):
    assert [card.sw(one) for one in commands][-1] == last


def test_failed_select_leaves_the_channel_where_it_is(card):
    card.sw("00A4000C022FE2")
    assert card.sw("00A4000C026FFF") == "6A82"
    assert card("00B000000A").sw == 0x9000


def test_status_reports_directory_and_application(card):
    assert card("80F2000000").data == card("00A40004023F0000").data
    assert card.sw("80F2000100") == "6A88"
    adf = card(USIM).data
    assert card("80F2000000").data == adf
    assert card("80F2000100").data.hex().upper() == "840CA0000000871002FF49FF0589"
    assert card.sw("80F2000C") == "9000"
    assert card.sw("80F2030000") == "6A86"


def test_select_without_response_data_succeeds(card):
    assert card("00A4000C022FE2").data == b""
    assert card.sw("00A40004022FE2").startswith("90")


def test_deactivated_file_is_selected_with_a_warning(kit):
    off = File(path=(0x2F01,), kind=FileKind.TRANSPARENT, body=b"\0", access=kit.rule(1))
    card = kit.terminal(replace(off, life_cycle=0x04))
    answer = card("00A40004022F0100")
    assert answer.sw == 0x6283
    assert bytes.fromhex("8A0104") in answer.data


def test_file_that_is_not_shareable_is_on_one_channel_at_a_time(kit):
    alone = File(
        path=(0x2F01,), kind=FileKind.TRANSPARENT, body=b"\0", access=kit.rule(1), shareable=False
    )
    card = kit.terminal(alone)
    assert card("0070000001").data == b"\x01"
    assert card.sw("00A4000C022F01") == "9000"
    assert card.sw("00A4000C022F01") == "9000"
    assert card.sw("01A4000C022F01") == "6985"
    assert card.sw("00A4000C023F00") == "9000"
    assert card.sw("01A4000C022F01") == "9000"


def test_fcp_reports_large_sizes_and_links(kit):
    big = File(
        path=(0x2F01,),
        kind=FileKind.BER_TLV,
        reserved_size=70000,
        maximum_size=100000,
        access=kit.rule(1),
    )
    shown = File(path=(0x2F02,), kind=FileKind.TRANSPARENT, link=(0x2F03,), access=kit.rule(2))
    target = File(
        path=(0x2F03,), kind=FileKind.TRANSPARENT, body=bytes(9), sfi=3, access=kit.rule(1)
    )
    card = kit.terminal(big, target, shown)
    assert bytes.fromhex("850301117086030186A0") in card("00A40004022F0100").data
    fcp = card("00A40004022F0200").data
    for part in ("83022F02", "80020009", "8800", "8B032F0602"):
        assert bytes.fromhex(part) in fcp
