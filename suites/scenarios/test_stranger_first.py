"""Story.StrangerFirst: somebody photographs the code, and is faster."""

from rspharness import testcase
from rspharness.card import expect
from rspharness.suite.stories.phone import Person

TAKEN, OTHER_CARD = "8.2.6/3.8", "8.1.1/3.8"
CODE = "4711"


@testcase("Story.StrangerFirst#01")
def test_stranger_is_first(story):
    """The stranger has the line, I am refused, and the operator sees whose card it is."""
    home = story.server()
    line = story.line(1, home)
    order = home.order(line.profile)
    stranger, mine = story.other_phone("Q"), story.phone
    before = mine.card.observe()
    with story("he photographed my code"):
        stranger.scan(order.activation_code)
    with story("I scan it"):
        why = mine.is_refused(order.activation_code)
    expect.equal(why, TAKEN, "what the phone says")
    expect.unchanged(before, mine.card.observe())
    expect.equal(order.now.bound_to, stranger.eid, "card that the operator sees")
    with story("the operator closes it for good, and gives me another one"):
        home.lost(line.iccid)
        anew = story.line(2, home)
        second = home.order(anew.profile, eid=mine.card.eid(), confirmation_code=CODE)
        expect.equal(stranger.is_refused(second.activation_code, Person(CODE)), OTHER_CARD, "his")
        mine.scan(second.activation_code, Person(CODE))
    expect.equal((order.state, second.state), ("Unavailable", "Installed"), "orders")
    with story("he goes on as if it were his"):
        stranger.switch_on(line.iccid)
        stranger.deliver()
    named = home.receipts[-1]
    expect.equal((named.eid, named.iccid), (stranger.eid, str(line.iccid)), "who is named")
    expect.equal((order.state, second.state), ("Unavailable", "Installed"), "orders")
    mine.switch_on(anew.iccid)
    anew.is_on_in(mine.card)
    story.forget(stranger)
    story.ends(unreported=("NO_EFFECT", "UNKNOWN_INSTALLATION"))


@testcase("Story.StrangerFirst#02")
def test_both_at_the_same_time(story):
    """Both are in the middle of it: one wins, the other is refused, and there is one copy."""
    home = story.server()
    line = story.line(1, home)
    order = home.order(line.profile)
    stranger, mine = story.other_phone("Q"), story.phone
    answers = []
    person = Person(meanwhile=lambda: answers.append(stranger.is_refused(order.activation_code)))
    with story("I look at the offer, and he scans"):
        mine.scan(order.activation_code, person)
    expect.equal(answers, [TAKEN], "what his phone says")
    expect.equal((mine.iccids, stranger.iccids), ((line.iccid,), ()), "Profiles of both")
    expect.equal((order.state, order.now.bound_to), ("Installed", mine.eid), "order")
    story.ends()


@testcase.each(
    "terms, answer",
    {
        "Story.StrangerFirst#03": ("eid", OTHER_CARD),
        "Story.StrangerFirst#04": ("code", "postponed(1)"),
    },
)
def test_what_stops_a_stranger(story, terms, answer):
    """An order for my EID, or with a code by another way, is of no use to a stranger."""
    home = story.server()
    line = story.line(1, home)
    stranger, mine = story.other_phone("Q"), story.phone
    by_eid = terms == "eid"
    order = home.order(
        line.profile,
        eid=mine.card.eid() if by_eid else None,
        confirmation_code=None if by_eid else CODE,
    )
    with story("he photographed my code"):
        expect.equal(stranger.is_refused(order.activation_code), answer, "what his phone says")
    expect.equal(stranger.iccids, (), "his Profiles")
    with story("I scan it"):
        mine.scan(order.activation_code, Person(CODE))
    expect.equal(order.now.bound_to, mine.eid, "card that the order is bound to")
    story.ends()
