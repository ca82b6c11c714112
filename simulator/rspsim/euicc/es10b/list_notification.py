"""ES10b.ListNotification: the metadata of what is pending (SGP.22 v2, 5.7.9)."""

from collections.abc import Callable
from typing import Final

from rspcore.messages.es10b import ListNotificationRequest, ListNotificationResponse
from rspcore.messages.notifications import NotificationMetadata
from rspsim.euicc.decisions import Decision
from rspsim.euicc.function import Function, Interface
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import PendingNotification

__all__ = ["EVENT_FILTER", "LIST_NOTIFICATION"]


def _passes(notification: PendingNotification, events: frozenset[int] | None) -> bool:
    """Tell whether a notification is wanted: any without a filter, else its event in the set."""
    return events is None or notification.event in events


EventFilter = Callable[[PendingNotification, frozenset[int] | None], bool]

EVENT_FILTER: Final[Decision[EventFilter]] = Decision(
    "es10b.notifications.event_filter", _passes, "which notifications a set of events asks for"
)


def _handle(request: ListNotificationRequest, view: View) -> Outcome:
    passes = view.decisions[EVENT_FILTER]
    wanted = request.profile_management_operation
    listed = tuple(
        NotificationMetadata.decode(one.metadata)
        for one in view.state.notifications
        if passes(one, wanted)
    )
    return view.answer(ListNotificationResponse(notification_metadata_list=listed))


LIST_NOTIFICATION: Final = Function(
    "ES10b.ListNotification", ListNotificationRequest, _handle, Interface.ES10B
)
