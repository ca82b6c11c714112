"""Story.OldPhoneNewCard: chips of every version at the server of today."""

from rspharness import testcase
from rspharness.card import expect

UNKNOWN = "BF7F00"


@testcase.each(
    "preset, version",
    {
        "Story.OldPhoneNewCard#01": ("spec", "v2.2.2"),
        "Story.OldPhoneNewCard#02": ("spec", "v2.3"),
        "Story.OldPhoneNewCard#03": ("spec", "v2.4"),
        "Story.OldPhoneNewCard#04": ("spec", "v2.5"),
        "Story.OldPhoneNewCard#05": ("spec", "v2.6"),
        "Story.OldPhoneNewCard#06": ("old-firmware", ""),
        "Story.OldPhoneNewCard#07": ("removable-strict", ""),
    },
)
def test_does_it_work_with_mine(story, preset, version):
    """A chip of each version downloads, switches and reports to the server of today."""
    home = story.server()
    words = {"personality": version} if version else {}
    phone = story.other_phone("Q", preset, **words)
    line = story.line(1, home)
    order = home.order(line.profile)
    with story("does it work with mine?"):
        phone.scan(order.activation_code)
        phone.switch_on(line.iccid)
    line.is_on_in(phone.card)
    expect.equal((order.state, order.now.bound_to), ("Installed", phone.eid), "order")
    phone.deliver()
    heard = [one.event for one in home.receipts]
    wanted = ["installed", "notificationInstall", "notificationEnable"]
    expect.equal(heard, wanted, "Notifications at the server")
    story.ends()


@testcase("Story.OldPhoneNewCard#08")
def test_server_that_is_too_new(story):
    """A server that does not serve the version of a chip says so, and the chip is as before."""
    home = story.server(lowest_svn="2.6.0")
    phone = story.other_phone("Q", personality="v2.2.2")
    order = home.order(story.line(1, home).profile)
    before = phone.card.observe()
    with story("my phone is too old for them"):
        why = phone.is_refused(order.activation_code)
    expect.equal(why, "8.8.3/3.1", "what the phone says")
    expect.unchanged(before, phone.card.observe())
    expect.equal((phone.iccids, order.state), ((), "Released"), "card and order")
    story.ends()


@testcase("Story.OldPhoneNewCard#09")
def test_words_of_the_future(story):
    """A chip that is asked what it does not know refuses, and goes on as before."""
    home = story.server()
    phone = story.phone
    line = story.line(1, home)
    phone.scan(home.order(line.profile).activation_code)
    phone.switch_on(line.iccid)
    before = phone.card.observe()
    with story("my new phone asks my old chip"):
        answer = phone.card.store(bytes.fromhex(UNKNOWN))
    expect.refused(answer, about="a function of no version")
    expect.unchanged(before, phone.card.observe())
    line.is_on_in(phone.card)
    story.ends()
