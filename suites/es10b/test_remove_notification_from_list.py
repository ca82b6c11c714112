"""ES10b.RemoveNotificationFromList: removed permanently, its number never used again."""

from collections import Counter

from rspcore import tlv
from rspcore.messages.es10b import NotificationSentRequest, NotificationSentResult
from rspcore.messages.metadata import NotificationEvent
from rspcore.messages.notifications import ProfileInstallationResult
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect
from rspharness.card.signed_content import same_content
from rspharness.suite.preconditions import require_no_other_notifications

ONE = "PROFILE_OPERATIONAL1"
UNKNOWN_NUMBER = 0x7FFFFF


def remove(card, number):
    """Sends RemoveNotificationFromList and returns the response."""
    return card.send(NotificationSentRequest(seq_number=number))


def numbers(card):
    """Returns the numbers listed, smallest first."""
    return sorted(one.seq_number for one in card.notifications())


@testcase("ES10b.RemoveNotificationFromList#01")
def test_notification_is_removed(card, given, step):
    """A pending Notification is removed from both lists; the others stay as they were."""
    given.each_notification()
    before = numbers(card)
    with step("S_LPAd -> eUICC: RemoveNotificationFromList, one of five"):
        expect.equal(len(before), 5, "numbers listed")
        third = before[2]
        others = [one for one in card.pending_notifications() if _number(one) != third]
        response = remove(card, third)
    with step("Expected: ok(0); that entry gone, the others as they were"):
        expect.ok(response)
        expect.equal(numbers(card), [one for one in before if one != third], "numbers listed")
        same_content(card.pending_notifications(), others, "pending Notifications")


def _number(octets):
    """Returns the number of a pending Notification."""
    one = tlv.parse(octets)
    while one.tag != Tag.NotificationMetadata:
        tags = (Tag.ProfileInstallationResultData, Tag.NotificationMetadata)
        one = next(child for child in one.children() if child.tag in tags)
    return int.from_bytes(one.find(0x80).value, "big", signed=True)


@testcase("ES10b.RemoveNotificationFromList#02")
def test_unknown_number_removes_nothing(card, given, step):
    """A number of no Notification gives nothingToDelete(1)."""
    given.each_notification()
    before = card.pending_notifications()
    with step("S_LPAd -> eUICC: RemoveNotificationFromList, unknown number"):
        response = remove(card, UNKNOWN_NUMBER)
    with step("Expected: nothingToDelete(1), the list as before"):
        expect.error(response, NotificationSentResult.nothingToDelete)
        same_content(card.pending_notifications(), before, "pending Notifications")


@testcase("ES10b.RemoveNotificationFromList#03")
def test_removed_twice(card, given, step):
    """The second removal of a number finds nothing."""
    given.each_notification()
    number = numbers(card)[0]
    with step("S_LPAd -> eUICC: RemoveNotificationFromList; expected: ok(0)"):
        expect.ok(remove(card, number))
        before = card.observe()
    with step("S_LPAd -> eUICC: the same again; expected: nothingToDelete(1)"):
        expect.error(remove(card, number), NotificationSentResult.nothingToDelete)
        expect.unchanged(before, card.observe())


@testcase("ES10b.RemoveNotificationFromList#04")
def test_nothing_pending(card, given, step):
    """Without a pending Notification there is nothing to delete."""
    require_no_other_notifications(card)
    given.profiles(ONE)
    before = card.observe()
    with step("S_LPAd -> eUICC: RemoveNotificationFromList, number 1"):
        response = remove(card, 1)
    with step("Expected: nothingToDelete(1); everything as before"):
        expect.error(response, NotificationSentResult.nothingToDelete)
        expect.unchanged(before, card.observe())


@testcase("ES10b.RemoveNotificationFromList#05")
def test_installation_result_is_removed(card, given, server, step):
    """A ProfileInstallationResult is removed by its number."""
    given.none()
    with step("Initial conditions: a Profile installed"):
        pir = server.install(card, ONE).pir
    with step("S_LPAd -> eUICC: RemoveNotificationFromList, the number in the PIR"):
        response = remove(card, pir.data.notification_metadata.seq_number)
    with step("Expected: ok(0), no PIR pending"):
        expect.ok(response)
        left = [tlv.parse(one).tag for one in card.pending_notifications()]
        pending = [tag for tag in left if tag == ProfileInstallationResult.TAG]
        expect.equal(pending, [], "PIRs pending")


@testcase("ES10b.RemoveNotificationFromList#06")
def test_all_removed_youngest_first(card, given, step):
    """All Notifications can be removed, the youngest first."""
    given.each_notification()
    for number in reversed(numbers(card)):
        with step(f"S_LPAd -> eUICC: RemoveNotificationFromList, {number}; expected: ok(0)"):
            expect.ok(remove(card, number))
    with step("Expected: both lists empty"):
        expect.equal(numbers(card), [], "numbers listed")
        expect.equal(card.pending_notifications(), (), "pending Notifications")


@testcase("ES10b.RemoveNotificationFromList#07")
def test_removal_outlives_a_reset(card, given, step):
    """After reset and power loss the removed Notification is not listed."""
    given.each_notification()
    first, *left = numbers(card)
    with step("S_LPAd -> eUICC: RemoveNotificationFromList; reset; power off and on"):
        expect.ok(remove(card, first))
        card.reset()
        card.power_cycle()
    with step("Expected: the entry absent, the others there"):
        expect.equal(numbers(card), left, "numbers listed")


@testcase("ES10b.RemoveNotificationFromList#08")
def test_number_is_not_used_again(card, given, step):
    """After the youngest Notification was removed, the next event has a larger number."""
    (one,) = given.profiles(ONE, notifications=True)
    *left, youngest = numbers(card) or [0]
    with step("S_LPAd -> eUICC: RemoveNotificationFromList, the youngest; a Profile enabled"):
        expect.ok(remove(card, youngest))
        given.enable(one.iccid)
    with step("Expected: one more entry, with a larger number"):
        new = list((Counter(numbers(card)) - Counter(left)).elements())
        expect.that(
            holds=len(new) == 1 and new[0] > youngest,
            expected=f"one number above {youngest}",
            actual=f"{new}",
        )


def _is_deletion(entry):
    return NotificationEvent.notificationDelete in entry.profile_management_operation


@testcase("ES10b.RemoveNotificationFromList#09")
def test_notification_of_a_deleted_profile(card, given, step):
    """The delete Notification of a deleted Profile can be removed."""
    one = given.each_notification()
    with step("S_LPAd -> eUICC: ListNotification, RemoveNotificationFromList, the delete one"):
        listed = sorted(card.notifications(), key=_is_deletion)
        expect.equal([_is_deletion(entry) for entry in listed], [False] * 4 + [True], "deletions")
        deletion = listed[-1]
        expect.equal(deletion.iccid, one.metadata.iccid, "ICCID of the delete Notification")
        response = remove(card, deletion.seq_number)
    with step("Expected: ok(0), the entry gone"):
        expect.ok(response)
        expect.that(
            holds=deletion.seq_number not in numbers(card),
            expected=f"{deletion.seq_number} no longer listed",
            actual="listed",
        )


@testcase("ES10b.RemoveNotificationFromList#10")
def test_missing_number_is_refused(card, given, step):
    """A request without a number is refused, and removes nothing."""
    given.each_notification()
    before = card.observe()
    with step("S_LPAd -> eUICC: RemoveNotificationFromList, object 80 missing"):
        response = card.store(tlv.encode(Tag.NotificationSent))
    with step("Expected: SW 6A80"):
        expect.refused(response, StatusWord.WRONG_DATA)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ES10b.RemoveNotificationFromList#11")
def test_number_with_the_same_last_octet(card, given, step):
    """A number 256 above one that waits removes nothing."""
    given.profiles("PROFILE_OPERATIONAL1", notifications=True)
    before = [one.seq_number for one in card.notifications()]
    with step("S_LPAd -> eUICC: RemoveNotificationFromList, 256 more than each number listed"):
        for number in before:
            response = remove(card, number + 256)
            expect.error(response, NotificationSentResult.nothingToDelete)
    with step("Expected: the list as before"):
        expect.equal([one.seq_number for one in card.notifications()], before, "numbers")
