"""Faults that show on brainpoolP256r1 alone.

Firmware has one routine for each curve, and the tests of it often run on NIST P-256 only.
"""

from typing import Any, Final

from rspcore.crypto.curves import Curve
from rspcore.crypto.keys import PublicKey
from rspsim.euicc.decisions import Checks, Decision
from rspsim.euicc.isdr.es10b import authenticate_server, load_crl, prepare_download
from rspsim.euicc.isdr.es10b.load_crl import CrlAttempt
from rspsim.euicc.load.es8p import initialise_secure_channel
from rspsim.euicc.security import ecasd
from rspsim.euicc.security.server_certificate import WithCertificate
from rspsim.faults.card.card_fault import CardFault, Change, decides

__all__ = ["FAULTS"]

_BRAINPOOL: Final = Curve.BRAINPOOL_P256R1


def _any_on_brainpool(key: PublicKey, signature: bytes, data: bytes) -> bool:
    return key.curve is _BRAINPOOL or key.verify(signature, data)


def _on_brainpool(subject: WithCertificate) -> bool:
    ci_key = subject.presented.ci_key
    return ci_key is not None and ci_key.curve is _BRAINPOOL


def _crl_on_brainpool(attempt: CrlAttempt) -> bool:
    key = ecasd.ci_key(attempt.view.state, attempt.ci_pkid)
    return key is not None and key.curve is _BRAINPOOL


def _verifying_any(decision: Decision[Any]) -> Change:
    return lambda decisions: decisions.having(decision, _any_on_brainpool)


def _passing(table: Decision[Checks[Any]], name: str) -> Change:
    """Returns a change that passes a check of a certificate under a CI on brainpoolP256r1."""
    plain = next(check for check in table.standard if check.name == name)

    def holds(subject: WithCertificate) -> bool:
        return _on_brainpool(subject) or plain.holds(subject)

    return decides(table, name, holds)


def _crl_signed(attempt: CrlAttempt) -> bool:
    return _crl_on_brainpool(attempt) or attempt.signature_fits


FAULTS: Final = (
    CardFault(
        "one-curve.authenticate-server.any-signature",
        "serverSignature1 is not verified when it is on brainpoolP256r1.",
        (
            "ES10b.AuthenticateServer#32",
            "ES10b.AuthenticateServer#33",
            "ES10b.AuthenticateServer#34",
            "ES10b.AuthenticateServer#87",
            "Tamper.AuthenticateServer#01",
            "Tamper.AuthenticateServer#02",
        ),
        _verifying_any(authenticate_server.VERIFIES),
        _BRAINPOOL,
    ),
    CardFault(
        "one-curve.authenticate-server.any-certificate-signature",
        "The signature of CERT.DPauth is not verified when its CI is on brainpoolP256r1.",
        (
            "ES10b.AuthenticateServer#38",
            "ES10b.AuthenticateServer#47",
            "Tamper.AuthenticateServer#03",
        ),
        _passing(authenticate_server.CHECKS, "certificate_bad_signature"),
        _BRAINPOOL,
    ),
    CardFault(
        "one-curve.authenticate-server.any-key-usage",
        "keyUsage of CERT.DPauth is not checked when its CI is on brainpoolP256r1.",
        (
            "ES10b.AuthenticateServer#40",
            "ES10b.AuthenticateServer#41",
            "ES10b.AuthenticateServer#48",
        ),
        _passing(authenticate_server.CHECKS, "certificate_key_usage"),
        _BRAINPOOL,
    ),
    CardFault(
        "one-curve.prepare-download.any-signature",
        "smdpSignature2 is not verified when it is on brainpoolP256r1.",
        (
            "ES10b.PrepareDownload#13",
            "ES10b.PrepareDownload#14",
            "Tamper.PrepareDownload#01",
            "Tamper.PrepareDownload#02",
        ),
        _verifying_any(prepare_download.VERIFIES),
        _BRAINPOOL,
    ),
    CardFault(
        "one-curve.prepare-download.any-certificate-signature",
        "The signature of CERT.DPpb is not verified when its CI is on brainpoolP256r1.",
        (
            "ES10b.PrepareDownload#21",
            "ES10b.PrepareDownload#37",
            "Tamper.PrepareDownload#03",
        ),
        _passing(prepare_download.CHECKS, "certificate_bad_signature"),
        _BRAINPOOL,
    ),
    CardFault(
        "one-curve.initialise-secure-channel.any-signature",
        "smdpSign is not verified when it is on brainpoolP256r1.",
        (
            "ES8+.InitialiseSecureChannel#06",
            "ES8+.InitialiseSecureChannel#15",
            "ES8+.InitialiseSecureChannel#16",
            "Tamper.LoadBoundProfilePackage#01",
        ),
        _verifying_any(initialise_secure_channel.VERIFIES),
        _BRAINPOOL,
    ),
    CardFault(
        "one-curve.load-crl.any-signature",
        "The signature of a CRL of a CI on brainpoolP256r1 is not verified.",
        ("ES10b.LoadCRL#05",),
        decides(load_crl.CHECKS, "signature", _crl_signed),
        _BRAINPOOL,
    ),
)
