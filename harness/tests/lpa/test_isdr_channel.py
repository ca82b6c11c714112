"""The channel to the ISD-R: opening, segmentation, collecting answers, refusals."""

import pytest

from rspcore.apdu import CommandApdu
from rspcore.errors import DecodeError, LocalError, RemoteError
from rspcore.ids import Eid
from rspcore.messages.es10b import GetEuiccChallengeRequest
from rspcore.messages.es10c import GetEuiccDataRequest, GetEuiccDataResponse
from rspharness.lpa.isdr_channel import ChannelOptions, IsdrChannel

SELECT = "A4040010 A0000005591010FFFFFFFF8900000100"
FCI = "6F1F8410A0000005591010FFFFFFFF8900000100A5049F6501FFE0058203020200"
CAPABILITY = ("80AA000005A903830107", "9000")
EID = "89049032123451234512345678901235"
GET_EID = "BF3E035C015A"
OTHER_AIDS = (
    "A0000005591010FFFFFFFF8900000177",
    "A0000005591010FFFFFFFF8900050500",
    "A0000005591010000000008900000300",
    "A000000559104C696E6B736669656C64",
    "A06573746B6D65FFFF4953442D522030",
    "A06573746B6D65FFFF4953442D522031",
    "A06573746B6D65FFFFFFFF4953442D52",
)
"""AIDs of the ISD-R of cards that are met in the field."""


def test_open_sends_capability_then_channel_then_select(scripted_link):
    link = scripted_link(CAPABILITY, ("0070000001", "019000"), (f"01{SELECT}00", f"{FCI}9000"))
    channel = IsdrChannel(link)
    assert channel.open().hex().upper() == FCI
    assert channel.number == 1
    assert not link.script


def test_select_data_of_fci_is_found(scripted_link):
    link = scripted_link(CAPABILITY, ("0070000001", "019000"), (f"01{SELECT}00", f"{FCI}9000"))
    channel = IsdrChannel(link)
    channel.open()
    assert channel.select_data is not None
    assert channel.select_data.raw.hex().upper() == "E0058203020200"


def test_select_without_le_and_without_fci_gives_no_select_data(scripted_link):
    link = scripted_link(("0070000001", "029000"), (f"02{SELECT}", "9000"))
    channel = IsdrChannel(link, ChannelOptions(send_le=False, terminal_capability=None))
    channel.open()
    assert channel.select_data is None
    assert channel.number == 2


def test_refused_terminal_capability_is_ignored(scripted_link):
    link = scripted_link(
        (CAPABILITY[0], "6D00"), ("0070000001", "019000"), (f"01{SELECT}00", "9000")
    )
    IsdrChannel(link).open()
    assert not link.script


@pytest.mark.parametrize(("number", "cla"), [(1, "01"), (3, "03"), (4, "40"), (19, "4F")], ids=str)
def test_chosen_channel_is_opened_by_number(scripted_link, number, cla):
    link = scripted_link(
        CAPABILITY, (f"007000{number:02X}00", "9000"), (f"{cla}{SELECT}00", "9000")
    )
    channel = IsdrChannel(link, ChannelOptions(channel=number))
    channel.open()
    assert channel.number == number


def test_basic_channel_needs_no_manage_channel_and_is_not_closed(scripted_link):
    link = scripted_link(CAPABILITY, (f"00{SELECT}00", "9000"))
    with IsdrChannel(link, ChannelOptions(channel=0)) as channel:
        assert channel.number == 0
    assert not link.script


@pytest.mark.parametrize("answer", ["9000", "01029000", "009000", "149000"])
def test_manage_channel_without_usable_number_is_refused(scripted_link, answer):
    channel = IsdrChannel(scripted_link(CAPABILITY, ("0070000001", answer)))
    with pytest.raises(RemoteError, match="channel number from 1 to 19"):
        channel.open()


def test_refused_manage_channel_names_the_status_word(scripted_link):
    channel = IsdrChannel(scripted_link(CAPABILITY, ("0070000001", "6A81")))
    with pytest.raises(RemoteError, match="6A81") as caught:
        channel.open()
    assert caught.value.code == "6A81"


def test_refused_select_closes_the_channel_and_asks_for_an_euicc(scripted_link):
    link = scripted_link(
        CAPABILITY,
        ("0070000001", "019000"),
        (f"01{SELECT}00", "6A82"),
        *((f"01A4040010{aid}00", "6A82") for aid in OTHER_AIDS),
        ("00708001", "9000"),
    )
    channel = IsdrChannel(link)
    with pytest.raises(RemoteError, match="Is this card an eUICC") as caught:
        channel.open()
    assert caught.value.code == "6A82"
    assert channel.number is None
    assert not link.script


def test_leaving_the_context_closes_the_channel(scripted_link):
    link = scripted_link(
        CAPABILITY, ("0070000001", "019000"), (f"01{SELECT}00", "9000"), ("00708001", "9000")
    )
    with IsdrChannel(link) as channel:
        pass
    assert channel.number is None
    assert not link.script


def test_sending_on_a_closed_channel_is_misuse(scripted_link):
    with pytest.raises(LocalError, match="call open"):
        IsdrChannel(scripted_link()).send(GetEuiccDataRequest())


def test_send_returns_the_response_type(scripted):
    channel = scripted((f"81E2910006{GET_EID}00", f"BF3E125A10{EID}9000"))
    response = channel.send(GetEuiccDataRequest())
    assert response == GetEuiccDataResponse(eid_value=Eid.from_digits(EID))


@pytest.mark.parametrize(("send_le", "end"), [(True, "00"), (False, "")])
def test_blocks_are_numbered_and_only_the_last_has_p1_91(scripted, send_le, end):
    channel = scripted(
        (f"81E2110006 010203040506 {end}", "9000"),
        (f"81E2110106 0708090A0B0C {end}", "9000"),
        (f"81E2910201 0D {end}", "AA9000"),
        block_size=6,
        send_le=send_le,
    )
    assert channel.send_raw(bytes(range(1, 14))) == (b"\xaa", 0x9000)


def test_whole_number_of_blocks_has_no_empty_last_block(scripted):
    channel = scripted(block_size=6)
    blocks = channel.store_data_blocks(bytes(12))
    assert [(block.p1, block.p2, len(block.data)) for block in blocks] == [
        (0x11, 0, 6),
        (0x91, 1, 6),
    ]


def test_block_number_wraps_after_ff(scripted):
    blocks = scripted(block_size=6).store_data_blocks(bytes(6 * 257))
    assert [blocks[255].p2, blocks[256].p2, len(blocks)] == [0xFF, 0x00, 257]


@pytest.mark.parametrize("block_size", [5, 256])
def test_impossible_block_size_is_misuse(block_size):
    with pytest.raises(LocalError, match="6 to 255"):
        ChannelOptions(block_size=block_size)


@pytest.mark.parametrize(("number", "cla"), [(1, "81"), (3, "83"), (4, "C0"), (19, "CF")])
def test_store_data_class_carries_the_channel(scripted, number, cla):
    channel = scripted((f"{cla}E2910003BF2E0000", "9000"))
    channel.number = number
    channel.send_raw(bytes.fromhex("BF2E00"))


@pytest.mark.parametrize(
    ("number", "proprietary", "cla"),
    [(1, False, "01"), (1, True, "81"), (5, False, "41"), (5, True, "C1")],
)
def test_get_response_uses_the_channel_and_the_class_chosen(scripted, number, proprietary, cla):
    channel = scripted(
        (f"{0x80 + 1 if number < 4 else 0xC1:02X}E291000101" + "00", "0161 02"),
        (f"{cla}C0000002", "0203 9000"),
        proprietary_get_response=proprietary,
    )
    channel.number = number
    assert channel.send_raw(b"\x01") == (b"\x01\x02\x03", 0x9000)


def test_long_answer_is_collected_over_6100(scripted):
    channel = scripted(
        ("81E291000101 00", "6100"),
        ("01C0000000", "11" * 256 + "6100"),
        ("01C0000000", "22" * 256 + "6103"),
        ("01C0000003", "333333 910B"),
    )
    data, sw = channel.send_raw(b"\x01")
    assert (len(data), sw) == (515, 0x910B)
    assert channel.pending_proactive == 11


def test_endless_61xx_is_an_error(tlv_card):
    card, channel = tlv_card({0xBF2E: b""})
    card.sw = 0x6100
    card.answers[0xC0] = b""

    def more(_command):
        return b"\x61\x00"

    card.transmit = more
    with pytest.raises(RemoteError, match="still answers"):
        channel.send_raw(b"\x01")


def test_6cxx_repeats_the_command_with_the_le_named(scripted):
    channel = scripted(
        (f"81E2910006{GET_EID}00", "6C15"), (f"81E2910006{GET_EID}15", f"BF3E125A10{EID}9000")
    )
    assert str(channel.send(GetEuiccDataRequest()).eid_value) == EID


def test_data_of_a_warning_are_collected_over_61xx(scripted):
    ask = CommandApdu(0x80, 0xCB, 0, 0x80, bytes.fromhex("81"), le=256)
    channel = scripted(
        ("80CB0080018100", "62F1"),
        ("00C0000000", "6C03"),
        ("00C0000003", "8101AA6102"),
        ("00C0000002", "BBCC9000"),
    )
    answer = channel.transmit(ask)
    assert (answer.data.hex(), answer.sw) == ("8101aabbcc", 0x62F1)


def test_sending_stops_at_the_first_block_refused(scripted):
    channel = scripted(("81E2110006 000000000000 00", "6985"), block_size=6)
    assert channel.send_raw(bytes(13)) == (b"", 0x6985)


def test_refusal_carries_function_and_status_word(scripted):
    channel = scripted(("81E2910003BF2E0000", "6A88"))
    with pytest.raises(RemoteError, match=r"GetEUICCChallenge.*6A88") as caught:
        channel.send(GetEuiccChallengeRequest())
    assert caught.value.code == "6A88"


def test_other_answer_than_the_response_names_the_function(scripted):
    channel = scripted(("81E2910003BF2E0000", "BF2F009000"))
    with pytest.raises(DecodeError, match=r"GetEUICCChallenge.*expected tag BF2E"):
        channel.send(GetEuiccChallengeRequest())


def test_message_that_is_no_request_is_not_sent(scripted):
    with pytest.raises(LocalError, match="no ES10 request"):
        scripted().send(GetEuiccDataResponse(eid_value=Eid.from_digits(EID)))


def test_reset_opens_a_channel_again_and_forgets_the_announcement(scripted_link):
    link = scripted_link(CAPABILITY, ("0070000001", "039000"), (f"03{SELECT}00", "9000"))
    channel = IsdrChannel(link)
    channel.pending_proactive = 5
    assert channel.reset().hex() == "3b00"
    assert (link.resets, channel.number, channel.pending_proactive) == (1, 3, None)


def test_chain_is_sent_again_when_the_toolkit_is_busy(scripted_link):
    first, last = "81E2110006010203040506", "81E291010107"
    link = scripted_link((f"{first}00", "9000"), (f"{last}00", "9300"))
    link.script += [(f"{first}00", "9000"), (f"{last}00", "AA9000")]
    channel = IsdrChannel(link, ChannelOptions(block_size=6))
    channel.number = 1
    assert channel.send_raw(bytes(range(1, 8))) == (b"\xaa", 0x9000)
    assert not link.script
