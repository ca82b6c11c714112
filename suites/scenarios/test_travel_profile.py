"""Story.TravelProfile: a line for the journey beside the one at home."""

from rspcore.crypto.curves import Curve
from rspcore.messages.es10c import ProfileState, SetNicknameRequest, SetNicknameResult
from rspcore.pki.generate import make_pki
from rspharness import testcase
from rspharness.card import expect

NICKNAME = ("旅行 ✈" * 20)[:64]
TRIPS = 5
NO_COMMON_CI = ("8.8.2/3.1", "8.8.4/3.7")


def equipped(story, **abroad):
    """Returns the two servers and a line of each on the phone, home on."""
    home, foreign = story.server(), story.server(2, **abroad)
    phone = story.phone
    mine, travel = story.line(1, home), story.line(2, foreign)
    phone.scan(home.order(mine.profile).activation_code)
    phone.switch_on(mine.iccid)
    phone.scan(foreign.order(travel.profile).activation_code)
    return home, foreign, mine, travel


def nickname(phone, iccid):
    """Returns the nickname that the card lists for a Profile."""
    (found,) = [one.profile_nickname for one in phone.card.profiles() if one.iccid == iccid]
    return found


@testcase("Story.TravelProfile#01")
def test_travel_profile(story):
    """Travel on, home on, again and again: each works, and each server hears of its own."""
    home, foreign, mine, travel = equipped(story)
    phone = story.phone
    named = SetNicknameRequest(iccid=travel.iccid, profile_nickname=NICKNAME)
    expect.ok(phone.card.send(named))
    for trip in range(TRIPS):
        with story("landed: travel on"):
            phone.switch_on(travel.iccid)
        travel.is_on_in(phone.card)
        if trip % 2:
            with story("the battery falls out"):
                phone.card.power_cycle()
        with story("home: home on"):
            phone.switch_on(mine.iccid)
        mine.is_on_in(phone.card)
        phone.deliver()
    expect.equal(nickname(phone, travel.iccid), NICKNAME, "nickname")
    for server, line in ((home, mine), (foreign, travel)):
        heard = {one.iccid for one in server.receipts}
        expect.equal(heard - {""}, {str(line.iccid)}, "Profiles that the server heard of")
        switches = [one for one in server.receipts if one.event.endswith("able")]
        expect.equal(len(switches), 2 * TRIPS + (server is home), "its switches")
    story.ends()


@testcase("Story.TravelProfile#02")
def test_nickname_that_is_too_long(story):
    """A nickname of 65 characters is not stored."""
    _, _, _, travel = equipped(story)
    phone = story.phone
    expect.ok(phone.card.send(SetNicknameRequest(iccid=travel.iccid, profile_nickname=NICKNAME)))
    with story("and one more letter"):
        octets = SetNicknameRequest(iccid=travel.iccid, profile_nickname=NICKNAME + "!").encode()
        answer = phone.card.store(octets)
    accepted = answer.data.endswith(bytes((SetNicknameResult.ok,))) and answer.sw == 0x9000
    expect.that(holds=not accepted, expected="refused", actual="SetNickname answered ok(0)")
    expect.equal(nickname(phone, travel.iccid), NICKNAME, "nickname")
    story.ends()


@testcase("Story.TravelProfile#03")
def test_journey_is_over(story):
    """The line of the journey is deleted; the one at home is as it was."""
    _, foreign, mine, travel = equipped(story)
    phone = story.phone
    with story("the journey is over"):
        phone.delete(travel.iccid)
    expect.equal((phone.iccids, phone.on), ((mine.iccid,), (mine.iccid,)), "Profiles, the one on")
    mine.is_on_in(phone.card)
    phone.deliver()
    expect.equal([one.state for one in foreign.orders], ["Unavailable"], "order abroad")
    story.ends()


@testcase("Story.TravelProfile#04")
def test_bought_abroad_under_another_curve(story):
    """A Profile of another owner under the other curve is installed beside the one at home."""
    _, _, mine, travel = equipped(story, curve=Curve.BRAINPOOL_P256R1)
    phone = story.phone
    with story("I switch to the one from abroad"):
        phone.switch_on(travel.iccid)
    travel.is_on_in(phone.card)
    mine.is_unknown_to(phone.card)
    states = {one.iccid: one.profile_state for one in phone.listed}
    wanted = {mine.iccid: ProfileState.disabled, travel.iccid: ProfileState.enabled}
    expect.equal(states, wanted, "Profiles")
    story.ends()


@testcase("Story.TravelProfile#05")
def test_shop_of_an_unknown_ci(story):
    """A shop whose CI the card does not have is refused before the card is shown."""
    stranger = story.server(2, pki=make_pki(b"a CI that no card of ours has"))
    phone = story.phone
    before = phone.card.observe()
    order = stranger.order(story.line(1, stranger).profile)
    with story("I buy from a shop I do not know"):
        why = phone.is_refused(order.activation_code)
    expect.one_of(why, NO_COMMON_CI, "what the phone says")
    expect.unchanged(before, phone.card.observe())
    expect.equal(story.network.asked, ["initiateAuthentication"], "calls")
    expect.equal(order.state, "Released", "order")
    story.ends()


@testcase("Story.TravelProfile#06")
def test_one_server_down(story):
    """A server that is down holds back its own Notifications, and not those of the other."""
    home, foreign, mine, travel = equipped(story)
    phone = story.phone
    phone.deliver()
    heard = len(home.receipts)
    with story("the shop abroad has closed for the night"), story.network.down(foreign):
        phone.switch_on(travel.iccid)
        phone.switch_on(mine.iccid)
        phone.deliver()
        left = {one.metadata.notification_address for one in phone.waiting}
    expect.equal(left, {foreign.address}, "servers of the Notifications that wait")
    expect.equal(len(home.receipts) - heard, 2, "Notifications that came home")
    story.ends()
