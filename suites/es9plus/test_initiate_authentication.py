"""ES9+.InitiateAuthentication: the SM-DP+ opens a session and proves itself to the card."""

import json

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.ids import Version
from rspcore.pki.roles import Role
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


@testcase.each(
    "asn1, curve",
    {
        "ES9+.InitiateAuthentication#11": (False, NIST),
        "ES9+.InitiateAuthentication#12": (False, BRAINPOOL),
        "ES9+.InitiateAuthentication#13": (True, NIST),
        "ES9+.InitiateAuthentication#14": (True, BRAINPOOL),
    },
    level="read-only",
)
def test_session_is_opened(sm_dp_plus, step, asn1, curve):
    """The server opens a session and sends all its objects."""
    lpa = sm_dp_plus.lpa(asn1=asn1, curve=curve)
    lpa.card.verification = lpa.card.signing = (lpa.card.ci_key(curve),)
    with step("S_LPAd -> SM-DP+: InitiateAuthentication"):
        answer = lpa.initiate().accepted()
    with step("Expected: every object, and a signature that verifies"):
        for member in MEMBERS:
            answer.text(member)
        certificate_expect.signed(
            lpa.server_certificate(),
            signature_octets(answer, "serverSignature1"),
            answer.octets("serverSigned1"),
        )


@testcase("ES9+.InitiateAuthentication#15", level="read-only")
def test_form_of_transaction_id(sm_dp_plus, step):
    """The transactionId has 2 to 32 digits in upper case, and is the one that is signed."""
    lpa = sm_dp_plus.lpa()
    with step("S_LPAd -> SM-DP+: InitiateAuthentication"):
        text = lpa.initiate().accepted().text("transactionId")
    with step("Expected: hexadecimal digits in upper case"):
        digits = 2 <= len(text) <= 32 and not set(text) - set("0123456789ABCDEF")
        require(digits and not len(text) % 2, "2 to 32 digits 0-9A-F", repr(text))
    with step("Expected: the same in serverSigned1"):
        signed = str(lpa.server_signed1.transaction_id)
        require(signed == text, f"{text} in serverSigned1", signed)


@testcase("ES9+.InitiateAuthentication#16", level="read-only")
def test_transaction_id_is_unique(sm_dp_plus, step):
    """Two sessions have different transactionIds."""
    one, other = sm_dp_plus.lpa(), sm_dp_plus.lpa()
    with step("S_LPAd -> SM-DP+: InitiateAuthentication, twice with the same input"):
        challenge = base64_text(bytes(16))
        first = one.initiate(euiccChallenge=challenge).accepted().text("transactionId")
        second = other.initiate(euiccChallenge=challenge).accepted().text("transactionId")
    with step("Expected: two transactionIds"):
        require(first != second, "another transactionId than before", second)


@testcase("ES9+.InitiateAuthentication#17", level="read-only")
def test_server_challenge_is_fresh(sm_dp_plus, step):
    """Two sessions have different serverChallenges of 16 octets."""
    one, other = sm_dp_plus.lpa(), sm_dp_plus.lpa()
    with step("S_LPAd -> SM-DP+: InitiateAuthentication, twice with the same input"):
        challenge = base64_text(bytes(16))
        one.initiate(euiccChallenge=challenge).accepted()
        other.initiate(euiccChallenge=challenge).accepted()
    with step("Expected: two challenges of 16 octets"):
        drawn = [lpa.server_signed1.server_challenge for lpa in (one, other)]
        require([len(x) for x in drawn] == [16, 16], "16 octets", [len(x) for x in drawn])
        require(drawn[0] != drawn[1], "another serverChallenge than before", drawn[1].hex())


@testcase("ES9+.InitiateAuthentication#18", level="read-only")
def test_euicc_challenge_is_signed(sm_dp_plus, step):
    """The euiccChallenge in serverSigned1 is the one that was sent."""
    lpa = sm_dp_plus.lpa()
    with step("S_LPAd -> SM-DP+: InitiateAuthentication"):
        lpa.initiate(euiccChallenge=base64_text(UNKNOWN[:16])).accepted()
    with step("Expected: the same euiccChallenge"):
        found = bytes(lpa.server_signed1.euicc_challenge)
        require(found == UNKNOWN[:16], UNKNOWN[:16].hex(), found.hex())


@testcase("ES9+.InitiateAuthentication#19", level="read-only")
def test_server_address_is_signed(sm_dp_plus, step):
    """The serverAddress in serverSigned1 is the one that was called."""
    lpa = sm_dp_plus.lpa()
    with step("S_LPAd -> SM-DP+: InitiateAuthentication"):
        lpa.initiate().accepted()
    with step("Expected: the address called, in upper or lower case"):
        found = lpa.server_signed1.server_address
        require(found.lower() == lpa.address.lower(), lpa.address, found)


@testcase("ES9+.InitiateAuthentication#20", level="read-only")
def test_server_signature1_verifies(sm_dp_plus, step):
    """The serverSignature1 verifies by CERT.DPauth over serverSigned1 as sent."""
    lpa = sm_dp_plus.lpa()
    with step("S_LPAd -> SM-DP+: InitiateAuthentication"):
        answer = lpa.initiate().accepted()
    with step("Expected: a signature that verifies"):
        signature = answer.octets("serverSignature1")[-64:]
        certificate_expect.signed(
            lpa.server_certificate(), signature, answer.octets("serverSigned1")
        )


@testcase("ES9+.InitiateAuthentication#21", level="read-only")
def test_form_of_server_signature1(sm_dp_plus, step):
    """The serverSignature1 is 5F37 with 64 octets."""
    lpa = sm_dp_plus.lpa()
    with step("S_LPAd -> SM-DP+: InitiateAuthentication"):
        answer = lpa.initiate().accepted()
    with step("Expected: 5F 37 40 and 64 octets"):
        signature_octets(answer, "serverSignature1")


@testcase("ES9+.InitiateAuthentication#22", level="read-only")
def test_dp_auth_certificate_is_good(sm_dp_plus, step):
    """CERT.DPauth has its role and chains to a CI that the card verifies with."""
    lpa = sm_dp_plus.lpa()
    with step("S_LPAd -> SM-DP+: InitiateAuthentication"):
        lpa.initiate().accepted()
    with step("Expected: signature, validity, role and extensions are good"):
        certificate_expect.of_server(lpa.server_certificate(), Role.DP_AUTH, sm_dp_plus.pki)


@testcase("ES9+.InitiateAuthentication#23", level="read-only")
def test_chosen_ci_is_one_of_the_card(sm_dp_plus, step):
    """The euiccCiPKIdToBeUsed is a key identifier of the signing list."""
    lpa = sm_dp_plus.lpa()
    with step("S_LPAd -> SM-DP+: InitiateAuthentication"):
        answer = lpa.initiate().accepted()
    with step("Expected: 04 14 and a key of the signing list"):
        found = answer.octets("euiccCiPKIdToBeUsed")
        wanted = [bytes((4, 20)) + one for one in lpa.card.signing]
        require(found in wanted, " or ".join(one.hex() for one in wanted), found.hex())


@testcase("ES9+.InitiateAuthentication#24", level="read-only")
def test_first_supported_key_is_chosen(sm_dp_plus, step):
    """Where the signing list begins with brainpool, brainpool is chosen."""
    lpa = sm_dp_plus.lpa()
    lpa.card.signing = (lpa.card.ci_key(BRAINPOOL), lpa.card.ci_key(NIST))
    with step("S_LPAd -> SM-DP+: InitiateAuthentication, signing list brainpool, NIST"):
        answer = lpa.initiate().accepted()
    with step("Expected: the CI on brainpoolP256r1"):
        found = answer.octets("euiccCiPKIdToBeUsed")[2:]
        require(found == lpa.card.ci_key(BRAINPOOL), lpa.card.signing[0].hex(), found.hex())


@testcase.each(
    "lists",
    {
        "ES9+.InitiateAuthentication#25": ("signing",),
        "ES9+.InitiateAuthentication#26": ("verification",),
    },
    level="read-only",
)
def test_unknown_key_is_passed_over(sm_dp_plus, step, lists):
    """An unknown key at the beginning of a list is passed over."""
    lpa = sm_dp_plus.lpa()
    for name in lists:
        setattr(lpa.card, name, (UNKNOWN, *getattr(lpa.card, name)))
    with step(f"S_LPAd -> SM-DP+: InitiateAuthentication, unknown key first in {lists[0]}"):
        answer = lpa.initiate().accepted()
    with step("Expected: a key that the server knows"):
        found = answer.octets("euiccCiPKIdToBeUsed")[2:]
        known = [key for key in lpa.card.signing if key != UNKNOWN]
        require(found in known, " or ".join(key.hex() for key in known), found.hex())
        certificate_expect.of_server(lpa.server_certificate(), Role.DP_AUTH, sm_dp_plus.pki)


@testcase("ES9+.InitiateAuthentication#27", level="read-only")
def test_lists_may_have_different_roots(sm_dp_plus, step):
    """CERT.DPauth is chosen by the verification list, the CI of the card by the signing list."""
    lpa = sm_dp_plus.lpa()
    lpa.card.verification = (lpa.card.ci_key(NIST),)
    lpa.card.signing = (lpa.card.ci_key(BRAINPOOL),)
    with step("S_LPAd -> SM-DP+: InitiateAuthentication, verification NIST, signing brainpool"):
        answer = lpa.initiate().accepted()
    with step("Expected: CERT.DPauth under the NIST CI, the brainpool CI chosen"):
        found = answer.octets("euiccCiPKIdToBeUsed")[2:]
        issuer = lpa.server_certificate().authority_key_identifier or b""
        require(found == lpa.card.signing[0], lpa.card.signing[0].hex(), found.hex())
        require(issuer == lpa.card.verification[0], lpa.card.verification[0].hex(), issuer.hex())


@testcase.each(
    "changes, fields",
    {
        "ES9+.InitiateAuthentication#29": ({"header": {}}, {}),
        "ES9+.InitiateAuthentication#30": (
            {
                "header": {
                    "functionRequesterIdentifier": "2.999.1",
                    "functionCallIdentifier": "RSPLAB-1",
                }
            },
            {},
        ),
        "ES9+.InitiateAuthentication#31": ({"x-unknown": {"nested": [1, None]}}, {}),
        "ES9+.InitiateAuthentication#33": (
            {},
            {"Content_Type": "application/json;charset=UTF-8"},
        ),
        "ES9+.InitiateAuthentication#37": ({}, {"User_Agent": "gsma-rsp-lpad/1.0 (phone)"}),
    },
    level="read-only",
)
def test_request_is_read_tolerantly(sm_dp_plus, step, changes, fields):
    """A request with what a server has to tolerate opens a session."""
    lpa = sm_dp_plus.lpa()
    lpa.headers = {name.replace("_", "-"): value for name, value in fields.items()}
    with step("S_LPAd -> SM-DP+: InitiateAuthentication"):
        answer = lpa.initiate(**changes)
    with step("Expected: success"):
        answer.accepted()


@testcase("ES9+.InitiateAuthentication#28", level="read-only")
def test_address_in_upper_case(sm_dp_plus, step):
    """The smdpAddress is compared without regard to case."""
    lpa = sm_dp_plus.lpa()
    with step("S_LPAd -> SM-DP+: InitiateAuthentication, smdpAddress in upper case"):
        answer = lpa.initiate(smdpAddress=lpa.address.upper())
    with step("Expected: success"):
        answer.accepted()


@testcase("ES9+.InitiateAuthentication#32", level="read-only")
def test_members_in_another_order(sm_dp_plus, step):
    """Members may come in any order."""
    lpa = sm_dp_plus.lpa()
    members = {
        "euiccInfo1": base64_text(lpa.card.info1()),
        "euiccChallenge": base64_text(bytes(16)),
        "smdpAddress": lpa.address,
    }
    with step("S_LPAd -> SM-DP+: InitiateAuthentication, euiccInfo1 first"):
        answer = lpa.call("initiateAuthentication", members)
    with step("Expected: success"):
        answer.accepted()


@testcase.each(
    "caller",
    {
        "ES9+.InitiateAuthentication#34": "2.5.0",
        "ES9+.InitiateAuthentication#35": "2.1.0",
        "ES9+.InitiateAuthentication#36": "3.1.0",
    },
    level="read-only",
)
def test_version_answered(sm_dp_plus, step, caller):
    """X-Admin-Protocol of the answer is a version, not higher than that of the caller."""
    lpa = sm_dp_plus.lpa()
    lpa.headers = {"X-Admin-Protocol": f"gsma/rsp/v{caller}"}
    with step(f"S_LPAd -> SM-DP+: InitiateAuthentication, X-Admin-Protocol v{caller}"):
        answer = lpa.initiate().accepted()
    with step("Expected: gsma/rsp/v<x.y.z>, not higher"):
        given = answer.header("X-Admin-Protocol")
        parts = given.removeprefix("gsma/rsp/v").split(".")
        form = given.startswith("gsma/rsp/v") and len(parts) == 3
        require(form and all(one.isdecimal() for one in parts), "gsma/rsp/v<x.y.z>", repr(given))
        highest = tuple(map(int, caller.split(".")))
        require(tuple(map(int, parts)) <= highest, f"at most v{caller}", given)


@testcase("ES9+.InitiateAuthentication#38", level="read-only")
def test_elements_of_version_3_are_ignored(sm_dp_plus, step):
    """EUICCInfo1 with elements of version 3 opens a session."""
    lpa = sm_dp_plus.lpa()
    content = bytes(tlv.parse(lpa.card.info1()).value)
    later = tlv.encode(0x88, bytes((6, 0x40))) + tlv.encode(0x93, bytes((3, 1, 0)))
    with step("S_LPAd -> SM-DP+: InitiateAuthentication, EUICCInfo1 with 88 and 93"):
        answer = lpa.initiate(euiccInfo1=base64_text(tlv.encode(0xBF20, content, later)))
    with step("Expected: success"):
        answer.accepted()


@testcase("ES9+.InitiateAuthentication#39", level="read-only")
def test_session_is_not_tied_to_a_connection(sm_dp_plus, step):
    """The next call of a session may come over another TLS connection."""
    lpa = sm_dp_plus.lpa()
    with step("S_LPAd -> SM-DP+: InitiateAuthentication"):
        lpa.initiate().accepted()
    with step("S_LPAd -> SM-DP+: AuthenticateClient over another connection, unknown MatchingID"):
        sm_dp_plus.new_connection()
        answer = lpa.authenticate("RSPLAB-NO-SUCH-ORDER")
    with step("Expected: the session is known, the MatchingID is not"):
        answer.refused("8.2.6/3.8; 6")


REFUSALS = {
    "ES9+.InitiateAuthentication#40": (False, {"address": True}, "8.8.1/3.8; 1"),
    "ES9+.InitiateAuthentication#41": (True, {"address": True}, "8.8.1/3.8; 1"),
    "ES9+.InitiateAuthentication#42": (False, {"signing": (UNKNOWN,)}, "8.8.2/3.1 or 8.8.4/3.7; 3"),
    "ES9+.InitiateAuthentication#43": (True, {"signing": (UNKNOWN,)}, "8.8.2/3.1 or 8.8.4/3.7; 3"),
    "ES9+.InitiateAuthentication#44": (
        False,
        {"verification": (UNKNOWN,)},
        "8.8.4/3.7 or 8.8.2/3.1; 3",
    ),
    "ES9+.InitiateAuthentication#45": (
        True,
        {"verification": (UNKNOWN,)},
        "8.8.4/3.7 or 8.8.2/3.1; 3",
    ),
    "ES9+.InitiateAuthentication#46": (False, {"svn": Version.from_text("9.0.0")}, "8.8.3/3.1; 2"),
    "ES9+.InitiateAuthentication#47": (True, {"svn": Version.from_text("9.0.0")}, "8.8.3/3.1; 2"),
    "ES9+.InitiateAuthentication#48": (False, {"svn": Version.from_text("1.0.0")}, "8.8.3/3.1; 2"),
    "ES9+.InitiateAuthentication#49": (True, {"svn": Version.from_text("1.0.0")}, "8.8.3/3.1; 2"),
}


@testcase.each("asn1, changes, codes", REFUSALS, level="read-only")
def test_session_is_refused(sm_dp_plus, step, asn1, changes, codes):
    """A card or an address that the server does not serve gets the codes of the reason."""
    lpa = sm_dp_plus.lpa(asn1=asn1)
    members = {"smdpAddress": "other.example.com"} if "address" in changes else {}
    for name in changes.keys() - {"address"}:
        setattr(lpa.card, name, changes[name])
    with step("S_LPAd -> SM-DP+: InitiateAuthentication with one deviation"):
        answer = lpa.initiate(**members)
    with step(f"Expected: refused, {codes}"):
        answer.refused(codes)


@testcase("ES9+.InitiateAuthentication#50", level="read-only")
def test_get_is_no_method(sm_dp_plus, step):
    """A GET has no success."""
    with step("S_LPAd -> SM-DP+: GET of the path of InitiateAuthentication"):
        status = sm_dp_plus.get("/gsma/rsp2/es9plus/initiateAuthentication")
    with step("Expected: no status of success"):
        require(status >= 300, "no status of success", status)


@testcase("ES9+.InitiateAuthentication#51", level="read-only")
def test_unknown_path(sm_dp_plus, step):
    """A path without a function is answered with 404."""
    with step("S_LPAd -> SM-DP+: POST to a path that no function has"):
        reply = sm_dp_plus.lpa().post("noSuchFunction", b"{}")
    with step("Expected: HTTP status 404"):
        require(reply.status == 404, "HTTP status 404", reply.status)


@testcase("ES9+.InitiateAuthentication#52", level="read-only")
def test_body_that_is_no_json(sm_dp_plus, step):
    """A body that is no JSON is answered with 400."""
    with step("S_LPAd -> SM-DP+: InitiateAuthentication, {"):
        reply = sm_dp_plus.lpa().post("initiateAuthentication", b"{")
    with step("Expected: HTTP status 400"):
        require(reply.status == 400, "HTTP status 400", reply.status)


@testcase("ES9+.InitiateAuthentication#60", level="read-only")
def test_body_that_is_no_der(sm_dp_plus, step):
    """Octets that are no DER are answered with 400."""
    with step("S_LPAd -> SM-DP+: ASN.1 binding, FF FF"):
        reply = sm_dp_plus.lpa(asn1=True).post("initiateAuthentication", b"\xff\xff")
    with step("Expected: HTTP status 400"):
        require(reply.status == 400, "HTTP status 400", reply.status)


@testcase("ES9+.InitiateAuthentication#53", level="read-only")
def test_user_agent_of_another_client(sm_dp_plus, step, note):
    """A User-Agent that is no LPA's is refused by a server that looks at it."""
    lpa = sm_dp_plus.lpa()
    lpa.headers = {"User-Agent": "curl/8"}
    with step("S_LPAd -> SM-DP+: InitiateAuthentication, User-Agent curl/8"):
        answer = lpa.initiate()
    with step("Recorded: what the server does"):
        note(f"User-Agent curl/8: {answer.words}")
        require(answer.words != "success", "no success", answer.words)


@testcase("ES9+.InitiateAuthentication#54", level="read-only")
def test_admin_protocol_missing(sm_dp_plus, step, note):
    """A request without X-Admin-Protocol is refused by a server that looks at it."""
    lpa = sm_dp_plus.lpa()
    members = {
        "smdpAddress": lpa.address,
        "euiccChallenge": base64_text(bytes(16)),
        "euiccInfo1": base64_text(lpa.card.info1()),
    }
    with step("S_LPAd -> SM-DP+: InitiateAuthentication without X-Admin-Protocol"):
        reply = lpa.post(
            "initiateAuthentication", json.dumps(members).encode(), drop="X-Admin-Protocol"
        )
    with step("Recorded: what the server does"):
        note(f"no X-Admin-Protocol: HTTP status {reply.status}")
        require(reply.status != 200, "no success", reply.status)


@testcase.each(
    "member, value",
    {
        "ES9+.InitiateAuthentication#55": ("euiccChallenge", None),
        "ES9+.InitiateAuthentication#56": ("euiccChallenge", base64_text(bytes(15))),
        "ES9+.InitiateAuthentication#57": ("euiccInfo1", base64_text(b"\xbf\x20\x35\x82\x03")),
        "ES9+.InitiateAuthentication#58": ("euiccInfo1", None),
    },
    level="read-only",
)
def test_unusable_request(sm_dp_plus, step, member, value):
    """A request without a member, or with one that cannot be read, opens no session."""
    lpa = sm_dp_plus.lpa()
    with step(f"S_LPAd -> SM-DP+: InitiateAuthentication, {member} missing or unusable"):
        answer = lpa.initiate(**{member: value})
    with step("Expected: no session"):
        refused = bool(answer.refusal) if answer.status == 200 else 400 <= answer.status < 500
        require(refused, "Failed, or HTTP status 4xx", answer.words)


@testcase("ES9+.InitiateAuthentication#59", level="read-only")
def test_codes_of_a_refusal(sm_dp_plus, step):
    """A refusal has subjectCode and reasonCode, digits and points."""
    with step("S_LPAd -> SM-DP+: InitiateAuthentication, smdpAddress of another server"):
        answer = sm_dp_plus.lpa().initiate(smdpAddress="other.example.com")
    with step("Expected: statusCodeData with two codes"):
        subject, _, reason = answer.refusal.partition("/")
        digits = all(part.isdecimal() for part in f"{subject}.{reason}".split("."))
        require(digits, "subjectCode and reasonCode of digits and points", answer.words)
