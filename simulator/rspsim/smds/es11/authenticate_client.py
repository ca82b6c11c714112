"""ES11.AuthenticateClient: checks the card and lists what waits for it; nothing is used up.

Source: SGP.22 v2, 5.8.2.
"""

from collections.abc import Mapping

from rspcore.ids import Eid
from rspcore.messages.es9p import StatusCodeData
from rspcore.messages.es11 import EventEntriesResponse, EventEntry
from rspsim.smdpp.protocol.es9p.authenticate_client import CARD_CHECKS, Claim, read
from rspsim.smdpp.protocol.es9p_function import run_checks
from rspsim.smdpp.protocol.euicc_chain import EuiccChain
from rspsim.smdpp.status_codes import EUICC_VERIFICATION_FAILED, TRANSACTION_UNKNOWN
from rspsim.smdpp.stock.sessions import Stage
from rspsim.smds.ds_status_codes import EVENT_UNKNOWN
from rspsim.smds.event_records import EventRecord
from rspsim.smds.surroundings import Surroundings

__all__ = ["run"]


def run(
    surroundings: Surroundings, body: Mapping[str, object]
) -> EventEntriesResponse | StatusCodeData:
    """Lists the Event Records of the card, or the ones with the EventID it asks with.

    Raises:
        DecodeError: a member or a data object is missing or has the wrong form.
    """
    content = read(body)
    now, policy = surroundings.clock.now(), surroundings.policy
    session = surroundings.sessions.live(content.transaction_id, now, Stage.CHALLENGED)
    if content.ok is None or content.context is None:
        if session is None:
            return TRANSACTION_UNKNOWN("the card reported an error for an unknown session")
        surroundings.sessions.repository.put(session.ended())
        return EUICC_VERIFICATION_FAILED(
            f"the card refused this server: authenticateErrorCode {content.error_code!r}"
        )
    sent = (content.ok.euicc_certificate, content.ok.eum_certificate)
    chain = EuiccChain.under(surroundings.identity, sent, now, check_digits=policy.eid_check_digits)
    claim = Claim(content.transaction_id, content.ok, chain, session, policy)
    refusal = run_checks(CARD_CHECKS, policy, claim)
    eid = chain.euicc.eid if chain.euicc else None
    if refusal is not None or session is None or eid is None:
        return refusal or TRANSACTION_UNKNOWN("the session cannot continue")
    surroundings.sessions.repository.put(session.ended())
    wanted = content.context.matching_id or ""
    found = _waiting(surroundings, eid, wanted)
    if wanted and not found:
        return EVENT_UNKNOWN("no such event waits for this eUICC", identifier=wanted)
    entries = tuple(
        EventEntry(event_id=one.event_id, rsp_server_address=one.rsp_server_address)
        for one in surroundings.variation.entries(found)
    )
    return EventEntriesResponse(transaction_id=session.transaction_id, event_entries=entries)


def _waiting(surroundings: Surroundings, eid: Eid, wanted: str) -> list[EventRecord]:
    """Returns the events under this EventID, here or at the root; all of them when it is empty."""
    events = surroundings.events.of(eid)
    return [one for one in events if not wanted or wanted in (one.event_id, one.forwarded_as)]
