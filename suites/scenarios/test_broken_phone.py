"""Story.BrokenPhone: the phone is in the lake, and the number on a new one."""

from rspcore.errors import LocalError
from rspharness import testcase
from rspharness.card import expect

NUMBER = "+4915550001"
USED_UP = "8.2.6/3.8"


def fell_into_the_lake(story):
    """Returns server, phones, lines and orders: the old one lost, the new one loaded."""
    home = story.server()
    old, new = story.phone, story.other_phone("Q")
    lost, anew = story.line(1, home, msisdn=NUMBER), story.line(2, home, msisdn=NUMBER)
    first = home.order(lost.profile)
    old.scan(first.activation_code)
    old.switch_on(lost.iccid)
    old.deliver()
    with story("it fell into the lake, I want my number"):
        home.lost(lost.iccid)
        second = home.order(anew.profile, eid=new.card.eid())
        new.scan(second.activation_code)
        new.switch_on(anew.iccid)
        new.deliver()
    expect.equal((first.state, second.state), ("Unavailable", "Installed"), "orders")
    anew.is_on_in(new.card)
    anew.has_number(new.card, NUMBER)
    return home, (old, new), (lost, anew), (first, second)


@testcase("Story.BrokenPhone#01")
def test_broken_phone(story):
    """The lost Profile is not ordered again; the number is on a new one, on the new phone."""
    home, (old, _), (lost, _), _ = fell_into_the_lake(story)
    refused = ""
    with story("could I have the same one?"):
        try:
            home.order(lost.profile)
        except LocalError as error:
            refused = str(error)
    expect.that(holds="lost" in refused, expected="the order refused: lost", actual=refused)
    story.forget(old)
    story.ends()


@testcase("Story.BrokenPhone#02")
def test_the_phone_dries(story):
    """The old phone works again: what it says is named, and nothing of the new one changes."""
    home, (old, new), (lost, anew), (first, second) = fell_into_the_lake(story)
    with story("it dried, and I switch it off and on"):
        old.card.power_cycle()
        old.switch_off(lost.iccid)
        old.deliver()
    named = home.receipts[-1]
    expect.equal((named.eid, named.event), (old.eid, "notificationDisable"), "what is named")
    states = ("Unavailable", "Installed")
    expect.equal((first.state, second.state), states, "orders")
    with story("I delete it there, and scan the old code"):
        old.delete(lost.iccid)
        why = old.is_refused(first.activation_code)
        old.deliver()
    expect.equal(why, USED_UP, "what the old phone says")
    expect.equal((first.state, second.state), states, "orders")
    expect.equal((old.iccids, new.iccids), ((), (anew.iccid,)), "Profiles")
    anew.is_on_in(new.card)
    story.ends(unreported=("NO_EFFECT", "UNKNOWN_INSTALLATION"))
