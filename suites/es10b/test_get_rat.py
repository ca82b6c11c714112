"""ES10b.GetRAT: the rules authorisation table as the card was made with it; never refused."""

from rspcore.messages.es10b import GetEuiccChallengeRequest, GetRatRequest, GetRatResponse
from rspcore.messages.es10c import DeleteProfileRequest, EuiccMemoryResetRequest, ResetOption
from rspcore.messages.metadata import PprFlag, PprId
from rspcore.status import StatusWord
from rspharness import testcase
from rspharness.card import declared_values, expect
from rspharness.lpa.proactive import settle_refresh

ONE = "PROFILE_OPERATIONAL1"
EVERYTHING = frozenset(ResetOption)


def ask(card):
    """Sends GetRAT, requires SW 9000, and returns the answer's octets."""
    response = card.store(GetRatRequest().encode())
    expect.sw(response, StatusWord.OK)
    expect.message(GetRatResponse, response.data)
    return response.data


def rules(card):
    """Returns the rules of the card."""
    return GetRatResponse.decode(ask(card)).rat


def declared_rules(declared, found):
    """Returns the rules declared; those found when none are."""
    octets = declared.get("rat")
    return found if octets is None else GetRatResponse.decode(bytes.fromhex(str(octets))).rat


@testcase("ES10b.GetRAT#01", level="read-only")
def test_every_rule_declared(card, declared, step):
    """Every rule declared comes, with its PPRs, operators and flags."""
    with step("S_LPAd -> eUICC: GetRAT"):
        octets = ask(card)
    with step("Expected: rules that name a PPR and an operator; all as declared"):
        for rule in GetRatResponse.decode(octets).rat:
            expect.that(
                holds=bool(rule.ppr_ids & {PprId.ppr1, PprId.ppr2} and rule.allowed_operators),
                expected="PPR1 or PPR2, and an operator, in each rule",
                actual=repr(rule),
            )
        declared_values.agrees(declared, "rat", octets.hex().upper())


@testcase("ES10b.GetRAT#02", level="read-only")
def test_empty_table(card, step):
    """A table without rules is an empty list."""
    with step("S_LPAd -> eUICC: GetRAT; expected: BF43 with an empty list, SW 9000"):
        expect.equal(ask(card), bytes.fromhex("BF4302A000"), "answer")


@testcase("ES10b.GetRAT#03", level="read-only")
def test_wildcard_digits(card, declared, step):
    """Wildcard nibbles of mccMnc come as they are declared."""
    with step("S_LPAd -> eUICC: GetRAT"):
        found = rules(card)
    with step("Expected: mccMnc with nibble E, as declared"):
        codes = [operator.mcc_mnc for rule in found for operator in rule.allowed_operators]
        wanted = [
            operator.mcc_mnc
            for rule in declared_rules(declared, found)
            for operator in rule.allowed_operators
        ]
        expect.equal(codes, wanted, "mccMnc of each operator")
        expect.that(
            holds=any("e" in code.octets.hex() for code in codes),
            expected="a nibble E",
            actual=", ".join(map(str, codes)),
        )


@testcase("ES10b.GetRAT#04", level="read-only")
def test_consent_flag(card, declared, step):
    """consentRequired of each rule is as declared."""
    with step("S_LPAd -> eUICC: GetRAT"):
        found = rules(card)
    with step("Expected: pprFlags as declared, and no other bit"):
        wanted = [rule.ppr_flags for rule in declared_rules(declared, found)]
        expect.equal([rule.ppr_flags for rule in found], wanted, "pprFlags of each rule")
        for rule in found:
            expect.one_of(set(rule.ppr_flags), (set(), {PprFlag.consentRequired}), "pprFlags")


@testcase("ES10b.GetRAT#05", level="destructive")
def test_table_is_constant(card, given, step):
    """Profile operations and a memory reset leave the table."""
    (one,) = given.profiles(ONE)
    with step("Initial conditions: the table before"):
        before = ask(card)
    with step("S_LPAd -> eUICC: EnableProfile, DisableProfile, DeleteProfile; expected: as before"):
        given.enable(one.iccid)
        expect.equal(ask(card), before, "GetRAT after EnableProfile")
        given.disable(one.iccid)
        expect.equal(ask(card), before, "GetRAT after DisableProfile")
        expect.ok(card.send(DeleteProfileRequest(iccid=one.iccid)))
        expect.equal(ask(card), before, "GetRAT after DeleteProfile")
    given.profiles(ONE, enabled=ONE)
    with step("S_LPAd -> eUICC: eUICCMemoryReset, every option; expected: as before"):
        expect.ok(card.send(EuiccMemoryResetRequest(reset_options=EVERYTHING)))
        settle_refresh(card)
        expect.equal(ask(card), before, "GetRAT after eUICCMemoryReset")


@testcase("ES10b.GetRAT#07")
def test_never_refused(card, given, server, step):
    """GetRAT is answered in every state of card and session."""
    given.profiles(ONE)
    with step("S_LPAd -> eUICC: GetRAT, no session; expected: SW 9000"):
        ask(card)
    with step("S_LPAd -> eUICC: GetRAT after GetEUICCChallenge; expected: SW 9000"):
        card.send(GetEuiccChallengeRequest())
        ask(card)
    with step("S_LPAd -> eUICC: GetRAT after AuthenticateServer; expected: SW 9000"):
        server.authenticated(card)
        ask(card)
    given.profiles(ONE, enabled=ONE)
    with step("S_LPAd -> eUICC: GetRAT with a Profile Enabled; expected: SW 9000"):
        ask(card)


@testcase("ES10b.GetRAT#06", level="read-only")
def test_no_rule_for_ppr1_with_several_ports(card, step):
    """An eUICC with several eSIM Ports has no rule that names PPR1."""
    with step("S_LPAd -> eUICC: GetRAT; expected: no rule names PPR1, SW 9000"):
        naming = [rule for rule in rules(card) if PprId.ppr1 in rule.ppr_ids]
        expect.equal(naming, [], "rules that name PPR1")
