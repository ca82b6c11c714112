"""Checks of the certificates between a leaf and the CI, as a card and servers make them.

Source: SGP.22 v3.1, 4.5.2 and 4.6; RFC 5280, 4.2 and 5.
"""

from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum
from typing import Final

from rspcore.crypto.keys import PublicKey
from rspcore.pki.certificate import Certificate, KeyUsage
from rspcore.pki.crl import Crl
from rspcore.pki.roles import Role

__all__ = ["ChainFlaw", "CrlFlaw", "chain_flaws", "crl_flaws"]


class ChainFlaw(StrEnum):
    """One flaw of the certificates between a leaf and the CI."""

    LINK = "link"  # authorityKeyIdentifier is not the next certificate's key
    SIGNATURE = "signature"
    NO_CA = "no_ca"
    KEY_USAGE = "key_usage"
    PATH_LENGTH = "path_length"
    ROLE = "role"  # a SubCA of another role above the leaf
    CURVE = "curve"
    CRITICAL_EXTENSION = "critical_extension"


class CrlFlaw(StrEnum):
    """One flaw of the CRLs stapled to a chain."""

    MISSING = "missing"
    SIGNATURE = "signature"
    REVOKED = "revoked"
    TIME = "time"
    CONFIGURATION = "configuration"


_ABOVE: Final = {
    Role.DP_AUTH: (Role.DP_SUBCA, Role.CI_SUBCA),
    Role.DP_PB: (Role.DP_SUBCA, Role.CI_SUBCA),
    Role.DP_TLS: (Role.DP_SUBCA, Role.CI_SUBCA),
    Role.DS_AUTH: (Role.DS_SUBCA, Role.CI_SUBCA),
    Role.DS_TLS: (Role.DS_SUBCA, Role.CI_SUBCA),
    Role.EUICC: (Role.EUM, Role.EUM_SUBCA),
    Role.EUM_SUBCA: (Role.EUM,),
    Role.EUM: (Role.CI_SUBCA,),
    Role.DP_SUBCA: (Role.CI_SUBCA,),
    Role.DS_SUBCA: (Role.CI_SUBCA,),
    Role.CI_SUBCA: (),
}
"""Roles of an issuer that is not the CI, by the role below it."""
_KNOWN: Final = frozenset(f"2.5.29.{number}" for number in (14, 15, 17, 19, 30, 31, 32, 35))


def chain_flaws(
    leaf: Certificate, between: Sequence[Certificate], root_key: PublicKey | None
) -> Iterator[ChainFlaw]:
    """Yields every flaw of what is between a leaf and the CI; the leaf's own are not its matter.

    Args:
        leaf: The leaf.
        between: Certificates from the leaf's issuer towards the CI, the CI excluded.
        root_key: Key of the CI that the last of them names; None when it is not known.
    """
    for below, above in zip((leaf, *between), between, strict=False):
        if below.authority_key_identifier != above.subject_key_identifier:
            yield ChainFlaw.LINK
    keys = (*(one.public_key for one in between[1:]), root_key)
    for one, key in zip(between, keys, strict=False):
        if key is None or not one.signed_by(key):
            yield ChainFlaw.SIGNATURE
        if key is not None and one.curve is not key.curve:
            yield ChainFlaw.CURVE
    below = leaf
    for position, one in enumerate(between):
        yield from _authority_flaws(one, below, position)
        below = one


def _authority_flaws(
    authority: Certificate, below: Certificate, position: int
) -> Iterator[ChainFlaw]:
    """Yields the flaws of one CA; `position` counts the CAs below it."""
    if not authority.is_ca:
        yield ChainFlaw.NO_CA
    if KeyUsage.KEY_CERT_SIGN not in (authority.key_usage or ()):
        yield ChainFlaw.KEY_USAGE
    _, allowed = authority.basic_constraints or (False, None)
    if allowed is not None and position > allowed:
        yield ChainFlaw.PATH_LENGTH
    expected = () if below.role is None else _ABOVE.get(below.role, ())
    # A second SubCA of one role is a matter of its path length.
    if below.role is not None and authority.role not in (*expected, below.role):
        yield ChainFlaw.ROLE
    if any(critical and oid not in _KNOWN for oid, critical in authority.extensions.items()):
        yield ChainFlaw.CRITICAL_EXTENSION


def crl_flaws(
    chain: Sequence[Certificate], signers: Sequence[PublicKey | None], crls: Collection[Crl]
) -> Iterator[CrlFlaw]:
    """Yields every flaw of the CRLs stapled to a chain.

    Each certificate with cRLDistributionPoints needs a CRL of its issuer. There is no clock: times
    of a CRL and of a certificate are held against each other.

    Args:
        chain: The leaf, then the certificates above it, the CI excluded.
        signers: Key of the issuer of each of them.
        crls: The CRLs.
    """
    issuers = {one.authority_key_identifier for one in chain}
    if any(crl.authority_key_identifier not in issuers or crl.unknown_critical for crl in crls):
        yield CrlFlaw.CONFIGURATION
    for certificate, key in zip(chain, signers, strict=True):
        named = certificate.distribution_points
        own = [
            crl
            for crl in crls
            if crl.authority_key_identifier == certificate.authority_key_identifier
        ]
        if named and not own:
            yield CrlFlaw.MISSING
        for crl in own:
            if key is None or not crl.signed_by(key):
                yield CrlFlaw.SIGNATURE
            if certificate.serial_number in crl.serial_numbers:
                yield CrlFlaw.REVOKED
            late = crl.this_update > certificate.not_after
            if late or (crl.next_update and crl.next_update < certificate.not_before):
                yield CrlFlaw.TIME
            if named and not set(named) & set(crl.distribution_points):
                yield CrlFlaw.CONFIGURATION
