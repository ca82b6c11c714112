"""ES10b.PrepareDeviceChange: the card agrees to move a Profile (SGP.22 v3.1, 5.7)."""

from rspcore.crypto.confirmation import hash_cc
from rspcore.ids import TransactionId
from rspcore.messages.v3.device_change import (
    DownloadErrorCode,
)
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.servers import device_change as dc

OTHER = TransactionId(bytes(16))
CODE = "2468"


@testcase("ES10b.PrepareDeviceChange#01")
@testcase.both_curves
def test_prepare(card, given, server, note, step):
    """The card signs that it agrees."""
    (one,) = given.profiles(dc.movable_at(server))
    with step("S_LPAd -> eUICC: PrepareDeviceChange; expected: ok, euiccSignature3 verifies"):
        note(dc.prepared(server, card, one.iccid).forms)


@testcase("ES10b.PrepareDeviceChange#02")
def test_one_time_key(card, given, server, note, step):
    """A card that takes encrypted data gives a one-time key."""
    (one,) = given.profiles(dc.movable_at(server))
    with step("S_LPAd -> eUICC: PrepareDeviceChange"):
        change = dc.prepared(server, card, one.iccid)
        note(change.forms)
    with step("Expected: eacEuiccOtpk, a point of the curve"):
        expect.point(server.curve, change.otpk or b"", "eacEuiccOtpk")


@testcase("ES10b.PrepareDeviceChange#03")
def test_hash_of_the_code(card, given, server, step):
    """The hashCc is signed as it came."""
    (one,) = given.profiles(dc.movable_at(server))
    with step("S_LPAd -> eUICC: PrepareDeviceChange with hashCc"):
        change = dc.prepared(server, card, one.iccid, confirmation_code=CODE)
    with step("Expected: the same hashCc in euiccSigned3"):
        sent = hash_cc(CODE, change.session.transaction_id)
        ok = change.response.prepare_device_change_response_ok
        expect.equal(ok.euicc_signed3.hash_cc, sent, "hashCc")


@testcase("ES10b.PrepareDeviceChange#08")
def test_hash_is_missing(card, given, server, note, step):
    """Without the hashCc that is required the card refuses, or signs without it."""
    (one,) = given.profiles(dc.movable_at(server))
    session = dc.opened(server, card, dc.change_context(one.iccid))
    with step("S_LPAd -> eUICC: PrepareDeviceChange, ccRequiredFlag TRUE, no hashCc"):
        response = card.ask(dc.prepare_request(session, cc_required=True))
    with step("Expected: undefinedError(127), or ok; recorded"):
        code = expect.code_of(response)
        note("ok" if code is None else f"refused: {code!r}")
        if code is not None:
            expect.error(response, DownloadErrorCode.undefinedError)


@testcase("ES10b.PrepareDeviceChange#04")
@testcase.both_curves
def test_altered_signature4(card, given, server, step):
    """An altered smdpSignature4 gives invalidSignature(2)."""
    (one,) = given.profiles(dc.movable_at(server))
    session = dc.opened(server, card, dc.change_context(one.iccid))
    with step("S_LPAd -> eUICC: PrepareDeviceChange, smdpSignature4 altered"):
        response = card.ask(tlv_edit.flipped(dc.prepare_request(session), Tag.Signature))
    with step("Expected: downloadErrorCode invalidSignature(2)"):
        expect.error(response, DownloadErrorCode.invalidSignature)


@testcase("ES10b.PrepareDeviceChange#05")
def test_prepare_for_another_transaction(card, given, server, step):
    """Another TransactionID gives invalidTransactionId(5)."""
    (one,) = given.profiles(dc.movable_at(server))
    for covered in (True, False):
        session = dc.opened(server, card, dc.change_context(one.iccid))
        with step("S_LPAd -> eUICC: PrepareDeviceChange, another transactionId"):
            octets = dc.prepare_request(session, transaction_id=OTHER, covered=covered)
            response = card.ask(octets)
        if expect.code_of(response) != DownloadErrorCode.invalidSignature:
            break
    with step("Expected: downloadErrorCode invalidTransactionId(5)"):
        expect.error(response, DownloadErrorCode.invalidTransactionId)


@testcase("ES10b.PrepareDeviceChange#06")
def test_prepare_without_a_session(card, given, server, step):
    """Without a session the answer is noSession(4)."""
    (one,) = given.profiles(dc.movable_at(server))
    session = dc.opened(server, card, dc.change_context(one.iccid))
    octets = dc.prepare_request(session)
    card.reset()
    with step("S_LPAd -> eUICC: PrepareDeviceChange after a reset"):
        response = card.ask(octets)
    with step("Expected: downloadErrorCode noSession(4)"):
        expect.error(response, DownloadErrorCode.noSession)


@testcase("ES10b.PrepareDeviceChange#07")
def test_prepare_in_another_session(card, server, note, step):
    """In a session for a download the answer is noSession(4)."""
    with step("Initial conditions: AuthenticateServer done for a download"):
        session = server.authenticated(card)
    with step("S_LPAd -> eUICC: PrepareDeviceChange"):
        response = card.ask(dc.prepare_request(session))
        note(f"error {expect.code_of(response)!r}")
    with step("Expected: downloadErrorCode noSession(4)"):
        expect.error(response, DownloadErrorCode.noSession)
