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
    return []


def _names(call: Call[Managed]) -> object:
    with call.desk.guard:
        return sorted(call.desk.server.state.snapshots)


def _take(call: Call[Managed]) -> object:
    name, state = _NAME.read(call.body["name"]), call.desk.server.state
    with call.desk.guard, state.unit():
        if name not in state.snapshots and len(state.snapshots) >= _MOST:
            raise LocalError(f"{_MOST} snapshots are kept; delete one first")
        state.snapshots[name] = state.snapshot()
        return sorted(state.snapshots)


def _restore(call: Call[Managed]) -> object:
    state = call.desk.server.state
    with call.desk.guard, state.unit():
        state.restore(_snapshot(call))
        return sorted(state.snapshots)


def _forget(call: Call[Managed]) -> object:
    state = call.desk.server.state
    with call.desk.guard, state.unit():
        _snapshot(call)
        del state.snapshots[call.item]
        return sorted(state.snapshots)


def _snapshot(call: Call[Managed]) -> object:
    kept = call.desk.server.state.snapshots
    if call.item not in kept:
        known = ", ".join(sorted(kept)) or "none"
        raise UnknownError(f"snapshot {call.item!r} is not known; known are {known}")
    return kept[call.item]


ROUTES: Final = (
    Route(
        method="POST",
        path="/reset",
        summary="an empty server: nothing of what it keeps but snapshots, no history, no fault on "
        "in this process, and policy and clock of the start",
        run=_reset,
    ),
    Route(method="GET", path="/snapshots", summary="names of the snapshots", run=_names),
    Route(
        method="POST",
        path="/snapshots",
        summary="keep all that the server keeps, policy and clock too, under a name",
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
