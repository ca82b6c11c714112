"""Story.ManyNumbers: a number is added, and another one, until the phone is full."""

from rspcore.messages.es10b import GetEuiccInfo2Request
from rspharness import testcase
from rspharness.card import expect
from rspharness.record.verdicts import ExpectationError

DECLARED = 8
"""How many numbers a card has to take at least here."""
MEMORY = 51_000
"""Octets of a card that is soon full: what is left then is less than a package."""
MOST = 40
UNEVEN = 0.02
PAGE = 512
"""Octets by which memory may be taken at a time."""
FULL_AT_SERVER = "8.1/4.8"
FULL_AT_CARD = "installFailedDueToInsufficientMemoryForProfile(10)"
SIZES = (None, 64_000, 300_000)
"""Octets of the packages; the first one is as small as can be."""


def free_memory(card):
    """Returns the free non-volatile memory EUICCInfo2 reports, in octets."""
    resource = card.send(GetEuiccInfo2Request()).ext_card_resource
    return int.from_bytes(resource.free_non_volatile_memory, "big")


@testcase("Story.ManyNumbers#01")
def test_many_numbers(story, given):
    """Eight numbers: each listed once, the memory falls evenly, and the first one still works."""
    home = story.server()
    phone = story.phone
    lines = [story.line(number, home) for number in range(1, DECLARED + 1)]
    given.room_for(*(line.profile for line in lines))
    taken, free = [], free_memory(phone.card)
    for number, line in enumerate(lines, 1):
        with story("I add a number"):
            phone.scan(home.order(line.profile).activation_code)
        now = free_memory(phone.card)
        taken.append(free - now)
        free = now
        expect.equal(set(phone.iccids), {one.iccid for one in lines[:number]}, "Profiles")
        expect.equal(len(phone.iccids), number, "Profiles listed")
    expect.that(
        holds=max(taken) - min(taken) <= max(UNEVEN * max(taken), PAGE),
        expected=f"memory taken by each within {UNEVEN:.0%}, or a page of {PAGE} octets",
        actual=f"{min(taken):,} to {max(taken):,} octets",
    )
    phone.switch_on(lines[0].iccid)
    lines[0].is_on_in(phone.card)
    story.ends()


def filled(story, home, phone):
    """Adds numbers until the phone is full; returns the lines and the order of the one too many."""
    lines = []
    for number in range(1, MOST):
        line = story.line(number, home)
        order = home.order(line.profile)
        with story("I add a number"):
            done = _added(phone, order)
        if done:
            return lines, order, done
        lines.append(line)
    expect.equal(MOST, "fewer", "numbers of a card that is soon full")
    return lines, None, ""


def _added(phone, order):
    """Adds a number; returns why it was not added, or an empty text."""
    size = len(phone.iccids)
    try:
        return phone.is_refused(order.activation_code)
    except ExpectationError:
        expect.equal(len(phone.iccids), size + 1, "Profiles listed")
        return ""


@testcase("Story.ManyNumbers#02")
def test_until_the_phone_is_full(story):
    """The one too many is refused by the server; the others stay, and one goes when one left."""
    home = story.server()
    phone = story.other_phone("Q", memory=MEMORY)
    lines, order, why = filled(story, home, phone)
    expect.equal((why, order.state), (FULL_AT_SERVER, "Released"), "what the phone says, order")
    expect.equal(set(phone.iccids), {one.iccid for one in lines}, "Profiles")
    phone.switch_on(lines[0].iccid)
    lines[0].is_on_in(phone.card)
    middle = lines[len(lines) // 2]
    with story("I delete one that I do not need"):
        phone.delete(middle.iccid)
    with story("now there is room"):
        phone.scan(order.activation_code)
    expect.equal(len(phone.iccids), len(lines), "Profiles listed")
    expect.equal(order.state, "Installed", "order")
    story.ends()


@testcase("Story.ManyNumbers#03")
def test_full_phone_at_a_careless_server(story):
    """A server that does not ask for memory sends the package, and the card says it is full."""
    home = story.server(careless=("card_has_memory",))
    phone = story.other_phone("Q", memory=MEMORY)
    lines, order, why = filled(story, home, phone)
    expect.equal((why, order.state), (FULL_AT_CARD, "Downloaded"), "what the phone says, order")
    expect.equal(set(phone.iccids), {one.iccid for one in lines}, "Profiles")
    phone.switch_on(lines[-1].iccid)
    lines[-1].is_on_in(phone.card)
    story.ends()


@testcase("Story.ManyNumbers#04")
def test_numbers_of_every_size(story, given):
    """A small, a usual and a large Profile are installed, and each works."""
    home = story.server()
    phone = story.phone
    lines = [story.line(number, home, size=size) for number, size in enumerate(SIZES, 1)]
    given.room_for(*(line.profile for line in lines))
    for line in lines:
        before = free_memory(phone.card)
        with story("I add a number"):
            phone.scan(home.order(line.profile).activation_code)
        expect.that(
            holds=before - free_memory(phone.card) > 0,
            expected="less memory free",
            actual=f"{free_memory(phone.card):,} octets",
        )
        phone.switch_on(line.iccid)
        line.is_on_in(phone.card)
    story.ends()
