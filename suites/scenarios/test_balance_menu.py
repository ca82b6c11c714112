"""Story.BalanceMenu: the menu of the operator, and a message that it sends."""

from rspharness import testcase
from rspharness.card import expect
from rspharness.lpa.proactive import fetch, terminal_response
from rspharness.lpa.terminal import Proactive, Result, comprehension_objects
from rspharness.suite import refresh

TITLE, BALANCE, HELP = "Operator", "Balance", "Help"
MENU = ((BALANCE, "send:10086:BALANCE"), (HELP, "show:Dial 100"))
WITH_MENU = {"menu_title": TITLE, "menu": MENU}
SHORT_NUMBER = "05810180f6"
"""10086 as an address (3GPP TS 23.040, 9.1.2.5)."""
ITEM, SMS = 0x0F, 0x0B


def started(phone, terminal="FF" * 20):
    """Starts the phone; returns the types of what the card offers, each answered."""
    card = phone.card
    card.power_cycle()
    card.apdu(f"80100000{len(terminal) // 2:02X}{terminal}")
    offered = []
    while card.pending_proactive is not None:
        command = fetch(card)
        offered.append(command)
        terminal_response(card, command, Result.PERFORMED)
    return offered


def chosen(phone, number):
    """Chooses an item of the menu; returns the command that follows."""
    phone.card.apdu(f"80C2000009D3078202018190 01{number:02X}")
    return fetch(phone.card)


def on_the_phone(story, home, phone, number, **words):
    """Returns a line on a phone, Enabled."""
    line = story.line(number, home, **words)
    phone.scan(home.order(line.profile).activation_code)
    phone.switch_on(line.iccid)
    return line


@testcase("Story.BalanceMenu#01")
def test_balance_menu(story):
    """The menu is offered once, its item sends the message; under the other line it is gone."""
    home = story.server()
    phone = story.other_phone("Q")
    other = on_the_phone(story, home, phone, 2)
    line = on_the_phone(story, home, phone, 1, **WITH_MENU)
    with story("I start my phone, and open the menu"):
        offered = started(phone)
    expect.equal([one.kind for one in offered], [Proactive.SET_UP_MENU], "what the card offers")
    items = [
        value[1:].decode() for tag, value in comprehension_objects(offered[0].raw) if tag == ITEM
    ]
    expect.equal(items, [BALANCE, HELP], "items of the menu")
    with story("I ask for my balance"):
        command = chosen(phone, 1)
        expect.equal(command.kind, Proactive.SEND_SHORT_MESSAGE, "command of the card")
        (message,) = [v for tag, v in comprehension_objects(command.raw) if tag == SMS]
        terminal_response(phone.card, command, Result.PERFORMED)
    expect.equal(message[2:7].hex(), SHORT_NUMBER, "length, type and digits of the number")
    expect.that(holds=message.endswith(b"BALANCE"), expected="BALANCE", actual=message.hex())
    with story("I change to the other line"):
        phone.switch_on(other.iccid)
        offered = started(phone)
    expect.equal([one.kind for one in offered], [], "what the card offers")
    other.is_on_in(phone.card)
    line.is_unknown_to(phone.card)
    story.ends()


@testcase("Story.BalanceMenu#02")
def test_switch_in_the_middle_of_it(story):
    """A switch while the menu waits for its message ends cleanly, and never hangs."""
    home = story.server()
    phone = story.other_phone("Q")
    other = on_the_phone(story, home, phone, 2)
    on_the_phone(story, home, phone, 1, **WITH_MENU)
    started(phone)
    with story("I ask for my balance, and tap the other line before the answer"):
        phone.card.apdu("80C2000009D3078202018190 0101")
        phone.switch_on(other.iccid)
    expect.equal(phone.on, (other.iccid,), "Profile Enabled")
    other.is_on_in(phone.card)
    story.ends()


@testcase("Story.BalanceMenu#03")
def test_phone_without_a_menu(story):
    """A phone that announces no menu is offered none, and switches all the same."""
    home = story.server()
    phone = story.other_phone("Q")
    line = on_the_phone(story, home, phone, 1, **WITH_MENU)
    with story("a phone without a screen"):
        offered = started(phone, "FFFFFFDF0F")
    expect.equal(offered, [], "what the card offers")
    line.is_on_in(phone.card)
    story.ends()


@testcase("Story.BalanceMenu#04")
def test_message_that_the_phone_cannot_send(story):
    """A phone that cannot send the message says so, and the card goes on."""
    home = story.server()
    phone = story.other_phone("Q")
    line = on_the_phone(story, home, phone, 1, **WITH_MENU)
    started(phone)
    with story("I ask for my balance, where there is no network"):
        command = chosen(phone, 1)
        terminal_response(phone.card, command, Result.BEYOND_CAPABILITIES)
    refresh.none_announced(phone.card)
    with story("I ask for help"):
        command = chosen(phone, 2)
        expect.equal(command.kind, Proactive.DISPLAY_TEXT, "command of the card")
        terminal_response(phone.card, command, Result.PERFORMED)
    line.is_on_in(phone.card)
    story.ends()
