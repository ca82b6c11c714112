"""ES2+.DownloadOrder: an operator orders a Profile at the SM-DP+."""

import re

from rspharness import testcase
from rspharness.peers.order_steps import ordered, profile_type
from rspharness.peers.server_answer import require

NO_ICCID = "8999901000000000005"
AVAILABLE = "Available"


def require_iccid(text):
    """Requires 19 or 20 digits."""
    require(re.fullmatch(r"[0-9]{19}[0-9F]?", text), "an ICCID of 19 or 20 digits", repr(text))


@testcase.each("bound", {"ES2+.DownloadOrder#01": False, "ES2+.DownloadOrder#02": True})
def test_order_by_type(sm_dp_plus, step, bound):
    """A Profile of a type is ordered, for any card or for one EID."""
    operator = sm_dp_plus.operator()
    eid = str(sm_dp_plus.lpa().card.eid) if bound else None
    with step("Operator -> SM-DP+: DownloadOrder with profileType"):
        answer = operator.call("downloadOrder", profileType=profile_type(sm_dp_plus), eid=eid)
    with step("Expected: success with an ICCID"):
        require_iccid(answer.accepted().text("iccid"))


@testcase("ES2+.DownloadOrder#03")
def test_order_by_iccid(sm_dp_plus, step):
    """An Available Profile is ordered by its ICCID."""
    operator = sm_dp_plus.operator()
    with step("Initial conditions: an ICCID that was ordered, and is Available again"):
        made = operator.call("downloadOrder", profileType=profile_type(sm_dp_plus))
        iccid = made.accepted().text("iccid")
        cancelled = operator.call("cancelOrder", iccid=iccid, finalProfileStatusIndicator=AVAILABLE)
        cancelled.accepted()
    with step("Operator -> SM-DP+: DownloadOrder with iccid"):
        answer = operator.call("downloadOrder", iccid=iccid)
    with step("Expected: success with the same ICCID"):
        found = answer.accepted().text("iccid")
        require(found.rstrip("F") == iccid.rstrip("F"), iccid, found)
        require_iccid(found)


@testcase("ES2+.DownloadOrder#04")
def test_same_order_again(sm_dp_plus, step):
    """A call that comes again is carried out once."""
    operator = sm_dp_plus.operator()
    header = operator.header()
    with step("Operator -> SM-DP+: DownloadOrder, twice with the same header"):
        one, other = (
            operator.call("downloadOrder", header=header, profileType=profile_type(sm_dp_plus))
            for _ in range(2)
        )
    with step("Expected: the same ICCID"):
        first, second = one.accepted().text("iccid"), other.accepted().text("iccid")
        require(first == second, first, second)


@testcase("ES2+.DownloadOrder#05")
def test_iccid_is_ordered_already(sm_dp_plus, step):
    """An ICCID that is ordered cannot be ordered a second time."""
    operator = sm_dp_plus.operator()
    iccid = ordered(sm_dp_plus, operator, step)
    with step("Operator -> SM-DP+: DownloadOrder with the same iccid"):
        answer = operator.call("downloadOrder", iccid=iccid)
    with step("Expected: refused, 8.2.1/3.3"):
        answer.refused("8.2.1/3.3")


@testcase.each(
    "function, members, codes",
    {
        "ES2+.DownloadOrder#06": ("downloadOrder", {"iccid": NO_ICCID}, "8.2.1/3.9"),
        "ES2+.DownloadOrder#07": (
            "downloadOrder",
            {"profileType": "RSPLAB-NO-SUCH-TYPE"},
            "8.2.5/3.9",
        ),
        "ES2+.ConfirmOrder#09": (
            "confirmOrder",
            {"iccid": NO_ICCID, "releaseFlag": False},
            "8.2.1/3.9",
        ),
        "ES2+.CancelOrder#04": (
            "cancelOrder",
            {"iccid": NO_ICCID, "finalProfileStatusIndicator": AVAILABLE},
            "8.2.1/3.9",
        ),
        "ES2+.ReleaseProfile#02": ("releaseProfile", {"iccid": NO_ICCID}, "8.2.1/3.9"),
    },
    level="read-only",
)
def test_unknown_profile(sm_dp_plus, step, function, members, codes):
    """An ICCID or a type that the server does not know is refused."""
    operator = sm_dp_plus.operator()
    with step(f"Operator -> SM-DP+: {function}"):
        answer = operator.call(function, **members)
    with step(f"Expected: refused, {codes}"):
        answer.refused(codes)


@testcase.each(
    "members",
    {
        "ES2+.DownloadOrder#08": {},
        "ES2+.DownloadOrder#09": {"profileType": "PROFILE_OPERATIONAL1", "eid": "1234"},
        "ES2+.DownloadOrder#10": {"profileType": "PROFILE_OPERATIONAL1", "drop_header": True},
        "ES2+.DownloadOrder#13": {"iccid": "890000000000000005"},
    },
    level="read-only",
)
def test_unusable_order(sm_dp_plus, step, members):
    """A call without what it needs orders nothing."""
    operator = sm_dp_plus.operator()
    with step("Operator -> SM-DP+: DownloadOrder"):
        answer = operator.call("downloadOrder", **members)
    with step("Expected: refused"):
        answer.refused_somehow()


@testcase("ES2+.DownloadOrder#11", level="read-only")
def test_no_client_certificate(sm_dp_plus, step):
    """A caller without a certificate orders nothing."""
    operator = sm_dp_plus.operator(at_es9=True)
    with step("Caller without certificate -> SM-DP+: DownloadOrder"):
        answer = operator.call("downloadOrder", certified=False, iccid=NO_ICCID)
    with step("Expected: HTTP status 4xx, or Failed"):
        require(answer.words != "success", "no success", answer.words)
        require(answer.refusal != "8.2.1/3.9", "no answer of the function", answer.words)


@testcase("ES2+.DownloadOrder#12")
def test_unknown_members(sm_dp_plus, step):
    """Unknown members are ignored."""
    operator = sm_dp_plus.operator()
    with step("Operator -> SM-DP+: DownloadOrder with an unknown member"):
        answer = operator.call(
            "downloadOrder", profileType=profile_type(sm_dp_plus), unknown={"a": 1}
        )
    with step("Expected: success"):
        answer.accepted()


@testcase("ES2+.DownloadOrder#14")
def test_iccid_that_another_operator_has_ordered(sm_dp_plus, step):
    """An operator does not get the ICCID that another one has ordered."""
    other = sm_dp_plus.other_operator()
    iccid = ordered(sm_dp_plus, sm_dp_plus.operator(), step)
    with step("Another operator -> SM-DP+: DownloadOrder with this iccid"):
        answer = other.call("downloadOrder", iccid=iccid)
    with step("Expected: refused, 8.2.1/1.2 or 8.2.1/3.3"):
        answer.refused("8.2.1/1.2 or 8.2.1/3.3")


@testcase("ES2+.DownloadOrder#15")
def test_profile_type_of_another_operator(sm_dp_plus, step):
    """An operator does not get a profileType that another one alone may order."""
    other, kind = sm_dp_plus.other_operator(), sm_dp_plus.type_of_one_operator()
    with step(f"Another operator -> SM-DP+: DownloadOrder with profileType {kind}"):
        answer = other.call("downloadOrder", profileType=kind)
    with step("Expected: refused, 8.2.5/1.2"):
        answer.refused("8.2.5/1.2")
