"""ES11.AuthenticateClient: the SM-DS authenticates the card and lists what waits for it."""

from datetime import UTC, datetime

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.ids import TransactionId
from rspcore.pki.roles import Role
from rspharness import testcase
from rspharness.peers.lpa_calls import base64_text
from rspharness.peers.server_answer import require

NIST, BRAINPOOL = Curve.NIST_P256, Curve.BRAINPOOL_P256R1
ADDRESS = "smdpp.example.com"
UNKNOWN = "RSPLAB-NO-SUCH-EVENT"
CARD_ERROR = tlv.encode(0xBF38, tlv.encode(0xA1, bytes.fromhex("800101020107")))


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


def late(lpa, role):
    """Lets the validity of a certificate of the card be over."""
    lpa.card.expire(role, datetime.now(UTC))  # noqa: TID251  the server has the real clock


def wrong_eum(lpa):
    """CERT.EUM is signed by another key than the CI's."""
    lpa.card.reissue(Role.EUM, key="wrong")


def late_eum(lpa):
    """The validity of CERT.EUM has ended."""
    late(lpa, Role.EUM)


def wrong_euicc(lpa):
    """CERT.EUICC is signed by another key than the EUM's."""
    lpa.card.reissue(Role.EUICC, key="wrong")


def late_euicc(lpa):
    """The validity of CERT.EUICC has ended."""
    late(lpa, Role.EUICC)


def wrong_signature(lpa):
    """The key that signs is not that of CERT.EUICC."""
    lpa.card.key = lpa.card.pki.eum(lpa.card.curve).private_key


def unknown_ci(lpa):
    """CERT.EUM names an issuer that is no CI of the server."""
    lpa.card.of_unknown_ci()


CHAIN = {
    40: (wrong_eum, "8.1.2/6.1; 1"),
    42: (late_eum, "8.1.2/6.3; 2"),
    44: (wrong_euicc, "8.1.3/6.1; 3"),
    46: (late_euicc, "8.1.3/6.3; 4"),
    48: (wrong_signature, "8.1/6.1; 5"),
    60: (unknown_ci, "8.11.1/3.9 or 8.1.2/6.1; 127 or 1"),
}


@testcase.each(
    "asn1, change, codes",
    {
        f"ES11.AuthenticateClient#{number + asn1}": (bool(asn1), change, codes)
        for number, (change, codes) in CHAIN.items()
        for asn1 in (0, 1)
    },
    level="read-only",
)
def test_card_that_is_not_authentic(sm_ds, step, asn1, change, codes):
    """A card whose certificates or signature are not good gets the codes of the reason."""
    lpa = initiated(sm_ds, step, asn1=asn1, other_card=False)
    change(lpa)
    with step(f"S_LPAd -> SM-DS: AuthenticateClient. {change.__doc__}"):
        answer = lpa.authenticate()
    with step(f"Expected: refused, {codes}"):
        answer.refused(codes)


@testcase.each(
    "asn1, changes, codes",
    {
        "ES11.AuthenticateClient#50": (False, {"server_challenge": bytes(16)}, "8.1/6.1; 5"),
        "ES11.AuthenticateClient#51": (True, {"server_challenge": bytes(16)}, "8.1/6.1; 5"),
        "ES11.AuthenticateClient#52": (False, {"matching_id": UNKNOWN}, "8.9.5/3.9; 6"),
        "ES11.AuthenticateClient#53": (True, {"matching_id": UNKNOWN}, "8.9.5/3.9; 6"),
        "ES11.AuthenticateClient#64": (False, {"transaction": "00" * 16}, "8.10.1/3.9; 7"),
        "ES11.AuthenticateClient#65": (True, {"transaction": "00" * 16}, "8.10.1/3.9; 7"),
        "ES11.AuthenticateClient#66": (
            False,
            {"transaction_id": TransactionId(bytes(16))},
            "8.10.1/3.9; 7",
        ),
        "ES11.AuthenticateClient#67": (
            True,
            {"transaction_id": TransactionId(bytes(16))},
            "8.10.1/3.9; 7",
        ),
    },
    level="read-only",
)
def test_request_is_refused(sm_ds, step, asn1, changes, codes):
    """Another challenge, an unknown EventID and another transactionId are refused."""
    lpa = initiated(sm_ds, step, asn1=asn1)
    with step(f"S_LPAd -> SM-DS: AuthenticateClient with another {next(iter(changes))}"):
        answer = lpa.authenticate(**changes)
    with step(f"Expected: refused, {codes}"):
        answer.refused(codes)


@testcase.each("asn1", {"ES11.AuthenticateClient#54": False, "ES11.AuthenticateClient#55": True})
def test_event_id_of_another_card(sm_ds, step, asn1):
    """The EventID of another card's event is unknown."""
    lpa = initiated(sm_ds, step, asn1=asn1)
    made = registered(sm_ds, step, sm_ds.lpa(other_card=True).card.eid)
    with step("S_LPAd -> SM-DS: AuthenticateClient with the EventID of another card"):
        answer = lpa.authenticate(made[0])
    with step("Expected: refused, 8.9.5/3.9; 6"):
        answer.refused("8.9.5/3.9; 6")


@testcase.each(
    "asn1",
    {"ES11.AuthenticateClient#62": False, "ES11.AuthenticateClient#63": True},
    level="read-only",
)
def test_chain_under_another_ci(sm_ds, step, asn1):
    """A chain under another CI than the one chosen is refused."""
    lpa = initiated(sm_ds, step, asn1=asn1, curve=NIST)
    other = sm_ds.lpa(curve=BRAINPOOL).card
    lpa.card.certificate, lpa.card.eum, lpa.card.key = other.certificate, other.eum, other.key
    with step("S_LPAd -> SM-DS: AuthenticateClient with the chain of the other CI"):
        answer = lpa.authenticate()
    with step("Expected: refused, 8.11.1/3.9; 127"):
        answer.refused("8.11.1/3.9; 127")


@testcase("ES11.AuthenticateClient#68", level="read-only")
def test_session_is_over(sm_ds, step):
    """After the answer the transactionId is that of no session."""
    lpa = initiated(sm_ds, step)
    listed(lpa, step)
    with step("S_LPAd -> SM-DS: AuthenticateClient again in the same session"):
        answer = lpa.authenticate()
    with step("Expected: refused, 8.10.1/3.9"):
        answer.refused("8.10.1/3.9; 7")


@testcase("ES11.AuthenticateClient#78")
def test_card_reports_an_error(sm_ds, step):
    """A card that reports an error is listed nothing."""
    lpa = initiated(sm_ds, step)
    registered(sm_ds, step, lpa.card.eid)
    with step("S_LPAd -> SM-DS: AuthenticateClient with authenticateResponseError"):
        answer = lpa.authenticate(bf38=CARD_ERROR)
    with step("Expected: no event"):
        require(answer.refusal or answer.status != 200, "a refusal", answer.words)


@testcase.each(
    "octets",
    {"ES11.AuthenticateClient#84": None, "ES11.AuthenticateClient#85": b"\xbf\x38\x20\xa0"},
    level="read-only",
)
def test_unusable_answer_of_the_card(sm_ds, step, octets):
    """A request without the card's answer, or with one that is cut, lists nothing."""
    lpa = initiated(sm_ds, step)
    with step("S_LPAd -> SM-DS: AuthenticateClient"):
        members = {
            "transactionId": lpa.opened.text("transactionId"),
            "authenticateServerResponse": None if octets is None else base64_text(octets),
        }
        answer = lpa.call("authenticateClient", members)
    with step("Expected: no event"):
        answer.refused_somehow()
