"""ES11.InitiateAuthentication: the SM-DS opens a session and proves itself to the card."""

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
        "ES11.InitiateAuthentication#11": (False, NIST),
        "ES11.InitiateAuthentication#12": (False, BRAINPOOL),
        "ES11.InitiateAuthentication#13": (True, NIST),
        "ES11.InitiateAuthentication#14": (True, BRAINPOOL),
    },
    level="read-only",
)
def test_session_is_opened(sm_ds, step, asn1, curve):
    """The server opens a session and sends all its objects."""
    lpa = sm_ds.lpa(asn1=asn1, curve=curve)
    lpa.card.verification = lpa.card.signing = (lpa.card.ci_key(curve),)
    with step("S_LPAd -> SM-DS: InitiateAuthentication"):
        answer = lpa.initiate().accepted()
    with step("Expected: every object, and a signature that verifies"):
        for member in MEMBERS:
            answer.text(member)
        certificate_expect.signed(
            lpa.server_certificate(),
            signature_octets(answer, "serverSignature1"),
            answer.octets("serverSigned1"),
        )


@testcase("ES11.InitiateAuthentication#15", level="read-only")
def test_form_of_transaction_id(sm_ds, step):
    """The transactionId has 2 to 32 digits in upper case, and is the one that is signed."""
    lpa = sm_ds.lpa()
    with step("S_LPAd -> SM-DS: InitiateAuthentication"):
        text = lpa.initiate().accepted().text("transactionId")
    with step("Expected: hexadecimal digits in upper case"):
        digits = 2 <= len(text) <= 32 and not set(text) - set("0123456789ABCDEF")
        require(digits and not len(text) % 2, "2 to 32 digits 0-9A-F", repr(text))
    with step("Expected: the same in serverSigned1"):
        signed = str(lpa.server_signed1.transaction_id)
        require(signed == text, f"{text} in serverSigned1", signed)


@testcase.each(
    "member",
    {
        "ES11.InitiateAuthentication#16": "transaction_id",
        "ES11.InitiateAuthentication#17": "server_challenge",
    },
    level="read-only",
)
def test_value_is_drawn_anew(sm_ds, step, member):
    """Two sessions have different transactionIds and serverChallenges."""
    one, other = sm_ds.lpa(), sm_ds.lpa()
    with step("S_LPAd -> SM-DS: InitiateAuthentication, twice with the same input"):
        challenge = base64_text(bytes(16))
        for lpa in (one, other):
            lpa.initiate(euiccChallenge=challenge).accepted()
    with step(f"Expected: two values of {member}"):
        first, second = (getattr(lpa.server_signed1, member) for lpa in (one, other))
        require(first != second, "another value than before", second)
        require(one.transaction_id != other.transaction_id, "another transactionId", "the same")


@testcase("ES11.InitiateAuthentication#18", level="read-only")
def test_euicc_challenge_is_signed(sm_ds, step):
    """The euiccChallenge in serverSigned1 is the one that was sent."""
    lpa = sm_ds.lpa()
    with step("S_LPAd -> SM-DS: InitiateAuthentication"):
        lpa.initiate(euiccChallenge=base64_text(UNKNOWN[:16])).accepted()
    with step("Expected: the same euiccChallenge"):
        found = bytes(lpa.server_signed1.euicc_challenge)
        require(found == UNKNOWN[:16], UNKNOWN[:16].hex(), found.hex())


@testcase("ES11.InitiateAuthentication#19", level="read-only")
def test_server_address_is_signed(sm_ds, step):
    """The serverAddress in serverSigned1 is the one that was called."""
    lpa = sm_ds.lpa()
    with step("S_LPAd -> SM-DS: InitiateAuthentication"):
        lpa.initiate().accepted()
    with step("Expected: the address called, in upper or lower case"):
        found = lpa.server_signed1.server_address
        require(found.lower() == lpa.address.lower(), lpa.address, found)


@testcase("ES11.InitiateAuthentication#21", level="read-only")
def test_ds_auth_certificate_is_good(sm_ds, step):
    """CERT.DSauth has its role and chains to a CI that the card verifies with."""
    lpa = sm_ds.lpa()
    with step("S_LPAd -> SM-DS: InitiateAuthentication"):
        lpa.initiate().accepted()
    with step("Expected: signature, validity, role and extensions are good"):
        certificate_expect.of_server(lpa.server_certificate(), Role.DS_AUTH, sm_ds.pki)


@testcase.each(
    "first",
    {
        "ES11.InitiateAuthentication#22": None,
        "ES11.InitiateAuthentication#23": BRAINPOOL,
        "ES11.InitiateAuthentication#24": UNKNOWN,
    },
    level="read-only",
)
def test_chosen_ci(sm_ds, step, first):
    """The euiccCiPKIdToBeUsed is the first key of the signing list that the server knows."""
    lpa = sm_ds.lpa()
    if first is BRAINPOOL:
        lpa.card.signing = (lpa.card.ci_key(BRAINPOOL), lpa.card.ci_key(NIST))
    known = lpa.card.signing
    if first is UNKNOWN:
        lpa.card.signing = (UNKNOWN, *known)
    with step("S_LPAd -> SM-DS: InitiateAuthentication"):
        answer = lpa.initiate().accepted()
    with step("Expected: 04 14 and a key of the signing list"):
        found = answer.octets("euiccCiPKIdToBeUsed")
        wanted = known[:1] if first is BRAINPOOL else known
        require(
            found in [bytes((4, 20)) + one for one in wanted],
            " or ".join(one.hex() for one in wanted),
            found.hex(),
        )


@testcase.each(
    "changes, fields",
    {
        "ES11.InitiateAuthentication#25": ({"smdpAddress": str.upper}, {}),
        "ES11.InitiateAuthentication#26": ({"header": {}}, {}),
        "ES11.InitiateAuthentication#27": ({"x-unknown": {"nested": [1, None]}}, {}),
        "ES11.InitiateAuthentication#28": (
            {},
            {"Content-Type": "application/json;charset=UTF-8"},
        ),
        "ES11.InitiateAuthentication#29": ({}, {"User-Agent": "gsma-rsp-lpad/1.0 (phone)"}),
    },
    level="read-only",
)
def test_request_is_read_tolerantly(sm_ds, step, changes, fields):
    """A request with what a server has to tolerate opens a session."""
    lpa = sm_ds.lpa()
    lpa.headers = fields
    given = {name: one(lpa.address) if callable(one) else one for name, one in changes.items()}
    with step("S_LPAd -> SM-DS: InitiateAuthentication"):
        answer = lpa.initiate(**given)
    with step("Expected: success"):
        answer.accepted()


@testcase("ES11.InitiateAuthentication#30", level="read-only")
def test_version_answered(sm_ds, step):
    """X-Admin-Protocol of the answer is a version, not higher than that of the caller."""
    lpa = sm_ds.lpa()
    lpa.headers = {"X-Admin-Protocol": "gsma/rsp/v2.1.0"}
    with step("S_LPAd -> SM-DS: InitiateAuthentication, X-Admin-Protocol v2.1.0"):
        given = lpa.initiate().accepted().header("X-Admin-Protocol")
    with step("Expected: gsma/rsp/v<x.y.z>, at most 2.1.0"):
        parts = given.removeprefix("gsma/rsp/v").split(".")
        form = given.startswith("gsma/rsp/v") and len(parts) == 3
        require(form and all(one.isdecimal() for one in parts), "gsma/rsp/v<x.y.z>", repr(given))
        require(tuple(map(int, parts)) <= (2, 1, 0), "at most v2.1.0", given)


HIGH, LOW = Version.from_text("9.0.0"), Version.from_text("1.0.0")
DEVIATIONS = {
    40: ({"address": "other.example.com"}, "8.9.1/3.8; 1"),
    42: ({"signing": (UNKNOWN,)}, "8.9.2/3.1 or 8.9.4/3.7; 3"),
    44: ({"verification": (UNKNOWN,)}, "8.9.4/3.7 or 8.9.2/3.1; 3"),
    46: ({"svn": HIGH}, "8.9.3/3.1; 2"),
    48: ({"svn": LOW}, "8.9.3/3.1; 2"),
}


@testcase.each(
    "asn1, changes, codes",
    {
        f"ES11.InitiateAuthentication#{number + asn1}": (bool(asn1), changes, codes)
        for number, (changes, codes) in DEVIATIONS.items()
        for asn1 in (0, 1)
    },
    level="read-only",
)
def test_session_is_refused(sm_ds, step, asn1, changes, codes):
    """A card or an address that the server does not serve gets the codes of the reason."""
    lpa = sm_ds.lpa(asn1=asn1)
    members = {"smdpAddress": changes["address"]} if "address" in changes else {}
    for name in changes.keys() - {"address"}:
        setattr(lpa.card, name, changes[name])
    with step("S_LPAd -> SM-DS: InitiateAuthentication with one deviation"):
        answer = lpa.initiate(**members)
    with step(f"Expected: refused, {codes}"):
        answer.refused(codes)


@testcase("ES11.InitiateAuthentication#50", level="read-only")
def test_get_is_no_method(sm_ds, step):
    """A GET has no success."""
    with step("S_LPAd -> SM-DS: GET of the path of InitiateAuthentication"):
        status = sm_ds.get("/gsma/rsp2/es9plus/initiateAuthentication")
    with step("Expected: no status of success"):
        require(status >= 300, "no status of success", status)


@testcase.each(
    "function, body, status",
    {
        "ES11.InitiateAuthentication#51": ("noSuchFunction", b"{}", 404),
        "ES11.InitiateAuthentication#52": ("initiateAuthentication", b"{", 400),
    },
    level="read-only",
)
def test_fault_of_the_transport(sm_ds, step, function, body, status):
    """A path without a function, and a body that is no JSON, get a status of HTTP."""
    with step(f"S_LPAd -> SM-DS: {function}, {body.decode()}"):
        reply = sm_ds.lpa().post(function, body)
    with step(f"Expected: HTTP status {status}"):
        require(reply.status == status, f"HTTP status {status}", reply.status)


@testcase("ES11.InitiateAuthentication#53", level="read-only")
def test_body_that_is_no_der(sm_ds, step):
    """Octets that are no DER are answered with 400."""
    with step("S_LPAd -> SM-DS: ASN.1 binding, FF FF"):
        reply = sm_ds.lpa(asn1=True).post("initiateAuthentication", b"\xff\xff")
    with step("Expected: HTTP status 400"):
        require(reply.status == 400, "HTTP status 400", reply.status)


@testcase.each(
    "member, value",
    {
        "ES11.InitiateAuthentication#55": ("euiccChallenge", None),
        "ES11.InitiateAuthentication#56": ("euiccChallenge", base64_text(bytes(15))),
        "ES11.InitiateAuthentication#57": ("euiccInfo1", base64_text(b"\xbf\x20\x35\x82\x03")),
        "ES11.InitiateAuthentication#58": ("euiccInfo1", None),
    },
    level="read-only",
)
def test_unusable_request(sm_ds, step, member, value):
    """A request without a member, or with one that cannot be read, opens no session."""
    lpa = sm_ds.lpa()
    with step(f"S_LPAd -> SM-DS: InitiateAuthentication, {member} missing or unusable"):
        answer = lpa.initiate(**{member: value})
    with step("Expected: no session"):
        answer.refused_somehow()


@testcase("ES11.InitiateAuthentication#59", level="read-only")
def test_codes_of_a_refusal(sm_ds, step):
    """A refusal has subjectCode and reasonCode, digits and points."""
    with step("S_LPAd -> SM-DS: InitiateAuthentication, address of another server"):
        answer = sm_ds.lpa().initiate(smdpAddress="other.example.com")
    with step("Expected: statusCodeData with two codes"):
        subject, _, reason = answer.refusal.partition("/")
        digits = all(part.isdecimal() for part in f"{subject}.{reason}".split("."))
        require(digits, "subjectCode and reasonCode of digits and points", answer.words)
