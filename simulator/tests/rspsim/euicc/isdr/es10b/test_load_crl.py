"""ES10b.LoadCRL: lists, parts, deltas, and what they do to a server (SGP.22 v2, 5.7.12)."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.messages import es10b
from rspcore.pki.generate import make_pki

E = es10b.LoadCrlErrorCode
NOW = datetime(2025, 1, 1, tzinfo=UTC)
CI = make_pki().ci(Curve.NIST_P256)


def crl(number=1, serials=(), *, ci=CI, base=None, part=None) -> bytes:
    """Makes a CRL of the test CI; part is (number of the part, how many there are)."""
    key = serialization.load_pem_private_key(ci.private_key.to_pem(), None)
    pkid = ci.certificate.subject_key_identifier
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test CI")])
    builder = x509.CertificateRevocationListBuilder(
        issuer_name=name, last_update=NOW, next_update=NOW
    ).add_extension(x509.AuthorityKeyIdentifier(pkid, None, None), critical=False)
    if number is not None:
        builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    if base is not None:
        builder = builder.add_extension(x509.DeltaCRLIndicator(base), critical=True)
    for arc, number_of in zip(("3", "2"), part or (), strict=False):
        oid = x509.ObjectIdentifier(f"2.23.146.1.2.0.{arc}")
        coded = x509.UnrecognizedExtension(oid, tlv.encode(0x02, bytes((number_of,))))
        builder = builder.add_extension(coded, critical=False)
    for serial in serials:
        entry = x509.RevokedCertificateBuilder(serial, NOW)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def load(lab, octets: bytes) -> int | tuple[int, ...]:
    """Loads a CRL; returns the error code, or the parts still missing."""
    answer = lab.call(tlv.encode(0xBF35, octets), es10b.LoadCrlResponse)
    if answer.load_crl_response_ok is None:
        return answer.load_crl_response_error
    return answer.load_crl_response_ok.missing_parts or ()


def refused(lab) -> bool:
    answer = lab.authenticate(lab.server()).authenticate_response_error
    return answer is not None and answer.authenticate_error_code == 1


def serial_of(lab) -> int:
    return lab.server().auth.certificate.serial_number


def test_listed_certificate_is_refused_from_then_on(lab):
    assert not refused(lab)
    assert load(lab, crl(1, [serial_of(lab)])) == ()
    assert refused(lab)
    lab.reboot()
    assert refused(lab)


def test_listed_dppb_is_refused_at_prepare_download(lab):
    server = lab.server()
    assert load(lab, crl(1, [server.pb.certificate.serial_number])) == ()
    answer = lab.prepare(server, lab.authenticated(server))
    assert answer.download_response_error.download_error_code == 1


def test_list_in_either_coding_is_accepted(lab):
    one = tlv.parse(crl(1, [serial_of(lab)]))
    assert load(lab, tlv.encode(0xA0, one.value)) == ()
    assert refused(lab)


def test_newer_list_replaces_the_older(lab):
    load(lab, crl(1, [serial_of(lab)]))
    assert load(lab, crl(2)) == ()
    assert not refused(lab)
    assert load(lab, crl(1, [serial_of(lab)])) == E.fresherCrlAlreadyLoaded


def test_parts_are_counted_until_all_are_there(lab):
    assert load(lab, crl(5, part=(2, 3))) == E.baseCrlMissing
    assert load(lab, crl(5, part=(1, 3))) == (2, 3)
    assert load(lab, crl(5, [serial_of(lab)], part=(3, 3))) == (2,)
    assert load(lab, crl(5, part=(2, 3))) == ()
    assert refused(lab)


def test_delta_needs_its_base(lab):
    assert load(lab, crl(2, [serial_of(lab)], base=1)) == E.baseCrlMissing
    load(lab, crl(1))
    assert load(lab, crl(2, [serial_of(lab)], base=1)) == ()
    assert refused(lab)


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"\x30\x03\x02\x01\x01", E.invalidCRLFormat),
        (b"", E.invalidCRLFormat),
        (crl(None), E.invalidCRLFormat),
        (crl(1, part=(4, 3)), E.invalidCRLFormat),
        (crl(1, ci=make_pki(b"other").ci(Curve.NIST_P256)), E.verificationKeyNotFound),
        (crl(1)[:-1] + bytes((crl(1)[-1] ^ 1,)), E.invalidSignature),
    ],
    ids=["no list", "nothing", "no number", "part out of range", "unknown ci", "signature"],
)
def test_wrong_list_is_refused_and_not_kept(lab, octets, code):
    assert load(lab, octets) == code
    assert lab.state.crls == ()
