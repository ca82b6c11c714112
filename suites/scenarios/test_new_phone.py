"""Story.NewPhone: the number goes from the old phone to the new one."""

from rspharness import testcase
from rspharness.card import expect
from rspharness.simulated.direct_smdpp import OrderRefusedError

NUMBER = "+4915550001"
OTHER_CARD = "8.1.1/3.8"


def copies(line, *phones):
    """Returns on how many phones a line is."""
    return sum(line.iccid in phone.iccids for phone in phones)


@testcase("Story.NewPhone#01")
def test_new_phone(story):
    """Deleted on the old phone, known to the operator, ordered for the new one: one copy, there."""
    home = story.server()
    old, new = story.phone, story.other_phone("Q")
    line = story.line(1, home)
    first = home.order(line.profile)
    old.scan(first.activation_code)
    old.switch_on(line.iccid)
    line.is_on_in(old.card)
    with story("I delete it on the old phone, which tells the operator"):
        old.switch_off(line.iccid)
        old.delete(line.iccid)
        old.deliver()
    expect.equal(first.state, "Unavailable", "old order")
    expect.equal(home.receipts[-1].event, "notificationDelete", "what the server heard last")
    with story("the operator gives me a code for the new phone"):
        second = home.order(line.profile, eid=new.card.eid())
    expect.equal(old.is_refused(second.activation_code), OTHER_CARD, "on the old phone")
    with story("I scan it there"):
        new.scan(second.activation_code)
        new.switch_on(line.iccid)
    line.is_on_in(new.card)
    expect.equal((old.iccids, copies(line, old, new)), ((), 1), "copies")
    expect.equal((first.state, second.state), ("Unavailable", "Installed"), "orders")
    story.ends()


@testcase("Story.NewPhone#02")
def test_interrupted_after_each_step(story):
    """Interrupted after any step there are never two copies, nor none and no way to get one."""
    home = story.server()
    old, new = story.phone, story.other_phone("Q")
    line = story.line(1, home)
    old.scan(home.order(line.profile).activation_code)
    old.switch_on(line.iccid)
    orders = []
    steps = (
        lambda: old.switch_off(line.iccid),
        lambda: old.delete(line.iccid),
        old.deliver,
        lambda: orders.append(home.order(line.profile, eid=new.card.eid())),
        lambda: new.scan(orders[0].activation_code),
        lambda: new.switch_on(line.iccid),
    )
    there = []
    for act in steps:
        with story("a step, and both phones go off"):
            act()
            old.card.power_cycle()
            new.card.power_cycle()
        there.append(copies(line, old, new))
        live = bool(orders) and orders[0].state in ("Released", "Installed")
        sold = home.orders[0].state == "Unavailable"
        waits = any(one.metadata.iccid == line.iccid for one in old.waiting)
        expect.that(
            holds=there[-1] == 1 or live or sold or waits,
            expected="a copy, or a way to one",
            actual=f"{there[-1]} copies, orders {[one.state for one in home.orders]}",
        )
    expect.equal(there, [1, 0, 0, 0, 1, 1], "copies after each step")
    line.is_on_in(new.card)
    story.ends()


@testcase("Story.NewPhone#03")
def test_deletion_heard_weeks_later(story):
    """The old phone's deletion is heard weeks later: nothing of the new phone changes."""
    home = story.server()
    old, new = story.phone, story.other_phone("Q")
    line = story.line(1, home)
    first = home.order(line.profile)
    old.scan(first.activation_code)
    with story("I delete it in the cellar"):
        old.delete(line.iccid)
    with story("I call, and get a new code"):
        second = home.order(line.profile, eid=new.card.eid())
        new.scan(second.activation_code)
        new.switch_on(line.iccid)
        new.deliver()
    with story("weeks later the old phone has a network"):
        old.deliver()
    expect.equal((first.state, second.state), ("Unavailable", "Installed"), "orders")
    line.is_on_in(new.card)
    story.ends()


@testcase("Story.NewPhone#04")
def test_number_goes_to_another_operator(story):
    """Another operator's line with the same number; each server hears of its own alone."""
    home, other = story.server(), story.server(2)
    phone = story.phone
    old, new = story.line(1, home, msisdn=NUMBER), story.line(2, other, msisdn=NUMBER)
    leaving = home.order(old.profile)
    phone.scan(leaving.activation_code)
    phone.switch_on(old.iccid)
    old.has_number(phone.card, NUMBER)
    with story("I keep my number at the new one"):
        coming = other.order(new.profile)
        phone.scan(coming.activation_code)
    phone.card.power_cycle()
    old.is_on_in(phone.card)
    with story("today is the day"):
        phone.switch_on(new.iccid)
    new.is_on_in(phone.card)
    new.has_number(phone.card, NUMBER)
    with story("I do not need the old one"):
        phone.delete(old.iccid)
        phone.deliver()
    expect.equal((leaving.state, coming.state), ("Unavailable", "Installed"), "orders")
    for server, line in ((home, old), (other, new)):
        heard = {one.iccid for one in server.receipts} - {""}
        expect.equal(heard, {str(line.iccid)}, "Profiles that the server heard of")
    story.ends()


@testcase("Story.NewPhone#05")
def test_new_one_while_the_old_one_has_it(story):
    """While the old phone has the line, no second one is ordered; once it is deleted, it is."""
    home = story.server(one_copy=True)
    old, new = story.phone, story.other_phone("Q")
    line = story.line(1, home)
    first = home.order(line.profile)
    old.scan(first.activation_code)
    old.switch_on(line.iccid)
    with story("I want it on the new phone, and the old one still has it"):
        why = not_ordered(home, line, new)
    expect.equal(why, "another phone still has this line: delete it there first", "what they say")
    expect.equal([one.state for one in home.orders], ["Installed"], "orders")
    line.is_on_in(old.card)
    with story("I delete it where nobody hears of it"):
        old.switch_off(line.iccid)
        old.delete(line.iccid)
        still = not_ordered(home, line, new)
    expect.equal(still, why, "what they say")
    with story("the old phone has a network again"):
        old.deliver()
        now = not_ordered(home, line, new)
    expect.equal((first.state, now), ("Unavailable", ""), "old order, and what they say")
    with story("I scan the new code"):
        new.scan(home.orders[-1].activation_code)
        new.switch_on(line.iccid)
    line.is_on_in(new.card)
    expect.equal(copies(line, old, new), 1, "copies")
    story.ends()


def not_ordered(home, line, phone):
    """Orders a line for a phone; returns why its operator does not, empty where it does."""
    try:
        home.order(line.profile, eid=phone.card.eid())
    except OrderRefusedError as refused:
        return str(refused)
    return ""
