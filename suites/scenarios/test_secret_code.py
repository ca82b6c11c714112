"""Story.SecretCode: a code comes by letter, and is asked for."""

from rspcore.messages.es10b import CancelSessionReason
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite.stories.phone import Person

RIGHT, WRONG = "4711", "0815"
WRONG_CODE, TOO_OFTEN, NO_ORDER = "8.2.7/3.8", "8.2.7/6.4", "8.2.6/3.8"


def ordered(story):
    """Returns a server, a line and its order with a Confirmation Code."""
    home = story.server()
    line = story.line(1, home)
    return line, home.order(line.profile, confirmation_code=RIGHT)


def untouched(phone, before):
    """Requires the card to be as before, without Profile and Notification."""
    expect.unchanged(before, phone.card.observe())
    expect.equal((phone.iccids, phone.waiting), ((), ()), "Profiles and Notifications")


@testcase("Story.SecretCode#01")
def test_code_by_letter(story):
    """Without the code and with a wrong one nothing is installed; with the right one it is."""
    line, order = ordered(story)
    phone = story.phone
    before = phone.card.observe()
    with story("the letter is not here yet"):
        why = phone.is_refused(order.activation_code, Person())
    expect.equal(why, "postponed(1)", "why the phone stopped")
    with story("was it this one?"):
        expect.equal(phone.is_refused(order.activation_code, Person(WRONG)), WRONG_CODE, "answer")
    untouched(phone, before)
    expect.equal((order.state, order.now.wrong_codes), ("Released", 1), "order, wrong codes")
    with story("here it is"):
        phone.scan(order.activation_code, Person(RIGHT))
    expect.equal(phone.iccids, (line.iccid,), "Profiles")
    expect.equal(order.state, "Installed", "order")
    story.ends()


@testcase("Story.SecretCode#02")
def test_wrong_too_often(story):
    """The third wrong code ends the order, over sessions and restarts; the right one is late."""
    _, order = ordered(story)
    phone = story.phone
    before = phone.card.observe()
    for answer in (WRONG_CODE, WRONG_CODE, TOO_OFTEN):
        with story("I guess, and turn it off and on"):
            why = phone.is_refused(order.activation_code, Person(WRONG))
            phone.card.power_cycle()
        expect.equal(why, answer, "what the phone says")
    expect.equal(order.state, "Error", "order")
    with story("now the letter came"):
        why = phone.is_refused(order.activation_code, Person(RIGHT))
    expect.equal(why, NO_ORDER, "what the phone says: no longer valid")
    untouched(phone, before)
    story.ends()


@testcase.each(
    "reason, state",
    {
        "Story.SecretCode#03": (CancelSessionReason.endUserRejection, "Error"),
        "Story.SecretCode#04": (CancelSessionReason.postponed, "Released"),
        "Story.SecretCode#05": (CancelSessionReason.timeout, "Released"),
    },
)
def test_no_later_and_no_answer(story, reason, state):
    """A no ends the order; later, and no answer in time, leave it as it is."""
    line, order = ordered(story)
    phone = story.phone
    before = phone.card.observe()
    with story("not now, and not this"):
        why = phone.is_refused(order.activation_code, Person(RIGHT, refusal=reason))
    expect.equal(why, f"{reason.name}({int(reason)})", "why the phone stopped")
    untouched(phone, before)
    expect.equal(order.state, state, "order")
    with story("I have thought about it"):
        if state == "Released":
            phone.scan(order.activation_code, Person(RIGHT))
            expect.equal(phone.iccids, (line.iccid,), "Profiles")
        else:
            why = phone.is_refused(order.activation_code, Person(RIGHT))
            expect.equal(why, NO_ORDER, "what the phone says")
    story.ends()
