from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.ids import Oid
from rspcore.pki import verification
from rspcore.pki.certificate import Certificate, KeyUsage
from rspcore.pki.certificate_flaws import FLAWED_VARIANTS, flawed_certificate
from rspcore.pki.generate import issue_tls, make_pki
from rspcore.pki.issue import Contents, issue
from rspcore.pki.names_and_extensions import Extension, Subject
from rspcore.pki.roles import Role
from rspcore.pki.verification import CertificateFlaw

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CURVES = pytest.mark.parametrize("curve", list(Curve), ids=str)
PKI = make_pki()
SERVERS = {Role.DP_AUTH, Role.DS_AUTH}


def flaws_of_real(one: Certificate, among: list[Certificate]) -> list[CertificateFlaw]:
    """Returns the flaws of a real certificate in its role, its issuer found by key identifier."""
    issuers = [c for c in among if c.subject_key_identifier == one.authority_key_identifier]
    assert one.role is not None
    assert issuers
    issuer = issuers[0]
    if one.role is Role.EUM:
        return list(verification.eum_certificate_flaws(one, issuer, NOW))
    if one.role is Role.EUICC:
        return list(verification.euicc_certificate_flaws(one, issuer, NOW))
    assert issuer.public_key is not None
    return list(verification.server_certificate_flaws(one, {one.role}, issuer.public_key))


def certificates(files) -> dict[str, Certificate]:
    return {name: Certificate.from_der(o) for name, o in files if name.endswith(".der")}


@pytest.mark.parametrize(("folder", "count"), [("sgp26", 17), ("sgp26-v3", 2)])
def test_every_real_certificate_is_accepted_in_its_role(real_files, folder, count):
    found = certificates(real_files(folder))
    checked = 0
    for name, one in found.items():
        if one.role is Role.CI:
            assert one.public_key is not None
            assert one.signed_by(one.public_key), name
        else:
            assert flaws_of_real(one, list(found.values())) == [], name
            checked += 1
    assert checked == count


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("CERT_EUM_ECDSA_NIST_EXPIRED.der", CertificateFlaw.EXPIRED),
        ("CERT_EUM_ECDSA_NIST_INVALID.der", CertificateFlaw.BAD_SIGNATURE),
        ("CERT_EUM_ECDSA_NIST_UNKNOWN_CI.der", CertificateFlaw.UNKNOWN_ISSUER),
    ],
)
def test_invalid_real_eum_certificate_is_refused_for_its_reason(real_files, name, expected):
    ci = certificates(real_files("sgp26"))["CertificateIssuer/CERT_CI_ECDSA_NIST.der"]
    eum = certificates(real_files("sgp26-invalid"))[name]
    assert verification.check_eum_certificate(eum, ci, NOW) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("CERT_EUICC_ECDSA_NIST_EXPIRED.der", CertificateFlaw.EXPIRED),
        ("CERT_EUICC_ECDSA_NIST_INVALID.der", CertificateFlaw.BAD_SIGNATURE),
        ("CERT_EUICC_ECDSA_NIST_INVALID_EID.der", CertificateFlaw.EID),
        ("CERT_EUICC_ECDSA_NIST_UNMATCHED_EID.der", CertificateFlaw.EID_CHECK_DIGITS),
    ],
)
def test_invalid_real_euicc_certificate_is_refused_for_its_reason(real_files, name, expected):
    eum = certificates(real_files("sgp26"))["EUM/CERT_EUM_ECDSA_NIST.der"]
    euicc = certificates(real_files("sgp26-invalid"))[name]
    assert verification.check_euicc_certificate(euicc, eum, NOW) is expected


def test_unmatched_real_eid_is_in_the_range_and_passes_without_check_digits(real_files):
    eum = certificates(real_files("sgp26"))["EUM/CERT_EUM_ECDSA_NIST.der"]
    name = "CERT_EUICC_ECDSA_NIST_UNMATCHED_EID.der"
    euicc = certificates(real_files("sgp26-invalid"))[name]
    assert verification.check_euicc_certificate(euicc, eum, NOW, check_digits=False) is None


def test_unknown_real_ci_has_no_role_and_no_key_identifier(real_files):
    found = certificates(real_files("sgp26-invalid"))
    unknown = found["CERT_UNKNOWN_CI_ECDSA_NIST.der"]
    assert unknown.role is None
    assert unknown.subject_key_identifier is None


@CURVES
def test_good_certificates_of_this_project_have_no_flaw(curve):
    ci, eum = PKI.ci(curve).certificate, PKI.eum(curve).certificate
    assert ci.public_key is not None
    for one in (PKI.dp_auth(curve), PKI.ds_auth(curve), PKI.dp_auth(curve, 2)):
        assert (
            verification.check_server_certificate(one.certificate, SERVERS, ci.public_key) is None
        )
    binding = PKI.dp_pb(curve).certificate
    assert verification.check_server_certificate(binding, {Role.DP_PB}, ci.public_key) is None
    assert verification.check_eum_certificate(eum, ci, NOW) is None
    assert verification.check_euicc_certificate(PKI.euicc(curve).certificate, eum, NOW) is None


def test_card_accepts_an_expired_certificate():
    auth, ci = PKI.dp_auth(Curve.NIST_P256), PKI.ci(Curve.NIST_P256)
    old = replace(
        Contents.of(auth.certificate),
        not_before=datetime(2001, 1, 1, tzinfo=UTC),
        not_after=datetime(2002, 1, 1, tzinfo=UTC),
    )
    one = issue(old, ci.private_key)
    assert verification.check_server_certificate(one, SERVERS, ci.private_key.public) is None


def altered(role: Role, **changes):
    """Returns a DPauth or EUM certificate with some properties changed, and its CI."""
    curve = Curve.NIST_P256
    ci = PKI.ci(curve)
    good = PKI.eum(curve) if role is Role.EUM else PKI.dp_auth(curve)
    extensions = changes.pop("extensions", ())
    contents = replace(Contents.of(good.certificate), **changes)
    for extension in extensions:
        contents = contents.with_extension(extension)
    return issue(contents, ci.private_key), ci.certificate


def server_flaws(**changes) -> list[CertificateFlaw]:
    one, ci = altered(Role.DP_AUTH, **changes)
    assert ci.public_key is not None
    return list(verification.server_certificate_flaws(one, SERVERS, ci.public_key))


def eum_flaws(**changes) -> list[CertificateFlaw]:
    one, ci = altered(Role.EUM, **changes)
    return list(verification.eum_certificate_flaws(one, ci, NOW))


def test_unknown_extension_that_is_not_critical_is_tolerated():
    assert server_flaws(extensions=[Extension(Oid("2.999.7"), b"\x05\x00")]) == []


def test_another_usage_besides_the_right_one_is_refused():
    usage = Extension.key_usage(KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_AGREEMENT)
    assert server_flaws(extensions=[usage]) == [CertificateFlaw.KEY_USAGE]


def test_critical_extended_key_usage_is_not_of_the_profile_of_an_auth_certificate():
    extension = Extension.extended_key_usage(Oid("1.3.6.1.5.5.7.3.1"))
    assert server_flaws(extensions=[extension]) == [CertificateFlaw.UNKNOWN_CRITICAL_EXTENSION]


def test_critical_name_constraints_are_not_of_the_profile_of_a_leaf():
    extension = Extension.name_constraints(Subject.of(organization="EUM", serial_number="89049032"))
    assert extension.critical
    assert server_flaws(extensions=[extension]) == [CertificateFlaw.UNKNOWN_CRITICAL_EXTENSION]


def test_basic_constraints_of_a_leaf_may_exclude_ca():
    assert server_flaws(extensions=[Extension.basic_constraints(ca=False)]) == []


def test_other_role_is_wrong_role_and_unknown_policy_is_no_role():
    wrong = Extension.policy(Role.DP_TLS.oid)
    assert server_flaws(extensions=[wrong])[-1] is CertificateFlaw.WRONG_ROLE
    unknown = Extension.policy(Oid("2.23.146.1.2.1.77"))
    assert server_flaws(extensions=[unknown]) == [CertificateFlaw.NO_ROLE]


def test_role_of_version_3_is_accepted():
    assert server_flaws(extensions=[Extension.policy(Role.DP_AUTH.oid_v3)]) == []


def test_tls_certificate_shown_to_a_card_is_of_the_wrong_role():
    tls = issue_tls(PKI, Curve.NIST_P256, ["dp.example"], NOW).certificate
    ci = PKI.ci(Curve.NIST_P256).private_key.public
    assert verification.check_server_certificate(tls, SERVERS, ci) is CertificateFlaw.WRONG_ROLE


def test_eum_certificate_shown_to_a_card_is_refused_for_its_key_usage():
    eum, ci = PKI.eum(Curve.NIST_P256).certificate, PKI.ci(Curve.NIST_P256).private_key.public
    assert verification.check_server_certificate(eum, SERVERS, ci) is CertificateFlaw.KEY_USAGE


@pytest.mark.parametrize("delta", [timedelta(0), timedelta(seconds=-1)])
def test_both_ends_of_the_validity_are_valid(delta):
    first, last = NOW - timedelta(days=1), NOW + timedelta(days=1)
    one, ci = altered(Role.EUM, not_before=first, not_after=last)
    assert verification.check_eum_certificate(one, ci, last + delta) is None
    assert verification.check_eum_certificate(one, ci, first - delta) is None
    late = verification.check_eum_certificate(one, ci, last + timedelta(seconds=1))
    early = verification.check_eum_certificate(one, ci, first - timedelta(seconds=1))
    assert (late, early) == (CertificateFlaw.EXPIRED, CertificateFlaw.NOT_YET_VALID)


def test_ci_that_allows_no_ca_below_it_makes_the_path_too_long():
    ci = PKI.ci(Curve.NIST_P256)
    short = Contents.of(ci.certificate).with_extension(Extension.basic_constraints(path_length=0))
    root = issue(short, ci.private_key)
    eum = PKI.eum(Curve.NIST_P256).certificate
    assert verification.check_eum_certificate(eum, root, NOW) is CertificateFlaw.PATH_LENGTH


def test_leaf_in_the_place_of_the_ci_is_not_a_ca():
    ci = PKI.ci(Curve.NIST_P256)
    contents = Contents.of(ci.certificate).without_extension(Oid("2.5.29.19"))
    root = issue(contents, ci.private_key)
    eum = PKI.eum(Curve.NIST_P256).certificate
    assert verification.check_eum_certificate(eum, root, NOW) is CertificateFlaw.BASIC_CONSTRAINTS


def test_issuer_on_an_unsupported_curve_is_unknown():
    ci = PKI.ci(Curve.NIST_P256)
    flaw = next(flaw for flaw in FLAWED_VARIANTS if flaw.name == "short_curve")
    contents = Contents.of(PKI.eum(Curve.NIST_P256).certificate)
    short = flawed_certificate(PKI, flaw, PKI.eum(Curve.NIST_P256))
    info = Contents.of(Certificate.from_der(short)).public_key_info
    root = issue(replace(Contents.of(ci.certificate), public_key_info=info), ci.private_key)
    eum = issue(contents, ci.private_key)
    assert verification.check_eum_certificate(eum, root, NOW) is CertificateFlaw.UNKNOWN_ISSUER
    tls = issue_tls(PKI, Curve.NIST_P256, ["dp.example"], NOW).certificate
    found = verification.tls_certificate_flaws(tls, {Role.DP_TLS}, root, NOW, "dp.example")
    assert list(found) == [CertificateFlaw.UNKNOWN_ISSUER]


def test_version_3_eum_may_have_one_ca_below_it():
    v3 = [Extension.policy(Role.EUM.oid_v3), Extension.basic_constraints(path_length=1)]
    assert eum_flaws(extensions=v3) == []
    longer = [Extension.policy(Role.EUM.oid_v3), Extension.basic_constraints(path_length=2)]
    assert eum_flaws(extensions=longer) == [CertificateFlaw.PATH_LENGTH]


def range_flaws(*trees: Subject, eins: tuple[str, ...] = ()) -> list[CertificateFlaw]:
    """Returns the flaws of the eUICC under an EUM with other name constraints."""
    curve = Curve.NIST_P256
    contents = Contents.of(PKI.eum(curve).certificate)
    contents = contents.with_extension(Extension.name_constraints(*trees))
    if eins:
        value = tlv.encode(0x30, *(tlv.encode(0x13, ein.encode()) for ein in eins))
        contents = contents.with_extension(Extension(Oid("2.23.146.1.2.2.0"), value))
    eum = issue(contents, PKI.ci(curve).private_key)
    return list(verification.euicc_certificate_flaws(PKI.euicc(curve).certificate, eum, NOW))


NAME = "rsplab Test EUM"


def test_any_of_several_ranges_may_match():
    other = Subject.of(organization=NAME, serial_number="89049099")
    longer = Subject.of(organization=NAME, serial_number="890490321234")
    assert range_flaws(other) == [CertificateFlaw.EID]
    assert range_flaws(other, longer) == []


def test_range_of_another_organisation_does_not_count():
    mine = Subject.of(organization=NAME, serial_number="89049099")
    theirs = Subject.of(organization="Somebody Else", serial_number="89049032")
    assert range_flaws(theirs) == [CertificateFlaw.NAME_CONSTRAINTS]
    assert range_flaws(theirs, mine) == [CertificateFlaw.EID]


def test_euicc_without_organisation_is_in_no_range():
    curve = Curve.NIST_P256
    ci, eum, euicc = PKI.ci(curve), PKI.eum(curve), PKI.euicc(curve)
    open_range = Extension.name_constraints(Subject.of(serial_number="89049032"))
    wide = issue(Contents.of(eum.certificate).with_extension(open_range), ci.private_key)
    subject = Subject.of(serial_number=str(euicc.certificate.eid)).encode()
    one = issue(replace(Contents.of(euicc.certificate), subject=subject), eum.private_key)
    found = list(verification.euicc_certificate_flaws(one, wide, NOW))
    assert found == [CertificateFlaw.NAME_CONSTRAINTS]


def test_version_3_range_is_in_the_permitted_eins():
    tree = Subject.of(organization=NAME)
    assert range_flaws(tree, eins=("89049032",)) == []
    assert range_flaws(tree, eins=("89049031", "8904903")) == []
    assert range_flaws(tree, eins=("89049031",)) == [CertificateFlaw.EID]
    assert range_flaws(tree) == [CertificateFlaw.EID]


def test_subject_serial_number_that_is_not_an_eid_is_refused():
    curve = Curve.NIST_P256
    eum = PKI.eum(curve)
    contents = Contents.of(PKI.euicc(curve).certificate)
    for serial in ("8904903212345123451234567890123", "8904903212345123451234567890123A", None):
        subject = Subject.of(organization=NAME, serial_number=serial).encode()
        one = issue(replace(contents, subject=subject), eum.private_key)
        found = verification.check_euicc_certificate(one, eum.certificate, NOW)
        assert found is CertificateFlaw.EID


def test_euicc_of_another_name_order_and_without_common_name_is_accepted():
    curve = Curve.NIST_P256
    eum = PKI.eum(curve)
    eid = str(PKI.euicc(curve).certificate.eid)
    subject = Subject((("2.5.4.5", eid), ("2.5.4.10", NAME))).encode()
    contents = replace(Contents.of(PKI.euicc(curve).certificate), subject=subject)
    one = issue(contents, eum.private_key)
    assert verification.check_euicc_certificate(one, eum.certificate, NOW) is None


@CURVES
def test_tls_certificate_is_checked_for_host_name_and_dates(curve):
    tls = issue_tls(PKI, curve, ["dp.example", "127.0.0.1"], NOW).certificate
    ci = PKI.ci(curve).certificate

    def check(host: str = "DP.example", now: datetime = NOW, role: Role = Role.DP_TLS):
        return verification.check_tls_certificate(tls, {role}, ci, now, host)

    assert check() is None
    assert check(host="other.example") is CertificateFlaw.HOST_NAME
    assert check(now=NOW + timedelta(days=91)) is CertificateFlaw.EXPIRED
    assert check(role=Role.DS_TLS) is CertificateFlaw.WRONG_ROLE


@CURVES
def test_tls_certificate_without_its_issuer_is_checked_for_all_but_the_signature(curve):
    tls = issue_tls(PKI, curve, ["dp.example"], NOW).certificate

    def check(role: Role = Role.DP_TLS, host: str = "dp.example"):
        return list(verification.tls_certificate_flaws(tls, {role}, None, NOW, host))

    assert check() == []
    assert check(role=Role.DS_TLS) == [CertificateFlaw.WRONG_ROLE]
    assert check(host="other.example") == [CertificateFlaw.HOST_NAME]
