"""ES8+.StoreMetadata: a Profile brings only the policy rules that the RAT allows its owner."""

from dataclasses import replace

from rspcore.messages.es10b import GetEuiccInfo2Request, GetRatRequest
from rspcore.messages.metadata import PprId
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.profile_maker import preset
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers import load_result
from rspharness.servers.rsp_server import profile
from rspharness.suite import rat
from rspharness.suite.load_trial import taken_to

ONE = "PROFILE_OPERATIONAL1"
COMMAND = BppCommandId.storeMetadata
PPR1, PPR2 = PprId.ppr1, PprId.ppr2


def bringing(*rules, **fields):
    """Returns parameters of a Profile that brings policy rules."""
    return replace(preset("PROFILE_OPERATIONAL2"), ppr=frozenset(rules), **fields)


def rules_of(card):
    """Returns the rules authorisation table of the card."""
    return card.send(GetRatRequest()).rat


def metadata_sent(card, server, step, what, **fields):
    """Takes a load to where StoreMetadata is due, sends it, and returns session and answers."""
    with step("Initial conditions: ConfigureISDP accepted"):
        session, package = taken_to(COMMAND, card, server, profile(what), **fields)
        following = package.header_of(BppCommandId.loadProfileElements)
    names = " and ".join(PprId(rule).name for rule in sorted(what.ppr))
    with step(f"S_LPAd -> eUICC: StoreMetadata, profilePolicyRules {names}"):
        return session, session.load(package.until(following))


def refused(card, server, step, what):
    """Sends metadata; requires pprNotAllowed(15), and returns session and answers."""
    before = card.observe()
    session, loaded = metadata_sent(card, server, step, what)
    with step("Expected: PIR errorResult, storeMetadata(2), pprNotAllowed(15)"):
        load_result.ended(session, loaded, before, COMMAND, ErrorReason.pprNotAllowed)
    return session, loaded


def rules_listed(card, server, step, what, **fields):
    """Loads a whole package; requires success, and returns the policy rules the card lists."""
    with step("S_LPAd -> eUICC: a whole package; expected: PIR successResult"):
        session = server.prepared(card)
        package = session.package(profile(what), **fields)
        return load_result.installed_info(session, session.load(package)).profile_policy_rules


@testcase("ES8+.StoreMetadata#19")
def test_ppr1_of_an_allowed_owner(card, given, server, step):
    """PPR1 of an owner that the RAT allows is accepted and listed."""
    given.rules_allowed(frozenset({PPR1}))
    given.none()
    what = rat.owned_by_allowed_operator(rules_of(card), bringing(PPR1))
    listed = rules_listed(card, server, step, what)
    with step("Expected: tag 99 shows ppr1"):
        expect.equal(listed, frozenset({PPR1}), "profilePolicyRules")


@testcase("ES8+.StoreMetadata#20")
def test_ppr2_of_an_allowed_owner(card, given, server, step):
    """PPR2 of an owner that the RAT allows is accepted and listed."""
    given.profiles(ONE)
    what = rat.owned_by_allowed_operator(rules_of(card), bringing(PPR2))
    listed = rules_listed(card, server, step, what)
    with step("Expected: tag 99 shows ppr2"):
        expect.equal(listed, frozenset({PPR2}), "profilePolicyRules")


@testcase("ES8+.StoreMetadata#21")
def test_both_rules_of_an_allowed_owner(card, given, server, step):
    """Both rules of an owner that the RAT allows are accepted and listed."""
    given.rules_allowed(frozenset({PPR1}))
    given.none()
    what = rat.owned_by_allowed_operator(rules_of(card), bringing(PPR1, PPR2))
    listed = rules_listed(card, server, step, what)
    with step("Expected: tag 99 shows both"):
        expect.equal(listed, frozenset({PPR1, PPR2}), "profilePolicyRules")


@testcase.each("rule", {"ES8+.StoreMetadata#22": PPR1, "ES8+.StoreMetadata#23": PPR2})
def test_rule_not_in_the_rat_ends_the_load(card, given, server, step, rule):
    """A rule that the RAT does not name gives pprNotAllowed(15)."""
    given.none()
    refused(card, server, step, bringing(rule))


@testcase("ES8+.StoreMetadata#24")
def test_rule_of_another_operator_ends_the_load(card, given, server, step):
    """A rule that the RAT allows another operator only gives pprNotAllowed(15)."""
    given.none()
    with step("Initial conditions: an owner that the RAT does not allow the rules it names"):
        rules = rules_of(card)
        named = frozenset(ppr for rule in rules for ppr in rule.ppr_ids) & {PPR1, PPR2}
        what = rat.owned_by_other_operator(rules, bringing(*named))
    refused(card, server, step, what)


@testcase("ES8+.StoreMetadata#25")
def test_rule_without_owner_ends_the_load(card, given, server, step):
    """A rule without profileOwner gives pprNotAllowed(15)."""
    given.none()
    refused(card, server, step, bringing(PPR2, with_owner=False))


@testcase("ES8+.StoreMetadata#26")
def test_forbidden_rule_ends_the_load(card, given, server, step):
    """A rule of forbiddenProfilePolicyRules gives pprNotAllowed(15)."""
    given.none()
    with step("Initial conditions: the rules EUICCInfo2 forbids"):
        info = card.send(GetEuiccInfo2Request())
        forbidden = (info.forbidden_profile_policy_rules or frozenset()) & {PPR1, PPR2}
    refused(card, server, step, bringing(min(forbidden)))


@testcase("ES8+.StoreMetadata#27")
def test_ppr1_beside_an_operational_profile(card, given, server, step, note):
    """PPR1 beside an operational Profile gives pprNotAllowed(15), or is left to the LPA."""
    given.profiles(ONE)
    before = card.observe()
    what = rat.owned_by_allowed_operator(rules_of(card), bringing(PPR1))
    session, loaded = metadata_sent(card, server, step, what)
    note(load_result.described(loaded))
    with step("Expected: PIR errorResult, pprNotAllowed(15), or SW 9000 without PIR"):
        load_result.continued_or_ended(session, loaded, before, COMMAND, ErrorReason.pprNotAllowed)


@testcase("ES8+.StoreMetadata#28")
def test_ppr1_on_a_card_with_several_ports(card, given, server, step):
    """PPR1 gives pprNotAllowed(15) on an eUICC that can have several Enabled Profiles."""
    given.none()
    refused(card, server, step, bringing(PPR1))


@testcase("ES8+.StoreMetadata#76")
def test_result_names_the_iccid(card, given, server, step):
    """After a StoreMetadata error the PIR names the ICCID of the metadata."""
    given.none()
    what = bringing(PPR2, with_owner=False)
    _, loaded = refused(card, server, step, what)
    with step("Expected: tag 5A of notificationMetadata is the ICCID of the metadata"):
        expect.equal(loaded.pir.data.notification_metadata.iccid, what.iccid, "ICCID")


@testcase("ES8+.StoreMetadata#82")
def test_update_control_is_ignored(card, given, server, step, note):
    """pprUpdateControl beside PPR2 is accepted; of the rules, PPR2 alone is listed."""
    given.profiles(ONE)
    what = rat.owned_by_allowed_operator(rules_of(card), bringing(PPR2))
    metadata = replace(
        profile(what).metadata, profile_policy_rules=frozenset({PprId.pprUpdateControl, PPR2})
    )
    listed = rules_listed(card, server, step, what, metadata=metadata)
    with step("Expected: ppr2 in tag 99, ppr1 not"):
        note(f"bits of tag 99: {sorted(listed or ())}")
        expect.equal((listed or frozenset()) & {PPR1, PPR2}, frozenset({PPR2}), "ppr1 and ppr2")
