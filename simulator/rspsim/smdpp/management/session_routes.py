"""RSP sessions: which there are, and forgetting them like a server that lost its state."""

from typing import Final

from rspcore.errors import DecodeError
from rspcore.ids import TransactionId
from rspsim.smdpp.management.route import Call, Managed, Route, UnknownError
from rspsim.smdpp.management.views import session_view

__all__ = ["ROUTES"]


def _all(call: Call[Managed]) -> object:
    with call.desk.guard:
        sessions = call.desk.server.sessions.repository.all()
    return [session_view(one) for one in sessions]


def _one(call: Call[Managed]) -> object:
    try:
        name = TransactionId.from_hex(call.item)
    except (DecodeError, ValueError) as error:
        raise UnknownError(f"session {call.item!r}: expected a TransactionID") from error
    with call.desk.guard:
        session = call.desk.server.sessions.known(name)
    if session is None:
        raise UnknownError(f"session {call.item} is not known")
    return session_view(session)


def _forget(call: Call[Managed]) -> object:
    with call.desk.guard:
        call.desk.server.sessions.repository.clear()
    return []


ROUTES: Final = (
    Route(method="GET", path="/sessions", summary="every RSP session, oldest step first", run=_all),
    Route(method="GET", path="/sessions/{transactionId}", summary="one session", run=_one),
    Route(
        method="DELETE",
        path="/sessions",
        summary="forget every RSP session, like a server that lost its state",
        run=_forget,
    ),
)
