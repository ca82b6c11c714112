"""What came and what was answered: the history.

`wait` of `GET /history` is carried out by the port: it asks until there are as many exchanges as
`count` says, or the time is over.
"""

from typing import Any, Final

from rspsim.smdpp.history import Exchange
from rspsim.smdpp.management.decoded import decoded_body
from rspsim.smdpp.management.route import Call, Desk, Managed, Route, UnknownError
from rspsim.smdpp.management.views import exchange_view
from rspsim.smdpp.setting_kinds import TEXT, count, text_of

__all__ = ["LONGEST_WAIT_S", "message_routes"]

LONGEST_WAIT_S: Final = 60
_FILTERS: Final = {
    "function": TEXT,
    "transactionId": text_of(32),
    "order": count(1, 1 << 40),
    "summary": TEXT,
    "since": count(0, 1 << 40),
    "wait": count(0, LONGEST_WAIT_S),
    "count": count(1, 1000),
}


def order_of(desk: Desk[Managed], exchange: Exchange) -> int | None:
    """Returns the number of the order an exchange is about, if its session is still known."""
    name = exchange.transaction_id
    if not name:
        return None
    session = desk.server.session_named(name)
    return None if session is None else session.order


def _history(call: Call[Managed]) -> object:
    query = call.query
    with call.desk.guard:
        exchanges = [one for one in call.desk.server.history if _wanted(one, query)]
        found = [(one, order_of(call.desk, one)) for one in exchanges]
    order = query.get("order")
    return [exchange_view(one, about) for one, about in found if order in (None, about)]


def _wanted(exchange: Exchange, query: Any) -> bool:
    name = query.get("transactionId")
    return (
        query.get("function") in (None, exchange.function)
        and (name is None or name.upper() == exchange.transaction_id.upper())
        and query.get("summary", "") in exchange.summary
        and exchange.number > query.get("since", 0)
    )


def _one(call: Call[Managed]) -> object:
    with call.desk.guard:
        found = [one for one in call.desk.server.history if str(one.number) == call.item]
        about = order_of(call.desk, found[0]) if found else None
    if not found:
        raise UnknownError(f"exchange {call.item!r} is not in the history")
    view = exchange_view(found[0], about)
    view["decoded"] = {
        "request": decoded_body(found[0].request.body),
        "response": decoded_body(found[0].response.body),
    }
    return view


def _forget(call: Call[Managed]) -> object:
    with call.desk.guard:
        call.desk.server.history.clear()
    return []


def message_routes(without: frozenset[str]) -> tuple[Route[Any], ...]:
    """Returns the routes; some filters may be none of this kind of server."""
    return (
        Route(
            method="GET",
            path="/history",
            summary="exchanges, oldest first; with `wait`, as soon as `count` of them are there, "
            "or after so many seconds",
            run=_history,
            query={name: kind for name, kind in _FILTERS.items() if name not in without},
        ),
        Route(
            method="GET",
            path="/history/{number}",
            summary="one exchange, its messages decoded",
            run=_one,
        ),
        Route(method="DELETE", path="/history", summary="forget the exchanges", run=_forget),
    )
