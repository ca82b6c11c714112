"""ES10b.RemoveNotificationFromList: removes what a server has received (SGP.22 v2, 5.7.11)."""

from typing import Final

from rspcore.frozen import dataclass, replace
from rspcore.messages.es10b import (
    NotificationSentRequest,
    NotificationSentResponse,
    NotificationSentResult,
)
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState, PendingNotification

__all__ = ["CHECKS", "REMOVED", "REMOVE_NOTIFICATION_FROM_LIST", "RemovalAttempt"]


@dataclass(frozen=True, slots=True)
class RemovalAttempt:
    """A number and the state for its checks."""

    seq_number: int
    state: CardState

    @property
    def notification(self) -> PendingNotification | None:
        """Returns the notification of that number, or None."""
        pending = self.state.notifications
        return next((one for one in pending if one.seq_number == self.seq_number), None)


def _removed(state: CardState, seq_number: int) -> CardState:
    left = tuple(one for one in state.notifications if one.seq_number != seq_number)
    return state if len(left) == len(state.notifications) else replace(state, notifications=left)


CHECKS: Final[Decision[Checks[RemovalAttempt]]] = Decision(
    "es10b.remove_notification",
    (
        Check(
            "found",
            lambda a: a.notification is not None,
            NotificationSentResult.nothingToDelete,
        ),
    ),
    "checks of RemoveNotificationFromList",
)
REMOVED: Final = Decision(
    "es10b.remove_notification.removed", _removed, "state without a notification"
)


def _handle(request: NotificationSentRequest, view: View) -> Outcome:
    attempt = RemovalAttempt(request.seq_number, view.state)
    refusal = first_refusal(view.decisions[CHECKS], attempt)
    if refusal is not None:
        return view.answer(NotificationSentResponse(delete_notification_status=refusal))
    state = view.decisions[REMOVED](view.state, request.seq_number)
    ok = NotificationSentResponse(delete_notification_status=NotificationSentResult.ok)
    return view.answer(ok, state=state)


REMOVE_NOTIFICATION_FROM_LIST: Final = Function(
    "ES10b.RemoveNotificationFromList", NotificationSentRequest, _handle, Interface.ES10B
)
