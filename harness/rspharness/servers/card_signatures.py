"""Checks of what the card signed, as a server makes them, independent of the card's code.

What all signed answers of a card share (its chain, its signatures, EUICCInfo2) fails the
requirements that own it; in other cases it is a note, and their own matter is judged.

Source: SGP.22 v2, 5.7.5, 5.7.13, 5.7.14, 2.5.6; chains 4.5.2.
"""

from typing import Final

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
from rspcore.pki.verification import (
    CertificateFlaw,
    euicc_certificate_flaws,
    eum_certificate_flaws,
)
from rspcore.tags import Tag
from rspharness.card import expect, tlv_edit
from rspharness.card.card_under_test import Card
from rspharness.card.steady_answers import steady
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

_CHAIN: Final = ("procedure.Certificates#01", "ES10b.RetrieveNotificationsList#12")
_RANGE: Final = ("procedure.Certificates#02",)
_FLAWS: Final = {
    CertificateFlaw.EID_CHECK_DIGITS: ("ES10c.GetEID#02",),
    CertificateFlaw.NAME_CONSTRAINTS: _RANGE,
    CertificateFlaw.EID: _RANGE,
}
"""Flaws of a chain that are the matter of another requirement than the chain itself."""
_INFO2: Final = ("ES10b.GetEUICCInfo2#27",)
_SIGNATURE1: Final = (
    *(f"ES10b.AuthenticateServer#{number:02}" for number in range(1, 8)),
    "procedure.Certificates#03",
)
_CI_USED: Final = (*_SIGNATURE1, "ES10b.AuthenticateServer#54", "procedure.Certificates#01")
_SIGNATURE2: Final = tuple(f"ES10b.PrepareDownload#{number:02}" for number in (1, 3, 5))
_CANCELLATION: Final = tuple(f"ES10b.CancelSession#{number:02}" for number in (1, 23, 34))
_RESULT: Final = (
    "ES10b.RetrieveNotificationsList#11",
    *(f"ES10b.LoadBoundProfilePackage#{number:02}" for number in (1, 2, 3, 9)),
    "procedure.Download#04",
)
_RESULT_SERVER: Final = ("ES10b.LoadBoundProfilePackage#06",)
_RESULT_METADATA: Final = ("ES10b.LoadBoundProfilePackage#05",)
_NOTIFICATION: Final = (
    "ES10b.RetrieveNotificationsList#10",
    "ES10b.RetrieveNotificationsList#17",
    "procedure.Notifications#04",
    "procedure.PowerLoss#10",
)


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
    card = session.card
    with card.owned_by(*_INFO2):
        now = card.answered(GetEuiccInfo2Request().encode()).data
        expect.equal(
            steady(tlv_edit.at(signed, Tag.GetEuiccInfo2)),
            steady(now),
            "euiccInfo2, free volatile memory apart",
        )
    eum, euicc = _certificates(session)
    if eum is not None:
        with card.owned_by(*_CI_USED):
            issuer = eum.authority_key_identifier
            expect.equal(issuer, session.ci_pkid, "CI key of the card's chain")
        if euicc is not None:
            verify_chain(card, session.server, eum, euicc)
    with card.owned_by(*_SIGNATURE1):
        expect.signature(session.euicc_key, session.euicc_signature1, signed, "euiccSignature1")


def _certificates(session: Session) -> tuple[Certificate | None, Certificate | None]:
    """Returns CERT.EUM and CERT.EUICC, None for one that cannot be read."""
    eum = euicc = None
    with session.card.owned_by(*_CHAIN):
        eum = session.eum_certificate
    with session.card.owned_by(*_CHAIN):
        euicc = session.euicc_certificate
    return eum, euicc


def verify_chain(card: Card, server: SessionServer, eum: Certificate, euicc: Certificate) -> None:
    """Requires CERT.EUM under a CI of the run and CERT.EUICC under CERT.EUM.

    Check digits and range of the EID are requirements of their own.

    Raises:
        ExpectationError: a certificate is not sound, and the case is about that; the flaw is named.
    """
    ci = None
    with card.owned_by(*_CHAIN):
        ci = _issuer(server.pki, eum)
    if ci is None:
        return
    flaws = [("CERT.EUM", flaw) for flaw in eum_certificate_flaws(eum, ci, server.now)]
    flaws += [("CERT.EUICC", flaw) for flaw in euicc_certificate_flaws(euicc, eum, server.now)]
    for name, flaw in flaws:
        with card.owned_by(*_owners(flaw, euicc)):
            raise ExpectationError("a sound certificate", str(flaw), about=name)


def _owners(flaw: CertificateFlaw, euicc: Certificate) -> tuple[str, ...]:
    """Returns the rows that own a flaw; a certificate without EID is none of the range."""
    if flaw is CertificateFlaw.EID and euicc.eid is None:
        return _CHAIN
    return _FLAWS.get(flaw, _CHAIN)


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
    with session.card.owned_by(*_SIGNATURE2):
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
    data = tlv_edit.at(raw, 0xA0, Tag.Sequence)
    signature = ok.euicc_cancel_session_signature
    with session.card.owned_by(*_CANCELLATION):
        expect.signature(session.euicc_key, signature, data, "euiccCancelSessionSignature")


def verify_pir(session: Session, pir: ProfileInstallationResult | None) -> None:
    """Requires a sound ProfileInstallationResult, success or error: fields and signature.

    Raises:
        ExpectationError: none came, or something does not fit.
    """
    if pir is None:
        raise ExpectationError("a ProfileInstallationResult", "none")
    raw = _received(pir, "ProfileInstallationResult")
    card = session.card
    with card.owned_by(*_RESULT_SERVER):
        expect.equal(pir.data.transaction_id, session.transaction_id, "transactionId")
        expect.equal(pir.data.smdp_oid, session.server.oid, "smdpOid")
    about = pir.data.notification_metadata
    with card.owned_by(*_RESULT_METADATA):
        expect.equal(about.notification_address, session.server_address, "notificationAddress")
        expect.equal(about.profile_management_operation, frozenset({0}), "the event")
    data = tlv_edit.at(raw, Tag.ProfileInstallationResultData)
    with card.owned_by(*_RESULT):
        expect.signature(session.euicc_key, pir.euicc_sign_pir, data, "euiccSignPIR")


def verify_notification(
    card: Card, server: SessionServer, octets: bytes
) -> OtherSignedNotification:
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
    verify_chain(card, server, eum, euicc)
    signed = tlv_edit.at(octets, Tag.NotificationMetadata)
    signature = one.euicc_notification_signature
    with card.owned_by(*_NOTIFICATION):
        key = euicc.public_key
        if key is None:
            raise ExpectationError("CERT.EUICC on a known curve", "another key")
        expect.signature(key, signature, signed, "euiccNotificationSignature")
    return one
