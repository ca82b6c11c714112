"""ES10b sessions with values that are easily kept wrong: leading zeros, releases, other servers."""

from dataclasses import replace

from rspcore.ids import TransactionId, Version
from rspcore.messages.es10b import CancelSessionReason
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers import load_result
from rspharness.servers.card_signatures import verify_authentication, verify_cancellation
from rspharness.servers.request_overrides import DEVICE_INFO
from rspharness.servers.rsp_server import profile

ONE, TWO = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"


@testcase("ES10b.AuthenticateServer#118")
def test_transaction_id_that_begins_with_zeros(card, given, server, step):
    """A TransactionID that begins with zeros is kept whole, to the result of the load."""
    given.none()
    session = server.open(card)
    session.transaction_id = TransactionId(bytes(3) + session.transaction_id.octets[3:])
    with step("S_LPAd -> eUICC: AuthenticateServer, transactionId 00 00 00 ..; expected: signed"):
        verify_authentication(session, session.authenticate())
    with step("S_LPAd -> eUICC: PrepareDownload, the package; expected: PIR successResult"):
        session.prepared()
        loaded = session.install(profile(ONE))
        load_result.installed(session, loaded)
        expect.equal(loaded.pir.data.transaction_id, session.transaction_id, "transactionId")


@testcase("ES10b.AuthenticateServer#119", level="read-only")
def test_releases_with_minor_and_revision(card, server, step):
    """Capabilities with minor release and revision are signed as they were sent."""
    release = Version.from_text("15.3.7")
    newer = replace(
        DEVICE_INFO.device_capabilities,
        gsm_supported_release=release,
        utran_supported_release=release,
    )
    device = replace(DEVICE_INFO, device_capabilities=newer)
    with step("S_LPAd -> eUICC: AuthenticateServer, releases 15.3.7; expected: echoed and signed"):
        session = server.open(card)
        verify_authentication(session, session.authenticate(device_info=device))


@testcase("ES10b.CancelSession#38")
def test_server_of_the_session_is_signed(card, given, server, server2, step):
    """CancelSession names the SM-DP+ of the session, beside a Profile of another one."""
    given.none()
    with step("Initial conditions: a Profile of another SM-DP+ installed"):
        server2.install(card, profile(TWO))
    with step("S_LPAd -> eUICC: AuthenticateServer, CancelSession; expected: OID of the session"):
        session = server.authenticated(card)
        response = session.cancel(CancelSessionReason.postponed)
        verify_cancellation(session, response, CancelSessionReason.postponed)
