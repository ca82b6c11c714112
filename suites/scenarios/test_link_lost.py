"""Story.LinkLost: the network goes while a Profile is loaded, and nothing is half."""

from rspcore.messages.metadata import ProfileClass
from rspharness import testcase
from rspharness.card import expect
from rspharness.record.verdicts import ExpectationError
from rspharness.suite.stories.network import Lost
from rspharness.suite.stories.phone import NO_ANSWER

LONGEST = 12
"""More requests than a download has, cancellations included."""
TORN = (1, 4, 9, 16, 25, 36)
"""After which commands of the download the power goes."""


def lines(story, home):
    """Returns the bootstrap line, Enabled on the phone, and a maker of lines to load."""
    bootstrap = story.line(90, home, profile_class=ProfileClass.provisioning)
    story.phone.scan(home.order(bootstrap.profile).activation_code)
    story.phone.switch_on(bootstrap.iccid)
    return bootstrap


@testcase.each(
    "lost",
    {
        "Story.LinkLost#01": Lost.REQUEST,
        "Story.LinkLost#02": Lost.ANSWER,
        "Story.LinkLost#03": Lost.HALF_ANSWER,
        "Story.LinkLost#04": Lost.SERVED,
    },
)
def test_link_lost_at_each_request(story, lost):
    """The link is lost at each request once: nothing is half, and another try brings the line."""
    home = story.server()
    phone = story.phone
    bootstrap = lines(story, home)
    for number in range(1, LONGEST):
        line = story.line(number, home)
        order = home.order(line.profile)
        with story("at the airport, the link is bad"), story.network.cut(number, lost) as cut:
            came = _tries(phone, order.activation_code)
        if not cut.function:
            expect.equal(came, "", "why the download ended without a cut")
            break
        there = line.iccid in phone.iccids
        expect.equal(phone.on, (bootstrap.iccid,), f"Profile Enabled, {cut.function} lost")
        result_lost = cut.function == "handleNotification"
        expect.equal(there, result_lost, f"Profile on the card, {cut.function} lost")
        with story("I try it again"):
            if not there:
                phone.scan(order.activation_code)
            phone.deliver()
        expect.one_of(line.iccid, phone.iccids, "Profile on the card")
        expect.equal(order.state, "Installed", "order")
        with story("and off again, I only try"):
            phone.delete(line.iccid)
    else:
        expect.equal(number, "fewer", "requests of a download")
    with story("bootstrap off, my line on"):
        phone.switch_on(line.iccid)
    line.is_on_in(phone.card)
    story.ends(unreported=("DUPLICATE",))


def _tries(phone, code):
    """Scans a code; returns why it led to nothing, or an empty text."""
    before = phone.iccids
    try:
        why = phone.is_refused(code)
    except ExpectationError:
        return ""
    expect.equal(why, NO_ANSWER, "why the download ended")
    expect.equal(phone.iccids, before, "Profiles")
    return why


@testcase("Story.LinkLost#05")
def test_result_waits_for_the_link(story):
    """The link is gone for the result alone: the Profile is listed, the server hears later."""
    home = story.server()
    phone = story.phone
    line = story.line(1, home)
    order = home.order(line.profile)
    with story("it says done, and the link is gone"), story.network.cut(4, Lost.REQUEST) as cut:
        done = phone.scan(order.activation_code)
    expect.equal(cut.function, "handleNotification", "request that was lost")
    expect.that(holds=bool(done.unreported), expected="a result that waits", actual="none")
    expect.equal((phone.iccids, order.state), ((line.iccid,), "Downloaded"), "card and order")
    with story("on the tram it is back"):
        phone.deliver()
    expect.equal(order.state, "Installed", "order")
    story.ends()


@testcase("Story.LinkLost#06")
def test_battery_dies_during_the_load(story):
    """The power goes at some commands of a download: nothing is half, and another try works."""
    home = story.server()
    phone = story.phone
    bootstrap = lines(story, home)
    for number, commands in enumerate(TORN, 1):
        line = story.line(number, home)
        order = home.order(line.profile)
        with story("the battery dies"), phone.card.power_lost_after(commands):
            phone.scan(order.activation_code)
        expect.equal(phone.on, (bootstrap.iccid,), f"Profile Enabled, torn at {commands}")
        if line.iccid not in phone.iccids:
            with story("charged, again"):
                phone.scan(order.activation_code)
        phone.deliver()
        expect.one_of(line.iccid, phone.iccids, "Profile on the card")
        expect.equal(order.state, "Installed", "order")
        phone.switch_on(line.iccid)
        line.is_on_in(phone.card)
        phone.switch_on(bootstrap.iccid)
    story.ends(unreported=("DUPLICATE",))
