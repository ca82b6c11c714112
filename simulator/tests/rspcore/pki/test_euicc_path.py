"""Flaws of each certificate above an eUICC, in each variant of chain (SGP.22 v3, 4.5.2)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rspcore.crypto.curves import Curve
from rspcore.pki.certificate import Certificate
from rspcore.pki.generate import REFERENCE_EID, make_pki
from rspcore.pki.issue import Contents, issue
from rspcore.pki.names_and_extensions import Extension, KeyUsage, Subject
from rspcore.pki.roles import Role
from rspcore.pki.variants import Variant, euicc_chain
from rspcore.pki.verification import CertificateFlaw, euicc_path_flaws

pytestmark = pytest.mark.once

PKI = make_pki()
NOW = datetime(2026, 1, 1, tzinfo=UTC)
LEAF = "CERT.EUICC"
NAMES = {Role.EUM_SUBCA: "CERT.EUMSubCA", Role.EUM: "CERT.EUM", Role.CI_SUBCA: "CERT.CISubCA"}
NEWER = (Variant.OV3, Variant.A, Variant.B, Variant.C)
CASES = [
    *((variant, Role.EUM) for variant in NEWER),
    (Variant.A, Role.EUM_SUBCA),
    (Variant.C, Role.EUM_SUBCA),
    (Variant.B, Role.CI_SUBCA),
    (Variant.C, Role.CI_SUBCA),
]


def _chain(variant):
    return euicc_chain(PKI, variant, Curve.NIST_P256, REFERENCE_EID)


def _found(chain, *, above=None, leaf=None, now=NOW):
    leaf = leaf or chain.leaf.certificate
    given = [one.certificate for one in chain.issuers] if above is None else above
    return list(euicc_path_flaws(leaf, given, chain.root.certificate, now))


def _changed(chain, role, change):
    """Returns what is above the eUICC, with one certificate made anew by its own issuer."""
    above = [one.certificate for one in chain.issuers]
    place = next(number for number, one in enumerate(above) if one.role is role)
    signer = chain.signers[place + 1].private_key
    above[place] = issue(change(Contents.of(above[place])), signer)
    return above


@pytest.mark.parametrize("variant", NEWER)
def test_each_certificate_has_its_dates(variant):
    chain = _chain(variant)
    every = [LEAF, *(NAMES[one.certificate.role] for one in chain.issuers)]
    early = _found(chain, now=datetime(2000, 1, 1, tzinfo=UTC))
    expected = {(name, CertificateFlaw.NOT_YET_VALID) for name in every}
    assert set(early) == expected
    assert len(early) == len(expected)
    assert early[-1][0] == LEAF  # from the CI down


@pytest.mark.parametrize(("variant", "role"), CASES)
def test_certificate_that_expired_is_named(variant, role):
    chain = _chain(variant)
    above = _changed(chain, role, lambda one: replace(one, not_after=NOW - timedelta(1)))
    assert _found(chain, above=above) == [(NAMES[role], CertificateFlaw.EXPIRED)]


@pytest.mark.parametrize(("variant", "role"), CASES)
def test_certificate_that_may_not_sign_others_is_named(variant, role):
    chain = _chain(variant)
    usage = Extension.key_usage(KeyUsage.CRL_SIGN)
    above = _changed(chain, role, lambda one: one.with_extension(usage))
    assert _found(chain, above=above) == [(NAMES[role], CertificateFlaw.KEY_USAGE)]


@pytest.mark.parametrize(("variant", "role"), CASES)
def test_certificate_without_key_usage_or_constraints_is_named(variant, role):
    chain = _chain(variant)
    usage, constraints = (
        next(one.oid for one in _extensions(chain, role) if one.oid.dotted == dotted)
        for dotted in ("2.5.29.15", "2.5.29.19")
    )
    above = _changed(chain, role, lambda one: one.without_extension(usage))
    assert _found(chain, above=above) == [(NAMES[role], CertificateFlaw.KEY_USAGE)]
    above = _changed(chain, role, lambda one: one.without_extension(constraints))
    # Without them it is no CA, so the one below has no issuer that may be one.
    flaws = _found(chain, above=above)
    assert flaws[0] == (NAMES[role], CertificateFlaw.BASIC_CONSTRAINTS)
    assert {flaw for _, flaw in flaws} == {CertificateFlaw.BASIC_CONSTRAINTS}


def _extensions(chain, role):
    one = next(one.certificate for one in chain.issuers if one.certificate.role is role)
    return Contents.of(one).extensions


@pytest.mark.parametrize(("variant", "role"), CASES)
def test_certificate_of_another_issuer_is_named(variant, role):
    chain = _chain(variant)
    other = euicc_chain(make_pki(b"another"), variant, Curve.NIST_P256, REFERENCE_EID)
    above = [
        other.issuers[number].certificate if one.certificate.role is role else one.certificate
        for number, one in enumerate(chain.issuers)
    ]
    flaws = _found(chain, above=above)
    assert (NAMES[role], CertificateFlaw.BAD_SIGNATURE) in flaws
    assert (NAMES[role], CertificateFlaw.UNKNOWN_ISSUER) in flaws


@pytest.mark.parametrize("variant", NEWER)
def test_eum_may_have_one_subca_below_it_and_a_subca_none(variant):
    chain = _chain(variant)
    longer = Extension.basic_constraints(path_length=2)
    above = _changed(chain, Role.EUM, lambda one: one.with_extension(longer))
    assert _found(chain, above=above) == [("CERT.EUM", CertificateFlaw.PATH_LENGTH)]
    none = Extension.basic_constraints(path_length=0)
    above = _changed(chain, Role.EUM, lambda one: one.with_extension(none))
    expected = [("CERT.EUMSubCA", CertificateFlaw.PATH_LENGTH)]
    assert _found(chain, above=above) == (expected if variant in (Variant.A, Variant.C) else [])


def test_chain_without_eum_has_no_issuer():
    chain = _chain(Variant.C)
    between = [one.certificate for one in chain.issuers]
    without = [one for one in between if one.role is not Role.EUM]
    assert _found(chain, above=without) == [("CERT.EUM", CertificateFlaw.UNKNOWN_ISSUER)]


@pytest.mark.parametrize("variant", NEWER)
def test_chain_with_one_certificate_too_many_is_none(variant):
    chain = _chain(variant)
    between = [one.certificate for one in chain.issuers]
    place = next(number for number, one in enumerate(between) if one.role is Role.EUM)
    twice = [*between[: place + 1], *between[place:]]
    assert ("the chain", CertificateFlaw.WRONG_ROLE) in _found(chain, above=twice)


@pytest.mark.parametrize("variant", [Variant.A, Variant.C])
def test_chain_without_its_subca_does_not_verify(variant):
    chain = _chain(variant)
    flaws = _found(chain, above=[one.certificate for one in chain.issuers[1:]])
    assert (LEAF, CertificateFlaw.UNKNOWN_ISSUER) in flaws
    assert (LEAF, CertificateFlaw.BAD_SIGNATURE) in flaws


@pytest.mark.parametrize("variant", NEWER)
def test_eum_names_its_organisation_and_its_eins(variant):
    chain = _chain(variant)
    eum = next(one.certificate for one in chain.issuers if one.certificate.role is Role.EUM)
    eins = next(
        one.oid for one in Contents.of(eum).extensions if one == Extension.permitted_eins(_ein(eum))
    )
    above = _changed(chain, Role.EUM, lambda one: one.without_extension(eins))
    flaws = _found(chain, above=above)
    assert ("CERT.EUM", CertificateFlaw.NAME_CONSTRAINTS) in flaws
    assert (LEAF, CertificateFlaw.EID) in flaws


def _ein(eum: Certificate) -> str:
    (ein,) = eum.permitted_eins or ()
    return ein


@pytest.mark.parametrize("variant", NEWER)
def test_eum_of_another_organisation_has_no_such_eids(variant):
    chain = _chain(variant)
    other = Extension.name_constraints(Subject.of(organization="Another EUM"))
    above = _changed(chain, Role.EUM, lambda one: one.with_extension(other))
    assert (LEAF, CertificateFlaw.NAME_CONSTRAINTS) in _found(chain, above=above)
