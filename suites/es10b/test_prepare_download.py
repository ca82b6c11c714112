"""ES10b.PrepareDownload: the one-time key, hashCc, and what the card signs over them."""

from rspcore.crypto.curves import Curve
from rspcore.messages.es10b import DownloadErrorCode
from rspcore.messages.notifications import BppCommandId
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.servers.card_signatures import verify_preparation
from rspharness.servers.rsp_server import profile

NO_SESSION = DownloadErrorCode.noSessionContext

ONE = "PROFILE_OPERATIONAL1"
NIST, BRP, FRP = Curve.NIST_P256, Curve.BRAINPOOL_P256R1, "frp256v1"
CODE = "12345678"


def interrupted(card, server):
    """Breaks a download off within the load by a reset; returns the euiccOtpk it used."""
    session = server.prepared(card)
    package = session.package(profile(ONE))
    loaded = session.load(package.until(package.header_of(BppCommandId.storeMetadata)))
    expect.success(loaded.last)
    card.reset()
    return session.otpk_euicc.point


@testcase.each(
    "on",
    {
        "ES10b.PrepareDownload#01": NIST,
        "ES10b.PrepareDownload#03": BRP,
        "ES10b.PrepareDownload#05": FRP,
    },
)
def test_one_time_key_is_signed(card, make_server, step, on):
    """The answer has a key on the curve, signed together with smdpSignature2."""
    with step("Initial conditions: AuthenticateServer done"):
        session = make_server(curve=on).authenticated(card)
    with step("S_LPAd -> eUICC: PrepareDownload, ccRequiredFlag FALSE"):
        response = session.prepare()
    with step("Expected: euiccSigned2 without hashCc; euiccOtpk on the curve, signature verifies"):
        verify_preparation(session, response)


@testcase.each(
    "on",
    {
        "ES10b.PrepareDownload#02": NIST,
        "ES10b.PrepareDownload#04": BRP,
        "ES10b.PrepareDownload#06": FRP,
    },
)
def test_hash_of_the_confirmation_code_is_signed(card, make_server, step, on):
    """With a confirmation code the answer has the hashCc of the request."""
    with step("Initial conditions: AuthenticateServer done"):
        session = make_server(curve=on).authenticated(card)
    with step("S_LPAd -> eUICC: PrepareDownload, ccRequiredFlag TRUE, hashCc"):
        response = session.prepare(confirmation_code=CODE)
    with step("Expected: the same hashCc in euiccSigned2, signature verifies"):
        verify_preparation(session, response)


@testcase.each(
    "hash_cc",
    {"ES10b.PrepareDownload#39": bytes(range(32)), "ES10b.PrepareDownload#45": bytes(32)},
)
def test_any_hash_is_bound(card, server, step, hash_cc):
    """The card binds hashCc and does not check it: any 32 octets are accepted."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
    with step("S_LPAd -> eUICC: PrepareDownload, hashCc of no code at all"):
        response = session.prepare(cc_required=True, hash_cc=hash_cc)
    with step("Expected: the same hashCc in euiccSigned2, signature verifies"):
        verify_preparation(session, response)


@testcase("ES10b.PrepareDownload#07")
def test_each_session_has_a_key_of_its_own(card, server, step):
    """Two sessions have two different one-time keys."""
    with step("S_LPAd -> eUICC: PrepareDownload in two sessions"):
        keys = []
        for _ in range(2):
            session = server.authenticated(card)
            verify_preparation(session, session.prepare())
            keys.append(session.otpk_euicc.point)
    with step("Expected: two different keys"):
        expect.that(
            holds=keys[0] != keys[1], expected="two different keys", actual="the same key twice"
        )


@testcase("ES10b.PrepareDownload#08")
def test_kept_key_is_used_again(card, given, server, step):
    """A key kept from a failed download is used again when the same SM-DP+ names it."""
    given.none()
    with step("Initial conditions: a download of this SM-DP+ was interrupted"):
        kept = interrupted(card, server)
        session = server.authenticated(card)
    with step("S_LPAd -> eUICC: PrepareDownload, bppEuiccOtpk of that download"):
        response = session.prepare(bpp_euicc_otpk=kept)
    with step("Expected: euiccOtpk = bppEuiccOtpk"):
        verify_preparation(session, response)
        expect.equal(session.otpk_euicc.point, kept, "euiccOtpk")


@testcase("ES10b.PrepareDownload#10")
def test_card_without_reuse_makes_a_new_key(card, given, server, step):
    """A card that keeps no keys answers a known bppEuiccOtpk with a new one."""
    given.none()
    with step("Initial conditions: a download of this SM-DP+ was interrupted"):
        earlier = interrupted(card, server)
        session = server.authenticated(card)
    with step("S_LPAd -> eUICC: PrepareDownload, bppEuiccOtpk of that download"):
        response = session.prepare(bpp_euicc_otpk=earlier)
    with step("Expected: a new euiccOtpk"):
        verify_preparation(session, response)
        _other_key(session, earlier)


@testcase("ES10b.PrepareDownload#09")
def test_unknown_key_is_answered_with_a_new_one(card, server, step):
    """A bppEuiccOtpk that the card does not know is no error: it makes a new key."""
    unknown = server.one_time_key().public.point
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
    with step("S_LPAd -> eUICC: PrepareDownload, bppEuiccOtpk of nobody"):
        response = session.prepare(bpp_euicc_otpk=unknown)
    with step("Expected: a new euiccOtpk"):
        verify_preparation(session, response)
        _other_key(session, unknown)


@testcase("ES10b.PrepareDownload#31")
def test_hash_without_a_flag(card, server, step, note):
    """Whether a hashCc that was not asked for is bound is recorded."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
    with step("S_LPAd -> eUICC: PrepareDownload, ccRequiredFlag FALSE, hashCc"):
        response = session.prepare(cc_required=False, hash_cc=bytes(range(32)))
    with step("Expected: the same hashCc in euiccSigned2, or none"):
        expect.ok(response)
        bound = response.download_response_ok.euicc_signed2.hash_cc
        note(f"hashCc in euiccSigned2: {'none' if bound is None else 'there'}")
        if bound is None:
            session.hash_cc = None
        verify_preparation(session, response)


@testcase("ES10b.PrepareDownload#33")
def test_second_request_of_a_session(card, server, step, note):
    """Whether a prepared session can be prepared again is recorded."""
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
        first = session.otpk_euicc.point
    with step("S_LPAd -> eUICC: PrepareDownload, once more"):
        response = session.prepare()
    with step("Expected: the same or a new euiccOtpk, or noSessionContext(4)"):
        if response.download_response_ok is not None:
            verify_preparation(session, response)
            same = session.otpk_euicc.point == first
            note(f"the card answers {'the same' if same else 'a new'} euiccOtpk")
        else:
            note(f"the card answers {expect.names([expect.code_of(response)])}")
            expect.error(response, NO_SESSION)


@testcase("ES10b.PrepareDownload#34")
def test_corrected_request_after_a_refusal(card, server, step, note):
    """Whether a session goes on after a wrong smdpSignature2 is recorded."""
    with step("Initial conditions: a request with an altered smdpSignature2 was refused"):
        session = server.authenticated(card)
        altered = tlv_edit.flipped(session.prepare_request(), Tag.Signature)
        expect.error(card.ask(altered), DownloadErrorCode.invalidSignature)
    with step("S_LPAd -> eUICC: PrepareDownload, corrected"):
        response = session.prepare()
    with step("Expected: euiccSigned2, or noSessionContext(4)"):
        if response.download_response_ok is not None:
            note("the card goes on")
            verify_preparation(session, response)
        else:
            note(f"the card answers {expect.names([expect.code_of(response)])}")
            expect.error(response, NO_SESSION)


def _other_key(session, key):
    """Requires the euiccOtpk of a session to be another than this."""
    expect.that(
        holds=session.otpk_euicc.point != key, expected="a new euiccOtpk", actual="bppEuiccOtpk"
    )
