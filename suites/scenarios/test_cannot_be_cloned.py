"""Story.CannotBeCloned: a download that was recorded, and a chip that lies."""

import json
from dataclasses import replace

from rspcore.messages.es10b import GetEuiccChallengeRequest
from rspcore.pki.generate import make_pki
from rspharness import testcase
from rspharness.card import expect

PACKAGE = "getBoundProfilePackage"
WRONG_CHALLENGE = "euiccChallengeMismatch(6)"
OF_ANOTHER_SESSION = ("invalidSignature(2)", "invalidTransactionId(3)")
"""Both are wrong; which a card looks at first is its own matter."""
CHALLENGES = 200


def recorded(story):
    """Returns the server, the line and the order of a download, and what a listener took down."""
    home = story.server()
    line = story.line(1, home)
    order = home.order(line.profile)
    with story("somebody listens to my download"):
        story.phone.scan(order.activation_code)
    return home, line, order, dict(story.network.heard)


@testcase("Story.CannotBeCloned#01")
def test_download_played_again(story):
    """A recorded download, played to the same card and to another, installs nothing."""
    _, line, order, tape = recorded(story)
    other = story.other_phone("Q")
    mine = story.phone
    mine.delete(line.iccid)
    mine.deliver()
    for phone in (mine, other):
        for _ in range(2):
            with story("they play it to a card"), story.network.played(tape):
                why = phone.is_refused(order.activation_code)
            expect.equal(why, WRONG_CHALLENGE, "what the card says")
            expect.equal(phone.iccids, (), "Profiles")
            phone.card.power_cycle()
    story.ends()


@testcase("Story.CannotBeCloned#02")
def test_package_in_another_session(story):
    """A recorded package, put into a session of the same card and of another, installs nothing."""
    home, line, _, tape = recorded(story)
    mine, other = story.phone, story.other_phone("Q")
    for phone in (mine, other):
        mine.delete(line.iccid)
        mine.deliver()
        order = home.order(line.profile)
        swapped = story.network.changed(PACKAGE, lambda reply: _as_of(reply, tape[PACKAGE]))
        with story("they put the old package into a new download"), swapped:
            why = phone.is_refused(order.activation_code)
        expect.one_of(why, OF_ANOTHER_SESSION, "what the card says")
        expect.equal(phone.iccids, (), "Profiles")
        with story("the new one is as good as before"):
            phone.scan(order.activation_code)
        expect.equal(order.state, "Installed", "order")
    story.ends()


def _as_of(reply, old):
    """Returns an old answer under the TransactionID of a new one."""
    body = json.loads(old.body)
    body["transactionId"] = json.loads(reply.body)["transactionId"]
    return replace(old, body=json.dumps(body).encode())


@testcase("Story.CannotBeCloned#03")
def test_challenges_never_come_twice(story):
    """No challenge of a card comes twice, also over a restart: an old answer fits nothing new."""
    card = story.phone.card
    seen = set()
    with story("they ask it until it repeats itself"):
        for number in range(CHALLENGES):
            seen.add(card.send(GetEuiccChallengeRequest()).euicc_challenge)
            if number % 50 == 49:
                card.power_cycle()
    expect.equal(len(seen), CHALLENGES, "different challenges")
    story.ends()


@testcase("Story.CannotBeCloned#04")
def test_a_twin_is_what_it_takes(story):
    """A card with the keys and the chance of another one would take it: the other cases bite."""
    home = story.server()
    line = story.line(1, home)
    order = home.order(line.profile)
    first = story.other_phone("T", number=7)
    with story("somebody listens to the download of a twin"):
        first.scan(order.activation_code)
    tape = dict(story.network.heard)
    second = story.other_phone("U", number=7)
    expect.equal(second.eid, first.eid, "EID of the twins")
    with story("they play it to the other twin"), story.network.played(tape):
        second.scan(order.activation_code)
    expect.equal(second.iccids, (line.iccid,), "Profiles of the twin")
    story.forget(second)
    story.ends()


@testcase("Story.CannotBeCloned#05")
def test_chip_with_a_certificate_of_its_own(story):
    """A chip of another maker's PKI is no chip for a server, whatever EID it says."""
    home = story.server()
    order = home.order(story.line(1, home).profile)
    forged = story.other_phone("X", pki=make_pki(b"a PKI of forgers"), number=9)
    before = forged.card.observe()
    with story("they made a chip of their own"):
        why = forged.is_refused(order.activation_code)
    expect.one_of(why, ("8.8.2/3.1", "8.8.4/3.7"), "what the server says")
    expect.unchanged(before, forged.card.observe())
    expect.equal((forged.iccids, order.state), ((), "Released"), "card and order")
    story.ends()


@testcase("Story.CannotBeCloned#06")
def test_chip_that_says_my_eid(story):
    """A chip that says another EID than its certificate gets nothing of that EID's order."""
    home = story.server()
    mine = story.phone
    liar = story.other_phone("X", faults=("information.eid.other-when-enabled",))
    first = story.line(1, home)
    liar.scan(home.order(first.profile).activation_code)
    liar.switch_on(first.iccid)
    expect.that(holds=str(liar.card.eid()) != liar.eid, expected="another EID", actual="its own")
    order = home.order(story.line(2, home).profile, eid=mine.card.eid())
    with story("it says it is mine"):
        why = liar.is_refused(order.activation_code)
    expect.equal(why, "8.1.1/3.8", "what the server says")
    expect.equal((liar.iccids, order.state), ((first.iccid,), "Released"), "card and order")
    with story("mine is mine"):
        mine.scan(order.activation_code)
    expect.equal(order.now.bound_to, mine.eid, "card that the order is bound to")
    story.ends()
