"""AuthenticateClient (ES9+, ES11): the server refuses a card that is not authentic."""

from datetime import UTC, datetime

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.ids import TransactionId
from rspcore.pki.roles import Role
from rspharness import testcase
from rspharness.peers.lpa_calls import base64_text
from rspharness.peers.server_answer import require

NIST, BRAINPOOL = Curve.NIST_P256, Curve.BRAINPOOL_P256R1
UNKNOWN = "RSPLAB-NOTHING-OF-THIS-NAME"
OTHER_ID = "00" * 16
CARD_ERROR = tlv.encode(0xBF38, tlv.encode(0xA1, bytes.fromhex("800101020107")))


def initiated(rsp_server, step, **how):
    """Returns an LPA whose session is open."""
    lpa = rsp_server.lpa(**how)
    with step("Initial conditions: InitiateAuthentication done"):
        lpa.initiate().accepted()
    return lpa


def require_refused(rsp_server, step, answer, pairs, of_dp, of_ds):
    """Requires one of these pairs, and in ASN.1 the integer of the SM-DP+ or of the SM-DS."""
    with step(f"Expected: refused, {pairs}"):
        answer.refused(f"{pairs}; {of_ds if rsp_server.sm_ds else of_dp}")


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
    40: (wrong_eum, "8.1.2/6.1", 1, 1),
    42: (late_eum, "8.1.2/6.3", 2, 2),
    44: (wrong_euicc, "8.1.3/6.1", 3, 3),
    46: (late_euicc, "8.1.3/6.3", 4, 4),
    48: (wrong_signature, "8.1/6.1", 5, 5),
    60: (unknown_ci, "8.11.1/3.9 or 8.1.2/6.1", "9 or 1", "127 or 1"),
}
"""What is wrong, the pairs that are allowed, and the integers of the SM-DP+ and of the SM-DS."""


@testcase.each(
    "asn1, change, pairs, of_dp, of_ds",
    {
        " ".join(f"{one}.AuthenticateClient#{number + asn1}" for one in ("ES9+", "ES11")): (
            bool(asn1),
            *row,
        )
        for number, row in CHAIN.items()
        for asn1 in (0, 1)
    },
    level="read-only",
)
def test_card_that_is_not_authentic(rsp_server, step, asn1, change, pairs, of_dp, of_ds):
    """A card whose certificates or signature are not good gets the codes of the reason."""
    lpa = initiated(rsp_server, step, asn1=asn1)
    change(lpa)
    with step(f"S_LPAd -> {rsp_server.name}: AuthenticateClient. {change.__doc__}"):
        answer = lpa.authenticate(UNKNOWN)
    require_refused(rsp_server, step, answer, pairs, of_dp, of_ds)


@testcase("ES9+.AuthenticateClient#81", "ES11.AuthenticateClient#81", level="read-only")
def test_eum_certificate_of_a_leaf(rsp_server, step):
    """A CERT.EUM that is no CA is refused."""
    lpa = initiated(rsp_server, step)
    lpa.card.eum_as_leaf()
    with step(f"S_LPAd -> {rsp_server.name}: AuthenticateClient, CERT.EUM without cA"):
        answer = lpa.authenticate(UNKNOWN)
    require_refused(rsp_server, step, answer, "8.1.2/6.1", 1, 1)


@testcase.each(
    "asn1",
    {
        "ES9+.AuthenticateClient#62 ES11.AuthenticateClient#62": False,
        "ES9+.AuthenticateClient#63 ES11.AuthenticateClient#63": True,
    },
    level="read-only",
)
def test_chain_under_another_ci(rsp_server, step, asn1):
    """A chain under another CI than the one chosen is refused."""
    lpa = initiated(rsp_server, step, asn1=asn1, curve=NIST)
    other = rsp_server.lpa(curve=BRAINPOOL).card
    lpa.card.certificate, lpa.card.eum, lpa.card.key = other.certificate, other.eum, other.key
    with step(f"S_LPAd -> {rsp_server.name}: AuthenticateClient with the chain of the other CI"):
        answer = lpa.authenticate(UNKNOWN)
    require_refused(rsp_server, step, answer, "8.11.1/3.9", 9, 127)


SIGNED = {
    50: ({"server_challenge": bytes(16)}, "8.1/6.1", 5, 5),
    64: ({"transaction": OTHER_ID}, "8.10.1/3.9", 10, 7),
    66: ({"transaction_id": TransactionId(bytes(16))}, "8.10.1/3.9", 10, 7),
}
"""What the card signs or the LPA sends, and the codes as above."""


@testcase.each(
    "asn1, changes, pairs, of_dp, of_ds",
    {
        " ".join(f"{one}.AuthenticateClient#{number + asn1}" for one in ("ES9+", "ES11")): (
            bool(asn1),
            *row,
        )
        for number, row in SIGNED.items()
        for asn1 in (0, 1)
    },
    level="read-only",
)
def test_value_of_another_session(rsp_server, step, asn1, changes, pairs, of_dp, of_ds):
    """Another challenge or transactionId than that of the session is refused."""
    lpa = initiated(rsp_server, step, asn1=asn1)
    given = dict(changes)
    if "transaction" in given:
        given["transaction_id"] = TransactionId.from_hex(OTHER_ID)
    with step(f"S_LPAd -> {rsp_server.name}: AuthenticateClient, another {next(iter(changes))}"):
        answer = lpa.authenticate(UNKNOWN, **given)
    require_refused(rsp_server, step, answer, pairs, of_dp, of_ds)


@testcase("ES9+.AuthenticateClient#83", "ES11.AuthenticateClient#83", level="read-only")
def test_without_a_session(rsp_server, step):
    """A transactionId that the LPA has drawn itself is refused."""
    lpa = initiated(rsp_server, step)
    drawn = lpa.card.octets(16)
    with step(f"S_LPAd -> {rsp_server.name}: AuthenticateClient, transactionId of the LPA"):
        answer = lpa.authenticate(
            UNKNOWN, transaction=drawn.hex().upper(), transaction_id=TransactionId(drawn)
        )
    require_refused(rsp_server, step, answer, "8.10.1/3.9", 10, 7)


@testcase("ES9+.AuthenticateClient#86", "ES11.AuthenticateClient#82", level="read-only")
def test_session_of_another_card(rsp_server, step):
    """What a card signs for its own session is refused in the session of another card."""
    lpa = initiated(rsp_server, step)
    other = initiated(rsp_server, step, other_card=True)
    own = lpa.card.authenticate(lpa.server_signed1, UNKNOWN)
    with step(f"Another S_LPAd -> {rsp_server.name}: AuthenticateClient of the first card"):
        answer = other.authenticate(bf38=own)
    require_refused(rsp_server, step, answer, "8.10.1/3.9 or 8.1/6.1", "10 or 5", "7 or 5")


@testcase("ES9+.AuthenticateClient#78", "ES11.AuthenticateClient#78", level="read-only")
def test_card_reports_an_error(rsp_server, step):
    """A card that reports an error is offered nothing, and listed nothing."""
    lpa = initiated(rsp_server, step)
    with step(f"S_LPAd -> {rsp_server.name}: AuthenticateClient with authenticateResponseError"):
        answer = lpa.authenticate(bf38=CARD_ERROR)
    with step("Expected: no Profile, no event"):
        require("smdpSigned2" not in answer.members, "no Profile", answer.words)
        require(answer.refusal or answer.status != 200, "a refusal", answer.words)


@testcase.each(
    "octets",
    {
        "ES9+.AuthenticateClient#84 ES11.AuthenticateClient#84": None,
        "ES9+.AuthenticateClient#85 ES11.AuthenticateClient#85": b"\xbf\x38\x20\xa0",
    },
    level="read-only",
)
def test_unusable_answer_of_the_card(rsp_server, step, octets):
    """A request without the card's answer, or with one that is cut, is of no use to anybody."""
    lpa = initiated(rsp_server, step)
    members = {
        "transactionId": lpa.opened.text("transactionId"),
        "authenticateServerResponse": None if octets is None else base64_text(octets),
    }
    with step(f"S_LPAd -> {rsp_server.name}: AuthenticateClient"):
        answer = lpa.call("authenticateClient", members)
    with step("Expected: no Profile, no event"):
        answer.refused_somehow()
