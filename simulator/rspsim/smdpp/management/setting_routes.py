"""Settings: all there are, and the policy of the server while it runs."""

from dataclasses import replace
from typing import Any, Final

from rspsim.smdpp.management.route import Call, Desk, Route
from rspsim.smdpp.settings import SETTINGS, Area, read_members, settings_of

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
    of_binding = {one.name for one in settings_of(Area.BINDING)}
    binding = {name: value for name, value in values.items() if name in of_binding}
    others: dict[str, Any] = {n: value for n, value in values.items() if n not in of_binding}
    with call.desk.guard:
        policy = call.desk.server.environment.policy
        changed = replace(policy, **others, binding=replace(policy.binding, **binding))
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
