"""Story.ToAndFro: one number, weekdays here, weekends there."""

from datetime import timedelta

from rspharness import testcase
from rspharness.card import expect
from rspharness.simulated.direct_smdpp import OrderRefusedError

WEEKS = 4


@testcase("Story.ToAndFro#01")
def test_to_and_fro(story):
    """The Profile goes to and fro between two phones: one copy after each move, always the same."""
    home = story.server(back_to_stock=True)
    phones = story.phone, story.other_phone("Q")
    line = story.line(1, home)
    order = home.order(line.profile)
    phones[0].scan(order.activation_code)
    for move in range(2 * WEEKS):
        here, there = phones[move % 2], phones[(move + 1) % 2]
        with story("it goes over to the other phone"):
            here.delete(line.iccid)
            here.deliver()
            stock = order.now
            expect.equal(stock.state, "Available", "order")
            clean = stock.matching_id, stock.bound_to, stock.downloads, stock.wrong_codes
            expect.equal(clean, ("", "", 0, 0), "MatchingID, card, downloads, wrong codes")
            order = home.order(line.profile, eid=there.card.eid())
            there.scan(order.activation_code)
        expect.equal((here.iccids, there.iccids), ((), (line.iccid,)), "Profiles")
        expect.equal((order.state, order.now.bound_to), ("Installed", there.eid), "order")
        there.switch_on(line.iccid)
        line.is_on_in(there.card)
        there.switch_off(line.iccid)
    expect.equal(len(home.orders), 1, "orders of the one Profile")
    story.ends()


@testcase("Story.ToAndFro#02")
def test_left_behind(story):
    """While the Profile is in stock, the old code is worth nothing, on either phone."""
    home = story.server(back_to_stock=True)
    phones = story.phone, story.other_phone("Q")
    line = story.line(1, home)
    code = home.order(line.profile).activation_code
    phones[0].scan(code)
    phones[0].delete(line.iccid)
    phones[0].deliver()
    for phone in phones:
        with story("I scan the code of last week"):
            why = phone.is_refused(code)
        expect.equal((why, phone.iccids), ("8.2.6/3.8", ()), "what it says, Profiles")
    story.ends()


@testcase("Story.ToAndFro#03")
def test_too_often(story):
    """An operator that moves a line twice a month does not move it again before that is over."""
    home = story.server(back_to_stock=True, one_copy=True, moves=2)
    phones = story.phone, story.other_phone("Q")
    line = story.line(1, home)
    phones[0].scan(home.order(line.profile).activation_code)
    for move in range(2):
        here, there = phones[move % 2], phones[(move + 1) % 2]
        with story("it goes over to the other phone"):
            moved(home, line, here, there)
    here, there = phones
    with story("and back again, in the same month"):
        here.delete(line.iccid)
        here.deliver()
        why = refusal(home, line, there)
    expect.equal(why, "this line has moved 2 times in 30 days: wait", "what the operator says")
    expect.equal(home.orders[-1].state, "Available", "order")
    home.advance(timedelta(days=31))
    with story("I ask again next month"):
        there.scan(home.order(line.profile, eid=there.card.eid()).activation_code)
        there.switch_on(line.iccid)
    line.is_on_in(there.card)
    expect.equal((here.iccids, there.iccids), ((), (line.iccid,)), "Profiles")
    story.ends()


def moved(home, line, here, there):
    """Moves a line, as a user does who deletes it before the operator orders it anew."""
    here.delete(line.iccid)
    here.deliver()
    expect.equal(refusal(home, line, there, scan=True), "", "what the operator says")


def refusal(home, line, phone, *, scan=False):
    """Orders a line for a phone; returns why its operator does not, empty where it does."""
    try:
        order = home.order(line.profile, eid=phone.card.eid())
    except OrderRefusedError as refused:
        return str(refused)
    if scan:
        phone.scan(order.activation_code)
    return ""
