"""ES2+.CancelOrder and ReleaseProfile: what an operator does with an order afterwards."""

from rspharness import testcase
from rspharness.peers.order_steps import confirmed, ordered
from rspharness.peers.server_answer import require

AVAILABLE, UNAVAILABLE = "Available", "Unavailable"


@testcase("ES2+.CancelOrder#01")
def test_available_again(sm_dp_plus, step):
    """A cancelled order leaves its Profile Available."""
    operator = sm_dp_plus.operator()
    iccid = ordered(sm_dp_plus, operator, step)
    with step("Operator -> SM-DP+: CancelOrder, Available; DownloadOrder of the same ICCID"):
        cancelled = operator.call("cancelOrder", iccid=iccid, finalProfileStatusIndicator=AVAILABLE)
        cancelled.accepted()
        answer = operator.call("downloadOrder", iccid=iccid)
    with step("Expected: success"):
        answer.accepted()


@testcase("ES2+.CancelOrder#02", level="destructive")
def test_unavailable_for_ever(sm_dp_plus, step):
    """A Profile whose order was cancelled as Unavailable is not ordered again."""
    operator = sm_dp_plus.operator()
    iccid = ordered(sm_dp_plus, operator, step)
    with step("Operator -> SM-DP+: CancelOrder, Unavailable; DownloadOrder of the same ICCID"):
        cancelled = operator.call(
            "cancelOrder", iccid=iccid, finalProfileStatusIndicator=UNAVAILABLE
        )
        cancelled.accepted()
        answer = operator.call("downloadOrder", iccid=iccid)
    with step("Expected: refused"):
        answer.refused_somehow()


@testcase("ES2+.CancelOrder#03")
def test_cancelled_order_offers_nothing(sm_dp_plus, step):
    """Under the MatchingID of a cancelled order nothing is offered."""
    operator, lpa = sm_dp_plus.operator(), sm_dp_plus.lpa()
    iccid, matching_id = confirmed(sm_dp_plus, operator, step, releaseFlag=True)
    with step("Operator -> SM-DP+: CancelOrder"):
        cancelled = operator.call(
            "cancelOrder",
            iccid=iccid,
            matchingId=matching_id,
            finalProfileStatusIndicator=AVAILABLE,
        )
        cancelled.accepted()
    with step("S_LPAd -> SM-DP+: AuthenticateClient"):
        lpa.initiate().accepted()
        answer = lpa.authenticate(matching_id)
    with step("Expected: no Profile"):
        require(answer.refusal or answer.status != 200, "no Profile", answer.words)


@testcase("ES2+.CancelOrder#05")
def test_cancelled_for_another_eid(sm_dp_plus, step):
    """A cancellation with the EID of another order is refused."""
    operator = sm_dp_plus.operator()
    mine, other = (sm_dp_plus.lpa(other_card=True).card.eid for _ in range(2))
    iccid = ordered(sm_dp_plus, operator, step, eid=str(mine))
    with step("Operator -> SM-DP+: CancelOrder with another EID"):
        answer = operator.call(
            "cancelOrder", iccid=iccid, eid=str(other), finalProfileStatusIndicator=AVAILABLE
        )
    with step("Expected: refused, 8.2.1/3.10 or 8.1.1/3.10"):
        answer.refused("8.2.1/3.10 or 8.1.1/3.10")


@testcase("ES2+.CancelOrder#06")
def test_cancelled_under_another_matching_id(sm_dp_plus, step):
    """A cancellation with the MatchingID of another order is refused."""
    operator = sm_dp_plus.operator()
    iccid, _ = confirmed(sm_dp_plus, operator, step)
    with step("Operator -> SM-DP+: CancelOrder with another MatchingID"):
        answer = operator.call(
            "cancelOrder",
            iccid=iccid,
            matchingId="RSPLAB-NO-SUCH-ORDER",
            finalProfileStatusIndicator=AVAILABLE,
        )
    with step("Expected: refused, 8.2.6/3.10"):
        answer.refused("8.2.6/3.10")


@testcase("ES2+.ReleaseProfile#01")
def test_release(sm_dp_plus, step):
    """A Profile that is released is offered."""
    operator, lpa = sm_dp_plus.operator(), sm_dp_plus.lpa()
    iccid, matching_id = confirmed(sm_dp_plus, operator, step)
    with step("Operator -> SM-DP+: ReleaseProfile"):
        operator.call("releaseProfile", iccid=iccid).accepted()
    with step("S_LPAd -> SM-DP+: AuthenticateClient"):
        lpa.initiate().accepted()
        answer = lpa.authenticate(matching_id)
    with step("Expected: the Profile is offered"):
        answer.accepted()


@testcase.each("released", {"ES2+.ReleaseProfile#03": False, "ES2+.ReleaseProfile#04": True})
def test_release_at_the_wrong_time(sm_dp_plus, step, released):
    """A Profile that is not Confirmed, or Released already, is not released."""
    operator = sm_dp_plus.operator()
    if released:
        iccid, _ = confirmed(sm_dp_plus, operator, step, releaseFlag=True)
    else:
        iccid = ordered(sm_dp_plus, operator, step)
    with step("Operator -> SM-DP+: ReleaseProfile"):
        answer = operator.call("releaseProfile", iccid=iccid)
    with step("Expected: refused, 8.2.1/3.5"):
        answer.refused("8.2.1/3.5")


@testcase.each(
    "function",
    {"ES2+.CancelOrder#07": "cancelOrder", "ES2+.ReleaseProfile#05": "releaseProfile"},
)
def test_same_call_again(sm_dp_plus, step, function):
    """A call that comes again is answered alike, and carried out once."""
    operator = sm_dp_plus.operator()
    iccid, _ = confirmed(sm_dp_plus, operator, step)
    members = {"iccid": iccid, "header": operator.header()}
    if function == "cancelOrder":
        members["finalProfileStatusIndicator"] = AVAILABLE
    with step(f"Operator -> SM-DP+: {function}, twice with the same header"):
        operator.call(function, **members).accepted()
        answer = operator.call(function, **members)
    with step("Expected: success"):
        answer.accepted()


@testcase("ES2+.CancelOrder#08")
def test_order_after_a_refused_cancellation(sm_dp_plus, step):
    """An order whose cancellation was refused is offered."""
    operator, lpa = sm_dp_plus.operator(), sm_dp_plus.lpa()
    iccid, matching_id = confirmed(sm_dp_plus, operator, step, releaseFlag=True)
    with step("Initial conditions: a cancellation with another MatchingID was refused"):
        operator.call(
            "cancelOrder",
            iccid=iccid,
            matchingId="RSPLAB-NO-SUCH-ORDER",
            finalProfileStatusIndicator=AVAILABLE,
        ).refused("8.2.6/3.10")
    with step("S_LPAd -> SM-DP+: AuthenticateClient"):
        lpa.initiate().accepted()
        answer = lpa.authenticate(matching_id)
    with step("Expected: the Profile is offered"):
        answer.accepted()


@testcase("ES2+.ReleaseProfile#07")
def test_release_after_a_refused_one(sm_dp_plus, step):
    """A Profile whose release was refused before its confirmation is released after it."""
    operator = sm_dp_plus.operator()
    iccid = ordered(sm_dp_plus, operator, step)
    with step("Initial conditions: a release was refused; ConfirmOrder done"):
        operator.call("releaseProfile", iccid=iccid).refused("8.2.1/3.5")
        operator.call("confirmOrder", iccid=iccid, releaseFlag=False).accepted()
    with step("Operator -> SM-DP+: ReleaseProfile"):
        answer = operator.call("releaseProfile", iccid=iccid)
    with step("Expected: success"):
        answer.accepted()


@testcase.each(
    "function, member",
    {
        "ES2+.CancelOrder#09": ("cancelOrder", "finalProfileStatusIndicator"),
        "ES2+.CancelOrder#10": ("cancelOrder", "iccid"),
        "ES2+.CancelOrder#11": ("cancelOrder", "header"),
        "ES2+.ReleaseProfile#06": ("releaseProfile", "iccid"),
        "ES2+.ReleaseProfile#08": ("releaseProfile", "header"),
    },
)
def test_unusable_call(sm_dp_plus, step, function, member):
    """A call without what it needs is refused."""
    operator = sm_dp_plus.operator()
    iccid, _ = confirmed(sm_dp_plus, operator, step)
    given = {"iccid": iccid, "drop_header": member == "header"}
    if function == "cancelOrder":
        given["finalProfileStatusIndicator"] = AVAILABLE
    with step(f"Operator -> SM-DP+: {function} without {member}"):
        answer = operator.call(function, **given | {member: None})
    with step("Expected: refused"):
        answer.refused_somehow()


@testcase.each(
    "function",
    {"ES2+.CancelOrder#12": "cancelOrder", "ES2+.ReleaseProfile#09": "releaseProfile"},
)
def test_order_of_another_operator_stays(sm_dp_plus, step, function):
    """An operator neither cancels nor releases the order of another one, who can go on with it."""
    operator, other = sm_dp_plus.operator(), sm_dp_plus.other_operator()
    iccid, _ = confirmed(sm_dp_plus, operator, step)
    members = {"iccid": iccid}
    if function == "cancelOrder":
        members["finalProfileStatusIndicator"] = AVAILABLE
    with step(f"Another operator -> SM-DP+: {function}"):
        answer = other.call(function, **members)
    with step("Expected: refused, 8.2.1/1.2"):
        answer.refused("8.2.1/1.2")
    with step("Operator -> SM-DP+: ReleaseProfile. Expected: success"):
        operator.call("releaseProfile", iccid=iccid).accepted()
