"""Story.OperatorSaysNo: a code is scanned, and the phone says why nothing comes of it."""

from datetime import timedelta

from rspcore.ids import Eid
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite.stories.phone import NO_ANSWER, Person

ANOTHER = Eid.from_first_digits("890490329999999999999999999999")
NOT_RELEASED, NO_ORDER, ENDED = "8.2/1.2", "8.2.6/3.8", "8.8.5/4.10"
TOO_OFTEN, OTHER_CARD, WITHDRAWN = "8.8.5/6.4", "8.1.1/3.8", "8.2/3.7"
DAY = timedelta(days=1)


def not_released(home, line):
    """Returns a code whose order is not released."""
    return home.order(line.profile, released=False)


def cancelled(home, line):
    """Returns a code whose order is cancelled."""
    order = home.order(line.profile)
    order.cancel()
    return order


def withdrawn(home, line):
    """Returns a code whose order is withdrawn."""
    order = home.order(line.profile)
    order.withdraw()
    return order


def expired(home, line):
    """Returns a code that is too old."""
    order = home.order(line.profile, lifetime=DAY)
    home.advance(2 * DAY)
    return order


def for_another_card(home, line):
    """Returns a code that is for another card."""
    return home.order(line.profile, eid=ANOTHER)


def refused(story, order, answer):
    """Requires a code to be refused for its reason, and card and order to be as before."""
    phone = story.phone
    before, state = phone.card.observe(), order.state
    with story("I scan it, and it tells me why not"):
        why = phone.is_refused(order.activation_code)
    expect.equal(why, answer, "what the phone says")
    expect.unchanged(before, phone.card.observe())
    expect.equal((phone.iccids, phone.waiting), ((), ()), "Profiles and Notifications")
    expect.equal(order.state, state, "order")


@testcase.each(
    "made, answer",
    {
        "Story.OperatorSaysNo#01": (not_released, NOT_RELEASED),
        "Story.OperatorSaysNo#02": (cancelled, NO_ORDER),
        "Story.OperatorSaysNo#03": (withdrawn, NO_ORDER),
        "Story.OperatorSaysNo#05": (for_another_card, OTHER_CARD),
    },
)
def test_operator_says_no(story, made, answer):
    """A code that leads to nothing is refused for its reason; released, the same code works."""
    home = story.server()
    phone = story.phone
    line = story.line(1, home)
    order = made(home, line)
    refused(story, order, answer)
    if made is not_released:
        order.release()
        with story("they called: now it works"):
            phone.scan(order.activation_code)
        expect.equal(phone.iccids, (line.iccid,), "Profiles")
    story.ends()


@testcase("Story.OperatorSaysNo#04")
def test_code_is_too_old(story):
    """A code that is too old is refused for that."""
    home = story.server()
    phone = story.phone
    order = expired(home, story.line(1, home))
    with story("I find the letter again"):
        why = phone.is_refused(order.activation_code)
    expect.equal(why, ENDED, "what the phone says")
    expect.equal((phone.iccids, phone.waiting), ((), ()), "Profiles and Notifications")
    story.ends()


@testcase("Story.OperatorSaysNo#06")
def test_unknown_code(story):
    """A code that nobody sold is refused, and the order of another code is not found by it."""
    home = story.server()
    phone = story.phone
    order = home.order(story.line(1, home).profile)
    with story("the last letter is smudged"):
        why = phone.is_refused(f"{order.activation_code}-X")
    expect.equal(why, NO_ORDER, "what the phone says")
    expect.equal((phone.iccids, order.state), ((), "Released"), "card and order")
    story.ends()


@testcase("Story.OperatorSaysNo#07")
def test_tried_too_often(story):
    """A code whose download was begun too often is refused for that."""
    home = story.server()
    phone = story.phone
    order = home.order(story.line(1, home).profile, downloads=2)
    with story("it does not get through"):
        for _ in range(2):
            why = phone.is_refused(order.activation_code, Person(meanwhile=_cut(story)))
            expect.equal(why, NO_ANSWER, "why the download ended")
            story.network.up()
    with story("once more"):
        expect.equal(phone.is_refused(order.activation_code), TOO_OFTEN, "what the phone says")
    expect.equal((phone.iccids, order.state), ((), "Error"), "card and order")
    story.ends()


def _cut(story):
    """Returns what takes the network away for good."""
    return story.network.gone


@testcase("Story.OperatorSaysNo#08")
def test_withdrawn_while_i_think(story):
    """An order that is withdrawn while the user thinks is refused at the package."""
    home = story.server()
    phone = story.phone
    order = home.order(story.line(1, home).profile)
    before = phone.card.observe()
    with story("I think about it, and they take it back"):
        why = phone.is_refused(order.activation_code, Person(meanwhile=order.withdraw))
    expect.equal(why, WITHDRAWN, "what the phone says")
    expect.unchanged(before, phone.card.observe())
    expect.equal((phone.iccids, order.state), ((), "Unavailable"), "card and order")
    story.ends()


@testcase.each(
    "days, answer",
    {
        "Story.OperatorSaysNo#09": (89, ""),
        "Story.OperatorSaysNo#10": (91, ENDED),
    },
)
def test_free_for_90_days(story, days, answer):
    """The letter comes first, the check of the person later; the offer ends after 90 days."""
    home = story.server()
    phone = story.phone
    line = story.line(1, home)
    order = home.order(line.profile, released=False, lifetime=90 * DAY)
    with story("the letter is here"):
        expect.equal(phone.is_refused(order.activation_code), NOT_RELEASED, "what the phone says")
    order.release()
    home.advance(days * DAY)
    with story(f"they know who I am, {days} days later"):
        if answer:
            expect.equal(phone.is_refused(order.activation_code), answer, "what the phone says")
        else:
            phone.scan(order.activation_code)
    expect.equal(phone.iccids, () if answer else (line.iccid,), "Profiles")
    story.ends()
