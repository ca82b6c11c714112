"""ES10b.CancelSession: a reason is signed and the session is over, or nothing happens."""

from rspcore.crypto.curves import Curve
from rspcore.ids import TransactionId
from rspcore.messages.es10b import (
    AuthenticateErrorCode,
    CancelSessionReason,
    CancelSessionResponseError,
    DownloadErrorCode,
)
from rspcore.messages.notifications import BppCommandId
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers.card_signatures import verify_cancellation, verify_preparation
from rspharness.servers.load_result import installed
from rspharness.servers.rsp_server import profile

REASON = CancelSessionReason
INVALID_TRANSACTION = CancelSessionResponseError.invalidTransactionId
UNDEFINED = CancelSessionResponseError.undefinedError

ONE = "PROFILE_OPERATIONAL1"
OTHER_TRANSACTION = TransactionId(bytes(15) + b"\x01")


def loading(card, server):
    """Takes a session into the load: metadata and the first part of the Profile are accepted."""
    session = server.prepared(card)
    package = session.package(profile(ONE))
    first = package.of(BppCommandId.loadProfileElements)[0]
    expect.success(session.load(package.until(first + 1)).last)
    return session


@testcase.each(
    "reason",
    {
        "ES10b.CancelSession#01": REASON.endUserRejection,
        "ES10b.CancelSession#02": REASON.postponed,
        "ES10b.CancelSession#03": REASON.timeout,
        "ES10b.CancelSession#04": REASON.pprNotAllowed,
        "ES10b.CancelSession#05": REASON.metadataMismatch,
        "ES10b.CancelSession#06": REASON.loadBppExecutionError,
        "ES10b.CancelSession#21": REASON.undefinedReason,
    },
    level="read-only",
)
def test_reason_is_signed(card, server, step, reason):
    """Every reason of version 2 is signed with the transactionId and the server's OID."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
    with step(f"S_LPAd -> eUICC: CancelSession, {expect.names([reason])}"):
        response = session.cancel(reason)
    with step("Expected: cancelSessionResponseOk with that reason; the signature verifies"):
        verify_cancellation(session, response, reason)


@testcase("ES10b.CancelSession#22", level="read-only")
def test_server_is_named_before_a_download_is_prepared(card, make_server, step):
    """Before PrepareDownload the OID signed is that of CERT.DPauth."""
    with step("Initial conditions: AuthenticateServer done with a second SM-DP+"):
        session = make_server(number=2).authenticated(card)
    with step("S_LPAd -> eUICC: CancelSession"):
        response = session.cancel()
    with step("Expected: cancelSessionResponseOk, smdpOid = OID of its CERT.DPauth"):
        verify_cancellation(session, response, REASON.endUserRejection)


@testcase("ES10b.CancelSession#23")
def test_prepared_download_is_cancelled(card, server, step):
    """A session can be cancelled after PrepareDownload, too."""
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
    with step("S_LPAd -> eUICC: CancelSession, postponed(1)"):
        response = session.cancel(REASON.postponed)
    with step("Expected: cancelSessionResponseOk; the signature verifies"):
        verify_cancellation(session, response, REASON.postponed)


@testcase("ES10b.CancelSession#24", level="read-only")
def test_cancel_after_a_refused_server(card, server, step, note):
    """What CancelSession answers when AuthenticateServer was refused is recorded."""
    with step("Initial conditions: GetEUICCChallenge done, AuthenticateServer refused"):
        session = server.open(card)
        refused = session.authenticate(signature=bytes(64))
        expect.error(refused, AuthenticateErrorCode.invalidSignature)
    with step("S_LPAd -> eUICC: CancelSession"):
        response = session.cancel()
        code = expect.code_of(response)
        note("the card signs" if code is None else f"the card answers {expect.names([code])}")
    with step("Expected: cancelSessionResponseOk, invalidTransactionId(5) or undefinedError(127)"):
        if code is not None:
            expect.error(response, INVALID_TRANSACTION, UNDEFINED)


@testcase.each(
    "changed",
    {
        "ES10b.CancelSession#25": lambda _octets: OTHER_TRANSACTION.octets,
        "ES10b.CancelSession#36": lambda octets: octets[:-1],
        "ES10b.CancelSession#37": lambda octets: octets[:-1] + bytes((octets[-1] ^ 1,)),
    },
)
def test_other_transaction_leaves_the_session(card, server, step, changed):
    """A transactionId that is not the session's is refused, and the session goes on."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
        before = card.observe()
    other = TransactionId(changed(session.transaction_id.octets))
    with step("S_LPAd -> eUICC: CancelSession, another transactionId"):
        response = session.cancel(transaction_id=other)
    with step("Expected: cancelSessionResponseError, invalidTransactionId(5)"):
        expect.error(response, INVALID_TRANSACTION)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())
    with step("Expected: session kept, PrepareDownload succeeds"):
        verify_preparation(session, session.prepare())


@testcase("ES10b.CancelSession#26", level="read-only")
def test_without_session_nothing_is_cancelled(card, server, step):
    """After a reset there is nothing to cancel, not even the session of before."""
    with step("Initial conditions: AuthenticateServer done, then reset"):
        session = server.authenticated(card)
        card.reset()
        before = card.observe()
    with step("S_LPAd -> eUICC: CancelSession"):
        response = session.cancel()
    with step("Expected: cancelSessionResponseError, invalidTransactionId(5)"):
        expect.error(response, INVALID_TRANSACTION)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ES10b.CancelSession#27", level="read-only")
def test_challenge_without_session_is_dropped(card, server, step):
    """With a challenge alone there is no transactionId to match; the challenge is dropped."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
        before = card.observe()
    with step("S_LPAd -> eUICC: CancelSession"):
        response = session.cancel()
    with step("Expected: cancelSessionResponseError, invalidTransactionId(5)"):
        expect.error(response, INVALID_TRANSACTION)
    with step("Expected: AuthenticateServer with that challenge gives noSessionContext(4)"):
        expect.error(session.authenticate(), AuthenticateErrorCode.noSessionContext)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ES10b.CancelSession#28", level="read-only")
def test_reason_need_not_fit_the_phase(card, server, step):
    """The card signs any defined reason, an error of a load before there is one included."""
    reason = REASON.loadBppExecutionError
    with step("Initial conditions: AuthenticateServer done, nothing loaded"):
        session = server.authenticated(card)
    with step("S_LPAd -> eUICC: CancelSession, loadBppExecutionError(5)"):
        response = session.cancel(reason)
    with step("Expected: cancelSessionResponseOk with that reason"):
        verify_cancellation(session, response, reason)


@testcase("ES10b.CancelSession#29")
def test_cancelled_session_is_over(card, server, step):
    """After CancelSession no download can be prepared."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
        request = session.prepare_request()
    with step("S_LPAd -> eUICC: CancelSession"):
        expect.ok(session.cancel())
    with step("Expected: PrepareDownload gives noSessionContext(4)"):
        expect.error(card.ask(request), DownloadErrorCode.noSessionContext)


@testcase("ES10b.CancelSession#30")
def test_cancelled_load_leaves_no_profile(card, given, server, step):
    """A load that is cancelled leaves no Profile, and its ICCID can be installed."""
    given.none()
    with step("Initial conditions: load in progress"):
        session = loading(card, server)
        prepare = session.prepare_request()
        begins = session.package(profile(ONE)).segments[0].octets
    with step("S_LPAd -> eUICC: CancelSession, timeout(2); expected: that reason, signed"):
        verify_cancellation(session, session.cancel(REASON.timeout), REASON.timeout)
    with step("Expected: the session over; PrepareDownload gives an error, BF36 is refused"):
        expect.error(card.ask(prepare), *DownloadErrorCode)
        expect.refused(card.store(begins))
    with step("Expected: Profile absent"):
        expect.equal(card.listed_profiles(), (), "Profiles")
    with step("Expected: ICCID free, the Profile can be installed in a new session"):
        again = server.authenticated(card)
        verify_preparation(again, again.prepare())
        installed(again, again.install(profile(ONE)))


@testcase("ES10b.CancelSession#31", level="read-only")
def test_sm_ds_session_is_cancelled(card, smds, step):
    """In a session with an SM-DS the OID signed is that of CERT.DSauth."""
    with step("Initial conditions: AuthenticateServer done with an SM-DS"):
        session = smds.authenticated(card)
    with step("S_LPAd -> eUICC: CancelSession, undefinedReason(127)"):
        response = session.cancel(REASON.undefinedReason)
    with step("Expected: cancelSessionResponseOk, smdpOid = OID of CERT.DSauth"):
        verify_cancellation(session, response, REASON.undefinedReason)


@testcase("ES10b.CancelSession#32", level="read-only")
def test_undefined_reason(card, server, step, note):
    """What the card answers to a reason that does not exist is recorded."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
        before = card.observe()
    with step("S_LPAd -> eUICC: CancelSession, reason 6"):
        response = session.cancel(6)
        code = expect.code_of(response)
        note("the card signs" if code is None else f"the card answers {expect.names([code])}")
    with step("Expected: cancelSessionResponseError, undefinedError(127)"):
        expect.error(response, UNDEFINED)
        expect.unchanged(before, card.observe())


@testcase("ES10b.CancelSession#33")
def test_cancelled_load_leaves_no_notification(card, given, server, step, note):
    """Whether a cancelled load leaves a Notification or a result is recorded."""
    given.none()
    with step("Initial conditions: load in progress"):
        session = loading(card, server)
    with step("S_LPAd -> eUICC: CancelSession, loadBppExecutionError(5)"):
        expect.ok(session.cancel(REASON.loadBppExecutionError))
    with step("Expected: ListNotification as before the load"):
        listed = card.notifications()
        note(f"{len(listed)} Notifications after a cancelled load")
        expect.equal(listed, (), "Notifications")


@testcase("ES10b.CancelSession#34", level="read-only")
def test_key_of_the_session_signs(card, make_server, curve, step):
    """The key chosen at AuthenticateServer signs the cancellation, too."""
    other = Curve.BRAINPOOL_P256R1 if curve is Curve.NIST_P256 else Curve.NIST_P256
    with step("Initial conditions: AuthenticateServer done, euiccCiPKIdToBeUsed of the second CI"):
        named = make_server(curve=other).ci_pkid
        session = make_server().open(card).authenticated(ci_pkid=named)
        expect.equal(session.eum_certificate.authority_key_identifier, named, "CI of the chain")
    with step("S_LPAd -> eUICC: CancelSession"):
        response = session.cancel()
    with step("Expected: the signature verifies under the eUICC certificate of that CI"):
        verify_cancellation(session, response, REASON.endUserRejection)
