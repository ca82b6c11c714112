"""ES11.AuthenticateClient: the SM-DS authenticates the card and lists what waits for it."""

from rspcore.crypto.curves import Curve
from rspharness import testcase
from rspharness.peers.server_answer import require

NIST, BRAINPOOL = Curve.NIST_P256, Curve.BRAINPOOL_P256R1
ADDRESS = "smdpp.example.com"
UNKNOWN = "RSPLAB-NO-SUCH-EVENT"


def registered(sm_ds, step, eid, number=1, partner=None):
    """Registers events for an EID; returns their EventIDs."""
    partner = partner or sm_ds.partner()
    made = [f"RSPLAB-{sm_ds.unique}-{one}" for one in range(number)]
    with step(f"Initial conditions: {number} events registered"):
        for event_id in made:
            partner.call(
                "registerEvent",
                eid=str(eid),
                rspServerAddress=ADDRESS,
                eventId=event_id,
                forwardingIndicator=False,
            ).accepted()
    return made


def initiated(sm_ds, step, **how):
    """Returns an LPA whose session is open, with a card that no other case has."""
    lpa = sm_ds.lpa(**{"other_card": True, **how})
    with step("Initial conditions: InitiateAuthentication done"):
        lpa.initiate().accepted()
    return lpa


def listed(lpa, step, event_id=None):
    """Asks for the events of the card; returns EventID and address of each."""
    with step("S_LPAd -> SM-DS: AuthenticateClient"):
        answer = lpa.authenticate(event_id).accepted()
    return entries(answer)


def entries(answer):
    """Returns EventID and address of each entry of an answer."""
    found = answer.members.get("eventEntries")
    require(isinstance(found, list), "eventEntries, a list", repr(found))
    require(all(isinstance(one, dict) for one in found), "entries with two members", repr(found))
    return [(one.get("eventId"), one.get("rspServerAddress")) for one in found]


def require_events(found, wanted):
    """Requires these EventIDs to be listed, each once, in any order."""
    ids = sorted(str(event_id) for event_id, _ in found)
    require(ids == sorted(wanted), f"events {sorted(wanted)}", f"events {ids}")


@testcase.each(
    "asn1, curve",
    {
        "ES11.AuthenticateClient#11": (False, NIST),
        "ES11.AuthenticateClient#12": (False, BRAINPOOL),
        "ES11.AuthenticateClient#13": (True, NIST),
        "ES11.AuthenticateClient#14": (True, BRAINPOOL),
    },
)
def test_event_is_listed(sm_ds, step, asn1, curve):
    """An event that waits for the card is listed."""
    lpa = initiated(sm_ds, step, asn1=asn1, curve=curve)
    made = registered(sm_ds, step, lpa.card.eid)
    found = listed(lpa, step)
    with step("Expected: the event"):
        require_events(found, made)


@testcase.each("asn1", {"ES11.AuthenticateClient#15": False, "ES11.AuthenticateClient#16": True})
def test_address_of_the_event(sm_ds, step, asn1):
    """The rspServerAddress is the one that was registered."""
    lpa = initiated(sm_ds, step, asn1=asn1)
    registered(sm_ds, step, lpa.card.eid)
    found = listed(lpa, step)
    with step(f"Expected: {ADDRESS}"):
        require([one for _, one in found] == [ADDRESS], ADDRESS, found)


@testcase("ES11.AuthenticateClient#17")
def test_every_event_is_listed(sm_ds, step):
    """Several events of a card are all listed."""
    lpa = initiated(sm_ds, step)
    made = registered(sm_ds, step, lpa.card.eid, 3)
    found = listed(lpa, step)
    with step("Expected: three events"):
        require_events(found, made)


@testcase.each(
    "asn1",
    {"ES11.AuthenticateClient#18": False, "ES11.AuthenticateClient#19": True},
    level="read-only",
)
def test_nothing_waits(sm_ds, step, asn1):
    """A card for which nothing waits gets an empty list."""
    found = listed(initiated(sm_ds, step, asn1=asn1), step)
    with step("Expected: no entry"):
        require(not found, "no entry", found)


@testcase("ES11.AuthenticateClient#20")
def test_empty_matching_id(sm_ds, step):
    """With a MatchingID of zero length every event is listed."""
    lpa = initiated(sm_ds, step)
    made = registered(sm_ds, step, lpa.card.eid, 2)
    found = listed(lpa, step, "")
    with step("Expected: two events"):
        require_events(found, made)


@testcase.each("asn1", {"ES11.AuthenticateClient#21": False, "ES11.AuthenticateClient#22": True})
def test_one_event_is_asked_for(sm_ds, step, asn1):
    """With an EventID as MatchingID this event alone is listed."""
    lpa = initiated(sm_ds, step, asn1=asn1)
    made = registered(sm_ds, step, lpa.card.eid, 2)
    found = listed(lpa, step, made[1])
    with step("Expected: this event alone"):
        require_events(found, made[1:])


@testcase("ES11.AuthenticateClient#23")
def test_event_is_not_used_up(sm_ds, step):
    """An event that was listed is listed again at the next try."""
    lpa = initiated(sm_ds, step)
    made = registered(sm_ds, step, lpa.card.eid)
    listed(lpa, step)
    with step("Initial conditions: a second session"):
        lpa.initiate().accepted()
    found = listed(lpa, step)
    with step("Expected: the event"):
        require_events(found, made)


@testcase("ES11.AuthenticateClient#24")
def test_event_of_another_card(sm_ds, step):
    """An event of another EID is not listed."""
    lpa = initiated(sm_ds, step)
    registered(sm_ds, step, sm_ds.lpa(other_card=True).card.eid)
    found = listed(lpa, step)
    with step("Expected: no entry"):
        require(not found, "no entry", found)


@testcase("ES11.AuthenticateClient#25", level="read-only")
def test_transaction_id_of_the_answer(sm_ds, step):
    """The transactionId of the answer is that of the session."""
    lpa = initiated(sm_ds, step)
    with step("S_LPAd -> SM-DS: AuthenticateClient"):
        text = lpa.authenticate().accepted().text("transactionId")
    with step("Expected: that of the session"):
        wanted = lpa.opened.text("transactionId")
        require(text == wanted, wanted, text)


@testcase("ES11.AuthenticateClient#26", level="read-only")
def test_transaction_id_in_lower_case(sm_ds, step):
    """A transactionId in lower case is that of the session."""
    lpa = initiated(sm_ds, step)
    with step("S_LPAd -> SM-DS: AuthenticateClient, transactionId in lower case"):
        answer = lpa.authenticate(transaction=lpa.opened.text("transactionId").lower())
    with step("Expected: success"):
        answer.accepted()


@testcase("ES11.AuthenticateClient#27", level="read-only")
def test_session_is_not_tied_to_a_connection(sm_ds, step):
    """The next call of a session may come over another TLS connection."""
    lpa = initiated(sm_ds, step)
    with step("S_LPAd -> SM-DS: AuthenticateClient over another connection"):
        sm_ds.new_connection()
        answer = lpa.authenticate()
    with step("Expected: success"):
        answer.accepted()


@testcase.each(
    "asn1",
    {"ES11.AuthenticateClient#52": False, "ES11.AuthenticateClient#53": True},
    level="read-only",
)
def test_unknown_event(sm_ds, step, asn1):
    """An EventID that no event has is refused."""
    lpa = initiated(sm_ds, step, asn1=asn1)
    with step("S_LPAd -> SM-DS: AuthenticateClient, unknown EventID as MatchingID"):
        answer = lpa.authenticate(UNKNOWN)
    with step("Expected: refused, 8.9.5/3.9; 6"):
        answer.refused("8.9.5/3.9; 6")


@testcase.each("asn1", {"ES11.AuthenticateClient#54": False, "ES11.AuthenticateClient#55": True})
def test_event_id_of_another_card(sm_ds, step, asn1):
    """The EventID of another card's event is unknown."""
    lpa = initiated(sm_ds, step, asn1=asn1)
    made = registered(sm_ds, step, sm_ds.lpa(other_card=True).card.eid)
    with step("S_LPAd -> SM-DS: AuthenticateClient with the EventID of another card"):
        answer = lpa.authenticate(made[0])
    with step("Expected: refused, 8.9.5/3.9; 6"):
        answer.refused("8.9.5/3.9; 6")


@testcase("ES11.AuthenticateClient#68", level="read-only")
def test_session_is_over(sm_ds, step):
    """After the answer the transactionId is that of no session."""
    lpa = initiated(sm_ds, step)
    listed(lpa, step)
    with step("S_LPAd -> SM-DS: AuthenticateClient again in the same session"):
        answer = lpa.authenticate()
    with step("Expected: refused, 8.10.1/3.9"):
        answer.refused("8.10.1/3.9; 7")


@testcase("ES11.AuthenticateClient#86")
def test_events_after_a_refusal(sm_ds, step):
    """After a refusal the events of the card are listed in a new session."""
    lpa = initiated(sm_ds, step)
    made = registered(sm_ds, step, lpa.card.eid)
    with step("Initial conditions: an unknown EventID was refused; a new session"):
        lpa.authenticate(UNKNOWN).refused("8.9.5/3.9; 6")
        lpa.initiate().accepted()
    found = listed(lpa, step)
    with step("Expected: the event"):
        require_events(found, made)
