import pytest

from rspcore.crypto.curves import Curve
from rspcore.errors import LocalError
from rspcore.pki.certificate import Certificate
from rspcore.pki.roles import Role
from rspcore.pki.verification import CertificateFlaw, server_certificate_flaws
from rspharness.servers.certificate_changes import issued_by, lengthened, on_curve, with_policy


def faults(server, der):
    key = server.pki.ci(server.curve).certificate.public_key
    roles = {Role.DP_AUTH, Role.DS_AUTH}
    return list(server_certificate_flaws(Certificate.from_der(der), roles, key))


@pytest.mark.parametrize("name", ["P-192", "brainpoolP192r1", "P-384"])
def test_key_on_a_foreign_curve_is_the_only_flaw(server, name):
    assert faults(server, server.reissued(on_curve(name))) == [CertificateFlaw.UNSUPPORTED_CURVE]


def test_unknown_curve_is_refused():
    with pytest.raises(LocalError, match="P-192"):
        on_curve("P-191")


def test_policy_alone_is_changed(server):
    changed = server.reissued(with_policy(Role.DP_PB))
    assert faults(server, changed) == [CertificateFlaw.WRONG_ROLE]
    assert Certificate.from_der(changed).public_key == server.auth.certificate.public_key


def test_certificate_with_another_issuer_name_is_sound(server):
    changed = server.reissued(issued_by("Another CI"))
    assert faults(server, changed) == []
    assert Certificate.from_der(changed).issuer.common_name == "Another CI"


def test_longer_certificate_is_sound(server):
    changed = server.reissued(lengthened(600))
    assert faults(server, changed) == []
    assert len(changed) > 1000


@pytest.mark.parametrize(("smds", "role"), [(False, Role.DP_TLS), (True, Role.DS_TLS)])
def test_tls_certificate_is_of_the_server(make_server, smds, role):
    server = make_server(smds=smds, curve=Curve.BRAINPOOL_P256R1)
    assert server.tls.certificate.role is role
    assert server.tls.certificate.registered_id == server.oid
    assert server.tls.private_key.public == server.tls.certificate.public_key
