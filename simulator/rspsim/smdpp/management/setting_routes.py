"""Settings: all there are, and the policy of the server while it runs."""

from collections.abc import Sequence
from typing import Any

from rspsim.smdpp.management.route import Call, Desk, Managed, Route
from rspsim.smdpp.settings import Area, Setting, policy_with, read_settings

__all__ = ["setting_routes"]


def setting_routes(table: Sequence[Setting], policy: Sequence[Setting]) -> tuple[Route[Any], ...]:
    """Returns the routes of a kind of server.

    Args:
        table: Everything that can be set of it.
        policy: What of that is its policy.
    """

    def view(desk: Desk[Managed]) -> dict[str, object]:
        values = desk.server.policy
        return {
            one.member: one.kind.show(
                getattr(values if one.area is Area.POLICY else values.binding, one.name)
            )
            for one in policy
        }

    def show(call: Call[Managed]) -> object:
        with call.desk.guard:
            return view(call.desk)

    def change(call: Call[Managed]) -> object:
        values = read_settings(call.body, policy)
        with call.desk.guard, call.desk.server.state.unit():
            call.desk.server.change_policy(policy_with(call.desk.server.policy, values))
            return view(call.desk)

    def undo(call: Call[Managed]) -> object:
        with call.desk.guard:
            call.desk.server.change_policy(call.desk.first_policy)
            return view(call.desk)

    settings = [
        {
            "area": one.area.value,
            "member": one.member,
            "option": one.flag,
            "summary": one.summary,
            "schema": dict(one.kind.schema),
        }
        for one in table
    ]
    members = {one.member: {**one.kind.schema, "description": one.summary} for one in policy}
    return (
        Route(
            method="GET",
            path="/settings",
            summary="everything that can be set",
            run=lambda _: settings,
        ),
        Route(method="GET", path="/policy", summary="the policy in force", run=show),
        Route(
            method="PATCH",
            path="/policy",
            summary="change the policy, in every process on the state",
            run=change,
            body=members,
        ),
        Route(
            method="DELETE", path="/policy", summary="the policy as it was at the start", run=undo
        ),
    )
