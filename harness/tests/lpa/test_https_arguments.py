"""CI certificates from files and folders, and where servers really are."""

import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, LocalError
from rspcore.pki.generate import make_pki
from rspharness.lpa.https_arguments import parse_connect_to, read_ci_certificates

PKI = make_pki()
CI = PKI.ci(Curve.NIST_P256).certificate.der


def test_der_file_is_read(tmp_path):
    file = tmp_path / "ci.der"
    file.write_bytes(CI)
    assert read_ci_certificates(file) == (CI,)


def test_pem_file_is_read_with_text_around(tmp_path):
    file = tmp_path / "ci.pem"
    file.write_text("the CI\n" + ssl.DER_cert_to_PEM_cert(CI) + "\n")
    assert read_ci_certificates(file) == (CI,)


def test_folder_of_a_whole_pki_gives_its_cis_alone(tmp_path):
    folder = tmp_path / "below"
    folder.mkdir()
    for number, one in enumerate(PKI.credentials):
        (folder / f"{number}.der").write_bytes(one.certificate.der)
        (folder / f"{number}.pem").write_bytes(one.private_key.to_pem())
    (tmp_path / "notes.txt").write_text("nothing")
    found = read_ci_certificates(tmp_path)
    assert set(found) == {PKI.ci(curve).certificate.der for curve in PKI.curves}


def test_certificate_that_is_no_ci_is_not_trusted(tmp_path):
    file = tmp_path / "dp.der"
    file.write_bytes(PKI.dp_auth(Curve.NIST_P256).certificate.der)
    with pytest.raises(ConfigError, match="no CI certificate found"):
        read_ci_certificates(file)


def test_eum_is_a_ca_but_no_ci(tmp_path):
    file = tmp_path / "eum.der"
    file.write_bytes(PKI.eum(Curve.NIST_P256).certificate.der)
    with pytest.raises(ConfigError, match="no CI certificate found"):
        read_ci_certificates(file)


def test_self_signed_certificate_of_no_ca_is_not_trusted(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "self")])
    start = datetime(2025, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), 1, start, start + timedelta(days=1)
    ).sign(key, hashes.SHA256())
    file = tmp_path / "self.der"
    file.write_bytes(made.public_bytes(serialization.Encoding.DER))
    with pytest.raises(ConfigError, match="no CI certificate found"):
        read_ci_certificates(file)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        read_ci_certificates(tmp_path / "none")


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], {}),
        (["127.0.0.1:8443"], {"": ("127.0.0.1", 8443)}),
        (["H.Example=127.0.0.1:8443"], {"h.example": ("127.0.0.1", 8443)}),
        (["h.example:443=localhost:1"], {"h.example:443": ("localhost", 1)}),
        (
            ["a.example=h:1", "b.example=h:2"],
            {"a.example": ("h", 1), "b.example": ("h", 2)},
        ),
    ],
)
def test_entries_of_connect_to_are_read(texts, expected):
    assert parse_connect_to(texts) == expected


@pytest.mark.parametrize(
    "text", ["", "h", "h.example=", "=h:1", "h.example=h", "h:0", "https://h:1", "a/b=h:1"]
)
def test_entry_without_a_place_is_misuse(text):
    with pytest.raises(LocalError, match="--connect-to"):
        parse_connect_to([text])
