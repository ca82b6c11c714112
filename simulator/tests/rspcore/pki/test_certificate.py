import base64
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.errors import DecodeError
from rspcore.ids import Eid, Oid
from rspcore.pki.certificate import Certificate, KeyUsage
from rspcore.pki.generate import CI_OID, EUM_OID, REFERENCE_EID, make_pki
from rspcore.pki.issue import Contents, sign
from rspcore.pki.names_and_extensions import Extension
from rspcore.pki.roles import Role

PKI = make_pki()
AUTH = PKI.dp_auth(Curve.NIST_P256)
SIGNER = PKI.ci(Curve.NIST_P256).private_key


def test_certificate_of_the_card_is_read():
    one = PKI.euicc(Curve.BRAINPOOL_P256R1).certificate
    assert (one.role, one.curve) == (Role.EUICC, Curve.BRAINPOOL_P256R1)
    assert one.eid == REFERENCE_EID
    assert one.registered_id is None
    assert one.key_usage == {KeyUsage.DIGITAL_SIGNATURE}
    assert one.basic_constraints is None
    assert one.not_after.year == 7499
    assert one.serial_number > 0


def test_certificate_of_the_eum_is_read():
    one = PKI.eum(Curve.NIST_P256).certificate
    assert one.role is Role.EUM
    assert one.basic_constraints == (True, 0)
    assert one.registered_id == EUM_OID
    assert one.permitted_subtrees is not None
    assert [tree.serial_number for tree in one.permitted_subtrees] == ["89049032"]
    assert one.extensions["2.5.29.30"] is True


def test_certificate_of_the_ci_is_read():
    one = PKI.ci(Curve.NIST_P256).certificate
    assert one.registered_id == CI_OID
    assert one.authority_key_identifier is None
    assert one.key_usage == {KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN}
    assert one.subject.attributes == one.issuer.attributes
    assert one.subject.common_name == "Test CI"
    assert one.public_key is not None
    assert one.signed_by(one.public_key)


def test_same_octets_give_the_same_object():
    der = AUTH.certificate.der
    assert Certificate.from_der(der) is Certificate.from_der(memoryview(der))


def test_representation_is_short():
    assert repr(AUTH.certificate).startswith("Certificate(CERT.DPauth, nistP256, 'rsplab, ")
    assert len(repr(AUTH.certificate)) < 100


@pytest.mark.parametrize("octets", [b"", b"\x30\x00", b"\x02\x01\x00", bytes(64)], ids=bytes.hex)
def test_octets_that_are_not_a_certificate_are_a_decode_error(octets):
    with pytest.raises(DecodeError, match=r"X\.509"):
        Certificate.from_der(octets)


def test_certificate_cut_short_or_followed_by_octets_is_a_decode_error():
    der = AUTH.certificate.der
    for length in range(0, len(der), 7):
        with pytest.raises(DecodeError):
            Certificate.from_der(der[:length])
    with pytest.raises(DecodeError):
        Certificate.from_der(der + b"\x00")


def test_damaged_octets_are_read_or_a_decode_error_and_nothing_else():
    der = AUTH.certificate.der
    for position in range(len(der)):
        for bit in (0x01, 0x20, 0x80):
            damaged = bytearray(der)
            damaged[position] ^= bit
            try:
                one = Certificate.from_der(bytes(damaged))
            except DecodeError:
                continue
            assert not one.signed_by(SIGNER.public) or one.tbs == AUTH.certificate.tbs


def changed(*extensions: Extension) -> Certificate:
    contents = Contents.of(AUTH.certificate)
    for extension in extensions:
        contents = contents.with_extension(extension)
    return Certificate.from_der(sign(contents, SIGNER))


@pytest.mark.parametrize(
    "extension",
    [
        Extension(Oid("2.5.29.15"), b"\x03\x01"),
        Extension(Oid("2.5.29.17"), b"\x30\x03\x88"),
        Extension(Oid("2.5.29.32"), b"\x04\x00"),
        Extension(Oid("2.5.29.14"), b""),
        Extension(Oid("2.23.146.1.2.2.0"), b"\x30\x02\x13"),
        Extension(Oid("2.23.146.1.2.2.0"), b"\x30\x03\x13\x01\xff"),
    ],
    ids=lambda extension: f"{extension.oid} {extension.value.hex()}",
)
def test_extension_with_unreadable_content_is_a_decode_error(extension):
    with pytest.raises(DecodeError):
        changed(extension)


def test_bit_string_in_a_name_is_a_decode_error():
    organization = Oid("2.5.4.10").content
    attribute = tlv.encode(0x30, tlv.encode(0x06, organization), tlv.encode(0x03, b"\x00A"))
    subject = tlv.encode(0x30, tlv.encode(0x31, attribute))
    contents = replace(Contents.of(AUTH.certificate), subject=subject)
    with pytest.raises(DecodeError):
        Certificate.from_der(sign(contents, SIGNER))


def test_permitted_eins_are_read():
    value = tlv.encode(0x30, tlv.encode(0x13, b"89049032"), tlv.encode(0x13, b"8904"))
    one = changed(Extension(Oid("2.23.146.1.2.2.0"), value))
    assert one.permitted_eins == ("89049032", "8904")


def test_subject_without_an_eid_gives_none():
    assert AUTH.certificate.eid is None


def test_key_of_another_algorithm_on_a_known_curve_has_no_supported_curve():
    contents = Contents.of(AUTH.certificate)
    ecdsa, ecdh = Oid("1.2.840.10045.2.1").content, Oid("1.2.840.10045.2.9").content
    info = contents.public_key_info.replace(ecdsa, ecdh)
    one = Certificate.from_der(sign(replace(contents, public_key_info=info), SIGNER))
    assert (one.curve, one.public_key) == (None, None)


def test_negative_serial_number_is_read_without_a_warning():
    contents = replace(Contents.of(AUTH.certificate), serial_number=-5)
    assert Certificate.from_der(sign(contents, SIGNER)).serial_number == -5


def test_signature_of_another_algorithm_is_not_verified():
    contents = replace(
        Contents.of(AUTH.certificate), signature_algorithm=Oid("1.2.840.10045.4.3.3")
    )
    assert not Certificate.from_der(sign(contents, SIGNER)).signed_by(SIGNER.public)


def test_certificate_of_version_1_is_read_without_extensions():
    contents = replace(Contents.of(AUTH.certificate), version=None, extensions=())
    one = Certificate.from_der(sign(contents, SIGNER))
    assert one.role is None
    assert one.subject_key_identifier is None


KEY_IDENTIFIERS = {
    "CertificateIssuer/CERT_CI_ECDSA_NIST.der": "F54172BDF98A95D65CBEB88A38A1C11D800A85C3",
    "CertificateIssuer/CERT_CI_ECDSA_BRP.der": "C0BC70BA36929D43B467FF57570530E57AB8FCD8",
    "EUM/CERT_EUM_ECDSA_NIST.der": "DD3DA24D350C1CC5D0AF0965F40EC34C5EE409F1",
    "EUM/CERT_EUM_ECDSA_BRP.der": "6FA1E5217363A822BDED988A1A0D0FF5D7620DB7",
    "eUICC/CERT_EUICC_ECDSA_NIST.der": "A52476AF5D50AA376437CCB1DA2172EF45F484F0",
    "eUICC/CERT_EUICC_ECDSA_BRP.der": "C8A64F343B85B7B0578DC57F8F13586DC804ED84",
    "DPauth/CERT_S_SM_DPauth_ECDSA_NIST.der": "BD5A82CC1A96602118BA7560A1FF83A78B210BE5",
    "DPauth/CERT_S_SM_DPauth_ECDSA_BRP.der": "79A4BD4D78FF4734BC6045CF9196244A1FB84BEB",
    "DPpb/CERT_S_SM_DPpb_ECDSA_NIST.der": "E6EAF71EE0FB9430ECCD1EBB421F881437C13263",
    "DPpb/CERT_S_SM_DPpb_ECDSA_BRP.der": "A8C68DF449EB71EC723EAC132E40E4B6F54644FE",
    "DPauth/CERT_S_SM_DP2auth_ECDSA_NIST.der": "959EF7E650C1BE216A391974276D26B8A9356171",
    "DPauth/CERT_S_SM_DP2auth_ECDSA_BRP.der": "D70EFD057BAC1F7C55EA5D8C26BE160292845BAF",
    "DPpb/CERT_S_SM_DP2pb_ECDSA_NIST.der": "20A3A830E92EE7A468C5EB27BA8DF18459ADFDD7",
    "DPpb/CERT_S_SM_DP2pb_ECDSA_BRP.der": "31038A55B6BECF6CEA59DE2FDA14F4327FB8B6A9",
}


def test_key_identifiers_of_the_sgp26_certificates_are_the_known_ones(real_files):
    files = dict(real_files("sgp26"))
    for name, identifier in KEY_IDENTIFIERS.items():
        one = Certificate.from_der(files[name])
        assert one.subject_key_identifier == bytes.fromhex(identifier), name


def test_sgp26_certificates_have_the_known_contents(real_files):
    files = dict(real_files("sgp26"))
    ci = Certificate.from_der(files["CertificateIssuer/CERT_CI_ECDSA_NIST.der"])
    assert ci.serial_number == 0xB874F3ABFA6C44D3
    assert (ci.subject.common_name, ci.subject.organization) == ("Test CI", "RSPTEST")
    eum = Certificate.from_der(files["EUM/CERT_EUM_ECDSA_NIST.der"])
    assert (eum.serial_number, eum.registered_id) == (0x12345678, Oid("2.999.5"))
    euicc = Certificate.from_der(files["eUICC/CERT_EUICC_ECDSA_NIST.der"])
    assert euicc.eid == Eid.from_digits("89049032123451234512345678901235")
    assert euicc.serial_number == 0x020000000000000001
    assert euicc.not_after == datetime(7496, 1, 24, 9, 48, 58, tzinfo=UTC)
    tls = Certificate.from_der(files["DPtls/CERT_S_SM_DP8_TLS.der"])
    assert tls.dns_names == ("testsmdpplus8.example.com",)
    assert (tls.registered_id, tls.extensions["2.5.29.32"]) == (Oid("2.999.18"), False)


@pytest.mark.parametrize("folder", ["sgp26", "sgp26-invalid", "sgp26-v3"])
def test_real_certificates_are_written_again_octet_for_octet(real_files, folder):
    seen = 0
    for name, octets in real_files(folder):
        if not name.endswith(".der"):
            continue
        one = Certificate.from_der(octets)
        assert Contents.of(one).encode() == one.tbs, name
        seen += 1
    assert seen >= 3


def test_pem_of_a_real_certificate_is_the_same_as_its_der(real_files):
    files = dict(real_files("sgp26-v3"))
    name = "Valid Test Cases/Variant O/CI/CERT_CI_SIG_NIST"
    body = b"".join(files[f"{name}.pem"].splitlines()[1:-1])
    assert base64.b64decode(body) == files[f"{name}.der"]
    assert Certificate.from_der(files[f"{name}.der"]).role is Role.CI
