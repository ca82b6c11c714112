"""UICC.Menu: the menu that a Profile has in the toolkit, and what choosing an item of it starts.

What a card offers after TERMINAL PROFILE is judged on any Profile or SIM with a menu. Items are
chosen on the simulated card alone, whose menu application is a class of its own: what an item of
somebody else's menu does is not known, and may cost its owner something.
"""

import pytest

from rspcore.errors import RemoteError
from rspharness import testcase
from rspharness.card import expect
from rspharness.card.listed import UnobservedError
from rspharness.card.plain_sim import is_plain_sim
from rspharness.lpa.proactive import answer, fetch, terminal_response
from rspharness.lpa.terminal import Proactive, Result, comprehension_objects
from rspharness.record.verdicts import NotApplicable
from rspharness.suite import refresh
from rspharness.suite.file_access import ef_iccid

TITLE = "Operator"
ITEMS = (
    ("Balance", "send:10086:BALANCE"),
    ("Help", "show:Dial 100"),
    ("Nearby", "locate:Two shops"),
)
BALANCE, HELP, NEARBY, NOBODY = 1, 2, 3, 77
EVERYTHING = "FF" * 20
"""A TERMINAL PROFILE that announces every command here."""
WITHOUT_MENU = "FFFFFFDF" + "FF" * 16
"""The same without SET UP MENU: b6 of its fourth octet."""
WITHOUT_TEXT = "FFFFFE" + "FF" * 17
"""The same without DISPLAY TEXT: b1 of its third octet."""
ALPHA, TPDU, ITEM, TEXT = 0x05, 0x0B, 0x0F, 0x0D


def restarted(card):
    """Resets the card, and answers what it offers before it knows a terminal."""
    card.reset()
    card.apdu("80F2000C")
    card.play_terminal()


def started(card, terminal=EVERYTHING):
    """Sends TERMINAL PROFILE; returns what the card offers, each answered as performed."""
    restarted(card)
    card.apdu(f"80100000{len(terminal) // 2:02X}{terminal}")
    offered = []
    while card.pending_proactive is not None and len(offered) < 32:
        command = fetch(card)
        offered.append(command)
        if command.kind == Proactive.SET_UP_MENU:
            terminal_response(card, command, Result.PERFORMED)
        else:
            answer(card, command)
    return offered


def menus_of(offered):
    """Returns those of the commands that set up a menu."""
    return [one for one in offered if one.kind == Proactive.SET_UP_MENU]


def objects_of(command, tag):
    """Returns the values of the data objects of one kind in a command."""
    return [value for found, value in comprehension_objects(command.raw) if found == tag]


def chosen(card, number, *, tags=("82", "90"), more=""):
    """Chooses an item of the menu; returns the whole answer."""
    data = f"{tags[0]}020181 {tags[1]}01{number:02X}{more}".replace(" ", "")
    return card.apdu(f"80C20000{len(data) // 2 + 2:02X}D3{len(data) // 2:02X}{data}")


def offered_text(card):
    """Returns the text of the DISPLAY TEXT that the card offers, which is answered."""
    command = fetch(card)
    expect.equal(command.kind, Proactive.DISPLAY_TEXT, "command of the card")
    (text,) = objects_of(command, TEXT)
    terminal_response(card, command, Result.PERFORMED)
    return text[1:].decode("latin-1")


def nothing_on_offer(card):
    """Requires that STATUS is answered 9000 and announces nothing."""
    expect.equal(card.apdu("80F2000C").sw, 0x9000, "status word of STATUS")


@pytest.fixture
def any_menu(card, own_menu_or_any):
    """Returns a card of which the menu is to be looked at: any that has one."""
    try:
        offered = started(card)
    except RemoteError as error:
        raise UnobservedError("UICC.Toolkit#03", "what was announced", str(error)) from error
    if not menus_of(offered):
        if own_menu_or_any:
            expect.that(holds=False, expected="SET UP MENU", actual="none")
        raise NotApplicable("the card offers no menu after TERMINAL PROFILE")
    return card


@pytest.fixture
def own_menu_or_any(request, card, run_state):
    """Enables a Profile with a menu on a simulated eUICC; returns whether it did."""
    own = run_state.target.simulated and not is_plain_sim(card)
    if own:
        request.getfixturevalue("menu")
    return own


@pytest.fixture
def menu(card, request, run_state, with_menu):
    """Returns a card on which a Profile with the menu `ITEMS` is Enabled."""
    if not run_state.target.simulated:
        raise NotApplicable("the class of the menu application is on simulated cards alone")
    given = request.getfixturevalue("given")
    given.profiles(with_menu, enabled=with_menu)
    return card


@pytest.fixture
def with_menu(request):
    """Returns the Profile with the menu."""
    make = request.getfixturevalue("make_own")
    return make(menu_title=TITLE, menu=ITEMS)


@testcase("UICC.Menu#01", level="read-only")
def test_menu_is_well_formed(any_menu, step):
    """SET UP MENU has a title, and items with texts and with identifiers that differ."""
    with step("Terminal -> UICC: TERMINAL PROFILE, FETCH"):
        (command, *others) = menus_of(started(any_menu))
    with step("Expected: one menu; one title; identifiers from 1 to 255, each once; texts"):
        expect.equal(len(others), 0, "further menus")
        expect.equal(len(objects_of(command, ALPHA)), 1, "titles")
        items = objects_of(command, ITEM)
        numbers = [value[:1].hex() for value in items]
        expect.that(holds=bool(items), expected="at least one item", actual="none")
        expect.equal(sorted(set(numbers)), sorted(numbers), "identifiers, each once")
        expect.that(holds="00" not in numbers, expected="identifiers 01 to FF", actual=str(numbers))
        removes = len(items) == 1 and items[0] == b""  # 8F00 takes the menu away
        named = all(len(value) > 1 for value in items)
        expect.that(holds=named or removes, expected="a text for each item", actual=str(items))


@testcase("UICC.Menu#02", level="read-only")
def test_terminal_without_a_menu(any_menu, step):
    """A terminal that does not announce SET UP MENU is offered none."""
    with step("Terminal -> UICC: TERMINAL PROFILE without SET UP MENU"):
        offered = started(any_menu, WITHOUT_MENU)
    with step("Expected: no menu; it comes again for a terminal that announces it"):
        expect.equal(len(menus_of(offered)), 0, "menus")
        expect.equal(len(menus_of(started(any_menu))), 1, "menus for the other terminal")


@testcase("UICC.Menu#03")
def test_menu_is_that_of_the_profile(menu, step):
    """Title, texts and identifiers are those of the Profile, in its order."""
    with step("Terminal -> UICC: TERMINAL PROFILE, FETCH"):
        (command,) = menus_of(started(menu))
    with step("Expected: the title, and three items in their order"):
        expect.equal(objects_of(command, ALPHA), [TITLE.encode()], "title")
        wanted = [bytes((n,)) + text.encode() for n, (text, _) in enumerate(ITEMS, 1)]
        expect.equal(objects_of(command, ITEM), wanted, "items")


@testcase("UICC.Menu#04")
def test_each_item_starts_its_own(menu, step):
    """Each item starts its own command, as often as it is chosen, with and without b8 of tags."""
    started(menu)
    with step("Terminal -> UICC: ENVELOPE (MENU SELECTION), item 2; expected: its text"):
        expect.equal(chosen(menu, HELP).sw >> 8, 0x91, "first octet of the status word")
        expect.equal(offered_text(menu), "Dial 100", "text")
    with step("Terminal -> UICC: item 1; expected: SEND SHORT MESSAGE to the network"):
        chosen(menu, BALANCE, tags=("02", "10"))
        command = fetch(menu)
        expect.equal(command.kind, Proactive.SEND_SHORT_MESSAGE, "command of the card")
        (tpdu,) = objects_of(command, TPDU)
        expect.that(holds=tpdu.endswith(b"BALANCE"), expected="BALANCE", actual=tpdu.hex())
        terminal_response(menu, command, Result.PERFORMED)
    with step("Terminal -> UICC: item 2 again; expected: its text"):
        chosen(menu, HELP)
        expect.equal(offered_text(menu), "Dial 100", "text")
        refresh.none_announced(menu)


@testcase("UICC.Menu#05")
def test_item_with_two_commands(menu, step):
    """Of an item with two commands the second is offered when the first has been answered."""
    started(menu)
    with step("Terminal -> UICC: ENVELOPE (MENU SELECTION), item 3"):
        chosen(menu, NEARBY)
        command = fetch(menu)
        expect.equal(command.kind, Proactive.PROVIDE_LOCAL_INFORMATION, "first command")
        nothing_on_offer(menu)
        answer(menu, command)
    with step("Expected: then its text, then nothing"):
        expect.equal(offered_text(menu), "Two shops", "text")
        refresh.none_announced(menu)


@testcase("UICC.Menu#06")
def test_item_that_is_not_there(menu, step):
    """An identifier of no item starts nothing; the menu goes on."""
    started(menu)
    with step("Terminal -> UICC: ENVELOPE (MENU SELECTION), item 77"):
        expect.sw(chosen(menu, NOBODY), 0x9000, 0x6A80)
        nothing_on_offer(menu)
    with step("Expected: item 2 starts its command"):
        chosen(menu, HELP)
        expect.equal(offered_text(menu), "Dial 100", "text")


@testcase("UICC.Menu#07")
def test_selection_while_busy(menu, step):
    """While a command is carried out a selection is refused, and nothing comes of it later."""
    started(menu)
    with step("Initial conditions: the command of item 2 was fetched"):
        chosen(menu, HELP)
        command = fetch(menu)
    with step("Terminal -> UICC: ENVELOPE (MENU SELECTION), item 1; expected: 9300"):
        expect.sw(chosen(menu, BALANCE), 0x9300)
    with step("Expected: after TERMINAL RESPONSE nothing is offered; item 1 starts its command"):
        terminal_response(menu, command, Result.PERFORMED)
        refresh.none_announced(menu)
        chosen(menu, BALANCE)
        expect.equal(fetch(menu).kind, Proactive.SEND_SHORT_MESSAGE, "command of the card")


@testcase("UICC.Menu#08")
def test_terminal_without_the_command(menu, step):
    """A command that the terminal does not announce is not offered; others are."""
    started(menu, WITHOUT_TEXT)
    with step("Terminal -> UICC: item 2, whose command the terminal does not have"):
        expect.sw(chosen(menu, HELP), 0x9000, 0x6985)
        nothing_on_offer(menu)
    with step("Expected: item 1 starts its command"):
        chosen(menu, BALANCE)
        expect.equal(fetch(menu).kind, Proactive.SEND_SHORT_MESSAGE, "command of the card")


@testcase("UICC.Menu#09")
def test_reset_forgets_the_menu(menu, step):
    """After a reset nothing is proactive until TERMINAL PROFILE; then the menu is there again."""
    started(menu)
    with step("Terminal -> UICC: item 2, then a reset"):
        chosen(menu, HELP)
        restarted(menu)
    with step("Terminal -> UICC: item 2 before TERMINAL PROFILE; expected: nothing on offer"):
        expect.that(
            holds=chosen(menu, HELP).sw >> 8 != 0x91,
            expected="no 91XX",
            actual="a proactive command",
        )
        nothing_on_offer(menu)
    with step("Expected: the menu after TERMINAL PROFILE, and no text before it"):
        offered = started(menu)
        expect.equal([one.kind for one in offered], [Proactive.SET_UP_MENU], "commands")


@testcase("UICC.Menu#10")
def test_menu_goes_with_its_profile(menu, given, with_menu, make_own, step):
    """Under another Profile there is no menu and no item; under the first one they are back."""
    other = make_own(name="PROFILE_OPERATIONAL2")
    with step("Initial conditions: another Profile installed and Enabled"):
        given.profiles(with_menu, other, enabled=other)
        expect.equal(ef_iccid(menu), other.parameters.iccid, "EF.ICCID")
    with step("Expected: no menu, and item 2 starts nothing"):
        expect.equal(len(menus_of(started(menu))), 0, "menus")
        chosen(menu, HELP)
        nothing_on_offer(menu)
    with step("Expected: with the first Profile Enabled the menu, and its item"):
        given.enable(with_menu.parameters.iccid)
        expect.equal(len(menus_of(started(menu))), 1, "menus")
        chosen(menu, HELP)
        expect.equal(offered_text(menu), "Dial 100", "text")


@testcase("UICC.Menu#11")
def test_selection_that_is_cut(menu, step):
    """A selection whose data objects end too early, or without an item, starts nothing."""
    started(menu)
    with step("Terminal -> UICC: ENVELOPE cut inside a data object; expected: refused"):
        expect.refused(menu.apdu("80C2000008D30682020181 9002".replace(" ", "")), 0x6A80)
    with step("Terminal -> UICC: ENVELOPE without an item; expected: nothing on offer"):
        expect.sw(menu.apdu("80C2000006D30482020181"), 0x9000, 0x6A80)
        nothing_on_offer(menu)
    with step("Expected: item 2 starts its command"):
        chosen(menu, HELP)
        expect.equal(offered_text(menu), "Dial 100", "text")
