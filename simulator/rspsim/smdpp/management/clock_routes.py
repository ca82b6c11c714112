"""The clock of the server: read, moved forward, held, and let go."""

from datetime import timedelta
from typing import Final

from rspcore.errors import DecodeError, LocalError
from rspsim.env import AdjustableClock, ManualClock
from rspsim.smdpp.management.route import Call, Desk, Managed, Route
from rspsim.smdpp.settings import Area, read_members, settings_of

__all__ = ["ROUTES"]

_CHANGE: Final = {
    one.member: {**one.kind.schema, "description": one.summary} for one in settings_of(Area.CLOCK)
}


def _view(desk: Desk[Managed]) -> dict[str, object]:
    clock = desk.server.clock
    frozen = clock.frozen if isinstance(clock, AdjustableClock) else isinstance(clock, ManualClock)
    return {"now": clock.now().isoformat(), "frozen": frozen}


def _show(call: Call[Managed]) -> object:
    with call.desk.guard:
        return _view(call.desk)


def _change(call: Call[Managed]) -> object:
    if not call.body:
        raise DecodeError(f"expected one of {', '.join(_CHANGE)}")
    values = read_members(call.body, Area.CLOCK)
    with call.desk.guard, call.desk.server.state.unit():
        clock = call.desk.server.clock
        if not isinstance(clock, AdjustableClock):
            raise LocalError("the clock of this server is set by the program that made it")
        clock.advance(values.get("advance", timedelta(0)))
        if values.get("frozen", clock.frozen):
            clock.freeze()
        else:
            clock.go_on()
        call.desk.server.keep_clock()
        return _view(call.desk)


ROUTES: Final = (
    Route(method="GET", path="/clock", summary="the time of the server", run=_show),
    Route(
        method="PATCH",
        path="/clock",
        summary="move the clock forward, hold it, let it go on, in every process on the state; "
        "TLS does not know it",
        run=_change,
        body=_CHANGE,
    ),
)
