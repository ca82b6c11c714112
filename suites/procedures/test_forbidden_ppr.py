"""Forbidden policy rules: a rule EUICCInfo2 lists as forbidden is refused."""

from dataclasses import replace

from rspcore.messages.es10b import GetEuiccInfo2Request
from rspcore.messages.metadata import PprId
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.profile_maker import preset
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers import load_result
from rspharness.servers.rsp_server import profile

ONE = preset("PROFILE_OPERATIONAL1")
PPR1, PPR2 = frozenset({PprId.ppr1}), frozenset({PprId.ppr2})


def forbidden(card):
    """Returns the PPRs that EUICCInfo2 lists as forbidden."""
    info = card.send(GetEuiccInfo2Request())
    return frozenset(info.forbidden_profile_policy_rules or ())


@testcase.each(
    "pprs",
    {
        "procedure.ForbiddenPPR#01": PPR1,
        "procedure.ForbiddenPPR#02": PPR2,
        "procedure.ForbiddenPPR#03": PPR1 | PPR2,
    },
)
def test_forbidden_rule_is_refused(card, given, server, pprs, step):
    """A Profile with a forbidden PPR is refused when its metadata is stored."""
    given.none()
    with step("Initial conditions: EUICCInfo2 lists the PPR as forbidden"):
        expect.equal(forbidden(card) & pprs, pprs, "PPRs forbidden")
        before = card.observe()
    with step("S_SM-DP+ -> eUICC: download of a Profile with it"):
        session = server.prepared(card)
        loaded = session.install(profile(replace(ONE, ppr=pprs)))
    with step("Expected: PIR errorResult, storeMetadata(2), pprNotAllowed(15)"):
        reason = ErrorReason.pprNotAllowed
        load_result.ended(session, loaded, before, BppCommandId.storeMetadata, reason)


@testcase("procedure.ForbiddenPPR#04")
def test_profile_without_rules_is_installed(card, given, server, step):
    """Where PPRs are forbidden, a Profile without any is installed."""
    given.none()
    with step("Initial conditions: EUICCInfo2 lists a PPR as forbidden"):
        expect.that(holds=bool(forbidden(card)), expected="a PPR forbidden", actual="none")
    with step("S_SM-DP+ -> eUICC: download of a Profile without PPR"):
        session = server.prepared(card)
        loaded = session.install(profile(ONE))
    with step("Expected: PIR successResult; the Profile listed, Disabled"):
        load_result.installed(session, loaded)
