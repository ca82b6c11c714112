"""Faults of signed lists of events and of CheckEvent, of version 3."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore.messages.event_type import EventType
from rspcore.messages.v3.event_lists import EventList, EventRecordV3
from rspsim.faults.server.newer_fault import ID, Body, flip_of, newer_fault, transaction_id
from rspsim.smdpp import fault_points
from rspsim.smdpp.fault_classes import FaultClass
from rspsim.smdpp.fault_rules import Parameter, of_length, one_of

__all__ = ["SIGNED_EVENTS"]

_AUTHENTICATE: Final = "authenticateClient"
_MESSAGE: Final = FaultClass.MESSAGE


def _entries(change: Callable[..., tuple[EventRecordV3, ...]]) -> Callable[..., EventList]:
    def changed(listed: EventList, **given: Parameter) -> EventList:
        return replace(listed, event_entries=change(listed.event_entries, **given))

    return changed


def _no_entries(_: tuple[EventRecordV3, ...]) -> tuple[EventRecordV3, ...]:
    return ()


def _elsewhere(entries: tuple[EventRecordV3, ...], address: str) -> tuple[EventRecordV3, ...]:
    return tuple(replace(one, rsp_server_address=address) for one in entries)


def _of_type(entries: tuple[EventRecordV3, ...], kind: str) -> tuple[EventRecordV3, ...]:
    return tuple(replace(one, event_type=EventType[kind]) for one in entries)


def _no_ec_id(listed: EventList) -> EventList:
    return replace(listed, ec_id=None)


def _plain_list(body: Body) -> Body:
    """Returns the answer of version 2 in place of a signed one: the list with nothing in it."""
    if "smdsSigned2" not in body:
        return body
    left = {name: one for name, one in body.items() if not name.startswith("smds")}
    return {**left, "eventEntries": []}


def _always(body: Body, value: bool) -> Body:  # noqa: FBT001  a parameter
    return {**body, "isPendingEvent": value} if "isPendingEvent" in body else body


SIGNED_EVENTS: Final = (
    newer_fault(
        "es11.smds_signed2.transaction_id",
        _MESSAGE,
        fault_points.SMDS_SIGNED2,
        "smdsSigned2 has another TransactionID and a good signature.",
        "the card answers VerifySmdsResponse with invalidTransactionId (SGP.22 v3.1, 5.7)",
        transaction_id,
        ID,
    ),
    flip_of("smdsSignature2", "VerifySmdsResponse", "invalidSignature"),
    newer_fault(
        "es11.event_list.none",
        _MESSAGE,
        fault_points.EVENT_LIST,
        "No event is in the signed list.",
        "the LPA finds nothing that waits (SGP.22 v3.1, 3.6)",
        _entries(_no_entries),
    ),
    newer_fault(
        "es11.event_list.address",
        _MESSAGE,
        fault_points.EVENT_LIST,
        "Every event of the signed list has another address.",
        "the LPA asks the servers of the entries that it gets (SGP.22 v3.1, 3.6)",
        _entries(_elsewhere),
        ({"address": "other.example.com"}, {"address": of_length(1, 255)}),
    ),
    newer_fault(
        "es11.event_list.type",
        _MESSAGE,
        fault_points.EVENT_LIST,
        "Every event of the signed list is of another type.",
        "the LPA asks for what the type says, and hears that it does not wait (SGP.22 v3.1, 3.6)",
        _entries(_of_type),
        ({"kind": "rpmEvent"}, {"kind": one_of(*EventType.__members__)}),
    ),
    newer_fault(
        "es11.event_list.no_ec_id",
        _MESSAGE,
        fault_points.EVENT_LIST,
        "The signed list has no ecId for an LPA that checks for events.",
        "the LPA asks with its card each time (SGP.22 v3.1, 3.6)",
        _no_ec_id,
    ),
    newer_fault(
        "es11.signed_list.plain",
        _MESSAGE,
        fault_points.JSON,
        "A card and an LPA of version 3 get the list of version 2, with nothing in it.",
        "the LPA finds nothing that waits (SGP.22 v3.1, 5.8)",
        _plain_list,
        function=_AUTHENTICATE,
    ),
    newer_fault(
        "es11.check_event.constant",
        _MESSAGE,
        fault_points.JSON,
        "CheckEvent says the same each time.",
        "the LPA asks with its card although nothing waits, or does not (SGP.22 v3.1, 5.8)",
        _always,
        ({"value": True}, {}),
        "checkEvent",
    ),
)
