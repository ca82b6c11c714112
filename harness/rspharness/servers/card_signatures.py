"""Checks of what the card signed, as a server makes them, independent of the card's code.

Source: SGP.22 v2, 5.7.5, 5.7.13, 5.7.14, 2.5.6; chains 4.5.2.
"""

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.messages.es10b import (
    AuthenticateServerResponse,
    CancelSessionResponse,
    GetEuiccInfo2Request,
    PrepareDownloadResponse,
)
from rspcore.messages.notifications import OtherSignedNotification, ProfileInstallationResult
from rspcore.pki.bundle import Pki
from rspcore.pki.certificate import Certificate
from rspcore.pki.verification import check_euicc_certificate, check_eum_certificate
from rspcore.tags import Tag
from rspharness.card import expect, tlv_edit
from rspharness.record.verdicts import ExpectationError
from rspharness.servers.rsp_session import Session, SessionServer

__all__ = [
    "verify_authentication",
    "verify_cancellation",
    "verify_chain",
    "verify_notification",
    "verify_pir",
    "verify_preparation",
]


def _received(response: object, name: str) -> bytes:
    raw = getattr(response, "raw", None)
    if not isinstance(raw, bytes):
        raise ExpectationError(f"{name} as received", "a value made here")
    return raw


def verify_authentication(session: Session, response: AuthenticateServerResponse) -> None:
    """Requires a sound authenticateResponseOk: echoed fields, EUICCInfo2, signature, chain.

    The chain has to end at the CI that euiccCiPKIdToBeUsed named.

    Raises:
        ExpectationError: something does not fit.
    """
    expect.ok(response)
    raw = _received(response, "authenticateResponseOk")
    signed = tlv_edit.at(raw, 0xA0, Tag.Sequence)
    session.authentication = response
    value = response.authenticate_response_ok.euicc_signed1  # type: ignore[union-attr]
    expect.equal(value.transaction_id, session.transaction_id, "transactionId")
    expect.equal(value.server_address, session.server_address, "serverAddress")
    expect.equal(value.server_challenge, session.server_challenge, "serverChallenge")
    expect.equal(value.ctx_params1, session.ctx_params1, "ctxParams1")
    now = session.card.send(GetEuiccInfo2Request()).encode()
    expect.equal(tlv_edit.at(signed, Tag.GetEuiccInfo2), now, "euiccInfo2")
    issuer = session.eum_certificate.authority_key_identifier
    expect.equal(issuer, session.ci_pkid, "CI key of the card's chain")
    verify_chain(session.server, session.eum_certificate, session.euicc_certificate)
    expect.signature(session.euicc_key, session.euicc_signature1, signed, "euiccSignature1")


def verify_chain(server: SessionServer, eum: Certificate, euicc: Certificate) -> None:
    """Requires CERT.EUM under a CI of the run and CERT.EUICC under CERT.EUM.

    Raises:
        ExpectationError: a certificate is not sound; the fault is named.
    """
    ci = _issuer(server.pki, eum)
    for name, fault in (
        ("CERT.EUM", check_eum_certificate(eum, ci, server.now)),
        ("CERT.EUICC", check_euicc_certificate(euicc, eum, server.now)),
    ):
        if fault is not None:
            raise ExpectationError("a sound certificate", str(fault), about=name)


def _issuer(pki: Pki, eum: Certificate) -> Certificate:
    for curve in pki.curves:
        ci = pki.ci(curve).certificate
        if ci.subject_key_identifier == eum.authority_key_identifier:
            return ci
    raise ExpectationError("CERT.EUM under a CI of the run", f"{eum!r} under another")


def verify_preparation(session: Session, response: PrepareDownloadResponse) -> None:
    """Requires a sound downloadResponseOk: transactionId, a key on the curve, hashCc, signature.

    Raises:
        ExpectationError: something does not fit.
    """
    expect.ok(response)
    raw = _received(response, "downloadResponseOk")
    signed = tlv_edit.at(raw, 0xA0, Tag.Sequence)
    ok = response.download_response_ok
    if ok is None:
        raise ExpectationError("downloadResponseOk", "none")
    expect.equal(ok.euicc_signed2.transaction_id, session.transaction_id, "transactionId")
    expect.equal(ok.euicc_signed2.hash_cc, session.hash_cc, "hashCc")
    expect.point(session.server.curve, ok.euicc_signed2.euicc_otpk, "euiccOtpk")
    data = signed + tlv.encode(Tag.Signature, session.smdp_signature2)
    expect.signature(session.euicc_key, ok.euicc_signature2, data, "euiccSignature2")


def verify_cancellation(session: Session, response: CancelSessionResponse, reason: int) -> None:
    """Requires a sound cancelSessionResponseOk: transactionId, smdpOid, reason, signature.

    Raises:
        ExpectationError: something does not fit.
    """
    expect.ok(response)
    raw = _received(response, "cancelSessionResponseOk")
    ok = response.cancel_session_response_ok
    if ok is None:
        raise ExpectationError("cancelSessionResponseOk", "none")
    signed = ok.euicc_cancel_session_signed
    expect.equal(signed.transaction_id, session.transaction_id, "transactionId")
    expect.equal(signed.smdp_oid, session.server.oid, "smdpOid")
    expect.equal(int(signed.reason), int(reason), "reason")
    expect.signature(
        session.euicc_key,
        ok.euicc_cancel_session_signature,
        tlv_edit.at(raw, 0xA0, Tag.Sequence),
        "euiccCancelSessionSignature",
    )


def verify_pir(session: Session, pir: ProfileInstallationResult | None) -> None:
    """Requires a sound ProfileInstallationResult, success or error: fields and signature.

    Raises:
        ExpectationError: none came, or something does not fit.
    """
    if pir is None:
        raise ExpectationError("a ProfileInstallationResult", "none")
    raw = _received(pir, "ProfileInstallationResult")
    expect.equal(pir.data.transaction_id, session.transaction_id, "transactionId")
    expect.equal(pir.data.smdp_oid, session.server.oid, "smdpOid")
    about = pir.data.notification_metadata
    expect.equal(about.notification_address, session.server_address, "notificationAddress")
    expect.equal(about.profile_management_operation, frozenset({0}), "the event")
    data = tlv_edit.at(raw, Tag.ProfileInstallationResultData)
    expect.signature(session.euicc_key, pir.euicc_sign_pir, data, "euiccSignPIR")


def verify_notification(server: SessionServer, octets: bytes) -> OtherSignedNotification:
    """Requires a sound OtherSignedNotification (30): chain and signature; returns it.

    Raises:
        ExpectationError: it cannot be read, or something does not fit.
    """
    try:
        one = OtherSignedNotification.decode(octets)
        euicc = Certificate.from_der(one.euicc_certificate)
        eum = Certificate.from_der(one.eum_certificate)
    except DecodeError as error:
        raise ExpectationError("an OtherSignedNotification", str(error)) from error
    verify_chain(server, eum, euicc)
    key = euicc.public_key
    if key is None:
        raise ExpectationError("CERT.EUICC on a known curve", "another key")
    signed = tlv_edit.at(octets, Tag.NotificationMetadata)
    expect.signature(key, one.euicc_notification_signature, signed, "euiccNotificationSignature")
    return one
