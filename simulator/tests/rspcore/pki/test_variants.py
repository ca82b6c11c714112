"""Chains of version 3: made and found again, of the shape of the public test certificates."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, LocalError
from rspcore.pki.bundle import Pki
from rspcore.pki.certificate import KeyUsage
from rspcore.pki.chain_verification import chain_flaws
from rspcore.pki.generate import REFERENCE_EID, make_pki
from rspcore.pki.roles import Role
from rspcore.pki.variants import (
    SERVER_VARIANTS,
    Variant,
    euicc_chain,
    server_chain,
    variant_of,
)
from rspcore.pki.verification import CertificateFlaw, euicc_path_flaws

pytestmark = pytest.mark.once

PKI = make_pki()
NIST = Curve.NIST_P256
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SERVERS = (Role.DP_AUTH, Role.DP_PB, Role.DS_AUTH)
BETWEEN = {
    Variant.OV3: [],
    Variant.A: ["own"],
    Variant.B: [Role.CI_SUBCA],
    Variant.C: ["own", Role.CI_SUBCA],
}


def all_chains():
    for curve in Curve:
        for variant in SERVER_VARIANTS:
            for role in SERVERS:
                yield server_chain(PKI, variant, role, curve)
            yield euicc_chain(PKI, variant, curve, REFERENCE_EID)


def certificates(chain):
    return [chain.leaf.certificate, *(one.certificate for one in chain.issuers)]


@pytest.mark.parametrize("chain", tuple(all_chains()))
def test_chain_is_sound_and_of_its_variant(chain):
    leaf, *between = certificates(chain)
    root = chain.root.certificate
    assert list(chain_flaws(leaf, between, root.public_key)) == []
    assert variant_of([one.role for one in between], newer=True) is chain.variant
    assert leaf.policies == (leaf.role.oid_v3.dotted,)
    own = Role.DS_SUBCA if leaf.role is Role.DS_AUTH else Role.DP_SUBCA
    if leaf.role is not Role.EUICC:
        expected = [own if one == "own" else one for one in BETWEEN[chain.variant]]
        assert [one.role for one in between] == expected
        assert leaf.registered_id == flat(leaf.role, leaf.curve).registered_id
    else:
        assert list(euicc_path_flaws(leaf, between, root, NOW)) == []


def flat(role, curve):
    return PKI.all(role, curve)[0].certificate


def test_same_bundle_gives_the_same_chains():
    again = make_pki(b"rsplab", eid=REFERENCE_EID)
    for variant in SERVER_VARIANTS:
        one = server_chain(PKI, variant, Role.DP_AUTH, NIST)
        assert server_chain(again, variant, Role.DP_AUTH, NIST) == one
    other = make_pki(b"another")
    assert server_chain(other, Variant.A, Role.DP_AUTH, NIST) != one


def test_flat_chain_is_that_of_the_bundle():
    chain = server_chain(PKI, Variant.O, Role.DP_PB, NIST, 2)
    assert (chain.leaf, chain.issuers) == (PKI.dp_pb(NIST, 2), ())
    assert euicc_chain(PKI, Variant.O, NIST, REFERENCE_EID).issuers == (PKI.eum(NIST),)


def test_chains_of_a_bundle_are_found_and_flat_ones_stay_the_usual_ones():
    """A bundle with the certificates of all variants in one folder, as the public one has them."""
    files = [
        (f"{number}.der", octets)
        for number, octets in enumerate(
            [
                *(one.certificate.der for one in PKI.credentials),
                *(
                    one.certificate.der
                    for chain in all_chains()
                    for one in (chain.leaf, *chain.issuers)
                ),
            ]
        )
    ]
    keys = [
        (f"{number}.pem", one.key.to_pem())
        for number, one in enumerate(
            [
                *(
                    one
                    for one in PKI.credentials
                    if one.key and one.certificate.role is not Role.CI
                ),
                *(one for chain in all_chains() for one in (chain.leaf, *chain.issuers)),
            ]
        )
    ]
    bundle = Pki.from_files([*((str(name), octets) for name, octets in files), *keys])
    assert bundle.remarks == ()
    assert bundle.ci(NIST).key is None  # what is found below was not issued
    for role in SERVERS:
        assert bundle.all(role, NIST)[0].certificate == flat(role, NIST)
        assert bundle.servers(role, NIST) == PKI.servers(role, NIST)
        for variant in SERVER_VARIANTS:
            found = server_chain(bundle, variant, role, NIST)
            assert certificates(found) == certificates(server_chain(PKI, variant, role, NIST))
    for variant in SERVER_VARIANTS:
        found = euicc_chain(bundle, variant, NIST, REFERENCE_EID)
        expected = euicc_chain(PKI, variant, NIST, REFERENCE_EID)
        assert certificates(found) == certificates(expected)


def test_bundle_without_the_key_of_the_ci_can_issue_none():
    bare = Pki(
        tuple(
            replace(one, key=None) if one.certificate.role is Role.CI else one
            for one in PKI.credentials
        )
    )
    with pytest.raises(ConfigError, match="no private key"):
        server_chain(bare, Variant.A, Role.DP_AUTH, NIST)


def test_role_of_no_server_is_refused():
    with pytest.raises(LocalError, match="role of a server"):
        server_chain(PKI, Variant.A, Role.EUM, NIST)


@pytest.mark.parametrize(
    ("roles", "newer", "expected"),
    [
        ([], False, Variant.O),
        ([Role.DP_SUBCA], False, None),
        ([Role.DP_SUBCA, Role.DP_SUBCA], True, None),
        ([Role.EUM], True, Variant.OV3),
        ([Role.EUM_SUBCA, Role.EUM, Role.CI_SUBCA], True, Variant.C),
    ],
)
def test_variant_follows_from_the_roles_between(roles, newer, expected):
    assert variant_of(roles, newer=newer) is expected


def test_eid_outside_of_permitted_eins_is_found():
    chain = euicc_chain(PKI, Variant.C, NIST, REFERENCE_EID)
    leaf, *between = certificates(chain)
    elsewhere = make_pki(eid=type(REFERENCE_EID).from_digits("89033023123451234512345678901224"))
    other = euicc_chain(elsewhere, Variant.C, NIST, elsewhere.euicc(NIST).certificate.eid)
    assert other.leaf.certificate.eid != leaf.eid
    eum = next(one for one in between if one.role is Role.EUM)
    assert eum.permitted_eins == (str(REFERENCE_EID)[:8],)
    mixed = [one if one.role is not Role.EUM else certificates(other)[2] for one in between]
    flaws = [flaw for _, flaw in euicc_path_flaws(leaf, mixed, chain.root.certificate, NOW)]
    assert CertificateFlaw.EID in flaws


# -- the public bundle: extension files of every certificate

FILES = {
    (Variant.A, Role.DP_SUBCA): "Variants A_B_C/Variant A/SM-DP+/SM_DPSubCA/SM_DPSubCA-ext.cnf",
    (Variant.A, Role.DS_SUBCA): "Variants A_B_C/Variant A/SM-DS/SM_DSSubCA/SM_DSSubCA-ext.cnf",
    (Variant.C, Role.CI_SUBCA): "Variants A_B_C/CI_subCA/CISubCA-ext.cnf",
    (Variant.A, Role.EUM): "Variants A_B_C/Variant A/EUM/EUM-ext.cnf",
    (Variant.B, Role.EUM): "Variants A_B_C/Variant B/EUM/EUM-ext.cnf",
    (Variant.C, Role.EUM): "Variants A_B_C/Variant C/EUM/EUM-ext.cnf",
    (Variant.OV3, Role.EUM): "Variant Ov3/EUM/EUM-ext.cnf",
    (Variant.A, Role.EUM_SUBCA): "Variants A_B_C/Variant A/EUM_SUB_CA/EUMSubCA-ext.cnf",
    (Variant.C, Role.EUM_SUBCA): "Variants A_B_C/Variant C/EUM_SUB_CA/EUMSubCA-ext.cnf",
    (Variant.OV3, Role.EUICC): "Variant Ov3/eUICC/eUICC-ext.cnf",
    (Variant.B, Role.EUICC): "Variants A_B_C/Variant B/EUICC/eUICC-ext.cnf",
    **{
        (variant, role): f"Variants A_B_C/Variant {variant}/{kind}/{name}/{name}-ext.cnf"
        for variant in (Variant.A, Variant.B, Variant.C)
        for role, kind, name in (
            (Role.DP_AUTH, "SM-DP+", "SM_DPauth"),
            (Role.DP_PB, "SM-DP+", "SM_DPpb"),
            (Role.DS_AUTH, "SM-DS", "SM_DSauth"),
        )
    },
}
USAGES = {
    "keyCertSign": KeyUsage.KEY_CERT_SIGN,
    "cRLSign": KeyUsage.CRL_SIGN,
    "digitalSignature": KeyUsage.DIGITAL_SIGNATURE,
}
OWN_NUMBERS = frozenset(SERVERS)
"""Roles whose registeredID is that of the server of Variant O here."""


def one_of(variant, role):
    for chain in all_chains():
        if chain.variant is variant and chain.root.certificate.curve is NIST:
            for one in certificates(chain):
                if one.role is role:
                    return one
    raise AssertionError((variant, role))


def values_of(text):
    """Returns the extensions of a configuration of OpenSSL: name to parts, comments left out."""
    lines = (line.split("#")[0].partition("=") for line in text.splitlines())
    pairs = ((name.strip(), value.split(",")) for name, _, value in lines)
    return {name: [part.strip() for part in value] for name, value in pairs if name}


@pytest.mark.evidence
@pytest.mark.parametrize(("variant", "role"), FILES, ids=str)
def test_certificates_have_the_extensions_of_the_public_bundle(real_files, variant, role):
    files = dict(real_files("sgp26-v3"))
    text = files[f"Valid Test Cases/{FILES[variant, role]}"].decode("utf-8", "replace")
    wanted = values_of(text)
    made = one_of(variant, role)
    policy = wanted["certificatePolicies"]
    assert made.policies == (policy[-1],)
    assert made.extensions["2.5.29.32"] is ("critical" in policy)
    usage = wanted["keyUsage"]
    assert made.key_usage == {USAGES[one] for one in usage if one != "critical"}
    assert made.extensions["2.5.29.15"] is ("critical" in usage)
    basic = wanted.get("basicConstraints")
    if basic is None:
        assert made.basic_constraints is None
    else:
        length = next((one.removeprefix("pathlen:") for one in basic if "pathlen" in one), None)
        assert made.basic_constraints == (True, None if length is None else int(length))
    names = wanted.get("subjectAltName", [])
    if role not in OWN_NUMBERS:
        assert [f"RID:{one}" for one in made.registered_ids] == names
    points = [one.partition("URI:")[2] for one in wanted.get("crlDistributionPoints", [])]
    hosts = [(one.split("/")[2].partition(".")[0], one.rpartition("/")[2]) for one in points]
    own = [
        (one.split("/")[2].partition(".")[0], one.rpartition("/")[2])
        for one in made.distribution_points
    ]
    assert own == hosts
    assert (made.permitted_eins is not None) is ("2.23.146.1.2.2.0" in wanted)
    assert (made.permitted_subtrees is not None) is ("nameConstraints" in wanted)
