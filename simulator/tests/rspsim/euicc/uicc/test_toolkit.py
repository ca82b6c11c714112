"""The toolkit of a Profile: its menu, and the exchange of proactive commands (TS 102 223)."""

from dataclasses import replace

import pytest

from rspcore import tlv
from rspcore.ids import Aid
from rspsim.euicc.profile_content.model import Application
from rspsim.euicc.uicc.toolkit import MENU_CLASS

NAME = "TS48v1_A.der"
PROFILE = "8010000023" + "FF" * 35
SET_UP_MENU = "D01D81030125008202818285044D656E758F0501496E666F8F050242616E6B"
TERMINAL_RESPONSE = "801400000C8103{:02X}{:02X}{:02X}820282818301{:02X}"
CHOOSE = "80C2000009D307820201819001{:02X}"


def items(*described):
    body = tlv.encode(0x85, b"Menu")
    for number, text, kind, content in described:
        body += tlv.encode(
            0xA5,
            tlv.encode(0x8F, bytes((number,)) + text),
            tlv.encode(0x80, bytes((kind,))),
            tlv.encode(0x8D, content),
        )
    return body


MENU = items((1, b"Info", 0, b"Hello"), (2, b"Bank", 1, b"12345:BALANCE"), (3, b"Cell", 2, b"Here"))


@pytest.fixture
def card_with(kit):
    def make(parameters):
        def change(content):
            one = Application(
                aid=Aid.from_hex("F05253504C41424D454E5501"),
                module=MENU_CLASS,
                parameters=parameters,
            )
            return replace(content, applications=(one,))

        return kit.changed(NAME, change)

    return make


@pytest.fixture
def card(card_with):
    made = card_with(MENU)
    made.sw(PROFILE)
    made("8012000000")
    assert made.sw(TERMINAL_RESPONSE.format(1, 0x25, 0, 0)) == "9000"
    return made


def test_menu_is_set_up_as_published(card_with):
    card = card_with(items((1, b"Info", 0, b"x"), (2, b"Bank", 0, b"y")))
    assert card.sw(PROFILE) == "911F"
    assert card("801200001F").data.hex().upper() == SET_UP_MENU


@pytest.mark.parametrize("octet", [b"\x00", b"\x0f"])
def test_terminal_that_announces_no_menu_gets_none(card_with, octet):
    terminal_profile = bytes((0xFF, 0xFF, 0xFF, 0xDF)) + octet
    assert card_with(MENU).sw(f"8010000005{terminal_profile.hex()}") == "9000"


def test_without_terminal_profile_there_is_no_proactive_command(card_with):
    card = card_with(MENU)
    assert card.sw("80F2000C") == "9000"
    assert card.sw("8012000000") == "6985"


def test_pending_command_is_announced_by_every_success_until_fetched(card_with):
    card = card_with(MENU)
    announced = card.sw(PROFILE)
    assert announced[:2] == "91"
    assert card.sw("80F2000C") == announced
    assert card("00A40004022FE200").sw == int(announced, 16)
    assert card.sw("00A4000C026FFF") == "6A82"
    assert card.sw("8012000001") == "6C" + announced[2:]
    assert card.sw("80120000" + announced[2:]) == "9000"
    assert card.sw("80F2000C") == "9000"
    assert card("8012000000").data[0] == 0xD0  # again, the same


def test_item_shows_its_text(card):
    assert card.sw(CHOOSE.format(1)) == "9113"
    shown = card("8012000013").data.hex().upper()
    assert shown == "D0118103022180820281028D060448656C6C6F"
    assert card.sw(TERMINAL_RESPONSE.format(2, 0x21, 0x80, 0)) == "9000"
    assert card.sw("8012000000") == "6985"


def test_item_sends_its_message(card):
    card.sw(CHOOSE.format(2))
    command = tlv.parse(card("8012000000").data)
    assert bytes(command.children()[0].value).hex() == "021300"
    message = command.find(0x8B).value
    assert bytes(message).endswith(b"\x07BALANCE")
    assert bytes(message)[2:6].hex() == "05812143"


def test_item_of_two_commands_offers_one_after_the_other(card):
    assert card.sw(CHOOSE.format(3)) == "910B"
    assert card("801200000B").data[4:6] == b"\x02\x26"
    second = card.sw(TERMINAL_RESPONSE.format(2, 0x26, 0, 0))
    assert second[:2] == "91"
    assert card("8012000000").data[4:6] == b"\x03\x21"


@pytest.mark.parametrize(
    "envelope",
    [CHOOSE.format(9), "80C2000004D3028200", "80C2000006D30482020181"],
)
def test_unknown_item_starts_nothing(card, envelope):
    assert card.sw(envelope) == "9000"


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("80C20000", "6700"),
        ("80C2010004D3028200", "6A86"),
        ("80C2000003D30582", "6A80"),  # cut short
        ("80C2000009D60799010482028281", "9000"),  # an event the card ignores
        ("80100000", "6700"),
        ("8010010001FF", "6A86"),
        ("8012010000", "6A86"),
        ("8012000000", "6985"),
        (TERMINAL_RESPONSE.format(1, 0x25, 0, 0), "6985"),
    ],
)
def test_command_that_does_not_fit_is_refused(card, command, sw):
    assert card.sw(command) == sw


@pytest.mark.parametrize(
    "response",
    [
        TERMINAL_RESPONSE.format(3, 0x21, 0x80, 0),
        TERMINAL_RESPONSE.format(2, 0x22, 0x80, 0),
        TERMINAL_RESPONSE.format(2, 0x21, 0x00, 0),
        "801400000481030221",
        "8014000009810302218082028281",  # no result
    ],
)
def test_response_to_another_command_leaves_this_one_open(card, response):
    card.sw(CHOOSE.format(1))
    card("8012000000")
    assert card.sw(response) == "6A80"
    assert card.sw(CHOOSE.format(1)) == "9300"
    assert card.sw(TERMINAL_RESPONSE.format(2, 0x21, 0x80, 0)) == "9000"


def test_busy_terminal_is_asked_again_and_unable_one_is_not(card):
    card.sw(CHOOSE.format(1))
    card("8012000000")
    assert card.sw(TERMINAL_RESPONSE.format(2, 0x21, 0x80, 0x20)) == "9113"
    card("8012000000")
    assert card.sw(TERMINAL_RESPONSE.format(2, 0x21, 0x80, 0x30)) == "9000"
    assert card.sw("8012000000") == "6985"


def test_reset_clears_everything(card):
    card.sw(CHOOSE.format(1))
    card.card.reset()
    assert card.sw("80F2000C") == "9000"
    assert card.sw("8012000000") == "6985"


@pytest.mark.parametrize("parameters", [b"", b"\x85", b"\xa5\x00", bytes.fromhex("8500A5038F0101")])
def test_menu_that_cannot_be_read_is_none_or_empty(card_with, parameters):
    card = card_with(parameters)
    assert card.sw(PROFILE)[:2] in ("90", "91")
