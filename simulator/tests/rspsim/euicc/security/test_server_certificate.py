"""Every wrong server certificate at AuthenticateServer and PrepareDownload (SGP.22 v2, 4.5.2)."""

import pytest

from rspcore import tlv
from rspcore.messages import es10b
from rspcore.pki.certificate_flaws import FLAWED_VARIANTS, flawed_certificate
from rspcore.pki.roles import Role
from rspcore.pki.verification import CertificateFlaw

# Codes from 5.7.13 and 5.7.5; what is not here is invalidCertificate(1).
AT_AUTHENTICATION = {
    CertificateFlaw.UNSUPPORTED_CURVE: 3,
    CertificateFlaw.WRONG_ROLE: 5,
    CertificateFlaw.UNKNOWN_ISSUER: 7,
}
AT_DOWNLOAD = {CertificateFlaw.UNSUPPORTED_CURVE: 3}
ACCEPTED = {CertificateFlaw.EXPIRED, CertificateFlaw.NOT_YET_VALID}
"""A card has no clock."""


def flaws(*roles):
    chosen = [flaw for flaw in FLAWED_VARIANTS if flaw.roles >= set(roles)]
    return pytest.mark.parametrize("flaw", chosen, ids=lambda flaw: flaw.name)


def replaced(request: bytes, good: bytes, wrong: bytes) -> bytes:
    parts = [bytes(one.raw) for one in tlv.parse(request).children()]
    parts[parts.index(good)] = wrong
    return tlv.encode(tlv.parse(request).tag, *parts)


@flaws(Role.DP_AUTH, Role.DS_AUTH)
@pytest.mark.parametrize("role", [Role.DP_AUTH, Role.DS_AUTH], ids=["dp", "ds"])
def test_wrong_certificate_does_not_authenticate(lab, role, flaw):
    server = lab.server()
    if role is Role.DS_AUTH:
        server.auth = lab.pki.ds_auth(server.curve)
    good = server.auth.certificate.der
    wrong = flawed_certificate(lab.pki, flaw, server.auth)
    request = replaced(server.authenticate_request(lab.challenge()), good, wrong)
    answer = lab.call(request, es10b.AuthenticateServerResponse)
    if flaw.found in ACCEPTED:
        assert answer.authenticate_response_ok is not None
        return
    code = answer.authenticate_response_error.authenticate_error_code
    assert code == AT_AUTHENTICATION.get(flaw.found, 1)


@flaws(Role.DP_PB)
def test_wrong_certificate_does_not_prepare_a_download(lab, flaw):
    server = lab.server()
    good = server.pb.certificate.der
    wrong = flawed_certificate(lab.pki, flaw, server.pb)
    request = replaced(server.download_request(lab.authenticated(server)), good, wrong)
    answer = lab.call(request, es10b.PrepareDownloadResponse)
    if flaw.found in ACCEPTED:
        assert answer.download_response_ok is not None
        return
    code = answer.download_response_error.download_error_code
    assert code == AT_DOWNLOAD.get(flaw.found, 1)
