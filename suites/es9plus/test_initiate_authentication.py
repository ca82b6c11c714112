"""ES9+.InitiateAuthentication: what an SM-DP+ alone is asked; the rest it shares with ES11."""

import json

from rspharness import testcase
from rspharness.peers.lpa_calls import base64_text
from rspharness.peers.server_answer import require


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
