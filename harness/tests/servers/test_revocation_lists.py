import pytest

from rspcore.crypto.curves import Curve
from rspcore.messages.es10b import LoadCrlRequest
from rspcore.pki.bundle import Credential
from rspcore.pki.crl import Crl
from rspcore.pki.generate import make_pki
from rspharness.record.verdicts import Inconclusive
from rspharness.servers.revocation_lists import load_crl_request, revocation_list

CI = make_pki().ci(Curve.NIST_P256)


def test_list_contains_what_it_was_made_with():
    crl = Crl.from_der(revocation_list(CI, 300, [5, 1 << 62]))
    assert (crl.number, crl.base_number, crl.part, crl.parts) == (300, None, 1, 1)
    assert crl.serial_numbers == {5, 1 << 62}
    assert crl.authority_key_identifier == CI.certificate.subject_key_identifier
    assert crl.signed_by(CI.certificate.public_key)


def test_delta_and_part_are_marked():
    crl = Crl.from_der(revocation_list(CI, 3, base=2, part=(2, 4)))
    assert (crl.base_number, crl.part, crl.parts) == (2, 2, 4)
    assert crl.serial_numbers == frozenset()


def test_request_contains_the_list_without_its_header():
    crl = revocation_list(CI, 1)
    request = LoadCrlRequest.decode(load_crl_request(crl))
    assert crl.endswith(request.crl)


def test_bundle_without_the_key_is_inconclusive():
    with pytest.raises(Inconclusive, match="private key"):
        revocation_list(Credential(CI.certificate), 1)
