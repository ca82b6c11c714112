"""Events at the SM-DS: registered before an order is released, deleted when it is over.

The deletion is kept as an errand before the registration goes out, due some time later, and
withdrawn together with the release of the order. So whatever ends a server in between, no event is
left behind that leads to nothing.

A deletion that is on its way cannot be withdrawn, and may come after the registration of the same
event for another order. So what a call did is held against what is wanted by then (`follow_up`).

Source: SGP.22 v2, 3.6.1, 3.6.3, 5.3.2 and 5.9.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from rspcore.ids import Eid
from rspcore.messages.es9p import StatusCodeData
from rspcore.messages.es12 import DELETE_EVENT, ES12_PREFIX, REGISTER_EVENT
from rspcore.messages.event_type import EventType
from rspcore.messages.json_codec import load_object
from rspsim.smdpp.errands import DUE_AGAIN, Errand, outcome
from rspsim.smdpp.partner_calls import PartnerCall, Steps
from rspsim.smdpp.protocol.es9p_function import Environment
from rspsim.smdpp.protocol.outgoing_call import outgoing_call, smds_failure
from rspsim.smdpp.stock.orders import DELIVERABLE

__all__ = ["deletion", "follow_up", "key_of", "once_more", "registration"]

_UNDECIDED: Final = timedelta(minutes=1)
"""How long a registration may take before its event is deleted as left behind."""
_IN_USE: Final = "8.9.5/3.3"
_GONE: Final = "8.9.5/3.9"


def key_of(smds_address: str, eid: Eid, event_id: str) -> str:
    """Returns the key of the errand about an event."""
    return f"event {smds_address.lower()} {eid} {event_id}"


def once_more(key: str) -> str:
    """Returns the key of the errand that registers the event of a key once more, to be sure."""
    return f"again {key}"


def _call(
    environment: Environment, smds_address: str, function: str, members: dict[str, object]
) -> PartnerCall:
    return outgoing_call(
        address=smds_address,
        path=ES12_PREFIX + function,
        requester=str(environment.identity.oid),
        rng=environment.rng,
        version=environment.policy.version,
        members=members,
    )


def deletion(environment: Environment, smds_address: str, eid: Eid, event_id: str) -> Errand:
    """Returns the errand that deletes an event, due at once."""
    now = environment.clock.now()
    members: dict[str, object] = {"eid": str(eid), "eventId": event_id}
    return Errand(
        key=key_of(smds_address, eid, event_id),
        function=DELETE_EVENT,
        call=_call(environment, smds_address, DELETE_EVENT, members),
        since=now,
        due=now,
        done_by=_GONE,
    )


def _registering(
    environment: Environment,
    own_address: str,
    smds_address: str,
    eid: Eid,
    event_id: str,
    event_type: EventType,
) -> PartnerCall:
    """Returns RegisterEvent; the event of a package says that it is one of RPM (version 3)."""
    roots = (one.lower() for one in environment.policy.root_smds)
    members: dict[str, object] = {
        "eid": str(eid),
        "rspServerAddress": own_address,
        "eventId": event_id,
        "forwardingIndicator": smds_address.lower() not in roots,
    }
    if event_type is not EventType.downloadEvent:
        members["eventType"] = int(event_type)
    return _call(environment, smds_address, REGISTER_EVENT, members)


def follow_up(environment: Environment, errand: Errand) -> Errand | None:
    """Returns the errand that puts right what a call did to an event, None where that is wanted.

    Args:
        environment: The server.
        errand: An errand that is done.
    """
    if errand.function not in (REGISTER_EVENT, DELETE_EVENT):
        return None
    members = load_object(errand.call.body)
    eid, event_id = Eid.from_digits(str(members["eid"])), str(members["eventId"])
    key = key_of(errand.call.address, eid, event_id)
    waiting = [
        (own_address, event_type)
        for own_address, smds_address, event_type in _waiting(environment, eid, event_id)
        if key_of(smds_address, eid, event_id) == key
    ]
    if errand.function == REGISTER_EVENT:
        unwanted = not waiting and environment.errands.get(key) is None
        return deletion(environment, errand.call.address, eid, event_id) if unwanted else None
    if not waiting:
        return None
    now = environment.clock.now()
    own_address, event_type = waiting[0]
    address = errand.call.address
    return Errand(
        key=key,
        function=REGISTER_EVENT,
        call=_registering(environment, own_address, address, eid, event_id, event_type),
        since=now,
        due=now,
        done_by=_IN_USE,
    )


def _waiting(environment: Environment, eid: Eid, event_id: str) -> list[tuple[str, str, EventType]]:
    """Returns own address, SM-DS and type of each order and package that waits under an EventID."""
    orders = [
        (one.smdp_address, one.smds_address, EventType.downloadEvent)
        for one in environment.orders.repository.named(event_id)
        if one.eid == eid and one.state in DELIVERABLE and one.smds_address
    ]
    packages = [
        (environment.identity.address, one.smds_address, EventType.rpmEvent)
        for one in environment.operations.all()
        if one.key == event_id and one.eid == eid and one.open and one.smds_address
    ]
    return orders + packages


def registration(
    environment: Environment,
    own_address: str,
    smds_address: str,
    eid: Eid,
    event_id: str,
    event_type: EventType = EventType.downloadEvent,
) -> Steps[StatusCodeData | None]:
    """Registers the event of an order or package; whoever keeps that withdraws the deletion.

    A call without an answer is made once more, under the same call identifier. That the event is
    registered already is a success when this server was about to delete it.

    Returns:
        8.9/5.1 or 8.9/4.2, or None when the event is registered.
    """
    left_behind = deletion(environment, smds_address, eid, event_id)
    before = environment.errands.get(left_behind.key)
    now = environment.clock.now()
    environment.errands.put(replace(left_behind, due=now + _UNDECIDED))
    call = _registering(environment, own_address, smds_address, eid, event_id, event_type)
    reply = yield call
    if reply.status is None:
        reply = yield call
    if before is not None and outcome(reply)[0] == _IN_USE:
        if before.tries and now < before.due <= now + DUE_AGAIN:  # it may be on its way
            environment.errands.put(
                Errand(
                    key=once_more(before.key),
                    function=REGISTER_EVENT,
                    call=_registering(
                        environment, own_address, smds_address, eid, event_id, event_type
                    ),
                    since=now,
                    due=now + DUE_AGAIN,
                    done_by=_IN_USE,
                )
            )
        return None
    refusal = smds_failure(reply, f"the SM-DS {smds_address}")
    if refusal is not None:
        _leave(environment, left_behind, unsure=reply.status is None or reply.status >= 500)
    return refusal


def _leave(environment: Environment, left_behind: Errand, *, unsure: bool) -> None:
    """Deletes an event that may be registered; forgets one that is not."""
    if unsure:
        environment.errands.put(left_behind)
    else:
        environment.errands.remove(left_behind.key)
