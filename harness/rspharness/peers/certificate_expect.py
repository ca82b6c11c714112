"""What a card or an LPA checks of the certificates and signatures of a server."""

from datetime import UTC, datetime

from rspcore.pki.bundle import Pki
from rspcore.pki.certificate import Certificate
from rspcore.pki.roles import Role
from rspcore.pki.verification import server_certificate_flaws, tls_certificate_flaws
from rspharness.record.verdicts import ExpectationError

__all__ = ["of_server", "of_tls", "signed"]


def signed(certificate: Certificate, signature: bytes, data: bytes) -> None:
    """Requires a signature to verify.

    Args:
        certificate: Certificate with the key.
        signature: r and s, 64 octets.
        data: What is signed.

    Raises:
        ExpectationError: it does not.
    """
    key = certificate.public_key
    if key is None or not key.verify(signature, data):
        raise ExpectationError("a signature that verifies", "one that does not")


def _issuer(certificate: Certificate, pki: Pki) -> Certificate:
    named = certificate.authority_key_identifier
    cis = [pki.ci(curve).certificate for curve in pki.curves]
    for ci in cis:
        if ci.subject_key_identifier == named:
            return ci
    shown = "none" if named is None else named.hex().upper()
    raise ExpectationError("a certificate under a CI of the run", f"issuer {shown}")


def of_server(certificate: Certificate, role: Role, pki: Pki) -> None:
    """Requires CERT.DPauth, CERT.DPpb or CERT.DSauth to be good (SGP.22 v2, 4.5.2).

    Raises:
        ExpectationError: it is not; the first flaw is named.
    """
    now = datetime.now(UTC)  # noqa: TID251  a certificate is held against the real clock
    key = _issuer(certificate, pki).public_key
    assert key is not None  # noqa: S101  the CIs of a run have usable keys
    flaw = next(server_certificate_flaws(certificate, (role,), key), None)
    if flaw is not None:
        raise ExpectationError(f"a good certificate of role {role.name}", str(flaw))
    if not certificate.not_before <= now <= certificate.not_after:
        dates = f"{certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d}"
        raise ExpectationError("a certificate that is valid now", dates)


def of_tls(certificate: Certificate, role: Role, pki: Pki, host: str) -> list[str]:
    """Returns the flaws of a TLS certificate, by their names."""
    now = datetime.now(UTC)  # noqa: TID251  as above
    issuer = _issuer(certificate, pki)
    return [str(flaw) for flaw in tls_certificate_flaws(certificate, (role,), issuer, now, host)]
