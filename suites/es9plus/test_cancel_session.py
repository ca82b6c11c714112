"""ES9+.CancelSession: the SM-DP+ ends a session, and the reason says what becomes of the order."""

from rspcore.crypto.curves import Curve
from rspcore.ids import Oid
from rspharness import testcase
from rspharness.peers.lpa_calls import base64_text
from rspharness.peers.server_answer import require

REASONS = {11: 0, 12: 1, 13: 2, 14: 3, 15: 4, 16: 5, 17: 127}
USER, POSTPONED, TIMEOUT, PPR, METADATA, LOAD = range(6)


def offered(sm_dp_plus, step, *, asn1=False):
    """Returns an LPA that is offered a Profile, and the order."""
    with step("Initial conditions: a Profile is ordered, released and offered"):
        ordered = sm_dp_plus.order()
        lpa = sm_dp_plus.lpa(asn1=asn1)
        lpa.initiate().accepted()
        lpa.authenticate(ordered.matching_id).accepted()
    return lpa, ordered


@testcase.each(
    "asn1, reason",
    {
        f"ES9+.CancelSession#{number + 10 * asn1}": (bool(asn1), reason)
        for number, reason in REASONS.items()
        for asn1 in (0, 1)
    },
    level="destructive",
)
def test_reason_is_taken(sm_dp_plus, step, asn1, reason):
    """The session ends with each reason that version 2 has."""
    lpa, _ = offered(sm_dp_plus, step, asn1=asn1)
    with step(f"S_LPAd -> SM-DP+: CancelSession, reason {reason}"):
        answer = lpa.cancel(reason)
    with step("Expected: success"):
        answer.accepted()


@testcase("ES9+.CancelSession#31")
def test_after_the_package(sm_dp_plus, step):
    """A session ends after the package was delivered, too."""
    lpa, _ = offered(sm_dp_plus, step)
    with step("Initial conditions: the package was delivered"):
        lpa.get_package().accepted()
    with step("S_LPAd -> SM-DP+: CancelSession, loadBppExecutionError"):
        answer = lpa.cancel(LOAD)
    with step("Expected: success"):
        answer.accepted()


@testcase("ES9+.CancelSession#32")
def test_session_has_ended(sm_dp_plus, step):
    """A session that was cancelled is unknown."""
    lpa, _ = offered(sm_dp_plus, step)
    with step("Initial conditions: the session was cancelled, postponed"):
        lpa.cancel(POSTPONED).accepted()
    with step("S_LPAd -> SM-DP+: GetBoundProfilePackage in the same session"):
        answer = lpa.get_package()
    with step("Expected: refused, 8.10.1/3.9"):
        answer.refused("8.10.1/3.9; 95")


@testcase.each(
    "reason",
    {
        "ES9+.CancelSession#33": POSTPONED,
        "ES9+.CancelSession#34": TIMEOUT,
        "ES9+.CancelSession#35": LOAD,
    },
)
def test_order_can_be_downloaded_later(sm_dp_plus, step, reason):
    """After these reasons the order can be downloaded."""
    lpa, ordered = offered(sm_dp_plus, step)
    with step(f"Initial conditions: the session was cancelled, reason {reason}"):
        lpa.cancel(reason).accepted()
    with step("S_LPAd -> SM-DP+: a whole download of the same order"):
        package = lpa.download(ordered.matching_id)
    with step("Expected: the package"):
        require(package.upp, "a profile package", "none")


@testcase.each(
    "reason",
    {
        "ES9+.CancelSession#36": USER,
        "ES9+.CancelSession#37": PPR,
        "ES9+.CancelSession#38": METADATA,
    },
    level="destructive",
)
def test_order_has_ended(sm_dp_plus, step, reason):
    """After these reasons the order offers nothing any more."""
    lpa, ordered = offered(sm_dp_plus, step)
    with step(f"Initial conditions: the session was cancelled, reason {reason}"):
        lpa.cancel(reason).accepted()
    with step("S_LPAd -> SM-DP+: a new session for the same order"):
        lpa.initiate().accepted()
        answer = lpa.authenticate(ordered.matching_id)
    with step("Expected: no Profile"):
        require(answer.refusal or answer.status != 200, "no Profile", answer.words)


@testcase("ES9+.CancelSession#39", level="destructive")
def test_state_after_rejection(sm_dp_plus, step):
    """After endUserRejection the Profile is in state Error."""
    lpa, ordered = offered(sm_dp_plus, step)
    with step("S_LPAd -> SM-DP+: CancelSession, endUserRejection"):
        lpa.cancel(USER).accepted()
    with step("Expected: Error"):
        state = sm_dp_plus.state(ordered)
        require(state == "Error", "Error", state)


@testcase.each(
    "asn1",
    {"ES9+.CancelSession#46": False, "ES9+.CancelSession#47": True},
)
def test_oid_of_another_server(sm_dp_plus, step, asn1):
    """A card that signs the OID of another SM-DP+ is refused."""
    lpa, _ = offered(sm_dp_plus, step, asn1=asn1)
    with step("S_LPAd -> SM-DP+: CancelSession, smdpOid 2.999.99"):
        answer = lpa.cancel(POSTPONED, oid=Oid("2.999.99"))
    with step("Expected: refused, 8.8/3.10; 127"):
        answer.refused("8.8/3.10; 127")


@testcase("ES9+.CancelSession#48")
def test_refused_cancellation_changes_nothing(sm_dp_plus, step):
    """A CancelSession that is refused leaves the order as it was."""
    lpa, ordered = offered(sm_dp_plus, step)
    with step("S_LPAd -> SM-DP+: CancelSession, endUserRejection, signed by another key"):
        own = lpa.card.key
        lpa.card.key = lpa.card.pki.eum(lpa.card.curve).private_key
        lpa.cancel(USER).refused("8.1/6.1; 2")
        lpa.card.key = own
    with step("S_LPAd -> SM-DP+: a whole download of the same order"):
        package = lpa.download(ordered.matching_id)
    with step("Expected: the package"):
        require(package.upp, "a profile package", "none")


@testcase("ES9+.CancelSession#49", level="destructive")
def test_card_on_brainpool(sm_dp_plus, step):
    """A card on brainpoolP256r1 cancels its session."""
    with step("Initial conditions: a Profile is offered to a card of the brainpool CI alone"):
        ordered = sm_dp_plus.order()
        lpa = sm_dp_plus.lpa(curve=Curve.BRAINPOOL_P256R1)
        lpa.card.verification = lpa.card.signing = (lpa.card.ci_key(Curve.BRAINPOOL_P256R1),)
        lpa.initiate().accepted()
        lpa.authenticate(ordered.matching_id).accepted()
    with step("S_LPAd -> SM-DP+: CancelSession, endUserRejection"):
        answer = lpa.cancel(USER)
    with step("Expected: success"):
        answer.accepted()


@testcase("ES9+.CancelSession#50")
def test_cancelled_twice(sm_dp_plus, step):
    """A session that was cancelled cannot be cancelled again."""
    lpa, _ = offered(sm_dp_plus, step)
    with step("Initial conditions: the session was cancelled, postponed"):
        lpa.cancel(POSTPONED).accepted()
    with step("S_LPAd -> SM-DP+: CancelSession again"):
        answer = lpa.cancel(POSTPONED)
    with step("Expected: refused, 8.10.1/3.9"):
        answer.refused("8.10.1/3.9; 1")


@testcase("ES9+.CancelSession#51")
def test_cancelled_by_another_card(sm_dp_plus, step):
    """A cancellation that another card has signed is refused, and the session goes on."""
    lpa, _ = offered(sm_dp_plus, step)
    other = sm_dp_plus.lpa(other_card=True)
    other.card.server_oid = lpa.server_certificate().registered_id
    with step("S_LPAd -> SM-DP+: CancelSession, endUserRejection, signed by another card"):
        answer = lpa.cancel(USER, bf41=other.card.cancel(lpa.transaction_id, USER))
    with step("Expected: refused, 8.1/6.1; the package is delivered"):
        answer.refused("8.1/6.1; 2")
        lpa.opened_package(lpa.get_package())


@testcase.each(
    "octets",
    {"ES9+.CancelSession#52": None, "ES9+.CancelSession#53": b"\xbf\x41\x20\xa0"},
)
def test_unusable_request(sm_dp_plus, step, octets):
    """A request without the card's answer, or with one that is cut, cancels nothing."""
    lpa, _ = offered(sm_dp_plus, step)
    members = {
        "transactionId": lpa.opened.text("transactionId"),
        "cancelSessionResponse": None if octets is None else base64_text(octets),
    }
    with step("S_LPAd -> SM-DP+: CancelSession"):
        answer = lpa.call("cancelSession", members)
    with step("Expected: refused; the package is delivered"):
        answer.refused_somehow()
        lpa.opened_package(lpa.get_package())
