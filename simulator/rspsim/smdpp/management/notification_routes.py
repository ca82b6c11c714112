"""The Notifications of cards that came."""

from typing import Final

from rspsim.smdpp.management.route import Call, Route
from rspsim.smdpp.management.views import receipt_view
from rspsim.smdpp.server import SmDpPlus
from rspsim.smdpp.setting_kinds import FLAG

__all__ = ["ROUTES"]


def _notifications(call: Call[SmDpPlus]) -> object:
    with call.desk.guard:
        receipts = call.desk.server.notifications
    return [receipt_view(one) for one in receipts]


def _forget_notifications(call: Call[SmDpPlus]) -> object:
    with call.desk.guard:
        receipts = call.desk.server.notifications if call.query.get("shown") else ()
        call.desk.server.environment.receipts.clear()
    return [receipt_view(one) for one in receipts]


ROUTES: Final = (
    Route(
        method="GET",
        path="/notifications",
        summary="Notifications with the verdict on each, oldest first",
        run=_notifications,
    ),
    Route(
        method="DELETE",
        path="/notifications",
        summary="forget the Notifications, and show them a last time; which came stays known",
        run=_forget_notifications,
        query={"shown": FLAG},
    ),
)
