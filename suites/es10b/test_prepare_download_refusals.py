"""ES10b.PrepareDownload: sessions, certificates and signatures that lead to no download."""

from rspcore.crypto.curves import Curve
from rspcore.ids import TransactionId
from rspcore.messages.es10b import DownloadErrorCode, GetEuiccInfo1Request, PrepareDownloadResponse
from rspcore.pki.generate import make_pki
from rspcore.pki.roles import Role
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.servers.certificate_changes import on_curve, with_policy

INVALID_CERTIFICATE = DownloadErrorCode.invalidCertificate
INVALID_SIGNATURE = DownloadErrorCode.invalidSignature
UNREAD = (DownloadErrorCode.invalidCertificate, DownloadErrorCode.undefinedError)
"""Codes of cards in the field for a request that cannot be read."""
UNSUPPORTED_CURVE = DownloadErrorCode.unsupportedCurve
NO_SESSION = DownloadErrorCode.noSessionContext
INVALID_TRANSACTION = DownloadErrorCode.invalidTransactionId

OTHER_CURVE = {
    Curve.NIST_P256: Curve.BRAINPOOL_P256R1,
    Curve.BRAINPOOL_P256R1: Curve.NIST_P256,
}
OTHER_TRANSACTION = TransactionId(bytes(15) + b"\x01")


def ask(card, step, request, *codes):
    """Sends PrepareDownload, requires a code and no change, and returns the response."""
    before = card.observe()
    with step("S_LPAd -> eUICC: PrepareDownload"):
        response = card.ask(request)
    with step(f"Expected: downloadResponseError, {expect.names(codes)}"):
        expect.error(response, *codes)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())
    return response


@testcase.both_curves
@testcase("ES10b.PrepareDownload#13")
def test_altered_signature_is_refused(card, server, step):
    """One bit turned in smdpSignature2 makes it wrong."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
    request = tlv_edit.flipped(session.prepare_request(), Tag.Signature)
    ask(card, step, request, INVALID_SIGNATURE)


@testcase.both_curves
@testcase("ES10b.PrepareDownload#14")
def test_signature_over_an_earlier_session_is_refused(card, server, step):
    """SmdpSignature2 has to cover the euiccSignature1 of this session, and not of another."""
    with step("Initial conditions: AuthenticateServer done in two sessions"):
        earlier = server.authenticated(card).euicc_signature1
        session = server.authenticated(card)
    request = session.prepare_request(euicc_signature1=earlier)
    ask(card, step, request, INVALID_SIGNATURE)


@testcase.both_curves
@testcase("ES10b.PrepareDownload#42")
def test_signature_over_less_is_refused(card, server, step):
    """A smdpSignature2 over smdpSigned2 alone, without euiccSignature1, is wrong."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
    alone = server.pb.private_key.sign(session.smdp_signed2())
    ask(card, step, session.prepare_request(signature=alone), INVALID_SIGNATURE)


@testcase("ES10b.PrepareDownload#15")
def test_other_transaction_is_refused(card, server, step):
    """A transactionId that is not the session's is refused, though well signed."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
    request = session.prepare_request(transaction_id=OTHER_TRANSACTION)
    ask(card, step, request, INVALID_TRANSACTION)


@testcase.each("place", {"ES10b.PrepareDownload#43": -1, "ES10b.PrepareDownload#44": 0})
def test_every_octet_of_the_transaction_counts(card, server, step, place):
    """A transactionId that differs from the session's in its last octet, or its first, is none."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
    altered = bytearray(session.transaction_id.octets)
    altered[place] ^= 0x01
    request = session.prepare_request(transaction_id=TransactionId(bytes(altered)))
    ask(card, step, request, INVALID_TRANSACTION)


@testcase("ES10b.PrepareDownload#16")
def test_reset_ends_the_session(card, server, step):
    """After a reset there is no session."""
    with step("Initial conditions: AuthenticateServer done, then reset"):
        session = server.authenticated(card)
        card.reset()
    ask(card, step, session.prepare_request(), NO_SESSION)


@testcase("ES10b.PrepareDownload#17")
def test_challenge_alone_is_no_session(card, server, step):
    """With GetEUICCChallenge alone no server is authenticated."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    ask(card, step, session.prepare_request(euicc_signature1=bytes(64)), NO_SESSION)


@testcase("ES10b.PrepareDownload#18")
def test_cancelled_session_is_over(card, server, step):
    """After CancelSession there is no session."""
    with step("Initial conditions: AuthenticateServer done, CancelSession done"):
        session = server.authenticated(card)
        request = session.prepare_request()
        expect.ok(session.cancel())
    ask(card, step, request, NO_SESSION)


@testcase("ES10b.PrepareDownload#19")
def test_new_challenge_ends_the_session(card, server, step):
    """After a new GetEUICCChallenge the former session is over."""
    with step("Initial conditions: AuthenticateServer done, then GetEUICCChallenge"):
        session = server.authenticated(card)
        server.open(card)
    ask(card, step, session.prepare_request(), NO_SESSION)


@testcase("ES10b.PrepareDownload#20")
def test_sm_ds_prepares_no_download(card, smds, step):
    """In a session with an SM-DS no download can be prepared."""
    with step("Initial conditions: AuthenticateServer done with an SM-DS"):
        session = smds.authenticated(card)
    ask(card, step, session.prepare_request(), NO_SESSION)


@testcase.both_curves
@testcase.each(
    "flaw",
    {
        "ES10b.PrepareDownload#21": "bad_signature",
        "ES10b.PrepareDownload#25": "no_key_usage",
        "ES10b.PrepareDownload#26": "key_agreement",
        "ES10b.PrepareDownload#40": "no_registered_id",
    },
)
def test_flawed_dppb_is_refused(card, server, step, flaw):
    """A CERT.DPpb with one flaw is an invalid certificate."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
    request = session.prepare_request(certificate=server.flawed(flaw, server.pb))
    ask(card, step, request, INVALID_CERTIFICATE)


@testcase.both_curves
@testcase.each(
    "role",
    {"ES10b.PrepareDownload#23": Role.DP_AUTH, "ES10b.PrepareDownload#24": Role.DP_TLS},
)
def test_other_policy_is_refused(card, server, step, role):
    """A CERT.DPpb whose policy is that of another role is an invalid certificate."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
    certificate = server.reissued(with_policy(role), server.pb)
    ask(card, step, session.prepare_request(certificate=certificate), INVALID_CERTIFICATE)


@testcase.both_curves
@testcase("ES10b.PrepareDownload#22")
def test_dppb_of_another_ci_is_refused(card, make_server, curve, step):
    """A CERT.DPpb with the right OID under a CI the card does not have is invalid."""
    other = make_pki(b"another CI").dp_pb(curve)
    with step("Initial conditions: AuthenticateServer done, by the server of this OID"):
        session = make_server().authenticated(card)
    request = session.prepare_request(certificate=other, sign_with=other.private_key)
    ask(card, step, request, INVALID_CERTIFICATE)


@testcase.both_curves
@testcase("ES10b.PrepareDownload#27")
def test_dppb_of_another_server_is_refused(card, server, server2, step):
    """CERT.DPpb has to be of the SM-DP+ of CERT.DPauth: a sound one of another is invalid."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
    other = server2.pb
    request = session.prepare_request(certificate=other, sign_with=other.private_key)
    ask(card, step, request, INVALID_CERTIFICATE)


@testcase.both_curves
@testcase("ES10b.PrepareDownload#28")
def test_dppb_under_the_other_ci(card, make_server, curve, step, note):
    """Whether CERT.DPpb may be under another CI than CERT.DPauth is recorded."""
    server, other = make_server(), make_server(curve=OTHER_CURVE[curve])
    with step("Initial conditions: two CIs on the eUICC, AuthenticateServer done"):
        info = card.send(GetEuiccInfo1Request())
        expect.one_of(other.ci_pkid, info.euicc_ci_pkid_list_for_verification, "second CI")
        session = server.authenticated(card)
    with step("S_LPAd -> eUICC: PrepareDownload, CERT.DPpb under the other CI"):
        response = session.prepare(certificate=other.pb, sign_with=other.pb.private_key)
        note(f"the card answers {_in_words(response)}")
    with step("Expected: euiccSigned2, or invalidCertificate(1)"):
        if response.download_response_ok is None:
            expect.error(response, INVALID_CERTIFICATE)


@testcase.both_curves
@testcase("ES10b.PrepareDownload#29")
def test_unsupported_curve_is_refused(card, server, step):
    """A key on a curve that the card does not know has a code of its own."""
    for name in ("P-192", "brainpoolP192r1"):
        certificate = server.reissued(on_curve(name), server.pb)
        with step(f"Initial conditions: AuthenticateServer done; CERT.DPpb on {name}"):
            session = server.authenticated(card)
        ask(card, step, session.prepare_request(certificate=certificate), UNSUPPORTED_CURVE)


@testcase("ES10b.PrepareDownload#30")
def test_missing_hash(card, server, step, note):
    """With which code a missing hashCc is refused is recorded."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
        before = card.observe()
    with step("S_LPAd -> eUICC: PrepareDownload, ccRequiredFlag TRUE, no hashCc"):
        response = session.prepare(cc_required=True, hash_cc=None)
        note(f"the card answers {_in_words(response)}")
    with step("Expected: undefinedError(127)"):
        expect.error(response, DownloadErrorCode.undefinedError)
        expect.unchanged(before, card.observe())


@testcase.both_curves
@testcase("ES10b.PrepareDownload#32")
def test_unreadable_request_is_refused(card, server, step):
    """A request with a length inside smdpSigned2 that runs past its end is refused."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
        before = card.observe()
    request = tlv_edit.replaced(session.prepare_request(), bytes.fromhex("307F800101"), 0x30)
    with step("S_LPAd -> eUICC: PrepareDownload, broken ASN.1"):
        response = card.store(request)
    with step("Expected: SW 6A80, or invalidCertificate(1) or undefinedError(127)"):
        expect.refused_or_error(response, PrepareDownloadResponse, (0x6A80,), *UNREAD)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase.both_curves
@testcase.each(
    "mistakes, codes",
    {
        "ES10b.PrepareDownload#37": (("bad_signature", None), (INVALID_CERTIFICATE,)),
        "ES10b.PrepareDownload#38": (
            (None, OTHER_TRANSACTION),
            (INVALID_SIGNATURE, INVALID_TRANSACTION),
        ),
    },
)
def test_first_of_two_mistakes_is_reported(card, server, step, note, mistakes, codes):
    """With a wrong smdpSignature2 and another part wrong the card reports the first it checks."""
    flaw, named = mistakes
    certificate = server.pb if flaw is None else server.flawed(flaw, server.pb)
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
        before = card.observe()
    request = session.prepare_request(
        certificate=certificate,
        transaction_id=named or session.transaction_id,
        signature=bytes(range(64)),
    )
    with step("S_LPAd -> eUICC: PrepareDownload, smdpSignature2 and another part wrong"):
        response = card.ask(request)
        note(f"the card answers {_in_words(response)}")
    with step(f"Expected: {expect.names(codes)}"):
        expect.error(response, *codes)
        expect.unchanged(before, card.observe())


@testcase("ES10b.PrepareDownload#41")
def test_transaction_id_of_a_refusal(card, server, step, note):
    """Which transactionId a refusal names, the session's or the request's, is recorded."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
    with step("S_LPAd -> eUICC: PrepareDownload, another transactionId"):
        response = session.prepare(transaction_id=OTHER_TRANSACTION)
    with step("Expected: the transactionId of the request or of the session"):
        expect.error(response, INVALID_TRANSACTION)
        chosen = response.download_response_error.transaction_id
        note(f"transactionId of the {'request' if chosen == OTHER_TRANSACTION else 'session'}")
        expect.one_of(chosen, (OTHER_TRANSACTION, session.transaction_id), "transactionId")


def _in_words(response):
    """Returns the result of an answer, in words."""
    code = expect.code_of(response)
    return "downloadResponseOk" if code is None else expect.names([code])
