"""Chains and stapled CRLs: each flaw is found, and a sound one has none."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from rspcore.crypto.curves import Curve
from rspcore.crypto.keys import PrivateKey
from rspcore.ids import Oid
from rspcore.pki.bundle import Credential
from rspcore.pki.certificate import Certificate, KeyUsage
from rspcore.pki.chain_verification import ChainFlaw, CrlFlaw, chain_flaws, crl_flaws
from rspcore.pki.crl import Crl
from rspcore.pki.generate import make_pki
from rspcore.pki.issue import Contents, sign
from rspcore.pki.issue_crl import CRL_LIFETIME, CRL_START, issue_crl
from rspcore.pki.names_and_extensions import Extension
from rspcore.pki.roles import Role
from rspcore.pki.variants import Variant, server_chain

pytestmark = pytest.mark.once

NIST = Curve.NIST_P256
CHAIN = server_chain(make_pki(), Variant.C, Role.DP_AUTH, NIST)
ROOT_KEY = CHAIN.root.certificate.public_key
OTHER_KEY = PrivateKey.from_random(NIST, b"x" * 48)
UNKNOWN = Extension(Oid("2.999.99.1"), b"\x05\x00", critical=True)


def flaws(leaf, between, root_key=ROOT_KEY):
    return set(chain_flaws(leaf.certificate, [one.certificate for one in between], root_key))


def changed(position, *, key=None, **fields):
    """Returns the chain with one SubCA issued again; an extension stands in place of its like."""
    good, signer = CHAIN.issuers[position], CHAIN.signers[position + 1]
    contents = Contents.of(good.certificate)
    if "extension" in fields:
        contents = contents.with_extension(fields.pop("extension"))
    der = sign(replace(contents, **fields), key or signer.private_key)
    issuers = list(CHAIN.issuers)
    issuers[position] = Credential(Certificate.from_der(der), good.key)
    return issuers


def test_sound_chain_has_no_flaw():
    assert flaws(CHAIN.leaf, CHAIN.issuers) == set()


@pytest.mark.parametrize(
    ("issuers", "expected"),
    [
        (tuple(reversed(CHAIN.issuers)), ChainFlaw.LINK),
        (changed(1, key=OTHER_KEY), ChainFlaw.SIGNATURE),
        (changed(0, extension=Extension.basic_constraints(ca=False)), ChainFlaw.NO_CA),
        (changed(0, extension=Extension.key_usage(KeyUsage.CRL_SIGN)), ChainFlaw.KEY_USAGE),
        (changed(1, extension=Extension.basic_constraints(path_length=0)), ChainFlaw.PATH_LENGTH),
        (changed(0, extension=Extension.policy(Role.DS_SUBCA.oid_v3)), ChainFlaw.ROLE),
        (changed(1, extension=UNKNOWN), ChainFlaw.CRITICAL_EXTENSION),
    ],
)
def test_each_flaw_is_found_alone(issuers, expected):
    found = flaws(CHAIN.leaf, issuers)
    assert expected in found
    if expected is not ChainFlaw.LINK:
        assert found == {expected}


def test_chain_under_an_unknown_ci_is_not_signed():
    assert flaws(CHAIN.leaf, CHAIN.issuers, None) == {ChainFlaw.SIGNATURE}


def test_ci_on_another_curve_is_found():
    other = PrivateKey.from_random(Curve.BRAINPOOL_P256R1, b"y" * 48)
    assert ChainFlaw.CURVE in flaws(CHAIN.leaf, CHAIN.issuers, other.public)


# -- stapled CRLs

BELOW = (CHAIN.leaf, *CHAIN.issuers)
KEYS = tuple(one.certificate.public_key for one in CHAIN.signers)


def crls(first=None, **fields):
    made = [
        issue_crl(signer, below.certificate.distribution_points[:1])
        for below, signer in zip(BELOW, CHAIN.signers, strict=True)
    ]
    if fields or first is not None:
        points = CHAIN.leaf.certificate.distribution_points[1:] if first is None else first
        made[0] = issue_crl(CHAIN.signers[0], points, **fields)
    return made


def found_in(made):
    certificates = [one.certificate for one in BELOW]
    return set(crl_flaws(certificates, KEYS, [Crl.from_der(one) for one in made]))


def test_sound_crls_have_no_flaw():
    assert found_in(crls()) == set()
    assert found_in(crls(serial_numbers=[5])) == set()


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ([], CrlFlaw.MISSING),
        (crls()[1:], CrlFlaw.MISSING),
        (crls(sign_with=OTHER_KEY), CrlFlaw.SIGNATURE),
        (crls(serial_numbers=[CHAIN.leaf.certificate.serial_number]), CrlFlaw.REVOKED),
        (crls(this_update=datetime(2060, 1, 1, tzinfo=UTC)), CrlFlaw.TIME),
        (crls(this_update=datetime(1999, 1, 1, tzinfo=UTC)), CrlFlaw.TIME),
        (crls(("http://other.example/CRL.crl",)), CrlFlaw.CONFIGURATION),
        (crls((), more=()), CrlFlaw.CONFIGURATION),
        (crls(more=[UNKNOWN]), CrlFlaw.CONFIGURATION),
    ],
)
def test_each_flaw_of_crls_is_found_alone(made, expected):
    assert found_in(made) == {expected}


def test_crl_of_no_issuer_of_the_chain_is_a_wrong_configuration():
    stranger = server_chain(make_pki(), Variant.A, Role.DS_AUTH, NIST).issuers[0]
    assert found_in([*crls(), issue_crl(stranger, ())]) == {CrlFlaw.CONFIGURATION}


def test_crl_of_an_unknown_signer_is_not_signed():
    certificates = [one.certificate for one in BELOW]
    parsed = [Crl.from_der(one) for one in crls()]
    assert set(crl_flaws(certificates, (None, *KEYS[1:]), parsed)) == {CrlFlaw.SIGNATURE}


def test_crl_reads_as_another_library_reads_it():
    octets = issue_crl(CHAIN.root, ["http://ci.example/CRL-1.crl"], [7, 9])
    parsed = x509.load_der_x509_crl(octets)
    assert [one.serial_number for one in parsed] == [7, 9]
    assert parsed.last_update_utc == CRL_START
    assert parsed.next_update_utc - parsed.last_update_utc == CRL_LIFETIME == timedelta(days=1095)
    point = parsed.extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    assert point.critical
    assert point.value.full_name[0].value == "http://ci.example/CRL-1.crl"
    number = parsed.extensions.get_extension_for_class(x509.CRLNumber)
    assert number.value.crl_number == 2024
    own = Crl.from_der(octets)
    assert own.serial_numbers == {7, 9}
    assert own.distribution_points == ("http://ci.example/CRL-1.crl",)
    assert own.signed_by(ROOT_KEY)
