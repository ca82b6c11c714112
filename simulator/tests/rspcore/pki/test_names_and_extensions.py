"""Parts written here against the same parts of the SGP.26 certificates, octet for octet."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from rspcore.crypto.curves import Curve
from rspcore.ids import Oid
from rspcore.pki.certificate import Certificate, KeyUsage
from rspcore.pki.generate import make_pki
from rspcore.pki.issue import Contents, contents, issue
from rspcore.pki.names_and_extensions import CLIENT_AUTH, SERVER_AUTH, Extension, Subject
from rspcore.pki.roles import Role

CI, EUM, EUICC, AUTH, TLS = (
    "CertificateIssuer/CERT_CI_ECDSA_NIST.der",
    "EUM/CERT_EUM_ECDSA_NIST.der",
    "eUICC/CERT_EUICC_ECDSA_NIST.der",
    "DPauth/CERT_S_SM_DPauth_ECDSA_NIST.der",
    "DPtls/CERT_S_SM_DP_VARO_TLS_NIST.der",
)
CRLS = ("http://ci.test.example.com/CRL-A.crl", "http://ci.test.example.com/CRL-B.crl")
ACME = "testsmdpplus1.example.com"
EUM_RANGE = Subject.of(organization="RSP Test EUM", serial_number="89049032")

PARTS = [
    (CI, Extension.key_usage(KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN)),
    (CI, Extension.policy(Role.CI.oid)),
    (CI, Extension.basic_constraints()),
    (CI, Extension.subject_alternative_name(registered_id=Oid("2.999.1"))),
    (CI, Extension.crl_distribution_points(*CRLS)),
    (EUM, Extension.key_usage(KeyUsage.KEY_CERT_SIGN)),
    (EUM, Extension.basic_constraints(path_length=0)),
    (EUM, Extension.name_constraints(EUM_RANGE)),
    (EUICC, Extension.key_usage(KeyUsage.DIGITAL_SIGNATURE)),
    (EUICC, Extension.policy(Role.EUICC.oid)),
    (AUTH, Extension.subject_alternative_name(registered_id=Oid("2.999.10"))),
    (TLS, Extension.policy(Role.DP_TLS.oid, critical=False)),
    (TLS, Extension.extended_key_usage(SERVER_AUTH, CLIENT_AUTH)),
    (
        TLS,
        Extension.subject_alternative_name(dns_names=[ACME], registered_id=Oid("2.999.10")),
    ),
]


@pytest.mark.parametrize(
    ("name", "extension"), PARTS, ids=[f"{n.split('/')[0]}-{e.oid}" for n, e in PARTS]
)
def test_extension_is_written_as_in_the_real_certificate(real_files, name, extension):
    real = Contents.of(Certificate.from_der(dict(real_files("sgp26"))[name]))
    assert extension in real.extensions


@pytest.mark.parametrize("name", [EUM, EUICC, AUTH])
def test_key_identifiers_are_written_as_in_the_real_certificate(real_files, name):
    one = Certificate.from_der(dict(real_files("sgp26"))[name])
    real = Contents.of(one)
    assert Extension.subject_key_identifier(one.subject_key_identifier or b"") in real.extensions
    assert (
        Extension.authority_key_identifier(one.authority_key_identifier or b"") in real.extensions
    )


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        (EUM, Subject.of(country="ES", organization="RSP Test EUM", common_name="EUM Test")),
        (
            EUICC,
            Subject.of(
                country="ES",
                organization="RSP Test EUM",
                serial_number="89049032123451234512345678901235",
                common_name="Test eUICC",
            ),
        ),
        (AUTH, Subject.of(organization="ACME", common_name="TEST SM-DP+")),
    ],
    ids=["EUM", "eUICC", "DPauth"],
)
def test_subject_is_written_as_in_the_real_certificate(real_files, name, subject):
    one = Certificate.from_der(dict(real_files("sgp26"))[name])
    assert Contents.of(one).subject == subject.encode()


def test_usage_without_a_bit_is_an_empty_bit_string():
    assert Extension.key_usage().value == bytes.fromhex("030100")
    assert Extension.key_usage(KeyUsage.KEY_AGREEMENT).value == bytes.fromhex("03020308")


def test_ip_addresses_are_written_as_addresses():
    made = Extension.subject_alternative_name(dns_names=["127.0.0.1", "::1", "a.example"])
    assert made.value.hex() == "30" + "23" + "87047f000001" + "8710" + "00" * 15 + "01" + (
        "8209" + b"a.example".hex()
    )


def test_dates_are_written_in_utc_and_in_the_form_of_their_century():
    pki = make_pki()
    auth = Contents.of(pki.dp_auth(Curve.NIST_P256).certificate)
    east = timezone(timedelta(hours=2))
    made = replace(
        auth,
        not_before=datetime(2024, 6, 1, 1, 30, tzinfo=east),
        not_after=datetime(2050, 1, 1, 2, 0, tzinfo=east),
    ).encode()
    assert b"\x17\x0d240531233000Z\x18\x0f20500101000000Z" in made


def test_default_contents_of_a_role_can_be_replaced_one_by_one():
    pki = make_pki()
    ci, key = pki.ci(Curve.NIST_P256), pki.dp_auth(Curve.NIST_P256).private_key
    made = contents(
        Role.DP_AUTH,
        key.public,
        subject=Subject.of(common_name="x"),
        issuer=ci.certificate,
        validity=(ci.certificate.not_before, ci.certificate.not_after),
        extra=[Extension.policy(Role.DS_AUTH.oid)],
    )
    one = issue(made, ci.private_key)
    assert one.role is Role.DS_AUTH
    assert one.authority_key_identifier == ci.certificate.subject_key_identifier
    assert one.issuer == ci.certificate.subject
    assert one.registered_id is None
    assert list(one.extensions).count("2.5.29.32") == 1
