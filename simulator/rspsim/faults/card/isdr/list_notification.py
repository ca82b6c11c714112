"""Faults of the list of Notifications: what is listed, and what can be retrieved."""

from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.messages.es10b import (
    ListNotificationResponse,
    RetrieveNotificationsListResponse,
    RetrieveNotificationsListResultError,
    SearchCriteria,
)
from rspcore.tags import Tag
from rspsim.euicc.isdr.es10b import list_notification, retrieve_notifications_list
from rspsim.euicc.isdr.es10b.list_notification import EventFilter, Pending
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import PendingNotification
from rspsim.faults.card.card_fault import CardFault, behind, swap

__all__ = ["FAULTS", "is_result"]

_NOTHING_LISTED = ListNotificationResponse(notification_metadata_list=()).encode()
_NOTHING_FOUND = frozenset(
    {
        RetrieveNotificationsListResponse(notification_list=()).encode(),
        RetrieveNotificationsListResponse(
            notifications_list_result_error=RetrieveNotificationsListResultError.noResultAvailable
        ).encode(),
    }
)
_LIST = list_notification.LIST_NOTIFICATION
_RETRIEVE = retrieve_notifications_list.RETRIEVE_NOTIFICATIONS_LIST


def is_result(one: PendingNotification) -> bool:
    """Returns whether this is a ProfileInstallationResult."""
    return tlv.parse(one.octets).tag == Tag.ProfileInstallationResult


def _listed_without_results(
    pending: Pending, events: frozenset[int] | None, passes: EventFilter
) -> Pending:
    others = tuple(one for one in pending if not is_result(one))
    return list_notification.LISTED.standard(others, events, passes)


def _listed_in_part(
    pending: Pending, events: frozenset[int] | None, passes: EventFilter
) -> Pending:
    return list_notification.LISTED.standard(pending, events, passes)[:8]


def _found_without_results(
    pending: Pending, criteria: SearchCriteria | None, passes: EventFilter
) -> Pending:
    others = tuple(one for one in pending if not is_result(one))
    return retrieve_notifications_list.FOUND.standard(others, criteria, passes)


def _found_in_part(
    pending: Pending, criteria: SearchCriteria | None, passes: EventFilter
) -> Pending:
    return retrieve_notifications_list.FOUND.standard(pending, criteria, passes)[:4]


def _none_listed_in_long_form(outcome: Outcome, view: View) -> Outcome:
    if outcome.response.data != _NOTHING_LISTED:
        return outcome
    return view.outcome(bytes.fromhex("BF2803A08100"))


def _none_found_is_undefined(outcome: Outcome, view: View) -> Outcome:
    if outcome.response.data not in _NOTHING_FOUND:
        return outcome
    code = RetrieveNotificationsListResultError.undefinedError
    return view.answer(RetrieveNotificationsListResponse(notifications_list_result_error=code))


def _oldest_forgotten(outcome: Outcome, view: View) -> Outcome:
    left = view.state.notifications[1:]
    return replace(outcome, state=replace(view.state, notifications=left))


FAULTS: Final = (
    CardFault(
        "es10b.notifications.filter-ignored",
        "The event filter has no effect.",
        (
            "ES10b.ListNotification#03",
            "ES10b.RetrieveNotificationsList#05",
            "ES10b.ListNotification#04",
            "ES10b.ListNotification#05",
            "ES10b.ListNotification#06",
            "ES10b.ListNotification#07",
            "ES10b.ListNotification#09",
            "ES10b.ListNotification#10",
            "ES10b.RetrieveNotificationsList#04",
            "ES10b.RetrieveNotificationsList#06",
            "ES10b.RetrieveNotificationsList#07",
            "ES10b.RetrieveNotificationsList#18",
        ),
        swap(list_notification.EVENT_FILTER, lambda _notification, _events: True),
    ),
    CardFault(
        "es10b.retrieve-notifications-list.criteria-ignored",
        "RetrieveNotificationsList returns everything, whatever the criteria are.",
        (
            "ES10b.RetrieveNotificationsList#02",
            "ES10b.RetrieveNotificationsList#03",
            "ES10b.ListNotification#17",
            "ES10b.RetrieveNotificationsList#04",
            "ES10b.RetrieveNotificationsList#05",
            "ES10b.RetrieveNotificationsList#06",
            "ES10b.RetrieveNotificationsList#07",
            "ES10b.RetrieveNotificationsList#09",
            "ES10b.RetrieveNotificationsList#16",
            "ES10b.RetrieveNotificationsList#18",
        ),
        swap(retrieve_notifications_list.FOUND, lambda pending, _criteria, _passes: pending),
    ),
    CardFault(
        "es10b.list-notification.results-hidden",
        "A ProfileInstallationResult is not listed.",
        (
            "ES10b.ListNotification#01",
            "ES10b.ListNotification#03",
            "ES10b.ListNotification#08",
            "ES10b.ListNotification#12",
            "ES10b.ListNotification#13",
            "ES10b.ListNotification#14",
            "ES10b.ListNotification#15",
            "ES10b.ListNotification#16",
            "ES10b.RemoveNotificationFromList#01",
            "ES10b.RemoveNotificationFromList#04",
            "ES10b.RemoveNotificationFromList#06",
            "ES10b.RemoveNotificationFromList#09",
            "ES10b.RetrieveNotificationsList#08",
            "ES10b.RetrieveNotificationsList#16",
        ),
        swap(list_notification.LISTED, _listed_without_results),
    ),
    CardFault(
        "es10b.list-notification.cut",
        "At most eight notifications are listed.",
        (
            "procedure.Notifications#05",
            "ES10b.ListNotification#14",
            "ES10b.ListNotification#17",
        ),
        swap(list_notification.LISTED, _listed_in_part),
    ),
    CardFault(
        "es10b.list-notification.none-in-long-form",
        "The length of an empty list is in the long form, which is not DER.",
        (
            "ES10b.ListNotification#02",
            "ES10b.ListNotification#09",
            "ES10b.ListNotification#10",
        ),
        behind(_LIST, _none_listed_in_long_form),
    ),
    CardFault(
        "es10b.list-notification.consuming",
        "Listing the notifications removes the oldest.",
        (
            "ES10b.ListNotification#16",
            "ES10b.RemoveNotificationFromList#01",
            "ES10b.RemoveNotificationFromList#03",
            "ES10b.RemoveNotificationFromList#06",
            "ES10b.RemoveNotificationFromList#07",
            "ES10b.RemoveNotificationFromList#10",
            "ES10b.RetrieveNotificationsList#16",
        ),
        behind(_LIST, _oldest_forgotten),
    ),
    CardFault(
        "es10b.notifications.filter-exact",
        "A filter for several events finds no notification.",
        (
            "ES10b.ListNotification#07",
            "ES10b.ListNotification#08",
            "ES10b.RetrieveNotificationsList#18",
        ),
        swap(
            list_notification.EVENT_FILTER,
            lambda one, events: events is None or events == {one.event},
        ),
    ),
    CardFault(
        "es10b.notifications.no-bit-is-any",
        "A filter without any bit set has no effect.",
        ("ES10b.ListNotification#09",),
        swap(
            list_notification.EVENT_FILTER,
            lambda one, events: not events or one.event in events,
        ),
    ),
    CardFault(
        "es10b.retrieve-notifications-list.results-hidden",
        "A ProfileInstallationResult cannot be retrieved.",
        (
            "ES10b.RetrieveNotificationsList#01",
            "ES10b.RetrieveNotificationsList#03",
            "ES10b.RetrieveNotificationsList#04",
            "ES10b.RetrieveNotificationsList#11",
            "ES10b.RetrieveNotificationsList#15",
            "ES10b.RetrieveNotificationsList#16",
        ),
        swap(retrieve_notifications_list.FOUND, _found_without_results),
    ),
    CardFault(
        "es10b.retrieve-notifications-list.cut",
        "At most four notifications are retrieved.",
        (
            "ES10b.RetrieveNotificationsList#01",
            "ES10b.RetrieveNotificationsList#10",
            "ES10b.RetrieveNotificationsList#15",
            "ES10b.RetrieveNotificationsList#16",
            "ES10b.RemoveNotificationFromList#01",
        ),
        swap(retrieve_notifications_list.FOUND, _found_in_part),
    ),
    CardFault(
        "es10b.retrieve-notifications-list.none-is-undefined",
        "An empty search result is answered undefinedError(127).",
        (
            "ES10b.RetrieveNotificationsList#08",
            "ES10b.RetrieveNotificationsList#09",
        ),
        behind(_RETRIEVE, _none_found_is_undefined),
    ),
    CardFault(
        "es10b.retrieve-notifications-list.consuming",
        "Retrieving notifications removes the oldest.",
        (
            "ES10b.RetrieveNotificationsList#09",
            "ES10b.RetrieveNotificationsList#15",
            "ES10b.RemoveNotificationFromList#01",
            "ES10b.RemoveNotificationFromList#02",
            "ES10c.DeleteProfile#14",
            "ES10c.eUICCMemoryReset#22",
        ),
        behind(_RETRIEVE, _oldest_forgotten),
    ),
)
