"""ES10b.ListNotification: the metadata of what is pending (SGP.22 v2, 5.7.9)."""

from collections.abc import Callable
from typing import Final

from rspcore.messages.es10b import ListNotificationRequest, ListNotificationResponse
from rspcore.messages.notifications import NotificationMetadata
from rspsim.euicc.decisions import Decision
from rspsim.euicc.function import Function, Interface
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState, PendingNotification

__all__ = ["ANSWER", "EVENT_FILTER", "LISTED", "LIST_NOTIFICATION", "READ", "Pending"]

Pending = tuple[PendingNotification, ...]


def _passes(notification: PendingNotification, events: frozenset[int] | None) -> bool:
    """Tell whether a notification is wanted: any without a filter, else its event in the set."""
    return events is None or notification.event in events


EventFilter = Callable[[PendingNotification, frozenset[int] | None], bool]

EVENT_FILTER: Final[Decision[EventFilter]] = Decision(
    "es10b.notifications.event_filter", _passes, "which notifications a set of events asks for"
)


def _listed(pending: Pending, events: frozenset[int] | None, passes: EventFilter) -> Pending:
    return tuple(one for one in pending if passes(one, events))


def _answer(listed: tuple[NotificationMetadata, ...], /) -> ListNotificationResponse:
    return ListNotificationResponse(notification_metadata_list=listed)


def _read(state: CardState, _told: Pending) -> CardState:
    """Return the state after some were told: as it was, because only removal removes."""
    return state


LISTED: Final = Decision("es10b.list_notification.listed", _listed, "notifications the list names")
ANSWER: Final = Decision(
    "es10b.list_notification.answer", _answer, "response for the notifications listed"
)
READ: Final = Decision("es10b.notifications.read", _read, "state after notifications were told")


def _handle(request: ListNotificationRequest, view: View) -> Outcome:
    found = view.decisions[LISTED](
        view.state.notifications,
        request.profile_management_operation,
        view.decisions[EVENT_FILTER],
    )
    listed = tuple(NotificationMetadata.decode(one.metadata) for one in found)
    state = view.decisions[READ](view.state, found)
    return view.answer(view.decisions[ANSWER](listed), state=state)


LIST_NOTIFICATION: Final = Function(
    "ES10b.ListNotification", ListNotificationRequest, _handle, Interface.ES10B
)
