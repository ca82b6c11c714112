"""ES11.AuthenticateClient: checks the card and lists what waits for it; nothing is used up.

Source: SGP.22 v2, 5.8.2.
"""

from collections.abc import Mapping

from rspcore.ids import Eid
from rspcore.messages.es9p import StatusCodeData
from rspcore.messages.es11 import EventEntriesResponse, EventEntry, SignedEventsResponse
from rspcore.messages.v3.server_authentication import CtxParamsForPushServiceRegistration
from rspsim.smdpp.protocol.es9p.authenticate_client import CARD_CHECKS, Claim, read
from rspsim.smdpp.protocol.es9p_function import run_checks
from rspsim.smdpp.protocol.euicc_chain import EuiccChain
from rspsim.smdpp.status_codes import EUICC_VERIFICATION_FAILED, TRANSACTION_UNKNOWN
from rspsim.smdpp.stock.sessions import Stage
from rspsim.smds.ds_status_codes import (
    EVENT_UNKNOWN,
    PUSH_REGISTRATION_UNSUPPORTED,
    PUSH_SERVICE_UNSUPPORTED,
)
from rspsim.smds.es11.event_signer import EventSigner
from rspsim.smds.event_records import EventRecord
from rspsim.smds.surroundings import Surroundings

__all__ = ["run"]


def run(
    surroundings: Surroundings, body: Mapping[str, object]
) -> EventEntriesResponse | SignedEventsResponse | StatusCodeData:
    """Lists the Event Records of the card, or the ones with the EventID it asks with.

    Raises:
        DecodeError: a member or a data object is missing or has the wrong form.
    """
    content = read(body)
    now, policy = surroundings.clock.now(), surroundings.policy
    session = surroundings.sessions.live(content.transaction_id, now, Stage.CHALLENGED)
    if content.ok is None or (content.context is None and content.push is None):
        if session is None:
            return TRANSACTION_UNKNOWN("the card reported an error for an unknown session")
        surroundings.sessions.repository.put(session.ended())
        return EUICC_VERIFICATION_FAILED(
            f"the card refused this server: authenticateErrorCode {content.error_code!r}"
        )
    sent = content.certificates
    chain = EuiccChain.under(surroundings.identity, sent, now, check_digits=policy.eid_check_digits)
    claim = Claim(content.transaction_id, content.ok, chain, session, policy)
    refusal = run_checks(CARD_CHECKS, policy, claim)
    eid = chain.euicc.eid if chain.euicc else None
    if refusal is not None or session is None or eid is None:
        return refusal or TRANSACTION_UNKNOWN("the session cannot continue")
    surroundings.sessions.repository.put(session.ended())
    signs = EventSigner(surroundings, session, content.ok.euicc_signature1)
    push = content.push
    if push is not None:
        return _registered(surroundings, signs, eid, push)
    wanted = (content.context.matching_id if content.context else None) or ""
    found = _waiting(surroundings, eid, wanted)
    if wanted and not found:
        return EVENT_UNKNOWN("no such event waits for this eUICC", identifier=wanted)
    if signs.asked_for:
        return signs.events(eid, found)
    entries = tuple(
        EventEntry(event_id=one.event_id, rsp_server_address=one.rsp_server_address)
        for one in surroundings.variation.entries(found)
    )
    return EventEntriesResponse(transaction_id=session.transaction_id, event_entries=entries)


def _registered(
    surroundings: Surroundings,
    signs: EventSigner,
    eid: Eid,
    push: CtxParamsForPushServiceRegistration,
) -> SignedEventsResponse | StatusCodeData:
    """Keeps service and token of a device, and says when it has to register again."""
    services = surroundings.policy.push_services
    if not services or not surroundings.newer:
        return PUSH_REGISTRATION_UNSUPPORTED("this SM-DS registers no device for push")
    if push.selected_push_service.dotted not in services:
        return PUSH_SERVICE_UNSUPPORTED(
            f"supported are {', '.join(services)}",
            identifier=str(push.selected_push_service),
        )
    surroundings.registrations[eid] = (push.selected_push_service, push.push_token)
    return signs.registration()


def _waiting(surroundings: Surroundings, eid: Eid, wanted: str) -> list[EventRecord]:
    """Returns the events under this EventID, here or at the root; all of them when it is empty."""
    events = surroundings.events.of(eid)
    return [one for one in events if not wanted or wanted in (one.event_id, one.forwarded_as)]
