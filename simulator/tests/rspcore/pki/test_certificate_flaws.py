from datetime import UTC, datetime

import pytest

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, DecodeError, LocalError
from rspcore.pki import verification
from rspcore.pki.bundle import Credential, Pki
from rspcore.pki.certificate import Certificate
from rspcore.pki.certificate_flaws import FLAWED_VARIANTS, FlawedVariant, flawed_certificate
from rspcore.pki.generate import issue_tls, make_pki
from rspcore.pki.roles import Role
from rspcore.pki.verification import CertificateFlaw

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOST = "dp.example"
PKI = make_pki()
WITHOUT_CLOCK = {CertificateFlaw.EXPIRED, CertificateFlaw.NOT_YET_VALID}


def good(role: Role, curve: Curve) -> Credential:
    if role.is_tls:
        return issue_tls(PKI, curve, [HOST], NOW, role=role)
    return PKI.all(role, curve)[0]


def first_flaw(der: bytes, role: Role) -> CertificateFlaw | None:
    """Checks as the verifier of this role does, its issuer found by key identifier."""
    try:
        one = Certificate.from_der(der)
    except DecodeError:
        return CertificateFlaw.MALFORMED
    named = one.authority_key_identifier
    curve = one.curve or Curve.NIST_P256
    issuer = PKI.eum(curve).certificate if role is Role.EUICC else PKI.ci(curve).certificate
    for root in (PKI.ci(c).certificate for c in PKI.curves):
        if root.subject_key_identifier == named:
            issuer = root
    if role is Role.EUM:
        return verification.check_eum_certificate(one, issuer, NOW)
    if role is Role.EUICC:
        return verification.check_euicc_certificate(one, issuer, NOW)
    if role.is_tls:
        return verification.check_tls_certificate(one, {role}, issuer, NOW, HOST)
    if named is not None and named != issuer.subject_key_identifier:
        return CertificateFlaw.UNKNOWN_ISSUER
    assert issuer.public_key is not None
    return verification.check_server_certificate(one, {role}, issuer.public_key)


CASES = [
    pytest.param(flaw, role, curve, id=f"{flaw.name}-{role}-{curve}")
    for flaw in FLAWED_VARIANTS
    for role in sorted(flaw.roles, key=str)
    for curve in Curve
]


@pytest.mark.parametrize(("flaw", "role", "curve"), CASES)
def test_flawed_certificate_is_refused_for_its_flaw(flaw: FlawedVariant, role: Role, curve: Curve):
    start = good(role, curve)
    assert first_flaw(start.certificate.der, role) is None
    expected: CertificateFlaw | None = flaw.found
    if flaw.found in WITHOUT_CLOCK and role in {Role.DP_AUTH, Role.DP_PB, Role.DS_AUTH}:
        expected = None
    assert first_flaw(flawed_certificate(PKI, flaw, start), role) is expected


def test_names_of_flaws_are_unique():
    assert len({flaw.name for flaw in FLAWED_VARIANTS}) == len(FLAWED_VARIANTS)


def test_key_of_a_flawed_certificate_is_that_of_the_good_one():
    flaw = next(flaw for flaw in FLAWED_VARIANTS if flaw.name == "key_agreement")
    start = good(Role.DP_AUTH, Curve.NIST_P256)
    made = Certificate.from_der(flawed_certificate(PKI, flaw, start))
    assert made.public_key == start.private_key.public


def test_flaw_for_another_role_is_a_misuse():
    flaw = next(flaw for flaw in FLAWED_VARIANTS if flaw.name == "eid_out_of_range")
    with pytest.raises(LocalError, match=r"not for CERT\.DPauth"):
        flawed_certificate(PKI, flaw, good(Role.DP_AUTH, Curve.NIST_P256))


def test_bundle_without_the_issuer_key_cannot_make_flawed_certificates():
    bare = Pki(tuple(Credential(one.certificate) for one in PKI.credentials))
    with pytest.raises(ConfigError, match="no private key"):
        flawed_certificate(bare, FLAWED_VARIANTS[0], good(Role.DP_AUTH, Curve.NIST_P256))


def test_bundle_of_one_curve_has_no_other_root():
    single = make_pki(curves=(Curve.NIST_P256,))
    flaw = next(flaw for flaw in FLAWED_VARIANTS if flaw.name == "under_other_root")
    with pytest.raises(LocalError, match="only one curve"):
        flawed_certificate(single, flaw, single.dp_auth(Curve.NIST_P256))
