"""ES2+: what an operator orders, confirms, releases and cancels at the SM-DP+."""

import re

from rspharness import testcase
from rspharness.peers.server_answer import require

TYPE = "PROFILE_OPERATIONAL1"
NO_ICCID = "8999901000000000005"
NO_SERVER = "localhost:9"
AVAILABLE, UNAVAILABLE = "Available", "Unavailable"
CODE = "12345678"


def ordered(sm_dp_plus, operator, step, eid=None):
    """Orders a Profile; returns its ICCID."""
    with step("Initial conditions: DownloadOrder done"):
        made = operator.call("downloadOrder", profileType=kind(sm_dp_plus), eid=eid)
        return made.accepted().text("iccid")


def confirmed(sm_dp_plus, operator, step, **members):
    """Orders and confirms a Profile; returns ICCID and MatchingID."""
    iccid = ordered(sm_dp_plus, operator, step)
    with step("Initial conditions: ConfirmOrder done"):
        answer = operator.call("confirmOrder", iccid=iccid, **{"releaseFlag": False, **members})
        return iccid, answer.accepted().text("matchingId")


def kind(sm_dp_plus):
    """Returns the profileType that the server is declared to have."""
    return sm_dp_plus.declared.get("profile_type", TYPE)


def require_iccid(text):
    """Requires 19 or 20 digits."""
    require(re.fullmatch(r"[0-9]{19}[0-9F]?", text), "an ICCID of 19 or 20 digits", repr(text))


def refused_somehow(answer):
    """Requires Failed, or a status 4xx."""
    refused = bool(answer.refusal) if answer.status == 200 else 400 <= answer.status < 500
    require(refused, "Failed, or HTTP status 4xx", answer.words)


@testcase.each("bound", {"ES2+.DownloadOrder#01": False, "ES2+.DownloadOrder#02": True})
def test_order_by_type(sm_dp_plus, step, bound):
    """A Profile of a type is ordered, for any card or for one EID."""
    operator = sm_dp_plus.operator()
    eid = str(sm_dp_plus.lpa().card.eid) if bound else None
    with step("Operator -> SM-DP+: DownloadOrder with profileType"):
        answer = operator.call("downloadOrder", profileType=kind(sm_dp_plus), eid=eid)
    with step("Expected: success with an ICCID"):
        require_iccid(answer.accepted().text("iccid"))


@testcase("ES2+.DownloadOrder#03")
def test_order_by_iccid(sm_dp_plus, step):
    """An Available Profile is ordered by its ICCID."""
    operator = sm_dp_plus.operator()
    with step("Initial conditions: an ICCID that was ordered, and is Available again"):
        made = operator.call("downloadOrder", profileType=kind(sm_dp_plus))
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
            operator.call("downloadOrder", header=header, profileType=kind(sm_dp_plus))
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
        "ES2+.DownloadOrder#09": {"profileType": TYPE, "eid": "1234"},
        "ES2+.DownloadOrder#10": {"profileType": TYPE, "drop_header": True},
    },
    level="read-only",
)
def test_unusable_order(sm_dp_plus, step, members):
    """A call without what it needs orders nothing."""
    operator = sm_dp_plus.operator()
    with step("Operator -> SM-DP+: DownloadOrder"):
        answer = operator.call("downloadOrder", **members)
    with step("Expected: refused"):
        refused_somehow(answer)


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
        answer = operator.call("downloadOrder", profileType=kind(sm_dp_plus), unknown={"a": 1})
    with step("Expected: success"):
        answer.accepted()


@testcase("ES2+.ConfirmOrder#01")
def test_matching_id_of_the_server(sm_dp_plus, step):
    """The server makes a MatchingID of 0-9, A-Z and -."""
    operator = sm_dp_plus.operator()
    _, matching_id = confirmed(sm_dp_plus, operator, step)
    with step("Expected: 0-9, A-Z and -"):
        require(re.fullmatch(r"[0-9A-Z-]{1,255}", matching_id), "0-9, A-Z and -", matching_id)


@testcase("ES2+.ConfirmOrder#02")
def test_matching_id_of_the_operator(sm_dp_plus, step):
    """The MatchingID of the operator is taken."""
    operator = sm_dp_plus.operator()
    wanted = f"RSPLAB-{sm_dp_plus.unique}"
    _, matching_id = confirmed(sm_dp_plus, operator, step, matchingId=wanted)
    with step("Expected: the same MatchingID"):
        require(matching_id == wanted, wanted, matching_id)


@testcase("ES2+.ConfirmOrder#03")
def test_empty_matching_id(sm_dp_plus, step):
    """With an empty MatchingID the card asks by its EID."""
    operator, lpa = sm_dp_plus.operator(), sm_dp_plus.lpa(other_card=True)
    iccid = ordered(sm_dp_plus, operator, step, eid=str(lpa.card.eid))
    with step("Operator -> SM-DP+: ConfirmOrder, matchingId empty"):
        answer = operator.call("confirmOrder", iccid=iccid, matchingId="", releaseFlag=True)
        answer.accepted()
    with step("Expected: the Profile is offered without MatchingID"):
        lpa.initiate().accepted()
        lpa.authenticate(None).accepted()


@testcase("ES2+.ConfirmOrder#04")
def test_released_at_once(sm_dp_plus, step):
    """With releaseFlag true the Profile is offered."""
    operator, lpa = sm_dp_plus.operator(), sm_dp_plus.lpa()
    _, matching_id = confirmed(sm_dp_plus, operator, step, releaseFlag=True)
    with step("S_LPAd -> SM-DP+: AuthenticateClient"):
        lpa.initiate().accepted()
        answer = lpa.authenticate(matching_id)
    with step("Expected: the Profile is offered"):
        answer.accepted()


@testcase("ES2+.ConfirmOrder#05")
def test_not_released(sm_dp_plus, step):
    """With releaseFlag false the Profile is not offered."""
    operator, lpa = sm_dp_plus.operator(), sm_dp_plus.lpa()
    _, matching_id = confirmed(sm_dp_plus, operator, step)
    with step("S_LPAd -> SM-DP+: AuthenticateClient"):
        lpa.initiate().accepted()
        answer = lpa.authenticate(matching_id)
    with step("Expected: refused, 8.2/1.2"):
        answer.refused("8.2/1.2; 127")


@testcase("ES2+.ConfirmOrder#06")
def test_confirmation_code(sm_dp_plus, step):
    """A Confirmation Code of the operator is asked for and taken."""
    operator, lpa = sm_dp_plus.operator(), sm_dp_plus.lpa()
    _, matching_id = confirmed(sm_dp_plus, operator, step, releaseFlag=True, confirmationCode=CODE)
    with step("S_LPAd -> SM-DP+: AuthenticateClient, GetBoundProfilePackage with hashCc"):
        lpa.initiate().accepted()
        lpa.authenticate(matching_id).accepted()
        required = lpa.smdp_signed2.cc_required_flag
        answer = lpa.get_package(CODE)
    with step("Expected: ccRequiredFlag TRUE, and the package"):
        require(required is True, "ccRequiredFlag TRUE", required)
        lpa.opened_package(answer)


@testcase("ES2+.ConfirmOrder#07")
def test_eid_given_with_the_confirmation(sm_dp_plus, step):
    """An order that is confirmed for an EID is for no other card."""
    operator, lpa = sm_dp_plus.operator(), sm_dp_plus.lpa()
    other = sm_dp_plus.lpa(other_card=True)
    eid = str(other.card.eid)
    _, matching_id = confirmed(sm_dp_plus, operator, step, releaseFlag=True, eid=eid)
    with step("S_LPAd -> SM-DP+: AuthenticateClient of a card with another EID"):
        lpa.initiate().accepted()
        answer = lpa.authenticate(matching_id)
    with step("Expected: refused, 8.1.1/3.8"):
        answer.refused("8.1.1/3.8; 7")


@testcase("ES2+.ConfirmOrder#08")
def test_same_confirmation_again(sm_dp_plus, step):
    """A confirmation that comes again is answered alike."""
    operator = sm_dp_plus.operator()
    iccid = ordered(sm_dp_plus, operator, step)
    header = operator.header()
    with step("Operator -> SM-DP+: ConfirmOrder, twice with the same header"):
        one, other = (
            operator.call("confirmOrder", header=header, iccid=iccid, releaseFlag=False)
            for _ in range(2)
        )
    with step("Expected: the same MatchingID"):
        first, second = one.accepted().text("matchingId"), other.accepted().text("matchingId")
        require(first == second, first, second)


@testcase("ES2+.ConfirmOrder#10")
def test_confirmed_already(sm_dp_plus, step):
    """An order that is confirmed cannot be confirmed a second time."""
    operator = sm_dp_plus.operator()
    iccid, _ = confirmed(sm_dp_plus, operator, step)
    with step("Operator -> SM-DP+: ConfirmOrder again"):
        answer = operator.call("confirmOrder", iccid=iccid, releaseFlag=False)
    with step("Expected: refused, 8.2.1/3.3"):
        answer.refused("8.2.1/3.3")


@testcase("ES2+.ConfirmOrder#11")
def test_matching_id_in_use(sm_dp_plus, step):
    """A MatchingID of another order is refused."""
    operator = sm_dp_plus.operator()
    _, matching_id = confirmed(sm_dp_plus, operator, step)
    iccid = ordered(sm_dp_plus, operator, step)
    with step("Operator -> SM-DP+: ConfirmOrder with the MatchingID of another order"):
        answer = operator.call(
            "confirmOrder", iccid=iccid, matchingId=matching_id, releaseFlag=False
        )
    with step("Expected: refused, 8.2.6/3.3"):
        answer.refused("8.2.6/3.3")


@testcase.each(
    "members",
    {
        "ES2+.ConfirmOrder#12": {"smdsAddress": NO_SERVER},
        "ES2+.ConfirmOrder#13": {"matchingId": ""},
    },
)
def test_eid_missing(sm_dp_plus, step, members):
    """An SM-DS address and an empty MatchingID need an EID."""
    operator = sm_dp_plus.operator()
    iccid = ordered(sm_dp_plus, operator, step)
    with step("Operator -> SM-DP+: ConfirmOrder without EID"):
        answer = operator.call("confirmOrder", iccid=iccid, releaseFlag=True, **members)
    with step("Expected: refused, 8.1.1/2.2"):
        answer.refused("8.1.1/2.2")


@testcase("ES2+.ConfirmOrder#14")
def test_linked_to_another_eid(sm_dp_plus, step):
    """An order for one EID is not confirmed for another."""
    operator = sm_dp_plus.operator()
    mine, other = (sm_dp_plus.lpa(other_card=True).card.eid for _ in range(2))
    iccid = ordered(sm_dp_plus, operator, step, eid=str(mine))
    with step("Operator -> SM-DP+: ConfirmOrder for another EID"):
        answer = operator.call("confirmOrder", iccid=iccid, eid=str(other), releaseFlag=False)
    with step("Expected: refused, 8.1.1/3.10"):
        answer.refused("8.1.1/3.10")


@testcase("ES2+.ConfirmOrder#15")
def test_sm_ds_is_away(sm_dp_plus, step):
    """An SM-DS that gives no answer is reported."""
    operator = sm_dp_plus.operator()
    eid = str(sm_dp_plus.lpa(other_card=True).card.eid)
    iccid = ordered(sm_dp_plus, operator, step, eid=eid)
    with step("Operator -> SM-DP+: ConfirmOrder with an SM-DS that is not there"):
        answer = operator.call("confirmOrder", iccid=iccid, smdsAddress=NO_SERVER, releaseFlag=True)
    with step("Expected: refused, 8.9/5.1"):
        answer.refused("8.9/5.1")


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
        refused_somehow(answer)


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
