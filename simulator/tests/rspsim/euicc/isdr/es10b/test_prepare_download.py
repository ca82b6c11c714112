"""ES10b.PrepareDownload and the one-time keys (SGP.22 v2, 5.7.5 and 3.1.3)."""

import pytest

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.ids import TransactionId
from rspcore.messages import es10b
from rspcore.pki.bundle import Credential
from rspcore.pki.certificate import Certificate
from rspcore.tags import Tag
from rspsim.euicc.options import Options
from rspsim.euicc.session import SessionState

E = es10b.DownloadErrorCode


def error(lab, server, signature1, **edits) -> int:
    refused = lab.prepare(server, signature1, **edits).download_response_error
    assert refused is not None
    return refused.download_error_code


@pytest.mark.parametrize("hash_cc", [None, bytes(range(32))])
@pytest.mark.parametrize("curve", Curve)
def test_good_request_is_answered_with_a_one_time_key(lab, curve, hash_cc):
    server = lab.server(curve)
    signature1 = lab.authenticated(server)
    request = server.download_request(signature1, hash_cc=hash_cc, cc_required=hash_cc is not None)
    ok = lab.call(request, es10b.PrepareDownloadResponse).download_response_ok
    asked = es10b.PrepareDownloadRequest.decode(request)
    signed = ok.euicc_signed2
    data = signed.encode() + tlv.encode(Tag.Signature, asked.smdp_signature2)
    assert lab.euicc_key(curve).verify(ok.euicc_signature2, data)
    assert signed.transaction_id == server.transaction
    assert (len(signed.euicc_otpk), signed.euicc_otpk[0]) == (65, 4)
    assert signed.hash_cc == hash_cc


def test_request_without_session_is_refused(lab):
    assert error(lab, lab.server(), bytes(64)) == E.noSessionContext
    lab.challenge()
    assert error(lab, lab.server(), bytes(64)) == E.noSessionContext


def test_second_request_has_no_session(lab):
    server = lab.server()
    signature1 = lab.authenticated(server)
    assert lab.prepare(server, signature1).download_response_ok
    assert error(lab, server, signature1) == E.noSessionContext


def test_signature_over_another_first_signature_is_refused(lab):
    server = lab.server()
    lab.authenticated(server)
    assert error(lab, server, bytes(64)) == E.invalidSignature


def test_other_transaction_is_refused_after_the_signature_check(lab):
    server = lab.server()
    signature1 = lab.authenticated(server)
    other = TransactionId(b"\x07")
    assert error(lab, server, signature1, transaction=other) == E.invalidTransactionId
    assert error(lab, server, bytes(64), transaction=other) == E.invalidSignature


def test_refusal_keeps_the_session(lab):
    server = lab.server()
    signature1 = lab.authenticated(server)
    error(lab, server, bytes(64))
    assert lab.prepare(server, signature1).download_response_ok is not None


def test_certificate_of_another_server_is_invalid(lab):
    server = lab.server()
    signature1 = lab.authenticated(server)
    server.pb = lab.server(number=2).pb
    assert error(lab, server, signature1) == E.invalidCertificate


def test_certificate_of_another_role_is_invalid(lab):
    server = lab.server()
    signature1 = lab.authenticated(server)
    server.pb = server.auth
    assert error(lab, server, signature1) == E.invalidCertificate


def test_certificate_under_another_ci_is_invalid(lab):
    server = lab.server()
    signature1 = lab.authenticated(server)
    server.pb = lab.server(Curve.BRAINPOOL_P256R1).pb
    assert error(lab, server, signature1) == E.invalidCertificate


def test_certificate_with_damaged_signature_is_invalid(lab):
    server = lab.server()
    signature1 = lab.authenticated(server)
    der = server.pb.certificate.der
    server.pb = Credential(Certificate.from_der(der[:-1] + bytes((der[-1] ^ 1,))), server.pb.key)
    assert error(lab, server, signature1) == E.invalidCertificate


@pytest.mark.parametrize("accepted", [False, True])
def test_refusal_of_a_missing_hash_follows_the_option(lab_type, accepted):
    lab = lab_type(options=Options(missing_hash_cc_accepted=accepted))
    server = lab.server()
    answer = lab.prepare(server, lab.authenticated(server), cc_required=True)
    if accepted:
        assert answer.download_response_ok is not None
    else:
        assert answer.download_response_error.download_error_code == E.undefinedError


def test_hash_is_signed_when_not_asked_for(lab):
    server = lab.server()
    answer = lab.prepare(server, lab.authenticated(server), hash_cc=bytes(32))
    assert answer.download_response_ok.euicc_signed2.hash_cc == bytes(32)


def test_request_with_a_hash_of_another_length_is_refused(lab):
    server = lab.server()
    request = server.download_request(lab.authenticated(server), hash_cc=bytes(31))
    assert lab.send(request) == (b"", 0x6A80)


def test_key_is_new_in_every_session(lab):
    assert lab.prepared(lab.server()) != lab.prepared(lab.server())


@pytest.mark.parametrize("reuse", [True, False])
def test_reuse_of_a_named_key_follows_the_option(lab_type, reuse):
    lab = lab_type(options=Options(reuse_otpk=reuse))
    first = lab.prepared(lab.server())
    assert (lab.prepared(lab.server(), otpk=first) == first) is reuse


def test_named_key_is_used_again_after_a_reset(lab):
    first = lab.prepared(lab.server())
    lab.reboot()
    assert lab.prepared(lab.server(), otpk=first) == first


def test_key_of_another_server_is_not_used(lab):
    first = lab.prepared(lab.server())
    assert lab.prepared(lab.server(number=2), otpk=first) != first


def test_unknown_key_gives_a_new_one(lab):
    point = lab.pki.ci(Curve.NIST_P256).certificate.public_key.point
    assert lab.prepared(lab.server(), otpk=point) != point


def test_key_is_dropped_after_the_installation(lab, profile_of):
    server = lab.server()
    otpk = lab.prepared(server)
    lab.load(server.bind(lab, otpk, profile_of()))
    assert lab.state.one_time_keys == ()
    assert lab.prepared(lab.server(), otpk=otpk) != otpk


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        (es10b.CancelSessionReason.postponed, True),
        (es10b.CancelSessionReason.timeout, True),
        (es10b.CancelSessionReason.endUserRejection, False),
        (es10b.CancelSessionReason.pprNotAllowed, False),
    ],
)
def test_key_is_kept_after_a_cancel_that_allows_a_retry(lab, reason, kept):
    server = lab.server()
    otpk = lab.prepared(server)
    request = es10b.CancelSessionRequest(transaction_id=server.transaction, reason=reason)
    assert lab.call(request, es10b.CancelSessionResponse).cancel_session_response_ok
    assert lab.card.volatile.session.state is SessionState.IDLE
    assert (lab.prepared(lab.server(), otpk=otpk) == otpk) is kept
