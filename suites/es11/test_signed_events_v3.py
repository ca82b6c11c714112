"""ES11 in version 3: signed lists of events, and CheckEvent without a card."""

from rspcore.messages.v3.event_lists import SmdsSigned2
from rspharness import testcase
from rspharness.peers.newer.newer_calls import decoded
from rspharness.peers.server_answer import require

ADDRESS = "smdpp.example.com"
ELSEWHERE = "smds.example.net"
UNKNOWN_EC_ID = b"\xa5" * 16
A_LONG_TIME_S = 31 * 24 * 3600


def registered(sm_ds, step, eid):
    """Registers an event for an EID; returns its EventID and the SM-DP+ that did."""
    partner, event_id = sm_ds.partner(), f"RSPLAB-{sm_ds.unique}-V3"
    with step("Initial conditions: an event registered"):
        partner.call(
            "registerEvent",
            eid=str(eid),
            rspServerAddress=ADDRESS,
            eventId=event_id,
            forwardingIndicator=False,
        ).accepted()
    return event_id, partner


def listed(lpa, step):
    """Asks for the events of the card in a new session; returns the answer."""
    with step("S_LPAd -> SM-DS: InitiateAuthentication, AuthenticateClient"):
        lpa.initiate().accepted()
        return lpa.authenticate().accepted()


def signed_events(lpa, answer):
    """Returns the signed list of an answer."""
    events = decoded(SmdsSigned2, answer, "smdsSigned2").event_list
    require(events is not None, "a list of events", "another answer")
    return events


def require_refused(sm_ds, step, answer, name, number):
    """Requires an error of the ASN.1 binding; the codes of JSON for it are not public."""
    with step(f"Expected: {name}({number}); in JSON any refusal"):
        if sm_ds.speaks_asn1:
            answer.refused(f"; {number}")
        else:
            answer.refused_somehow()


@testcase("ES11.AuthenticateClient#01")
def test_signed_list_for_version_3_alone(sm_ds, step):
    """A card and LPA of version 3 get a signed list, those of version 2 the plain one."""
    older = sm_ds.lpa(other_card=True, asn1=sm_ds.speaks_asn1)
    event_id, _ = registered(sm_ds, step, older.card.eid)
    answer = listed(older, step)
    with step("Expected: eventEntries with the event, nothing signed"):
        found = [one.get("eventId") for one in answer.members.get("eventEntries") or ()]
        require(found == [event_id], [event_id], found)
        require("smdsSigned2" not in answer.members, "no smdsSigned2", "smdsSigned2")
    newer = sm_ds.newer_lpa(asn1=sm_ds.speaks_asn1)
    event_id, _ = registered(sm_ds, step, newer.card.eid)
    answer = listed(newer, step)
    with step("Expected: smdsSigned2 of this session with the event"):
        signed = decoded(SmdsSigned2, answer, "smdsSigned2").transaction_id
        require(signed == newer.transaction_id, newer.transaction_id, signed)
        entries = signed_events(newer, answer).event_entries
        found = [(one.event_id, one.rsp_server_address) for one in entries]
        require(found == [(event_id, ADDRESS)], [(event_id, ADDRESS)], found)
    with step("Expected: smdsSignature2 by CERT.DSauth"):
        newer.require_signature(answer, "smdsSigned2", "smdsSignature2")


@testcase("ES11.CheckEvent#01")
def test_pending_event(sm_ds, step):
    """CheckEvent says that an event waits, and no longer once it is deleted."""
    lpa = sm_ds.newer_lpa()
    event_id, partner = registered(sm_ds, step, lpa.card.eid)
    ec_id = signed_events(lpa, listed(lpa, step)).ec_id
    require(ec_id is not None, "a list with ecId", "none")
    for deleted in (False, True):
        if deleted:
            with step("SM-DP+ -> SM-DS: DeleteEvent"):
                partner.call("deleteEvent", eid=str(lpa.card.eid), eventId=event_id).accepted()
        with step("S_LPAd -> SM-DS: CheckEvent"):
            answer = lpa.check_event(ec_id).accepted()
        with step(f"Expected: isPendingEvent {not deleted}"):
            pending = answer.members.get("isPendingEvent")
            require(pending is not deleted, not deleted, pending)


@testcase("ES11.CheckEvent#02")
def test_check_that_is_refused(sm_ds, step):
    """CheckEvent with another address, and with an unknown or expired ecId, is refused."""
    lpa = sm_ds.newer_lpa(asn1=sm_ds.speaks_asn1)
    registered(sm_ds, step, lpa.card.eid)
    ec_id = signed_events(lpa, listed(lpa, step)).ec_id
    require(ec_id is not None, "a list with ecId", "none")
    with step("S_LPAd -> SM-DS: CheckEvent for another address"):
        answer = lpa.check_event(ec_id, ELSEWHERE)
    require_refused(sm_ds, step, answer, "invalidDsAddress", 1)
    with step("S_LPAd -> SM-DS: CheckEvent, an unknown ecId"):
        answer = lpa.check_event(UNKNOWN_EC_ID)
    require_refused(sm_ds, step, answer, "unknownEcid", 4)
    sm_ds.advance(A_LONG_TIME_S)
    with step("S_LPAd -> SM-DS: CheckEvent, an ecId that has expired"):
        answer = lpa.check_event(ec_id)
    require_refused(sm_ds, step, answer, "expiredEcid", 3)
