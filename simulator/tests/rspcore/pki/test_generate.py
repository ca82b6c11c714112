import ssl
from contextlib import suppress
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha1

import pytest
from cryptography import x509

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, LocalError
from rspcore.ids import Eid, Oid
from rspcore.pki import generate
from rspcore.pki.bundle import Credential, Pki
from rspcore.pki.certificate import Certificate
from rspcore.pki.generate import (
    REFERENCE_EID,
    SMDPP_OIDS,
    SMDS_OID,
    issue_euicc,
    issue_servers,
    issue_tls,
    make_pki,
)
from rspcore.pki.roles import Role
from rspcore.pki.verification import check_euicc_certificate

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CURVES = pytest.mark.parametrize("curve", list(Curve), ids=str)
NIST = Curve.NIST_P256
PKI = make_pki()
OTHER_EID = Eid.from_first_digits("890490329999888877776666555544")


def test_same_seed_gives_the_same_octets(pki_files):
    make_pki.cache_clear()
    again = make_pki()
    assert again is not PKI
    assert pki_files(again) == pki_files(PKI)


def test_other_seed_gives_other_keys():
    ours = {one.private_key.public.point for one in PKI.credentials}
    theirs = {one.private_key.public.point for one in make_pki(b"other").credentials}
    assert not ours & theirs
    assert len(ours) == len(PKI.credentials)


def test_first_certificate_of_the_reference_seed_is_unchanged():
    # A change here changes the CI that every stored card trusts.
    identifiers = [PKI.ci(curve).certificate.subject_key_identifier for curve in Curve]
    assert [i.hex().upper() for i in identifiers if i] == [
        "7016F97A072635CD75E19359DE3AFB915D6AC7D4",
        "1FFF5389815CFBBD023B3209FB5F78EC03167C08",
    ]


@CURVES
def test_key_identifiers_are_hashes_of_the_keys(curve):
    for role in Role:
        for one in PKI.all(role, curve):
            point = one.private_key.public.point
            assert one.certificate.public_key == one.private_key.public
            assert one.certificate.subject_key_identifier == sha1(point).digest()  # noqa: S324  a name


@CURVES
def test_names_are_not_those_of_the_gsma_files(curve):
    for role in Role:
        for one in PKI.all(role, curve):
            assert one.certificate.subject.organization in {"rsplab", "rsplab Test EUM"}


def test_serial_numbers_are_positive_and_differ():
    serials = [one.certificate.serial_number for one in PKI.credentials]
    assert len(set(serials)) == len(serials)
    assert all(0 < serial < 2**63 for serial in serials)


def test_every_certificate_is_read_by_the_library_without_a_warning():
    for one in PKI.credentials:
        parsed = x509.load_der_x509_certificate(one.certificate.der)
        assert parsed.serial_number == one.certificate.serial_number
        assert len(parsed.extensions) == len(one.certificate.extensions)


@CURVES
def test_card_of_another_eid_is_issued_in_the_range_of_the_eum(curve):
    bundle = issue_euicc(PKI, OTHER_EID)
    euicc, eum = bundle.euicc(curve), bundle.eum(curve)
    assert euicc.certificate.eid == OTHER_EID
    assert check_euicc_certificate(euicc.certificate, eum.certificate, NOW) is None
    assert euicc.private_key != PKI.euicc(curve).private_key
    assert bundle.euicc(curve, REFERENCE_EID) == PKI.euicc(curve)
    assert issue_euicc(PKI, OTHER_EID).euicc(curve) == euicc


def test_card_outside_the_range_is_not_issued():
    with pytest.raises(ConfigError, match=r"\(eid\)"):
        issue_euicc(PKI, Eid.from_first_digits("890440329999888877776666555544"))
    with pytest.raises(ConfigError, match="check digits"):
        issue_euicc(PKI, Eid.from_digits("89049032999988887777666655554400"))


def test_card_is_not_issued_without_the_key_of_the_eum():
    bare = Pki(tuple(Credential(one.certificate) for one in PKI.credentials))
    with pytest.raises(ConfigError, match="SK_EUM_"):
        issue_euicc(bare, OTHER_EID)


def test_pki_for_another_eid_has_its_range():
    bundle = make_pki(eid=Eid.from_first_digits("890440320000000000000000000001"))
    tree = (bundle.eum(NIST).certificate.permitted_subtrees or ())[0]
    assert tree.serial_number == "89044032"
    assert str(bundle.euicc(NIST).certificate.eid).startswith("89044032")


def test_card_is_issued_under_the_sgp26_eum(real_files):
    bundle = issue_euicc(Pki.from_files(real_files("sgp26")), OTHER_EID)
    for curve in Curve:
        euicc, eum = bundle.euicc(curve).certificate, bundle.eum(curve).certificate
        assert check_euicc_certificate(euicc, eum, NOW) is None
        assert euicc.issuer == eum.subject


def test_tls_certificate_has_the_registered_id_of_its_server():
    dp = issue_tls(PKI, NIST, ["dp.example"], NOW).certificate
    ds = issue_tls(PKI, NIST, ["ds.example"], NOW, role=Role.DS_TLS).certificate
    assert (dp.registered_id, ds.registered_id) == (Oid("2.999.10"), Oid("2.999.15"))
    assert dp.not_before == NOW - timedelta(hours=1)
    assert dp.not_after == NOW + timedelta(days=90)


def test_tls_certificate_needs_a_name_and_a_tls_role():
    with pytest.raises(LocalError, match="expected a name"):
        issue_tls(PKI, NIST, [], NOW)
    with pytest.raises(LocalError, match="TLS role"):
        issue_tls(PKI, NIST, ["dp.example"], NOW, role=Role.DP_AUTH)


def pump(client: ssl.SSLObject, server: ssl.SSLObject, wires: tuple[ssl.MemoryBIO, ...]) -> None:
    """Completes the handshake of two TLS objects in memory."""
    from_client, to_client, from_server, to_server = wires
    pending = {client, server}
    for _ in range(10):
        for one in tuple(pending):
            try:
                one.do_handshake()
            except ssl.SSLWantReadError:
                continue
            finally:
                to_server.write(from_client.read())
                to_client.write(from_server.read())
            pending.discard(one)
        if not pending:
            return
    raise AssertionError("the handshake did not end")


@pytest.mark.parametrize("host", ["dp.example", "127.0.0.1"])
def test_strict_tls_client_accepts_the_chain(tmp_path, host):
    now = datetime.now(UTC)  # noqa: TID251  TLS looks at the real clock
    tls = issue_tls(PKI, NIST, ["dp.example", "127.0.0.1"], now)
    file = tmp_path / "tls.pem"
    certificate = ssl.DER_cert_to_PEM_cert(tls.certificate.der).encode()
    file.write_bytes(certificate + tls.private_key.to_pem())
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(file)
    asking = ssl.create_default_context(cadata=PKI.ci(NIST).certificate.der)
    asking.verify_flags |= ssl.VERIFY_X509_STRICT
    wires = tuple(ssl.MemoryBIO() for _ in range(4))
    client = asking.wrap_bio(wires[1], wires[0], server_hostname=host)
    server = serving.wrap_bio(wires[3], wires[2], server_side=True)
    pump(client, server, wires)
    assert client.getpeercert(binary_form=True) == tls.certificate.der


def without(*missing):
    """Returns the reference bundle without the credentials of these (role, registeredID)."""
    return Pki(
        tuple(
            c
            for c in PKI.credentials
            if (c.certificate.role, c.certificate.registered_id) not in missing
        )
    )


def test_complete_bundle_gets_no_servers():
    assert issue_servers(PKI) is PKI


@CURVES
def test_missing_servers_are_issued_by_the_ci(curve):
    second = SMDPP_OIDS[1]
    lacking = without((Role.DP_AUTH, second), (Role.DP_PB, second), (Role.DS_AUTH, SMDS_OID))
    made = issue_servers(lacking)
    key = PKI.ci(curve).certificate.public_key
    assert made.dp_auth(curve) == PKI.dp_auth(curve)
    for one in (made.dp_auth(curve, 2), made.dp_pb(curve, 2), made.ds_auth(curve)):
        assert one.certificate.signed_by(key)
        assert one.key is not None
    assert made.dp_auth(curve, 2).certificate.registered_id == second
    assert made.dp_pb(curve, 2).certificate.registered_id == second
    assert issue_servers(lacking) == made


def test_issued_server_is_counted_after_the_one_that_is_there():
    first, second = SMDPP_OIDS
    made = issue_servers(without((Role.DP_AUTH, first), (Role.DP_PB, first)))
    assert made.dp_auth(NIST).certificate.registered_id == second
    assert made.dp_auth(NIST, 2).certificate.registered_id == Oid(f"{second.dotted}.1")


def test_bundle_without_the_key_of_the_ci_stays_as_it_is():
    lacking = without((Role.DS_AUTH, SMDS_OID))
    keyless = Pki(
        tuple(
            Credential(c.certificate) if c.certificate.role is Role.CI else c
            for c in lacking.credentials
        )
    )
    assert issue_servers(keyless) is keyless


def test_credential_is_issued_when_it_is_asked_for(monkeypatch):
    issued, issue = [], generate._issued
    monkeypatch.setattr(generate, "_issued", lambda *given: issued.append(given) or issue(*given))
    pki = make_pki(b"issued late")
    assert pki.curves == tuple(Curve)
    assert pki.dp_auth(NIST, 2).owner == SMDPP_OIDS[1]
    assert pki.ds_auth(NIST).has_key
    assert not issued
    assert pki.ci(NIST).certificate is pki.ci(NIST).certificate
    assert len(issued) == 1
    assert pki.dp_auth(NIST).certificate
    assert len(issued) == 2


def _known_of(certificate):
    """The fields that its issuer gave, before anything was read."""
    known = {}
    for one in fields(Certificate):
        with suppress(AttributeError):
            known[one.name] = Certificate.__dict__[one.name].__get__(certificate)
    return known


def test_issued_certificate_is_what_its_octets_say():
    pki = make_pki(b"known before it is read")
    made = [one.certificate for one in pki.credentials]
    made += [issue_tls(pki, curve, ["a.example"], NOW).certificate for curve in Curve]
    for one in made:
        known = _known_of(one)
        assert set(known) >= {"der", "tbs", "public_key", "role", "registered_ids", "curve"}
        assert "issuer" not in known
        read = Certificate.from_der(one.der)
        assert {name: getattr(read, name) for name in known} == known
        assert one.issuer == read.issuer
        assert _known_of(one) == _known_of(read) != known
        assert one == read
        with pytest.raises(AttributeError, match="no colour"):
            _ = one.colour


def test_late_credential_is_as_one_that_was_issued():
    for late in make_pki(b"issued late").credentials:
        plain = Credential(late.certificate, late.key)
        assert late == plain == replace(late)
        assert hash(late) == hash(plain)
        assert replace(late, key=None) == Credential(late.certificate) != late
        assert late.may_be(late.certificate.role, late.certificate.curve)
        assert replace(late, key=None).may_be(late.certificate.role, late.certificate.curve)
        assert not late.may_be(Role.DP_TLS, late.certificate.curve)
