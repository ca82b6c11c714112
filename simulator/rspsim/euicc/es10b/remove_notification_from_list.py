"""ES10b.RemoveNotificationFromList: forget what a server has heard (SGP.22 v2, 5.7.11)."""

from dataclasses import replace
from typing import Final

from rspcore.messages.es10b import (
    NotificationSentRequest,
    NotificationSentResponse,
    NotificationSentResult,
)
from rspsim.euicc.decisions import Decision
from rspsim.euicc.function import Function, Interface
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState

__all__ = ["REMOVED", "REMOVE_NOTIFICATION_FROM_LIST"]


def _removed(state: CardState, seq_number: int) -> CardState:
    left = tuple(one for one in state.notifications if one.seq_number != seq_number)
    return state if len(left) == len(state.notifications) else replace(state, notifications=left)


REMOVED: Final = Decision(
    "es10b.remove_notification.removed", _removed, "state without a notification"
)


def _handle(request: NotificationSentRequest, view: View) -> Outcome:
    state = view.state
    if all(one.seq_number != request.seq_number for one in state.notifications):
        result = NotificationSentResult.nothingToDelete
    else:
        result = NotificationSentResult.ok
        state = view.decisions[REMOVED](state, request.seq_number)
    return view.answer(NotificationSentResponse(delete_notification_status=result), state=state)


REMOVE_NOTIFICATION_FROM_LIST: Final = Function(
    "ES10b.RemoveNotificationFromList", NotificationSentRequest, _handle, Interface.ES10B
)
