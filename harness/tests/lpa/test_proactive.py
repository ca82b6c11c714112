"""FETCH, TERMINAL RESPONSE and the two kinds of REFRESH."""

import pytest

from rspcore.errors import DecodeError, RemoteError
from rspharness.lpa.proactive import ProactiveCommand, Refresh, fetch, settle_refresh

RESET = "D009 810301 0104 82028182".replace(" ", "")
STATE_CHANGE = "D009 810302 0109 82028182".replace(" ", "")
MENU = "D009 810303 2500 82028182".replace(" ", "")


def test_command_details_are_read_with_and_without_comprehension_bit():
    assert ProactiveCommand.decode(bytes.fromhex(RESET)).qualifier == Refresh.UICC_RESET
    without = bytes.fromhex(RESET.replace("8103", "0103"))
    assert ProactiveCommand.decode(without).kind == 0x01


@pytest.mark.parametrize("octets", ["D100", "D000", "D0048102 0101", "D005810301"])
def test_data_that_is_no_proactive_command_is_refused(octets):
    with pytest.raises(DecodeError):
        ProactiveCommand.decode(bytes.fromhex(octets))


def test_fetch_without_announcement_sends_nothing(scripted):
    with pytest.raises(RemoteError, match="announced no"):
        fetch(scripted())


def test_no_announcement_needs_no_refresh(scripted):
    assert settle_refresh(scripted()) is None


def test_uicc_reset_is_answered_by_a_reset(tlv_card):
    card, channel = tlv_card({0x12: bytes.fromhex(RESET)})
    channel.pending_proactive = 11
    assert settle_refresh(channel) == Refresh.UICC_RESET
    assert card.resets == 1
    assert card.other[0].hex().upper() == "801200000B"
    assert channel.number == 1
    assert channel.pending_proactive is None


def test_profile_state_change_is_answered_by_terminal_response(tlv_card):
    card, channel = tlv_card({0x12: bytes.fromhex(STATE_CHANGE)})
    channel.pending_proactive = 11
    assert settle_refresh(channel) == Refresh.PROFILE_STATE_CHANGE
    assert card.resets == 0
    assert card.other[1].hex().upper() == "801400000C810302010982028281830100"
    assert channel.number == 1
    assert channel.pending_proactive is None


def test_other_command_is_answered_and_the_next_is_fetched(scripted):
    channel = scripted(
        ("801200000B", MENU + "9000"),
        ("801400000C 8103032500 82028281 830100", "910B"),
        ("801200000B", STATE_CHANGE + "9000"),
        ("801400000C 8103020109 82028281 830100", "9000"),
        ("80AA000005A903830107", "9000"),
        ("0070000001", "019000"),
        ("01A4040010A0000005591010FFFFFFFF890000010000", "9000"),
    )
    channel.pending_proactive = 11
    assert settle_refresh(channel) == Refresh.PROFILE_STATE_CHANGE
    assert not channel.link.script


def test_endless_announcements_are_an_error(tlv_card):
    card, channel = tlv_card({})

    def again(command):
        return bytes.fromhex(MENU + "9000") if command[1] == 0x12 else bytes.fromhex("910B")

    card.transmit = again
    channel.pending_proactive = 11
    with pytest.raises(RemoteError, match="in a row"):
        settle_refresh(channel)


def test_refused_fetch_is_reported(scripted):
    channel = scripted(("801200000B", "6F00"))
    channel.pending_proactive = 11
    with pytest.raises(RemoteError, match="6F00"):
        settle_refresh(channel)


def test_refused_terminal_response_is_reported(scripted):
    channel = scripted(
        ("801200000B", STATE_CHANGE + "9000"), ("801400000C 8103020109 82028281 830100", "6F00")
    )
    channel.pending_proactive = 11
    with pytest.raises(RemoteError, match="TERMINAL RESPONSE"):
        settle_refresh(channel)
