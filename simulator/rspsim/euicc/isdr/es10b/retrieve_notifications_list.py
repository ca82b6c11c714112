"""ES10b.RetrieveNotificationsList: the signed pending notifications (SGP.22 v2, 5.7.10)."""

from typing import Final

from rspcore.messages.es10b import (
    RetrieveNotificationsListRequest,
    RetrieveNotificationsListResponse,
    RetrieveNotificationsListResultError,
    SearchCriteria,
)
from rspsim.euicc.decisions import Decision
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.isdr.es10b.list_notification import EVENT_FILTER, EventFilter, Pending
from rspsim.euicc.outcome import Outcome, View

__all__ = ["FOUND", "RETRIEVE_NOTIFICATIONS_LIST"]


def _found(pending: Pending, criteria: SearchCriteria | None, passes: EventFilter) -> Pending:
    """Returns what the criteria ask for; everything without criteria."""
    if criteria is None:
        return pending
    if criteria.seq_number is not None:
        return tuple(one for one in pending if one.seq_number == criteria.seq_number)
    wanted = criteria.profile_management_operation
    return tuple(one for one in pending if passes(one, wanted))


FOUND: Final = Decision(
    "es10b.retrieve_notifications_list.found", _found, "notifications the criteria ask for"
)


def _handle(request: RetrieveNotificationsListRequest, view: View) -> Outcome:
    found = view.decisions[FOUND](
        view.state.notifications, request.search_criteria, view.decisions[EVENT_FILTER]
    )
    if not found and view.options.no_result_available:
        code = RetrieveNotificationsListResultError.noResultAvailable
        return view.answer(RetrieveNotificationsListResponse(notifications_list_result_error=code))
    return view.answer(
        RetrieveNotificationsListResponse(notification_list=tuple(one.octets for one in found))
    )


RETRIEVE_NOTIFICATIONS_LIST: Final = Function(
    "ES10b.RetrieveNotificationsList",
    RetrieveNotificationsListRequest,
    _handle,
    Interface.ES10B,
)
