"""ES2+.RpmOrder: which packages an SM-DP+ keeps for a card (SGP.22 v3.1, 5.3)."""

from rspcore import tlv
from rspcore.ids import Iccid, Oid
from rspcore.messages.v3.rpm_package import (
    ListProfileInfo,
    OfProfile,
    RpmCommand,
    RpmCommandDetails,
    RpmSearchCriteria,
)
from rspharness import testcase
from rspharness.peers.lpa_calls import base64_text

NEVER_SERVED = Iccid.from_digits("8999901000000000005")
OTHER_OWNER = Oid("2.999.20.77")


def enabling(iccid):
    """Returns a script that enables a Profile."""
    return RpmCommand.of(RpmCommandDetails(enable=OfProfile(iccid=iccid))).encode()


def listing(owner):
    """Returns a script that lists the Profiles of an owner."""
    criteria = RpmSearchCriteria(profile_owner_oid=owner)
    details = RpmCommandDetails(list_profile_info=ListProfileInfo(search_criteria=criteria))
    return RpmCommand.of(details).encode()


@testcase("ES2+.RpmOrder#01")
def test_package_that_cannot_be_kept(sm_dp_plus, step, note):
    """Each known failure of RpmOrder has its status code."""
    lpa = sm_dp_plus.newer_lpa()
    iccid = lpa.install(sm_dp_plus.order(), step)
    eid, other = str(lpa.card.eid), str(sm_dp_plus.newer_lpa().card.eid)
    matching_id = f"RSPLAB-{sm_dp_plus.unique}"
    good = enabling(iccid)
    operator = sm_dp_plus.operator()
    with step("Initial conditions: a package waits under a MatchingID"):
        given = {"eid": eid, "matchingId": matching_id, "rpmScript": base64_text(good)}
        operator.call("rpmOrder", **given).accepted()
    no_iccid = tlv.encode(0x30, tlv.encode(0xA1))
    for what, eid_given, name, script, codes in (
        ("EID missing", None, None, good, "8.1.1/2.2"),
        ("EID unknown", other, None, good, "8.1.1/3.9"),
        ("matchingId malformed", eid, "not one $", good, "8.2.6/2.1"),
        ("matchingId in use", eid, matching_id, good, "8.2.6/3.3"),
        ("Profiles of another owner", eid, None, listing(OTHER_OWNER), "8.2.12/3.10"),
        ("ICCID missing", eid, None, no_iccid, "8.2.1/2.3"),
        ("ICCID unknown", eid, None, enabling(NEVER_SERVED), "8.2.1/3.9"),
    ):
        with step(f"Operator -> SM-DP+: RpmOrder, {what}"):
            answer = operator.call(
                "rpmOrder", eid=eid_given, matchingId=name, rpmScript=base64_text(script)
            )
            note(f"{what}: {answer.words}")
        with step(f"Expected: refused, {codes}"):
            answer.refused(codes)
