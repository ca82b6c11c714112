"""Settings: all there are, and the policy of the server while it runs."""

from typing import Final

from rspsim.smdpp.management.route import Call, Desk, Route
from rspsim.smdpp.settings import SETTINGS, Area, policy_with, read_members, settings_of

__all__ = ["ROUTES"]

_POLICY: Final = settings_of(Area.POLICY, Area.BINDING)


def _table(_: Call) -> object:
    return [
        {
            "area": one.area.value,
            "member": one.member,
            "option": one.flag,
            "summary": one.summary,
            "schema": dict(one.kind.schema),
        }
        for one in SETTINGS
    ]


def _view(desk: Desk) -> dict[str, object]:
    policy = desk.server.environment.policy
    return {
        one.member: one.kind.show(
            getattr(policy if one.area is Area.POLICY else policy.binding, one.name)
        )
        for one in _POLICY
    }


def _show(call: Call) -> object:
    with call.desk.guard:
        return _view(call.desk)


def _change(call: Call) -> object:
    values = read_members(call.body, Area.POLICY, Area.BINDING)
    with call.desk.guard:
        changed = policy_with(call.desk.server.environment.policy, values)
        call.desk.server.change_policy(changed)
        return _view(call.desk)


def _undo(call: Call) -> object:
    with call.desk.guard:
        call.desk.server.change_policy(call.desk.first_policy)
        return _view(call.desk)


ROUTES: Final = (
    Route(method="GET", path="/settings", summary="everything that can be set", run=_table),
    Route(method="GET", path="/policy", summary="the policy in force", run=_show),
    Route(
        method="PATCH",
        path="/policy",
        summary="change the policy of this process",
        run=_change,
        body={one.member: {**one.kind.schema, "description": one.summary} for one in _POLICY},
    ),
    Route(method="DELETE", path="/policy", summary="the policy as it was at the start", run=_undo),
)
