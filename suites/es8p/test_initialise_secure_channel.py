"""ES8+.InitialiseSecureChannel: the server's signed key agreement opens the channel, or ends it."""

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.ids import TransactionId
from rspcore.messages.es10b import (
    CancelSessionReason,
    DownloadErrorCode,
)
from rspcore.messages.metadata import NotificationEvent
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.record.verdicts import NotApplicable
from rspharness.servers import load_result
from rspharness.servers.rsp_server import profile
from rspharness.suite.load_trial import LoadTrial

ONE, TWO = "PROFILE_OPERATIONAL1", profile("PROFILE_OPERATIONAL2")
NIST, BRP, FRP = Curve.NIST_P256, Curve.BRAINPOOL_P256R1, "frp256v1"
COMMAND = BppCommandId.initialiseSecureChannel
WRONG_INPUT = ErrorReason.incorrectInputValues
UNSUPPORTED = ErrorReason.unsupportedRemoteOperationType
OTHER_ID = TransactionId(bytes(range(16))).octets
PARTS = (0x82, 0x80, 0xA6, Tag.OneTimePublicKey)
"""What of the request smdpSign covers, in order; otPK.EUICC follows."""


def first_segment(session, **fields):
    """Sends the first segment of a package alone and returns what the card answered."""
    return session.load(session.package(TWO, **fields).until(1))


def signed(session, *parts):
    """Returns InitialiseSecureChannel (BF23) of just these parts, signed over them as they are."""
    own = tlv.encode(Tag.OneTimePublicKey, session.otpk_euicc.point)
    signature = session.server.pb.private_key.sign(b"".join((*parts, own)))
    return tlv.encode(Tag.InitialiseSecureChannel, *parts, tlv.encode(Tag.Signature, signature))


def sound_parts(session):
    """Returns the signed parts of a sound request, by their tags."""
    octets = session.package(TWO).segments[0].octets
    _, header, _ = tlv.read_header(octets)
    return {tag: tlv_edit.at(octets[header:], tag) for tag in PARTS}


@testcase.each(
    "on",
    {
        "ES8+.InitialiseSecureChannel#01": NIST,
        "ES8+.InitialiseSecureChannel#02": BRP,
        "ES8+.InitialiseSecureChannel#03": FRP,
    },
)
def test_channel_opens_on_each_curve(card, given, make_server, step, on):
    """A valid request is accepted, and the next command is read under the agreed keys."""
    given.none()
    with step("Initial conditions: PrepareDownload done"):
        session = make_server(curve=on).prepared(card)
        package = session.package(TWO)
    with step("S_LPAd -> eUICC: InitialiseSecureChannel; expected: SW 9000 without PIR"):
        load_result.continued(session.load(package.until(1)))
    with step("S_LPAd -> eUICC: ConfigureISDP; expected: SW 9000 without PIR"):
        load_result.continued(session.load(package.since(1).until(1)))


@testcase.each(
    "fields, reason",
    {
        "ES8+.InitialiseSecureChannel#05": (
            {"remote_op_id": 2},
            ErrorReason.unsupportedRemoteOperationType,
        ),
        "ES8+.InitialiseSecureChannel#07": (
            {"transaction_id": OTHER_ID},
            ErrorReason.invalidTransactionId,
        ),
        "ES8+.InitialiseSecureChannel#08": ({"key_type": 0x89}, ErrorReason.unsupportedCrtValues),
        "ES8+.InitialiseSecureChannel#09": ({"key_length": 0x20}, ErrorReason.unsupportedCrtValues),
    },
)
def test_wrong_field_ends_the_load(card, given, server, step, fields, reason):
    """One signed field that does not fit ends the load with a reason of its own."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, **fields)
    with step(f"S_LPAd -> eUICC: InitialiseSecureChannel, {', '.join(fields)} wrong"):
        loaded = trial.send()
    with step(f"Expected: PIR errorResult, {reason.name}({reason.value})"):
        trial.ended(loaded, COMMAND, reason)


@testcase.both_curves
@testcase("ES8+.InitialiseSecureChannel#06")
def test_altered_signature_ends_the_load(card, given, server, step):
    """An altered smdpSign gives invalidSignature(2)."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO)
    with step("S_LPAd -> eUICC: InitialiseSecureChannel, smdpSign altered"):
        loaded = trial.send(trial.under_test.flipped(0))
    with step("Expected: PIR errorResult, invalidSignature(2)"):
        trial.ended(loaded, COMMAND, ErrorReason.invalidSignature)


@testcase.both_curves
@testcase("ES8+.InitialiseSecureChannel#15")
def test_key_of_another_certificate_ends_the_load(card, given, server, step):
    """Only SK.DPpb signs the request; SK.DPauth gives invalidSignature(2)."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, key_dp=server.auth.private_key)
    with step("S_LPAd -> eUICC: InitialiseSecureChannel signed with SK.DPauth"):
        loaded = trial.send()
    with step("Expected: PIR errorResult, invalidSignature(2)"):
        trial.ended(loaded, COMMAND, ErrorReason.invalidSignature)


@testcase.both_curves
@testcase("ES8+.InitialiseSecureChannel#16")
def test_signature_over_an_earlier_key_ends_the_load(card, given, server, step):
    """The signature covers the one-time key of this session, not of an earlier one."""
    given.profiles(ONE)
    before = card.observe()
    with step("Initial conditions: PrepareDownload done in two sessions, with two one-time keys"):
        earlier = server.prepared(card).otpk_euicc
        session = server.prepared(card)
        differ = earlier.point != session.otpk_euicc.point
        expect.that(holds=differ, expected="another otPK.EUICC", actual="the same again")
    with step("S_LPAd -> eUICC: InitialiseSecureChannel signed over the earlier otPK.EUICC"):
        loaded = first_segment(session, otpk_euicc=earlier)
    with step("Expected: PIR errorResult, invalidSignature(2)"):
        load_result.ended(session, loaded, before, COMMAND, ErrorReason.invalidSignature)


@testcase.both_curves
@testcase("ES8+.InitialiseSecureChannel#25")
def test_signature_without_the_card_key_ends_the_load(card, given, server, step):
    """The signature covers otPK.EUICC, which is not sent: one made without it is wrong."""
    given.profiles(ONE)
    before = card.observe()
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
        sent = b"".join(sound_parts(session)[tag] for tag in PARTS)
        alone = server.pb.private_key.sign(sent)
        request = tlv.encode(Tag.InitialiseSecureChannel, sent, tlv.encode(Tag.Signature, alone))
    with step("S_LPAd -> eUICC: InitialiseSecureChannel, signed over what is sent alone"):
        loaded = first_segment(session, initialise_secure_channel=request)
    with step("Expected: PIR errorResult, invalidSignature(2)"):
        load_result.ended(session, loaded, before, COMMAND, ErrorReason.invalidSignature)


@testcase.both_curves
@testcase("ES8+.InitialiseSecureChannel#23")
def test_first_of_two_mistakes_is_reported(card, given, server, step, note):
    """With smdpSign and transactionId both wrong, one of them is reported."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, transaction_id=OTHER_ID)
    with step("S_LPAd -> eUICC: InitialiseSecureChannel, transactionId and smdpSign wrong"):
        loaded = trial.send(trial.under_test.flipped(0))
        note(load_result.described(loaded))
    with step("Expected: PIR errorResult, invalidSignature(2) or invalidTransactionId(3)"):
        reasons = (ErrorReason.invalidSignature, ErrorReason.invalidTransactionId)
        trial.ended(loaded, COMMAND, *reasons)


@testcase("ES8+.InitialiseSecureChannel#10")
def test_second_request_is_refused(card, given, server, step, note):
    """While a secure session runs, a second request is refused."""
    given.profiles(ONE)
    before = card.observe()
    with step("Initial conditions: InitialiseSecureChannel accepted"):
        session = server.prepared(card)
        package = session.package(TWO)
        load_result.continued(session.load(package.until(1)))
    with step("S_LPAd -> eUICC: InitialiseSecureChannel again"):
        loaded = session.load(package.until(1))
        note(load_result.described(loaded))
    with step("Expected: SW 6985, or PIR errorResult, incorrectInputValues(1)"):
        reason = ErrorReason.incorrectInputValues
        load_result.refused_or_ended(session, loaded, before, (0x6985,), COMMAND, reason)


@testcase("ES8+.InitialiseSecureChannel#11")
def test_long_host_id_is_refused(card, given, server, step, note):
    """A hostId of 17 octets is refused."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, host_id=bytes(range(17)))
    with step("S_LPAd -> eUICC: InitialiseSecureChannel, hostId of 17 octets"):
        loaded = trial.send()
        note(load_result.described(loaded))
    with step("Expected: SW 6A80, or PIR errorResult, incorrectInputValues(1)"):
        reason = ErrorReason.incorrectInputValues
        trial.refused_or_ended(loaded, (0x6A80,), COMMAND, reason)


@testcase("ES8+.InitialiseSecureChannel#12")
def test_shortest_and_longest_host_id_enter_the_keys(card, given, server, step):
    """A hostId of 1 and of 16 octets is accepted, and the keys are derived with it."""
    given.profiles(ONE)
    for host_id in (b"\x5a", bytes(range(16))):
        with step("Initial conditions: PrepareDownload done"):
            session = server.prepared(card)
            package = session.package(TWO, host_id=host_id)
        with step(f"InitialiseSecureChannel, hostId of {len(host_id)} octets; expected: accepted"):
            load_result.continued(session.load(package.until(1)))
        with step("ConfigureISDP under keys derived with it; expected: accepted"):
            load_result.continued(session.load(package.since(1).until(1)))


@testcase.both_curves
@testcase("ES8+.InitialiseSecureChannel#13")
def test_point_off_the_curve_ends_the_load(card, given, server, step, note):
    """An otPK.DP that is no point of the curve ends the load, though it is signed."""
    given.profiles(ONE)
    before = card.observe()
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
        point = server.one_time_key().public.point
        off_curve = point[:-1] + bytes((point[-1] ^ 0x01,))
    with step("S_LPAd -> eUICC: InitialiseSecureChannel, smdpOtpk off the curve"):
        loaded = first_segment(session, smdp_otpk=off_curve)
        note(load_result.described(loaded))
    with step("Expected: PIR errorResult, incorrectInputValues(1) or unknown error(127)"):
        reasons = ErrorReason.incorrectInputValues, ErrorReason.installFailedDueToUnknownError
        load_result.ended(session, loaded, before, COMMAND, *reasons)


@testcase("ES8+.InitialiseSecureChannel#14")
def test_point_of_another_curve_ends_the_load(card, given, make_server, step, note):
    """An otPK.DP on another curve than otPK.EUICC ends the load, though it is signed."""
    given.profiles(ONE)
    before = card.observe()
    with step("Initial conditions: PrepareDownload done on NIST P-256"):
        server = make_server(curve=NIST)
        session = server.prepared(card)
        other = server.one_time_key(BRP).public.point
    with step("S_LPAd -> eUICC: InitialiseSecureChannel, smdpOtpk on brainpoolP256r1"):
        loaded = first_segment(session, smdp_otpk=other)
        note(load_result.described(loaded))
    with step("Expected: PIR errorResult, 1, 4 or 127"):
        reasons = (
            ErrorReason.incorrectInputValues,
            ErrorReason.unsupportedCrtValues,
            ErrorReason.installFailedDueToUnknownError,
        )
        load_result.ended(session, loaded, before, COMMAND, *reasons)


@testcase("ES8+.InitialiseSecureChannel#17")
def test_nothing_is_loaded_before_prepare_download(card, given, server, step):
    """Without PrepareDownload the request is refused, and no PIR is made."""
    given.profiles(ONE)
    before = card.observe()
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
    with step("S_LPAd -> eUICC: InitialiseSecureChannel"):
        loaded = first_segment(session, otpk_euicc=server.one_time_key().public)
    with step("Expected: SW 6985 or 6A88, no PIR"):
        load_result.refused(session, loaded, before)


@testcase("ES8+.InitialiseSecureChannel#18")
def test_nothing_is_loaded_after_cancel_session(card, given, server, step):
    """After CancelSession the request is refused, and no PIR is made."""
    given.profiles(ONE)
    before = card.observe()
    with step("Initial conditions: PrepareDownload done, then CancelSession"):
        session = server.prepared(card)
        package = session.package(TWO)
        expect.ok(session.cancel(CancelSessionReason.endUserRejection))
    with step("S_LPAd -> eUICC: InitialiseSecureChannel"):
        loaded = session.load(package.until(1))
    with step("Expected: SW 6985 or 6A88, no PIR"):
        load_result.refused(session, loaded, before)


@testcase.both_curves
@testcase.each(
    "order, reasons",
    {
        "ES8+.InitialiseSecureChannel#19": ((0x82, 0x80, 0xA6), (WRONG_INPUT, UNSUPPORTED)),
        "ES8+.InitialiseSecureChannel#20": (
            (0x80, 0x82, 0xA6, Tag.OneTimePublicKey),
            (WRONG_INPUT,),
        ),
    },
)
def test_misshapen_request_is_refused(card, given, server, step, note, order, reasons):
    """A request without smdpOtpk, or in another order, is refused though it is signed."""
    given.profiles(ONE)
    before = card.observe()
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
        parts = sound_parts(session)
        request = signed(session, *(parts[tag] for tag in order))
    with step("S_LPAd -> eUICC: InitialiseSecureChannel, misshapen"):
        loaded = first_segment(session, initialise_secure_channel=request)
        note(load_result.described(loaded))
    with step(f"Expected: SW 6A80, or PIR errorResult, {expect.names(reasons)}"):
        load_result.refused_or_ended(session, loaded, before, (0x6A80,), COMMAND, *reasons)


@testcase("ES8+.InitialiseSecureChannel#21")
def test_result_names_session_and_server_and_no_profile(card, given, server, step):
    """The PIR after an error names transactionId, smdpOid and event, no ICCID, and is signed."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO)
    with step("S_LPAd -> eUICC: InitialiseSecureChannel, smdpSign altered"):
        loaded = trial.send(trial.under_test.flipped(0))
    with step("Expected: PIR errorResult with a valid euiccSignPIR"):
        trial.ended(loaded, COMMAND, ErrorReason.invalidSignature)
    with step("Expected: transactionId, OID of CERT.DPpb, notificationInstall, no ICCID"):
        data = loaded.pir.data
        expect.equal(data.transaction_id, trial.session.transaction_id, "transactionId")
        expect.equal(data.smdp_oid, server.pb.certificate.registered_id, "smdpOid")
        about = data.notification_metadata
        install = frozenset({NotificationEvent.notificationInstall})
        expect.equal(about.profile_management_operation, install, "events")
        expect.equal(about.iccid, None, "ICCID")


@testcase.both_curves
@testcase("ES8+.InitialiseSecureChannel#26")
def test_shared_secret_that_begins_with_zeros(card, given, server, step):
    """A shared secret whose first octet is 00 is 32 octets long in the key derivation."""
    given.none()
    with step("Initial conditions: PrepareDownload done; an otSK.DP found that fits"):
        session = server.prepared(card)
        key = server.one_time_key()
        while key.agree(session.otpk_euicc)[0]:
            key = server.one_time_key()
    with step("S_LPAd -> eUICC: the package bound with this key"):
        loaded = session.install(TWO, otsk_dp=key)
    with step("Expected: PIR successResult"):
        load_result.installed(session, loaded)


@testcase("ES8+.InitialiseSecureChannel#22")
def test_known_one_time_key_gives_the_same_keys(card, given, server, step):
    """A retry with bppEuiccOtpk takes the package as it was bound, with only a new smdpSign."""
    given.none()
    with step("Initial conditions: download postponed after PrepareDownload"):
        session = server.prepared(card)
        own, otsk = session.otpk_euicc, server.one_time_key()
        bound = session.package(TWO, otsk_dp=otsk)
        expect.ok(session.cancel(CancelSessionReason.postponed))
    with step("Initial conditions: PrepareDownload with bppEuiccOtpk gives the same key"):
        session = server.authenticated(card).prepared(bpp_euicc_otpk=own.point)
        expect.equal(session.otpk_euicc.point, own.point, "otPK.EUICC")
    with step("S_LPAd -> eUICC: InitialiseSecureChannel, signed anew; expected: accepted"):
        renewed = session.package(TWO, otsk_dp=otsk)
        load_result.continued(session.load(renewed.until(1)))
    with step("S_LPAd -> eUICC: the rest as bound before; expected: PIR successResult"):
        load_result.installed(session, session.load(bound.since(1)))


@testcase("ES8+.InitialiseSecureChannel#24")
def test_session_is_over_after_the_error(card, given, server, step):
    """After the error PIR no download can be prepared, until a new session begins."""
    given.profiles(ONE)
    with step("Initial conditions: PIR with invalidSignature(2) returned"):
        session = server.prepared(card)
        loaded = session.load(session.package(TWO).until(1).flipped(0))
        expect.pir_error(loaded.pir, COMMAND, ErrorReason.invalidSignature)
    with step("S_LPAd -> eUICC: PrepareDownload; expected: noSessionContext(4)"):
        expect.error(session.prepare(), DownloadErrorCode.noSessionContext)
    with step("S_LPAd -> eUICC: a new session; expected: InitialiseSecureChannel accepted"):
        again = server.open(card)
        expect.ok(again.authenticate())
        expect.ok(again.prepare())
        load_result.continued(first_segment(again))


@testcase("ES8+.InitialiseSecureChannel#04")
def test_channel_opens_with_sm2(step):
    """A request with keys of SM2 and the key type of SM4 is accepted."""
    with step("Initial conditions: PrepareDownload done, with keys of SM2"):
        raise NotApplicable("the suites have no SM2 and no SM4")
