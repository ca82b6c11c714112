"""Events at the SM-DS: registered before an order is released, deleted when it is over.

The deletion is kept as an errand before the registration goes out, due some time later, and
withdrawn together with the release of the order. So whatever ends a server in between, no event is
left behind that leads to nothing.

Source: SGP.22 v2, 3.6.1, 3.6.3, 5.3.2 and 5.9.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from rspcore.ids import Eid
from rspcore.messages.es9p import StatusCodeData
from rspcore.messages.es12 import DELETE_EVENT, ES12_PREFIX, REGISTER_EVENT
from rspsim.smdpp.errands import Errand, outcome
from rspsim.smdpp.partner_calls import PartnerCall, Steps
from rspsim.smdpp.protocol.es9p_function import Environment
from rspsim.smdpp.protocol.outgoing_call import outgoing_call, smds_failure
from rspsim.smdpp.stock.orders import Order

__all__ = ["deletion", "key_of", "registration"]

_UNDECIDED: Final = timedelta(minutes=1)
"""How long a registration may take before its event is deleted as left behind."""
_IN_USE: Final = "8.9.5/3.3"
_GONE: Final = "8.9.5/3.9"


def key_of(smds_address: str, eid: Eid, event_id: str) -> str:
    """Returns the key of the errand about an event."""
    return f"event {smds_address.lower()} {eid} {event_id}"


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


def registration(
    environment: Environment, order: Order, smds_address: str, eid: Eid, event_id: str
) -> Steps[StatusCodeData | None]:
    """Registers the event of an order; the caller withdraws the deletion when it keeps the order.

    A call without an answer is made once more, under the same call identifier. That the event is
    registered already is a success when this server was about to delete it.

    Returns:
        8.9/5.1 or 8.9/4.2, or None when the event is registered.
    """
    left_behind = deletion(environment, smds_address, eid, event_id)
    known = environment.errands.get(left_behind.key) is not None
    now = environment.clock.now()
    environment.errands.put(replace(left_behind, due=now + _UNDECIDED))
    roots = (one.lower() for one in environment.policy.root_smds)
    call = _call(
        environment,
        smds_address,
        REGISTER_EVENT,
        {
            "eid": str(eid),
            "rspServerAddress": order.smdp_address,
            "eventId": event_id,
            "forwardingIndicator": smds_address.lower() not in roots,
        },
    )
    reply = yield call
    if reply.status is None:
        reply = yield call
    if known and outcome(reply)[0] == _IN_USE:
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
