"""ES10b.ListNotification: the metadata of what is pending (SGP.22 v2, 5.7.9)."""

from collections.abc import Callable
from typing import Final

from rspcore.messages.es10b import ListNotificationRequest, ListNotificationResponse
from rspcore.messages.notifications import NotificationMetadata
from rspsim.euicc.decisions import Decision
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import PendingNotification

__all__ = ["EVENT_FILTER", "LISTED", "LIST_NOTIFICATION", "Pending"]

Pending = tuple[PendingNotification, ...]


def _passes(notification: PendingNotification, events: frozenset[int] | None) -> bool:
    """Returns whether the filter selects a notification: any without it, else one of its events."""
    return events is None or notification.event in events


EventFilter = Callable[[PendingNotification, frozenset[int] | None], bool]

EVENT_FILTER: Final[Decision[EventFilter]] = Decision(
    "es10b.notifications.event_filter", _passes, "which notifications a set of events asks for"
)


def _listed(pending: Pending, events: frozenset[int] | None, passes: EventFilter) -> Pending:
    return tuple(one for one in pending if passes(one, events))


LISTED: Final = Decision("es10b.list_notification.listed", _listed, "notifications the list names")


def _handle(request: ListNotificationRequest, view: View) -> Outcome:
    found = view.decisions[LISTED](
        view.state.notifications,
        request.profile_management_operation,
        view.decisions[EVENT_FILTER],
    )
    listed = tuple(NotificationMetadata.decode(one.metadata) for one in found)
    return view.answer(ListNotificationResponse(notification_metadata_list=listed))


LIST_NOTIFICATION: Final = Function(
    "ES10b.ListNotification", ListNotificationRequest, _handle, Interface.ES10B
)
