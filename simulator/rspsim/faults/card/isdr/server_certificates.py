"""Faults of ES10b.AuthenticateServer: server certificates wrongly accepted or refused.

Faults of CERT.DPpb are in `prepare_download`.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from rspcore.crypto.curves import Curve
from rspcore.messages.es10b import AuthenticateErrorCode
from rspcore.pki.certificate import Certificate
from rspcore.pki.verification import CertificateFlaw
from rspsim.euicc.decisions import Check, Decisions
from rspsim.euicc.isdr.es10b import authenticate_server
from rspsim.euicc.isdr.es10b.authenticate_server import AuthenticationAttempt
from rspsim.faults.card.card_fault import CardFault, adds, answers, decides, skip, together

__all__ = ["FAULTS"]

_E = AuthenticateErrorCode
_CHECKS = authenticate_server.CHECKS
_TODAY = datetime(2026, 1, 1, tzinfo=UTC)


def _in_time(attempt: AuthenticationAttempt) -> bool:
    certificate = attempt.presented.certificate
    return certificate is None or certificate.not_before <= _TODAY <= certificate.not_after


def _issuer_named(attempt: AuthenticationAttempt) -> bool:
    certificate = attempt.presented.certificate
    for credential in attempt.view.state.credentials:
        if certificate is not None and credential.ci_pkid == attempt.presented.ci_pkid:
            ci = Certificate.from_der(credential.ci_certificate)
            return certificate.issuer == ci.subject
    return True


def _own_key_verifies(attempt: AuthenticationAttempt) -> bool:
    certificate = attempt.presented.certificate
    key = None if certificate is None else certificate.public_key
    if certificate is not None and key is not None and certificate.signed_by(key):
        return True
    return CertificateFlaw.BAD_SIGNATURE not in attempt.presented.flaws


def _foreign_curve_passes(decisions: Decisions) -> Decisions:
    """Returns decisions by which a server with a key on a foreign curve passes every check."""

    def passing(check: Check[AuthenticationAttempt]) -> Check[AuthenticationAttempt]:
        return replace(check, holds=lambda a: not a.presented.curve_supported or check.holds(a))

    checks = decisions[_CHECKS]
    return decisions.having(_CHECKS, tuple(map(passing, checks)))


FAULTS: Final = (
    CardFault(
        "es10b.authenticate-server.own-key-verifies",
        "A CERT.DPauth that its own key has signed is taken as signed by the CI.",
        ("ES10b.AuthenticateServer#93",),
        decides(_CHECKS, "certificate_bad_signature", _own_key_verifies),
        Curve.NIST_P256,
    ),
    CardFault(
        "es10b.authenticate-server.own-key-of-any-curve-verifies",
        "A CERT.DPauth that its own key has signed is accepted on any curve the card knows.",
        ("ES10b.AuthenticateServer#93", "ES10b.AuthenticateServer#94"),
        together(
            decides(_CHECKS, "certificate_bad_signature", _own_key_verifies),
            skip(_CHECKS, "certificate_curve_mismatch"),
        ),
    ),
    CardFault(
        "es10b.authenticate-server.foreign-curve-passes",
        "A server with a key on a curve the card does not know is authenticated unverified.",
        (
            "ES10b.AuthenticateServer#50",
            "ES10b.AuthenticateServer#51",
            "ES10b.AuthenticateServer#52",
            "ES10b.AuthenticateServer#92",
        ),
        _foreign_curve_passes,
    ),
    CardFault(
        "es10b.authenticate-server.any-certificate-signature",
        "The signature of CERT.DPauth and CERT.DSauth is not verified.",
        (
            "ES10b.AuthenticateServer#38",
            "ES10b.AuthenticateServer#47",
            "Tamper.AuthenticateServer#03",
        ),
        skip(_CHECKS, "certificate_bad_signature"),
    ),
    CardFault(
        "es10b.authenticate-server.any-key-usage",
        "keyUsage of the server's certificate is not checked.",
        (
            "ES10b.AuthenticateServer#40",
            "ES10b.AuthenticateServer#41",
            "ES10b.AuthenticateServer#48",
        ),
        skip(_CHECKS, "certificate_key_usage"),
    ),
    CardFault(
        "es10b.authenticate-server.no-registered-id",
        "A server without registeredID is authenticated.",
        ("ES10b.AuthenticateServer#83",),
        skip(_CHECKS, "certificate_missing_registered_id"),
    ),
    CardFault(
        "es10b.authenticate-server.any-extension",
        "Unknown critical extensions of the server's certificate are ignored.",
        ("ES10b.AuthenticateServer#84",),
        skip(_CHECKS, "certificate_unknown_critical_extension"),
    ),
    CardFault(
        "es10b.authenticate-server.dates",
        "The validity dates of the server's certificate are checked.",
        ("ES10b.AuthenticateServer#39",),
        adds(_CHECKS, Check("in_time", _in_time, _E.invalidCertificate)),
    ),
    CardFault(
        "es10b.authenticate-server.issuer-name",
        "An issuer name other than the CI's name is answered undefinedError(127).",
        ("ES10b.AuthenticateServer#43",),
        adds(_CHECKS, Check("issuer_name", _issuer_named, _E.undefinedError)),
    ),
    CardFault(
        "es10b.authenticate-server.short-certificates",
        "A certificate of more than 700 octets is refused.",
        ("ES10b.AuthenticateServer#22",),
        adds(
            _CHECKS,
            Check("length", lambda a: len(a.presented.der) <= 700, _E.invalidCertificate),
        ),
    ),
    CardFault(
        "es10b.authenticate-server.any-ci",
        "A server under a CI that the card does not have is authenticated.",
        ("ES10b.AuthenticateServer#42", "procedure.Certificates#04"),
        skip(_CHECKS, "ci_known", "ci_known_or_invalid"),
    ),
    CardFault(
        "es10b.authenticate-server.unknown-ci-invalid",
        "A server under an unknown CI is answered undefinedError(127).",
        ("ES10b.AuthenticateServer#42", "procedure.Certificates#04"),
        answers(_CHECKS, "ci_known", _E.undefinedError),
    ),
    CardFault(
        "es10b.authenticate-server.curve-invalid",
        "A certificate on an unsupported curve is answered invalidCertificate.",
        (
            "ES10b.AuthenticateServer#50",
            "ES10b.AuthenticateServer#51",
            "ES10b.AuthenticateServer#52",
        ),
        answers(_CHECKS, "curve_supported", _E.invalidCertificate),
    ),
    CardFault(
        "es10b.authenticate-server.any-role",
        "A server with a certificate of another role is authenticated.",
        ("ES10b.AuthenticateServer#44",),
        skip(_CHECKS, "server_role"),
    ),
    CardFault(
        "es10b.authenticate-server.role-undefined",
        "A certificate of another role is answered undefinedError(127).",
        ("ES10b.AuthenticateServer#44",),
        answers(_CHECKS, "server_role", _E.undefinedError),
    ),
    CardFault(
        "es10b.authenticate-server.any-certificate",
        "A server with any certificate under the CI is authenticated.",
        (
            "ES10b.AuthenticateServer#41",
            "ES10b.AuthenticateServer#44",
            "ES10b.AuthenticateServer#45",
            "ES10b.AuthenticateServer#46",
            "ES10b.AuthenticateServer#49",
        ),
        skip(
            _CHECKS,
            "server_role",
            "certificate_key_usage",
            "certificate_basic_constraints",
            "certificate_extended_key_usage",
            "certificate_unknown_critical_extension",
            "certificate_path_length",
            "certificate_name_constraints",
        ),
    ),
)
