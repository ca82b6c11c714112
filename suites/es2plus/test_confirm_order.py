"""ES2+.ConfirmOrder: an operator confirms an order, and may release it."""

import re

from rspharness import testcase
from rspharness.peers.order_steps import confirmed, ordered
from rspharness.peers.server_answer import require

MOST_CHARACTERS = 255
NO_SERVER = "localhost:9"
CODE = "12345678"


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


@testcase("ES2+.ConfirmOrder#16")
def test_confirmation_after_a_refused_one(sm_dp_plus, step):
    """An order whose confirmation was refused can be confirmed."""
    operator = sm_dp_plus.operator()
    mine, other = (sm_dp_plus.lpa(other_card=True).card.eid for _ in range(2))
    iccid = ordered(sm_dp_plus, operator, step, eid=str(mine))
    with step("Initial conditions: a confirmation for another EID was refused"):
        refused = operator.call("confirmOrder", iccid=iccid, eid=str(other), releaseFlag=False)
        refused.refused("8.1.1/3.10")
    with step("Operator -> SM-DP+: ConfirmOrder for the EID"):
        answer = operator.call("confirmOrder", iccid=iccid, eid=str(mine), releaseFlag=False)
    with step("Expected: success with a MatchingID"):
        answer.accepted().text("matchingId")


@testcase.each(
    "member",
    {
        "ES2+.ConfirmOrder#17": "iccid",
        "ES2+.ConfirmOrder#18": "releaseFlag",
        "ES2+.ConfirmOrder#19": "header",
    },
)
def test_unusable_confirmation(sm_dp_plus, step, member):
    """A confirmation without what it needs is refused."""
    operator = sm_dp_plus.operator()
    iccid = ordered(sm_dp_plus, operator, step)
    given = {"iccid": iccid, "releaseFlag": False, "drop_header": member == "header"}
    with step(f"Operator -> SM-DP+: ConfirmOrder without {member}"):
        answer = operator.call("confirmOrder", **given | {member: None})
    with step("Expected: refused"):
        answer.refused_somehow()


@testcase("ES2+.ConfirmOrder#20")
def test_longest_matching_id(sm_dp_plus, step):
    """A MatchingID of 255 characters is taken, and offers the Profile."""
    operator, lpa = sm_dp_plus.operator(), sm_dp_plus.lpa()
    wanted = f"RSPLAB-{sm_dp_plus.unique}-".ljust(MOST_CHARACTERS, "X")
    with step("MatchingID of 255 characters"):
        _, found = confirmed(sm_dp_plus, operator, step, releaseFlag=True, matchingId=wanted)
    with step("S_LPAd -> SM-DP+: AuthenticateClient"):
        lpa.initiate().accepted()
        answer = lpa.authenticate(wanted)
    with step("Expected: the same MatchingID, and the Profile is offered"):
        require(found == wanted, wanted, found)
        answer.accepted()


@testcase("ES2+.ConfirmOrder#21")
def test_order_of_another_operator(sm_dp_plus, step):
    """An operator does not confirm the order of another one."""
    other = sm_dp_plus.other_operator()
    iccid = ordered(sm_dp_plus, sm_dp_plus.operator(), step)
    with step("Another operator -> SM-DP+: ConfirmOrder"):
        answer = other.call("confirmOrder", iccid=iccid, releaseFlag=False)
    with step("Expected: refused, 8.2.1/1.2"):
        answer.refused("8.2.1/1.2")
