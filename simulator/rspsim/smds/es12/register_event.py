"""ES12.RegisterEvent and ES15.RegisterEvent: keeps an Event Record, forwarded first if asked for.

Source: SGP.22 v2, 5.9.1 and 5.10.1.
"""

from collections.abc import Mapping

from rspcore.messages.es9p import StatusCodeData
from rspcore.messages.es12 import REGISTER_EVENT, RegisterEventRequest
from rspcore.messages.event_type import EventType
from rspsim.smdpp.partner_calls import Steps
from rspsim.smdpp.protocol.token_rules import require_token
from rspsim.smds.cascade import failure, root_call
from rspsim.smds.ds_status_codes import EVENT_IN_USE
from rspsim.smds.event_records import EventChange, EventRecord
from rspsim.smds.surroundings import Surroundings

__all__ = ["run"]


def run(
    surroundings: Surroundings, body: Mapping[str, object], owner: str
) -> Steps[EventChange | StatusCodeData]:
    """Decides to keep the event; asks the root SM-DS before, under an EventID made for it.

    Raises:
        DecodeError: a member is missing or has the wrong form.
    """
    request = RegisterEventRequest.from_json(body)
    require_token(surroundings.policy, "eventId", request.event_id)
    refusal = _in_use(surroundings, request, owner)
    if refusal is not None:
        return refusal
    forwarded_as = ""
    if request.forwarding_indicator and surroundings.identity.root:
        forwarded_as = surroundings.rng.octets(16).hex().upper()
        members: dict[str, object] = {
            "eid": str(request.eid),
            "rspServerAddress": surroundings.identity.address,
            "eventId": forwarded_as,
            "forwardingIndicator": False,
        }
        if request.event_type is not None:
            members["eventType"] = int(request.event_type)
        call = root_call(surroundings, REGISTER_EVENT, members)
        refusal = failure((yield call))
        if refusal is not None:
            return refusal
    return EventChange(
        put=EventRecord(
            eid=request.eid,
            owner=owner,
            event_id=request.event_id,
            rsp_server_address=request.rsp_server_address,
            forwarded_as=forwarded_as,
            event_type=request.event_type or EventType.downloadEvent,
        )
    )


def _in_use(
    surroundings: Surroundings, request: RegisterEventRequest, owner: str
) -> StatusCodeData | None:
    for one in surroundings.events.of(request.eid):
        if (one.owner, one.event_id) == (owner, request.event_id):
            return EVENT_IN_USE("registered already", identifier=request.event_id)
    return None
