"""Faults of RemoveNotificationFromList: which notifications are removed, and when."""

from dataclasses import replace
from typing import Final

from rspcore.messages.es10b import NotificationSentResult, SearchCriteria
from rspcore.messages.notifications import NotificationMetadata
from rspsim.euicc import startup
from rspsim.euicc.decisions import Check
from rspsim.euicc.isdr.es10b import (
    list_notification,
    remove_notification_from_list,
    retrieve_notifications_list,
)
from rspsim.euicc.isdr.es10b.list_notification import EventFilter, Pending
from rspsim.euicc.isdr.es10b.remove_notification_from_list import RemovalAttempt
from rspsim.euicc.state import CardState, PendingNotification
from rspsim.faults.card.card_fault import CardFault, adds, skip, swap, together
from rspsim.faults.card.isdr.list_notification import is_result

__all__ = ["FAULTS"]

_NOTHING = NotificationSentResult.nothingToDelete


def _positive(one: PendingNotification, events: frozenset[int] | None) -> bool:
    return one.seq_number > 0 and list_notification.EVENT_FILTER.standard(one, events)


def _found_positive(
    pending: Pending, criteria: SearchCriteria | None, passes: EventFilter
) -> Pending:
    visible = tuple(one for one in pending if one.seq_number > 0)
    return retrieve_notifications_list.FOUND.standard(visible, criteria, passes)


def _hidden(state: CardState, seq_number: int) -> CardState:
    return replace(
        state,
        notifications=tuple(
            replace(one, seq_number=-one.seq_number) if one.seq_number == seq_number else one
            for one in state.notifications
        ),
    )


def _hidden_restored(state: CardState, /) -> CardState:
    return replace(
        state,
        notifications=tuple(
            replace(one, seq_number=abs(one.seq_number)) for one in state.notifications
        ),
    )


def _number_reused(state: CardState, seq_number: int) -> CardState:
    left = remove_notification_from_list.REMOVED.standard(state, seq_number)
    newest = seq_number == state.next_seq_number - 1
    return replace(left, next_seq_number=seq_number) if newest else left


def _profile_installed(attempt: RemovalAttempt) -> bool:
    one = attempt.notification
    if one is None:
        return False
    iccid = NotificationMetadata.decode(one.metadata).iccid
    return attempt.state.profile_by_iccid(iccid) is not None


def _no_result(attempt: RemovalAttempt) -> bool:
    return attempt.notification is None or not is_result(attempt.notification)


FAULTS: Final = (
    CardFault(
        "es10b.remove-notification.not-removed",
        "A notification is confirmed as removed and stays.",
        (
            "ES10b.RemoveNotificationFromList#01",
            "ES10b.RemoveNotificationFromList#03",
            "ES10b.ListNotification#02",
            "ES10b.RetrieveNotificationsList#08",
            "ES10b.RemoveNotificationFromList#04",
            "ES10b.RemoveNotificationFromList#05",
            "ES10b.RemoveNotificationFromList#06",
            "ES10b.RemoveNotificationFromList#07",
            "ES10b.RemoveNotificationFromList#08",
            "ES10b.RemoveNotificationFromList#09",
            "ES10c.EnableProfile#34",
            "ES10c.EnableProfile#35",
            "ES10c.DisableProfile#18",
            "ES10c.DisableProfile#19",
        ),
        swap(remove_notification_from_list.REMOVED, lambda state, _seq_number: state),
    ),
    CardFault(
        "es10b.remove-notification.everything",
        "Removing one notification removes all of them.",
        (
            "ES10b.RemoveNotificationFromList#01",
            "ES10b.RemoveNotificationFromList#06",
            "ES10b.RemoveNotificationFromList#07",
        ),
        swap(
            remove_notification_from_list.REMOVED,
            lambda state, _seq_number: replace(state, notifications=()),
        ),
    ),
    CardFault(
        "es10b.remove-notification.always-ok",
        "Removing a notification that does not exist is answered ok(0).",
        (
            "ES10b.RemoveNotificationFromList#02",
            "ES10b.RemoveNotificationFromList#03",
            "ES10b.RemoveNotificationFromList#04",
        ),
        skip(remove_notification_from_list.CHECKS, "found"),
    ),
    CardFault(
        "es10b.remove-notification.results-kept",
        "A ProfileInstallationResult cannot be removed.",
        (
            "ES10b.RemoveNotificationFromList#03",
            "ES10b.RemoveNotificationFromList#05",
            "ES10b.RemoveNotificationFromList#06",
            "ES10b.RemoveNotificationFromList#07",
        ),
        adds(remove_notification_from_list.CHECKS, Check("no_result", _no_result, _NOTHING)),
    ),
    CardFault(
        "es10b.remove-notification.orphans-kept",
        "Notifications of a deleted Profile cannot be removed.",
        (
            "ES10b.RemoveNotificationFromList#01",
            "ES10b.RemoveNotificationFromList#03",
            "ES10b.RemoveNotificationFromList#06",
            "ES10b.RemoveNotificationFromList#07",
            "ES10b.RemoveNotificationFromList#09",
        ),
        adds(remove_notification_from_list.CHECKS, Check("owned", _profile_installed, _NOTHING)),
    ),
    CardFault(
        "es10b.remove-notification.back-at-reset",
        "A removed notification is listed again after a reset.",
        (
            "ES10b.RemoveNotificationFromList#04",
            "ES10b.RemoveNotificationFromList#07",
            "ES10b.RemoveNotificationFromList#08",
            "ES10b.ListNotification#02",
            "ES10b.RetrieveNotificationsList#08",
            "ES10c.DeleteProfile#12",
            "ES10c.DeleteProfile#13",
            "ES10c.DeleteProfile#20",
            "ES10c.DisableProfile#18",
            "ES10c.DisableProfile#19",
            "ES10c.DisableProfile#20",
            "ES10c.DisableProfile#24",
            "ES10c.EnableProfile#34",
            "ES10c.EnableProfile#35",
        ),
        together(
            swap(remove_notification_from_list.REMOVED, _hidden),
            swap(list_notification.EVENT_FILTER, _positive),
            swap(retrieve_notifications_list.FOUND, _found_positive),
            swap(startup.KEPT, _hidden_restored),
        ),
    ),
    CardFault(
        "es10b.remove-notification.number-rewound",
        "When the newest notification is removed, its number is used again.",
        (
            "ES10b.LoadBoundProfilePackage#24",
            "procedure.Notifications#13",
            "ES10b.RemoveNotificationFromList#08",
        ),
        swap(remove_notification_from_list.REMOVED, _number_reused),
    ),
    CardFault(
        "notifications.lost-at-reset",
        "All notifications are lost at a reset.",
        (
            "ES10b.ListNotification#01",
            "ES10b.ListNotification#03",
            "ES10b.ListNotification#04",
            "ES10b.ListNotification#05",
            "ES10b.ListNotification#07",
            "ES10b.ListNotification#08",
            "ES10b.ListNotification#12",
            "ES10b.ListNotification#13",
            "ES10b.ListNotification#14",
            "ES10b.ListNotification#15",
            "ES10b.ListNotification#16",
            "ES10b.RemoveNotificationFromList#01",
            "ES10b.RemoveNotificationFromList#08",
            "ES10b.RemoveNotificationFromList#09",
        ),
        swap(startup.KEPT, lambda state: replace(state, notifications=())),
    ),
)
