"""The whole state: emptied, kept under a name, and put back."""

from typing import Final

from rspcore.errors import LocalError
from rspsim.smdpp.management.route import Call, Managed, Route, UnknownError
from rspsim.smdpp.setting_kinds import text_of

__all__ = ["ROUTES"]

_MOST: Final = 16
_NAME: Final = text_of(64, "a name")


def _reset(call: Call[Managed]) -> object:
    desk = call.desk
    with desk.guard:
        desk.server.state.clear()
        desk.server.history.clear()
        desk.server.faults.off()
        desk.server.change_policy(desk.first_policy)
    return []


def _names(call: Call[Managed]) -> object:
    return sorted(call.desk.snapshots)


def _take(call: Call[Managed]) -> object:
    name, desk = _NAME.read(call.body["name"]), call.desk
    if name not in desk.snapshots and len(desk.snapshots) >= _MOST:
        raise LocalError(f"{_MOST} snapshots are kept; delete one first")
    with desk.guard:
        desk.snapshots[name] = desk.server.state.snapshot()
    return sorted(desk.snapshots)


def _restore(call: Call[Managed]) -> object:
    with call.desk.guard:
        call.desk.server.state.restore(_snapshot(call))
    return sorted(call.desk.snapshots)


def _forget(call: Call[Managed]) -> object:
    _snapshot(call)
    del call.desk.snapshots[call.item]
    return sorted(call.desk.snapshots)


def _snapshot(call: Call[Managed]) -> object:
    if call.item not in call.desk.snapshots:
        known = ", ".join(sorted(call.desk.snapshots)) or "none"
        raise UnknownError(f"snapshot {call.item!r} is not known; known are {known}")
    return call.desk.snapshots[call.item]


ROUTES: Final = (
    Route(
        method="POST",
        path="/reset",
        summary="an empty server: nothing of what it keeps, no history, no fault on, and "
        "the policy of the start",
        run=_reset,
    ),
    Route(method="GET", path="/snapshots", summary="names of the snapshots", run=_names),
    Route(
        method="POST",
        path="/snapshots",
        summary="keep all that the server keeps under a name, in this process",
        run=_take,
        body={"name": {**_NAME.schema, "description": "its name; one of that name is replaced"}},
        required=("name",),
    ),
    Route(
        method="POST",
        path="/snapshots/{name}",
        summary="put the state of a snapshot back; what came since is gone",
        run=_restore,
    ),
    Route(method="DELETE", path="/snapshots/{name}", summary="forget a snapshot", run=_forget),
)
