"""ES12.DeleteEvent and ES15.DeleteEvent: forgets an Event Record of the caller.

Source: SGP.22 v2, 5.9.2 and 5.10.2.
"""

from collections.abc import Mapping

from rspcore.messages.es9p import StatusCodeData
from rspcore.messages.es12 import DELETE_EVENT, DeleteEventRequest
from rspsim.smdpp.partner_calls import Steps
from rspsim.smdpp.protocol.token_rules import require_token
from rspsim.smds.cascade import root_call
from rspsim.smds.ds_status_codes import EVENT_UNKNOWN
from rspsim.smds.event_records import EventChange
from rspsim.smds.surroundings import Surroundings

__all__ = ["run"]


def run(
    surroundings: Surroundings, body: Mapping[str, object], owner: str
) -> Steps[EventChange | StatusCodeData]:
    """Decides to forget the event, after the root SM-DS was asked to, whatever it answers.

    Raises:
        DecodeError: a member is missing or has the wrong form.
    """
    request = DeleteEventRequest.from_json(body)
    require_token(surroundings.policy, "eventId", request.event_id)
    for one in surroundings.events.of(request.eid):
        if (one.owner, one.event_id) == (owner, request.event_id):
            if one.forwarded_as:
                members = {"eid": str(one.eid), "eventId": one.forwarded_as}
                yield root_call(surroundings, DELETE_EVENT, members)
            return EventChange(remove=one)
    return EVENT_UNKNOWN("no event of this caller", identifier=request.event_id)
