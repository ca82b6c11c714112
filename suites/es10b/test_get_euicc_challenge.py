"""ES10b.GetEUICCChallenge: 16 unpredictable octets, which begin a new session each time."""

from rspcore.messages.es10b import (
    AuthenticateErrorCode,
    DownloadErrorCode,
    GetEuiccChallengeRequest,
    GetEuiccChallengeResponse,
)
from rspcore.status import StatusWord
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite import logical_channels

ONE = "PROFILE_OPERATIONAL1"


def require_challenge(card):
    """Sends GetEUICCChallenge and requires SW 9000 and a challenge of 16 octets."""
    response = card.store(GetEuiccChallengeRequest().encode())
    expect.sw(response, StatusWord.OK)
    answer = expect.data_object(response.data, GetEuiccChallengeResponse.TAG)
    parts = [(one.tag, len(one.value)) for one in answer.children() if one.tag == 0x80]
    expect.equal(parts, [(0x80, 16)], "tag and length of the challenge")


@testcase("ES10b.GetEUICCChallenge#01", level="read-only")
def test_challenge_has_16_octets(card, step):
    """The challenge has 16 octets."""
    with step("S_LPAd -> eUICC: GetEUICCChallenge; expected: SW 9000, 80 10 and 16 octets"):
        require_challenge(card)


@testcase("ES10b.GetEUICCChallenge#02", level="read-only")
def test_two_challenges_differ(card, step):
    """Two calls give two challenges."""
    with step("S_LPAd -> eUICC: GetEUICCChallenge, twice"):
        first, second = (card.send(GetEuiccChallengeRequest()).euicc_challenge for _ in range(2))
    with step("Expected: two different challenges"):
        expect.that(holds=first != second, expected="different challenges", actual="the same twice")


@testcase("ES10b.GetEUICCChallenge#03", level="read-only")
def test_challenges_never_repeat(card, step):
    """A thousand challenges are a thousand different ones."""
    with step("S_LPAd -> eUICC: GetEUICCChallenge, 1000 times"):
        request = GetEuiccChallengeRequest()
        challenges = {card.send(request).euicc_challenge for _ in range(1000)}
    with step("Expected: no repetition"):
        expect.equal(len(challenges), 1000, "different challenges")


@testcase("ES10b.GetEUICCChallenge#04", level="read-only")
def test_earlier_challenge_is_void(card, server, step):
    """A new challenge takes the place of the one before."""
    before = card.observe()
    with step("Initial conditions: GetEUICCChallenge done, and done again"):
        session = server.open(card)
        first = session.euicc_challenge
        session.challenge()
    with step("S_LPAd -> eUICC: AuthenticateServer with the first challenge"):
        response = session.authenticate(euicc_challenge=first)
    with step("Expected: euiccChallengeMismatch(6)"):
        expect.error(response, AuthenticateErrorCode.euiccChallengeMismatch)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ES10b.GetEUICCChallenge#05")
def test_challenge_ends_the_session(card, server, step):
    """A new challenge ends a session that was authenticated."""
    before = card.observe()
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
    with step("S_LPAd -> eUICC: GetEUICCChallenge, then PrepareDownload of the session before"):
        card.send(GetEuiccChallengeRequest())
        response = card.ask(session.prepare_request())
    with step("Expected: noSessionContext(4)"):
        expect.error(response, DownloadErrorCode.noSessionContext)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ES10b.GetEUICCChallenge#06", level="read-only")
def test_challenge_is_void_after_a_reset(card, server, step):
    """A challenge does not survive a reset."""
    before = card.observe()
    with step("Initial conditions: GetEUICCChallenge done, reset"):
        session = server.open(card)
        card.reset()
    with step("S_LPAd -> eUICC: AuthenticateServer with the challenge of before"):
        response = session.authenticate()
    with step("Expected: noSessionContext(4)"):
        expect.error(response, AuthenticateErrorCode.noSessionContext)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ES10b.GetEUICCChallenge#07", level="read-only")
def test_challenge_after_deselection(card, server, note, step):
    """When the channel was closed and opened again, the challenge is still valid or not."""
    with step("Initial conditions: GetEUICCChallenge done; channel closed, opened, ISD-R selected"):
        session = server.open(card)
        expect.success(logical_channels.close(card, card.number), "MANAGE CHANNEL, close")
        card.reopen()
    with step("S_LPAd -> eUICC: AuthenticateServer"):
        code = expect.code_of(session.authenticate())
        note("authenticateResponseOk" if code is None else f"authenticateErrorCode {code}")
    with step("Expected: authenticateResponseOk, or noSessionContext(4)"):
        expect.one_of(code, (None, AuthenticateErrorCode.noSessionContext), "error code")


@testcase("ES10b.GetEUICCChallenge#08")
def test_with_a_profile_enabled(card, given, step):
    """With a Profile Enabled the challenge is given as well."""
    given.profiles(ONE, enabled=ONE)
    with step("S_LPAd -> eUICC: GetEUICCChallenge; expected: SW 9000, 80 10 and 16 octets"):
        require_challenge(card)


POWER_UPS = 24


@testcase("ES10b.GetEUICCChallenge#09", level="read-only")
def test_challenges_never_repeat_over_power_ups(card, step):
    """The same commands after each of many power-ups have a new challenge every time."""
    challenges = []
    with step(f"Terminal: power off and on, GetEUICCChallenge first of all, {POWER_UPS} times"):
        for _ in range(POWER_UPS):
            card.power_cycle()
            challenges.append(card.send(GetEuiccChallengeRequest()).euicc_challenge.hex())
    with step(f"Expected: {POWER_UPS} different challenges"):
        expect.equal(len(set(challenges)), POWER_UPS, "different challenges")


@testcase("ES10b.GetEUICCChallenge#10")
def test_one_time_keys_never_repeat_over_power_ups(card, server, step):
    """The same session after each of several power-ups has a new one-time key every time."""
    keys = []
    with step("Terminal: power off and on, then a session until PrepareDownload, six times"):
        for _ in range(6):
            card.power_cycle()
            keys.append(server.prepared(card).otpk_euicc.point.hex())
    with step("Expected: six different one-time keys"):
        expect.equal(len(set(keys)), 6, "different one-time keys")


@testcase("ES10b.GetEUICCChallenge#11", level="read-only")
def test_every_octet_of_a_challenge_is_drawn(card, step):
    """Of 64 challenges each octet has more than one value, so that none is filled up."""
    with step("S_LPAd -> eUICC: GetEUICCChallenge, 64 times"):
        request = GetEuiccChallengeRequest()
        challenges = [card.send(request).euicc_challenge for _ in range(64)]
    with step("Expected: at each of the 16 places more than one value"):
        constant = [place for place in range(16) if len({one[place] for one in challenges}) == 1]
        expect.equal(constant, [], "places that are the same in all of them")
