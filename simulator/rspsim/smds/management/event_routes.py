"""The events of an SM-DS: which wait, and one put there or taken away by hand."""

from collections.abc import Mapping
from typing import Final

from rspcore.errors import DecodeError, LocalError
from rspcore.ids import Oid
from rspcore.messages.es12 import EVENT_TYPE
from rspcore.messages.event_type import EventType
from rspsim.smdpp.management.route import Call, Desk, Route, UnknownError
from rspsim.smdpp.setting_kinds import EID_DIGITS, TEXT, text_of
from rspsim.smds.event_records import EventChange, EventRecord
from rspsim.smds.sm_ds import SmDs

__all__ = ["ROUTES"]

_OWNER: Final = text_of(64, "an OID")
_EVENT_ID: Final = text_of(64, "an EventID")
_DEFAULT_OWNER: Final = "2.999.10"
_NEW: Final[Mapping[str, Mapping[str, object]]] = {
    "eid": {**EID_DIGITS.schema, "description": "the card it waits for"},
    "eventId": {**_EVENT_ID.schema, "description": "EventID, the MatchingID of the order"},
    "rspServerAddress": {**TEXT.schema, "description": "the server to ask with it"},
    "owner": {
        **_OWNER.schema,
        "description": f"OID of the server that may delete it; {_DEFAULT_OWNER} when left out",
    },
    "eventType": {
        "type": "integer",
        "enum": [int(one) for one in EventType],
        "description": "1 for a download, 2 for RPM, which signed lists say; 1 when left out",
    },
    "forwardedAs": {
        **TEXT.schema,
        "description": "EventID at the root SM-DS that leads here; none when left out",
    },
}


def _type_of(value: object) -> EventType:
    try:
        return EventType(EVENT_TYPE.decode(value))
    except DecodeError as error:
        raise LocalError(f"eventType: {error}") from error


def _view(one: EventRecord) -> dict[str, object]:
    return {
        "eid": str(one.eid),
        "eventId": one.event_id,
        "rspServerAddress": one.rsp_server_address,
        "owner": one.owner,
        "forwardedAs": one.forwarded_as,
        "eventType": int(one.event_type),
    }


def _found(desk: Desk[SmDs], wanted: Mapping[str, object]) -> list[EventRecord]:
    events = desk.server.surroundings.events.all()
    return [one for one in events if all(_view(one)[name] == wanted[name] for name in wanted)]


def _all(call: Call[SmDs]) -> object:
    query = {name: str(value) for name, value in call.query.items()}
    with call.desk.guard:
        return [_view(one) for one in _found(call.desk, query)]


def _add(call: Call[SmDs]) -> object:
    body, desk = call.body, call.desk
    owner = str(Oid(_OWNER.read(body.get("owner", _DEFAULT_OWNER))))
    record = EventRecord(
        eid=EID_DIGITS.read(body["eid"]),
        owner=owner,
        event_id=_EVENT_ID.read(body["eventId"]),
        rsp_server_address=TEXT.read(body["rspServerAddress"]),
        forwarded_as=TEXT.read(body.get("forwardedAs", "")),
        event_type=_type_of(body.get("eventType", EventType.downloadEvent)),
    )
    named = {"eid": str(record.eid), "eventId": record.event_id, "owner": owner}
    with desk.guard:
        if _found(desk, named):
            raise LocalError(f"event {record.event_id!r} of {owner} waits for that card already")
        desk.server.surroundings.events.commit(EventChange(put=record))
    return _view(record)


def _remove(call: Call[SmDs]) -> object:
    with call.desk.guard:
        found = _found(call.desk, {"eventId": call.item})
        if not found:
            raise UnknownError(f"event {call.item!r} is not known")
        for one in found:
            call.desk.server.surroundings.events.commit(EventChange(remove=one))
    return []


ROUTES: Final = (
    Route(
        method="GET",
        path="/events",
        summary="every event, oldest first",
        run=_all,
        query={"eid": EID_DIGITS, "owner": _OWNER, "eventId": _EVENT_ID},
    ),
    Route(
        method="POST",
        path="/events",
        summary="put an event there, as a server does by ES12; it is not forwarded",
        run=_add,
        body=_NEW,
        required=("eid", "eventId", "rspServerAddress"),
    ),
    Route(
        method="DELETE",
        path="/events/{eventId}",
        summary="take the events of this EventID away; a root SM-DS is not asked",
        run=_remove,
    ),
)
