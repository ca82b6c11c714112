"""ES11.CheckEvent: says whether something waits, to a device that shows its ecId; no card is asked.

Path and members of JSON follow the rules by which those of ES9+ are named, which is no more than a
guess; the ASN.1 binding is public.

Source: SGP.22 v3.1, ES11.CheckEvent.
"""

from collections.abc import Mapping

from rspcore.messages.es9p import StatusCodeData
from rspcore.messages.es11 import CheckEventRequest, CheckEventResponse
from rspsim.smds.ds_status_codes import (
    EC_ID_EXPIRED,
    EC_ID_UNKNOWN,
    EVENT_CHECKING_UNSUPPORTED,
    SMDS_ADDRESS_REFUSED,
)
from rspsim.smds.surroundings import Surroundings

__all__ = ["run"]


def run(
    surroundings: Surroundings, body: Mapping[str, object]
) -> CheckEventResponse | StatusCodeData:
    """Says whether an event waits for the eUICC of an ecId.

    Raises:
        DecodeError: a member is missing or has the wrong form.
    """
    request = CheckEventRequest.from_json(body)
    identity = surroundings.identity
    if not surroundings.newer:
        return EVENT_CHECKING_UNSUPPORTED("this SM-DS is one of version 2")
    if not identity.answers_to(request.smds_address):
        return SMDS_ADDRESS_REFUSED(
            f"this server is {identity.address}", identifier=request.smds_address
        )
    known = surroundings.checks.get(request.ec_id)
    if known is None:
        return EC_ID_UNKNOWN("no list of events had this ecId")
    if known.ends < surroundings.clock.now():
        return EC_ID_EXPIRED(f"the ecId could be asked with until {known.ends}")
    return CheckEventResponse(is_pending_event=bool(surroundings.events.of(known.eid)))
