"""Story.WatchAndPhone: two cards of one person, with one number."""

from rspharness import testcase
from rspharness.card import expect

NUMBER = "+4915550001"
OTHER_CARD, FULL = "8.1.1/3.8", "8.1/4.8"
LITTLE = 1_000
"""Octets of a card in which no Profile has room."""


def ordered(story, **words):
    """Returns the phones, and for each its line with the same number and its order."""
    home = story.server()
    phone, watch = story.phone, story.other_phone("W", **words)
    lines = [story.line(number, home, msisdn=NUMBER) for number in (1, 2)]
    orders = [
        home.order(line.profile, eid=one.card.eid())
        for line, one in zip(lines, (phone, watch), strict=True)
    ]
    return (phone, watch), lines, orders


@testcase("Story.WatchAndPhone#01")
def test_my_watch_rings_too(story):
    """Both have the number on lines of their own; the watch's is deleted, and the phone's stays."""
    phones, lines, orders = ordered(story)
    for one, line, order in zip(phones, lines, orders, strict=True):
        with story("I scan the code that came with it"):
            one.scan(order.activation_code)
        one.switch_on(line.iccid)
        line.is_on_in(one.card)
        line.has_number(one.card, NUMBER)
    expect.equal([order.now.bound_to for order in orders], [one.eid for one in phones], "cards")
    phone, watch = phones
    with story("I do not wear it any more"):
        watch.switch_off(lines[1].iccid)
        watch.delete(lines[1].iccid)
        watch.deliver()
    expect.equal([order.state for order in orders], ["Installed", "Unavailable"], "orders")
    lines[0].is_on_in(phone.card)
    story.ends()


@testcase("Story.WatchAndPhone#02")
def test_codes_mixed_up(story):
    """The code of one on the other is refused, both ways; each card is as before."""
    phones, lines, orders = ordered(story)
    for one, order in zip(phones, reversed(orders), strict=True):
        before = one.card.observe()
        with story("I took the wrong code"):
            why = one.is_refused(order.activation_code)
        expect.equal(why, OTHER_CARD, "what it says")
        expect.unchanged(before, one.card.observe())
    for one, order in zip(phones, orders, strict=True):
        with story("the other one, then"):
            one.scan(order.activation_code)
    expect.equal([one.iccids for one in phones], [(line.iccid,) for line in lines], "Profiles")
    story.ends()


@testcase("Story.WatchAndPhone#03")
def test_both_at_the_same_time(story):
    """Both load at the same time, and each gets its own."""
    (phone, watch), lines, orders = ordered(story)
    person = story.person(meanwhile=lambda: watch.scan(orders[1].activation_code))
    with story("while the phone asks me, I do the watch"):
        phone.scan(orders[0].activation_code, person)
    found = [phone.iccids, watch.iccids]
    expect.equal(found, [(line.iccid,) for line in lines], "Profiles")
    expect.equal([order.state for order in orders], ["Installed", "Installed"], "orders")
    story.ends()


@testcase("Story.WatchAndPhone#04")
def test_watch_is_full(story):
    """A full watch is refused by the server, and the phone has its line."""
    (phone, watch), lines, orders = ordered(story, memory=LITTLE)
    with story("the watch says it is full"):
        why = watch.is_refused(orders[1].activation_code)
    expect.equal(why, FULL, "what it says")
    with story("the phone has it"):
        phone.scan(orders[0].activation_code)
    expect.equal([order.state for order in orders], ["Installed", "Released"], "orders")
    expect.equal([phone.iccids, watch.iccids], [(lines[0].iccid,), ()], "Profiles")
    story.ends()
