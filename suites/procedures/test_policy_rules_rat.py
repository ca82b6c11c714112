"""The rules authorisation table in use: whose Profile may bring which policy rule.

Each case reads the table of the card and makes owners that a rule of it fits, or does not.
"""

from dataclasses import replace

from rspcore.ids import MccMnc
from rspcore.messages.es10b import GetRatRequest
from rspcore.messages.metadata import OperatorId, PprId
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.profile_maker import preset
from rspharness import testcase
from rspharness.card import declared_values, expect
from rspharness.record.verdicts import Inconclusive
from rspharness.servers import load_result
from rspharness.servers.rsp_server import profile
from rspharness.suite import rat

ONE = preset("PROFILE_OPERATIONAL1")
PPR1, PPR2 = frozenset({PprId.ppr1}), frozenset({PprId.ppr2})
BOTH = PPR1 | PPR2
GID1 = b"\x01"


def rules_of(card):
    """Returns the rules authorisation table of the card."""
    return card.send(GetRatRequest()).rat


def rule_with(rules, wanted):
    """Returns the first rule with an operator that is wanted, and that operator."""
    for rule in rules:
        for operator in rule.allowed_operators:
            if wanted(operator):
                return rule, operator
    raise Inconclusive("the RAT has no such rule")


def one_ppr(rule):
    """Returns one of the policy rules that a rule of the table allows."""
    return frozenset({min(rule.ppr_ids & BOTH)})


def owner_fitting(operator, gid1=None, digit="0"):
    """Returns an owner that fits an operator of the table; one digit replaces every wildcard."""
    code = MccMnc(bytes.fromhex(operator.mcc_mnc.octets.hex().replace("e", digit)))
    own_gid1 = operator.gid1 or (gid1 if operator.gid1 == b"" else None)
    return OperatorId(mcc_mnc=code, gid1=own_gid1, gid2=operator.gid2 or None)


def code_not_fitting(operator):
    """Returns a code that differs in one digit from what a rule asks for; None if it asks none."""
    text = operator.mcc_mnc.octets.hex()
    for place, nibble in enumerate(text):
        if nibble.isdecimal():
            other = text[:place] + str((int(nibble) + 1) % 10) + text[place + 1 :]
            return MccMnc(bytes.fromhex(other.replace("e", "0")))
    return None


def download(card, given, server, step, owner, pprs):
    """Downloads a Profile of an owner with policy rules to a card without Profiles."""
    given.none()
    names = " and ".join(PprId(one).name for one in sorted(pprs)) or "no rule"
    with step(f"S_SM-DP+ -> eUICC: Profile of {owner.mcc_mnc}, gid1 {owner.gid1!r}, with {names}"):
        before = card.observe()
        session = server.prepared(card)
        parameters = rat.owned_by(replace(ONE, ppr=pprs or None), owner)
        return session, session.install(profile(parameters)), before


def require_allowed(card, given, server, step, owner, pprs):
    """Downloads a Profile, and requires it to be installed with its policy rules."""
    given.rules_allowed(pprs)
    session, loaded, _ = download(card, given, server, step, owner, pprs)
    with step("Expected: PIR successResult; the Profile listed with its rules"):
        listed = load_result.installed_info(session, loaded)
        expect.equal(listed.profile_policy_rules or frozenset(), pprs, "profilePolicyRules")


def require_refused(card, given, server, step, owner, pprs):
    """Downloads a Profile, and requires its policy rules to be refused."""
    session, loaded, before = download(card, given, server, step, owner, pprs)
    with step("Expected: PIR errorResult, storeMetadata(2), pprNotAllowed(15)"):
        reason = ErrorReason.pprNotAllowed
        load_result.ended(session, loaded, before, BppCommandId.storeMetadata, reason)


def require_not_allowed_by(rules, pprs, owner):
    """Requires, as an initial condition, that the table allows an owner none of the rules.

    Raises:
        Inconclusive: another rule of it does.
    """
    if any(rat.allows(rules, ppr, owner) for ppr in pprs):
        raise Inconclusive(f"another rule of the RAT allows {owner!r} this policy rule")


@testcase("procedure.PolicyRules#12")
def test_rule_for_one_operator(card, given, server, step):
    """A rule for one operator allows that operator, and not another one."""
    with step("Initial conditions: a rule for one operator"):
        rules = rules_of(card)
        rule, operator = rule_with(rules, lambda one: not one.mcc_mnc.has_wildcard)
        pprs, fitting = one_ppr(rule), owner_fitting(operator, GID1)
        other = replace(fitting, mcc_mnc=code_not_fitting(operator))
        require_not_allowed_by(rules, pprs, other)
    require_allowed(card, given, server, step, fitting, pprs)
    require_refused(card, given, server, step, other, pprs)


@testcase("procedure.PolicyRules#13")
def test_rule_with_gid1(card, given, server, step):
    """A rule with gid1 allows owners with that gid1, and none with another or without."""
    with step("Initial conditions: a rule with gid1"):
        rules = rules_of(card)
        rule, operator = rule_with(rules, lambda one: one.gid1)
        pprs, fitting = one_ppr(rule), owner_fitting(operator)
        others = [replace(fitting, gid1=gid1) for gid1 in (operator.gid1 + b"\x02", None)]
        for other in others:
            require_not_allowed_by(rules, pprs, other)
    require_allowed(card, given, server, step, fitting, pprs)
    for other in others:
        require_refused(card, given, server, step, other, pprs)


@testcase("procedure.PolicyRules#14")
def test_rule_with_wildcards(card, given, server, note, step):
    """A rule with wildcard digits allows every operator that fits, and no other."""
    with step("Initial conditions: a rule with wildcard digits"):
        rules = rules_of(card)
        rule, operator = rule_with(rules, lambda one: one.mcc_mnc.has_wildcard)
        pprs = one_ppr(rule)
        code = code_not_fitting(operator)
        others = [] if code is None else [replace(owner_fitting(operator), mcc_mnc=code)]
        for other in others:
            require_not_allowed_by(rules, pprs, other)
    for digit in "059":
        require_allowed(card, given, server, step, owner_fitting(operator, digit=digit), pprs)
    for other in others:
        require_refused(card, given, server, step, other, pprs)
    if not others:
        note("the rule fits every operator: none to be refused")


@testcase("procedure.PolicyRules#15", level="read-only")
def test_order_of_rules(card, declared, note, step):
    """GetRAT lists the rules in the order declared."""
    with step("S_LPAd -> eUICC: GetRAT"):
        rules = rules_of(card)
        note(f"{len(rules)} rules")
    with step("Expected: the rules in the order declared"):
        shown = card.send(GetRatRequest()).encode().hex().upper()
        declared_values.agrees(declared, "rat", shown)


@testcase("procedure.PolicyRules#16")
def test_empty_table(card, given, server, step):
    """Where there is no rule, no policy rule is allowed, and Profiles without any are installed."""
    with step("Initial conditions: a table without rules"):
        expect.equal(rules_of(card), (), "rules")
    for pprs in (PPR1, PPR2, BOTH):
        require_refused(card, given, server, step, ONE.profile_owner, pprs)
    require_allowed(card, given, server, step, ONE.profile_owner, frozenset())


@testcase("procedure.PolicyRules#17")
def test_rule_with_empty_gid1(card, given, server, step):
    """A rule with an empty gid1 allows owners with any gid1."""
    with step("Initial conditions: a rule with an empty gid1"):
        rule, operator = rule_with(rules_of(card), lambda one: one.gid1 == b"")
        pprs = one_ppr(rule)
    for gid1 in (b"\x01", b"\xa0\xb1\xc2"):
        require_allowed(card, given, server, step, owner_fitting(operator, gid1), pprs)


@testcase("procedure.PolicyRules#18")
def test_rule_without_gid1(card, given, server, step):
    """A rule without gid1 allows owners without, and none with one."""
    with step("Initial conditions: a rule without gid1 and gid2, the only one for its operator"):
        rules = rules_of(card)
        rule, operator = rule_with(rules, lambda one: one.gid1 is None and one.gid2 is None)
        pprs, fitting = one_ppr(rule), owner_fitting(operator)
        other = replace(fitting, gid1=GID1)
        require_not_allowed_by(rules, pprs, other)
    require_allowed(card, given, server, step, fitting, pprs)
    require_refused(card, given, server, step, other, pprs)


@testcase("procedure.PolicyRules#19")
def test_one_of_two_rules_allowed(card, given, server, step):
    """A Profile with PPR1 and PPR2 is refused where only PPR1 is allowed."""
    with step("Initial conditions: an owner that is allowed PPR1"):
        _, operator = rule_with(rules_of(card), lambda _one: True)
    require_refused(card, given, server, step, owner_fitting(operator, GID1), BOTH)


@testcase("procedure.PolicyRules#20")
def test_two_rules_by_two(card, given, server, step):
    """PPR1 allowed by one rule and PPR2 by another are allowed together."""
    with step("Initial conditions: an owner that both rules fit"):
        rules = rules_of(card)
        _, operator = rule_with(rules, lambda _one: True)
        owner = owner_fitting(operator, GID1)
        for ppr in BOTH:
            expect.that(
                holds=rat.allows(rules, ppr, owner), expected="each PPR allowed", actual="not so"
            )
    require_allowed(card, given, server, step, owner, BOTH)
