"""ES10c.GetEID: the card tells its EID, and refuses what is not a request for it."""

from rspcore import tlv
from rspcore.tags import Tag
from rspharness import expect, testcase

_ASK_FOR_EID = bytes.fromhex("BF3E035C015A")


@testcase("ES10c.GetEID#01", level="read-only")
def test_eid_is_returned(card, declared, step):
    """GetEID gives 16 octets with check digits that fit: the EID of the run."""
    with step("S_LPAd -> eUICC: GetEID"):
        eid = card.eid()
    with step("Expected: the declared EID"):
        expect.equal(str(eid), declared.get("eid", str(eid)), "EID")
        expect.that(holds=eid.check_digits_fit, expected="check digits that fit", actual=str(eid))


@testcase("ES10c.GetEID#02", level="read-only")
def test_eid_is_the_same_after_a_reset(card, step):
    """The EID is the same before and after a reset."""
    with step("S_LPAd -> eUICC: GetEID"):
        first = card.store(_ASK_FOR_EID)
        expect.success(first, "GetEID")
        expect.equal(tlv.parse(first.data).tag, int(Tag.GetEuiccData), "tag of the response")
    with step("S_LPAd -> eUICC: reset, GetEID"):
        card.reset()
        again = card.store(_ASK_FOR_EID)
    with step("Expected: the same response octet for octet"):
        expect.equal(again, first, "response")
