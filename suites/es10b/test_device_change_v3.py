"""Device Change on the old card: session, PrepareDeviceChange, VerifyDeviceChange, and recovery."""

from dataclasses import replace
from datetime import UTC, datetime

from rspcore import tlv
from rspcore.crypto.confirmation import hash_cc
from rspcore.ids import Eid, Iccid, TransactionId
from rspcore.messages.es10c import (
    DeleteProfileRequest,
    ProfileInfoListRequest,
    SearchCriteria,
)
from rspcore.messages.metadata import PprId
from rspcore.messages.v3.device_change import (
    DownloadErrorCode,
    RetryData,
    SmdpSigned6,
    VerifyDeviceChangeError,
    VerifyError,
)
from rspcore.messages.v3.profile_metadata import NotificationEvent
from rspcore.messages.v3.server_authentication import AuthenticateErrorCode
from rspcore.profile_maker import preset
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.servers import device_change as dc
from rspharness.servers import newer_server
from rspharness.servers.card_signatures import verify_authentication
from rspharness.servers.rsp_server import profile
from rspharness.suite.installed_profiles import require_installed

ONE, TWO = profile("PROFILE_OPERATIONAL1"), profile("PROFILE_OPERATIONAL2")
WITH_PPR2 = replace(preset("PROFILE_OPERATIONAL1"), ppr=frozenset({PprId.ppr2}))
UNKNOWN = Iccid.from_digits("8929909999999999999")
NEXT_EID = Eid.from_digits("89049032123451234512345678901235")
NEXT_TAC = bytes.fromhex("35290612")
OTHER = TransactionId(bytes(16))
VALIDITY = datetime(2027, 6, 1, tzinfo=UTC)
CODE = "2468"
VERIFY = VerifyDeviceChangeError


def movable(server, what=ONE):
    """Returns a Profile that this server moves to another device."""
    return dc.movable(what, dc.request_to_dp(server.address))


def asked(session, context):
    """Sends AuthenticateServer as a server of version 3 with this ctxParams1."""
    signed = newer_server.server_signed1(session)
    return session.authenticate(server_signed1=signed, ctx_params1=context)


@testcase("ES10b.AuthenticateServer#75")
def test_session_for_a_device_change(card, given, server, step):
    """A session opens for a Profile that may be moved, and its ICCID and device are signed."""
    (one,) = given.profiles(movable(server))
    session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer with ctxParamsForDeviceChange"):
        response = asked(session, dc.change_context(one.iccid))
    with step("Expected: authenticateResponseOk, ctxParams1 as sent"):
        verify_authentication(session, response)


@testcase("ES10b.AuthenticateServer#107")
def test_next_device_is_echoed(card, given, server, step):
    """EID and TAC of the next device are signed as they were sent, after the ICCID."""
    (one,) = given.profiles(movable(server))
    session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer with EID and TAC of the next device"):
        response = asked(session, dc.change_context(one.iccid, NEXT_EID, NEXT_TAC))
    with step("Expected: authenticateResponseOk; two 5A, of 10 and 16 octets"):
        verify_authentication(session, response)
        signed = response.authenticate_response_ok.euicc_signed1.ctx_params1
        sizes = [len(each.value) for each in tlv.parse(signed).children() if each.tag == Tag.Iccid]
        expect.equal(sizes, [10, 16], "octets of the objects 5A")


@testcase("ES10b.AuthenticateServer#76")
def test_session_for_an_unknown_profile(card, given, server, step):
    """A session for an ICCID that is not on the card is refused."""
    given.profiles(movable(server))
    session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer with ctxParamsForDeviceChange, unknown ICCID"):
        response = asked(session, dc.change_context(UNKNOWN))
    with step("Expected: invalidIccid(14)"):
        expect.error(response, AuthenticateErrorCode.invalidIccid)


@testcase.each(
    "configuration, open_",
    {
        "ES10b.AuthenticateServer#77": (b"", False),
        "procedure.DeviceChange#04": (b"", False),
        "ES10b.AuthenticateServer#108": (dc.stored_code(dc.ACTIVATION_CODE), True),
    },
)
def test_session_for_another_profile(card, given, server, note, step, configuration, open_):
    """A session for a Profile that is not moved by asking an SM-DP+ is refused; recorded."""
    what = dc.movable(ONE, configuration) if configuration else ONE
    (one,) = given.profiles(what)
    session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer with ctxParamsForDeviceChange"):
        response = asked(session, dc.change_context(one.iccid))
        code = expect.code_of(response)
        note("accepted" if code is None else f"refused: {code!r}")
    with step("Expected: invalidIccid(14); recorded"):
        if code is not None or not open_:
            expect.error(response, AuthenticateErrorCode.invalidIccid)


@testcase("ES10b.AuthenticateServer#78")
def test_session_for_a_recovery(card, given, server, step):
    """A session for a recovery opens although the Profile is gone."""
    given.profiles(movable(server))
    session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer with ctxParamsForProfileRecovery"):
        response = asked(session, dc.recovery_context(UNKNOWN))
    with step("Expected: authenticateResponseOk, ctxParams1 as sent"):
        verify_authentication(session, response)


@testcase("ES10b.AuthenticateServer#106")
def test_recovery_of_a_profile_that_is_there(card, given, server, note, step):
    """A session for a recovery of a Profile that is still there opens, or is refused."""
    (one,) = given.profiles(movable(server))
    session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer with ctxParamsForProfileRecovery"):
        response = asked(session, dc.recovery_context(one.iccid))
    with step("Expected: authenticateResponseOk or invalidIccid(14); recorded"):
        code = expect.code_of(response)
        note("accepted" if code is None else f"refused: {code!r}")
        if code is not None:
            expect.error(response, AuthenticateErrorCode.invalidIccid)


@testcase("ES10b.PrepareDeviceChange#01")
@testcase.both_curves
def test_prepare(card, given, server, note, step):
    """The card signs that it agrees."""
    (one,) = given.profiles(movable(server))
    with step("S_LPAd -> eUICC: PrepareDeviceChange; expected: ok, euiccSignature3 verifies"):
        note(dc.prepared(server, card, one.iccid).forms)


@testcase("ES10b.PrepareDeviceChange#02")
def test_one_time_key(card, given, server, note, step):
    """A card that takes encrypted data gives a one-time key."""
    (one,) = given.profiles(movable(server))
    with step("S_LPAd -> eUICC: PrepareDeviceChange"):
        change = dc.prepared(server, card, one.iccid)
        note(change.forms)
    with step("Expected: eacEuiccOtpk, a point of the curve"):
        expect.point(server.curve, change.otpk or b"", "eacEuiccOtpk")


@testcase("ES10b.PrepareDeviceChange#03")
def test_hash_of_the_code(card, given, server, step):
    """The hashCc is signed as it came."""
    (one,) = given.profiles(movable(server))
    with step("S_LPAd -> eUICC: PrepareDeviceChange with hashCc"):
        change = dc.prepared(server, card, one.iccid, confirmation_code=CODE)
    with step("Expected: the same hashCc in euiccSigned3"):
        sent = hash_cc(CODE, change.session.transaction_id)
        ok = change.response.prepare_device_change_response_ok
        expect.equal(ok.euicc_signed3.hash_cc, sent, "hashCc")


@testcase("ES10b.PrepareDeviceChange#08")
def test_hash_is_missing(card, given, server, note, step):
    """Without the hashCc that is required the card refuses, or signs without it."""
    (one,) = given.profiles(movable(server))
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
    (one,) = given.profiles(movable(server))
    session = dc.opened(server, card, dc.change_context(one.iccid))
    with step("S_LPAd -> eUICC: PrepareDeviceChange, smdpSignature4 altered"):
        response = card.ask(tlv_edit.flipped(dc.prepare_request(session), Tag.Signature))
    with step("Expected: downloadErrorCode invalidSignature(2)"):
        expect.error(response, DownloadErrorCode.invalidSignature)


@testcase("ES10b.PrepareDeviceChange#05")
def test_prepare_for_another_transaction(card, given, server, step):
    """Another TransactionID gives invalidTransactionId(5)."""
    (one,) = given.profiles(movable(server))
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
    (one,) = given.profiles(movable(server))
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


@testcase("ES10b.VerifyDeviceChange#01")
@testcase.both_curves
def test_clear_data(card, given, server, step):
    """Data in clear are answered as they came, and the Profile stays."""
    (one,) = given.profiles(movable(server))
    change = dc.prepared(server, card, one.iccid)
    with step("S_LPAd -> eUICC: VerifyDeviceChange, data in clear"):
        response = card.ask(change.verify_request(change.data()))
    with step("Expected: verifyDeviceChangeOk with the activation code; the Profile there"):
        expect.ok(response)
        answered = response.verify_device_change_ok
        expect.equal(answered.activation_code_for_dc, dc.ACTIVATION_CODE, "activationCodeForDc")
        expect.equal(answered.iccid, one.iccid, "iccid")
        require_installed(card, one)


@testcase("ES10b.VerifyDeviceChange#12")
def test_recovery_is_announced(card, given, server, step):
    """What is said of a recovery is answered as it came."""
    (one,) = given.profiles(movable(server))
    change = dc.prepared(server, card, one.iccid)
    words = {"profile_recovery_support": True, "profile_recovery_validity_period": VALIDITY}
    with step("S_LPAd -> eUICC: VerifyDeviceChange with profileRecoverySupport and validity"):
        response = card.ask(change.verify_request(change.data(**words)))
    with step("Expected: 84 00, and 85 as sent"):
        expect.ok(response)
        whole = expect.data_object(response.encode(), Tag.VerifyDeviceChange).find(0xA0)
        found = {each.tag: bytes(each.value) for each in whole.children()}
        expect.equal(found.get(0x84), b"", "84")
        expect.equal(found.get(0x85), b"20270601000000Z", "85")


@testcase("ES10b.VerifyDeviceChange#02")
def test_encrypted_data(card, given, server, note, step):
    """Protected data are opened and answered in clear."""
    (one,) = given.profiles(movable(server))
    change = dc.prepared(server, card, one.iccid)
    with step("S_LPAd -> eUICC: VerifyDeviceChange, protected data"):
        response = card.ask(change.encrypted_request(change.data()))
        note(f"error {expect.code_of(response)!r}")
    with step("Expected: verifyDeviceChangeOk with the activation code"):
        expect.ok(response)
        answered = response.verify_device_change_ok
        expect.equal(answered.activation_code_for_dc, dc.ACTIVATION_CODE, "activationCodeForDc")


@testcase.each(
    "words, code",
    {
        "ES10b.VerifyDeviceChange#07": ({"key_type": 0x89}, VERIFY.unsupportedCrtValues),
        "ES10b.VerifyDeviceChange#08": ({"damaged": True}, VERIFY.invalidData),
    },
)
def test_encrypted_data_that_do_not_fit(card, given, server, note, step, words, code):
    """Protected data of another key type, or damaged, are refused."""
    (one,) = given.profiles(movable(server))
    change = dc.prepared(server, card, one.iccid)
    with step(f"S_LPAd -> eUICC: VerifyDeviceChange, {words}"):
        response = card.ask(change.encrypted_request(change.data(), **words))
        note(f"error {expect.code_of(response)!r}")
    with step(f"Expected: {expect.names([code])}"):
        expect.error(response, code)


@testcase("ES10b.VerifyDeviceChange#03", "procedure.Notifications#11")
def test_old_profile_is_deleted(card, given, server, note, step):
    """With deleteOldProfile the Profile is gone, and what it owes is among the Notifications."""
    (one,) = given.profiles(movable(server))
    change = dc.prepared(server, card, one.iccid)
    words = {
        "delete_old_profile": True,
        "delete_notification_for_dc_support": True,
        "notification_address": server.address,
    }
    with step("S_LPAd -> eUICC: VerifyDeviceChange with deleteOldProfile"):
        response = card.ask(change.verify_request(change.data(**words)))
    with step("Expected: ok, the Profile gone, delete Notifications and BF63"):
        expect.ok(response)
        with expect.settled():
            require_installed(card)
        kinds = [each[:2].hex().upper() for each in card.pending_notifications()]
        note(f"Notifications beginning with {', '.join(kinds)}")
        expect.that(
            holds=any(each.startswith("30") for each in kinds),
            expected="a delete Notification",
            actual=repr(kinds),
        )
        expect.that(holds="BF63" in kinds, expected="an entry BF63", actual=repr(kinds))


@testcase("ES10b.VerifyDeviceChange#13")
def test_tags_of_the_notification(card, given, server, note, step):
    """The Notification for the next device has A0 and 81."""
    (one,) = given.profiles(movable(server))
    change = dc.prepared(server, card, one.iccid)
    words = {"delete_old_profile": True, "delete_notification_for_dc_support": True}
    with step("S_LPAd -> eUICC: VerifyDeviceChange with deleteNotificationForDcSupport"):
        expect.ok(card.ask(change.verify_request(change.data(**words))))
    with step("Expected: BF63 with A0 and 81 in the list, or none; recorded"):
        found = [each for each in card.pending_notifications() if each[:2] == b"\xbf\x63"]
        tags = [[f"{part.tag:02X}" for part in tlv.parse(each).children()] for each in found]
        note(f"BF63: {tags}")
        for each in tags:
            expect.equal(each, ["A0", "81"], "tags inside of BF63")


@testcase("ES10b.VerifyDeviceChange#04")
@testcase.both_curves
def test_altered_signature5(card, given, server, step):
    """An altered smdpSignature5 gives invalidSignature(2), and the Profile stays."""
    (one,) = given.profiles(movable(server))
    change = dc.prepared(server, card, one.iccid)
    with step("S_LPAd -> eUICC: VerifyDeviceChange, smdpSignature5 altered"):
        octets = change.verify_request(change.data(delete_old_profile=True))
        response = card.ask(tlv_edit.flipped(octets, Tag.Signature))
    with step("Expected: invalidSignature(2), the Profile there"):
        expect.error(response, VERIFY.invalidSignature)
        require_installed(card, one)


@testcase("ES10b.VerifyDeviceChange#05")
def test_verify_without_a_session(card, given, server, step):
    """Without a session the answer is noSession(4), and the Profile stays."""
    (one,) = given.profiles(movable(server))
    change = dc.prepared(server, card, one.iccid)
    card.reset()
    with step("S_LPAd -> eUICC: VerifyDeviceChange after a reset"):
        response = card.ask(change.verify_request(change.data(delete_old_profile=True)))
    with step("Expected: noSession(4), the Profile there"):
        expect.error(response, VERIFY.noSession)
        require_installed(card, one)


@testcase("ES10b.VerifyDeviceChange#06")
def test_verify_for_another_transaction(card, given, server, step):
    """Another TransactionID gives invalidTransactionId(5), and the Profile stays."""
    (one,) = given.profiles(movable(server))
    change = dc.prepared(server, card, one.iccid)
    with step("S_LPAd -> eUICC: VerifyDeviceChange, another transactionId"):
        octets = change.verify_request(change.data(delete_old_profile=True), OTHER)
        response = card.ask(octets)
    with step("Expected: invalidTransactionId(5), the Profile there"):
        expect.error(response, VERIFY.invalidTransactionId)
        require_installed(card, one)


@testcase("ES10b.VerifyDeviceChange#09")
def test_enabled_profile_is_not_deleted(card, given, server, step):
    """An Enabled Profile is not deleted."""
    what = movable(server)
    (one,) = given.profiles(what, enabled=what)
    change = dc.prepared(server, card, one.iccid)
    with step("S_LPAd -> eUICC: VerifyDeviceChange with deleteOldProfile"):
        response = card.ask(change.verify_request(change.data(delete_old_profile=True)))
    with step("Expected: profileNotInDisabledState(8), the Profile there"):
        expect.error(response, VERIFY.profileNotInDisabledState)
        require_installed(card, one)


@testcase("ES10b.VerifyDeviceChange#10")
def test_profile_with_ppr2_is_not_deleted(card, given, server, step):
    """A Profile with PPR2 is not deleted."""
    (one,) = given.profiles(movable(server, profile(WITH_PPR2)))
    change = dc.prepared(server, card, one.iccid)
    with step("S_LPAd -> eUICC: VerifyDeviceChange with deleteOldProfile"):
        response = card.ask(change.verify_request(change.data(delete_old_profile=True)))
    with step("Expected: disallowedByPolicy(3), the Profile there"):
        expect.error(response, VERIFY.disallowedByPolicy)
        require_installed(card, one)


@testcase("ES10b.VerifyDeviceChange#11")
def test_data_of_another_profile(card, given, server, note, step):
    """Data of another Profile than that of the session are refused."""
    one, two = given.profiles(movable(server), TWO)
    change = dc.prepared(server, card, one.iccid)
    with step("S_LPAd -> eUICC: VerifyDeviceChange, ICCID of another Profile, deleteOldProfile"):
        data = change.data(iccid=two.iccid, delete_old_profile=True)
        response = card.ask(change.verify_request(data))
        note(f"error {expect.code_of(response)!r}")
    with step("Expected: invalidData(7), both Profiles there"):
        with expect.settled():
            require_installed(card, one, two)
        expect.error(response, VERIFY.invalidData)


@testcase("procedure.DeviceChange#01")
def test_transfer_by_the_server(card, given, server, step):
    """A Profile is moved: kept without deleteOldProfile, gone with it."""
    (one,) = given.profiles(movable(server))
    for delete in (None, True):
        change = dc.prepared(server, card, one.iccid)
        with step(f"S_LPAd -> eUICC: VerifyDeviceChange, deleteOldProfile {bool(delete)}"):
            expect.ok(card.ask(change.verify_request(change.data(delete_old_profile=delete))))
        with step(f"Expected: the Profile {'gone' if delete else 'there'}"):
            require_installed(card, *(() if delete else (one,)))
    with step("Expected: its delete Notification"):
        events = [each.profile_management_operation for each in card.notifications()]
        wanted = frozenset({NotificationEvent.notificationLocalDelete})
        expect.equal(events, [wanted], "events")


@testcase("procedure.DeviceChange#02")
def test_transfer_by_a_stored_code(card, given, step):
    """The code for the next device is in the metadata, and DeleteProfile does the rest."""
    (one,) = given.profiles(dc.movable(ONE, dc.stored_code(dc.ACTIVATION_CODE, delete=True)))
    with step("S_LPAd -> eUICC: GetProfilesInfo, tag list BF20"):
        request = ProfileInfoListRequest(
            search_criteria=SearchCriteria(iccid=one.iccid), tag_list=b"\xbf\x20"
        )
        found = expect.data_object(card.answered(request.encode()).data, 0xBF2D)
        wanted = dc.stored_code(dc.ACTIVATION_CODE, delete=True)
        expect.that(
            holds=wanted in bytes(found.raw), expected="BF20 as sent", actual=bytes(found.raw).hex()
        )
    with step("S_LPAd -> eUICC: DeleteProfile; expected: ok(0)"):
        expect.ok(card.send(DeleteProfileRequest(iccid=one.iccid)))
        require_installed(card)


def retry(session, transaction_id=None):
    """Returns smdpSigned6 (30): ask again in 15 minutes."""
    data = RetryData(retry_delay=15, dc_session_id=b"\x01\x02")
    named = session.transaction_id if transaction_id is None else transaction_id
    return SmdpSigned6(transaction_id=named, request_specific_data=data.encode()).encode()


def delayed(card, session, *, transaction_id=None, covered=True, change=lambda octets: octets):
    """Sends VerifySmdpResponse and returns the answer."""
    whole = dc.signed_answer(session, retry(session, transaction_id), covered=covered)
    return card.ask(change(tlv.encode(Tag.VerifySmdpResponse, whole)))


def recovered(card, session, *, transaction_id=None, covered=True, change=lambda octets: octets):
    """Sends VerifyProfileRecovery and returns the answer."""
    signed = dc.smdp_signed4(
        session, transaction_id=transaction_id, activation_code=dc.ACTIVATION_CODE
    )
    whole = dc.signed_answer(session, signed, covered=covered)
    return card.ask(change(tlv.encode(Tag.VerifyProfileRecovery, whole)))


def context_for(send, iccid):
    """Returns ctxParams1 that a function needs."""
    return dc.change_context(iccid) if send is delayed else dc.recovery_context(UNKNOWN)


@testcase.each(
    "send",
    {
        "ES10b.VerifySmdpResponse#01": delayed,
        "ES10b.VerifyProfileRecovery#01": recovered,
        "procedure.DeviceChange#03": recovered,
    },
)
def test_signed_answer_is_accepted(card, given, server, note, step, send):
    """A signed answer of the server is accepted, its signature over one of two forms."""
    (one,) = given.profiles(movable(server))
    for covered in (True, False):
        session = dc.opened(server, card, context_for(send, one.iccid))
        with step("S_LPAd -> eUICC: the answer of the server"):
            response = send(card, session, covered=covered)
        if expect.code_of(response) != VerifyError.invalidSignature:
            break
    with step("Expected: ok"):
        note(f"signature with{'' if covered else 'out'} euiccSignature1")
        expect.ok(response)


@testcase.each(
    "send",
    {"ES10b.VerifySmdpResponse#02": delayed, "ES10b.VerifyProfileRecovery#02": recovered},
)
@testcase.both_curves
def test_altered_signature_of_an_answer(card, given, server, step, send):
    """An altered signature gives invalidSignature(2)."""
    (one,) = given.profiles(movable(server))
    session = dc.opened(server, card, context_for(send, one.iccid))
    with step("S_LPAd -> eUICC: the answer of the server, signature altered"):
        response = send(card, session, change=lambda each: tlv_edit.flipped(each, Tag.Signature))
    with step("Expected: invalidSignature(2)"):
        expect.error(response, VerifyError.invalidSignature)


@testcase.each(
    "send",
    {"ES10b.VerifySmdpResponse#03": delayed, "ES10b.VerifyProfileRecovery#03": recovered},
)
def test_answer_without_a_session(card, given, server, step, send):
    """Without a session the answer is noSession(4)."""
    (one,) = given.profiles(movable(server))
    session = dc.opened(server, card, context_for(send, one.iccid))
    card.reset()
    with step("S_LPAd -> eUICC: the answer of the server after a reset"):
        response = send(card, session)
    with step("Expected: noSession(4)"):
        expect.error(response, VerifyError.noSession)


@testcase.each(
    "send",
    {"ES10b.VerifySmdpResponse#04": delayed, "ES10b.VerifyProfileRecovery#04": recovered},
)
def test_answer_for_another_transaction(card, given, server, step, send):
    """Another TransactionID gives invalidTransactionId(5)."""
    (one,) = given.profiles(movable(server))
    for covered in (True, False):
        session = dc.opened(server, card, context_for(send, one.iccid))
        with step("S_LPAd -> eUICC: the answer of the server, another transactionId"):
            response = send(card, session, transaction_id=OTHER, covered=covered)
        if expect.code_of(response) != VerifyError.invalidSignature:
            break
    with step("Expected: invalidTransactionId(5)"):
        expect.error(response, VerifyError.invalidTransactionId)
