"""ES10b.AuthenticateServer, one thing wrong at a time (SGP.22 v2, 5.7.13)."""

import pytest

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.messages import es10b
from rspcore.pki.bundle import Credential
from rspcore.pki.certificate import Certificate
from rspcore.pki.generate import make_pki
from rspsim.euicc.options import Options
from rspsim.euicc.session import SessionState

E = es10b.AuthenticateErrorCode


def damaged(octets: bytes) -> bytes:
    return octets[:-1] + bytes((octets[-1] ^ 1,))


def error(lab, server, **edits) -> int:
    answer = lab.authenticate(server, **edits)
    refused = answer.authenticate_response_error
    assert refused is not None, answer
    assert refused.transaction_id == server.transaction
    return refused.authenticate_error_code


@pytest.mark.parametrize("curve", Curve)
def test_good_server_is_answered_with_a_signature(lab, curve):
    server = lab.server(curve)
    challenge = lab.challenge()
    request = server.authenticate_request(challenge)
    ok = lab.call(request, es10b.AuthenticateServerResponse).authenticate_response_ok
    assert lab.euicc_key(curve).verify(ok.euicc_signature1, ok.euicc_signed1.encode())
    signed = ok.euicc_signed1
    asked = es10b.AuthenticateServerRequest.decode(request)
    assert signed.transaction_id == server.transaction
    assert signed.server_address == "testsmdpplus1.example.com"
    assert signed.server_challenge == bytes(range(16))
    assert signed.ctx_params1 == asked.ctx_params1
    info2, _ = lab.send(bytes.fromhex("BF2200"))
    assert signed.euicc_info2.encode() == info2
    assert ok.euicc_certificate == lab.pki.euicc(curve).certificate.der
    assert ok.eum_certificate == lab.pki.eum(curve).certificate.der


def test_request_without_challenge_has_no_session(lab):
    request = lab.server().authenticate_request(bytes(16))
    answer = lab.call(request, es10b.AuthenticateServerResponse)
    assert answer.authenticate_response_error.authenticate_error_code == E.noSessionContext


def test_second_request_has_no_session(lab):
    server = lab.server()
    request = server.authenticate_request(lab.challenge())
    assert lab.call(request, es10b.AuthenticateServerResponse).authenticate_response_ok
    answer = lab.call(request, es10b.AuthenticateServerResponse)
    assert answer.authenticate_response_error.authenticate_error_code == E.noSessionContext
    assert lab.card.volatile.session.state is SessionState.AUTHENTICATED_DP


def test_wrong_signature_is_refused(lab):
    assert error(lab, lab.server(), signature=damaged) == E.invalidSignature


def test_short_signature_is_refused(lab):
    assert error(lab, lab.server(), signature=lambda s: s[:-1]) == E.invalidSignature


def test_octets_changed_after_signing_are_refused(lab):
    assert error(lab, lab.server(), edit=damaged) == E.invalidSignature


def test_signature_by_another_server_is_refused(lab):
    other = lab.server(number=2)
    mixed = lab.server()
    mixed.auth = Credential(mixed.auth.certificate, other.auth.key)
    assert error(lab, mixed) == E.invalidSignature


def test_older_challenge_is_refused(lab):
    older = lab.challenge()
    lab.challenge()
    answer = lab.call(lab.server().authenticate_request(older), es10b.AuthenticateServerResponse)
    assert answer.authenticate_response_error.authenticate_error_code == E.euiccChallengeMismatch


@pytest.mark.parametrize("pkid", [b"", bytes(20), bytes(19)])
def test_unknown_ci_to_sign_under_is_refused(lab, pkid):
    assert error(lab, lab.server(), ci_pkid=pkid) == E.ciPKUnknown


def test_signing_ci_may_differ_from_the_servers(lab):
    brainpool = lab.pki.ci(Curve.BRAINPOOL_P256R1).certificate.subject_key_identifier
    ok = lab.authenticate(lab.server(), ci_pkid=brainpool).authenticate_response_ok
    key = lab.euicc_key(Curve.BRAINPOOL_P256R1)
    assert key.verify(ok.euicc_signature1, ok.euicc_signed1.encode())


def test_signature_is_checked_before_challenge_and_ci(lab):
    lab.challenge()
    request = lab.server().authenticate_request(bytes(16), ci_pkid=bytes(20), signature=damaged)
    answer = lab.call(request, es10b.AuthenticateServerResponse)
    assert answer.authenticate_response_error.authenticate_error_code == E.invalidSignature
    request = lab.server().authenticate_request(bytes(16), ci_pkid=bytes(20))
    answer = lab.call(request, es10b.AuthenticateServerResponse)
    assert answer.authenticate_response_error.authenticate_error_code == E.euiccChallengeMismatch


def test_certificate_with_damaged_signature_is_invalid(lab):
    server = lab.server()
    server.auth = Credential(
        Certificate.from_der(damaged(server.auth.certificate.der)), server.auth.key
    )
    assert error(lab, server) == E.invalidCertificate


def test_octets_that_are_no_certificate_are_invalid(lab):
    request = lab.server().authenticate_request(lab.challenge())
    parts = [bytes(one.raw) for one in tlv.parse(request).children()]
    parts[3] = bytes.fromhex("3003020101")
    answer = lab.call(tlv.encode(0xBF38, *parts), es10b.AuthenticateServerResponse)
    assert answer.authenticate_response_error.authenticate_error_code == E.invalidCertificate


def test_certificate_of_another_role_has_the_wrong_oid(lab):
    server = lab.server()
    server.auth = server.pb
    assert error(lab, server) == E.invalidOid


@pytest.mark.parametrize(("option", "code"), [(False, E.ciPKUnknown), (True, E.invalidCertificate)])
def test_code_of_a_certificate_under_an_unknown_ci_follows_the_option(lab_type, option, code):
    lab = lab_type(options=Options(unknown_ci_is_invalid_certificate=option))
    stranger = lab.server()
    stranger.auth = make_pki(b"another seed").dp_auth(Curve.NIST_P256)
    assert error(lab, stranger) == code


def test_sm_ds_is_authenticated_but_cannot_prepare(lab):
    server = lab.server()
    server.auth = lab.pki.ds_auth(Curve.NIST_P256)
    signature1 = lab.authenticated(server)
    assert lab.card.volatile.session.state is SessionState.AUTHENTICATED_DS
    answer = lab.prepare(server, signature1)
    code = answer.download_response_error.download_error_code
    assert code == es10b.DownloadErrorCode.noSessionContext


@pytest.mark.parametrize(("retry", "accepted"), [(True, True), (False, False)])
def test_use_of_the_challenge_after_a_refusal_follows_the_option(lab_type, retry, accepted):
    lab = lab_type(options=Options(authenticate_retry=retry))
    server, challenge = lab.server(), lab.challenge()
    lab.call(
        server.authenticate_request(challenge, signature=damaged),
        es10b.AuthenticateServerResponse,
    )
    answer = lab.call(server.authenticate_request(challenge), es10b.AuthenticateServerResponse)
    assert (answer.authenticate_response_ok is not None) is accepted


@pytest.mark.parametrize("number", range(5))
def test_request_with_a_missing_part_is_refused(lab, number):
    request = lab.server().authenticate_request(lab.challenge())
    parts = [bytes(one.raw) for one in tlv.parse(request).children()]
    del parts[number]
    assert lab.send(tlv.encode(0xBF38, *parts)) == (b"", 0x6A80)


def test_refusal_leaves_the_state_unchanged(lab):
    before = lab.state
    lab.authenticate(lab.server(), signature=damaged)
    lab.authenticate(lab.server())
    assert lab.state is before
