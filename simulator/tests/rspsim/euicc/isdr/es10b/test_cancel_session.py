"""ES10b.CancelSession (SGP.22 v2, 5.7.14)."""

import pytest

from rspcore.bpp import segments
from rspcore.crypto.curves import Curve
from rspcore.ids import Oid, TransactionId
from rspcore.messages import es10b
from rspsim.euicc.session import SessionState

E = es10b.CancelSessionResponseError


def cancel(lab, transaction, reason=0):
    request = es10b.CancelSessionRequest(transaction_id=transaction, reason=reason)
    return lab.call(request, es10b.CancelSessionResponse)


@pytest.mark.parametrize("reason", es10b.CancelSessionReason)
def test_every_reason_is_signed(lab, reason):
    server = lab.server()
    lab.authenticated(server)
    ok = cancel(lab, server.transaction, reason).cancel_session_response_ok
    signed = ok.euicc_cancel_session_signed
    assert (signed.transaction_id, signed.smdp_oid, signed.reason) == (
        server.transaction,
        Oid("2.999.10"),
        reason,
    )
    assert lab.euicc_key().verify(ok.euicc_cancel_session_signature, signed.encode())
    assert lab.card.volatile.session.state is SessionState.IDLE


def test_sm_ds_is_named_by_its_own_oid(lab):
    server = lab.server()
    server.auth = lab.pki.ds_auth(Curve.NIST_P256)
    lab.authenticated(server)
    ok = cancel(lab, server.transaction).cancel_session_response_ok
    assert ok.euicc_cancel_session_signed.smdp_oid == Oid("2.999.15")


def test_signature_is_under_the_ci_of_the_session(lab):
    brainpool = lab.pki.ci(Curve.BRAINPOOL_P256R1).certificate.subject_key_identifier
    server = lab.server()
    lab.authenticated(server, ci_pkid=brainpool)
    ok = cancel(lab, server.transaction).cancel_session_response_ok
    data = ok.euicc_cancel_session_signed.encode()
    key = lab.euicc_key(Curve.BRAINPOOL_P256R1)
    assert key.verify(ok.euicc_cancel_session_signature, data)


def test_other_transaction_is_refused_and_the_session_kept(lab):
    server = lab.server()
    signature1 = lab.authenticated(server)
    answer = cancel(lab, TransactionId(b"\x01"))
    assert answer.cancel_session_response_error == E.invalidTransactionId
    assert lab.prepare(server, signature1).download_response_ok is not None


def test_without_session_it_is_refused(lab):
    assert cancel(lab, TransactionId(b"\x01")).cancel_session_response_error == 5


def test_challenge_alone_is_dropped_by_the_refusal(lab):
    server, challenge = lab.server(), lab.challenge()
    answer = cancel(lab, server.transaction)
    assert answer.cancel_session_response_error == E.invalidTransactionId
    answer = lab.call(server.authenticate_request(challenge), es10b.AuthenticateServerResponse)
    code = answer.authenticate_response_error.authenticate_error_code
    assert code == es10b.AuthenticateErrorCode.noSessionContext


def test_undefined_reason_is_refused(lab):
    server = lab.server()
    lab.authenticated(server)
    answer = cancel(lab, server.transaction, 6)
    assert answer.cancel_session_response_error == E.undefinedError


def test_cancelled_load_leaves_nothing(lab, profile_of):
    server, profile = lab.server(), profile_of()
    pieces = server.bind(lab, lab.prepared(server), profile)
    half = segments(pieces.encode())[:-1]
    assert lab.load(half) == (b"", 0x9000)
    assert cancel(lab, server.transaction, 5).cancel_session_response_ok is not None
    assert (lab.states(), lab.pending()) == ({}, [])
    lab.install(profile)
