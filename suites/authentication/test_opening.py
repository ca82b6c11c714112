"""InitiateAuthentication (ES9+, ES11): the server opens a session and proves itself to the card."""

from rspcore.crypto.curves import Curve
from rspharness import testcase
from rspharness.peers import certificate_expect
from rspharness.peers.lpa_calls import base64_text, signature_octets
from rspharness.peers.server_answer import require

NIST, BRAINPOOL = Curve.NIST_P256, Curve.BRAINPOOL_P256R1
MEMBERS = (
    "transactionId",
    "serverSigned1",
    "serverSignature1",
    "euiccCiPKIdToBeUsed",
    "serverCertificate",
)
UNKNOWN = bytes(range(20))


def opened(rsp_server, step, lpa=None, **changes):
    """Opens a session; returns the LPA and the answer."""
    lpa = lpa or rsp_server.lpa()
    with step(f"S_LPAd -> {rsp_server.name}: InitiateAuthentication"):
        answer = lpa.initiate(**changes).accepted()
    return lpa, answer


def require_key(answer, wanted):
    """Requires one of these keys of a CI to be chosen, as 04 14 and 20 octets."""
    found = answer.octets("euiccCiPKIdToBeUsed")
    allowed = [bytes((4, 20)) + one for one in wanted]
    require(found in allowed, " or ".join(one.hex() for one in allowed), found.hex())


@testcase.each(
    "asn1, curve",
    {
        "ES9+.InitiateAuthentication#11 ES11.InitiateAuthentication#11": (False, NIST),
        "ES9+.InitiateAuthentication#12 ES11.InitiateAuthentication#12": (False, BRAINPOOL),
        "ES9+.InitiateAuthentication#13 ES11.InitiateAuthentication#13": (True, NIST),
        "ES9+.InitiateAuthentication#14 ES11.InitiateAuthentication#14": (True, BRAINPOOL),
    },
    level="read-only",
)
def test_session_is_opened(rsp_server, step, asn1, curve):
    """The server opens a session and sends all its objects."""
    lpa = rsp_server.lpa(asn1=asn1, curve=curve)
    lpa.card.verification = lpa.card.signing = (lpa.card.ci_key(curve),)
    _, answer = opened(rsp_server, step, lpa)
    with step("Expected: every object, and a signature that verifies"):
        for member in MEMBERS:
            answer.text(member)
        certificate_expect.signed(
            lpa.server_certificate(),
            signature_octets(answer, "serverSignature1"),
            answer.octets("serverSigned1"),
        )


@testcase("ES9+.InitiateAuthentication#15", "ES11.InitiateAuthentication#15", level="read-only")
def test_form_of_transaction_id(rsp_server, step):
    """The transactionId has 2 to 32 digits in upper case, and is the one that is signed."""
    lpa, answer = opened(rsp_server, step)
    text = answer.text("transactionId")
    with step("Expected: hexadecimal digits in upper case"):
        digits = 2 <= len(text) <= 32 and not set(text) - set("0123456789ABCDEF")
        require(digits and not len(text) % 2, "2 to 32 digits 0-9A-F", repr(text))
    with step("Expected: the same in serverSigned1"):
        signed = str(lpa.server_signed1.transaction_id)
        require(signed == text, f"{text} in serverSigned1", signed)


@testcase("ES9+.InitiateAuthentication#16", "ES11.InitiateAuthentication#16", level="read-only")
def test_transaction_id_is_unique(rsp_server, step):
    """Two sessions have different transactionIds."""
    challenge = base64_text(bytes(16))
    first, second = (
        opened(rsp_server, step, euiccChallenge=challenge)[1].text("transactionId")
        for _ in range(2)
    )
    with step("Expected: two transactionIds"):
        require(first != second, "another transactionId than before", second)


@testcase("ES9+.InitiateAuthentication#17", "ES11.InitiateAuthentication#17", level="read-only")
def test_server_challenge_is_fresh(rsp_server, step):
    """Two sessions have different serverChallenges of 16 octets."""
    challenge = base64_text(bytes(16))
    drawn = [
        opened(rsp_server, step, euiccChallenge=challenge)[0].server_signed1.server_challenge
        for _ in range(2)
    ]
    with step("Expected: two challenges of 16 octets"):
        require([len(x) for x in drawn] == [16, 16], "16 octets", [len(x) for x in drawn])
        require(drawn[0] != drawn[1], "another serverChallenge than before", drawn[1].hex())


@testcase("ES9+.InitiateAuthentication#18", "ES11.InitiateAuthentication#18", level="read-only")
def test_euicc_challenge_is_signed(rsp_server, step):
    """The euiccChallenge in serverSigned1 is the one that was sent."""
    lpa, _ = opened(rsp_server, step, euiccChallenge=base64_text(UNKNOWN[:16]))
    with step("Expected: the same euiccChallenge"):
        found = bytes(lpa.server_signed1.euicc_challenge)
        require(found == UNKNOWN[:16], UNKNOWN[:16].hex(), found.hex())


@testcase("ES9+.InitiateAuthentication#19", "ES11.InitiateAuthentication#19", level="read-only")
def test_server_address_is_signed(rsp_server, step):
    """The serverAddress in serverSigned1 is the one that was called."""
    lpa, _ = opened(rsp_server, step)
    with step("Expected: the address called, in upper or lower case"):
        found = lpa.server_signed1.server_address
        require(found.lower() == lpa.address.lower(), lpa.address, found)


@testcase("ES9+.InitiateAuthentication#20", "ES11.InitiateAuthentication#20", level="read-only")
def test_server_signature1_verifies(rsp_server, step):
    """The serverSignature1 verifies by the certificate over serverSigned1 as sent."""
    lpa, answer = opened(rsp_server, step)
    with step("Expected: a signature that verifies"):
        signature = answer.octets("serverSignature1")[-64:]
        certificate_expect.signed(
            lpa.server_certificate(), signature, answer.octets("serverSigned1")
        )


@testcase("ES9+.InitiateAuthentication#21", "ES11.InitiateAuthentication#31", level="read-only")
def test_form_of_server_signature1(rsp_server, step):
    """The serverSignature1 is 5F37 with 64 octets."""
    _, answer = opened(rsp_server, step)
    with step("Expected: 5F 37 40 and 64 octets"):
        signature_octets(answer, "serverSignature1")


@testcase("ES9+.InitiateAuthentication#22", "ES11.InitiateAuthentication#21", level="read-only")
def test_certificate_is_good(rsp_server, step):
    """CERT.DPauth or CERT.DSauth has its role and chains to a CI that the card verifies with."""
    lpa, _ = opened(rsp_server, step)
    with step("Expected: signature, validity, role and extensions are good"):
        certificate_expect.of_server(lpa.server_certificate(), rsp_server.auth_role, rsp_server.pki)


@testcase("ES9+.InitiateAuthentication#23", "ES11.InitiateAuthentication#22", level="read-only")
def test_chosen_ci_is_one_of_the_card(rsp_server, step):
    """The euiccCiPKIdToBeUsed is a key identifier of the signing list."""
    lpa, answer = opened(rsp_server, step)
    with step("Expected: 04 14 and a key of the signing list"):
        require_key(answer, lpa.card.signing)


@testcase("ES9+.InitiateAuthentication#24", "ES11.InitiateAuthentication#23", level="read-only")
def test_first_supported_key_is_chosen(rsp_server, step):
    """Where the signing list begins with brainpool, brainpool is chosen."""
    lpa = rsp_server.lpa()
    lpa.card.signing = (lpa.card.ci_key(BRAINPOOL), lpa.card.ci_key(NIST))
    _, answer = opened(rsp_server, step, lpa)
    with step("Expected: the CI on brainpoolP256r1"):
        require_key(answer, lpa.card.signing[:1])


@testcase.each(
    "name",
    {
        "ES9+.InitiateAuthentication#25 ES11.InitiateAuthentication#24": "signing",
        "ES9+.InitiateAuthentication#26 ES11.InitiateAuthentication#32": "verification",
    },
    level="read-only",
)
def test_unknown_key_is_passed_over(rsp_server, step, name):
    """An unknown key at the beginning of a list is passed over."""
    lpa = rsp_server.lpa()
    known = lpa.card.signing
    setattr(lpa.card, name, (UNKNOWN, *getattr(lpa.card, name)))
    _, answer = opened(rsp_server, step, lpa)
    with step("Expected: a key that the server knows"):
        require_key(answer, known)
        certificate_expect.of_server(lpa.server_certificate(), rsp_server.auth_role, rsp_server.pki)


@testcase("ES9+.InitiateAuthentication#27", "ES11.InitiateAuthentication#33", level="read-only")
def test_lists_may_have_different_roots(rsp_server, step):
    """The verification list chooses the certificate, the signing list the CI of the card."""
    lpa = rsp_server.lpa()
    lpa.card.verification = (lpa.card.ci_key(NIST),)
    lpa.card.signing = (lpa.card.ci_key(BRAINPOOL),)
    _, answer = opened(rsp_server, step, lpa)
    with step("Expected: a certificate under the NIST CI, the brainpool CI chosen"):
        require_key(answer, lpa.card.signing)
        issuer = lpa.server_certificate().authority_key_identifier or b""
        require(issuer == lpa.card.verification[0], lpa.card.verification[0].hex(), issuer.hex())


@testcase("ES9+.InitiateAuthentication#61", "ES11.InitiateAuthentication#60", level="read-only")
def test_two_sessions_at_once(rsp_server, step):
    """A session goes on after another card has opened one."""
    one, _ = opened(rsp_server, step)
    opened(rsp_server, step, rsp_server.lpa(other_card=True))
    with step(f"First S_LPAd -> {rsp_server.name}: AuthenticateClient, another challenge signed"):
        answer = one.authenticate("RSPLAB-NOTHING", server_challenge=bytes(16))
    with step("Expected: the session is known, the card is not authentic"):
        answer.refused("8.1/6.1; 5")


@testcase("ES9+.InitiateAuthentication#62", "ES11.InitiateAuthentication#61", level="read-only")
def test_session_after_a_refusal(rsp_server, step):
    """After a refusal the same LPA opens a session."""
    lpa = rsp_server.lpa()
    with step("Initial conditions: a session with the address of another server was refused"):
        refused = lpa.initiate(smdpAddress="other.example.com")
        refused.refused(f"{rsp_server.subject}.1/3.8; 1")
    _, answer = opened(rsp_server, step, lpa)
    with step("Expected: a session"):
        answer.text("transactionId")
