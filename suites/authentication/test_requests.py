"""InitiateAuthentication (ES9+, ES11): what a server has to read, and what it refuses."""

from rspcore import tlv
from rspcore.ids import Version
from rspharness import testcase
from rspharness.peers.lpa_calls import base64_text
from rspharness.peers.server_answer import require

UNKNOWN = bytes(range(20))
HEADER = {"functionRequesterIdentifier": "2.999.1", "functionCallIdentifier": "RSPLAB-1"}


@testcase.each(
    "changes, fields",
    {
        "ES9+.InitiateAuthentication#29 ES11.InitiateAuthentication#26": ({"header": {}}, {}),
        "ES9+.InitiateAuthentication#30 ES11.InitiateAuthentication#34": ({"header": HEADER}, {}),
        "ES9+.InitiateAuthentication#31 ES11.InitiateAuthentication#27": (
            {"x-unknown": {"nested": [1, None]}},
            {},
        ),
        "ES9+.InitiateAuthentication#33 ES11.InitiateAuthentication#28": (
            {},
            {"Content-Type": "application/json;charset=UTF-8"},
        ),
        "ES9+.InitiateAuthentication#37 ES11.InitiateAuthentication#29": (
            {},
            {"User-Agent": "gsma-rsp-lpad/1.0 (phone)"},
        ),
    },
    level="read-only",
)
def test_request_is_read_tolerantly(rsp_server, step, changes, fields):
    """A request with what a server has to tolerate opens a session."""
    lpa = rsp_server.lpa()
    lpa.headers = fields
    with step(f"S_LPAd -> {rsp_server.name}: InitiateAuthentication"):
        answer = lpa.initiate(**changes)
    with step("Expected: success"):
        answer.accepted()


@testcase("ES9+.InitiateAuthentication#28", "ES11.InitiateAuthentication#25", level="read-only")
def test_address_in_upper_case(rsp_server, step):
    """The address is compared without regard to case."""
    lpa = rsp_server.lpa()
    with step(f"S_LPAd -> {rsp_server.name}: InitiateAuthentication, address in upper case"):
        answer = lpa.initiate(smdpAddress=lpa.address.upper())
    with step("Expected: success"):
        answer.accepted()


@testcase("ES9+.InitiateAuthentication#32", "ES11.InitiateAuthentication#35", level="read-only")
def test_members_in_another_order(rsp_server, step):
    """Members may come in any order."""
    lpa = rsp_server.lpa()
    members = {
        "euiccInfo1": base64_text(lpa.card.info1()),
        "euiccChallenge": base64_text(bytes(16)),
        "smdpAddress": lpa.address,
    }
    with step(f"S_LPAd -> {rsp_server.name}: InitiateAuthentication, euiccInfo1 first"):
        answer = lpa.call("initiateAuthentication", members)
    with step("Expected: success"):
        answer.accepted()


@testcase.each(
    "caller",
    {
        "ES9+.InitiateAuthentication#34 ES11.InitiateAuthentication#36": "2.5.0",
        "ES9+.InitiateAuthentication#35 ES11.InitiateAuthentication#30": "2.1.0",
        "ES9+.InitiateAuthentication#36 ES11.InitiateAuthentication#37": "3.1.0",
    },
    level="read-only",
)
def test_version_answered(rsp_server, step, caller):
    """X-Admin-Protocol of the answer is a version, not higher than that of the caller."""
    lpa = rsp_server.lpa()
    lpa.headers = {"X-Admin-Protocol": f"gsma/rsp/v{caller}"}
    with step(f"S_LPAd -> {rsp_server.name}: InitiateAuthentication, version {caller}"):
        given = lpa.initiate().accepted().header("X-Admin-Protocol")
    with step("Expected: gsma/rsp/v<x.y.z>, not higher"):
        parts = given.removeprefix("gsma/rsp/v").split(".")
        form = given.startswith("gsma/rsp/v") and len(parts) == 3
        require(form and all(one.isdecimal() for one in parts), "gsma/rsp/v<x.y.z>", repr(given))
        highest = tuple(map(int, caller.split(".")))
        require(tuple(map(int, parts)) <= highest, f"at most v{caller}", given)


@testcase("ES9+.InitiateAuthentication#38", "ES11.InitiateAuthentication#38", level="read-only")
def test_elements_of_version_3_are_ignored(rsp_server, step):
    """EUICCInfo1 with elements of version 3 opens a session."""
    lpa = rsp_server.lpa()
    content = bytes(tlv.parse(lpa.card.info1()).value)
    later = tlv.encode(0x88, bytes((6, 0x40))) + tlv.encode(0x93, bytes((3, 1, 0)))
    with step(f"S_LPAd -> {rsp_server.name}: InitiateAuthentication, EUICCInfo1 with 88 and 93"):
        answer = lpa.initiate(euiccInfo1=base64_text(tlv.encode(0xBF20, content, later)))
    with step("Expected: success"):
        answer.accepted()


HIGH, LOW = Version.from_text("9.0.0"), Version.from_text("1.0.0")
SIGNING, VERIFICATION = {"signing": (UNKNOWN,)}, {"verification": (UNKNOWN,)}
DEVIATIONS = {
    40: ({"address": True}, ("1/3.8",), 1),
    42: (SIGNING, ("2/3.1", "4/3.7"), 3),
    44: (VERIFICATION, ("4/3.7", "2/3.1"), 3),
    46: ({"svn": HIGH}, ("3/3.1",), 2),
    48: ({"svn": LOW}, ("3/3.1",), 2),
}
"""What the card or the address is, endings of the pairs that are allowed, and the integer."""


@testcase.each(
    "asn1, changes, endings, integer",
    {
        " ".join(f"{one}.InitiateAuthentication#{number + asn1}" for one in ("ES9+", "ES11")): (
            bool(asn1),
            *deviation,
        )
        for number, deviation in DEVIATIONS.items()
        for asn1 in (0, 1)
    },
    level="read-only",
)
def test_session_is_refused(rsp_server, step, asn1, changes, endings, integer):
    """A card or an address that the server does not serve gets the codes of the reason."""
    lpa = rsp_server.lpa(asn1=asn1)
    members = {"smdpAddress": "other.example.com"} if "address" in changes else {}
    for name in changes.keys() - {"address"}:
        setattr(lpa.card, name, changes[name])
    with step(f"S_LPAd -> {rsp_server.name}: InitiateAuthentication with one deviation"):
        answer = lpa.initiate(**members)
    pairs = " or ".join(f"{rsp_server.subject}.{one}" for one in endings)
    with step(f"Expected: refused, {pairs}"):
        answer.refused(f"{pairs}; {integer}")


@testcase("ES9+.InitiateAuthentication#50", "ES11.InitiateAuthentication#50", level="read-only")
def test_get_is_no_method(rsp_server, step):
    """A GET has no success."""
    with step(f"S_LPAd -> {rsp_server.name}: GET of the path of InitiateAuthentication"):
        status = rsp_server.get("/gsma/rsp2/es9plus/initiateAuthentication")
    with step("Expected: no status of success"):
        require(status >= 300, "no status of success", status)


@testcase.each(
    "asn1, function, body, status",
    {
        "ES9+.InitiateAuthentication#51 ES11.InitiateAuthentication#51": (
            *(False, "noSuchFunction", b"{}", 404),
        ),
        "ES9+.InitiateAuthentication#52 ES11.InitiateAuthentication#52": (
            *(False, "initiateAuthentication", b"{", 400),
        ),
        "ES9+.InitiateAuthentication#60 ES11.InitiateAuthentication#53": (
            *(True, "initiateAuthentication", b"\xff\xff", 400),
        ),
    },
    level="read-only",
)
def test_fault_of_the_transport(rsp_server, step, asn1, function, body, status):
    """A path without a function and a body that cannot be read get a status of HTTP."""
    with step(f"S_LPAd -> {rsp_server.name}: {function}, {body!r}"):
        reply = rsp_server.lpa(asn1=asn1).post(function, body)
    with step(f"Expected: HTTP status {status}"):
        require(reply.status == status, f"HTTP status {status}", reply.status)


@testcase.each(
    "member, value",
    {
        "ES9+.InitiateAuthentication#55 ES11.InitiateAuthentication#55": ("euiccChallenge", None),
        "ES9+.InitiateAuthentication#56 ES11.InitiateAuthentication#56": (
            "euiccChallenge",
            base64_text(bytes(15)),
        ),
        "ES9+.InitiateAuthentication#57 ES11.InitiateAuthentication#57": (
            "euiccInfo1",
            base64_text(b"\xbf\x20\x35\x82\x03"),
        ),
        "ES9+.InitiateAuthentication#58 ES11.InitiateAuthentication#58": ("euiccInfo1", None),
    },
    level="read-only",
)
def test_unusable_request(rsp_server, step, member, value):
    """A request without a member, or with one that cannot be read, opens no session."""
    with step(f"S_LPAd -> {rsp_server.name}: InitiateAuthentication, {member} unusable"):
        answer = rsp_server.lpa().initiate(**{member: value})
    with step("Expected: no session"):
        answer.refused_somehow()


@testcase("ES9+.InitiateAuthentication#59", "ES11.InitiateAuthentication#59", level="read-only")
def test_codes_of_a_refusal(rsp_server, step):
    """A refusal has subjectCode and reasonCode, digits and points."""
    with step(f"S_LPAd -> {rsp_server.name}: InitiateAuthentication, address of another server"):
        answer = rsp_server.lpa().initiate(smdpAddress="other.example.com")
    with step("Expected: statusCodeData with two codes"):
        subject, _, reason = answer.refusal.partition("/")
        digits = all(part.isdecimal() for part in f"{subject}.{reason}".split("."))
        require(digits, "subjectCode and reasonCode of digits and points", answer.words)
