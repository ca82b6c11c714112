"""ES10b.ListNotification: what is pending, by event, each once and with a number of its own."""

from dataclasses import replace

from rspcore import tlv
from rspcore.apdu import ResponseApdu
from rspcore.messages.es10b import (
    ListNotificationRequest,
    ListNotificationResponse,
    NotificationSentRequest,
    NotificationSentResult,
    RetrieveNotificationsListRequest,
    SearchCriteria,
)
from rspcore.messages.es10c import DisableProfileRequest, EnableProfileRequest
from rspcore.messages.metadata import NotificationConfigurationInformation, NotificationEvent
from rspcore.profile_maker import preset
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.suite import store_data_blocks
from rspharness.suite.preconditions import require_no_other_notifications

ONE = "PROFILE_OPERATIONAL1"
ADDRESS = "testsmdpplus1.example.com"
EMPTY = bytes.fromhex("BF2802A000")

INSTALL, ENABLE, DISABLE, DELETE = NotificationEvent
PENDING = (INSTALL, INSTALL, ENABLE, DISABLE, DELETE)
"""Events after `given.each_notification()`: the ProfileInstallationResult is listed as install."""


def listed(card, *events):
    """Asks for Notifications of some events; returns those listed, without somebody else's."""
    wanted = frozenset(events) if events else None
    response = card.send(ListNotificationRequest(profile_management_operation=wanted))
    expect.ok(response)
    return own(card, response.notification_metadata_list)


def own(card, entries):
    """Returns the entries that are not of somebody else."""
    return [one for one in entries if not card.aboard.owns(one.seq_number, one.iccid)]


def expect_events(card, one, asked, *events):
    """Requires that a filter finds exactly the Notifications of these events of a Profile."""
    iccid = one.metadata.iccid
    expect.notifications(listed(card, *asked), *((event, iccid, ADDRESS) for event in events))


@testcase("ES10b.ListNotification#01")
def test_everything_is_listed_without_a_filter(card, given, step):
    """Without a filter every pending Notification is listed."""
    one = given.each_notification()
    with step("S_LPAd -> eUICC: ListNotification; expected: install twice, enable ... delete"):
        expect_events(card, one, (), *PENDING)


@testcase("ES10b.ListNotification#02")
def test_nothing_pending_gives_an_empty_list(card, given, step):
    """Without a pending Notification the list is there and empty."""
    require_no_other_notifications(card)
    given.profiles(ONE)
    with step("S_LPAd -> eUICC: ListNotification"):
        response = card.store(ListNotificationRequest().encode())
    with step("Expected: an empty notificationMetadataList"):
        expect.equal(response, ResponseApdu(EMPTY, 0x9000))


@testcase.each(
    "asked",
    {
        "ES10b.ListNotification#03": (INSTALL,),
        "ES10b.ListNotification#04": (ENABLE,),
        "ES10b.ListNotification#05": (DISABLE,),
        "ES10b.ListNotification#06": (DELETE,),
        "ES10b.ListNotification#07": (ENABLE, DELETE),
        "ES10b.ListNotification#08": (INSTALL, ENABLE, DISABLE, DELETE),
    },
)
def test_filter_finds_its_events(card, given, step, asked):
    """A filter finds the Notifications of the events whose bits are set, and no others."""
    one = given.each_notification()
    with step(f"S_LPAd -> eUICC: ListNotification, {', '.join(event.name for event in asked)}"):
        found = listed(card, *asked)
    with step("Expected: Notifications of these events, and no others"):
        wanted = [event for event in PENDING if event in asked]
        expect.notifications(found, *((event, one.metadata.iccid, ADDRESS) for event in wanted))


@testcase("ES10b.ListNotification#09")
def test_filter_without_a_bit_finds_nothing(card, given, note, step):
    """A filter with all bits zero finds nothing."""
    given.each_notification()
    with step("S_LPAd -> eUICC: ListNotification, a filter without a bit"):
        request = ListNotificationRequest(profile_management_operation=frozenset())
        response = card.store(request.encode())
        note(f"filter without a bit: SW {response.sw:04X}, {len(response.data)} octets")
    with step("Expected: an empty notificationMetadataList"):
        expect.equal(response, ResponseApdu(EMPTY, 0x9000))


@testcase("ES10b.ListNotification#10")
def test_filter_that_fits_nothing(card, given, step):
    """A filter for an event of which nothing is pending gives an empty list."""
    require_no_other_notifications(card)
    given.profiles(ONE, notifications=True)
    with step("S_LPAd -> eUICC: ListNotification, notificationDelete"):
        request = ListNotificationRequest(profile_management_operation=frozenset({DELETE}))
        response = card.store(request.encode())
    with step("Expected: an empty notificationMetadataList"):
        expect.equal(response, ResponseApdu(EMPTY, 0x9000))


EACH_ITS_OWN = replace(
    preset(ONE),
    notification_configuration=tuple(
        NotificationConfigurationInformation(
            profile_management_operation=frozenset({event}),
            notification_address=f"dp{event.value}.example.com",
        )
        for event in NotificationEvent
    ),
)


@testcase("ES10b.ListNotification#12")
def test_entry_holds_what_the_profile_configured(card, given, make_server, step):
    """Each entry has its number, one event, the address configured for it, and the ICCID."""
    (one,) = given.profiles(EACH_ITS_OWN, notifications=True)
    with step("Initial conditions: the Profile enabled and disabled"):
        given.enable(one.iccid)
        given.disable(one.iccid)
    with step("S_LPAd -> eUICC: ListNotification"):
        found = listed(card)
    with step("Expected: the PIR to the SM-DP+, each event to its own address"):
        expect.notifications(
            found,
            (INSTALL, one.iccid, make_server().address),
            (INSTALL, one.iccid, "dp0.example.com"),
            (ENABLE, one.iccid, "dp1.example.com"),
            (DISABLE, one.iccid, "dp2.example.com"),
        )


@testcase("ES10b.ListNotification#13")
def test_later_event_has_the_larger_number(card, given, step):
    """Every Notification is listed once, under a number of its own that grows with time."""
    given.each_notification()
    with step("S_LPAd -> eUICC: ListNotification"):
        found = {one.seq_number: min(one.profile_management_operation) for one in listed(card)}
    with step("Expected: five numbers; in their order install, install, enable, disable, delete"):
        in_order = [found[number] for number in sorted(found)]
        expect.equal(in_order, list(PENDING), "events by number")


@testcase("ES10b.ListNotification#14")
def test_long_list_comes_whole(card, given, step):
    """Ten Notifications, more than one response holds, come complete over 61XX."""
    (one,) = given.profiles(ONE, notifications=True)
    with step("Initial conditions: enabled and disabled four times, ten Notifications"):
        for _ in range(4):
            given.enable(one.iccid)
            given.disable(one.iccid)
    with step("S_LPAd -> eUICC: ListNotification; expected: 61XX"):
        parts = store_data_blocks.answers_in_parts(
            card, store_data_blocks.block(card, ListNotificationRequest().encode())
        )
        expect.that(holds=len(parts) > 1, expected="61XX first", actual="one response")
        expect.success(parts[-1])
    with step("Expected: ten entries"):
        whole = expect.message(ListNotificationResponse, b"".join(part.data for part in parts))
        events = (INSTALL, INSTALL, *(ENABLE, DISABLE) * 4)
        expected = ((event, one.iccid, ADDRESS) for event in events)
        expect.notifications(own(card, whole.notification_metadata_list), *expected)


@testcase("ES10b.ListNotification#15")
def test_installation_result_is_listed_as_install(card, given, server, step):
    """A ProfileInstallationResult is listed as install, to the address of the SM-DP+."""
    silent = replace(preset(ONE), notification_configuration=())
    (one,) = given.profiles(silent, notifications=True)
    with step("S_LPAd -> eUICC: ListNotification; expected: one entry, install"):
        expect.notifications(listed(card), (INSTALL, one.iccid, server.address))


@testcase("ES10b.ListNotification#16")
def test_reading_leaves_the_list(card, given, step):
    """Reading the list twice gives the same answer."""
    given.each_notification()
    with step("S_LPAd -> eUICC: ListNotification, twice"):
        first = card.store(ListNotificationRequest().encode())
        second = card.store(ListNotificationRequest().encode())
    with step("Expected: the same answer, five entries"):
        expect.equal(second, first)
        expect.equal(len(listed(card)), len(PENDING), "entries")


@testcase("ES10b.ListNotification#17")
def test_number_of_128_is_positive(card, given, step):
    """A number of 128 or more is coded as a positive INTEGER, and found by that coding."""
    (one,) = given.profiles(ONE, notifications=True)
    with step("Initial conditions: enabled and disabled until a number of 128 or more"):
        number = _number_of_128_or_more(card, given, one)
    with step("S_LPAd -> eUICC: ListNotification; expected: the number with a leading 00 octet"):
        expect.that(holds=number >= 128, expected="128 or more listed", actual=str(number))
        coded = [
            bytes(entry.find(0x80).value)
            for entry in tlv.parse(
                tlv_edit.at(card.store(ListNotificationRequest().encode()).data, 0xA0)
            ).children()
        ]
        wanted = number.to_bytes(number.bit_length() // 8 + 1, "big")
        expect.that(
            holds=wanted in coded,
            expected=f"{number} as 80 {len(wanted):02X} {wanted.hex(' ').upper()}",
            actual=", ".join(one.hex(" ").upper() for one in coded),
        )
    with step("S_LPAd -> eUICC: RetrieveNotificationsList, that number; expected: one entry"):
        criteria = SearchCriteria(seq_number=number)
        response = card.send(RetrieveNotificationsListRequest(search_criteria=criteria))
        expect.equal(len(response.notification_list or ()), 1, "Notifications retrieved")
    with step("S_LPAd -> eUICC: RemoveNotificationFromList, that number; expected: ok(0)"):
        removed = card.send(NotificationSentRequest(seq_number=number))
        expect.one_of(removed.delete_notification_status, (NotificationSentResult.ok,))


def _number_of_128_or_more(card, given, one):
    """Enables and disables a Profile until a Notification has such a number; returns the number.

    Also once where a number is as high before: whether the case applies does not hang on the cases
    before it. Beside somebody else's, those of this Profile are removed on the way: where many
    wait, a card may drop the oldest.
    """
    requests = (
        EnableProfileRequest(profile_identifier=one.by_iccid, refresh_flag=False),
        DisableProfileRequest(profile_identifier=one.by_iccid, refresh_flag=False),
    )
    count = max((entry.seq_number for entry in card.notifications()), default=0)
    while True:
        if card.aboard.notifications and count % 16 < len(requests):
            given.no_notifications()
        for request in requests:
            expect.ok(card.send(request))
        count += len(requests)
        if count >= 128:
            return max((entry.seq_number for entry in card.notifications()), default=count)
