"""Story.SwitchAtOnce: one tap, and the other line is on; with a network or without."""

from rspcore.messages.es10c import (
    EnableProfileRequest,
    EnableResult,
    ProfileIdentifier,
)
from rspcore.status import StatusWord
from rspharness import testcase
from rspharness.card import expect
from rspharness.lpa.notification_delivery import remove_notification
from rspharness.suite import file_access, refresh

SWITCHES = 40
"""Six weeks, a switch a day."""


def two_lines(story, home, phone):
    """Returns two lines on a phone, the first one on, and nothing waiting."""
    pair = story.line(1, home), story.line(2, home)
    for line in pair:
        phone.scan(home.order(line.profile).activation_code)
    phone.switch_on(pair[0].iccid)
    phone.deliver()
    return pair


def aids(phone):
    """Returns the AID of each Profile by its ICCID."""
    return {one.iccid: one.isdp_aid for one in phone.listed}


@testcase("Story.SwitchAtOnce#01")
def test_switch_at_once(story):
    """The lines are switched in four ways without a link; the servers hear of it in order later."""
    home = story.server()
    phone = story.phone
    first, second = two_lines(story, home, phone)
    named = aids(phone)
    with story.network.down(home):
        for on, flag, by_aid in (
            (second, False, False),
            (first, True, False),
            (second, False, True),
            (first, True, True),
        ):
            with story("I tap the other one"):
                phone.switch_on(named[on.iccid] if by_aid else on.iccid, refresh=flag)
            expect.equal(phone.on, (on.iccid,), "Profile Enabled")
            on.is_on_in(phone.card)
    waiting = [one.metadata.seq_number for one in phone.waiting]
    expect.equal(len(waiting), 8, "Notifications that wait: disable and enable of each switch")
    heard = len(home.receipts)
    with story("back in town"):
        phone.deliver()
    came = [one.seq_number for one in home.receipts[heard:]]
    expect.equal(came, waiting, "numbers at the server, ascending")
    story.ends()


@testcase("Story.SwitchAtOnce#02")
def test_switch_of_a_busy_card(story):
    """A card whose toolkit is busy is drained, and switches."""
    home = story.server()
    phone = story.other_phone("Q", "busy-toolkit")
    first, second = two_lines(story, home, phone)
    with story("the menu is open, I tap the other one"):
        phone.switch_on(second.iccid)
    expect.equal(phone.on, (second.iccid,), "Profile Enabled")
    second.is_on_in(phone.card)
    first.is_unknown_to(phone.card)
    story.ends()


@testcase("Story.SwitchAtOnce#03")
def test_tap_on_the_one_that_is_on(story):
    """A tap on the line that is on is refused, and nothing changes."""
    home = story.server()
    phone = story.phone
    first, _ = two_lines(story, home, phone)
    before = phone.card.observe()
    with story("I tap the one that is on"):
        wanted = ProfileIdentifier(iccid=first.iccid)
        request = EnableProfileRequest(profile_identifier=wanted, refresh_flag=True)
        response = phone.card.send(request)
    expect.error(response, EnableResult.profileNotInDisabledState)
    expect.unchanged(before, phone.card.observe())
    first.is_on_in(phone.card)
    story.ends()


@testcase("Story.SwitchAtOnce#04")
def test_battery_out_before_the_refresh(story):
    """The power goes between the answer and the REFRESH: exactly one line is on, and works."""
    home = story.server()
    phone = story.phone
    pair = two_lines(story, home, phone)
    wanted = ProfileIdentifier(iccid=pair[1].iccid)
    with story("I tap the other one, and the battery falls out"):
        request = EnableProfileRequest(profile_identifier=wanted, refresh_flag=True)
        expect.ok(phone.card.send(request))
        phone.card.power_cycle()
    expect.equal(phone.on, (pair[1].iccid,), "Profile Enabled")
    pair[1].is_on_in(phone.card)
    story.ends()


@testcase("Story.SwitchAtOnce#05")
def test_notifications_removed_unsent(story):
    """Notifications that a phone removes unsent never reach the server, which thinks as before."""
    home = story.server()
    phone = story.phone
    _, second = two_lines(story, home, phone)
    before = home.orders, home.receipts
    with story("I tap the other one, and clear the list"):
        phone.switch_on(second.iccid)
        for one in phone.waiting:
            remove_notification(phone.card, one.metadata.seq_number)
    phone.deliver()
    expect.equal((home.orders, home.receipts), before, "what the server has")
    expect.equal(phone.on, (second.iccid,), "Profile Enabled")
    story.ends()


@testcase("Story.SwitchAtOnce#06")
def test_long_trip(story):
    """Six weeks without a link: the oldest Notifications may go, the youngest are unbroken."""
    home = story.server()
    phone = story.other_phone("Q")
    pair = two_lines(story, home, phone)
    heard = len(home.receipts)
    sent = max(one.seq_number for one in home.receipts)
    with story("for six weeks I change once a day"), story.network.down():
        for day in range(SWITCHES):
            phone.switch_on(pair[(day + 1) % 2].iccid, refresh=False)
    numbers = [one.metadata.seq_number for one in phone.waiting]
    last = sent + 2 * SWITCHES
    expect.that(holds=bool(numbers), expected="Notifications that wait", actual="none")
    unbroken = list(range(last - len(numbers) + 1, last + 1))
    expect.equal(numbers, unbroken, "numbers that wait: the last ones, none missing")
    with story("home again"):
        phone.deliver()
    came = [one.seq_number for one in home.receipts[heard:]]
    expect.equal(came, numbers, "numbers at the server")
    lost = 2 * SWITCHES - len(numbers)
    story.note(f"{len(numbers)} Notifications kept, the {lost} oldest lost without a word")
    story.ends()


@testcase("Story.SwitchAtOnce#07")
def test_all_off(story, given):
    """All lines off: nothing on the card says who its user is; on again, the line goes on."""
    home = story.server()
    phone = story.phone
    first, _ = two_lines(story, home, phone)
    given.none_enabled()
    first.is_on_in(phone.card)
    with story("nobody shall know where I am"):
        phone.switch_off(first.iccid)
    for _ in range(2):
        expect.equal(phone.on, (), "Profiles Enabled")
        file_access.default_files_only(phone.card)
        no_usim = file_access.select_application(phone.card)
        expect.refused(no_usim, StatusWord.FILE_NOT_FOUND, about="SELECT USIM")
        phone.card.power_cycle()
    phone.deliver()
    expect.equal(home.receipts[-1].event, "notificationDisable", "the last sign of me")
    with story("here I am again"):
        phone.switch_on(first.iccid)
    first.is_on_in(phone.card)
    story.ends()


@testcase("Story.SwitchAtOnce#08")
def test_switch_without_a_restart(story):
    """A terminal that knows REFRESH "eUICC Profile State Change" sees no reset, nor needs one."""
    home = story.server()
    phone = story.phone
    pair = two_lines(story, home, phone)
    phone.card.terminal_profile = refresh.STATE_CHANGE_PROFILE
    phone.card.reset()
    with story("I tap the other one, and nothing restarts"):
        phone.card.eid()
        wanted = ProfileIdentifier(iccid=pair[1].iccid)
        request = EnableProfileRequest(profile_identifier=wanted, refresh_flag=True)
        expect.ok(phone.card.send(request))
        command = refresh.required(phone.card)
        refresh.carry_out(phone.card, command)
    expect.equal(phone.on, (pair[1].iccid,), "Profile Enabled")
    pair[1].is_on_in(phone.card)
    story.note(f"qualifier of REFRESH {command.qualifier:02X}")
    story.ends()
