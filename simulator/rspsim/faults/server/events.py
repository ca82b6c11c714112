"""Faults of an SM-DS alone: what it lists, and calls of ES12 that it does not carry out.

They are for the cases of servers under test (`rsplab run --smds own --kills`).
"""

import json
from typing import Final

from rspcore.ids import Oid
from rspcore.messages.es9p import JSON_CONTENT_TYPE
from rspsim.faults.server.tls import issued_otherwise
from rspsim.smdpp import fault_points
from rspsim.smdpp.fault_classes import FaultClass
from rspsim.smdpp.fault_rules import of_length
from rspsim.smdpp.fault_switch import ServerFault
from rspsim.smdpp.greeting import Greeting
from rspsim.smdpp.http_messages import HttpResponse

__all__ = ["EVENTS"]

_FUNCTION: Final = "authenticateClient"
_ENTRIES: Final = "eventEntries"
_LPA: Final = "the LPA asks the servers of the entries that it gets (SGP.22 v2, 3.6)"
_CALLER: Final = "no LPA is concerned; events are not as SGP.22 v2, 5.9 says"
_Body = dict[str, object]


def _entries(body: _Body) -> list[dict[str, str]]:
    found = body.get(_ENTRIES)
    return [dict(one) for one in found] if isinstance(found, list) else []


def _none(body: _Body) -> _Body:
    return {**body, _ENTRIES: []} if _ENTRIES in body else body


def _one_more(body: _Body, event_id: str, address: str) -> _Body:
    if _ENTRIES not in body:
        return body
    more = {"eventId": event_id, "rspServerAddress": address}
    return {**body, _ENTRIES: [*_entries(body), more]}


def _changed(body: _Body, member: str, value: str) -> _Body:
    if _ENTRIES not in body:
        return body
    return {**body, _ENTRIES: [{**one, member: value} for one in _entries(body)]}


def _another_id(greeting: Greeting, value: str) -> Greeting:
    return issued_otherwise(greeting, registered_id=Oid(value))


def _succeeded(_: HttpResponse | None) -> HttpResponse:
    status = {"header": {"functionExecutionStatus": {"status": "Executed-Success"}}}
    body = json.dumps(status).encode()
    return HttpResponse(status=200, headers={"Content-Type": JSON_CONTENT_TYPE}, body=body)


EVENTS: Final = (
    ServerFault(
        name="es11.event_entries.none",
        kind=FaultClass.MESSAGE,
        point=fault_points.JSON,
        summary="No event is listed.",
        expected=_LPA,
        change=_none,
        function=_FUNCTION,
    ),
    ServerFault(
        name="es11.event_entries.one_more",
        kind=FaultClass.MESSAGE,
        point=fault_points.JSON,
        summary="An event that is not of this card is listed as well.",
        expected=_LPA,
        change=_one_more,
        parameters={"event_id": "OTHER", "address": "other.example.com"},
        rules={"event_id": of_length(1, 255), "address": of_length(1, 255)},
        function=_FUNCTION,
    ),
    ServerFault(
        name="es11.event_entries.changed",
        kind=FaultClass.MESSAGE,
        point=fault_points.JSON,
        summary="A member of every event that is listed has another value.",
        expected=_LPA,
        change=_changed,
        parameters={"member": "rspServerAddress", "value": "other.example.com"},
        rules={"member": of_length(1, 64)},
        function=_FUNCTION,
    ),
    ServerFault(
        name="es11.tls.registered_id",
        kind=FaultClass.TLS,
        point=fault_points.CONNECTION,
        summary="The TLS certificate has another registeredID than CERT.DSauth.",
        expected="the LPA may compare the two and stop (SGP.22 v2, 3.0.1)",
        change=_another_id,
        parameters={"value": "2.999.99"},
        rules={"value": of_length(1, 64)},
    ),
    ServerFault(
        name="es12.not_carried_out",
        kind=FaultClass.MESSAGE,
        point=fault_points.ARRIVAL,
        summary="A call is answered with success, and nothing is done.",
        expected=_CALLER,
        change=_succeeded,
    ),
)
"""Every fault of an SM-DS alone; to add one, add an entry."""
