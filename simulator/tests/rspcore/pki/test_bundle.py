import base64
from datetime import UTC, datetime, timedelta

import pytest

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError
from rspcore.ids import Eid, Oid
from rspcore.pki.bundle import Credential, Pki
from rspcore.pki.certificate_flaws import FLAWED_VARIANTS, flawed_certificate
from rspcore.pki.generate import issue_tls, make_pki
from rspcore.pki.issue import Contents, contents, sign
from rspcore.pki.names_and_extensions import Extension, Subject
from rspcore.pki.roles import Role

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NIST, BRP = Curve.NIST_P256, Curve.BRAINPOOL_P256R1
PKI = make_pki()


@pytest.fixture(scope="module")
def files(pki_files):
    return pki_files(PKI)


@pytest.fixture
def without(files):
    def rest(*parts: str) -> list[tuple[str, bytes]]:
        return [(name, o) for name, o in files.items() if not any(part in name for part in parts)]

    return rest


def test_files_give_the_bundle_back(files):
    again = Pki.from_files(files.items())
    assert set(again.credentials) == set(PKI.credentials)
    assert again.remarks == ()
    assert again.curves == (NIST, BRP)


def test_names_of_files_do_not_matter(files):
    shuffled = [(f"{number}.bin", octets) for number, octets in enumerate(files.values())]
    assert set(Pki.from_files(reversed(shuffled)).credentials) == set(PKI.credentials)


def test_pem_certificates_and_several_blocks_in_a_file_are_read(files):
    blocks = [
        b"-----BEGIN CERTIFICATE-----\n%b-----END CERTIFICATE-----\n" % base64.encodebytes(octets)
        if name.endswith(".der")
        else octets
        for name, octets in files.items()
    ]
    assert set(Pki.from_files([("all.pem", b"".join(blocks))]).credentials) == set(PKI.credentials)


def test_what_is_no_certificate_and_no_key_is_skipped(files):
    noise = [
        ("data_sig.der", bytes.fromhex("3006020101020101")),
        ("CI-csr.cnf", b"[req]\nprompt = no\n"),
        ("empty", b""),
        ("broken.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        ("broken64.pem", b"-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n"),
        ("PK.pem", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
    ]
    again = Pki.from_files([*noise, *files.items()])
    assert (set(again.credentials), again.remarks) == (set(PKI.credentials), ())


def test_key_that_cannot_be_used_is_remarked(files):
    bad = b"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"
    again = Pki.from_files([*files.items(), ("SK_X.pem", bad)])
    assert len(again.remarks) == 1
    assert again.remarks[0].startswith("SK_X.pem: ")


def test_bundle_without_a_ci_is_refused(without):
    with pytest.raises(ConfigError, match="CERT_CI_"):
        Pki.from_files(without("CI/"))
    with pytest.raises(ConfigError, match="among 0 certificates"):
        Pki.from_files([])


def test_ci_that_did_not_sign_itself_is_left_out(files):
    damaged = bytearray(files["CI/nistP256_1.der"])
    damaged[-1] ^= 1
    with pytest.raises(ConfigError, match="no self-signed CI"):
        Pki.from_files([("CERT_CI.der", bytes(damaged))])


def test_certificate_that_a_leaf_has_issued_is_left_out(files):
    auth, other = PKI.dp_auth(NIST), PKI.dp_auth(NIST, 2)
    aki = Extension.authority_key_identifier(auth.certificate.subject_key_identifier or b"")
    made = Contents.of(other.certificate).with_extension(aki)
    extra = [("leaf.der", sign(made, auth.private_key))]
    again = Pki.from_files([*extra, *files.items()])
    assert again.remarks == ("leaf.der: left out, unknown_issuer",)


def test_intermediate_ca_of_version_3_is_kept_when_the_ci_signed_it(files):
    ci, key = PKI.ci(NIST), make_pki(b"other").ci(NIST).private_key
    made = contents(
        Role.DP_SUBCA,
        key.public,
        subject=Subject.of(common_name="SubCA"),
        issuer=ci.certificate,
        validity=(ci.certificate.not_before, ci.certificate.not_after),
    )
    again = Pki.from_files([("sub.der", sign(made, ci.private_key)), *files.items()])
    assert [one.certificate.role for one in again.all(Role.DP_SUBCA, NIST)] == [Role.DP_SUBCA]
    again = Pki.from_files([("sub.der", sign(made, key)), *files.items()])
    assert again.remarks == ("sub.der: left out, bad_signature",)


def test_unknown_eid_is_named_when_asked_for():
    eid = Eid.from_digits("89049032999988887777666655554461")
    with pytest.raises(ConfigError, match=f"EID {eid}"):
        PKI.euicc(NIST, eid)


def test_missing_certificate_is_named_when_asked_for(without):
    bundle = Pki.from_files(without("DP_PB/", "EUM/brainpoolP256r1_1.der"))
    with pytest.raises(ConfigError, match=r"no CERT\.DPpb on nistP256.*2\.23\.146\.1\.2\.1\.5"):
        bundle.dp_pb(NIST)
    with pytest.raises(ConfigError, match=r"no CERT\.EUM on brainpoolP256r1"):
        bundle.eum(BRP)
    assert bundle.dp_auth(NIST).key is not None


def test_card_certificate_without_its_eum_is_left_out_with_a_remark(without):
    bundle = Pki.from_files(without("EUM/brainpoolP256r1_1.der"))
    with pytest.raises(ConfigError, match=r"CERT\.EUICC"):
        bundle.euicc(BRP)
    assert bundle.remarks == ("EUICC/brainpoolP256r1_1.der: left out, unknown_issuer",)


def test_missing_key_is_named_when_asked_for(without):
    bundle = Pki.from_files(without("DP_AUTH/nistP256_1.pem"))
    assert bundle.dp_auth(NIST).key is None
    with pytest.raises(ConfigError, match="no private key"):
        _ = bundle.dp_auth(NIST).private_key


def test_one_curve_alone_is_a_bundle(without):
    bundle = Pki.from_files(without("brainpoolP256r1"))
    assert bundle.curves == (NIST,)
    with pytest.raises(ConfigError, match=r"no CERT\.CI on brainpoolP256r1"):
        bundle.ci(BRP)


def test_servers_are_counted_by_registered_id():
    assert PKI.servers(Role.DP_AUTH, NIST) == (Oid("2.999.10"), Oid("2.999.12"))
    for curve in Curve:
        for number, oid in enumerate(("2.999.10", "2.999.12"), 1):
            auth, binding = PKI.dp_auth(curve, number), PKI.dp_pb(curve, number)
            assert auth.certificate.registered_id == binding.certificate.registered_id == Oid(oid)
    with pytest.raises(ConfigError, match=r"CERT\.DPauth on nistP256, number 3"):
        PKI.dp_auth(NIST, 3)
    with pytest.raises(ConfigError):
        PKI.dp_auth(NIST, 0)


def test_registered_ids_are_ordered_as_numbers():
    oids = [Oid(f"2.999.{n}") for n in (7, 9, 70, 100, 900)]
    made = [issue_tls(PKI, NIST, ["dp.example"], NOW, registered_id=oid) for oid in oids]
    assert PKI.with_credentials(*reversed(made)).servers(Role.DP_TLS, NIST) == tuple(oids)


def test_tls_certificates_are_collected_expired_or_not_the_last_one_first(pki_files):
    made = [
        issue_tls(PKI, NIST, ["dp.example"], NOW + timedelta(days=days)) for days in (-500, 0, -100)
    ]
    bundle = Pki((*PKI.credentials, *made))
    again = Pki.from_files(pki_files(bundle).items())
    assert set(again.all(Role.DP_TLS, NIST)) == set(made)
    assert again.dp_tls(NIST) == made[1]
    assert again.remarks == ()


def test_tls_certificate_of_a_server_is_the_one_with_its_registered_id():
    second = issue_tls(PKI, NIST, ["dp2.example"], NOW, registered_id=Oid("2.999.12"))
    bundle = PKI.with_credentials(second)
    assert bundle.dp_tls(NIST, 2) == second
    with pytest.raises(ConfigError):
        bundle.dp_tls(NIST, 1)


def test_tls_certificates_of_version_3_are_counted_by_their_own_registered_ids():
    made = [
        issue_tls(PKI, NIST, [f"dp{n}.example"], NOW, registered_id=Oid(f"2.999.25{n}"))
        for n in (1, 2)
    ]
    bundle = PKI.with_credentials(*made)
    assert [bundle.dp_tls(NIST, number) for number in (1, 2)] == made


def test_flawed_certificates_are_left_out_with_their_faults(files):
    good = PKI.dp_auth(NIST)
    for name, fault in (("key_agreement", "key_usage"), ("bad_signature", "bad_signature")):
        flaw = next(flaw for flaw in FLAWED_VARIANTS if flaw.name == name)
        extra = [("bad.der", flawed_certificate(PKI, flaw, good))]
        again = Pki.from_files([*extra, *files.items()])
        assert again.remarks == (f"bad.der: left out, {fault}",)
        assert again.dp_auth(NIST) == good


def test_preferred_credentials_come_first():
    other = make_pki(b"other").dp_auth(NIST)
    bundle = PKI.with_credentials(other)
    assert bundle.dp_auth(NIST) == other
    assert bundle.with_credentials(other).credentials == bundle.credentials


def test_sgp26_bundle_serves_every_role(real_files):
    bundle = Pki.from_files(real_files("sgp26"))
    assert bundle.remarks == ()
    assert bundle.curves == (NIST, BRP)
    for curve in Curve:
        for number in (1, 2):
            for one in (bundle.dp_auth(curve, number), bundle.dp_pb(curve, number)):
                assert one.private_key.public == one.certificate.public_key
        euicc = bundle.euicc(curve, Eid.from_digits("89049032123451234512345678901235"))
        assert euicc.key is not None
        for one in (bundle.ci(curve), bundle.eum(curve), bundle.dp_tls(curve)):
            assert one.key is not None
    assert bundle.dp_tls(NIST, 2).certificate.dns_names == ("testsmdpplus2.example.com",)
    names = {one.certificate.dns_names[0] for one in bundle.all(Role.DP_TLS, NIST)}
    assert len(names) == 4
    with pytest.raises(ConfigError, match=r"CERT\.DSauth"):
        bundle.ds_auth(NIST)


def test_sgp26_bundle_is_not_disturbed_by_the_invalid_set(real_files):
    plain = Pki.from_files(real_files("sgp26"))
    mixed = Pki.from_files([*real_files("sgp26-invalid"), *real_files("sgp26")])
    assert len(mixed.remarks) == 7  # the expired CERT.EUICC alone is sound at another time
    for curve in Curve:
        assert mixed.euicc(curve) == plain.euicc(curve)
        assert mixed.eum(curve) == plain.eum(curve)
        assert mixed.dp_auth(curve) == plain.dp_auth(curve)


def test_sgp26_version_3_bundle_is_read_as_far_as_it_goes(real_files):
    bundle = Pki.from_files(real_files("sgp26-v3"))
    assert bundle.dp_auth(NIST).key is not None
    assert bundle.dp_pb(NIST).key is not None
    with pytest.raises(ConfigError, match=r"no CERT\.EUM on nistP256"):
        bundle.eum(NIST)


def test_credential_does_not_show_its_key():
    scalar = PKI.dp_auth(NIST).private_key.scalar
    shown = repr(Credential(PKI.dp_auth(NIST).certificate, PKI.dp_auth(NIST).key))
    assert scalar.hex() not in shown.lower()
    assert str(int.from_bytes(scalar, "big")) not in shown
