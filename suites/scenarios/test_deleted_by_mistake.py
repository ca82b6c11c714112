"""Story.DeletedByMistake: the wrong Profile is deleted, and comes back."""

from itertools import permutations

from rspcore.ids import Iccid
from rspcore.messages.es10b import GetEuiccInfo2Request
from rspcore.messages.es10c import (
    DeleteProfileRequest,
    DeleteResult,
    EuiccMemoryResetRequest,
    ResetOption,
    ResetResult,
)
from rspharness import testcase
from rspharness.card import expect
from rspharness.lpa.notification_delivery import deliver

NOBODYS = Iccid.from_digits("8929905559999999999")
USED_UP = "8.2.6/3.8"


def free_memory(card):
    """Returns the free non-volatile memory EUICCInfo2 reports, in octets."""
    resource = card.send(GetEuiccInfo2Request()).ext_card_resource
    return int.from_bytes(resource.free_non_volatile_memory, "big")


@testcase("Story.DeletedByMistake#01")
def test_deleted_by_mistake(story):
    """A Profile deleted by mistake is gone, its code used up, and a new code brings it back."""
    home = story.server()
    phone = story.phone
    mine, other = story.line(1, home), story.line(2, home)
    first = home.order(mine.profile)
    phone.scan(home.order(other.profile).activation_code)
    before = free_memory(phone.card)
    phone.scan(first.activation_code)
    phone.switch_on(other.iccid)
    with story("oh no, that was the wrong one"):
        phone.delete(mine.iccid)
    expect.equal(phone.iccids, (other.iccid,), "Profiles left")
    expect.equal(phone.on, (other.iccid,), "Profile Enabled")
    expect.equal(free_memory(phone.card), before, "free memory, as before its installation")
    with story("I scan the old code"):
        expect.equal(phone.is_refused(first.activation_code), USED_UP, "what the phone says")
    phone.deliver()
    expect.equal(first.state, "Unavailable", "order of the deleted one")
    with story("support gives it back, I scan again"):
        second = home.order(mine.profile)
        phone.scan(second.activation_code)
    expect.equal(set(phone.iccids), {mine.iccid, other.iccid}, "Profiles")
    expect.equal((first.state, second.state), ("Unavailable", "Installed"), "orders")
    phone.switch_on(mine.iccid)
    mine.is_on_in(phone.card)
    story.ends()


@testcase("Story.DeletedByMistake#02")
def test_notifications_in_any_order(story):
    """The Notifications come in any order, once or twice, and each is booked on its own order."""
    home = story.server()
    phone = story.phone
    for number, order in enumerate(permutations(range(3)), 1):
        line = story.line(number, home)
        first = home.order(line.profile)
        phone.scan(first.activation_code)
        phone.delete(line.iccid)
        second = home.order(line.profile)
        with story("it is back before anybody heard that it was gone"):
            phone.scan(second.activation_code, deliver=False)
        waiting = phone.waiting
        events = [_event(one) for one in waiting]
        wanted = ["notificationInstall", "notificationDelete", "notificationInstall"]
        expect.equal(events, wanted, "Notifications that wait")
        for place in order:
            deliver(phone.card, story.network, waiting[place])
        for one in waiting:  # a phone that lost the answer sends it again
            phone.send_again(one)
        states = first.state, second.state
        expect.equal(states, ("Unavailable", "Installed"), f"orders, delivered {order}")
        phone.delete(line.iccid)
        phone.deliver()
        expect.equal(second.state, "Unavailable", "order, deleted again")
    story.ends(unreported=("DUPLICATE", "NO_EFFECT"))


def _event(notification):
    (event,) = notification.metadata.profile_management_operation
    return event.name


@testcase("Story.DeletedByMistake#03")
def test_deleted_once_too_often(story):
    """The Enabled Profile and an unknown one are not deleted, each for its reason."""
    home = story.server()
    phone = story.phone
    line = story.line(1, home)
    phone.scan(home.order(line.profile).activation_code)
    phone.switch_on(line.iccid)
    for iccid, code in (
        (line.iccid, DeleteResult.profileNotInDisabledState),
        (NOBODYS, DeleteResult.iccidOrAidNotFound),
    ):
        before = phone.card.observe()
        with story("I delete it, whatever it is"):
            response = phone.card.send(DeleteProfileRequest(iccid=iccid))
        expect.error(response, code)
        expect.unchanged(before, phone.card.observe())
    line.is_on_in(phone.card)
    story.ends()


@testcase("Story.DeletedByMistake#04", level="destructive")
def test_nothing_left_to_delete(story):
    """A reset of a phone on which everything is deleted finds nothing to delete, or is ok."""
    phone = story.phone
    everything = frozenset(
        {ResetOption.deleteOperationalProfiles, ResetOption.deleteFieldLoadedTestProfiles}
    )
    with story("I reset it, to be sure"):
        response = phone.card.send(EuiccMemoryResetRequest(reset_options=everything))
    results = (ResetResult.nothingToDelete, ResetResult.ok)
    expect.one_of(response.reset_result, results, "resetResult")
    expect.equal(phone.iccids, (), "Profiles")
    story.ends()
