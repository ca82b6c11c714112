"""Story.ToAndFro: one number, weekdays here, weekends there."""

from rspharness import testcase
from rspharness.card import expect

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
