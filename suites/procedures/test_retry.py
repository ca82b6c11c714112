"""Retries of a download: after a wrong confirmation code, an interruption, an error."""

from rspcore.messages.es10b import CancelSessionReason
from rspcore.messages.es10c import DeleteProfileRequest
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers.card_signatures import (
    verify_authentication,
    verify_cancellation,
    verify_preparation,
)
from rspharness.servers.load_result import ended, installed
from rspharness.servers.rsp_server import profile

ONE = "PROFILE_OPERATIONAL1"
RIGHT_CODE, WRONG_CODE = "12345678", "87654321"
POSTPONED = CancelSessionReason.postponed


def prepared_and_cut(card, server):
    """Prepares a download, sends part of its first segment, and resets; returns session and key.

    The first segment never gets to its end: InitialiseSecureChannel has not succeeded.
    """
    session = server.prepared(card)
    key = server.one_time_key()
    package = session.package(profile(ONE), otsk_dp=key)
    expect.success(card.transmit(card.store_data_blocks(package.segments[0].octets)[0]))
    card.reset()
    return session, key


def begun(card, server):
    """Authenticates the server in a new session, as part of the step; returns the session."""
    session = server.open(card)
    expect.ok(session.authenticate())
    return session


def other_key(session, key):
    """Requires the euiccOtpk of a session to be another than this."""
    expect.that(
        holds=session.otpk_euicc.point != key,
        expected="a euiccOtpk other than bppEuiccOtpk",
        actual="bppEuiccOtpk",
    )


@testcase("procedure.Retry#01")
def test_wrong_code_then_right_one(card, given, server, step):
    """A session with a wrong code is cancelled without a trace; the next one installs."""
    given.none()
    before = card.observe()
    with step("S_LPAd -> eUICC: PrepareDownload, hashCc of a wrong code; CancelSession"):
        first = begun(card, server)
        verify_preparation(first, first.prepare(confirmation_code=WRONG_CODE))
        cancelled = first.cancel(POSTPONED)
    with step("Expected: cancelSessionResponseOk, Profiles and Notifications unchanged"):
        verify_cancellation(first, cancelled, POSTPONED)
        expect.unchanged(before, card.observe())
    with step("S_LPAd -> eUICC: a new session, hashCc of the right code, load"):
        second = begun(card, server)
        verify_preparation(second, second.prepare(confirmation_code=RIGHT_CODE))
        loaded = second.install(profile(ONE))
    with step("Expected: PIR successResult"):
        installed(second, loaded)


@testcase("procedure.Retry#02")
def test_key_of_the_wrong_code_is_used_again(card, given, server, step):
    """When the SM-DP+ names the key of the session with the wrong code, it is used again."""
    given.none()
    with step("Initial conditions: a session with a wrong code was cancelled"):
        first = server.authenticated(card).prepared(confirmation_code=WRONG_CODE)
        kept = first.otpk_euicc.point
        expect.ok(first.cancel(POSTPONED))
    with step("S_LPAd -> eUICC: a new session, PrepareDownload, right code, bppEuiccOtpk"):
        second = begun(card, server)
        response = second.prepare(confirmation_code=RIGHT_CODE, bpp_euicc_otpk=kept)
    with step("Expected: the same otPK.EUICC"):
        verify_preparation(second, response)
        expect.equal(second.otpk_euicc.point, kept, "euiccOtpk")


@testcase("procedure.Retry#03")
def test_reset_within_a_load(card, given, server, step):
    """After a reset within the load the same Profile is installed in a new session."""
    given.none()
    with step("Initial conditions: load interrupted by a reset after its first 86"):
        session = server.prepared(card)
        package = session.package(profile(ONE))
        first = package.of(BppCommandId.loadProfileElements)[0]
        expect.success(session.load(package.until(first + 1)).last)
        card.reset()
    with step("S_LPAd -> eUICC: a new session, load of the same ICCID"):
        again = begun(card, server)
        verify_preparation(again, again.prepare())
        loaded = again.install(profile(ONE))
    with step("Expected: PIR successResult"):
        installed(again, loaded)


@testcase("procedure.Retry#04")
def test_same_package_with_the_kept_key(card, given, server, step):
    """The package of an interrupted load is sent again, with a new smdpSign alone."""
    given.none()
    with step("Initial conditions: load interrupted before InitialiseSecureChannel"):
        first, key = prepared_and_cut(card, server)
        kept = first.otpk_euicc
        bound = first.package(profile(ONE), otsk_dp=key)
    with step("S_LPAd -> eUICC: a new session, PrepareDownload, bppEuiccOtpk"):
        second = begun(card, server)
        response = second.prepare(bpp_euicc_otpk=kept.point)
    with step("Expected: euiccOtpk = bppEuiccOtpk"):
        verify_preparation(second, response)
        expect.equal(second.otpk_euicc.point, kept.point, "euiccOtpk")
    with step("S_LPAd -> eUICC: the same bound package, signed for the new session"):
        signed = second.package(profile(ONE), otsk_dp=key).segments[0].octets
        loaded = second.load(bound.replaced(0, signed))
    with step("Expected: PIR successResult"):
        installed(second, loaded)


@testcase("procedure.Retry#05")
def test_retry_when_the_key_is_gone(card, given, server, step):
    """A key the card no longer has is answered with a new one, to which the package is bound."""
    given.none()
    with step("Initial conditions: a Profile installed and deleted, its one-time key dropped"):
        session = server.prepared(card)
        expect.pir_success(session.install(profile(ONE)).pir)
        dropped = session.otpk_euicc.point
        expect.ok(card.send(DeleteProfileRequest(iccid=profile(ONE).metadata.iccid)))
    with step("S_LPAd -> eUICC: a new session, PrepareDownload, bppEuiccOtpk"):
        again = begun(card, server)
        response = again.prepare(bpp_euicc_otpk=dropped)
    with step("Expected: a new euiccOtpk"):
        verify_preparation(again, response)
        other_key(again, dropped)
    with step("S_LPAd -> eUICC: the package bound to it; expected: PIR successResult"):
        installed(again, again.install(profile(ONE)))


@testcase("procedure.Retry#06")
def test_kept_key_is_for_its_server_alone(card, given, server, server2, step):
    """A key kept for one SM-DP+ is not used for another that names it."""
    given.none()
    with step("Initial conditions: a load of SM-DP+ 1 interrupted, its key kept"):
        first, _ = prepared_and_cut(card, server)
        kept = first.otpk_euicc.point
    with step("S_LPAd -> eUICC: a session with SM-DP+ 2, PrepareDownload, bppEuiccOtpk of 1"):
        second = begun(card, server2)
        response = second.prepare(bpp_euicc_otpk=kept)
    with step("Expected: another euiccOtpk"):
        verify_preparation(second, response)
        other_key(second, kept)


@testcase("procedure.Retry#07")
def test_key_is_dropped_with_the_installation(card, given, server, step):
    """The one-time key of a Profile that was installed is never used again."""
    given.none()
    with step("Initial conditions: Profile installed"):
        session = server.prepared(card)
        expect.pir_success(session.install(profile(ONE)).pir)
        used = session.otpk_euicc.point
    with step("S_LPAd -> eUICC: a new session, PrepareDownload, bppEuiccOtpk"):
        again = begun(card, server)
        response = again.prepare(bpp_euicc_otpk=used)
    with step("Expected: another euiccOtpk"):
        verify_preparation(again, response)
        other_key(again, used)


@testcase("procedure.Retry#08")
def test_new_session_after_a_permanent_error(card, given, server, step):
    """The card does not count attempts: after a permanent error a new session succeeds."""
    given.none()
    before = card.observe()
    with step("Initial conditions: a load ended with invalidSignature(2), a permanent reason"):
        session = server.prepared(card)
        loaded = session.load(session.package(profile(ONE), signature=bytes(range(64))))
        isc = BppCommandId.initialiseSecureChannel
        ended(session, loaded, before, isc, ErrorReason.invalidSignature)
    with step("S_LPAd -> eUICC: a new session, AuthenticateServer, PrepareDownload"):
        again = server.open(card)
        verify_authentication(again, again.authenticate())
        response = again.prepare()
    with step("Expected: authenticateResponseOk and euiccSigned2 as usual"):
        verify_preparation(again, response)
