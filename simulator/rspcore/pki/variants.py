"""The certificate chains of version 3: Variants Ov3, A, B and C beside O, found or issued.

A bundle may bring the chains of a variant; what it does not have is issued under its CI, and every
key follows from the CI's: the same bundle gives the same chains. The CI is that of Variant O.

Source: SGP.22 v3.1, 4.5.2; the layout and extension files of the SGP.26 v3 test certificates.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha512
from typing import Final

from rspcore.crypto.curves import Curve
from rspcore.crypto.keys import PrivateKey
from rspcore.errors import ConfigError, LocalError
from rspcore.frozen import dataclass
from rspcore.ids import Eid, Oid
from rspcore.pki.bundle import Credential, Pki
from rspcore.pki.certificate import KeyUsage
from rspcore.pki.issue import contents, issue
from rspcore.pki.names_and_extensions import Extension, Subject
from rspcore.pki.roles import Role

__all__ = ["SERVER_VARIANTS", "Chain", "Variant", "euicc_chain", "server_chain", "variant_of"]


class Variant(StrEnum):
    """The variants of chains; O is that of version 2."""

    O = "O"  # noqa: E741  the name of the variant
    OV3 = "Ov3"
    A = "A"
    B = "B"
    C = "C"

    @property
    def newer(self) -> bool:
        """Returns whether its certificates have the policies of version 3."""
        return self is not Variant.O


SERVER_VARIANTS: Final = (Variant.OV3, Variant.A, Variant.B, Variant.C)
"""The variants of version 3."""

_BETWEEN: Final = {
    Variant.O: (),
    Variant.OV3: (),
    Variant.A: ("own",),
    Variant.B: ("ci",),
    Variant.C: ("own", "ci"),
}
"""The SubCAs above a leaf of a server, or an EUM: its own role's and that of the CI."""

_SUBCA_OF: Final = {
    Role.DP_AUTH: Role.DP_SUBCA,
    Role.DP_PB: Role.DP_SUBCA,
    Role.DP_TLS: Role.DP_SUBCA,
    Role.DS_AUTH: Role.DS_SUBCA,
    Role.DS_TLS: Role.DS_SUBCA,
}
_RID: Final = {
    Role.CI_SUBCA: Oid("2.999.1"),
    Role.EUM: Oid("2.999.101"),
    Role.EUM_SUBCA: Oid("2.999.101"),
    Role.DP_SUBCA: Oid("2.999.221"),
    Role.DS_SUBCA: Oid("2.999.321"),
}
_HOST: Final = {Role.DP_SUBCA: "smdp", Role.DS_SUBCA: "smds"}
_NOT_CRITICAL: Final = frozenset({Role.DP_SUBCA, Role.DS_SUBCA, Role.EUM_SUBCA})
"""Roles whose policy is not critical in the test certificates; TLS is the other one."""

_OPERATOR: Final = "rsplab"
_EUM_NAME: Final = "rsplab Test EUM"
_COUNTRY: Final = "XX"
_EIN_DIGITS: Final = 8
_START: Final = datetime(2024, 1, 1, tzinfo=UTC)
_CA_END: Final = datetime(2059, 1, 1, tzinfo=UTC)
_SERVER_END: Final = datetime(2049, 1, 1, tzinfo=UTC)
_EUICC_END: Final = _START + timedelta(days=2_000_000)


@dataclass(frozen=True, slots=True)
class Chain:
    """A leaf and what is between it and the CI.

    Attributes:
        variant: The variant it is of.
        leaf: Certificate with its key.
        issuers: Certificates from that of the leaf's issuer towards the CI, the CI excluded.
        root: The CI.
    """

    variant: Variant
    leaf: Credential
    issuers: tuple[Credential, ...]
    root: Credential

    @property
    def others(self) -> tuple[bytes, ...]:
        """Returns the issuers as DER: otherCertsInChain of a server."""
        return tuple(one.certificate.der for one in self.issuers)

    @property
    def signers(self) -> tuple[Credential, ...]:
        """Returns the issuer of each certificate of the chain, the leaf's first, the CI last."""
        return (*self.issuers, self.root)


def variant_of(roles: Iterable[Role], *, newer: bool) -> Variant | None:
    """Returns the variant of a chain, None when there is none of this shape.

    Args:
        roles: Roles of the certificates between leaf and CI.
        newer: Whether the leaf has the policy of version 3.
    """
    between = tuple(one for one in roles if one is not Role.EUM)
    if not newer:
        return None if between else Variant.O
    own = any(one in (Role.DP_SUBCA, Role.DS_SUBCA, Role.EUM_SUBCA) for one in between)
    ci = Role.CI_SUBCA in between
    if len(between) != own + ci:
        return None
    return {(False, False): Variant.OV3, (True, False): Variant.A, (False, True): Variant.B}.get(
        (own, ci), Variant.C
    )


def is_newer(credential: Credential) -> bool:
    """Returns whether a certificate has the policy of its role in version 3."""
    role = credential.certificate.role
    return role is not None and role.oid_v3.dotted in credential.certificate.policies


@lru_cache(maxsize=256)
def server_chain(pki: Pki, variant: Variant, role: Role, curve: Curve, number: int = 1) -> Chain:
    """Returns the chain of a server: that of the bundle, or one issued under its CI.

    Args:
        pki: The bundle.
        variant: The variant.
        role: DP_AUTH, DP_PB or DS_AUTH.
        curve: Curve of the CI.
        number: Which server of this role, from 1, by its certificate of Variant O.

    Raises:
        ConfigError: the bundle has no CI key on this curve, or no such server.
        LocalError: not the role of a server.
    """
    if role not in _SUBCA_OF:
        raise LocalError(f"{role}: expected the role of a server")
    flat = {Role.DP_AUTH: pki.dp_auth, Role.DP_PB: pki.dp_pb, Role.DS_AUTH: pki.ds_auth}[role](
        curve, number
    )
    if variant is Variant.O:
        return Chain(variant, flat, (), pki.ci(curve))
    for chain in _found(pki, role, curve):
        if chain.variant is variant and _owner_fits(pki, chain, role, curve, number):
            return chain
    root = pki.ci(curve)
    issuers = _issuers(root, _SUBCA_OF[role], variant)
    above = issuers[0] if issuers else root
    oid = flat.certificate.registered_id
    if oid is None:
        raise ConfigError(f"{flat.certificate!r} has no registeredID to issue {variant} for")
    points = _points(_HOST[_SUBCA_OF[role]]) if above.certificate.role in _HOST else _points("ci")
    key = _key(root, f"{variant} {role.name} {oid}")
    name = Subject.of(
        organization=flat.certificate.subject.organization or _OPERATOR,
        common_name=flat.certificate.subject.common_name,
    )
    leaf = _issued(
        role,
        key,
        above,
        name,
        _SERVER_END,
        Extension.subject_alternative_name(registered_id=oid),
        Extension.crl_distribution_points(*points),
    )
    return Chain(variant, leaf, issuers, root)


@lru_cache(maxsize=256)
def euicc_chain(pki: Pki, variant: Variant, curve: Curve, eid: Eid) -> Chain:
    """Returns the chain of an eUICC; its key is that of its certificate of Variant O.

    The issuers begin with nextCertInChain: the EUM, or the SubCA of one.

    Raises:
        ConfigError: the bundle has no CI key on this curve, or no eUICC of this EID.
    """
    flat = pki.euicc(curve, eid)
    root = pki.ci(curve)
    if variant is Variant.O:
        return Chain(variant, flat, (pki.eum(curve),), root)
    for chain in _found(pki, Role.EUICC, curve):
        own = chain.leaf.certificate
        same_key = chain.leaf.key is not None and own.public_key == flat.private_key.public
        if chain.variant is variant and own.eid == eid and same_key:
            return chain
    issuers = _eum_issuers(root, variant, str(eid)[:_EIN_DIGITS])
    name = Subject.of(
        country=_COUNTRY,
        organization=_EUM_NAME,
        serial_number=str(eid),
        common_name="Test eUICC",
    )
    leaf = _issued(Role.EUICC, flat.private_key, issuers[0], name, _EUICC_END)
    return Chain(variant, leaf, issuers, root)


def _issuers(root: Credential, subca: Role, variant: Variant) -> tuple[Credential, ...]:
    """Returns the SubCAs above the leaf of a server, the leaf's issuer first."""
    between = _BETWEEN[variant]
    above = (_ci_subca(root),) if "ci" in between else ()
    if "own" not in between:
        return above
    return (_subca(root, subca, (*above, root)[0], variant), *above)


def _ci_subca(root: Credential) -> Credential:
    name = Subject.of(organization=_OPERATOR, unit="TESTCERT", common_name="Test CI SubCA")
    return _authority(root, Role.CI_SUBCA, "CI SubCA", root, name, length=None, crl=True)


def _subca(root: Credential, role: Role, above: Credential, variant: Variant) -> Credential:
    kind = "SM_DPSubCA" if role is Role.DP_SUBCA else "SM_DSSubCA"
    name = Subject.of(organization=_OPERATOR, unit="TESTCERT", common_name=f"Test CI {kind}")
    return _authority(root, role, f"{variant} {kind}", above, name, length=0, crl=True)


def _eum_issuers(root: Credential, variant: Variant, ein: str) -> tuple[Credential, ...]:
    """Returns what is above an eUICC, its issuer first."""
    between = _BETWEEN[variant]
    above = (_ci_subca(root),) if "ci" in between else ()
    name = Subject.of(country=_COUNTRY, organization=_EUM_NAME, common_name="EUM Test")
    eum = _authority(
        root,
        Role.EUM,
        f"{variant} EUM {ein}",
        (*above, root)[0],
        name,
        Extension.name_constraints(Subject.of(organization=_EUM_NAME)),
        Extension.permitted_eins(ein),
        Extension.crl_distribution_points(_points("ci")[1]),
        length=1,
        crl="own" in between,
    )
    if "own" not in between:
        return (eum, *above)
    subca = _authority(
        root,
        Role.EUM_SUBCA,
        f"{variant} EUM SubCA {ein}",
        eum,
        name,
        Extension.crl_distribution_points("http://eum.rsplab.example/CRL.crl"),
        length=0,
        crl=False,
    )
    return (subca, eum, *above)


def _authority(  # noqa: PLR0913  one certificate, each property once
    root: Credential,
    role: Role,
    label: str,
    above: Credential,
    name: Subject,
    *extra: Extension,
    length: int | None,
    crl: bool,
) -> Credential:
    usages = (KeyUsage.KEY_CERT_SIGN, *((KeyUsage.CRL_SIGN,) if crl else ()))
    key = _key(root, label)
    return _issued(
        role,
        key,
        above,
        name,
        _CA_END,
        Extension.subject_alternative_name(registered_id=_RID[role]),
        Extension.key_usage(*usages),
        Extension.basic_constraints(path_length=length),
        Extension.crl_distribution_points(*_points("ci")),
        *extra,
    )


def _issued(
    role: Role,
    key: PrivateKey,
    above: Credential,
    name: Subject,
    end: datetime,
    *extra: Extension,
) -> Credential:
    critical = role not in _NOT_CRITICAL and not role.is_tls
    made = contents(
        role,
        key.public,
        subject=name,
        issuer=above.certificate,
        validity=(_START, end),
        extra=(Extension.policy(role.oid_v3, critical=critical), *extra),
    )
    return Credential(issue(made, above.private_key), key)


def _points(host: str) -> tuple[str, str]:
    return f"http://{host}.rsplab.example/CRL-1.crl", f"http://{host}.rsplab.example/CRL-2.crl"


def _key(root: Credential, label: str) -> PrivateKey:
    ci = root.private_key
    return PrivateKey.from_random(ci.curve, sha512(ci.scalar + b"|" + label.encode()).digest())


def _owner_fits(pki: Pki, chain: Chain, role: Role, curve: Curve, number: int) -> bool:
    """Returns whether a chain of the bundle is that of its n-th server, counted by OID."""
    owners = sorted(
        {
            one.leaf.certificate.registered_id
            for one in _found(pki, role, curve)
            if one.variant is chain.variant and one.leaf.certificate.registered_id is not None
        },
        key=lambda oid: tuple(map(int, oid.dotted.split("."))),
    )
    own = chain.leaf.certificate.registered_id
    return number <= len(owners) and owners[number - 1] == own


@lru_cache(maxsize=64)
def _found(pki: Pki, role: Role, curve: Curve) -> tuple[Chain, ...]:
    """Returns the chains of version 3 that a bundle has for a role, those with a key."""
    leaves = (
        one
        for one in pki.credentials
        if one.may_be(role, curve) and one.key is not None and is_newer(one)
    )
    return tuple(chain for leaf in leaves for chain in _paths(pki, leaf))


def _paths(pki: Pki, leaf: Credential) -> Iterator[Chain]:
    issuers: list[Credential] = []
    below = leaf
    while True:
        above = next(
            (
                one
                for one in pki.credentials
                if one.certificate.subject_key_identifier
                == below.certificate.authority_key_identifier
                and one.certificate.public_key is not None
                and below.certificate.signed_by(one.certificate.public_key)
            ),
            None,
        )
        if above is None or above in issuers:
            return
        if above.certificate.role is Role.CI:
            roles = [one.certificate.role for one in issuers if one.certificate.role is not None]
            variant = variant_of(roles, newer=True)
            if variant is not None:
                yield Chain(variant, leaf, tuple(issuers), above)
            return
        issuers.append(above)
        below = above
