"""The card's view of a server certificate: read once, judged once, checked row by row.

AuthenticateServer and PrepareDownload ask the same questions with different codes. `Presented`
holds the answers; `certificate_checks` makes one row of a table of checks for each flaw a
certificate can have, so that each can be left out separately (SGP.22 v2, 4.5.2, 5.7.5, 5.7.13).
"""

from functools import cached_property
from typing import Final, Protocol

from rspcore.crypto.keys import PublicKey
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.ids import Oid
from rspcore.messages.v3.capability_bits import EuiccRspCapability
from rspcore.pki.certificate import Certificate
from rspcore.pki.chain_verification import ChainFlaw, chain_flaws
from rspcore.pki.roles import Role
from rspcore.pki.verification import CertificateFlaw, server_certificate_flaws
from rspsim.euicc.decisions import Check, Checks
from rspsim.euicc.security import ecasd, revocation
from rspsim.euicc.state import CardState

__all__ = ["NO_OID", "Presented", "WithCertificate", "certificate_checks"]

NO_OID: Final = Oid("0.0")
"""Stands for the registeredID of a server without one, on a card that does not ask for it."""

_JUDGED_APART: Final = frozenset(
    {CertificateFlaw.UNSUPPORTED_CURVE, CertificateFlaw.UNKNOWN_ISSUER}
)
"""What has a row and a code of its own in the functions' tables."""


@dataclass(frozen=True)
class Presented:
    """A server certificate as presented, and what the card finds about it.

    Attributes:
        der: The octets.
        state: The card that looks at them.
        others: otherCertsInChain of the server, DER each; looked at by a card with
            certChainV3VerificationSupport.
    """

    der: bytes
    state: CardState
    others: tuple[bytes, ...] = ()

    @cached_property
    def certificate(self) -> Certificate | None:
        """Returns the certificate, or None when the octets are none."""
        try:
            return Certificate.from_der(self.der)
        except DecodeError:
            return None

    @property
    def chains_supported(self) -> bool:
        """Returns whether the card verifies chains with SubCAs."""
        supported = EuiccRspCapability.certChainV3VerificationSupport
        return supported in self.state.personality.rsp_capability and (
            self.state.personality.version_3
        )

    @cached_property
    def between(self) -> tuple[Certificate, ...] | None:
        """Returns the certificates from its issuer towards the CI; None when one is none."""
        try:
            return tuple(map(Certificate.from_der, self.others if self.chains_supported else ()))
        except DecodeError:
            return None

    @cached_property
    def ci_pkid(self) -> bytes | None:
        """Returns the identifier of the CI key that it, or its chain, names; or None."""
        last = (self.certificate, *(self.between or ()))[-1]
        return None if last is None else last.authority_key_identifier

    @property
    def issuer_key(self) -> PublicKey | None:
        """Returns the key of its issuer: of the next certificate, or of the CI."""
        return self.between[0].public_key if self.between else self.ci_key

    @property
    def signer_keys(self) -> tuple[PublicKey | None, ...]:
        """Returns the key of the issuer of it and of each certificate above it."""
        between = self.between or ()
        return (*(one.public_key for one in between), self.ci_key)

    @cached_property
    def chain_flaws(self) -> frozenset[ChainFlaw]:
        """Returns every flaw of the certificates between it and the CI."""
        if self.between is None:
            return frozenset({ChainFlaw.LINK})
        if self.certificate is None:
            return frozenset()
        return frozenset(chain_flaws(self.certificate, self.between, self.ci_key))

    @property
    def chain_complete(self) -> bool:
        """Returns False for a certificate of version 3 whose chain ends below a CI of the card.

        What is missing is then not known to be a CI: it may be a SubCA.
        """
        return self.ci_known or not (self.chains_supported and self._of_version_3)

    @property
    def _of_version_3(self) -> bool:
        certificate = self.certificate
        role = None if certificate is None else certificate.role
        if role is None or certificate is None:
            return False
        return role.oid_v3.dotted in certificate.policies

    @cached_property
    def ci_key(self) -> PublicKey | None:
        """Returns the CI key it names, or None when the card has no such key to verify with."""
        return ecasd.ci_key(self.state, self.ci_pkid)

    @cached_property
    def flaws(self) -> frozenset[CertificateFlaw]:
        """Returns every flaw except a role that another function requires."""
        if self.certificate is None:
            return frozenset({CertificateFlaw.MALFORMED})
        if self.ci_pkid is None:
            return frozenset({CertificateFlaw.MISSING_EXTENSION})
        if self.ci_key is None:
            return frozenset({CertificateFlaw.UNKNOWN_ISSUER})
        if self.issuer_key is None:
            return frozenset({CertificateFlaw.BAD_SIGNATURE})
        found = server_certificate_flaws(self.certificate, frozenset(Role), self.issuer_key)
        return frozenset(found)

    @property
    def ci_known(self) -> bool:
        """Returns whether the card can verify under the CI it names, if it names one at all."""
        return self.ci_pkid is None or self.ci_key is not None

    @property
    def curve_supported(self) -> bool:
        """Returns whether its key is on a curve the card knows."""
        return self.certificate is None or self.certificate.curve is not None

    @property
    def role(self) -> Role | None:
        """Returns its role, or None when no policy names one."""
        return None if self.certificate is None else self.certificate.role

    @property
    def oid(self) -> Oid | None:
        """Returns the registeredID of its subjectAltName, or None."""
        return None if self.certificate is None else self.certificate.registered_id

    @property
    def key(self) -> PublicKey | None:
        """Returns its key, or None when it is not usable."""
        return None if self.certificate is None else self.certificate.public_key

    @property
    def revoked(self) -> bool:
        """Returns whether a CRL of the card lists it."""
        return self.certificate is not None and revocation.revoked(
            self.state.crls, self.ci_pkid, self.certificate.serial_number
        )


class WithCertificate(Protocol):
    """A subject of checks that has a presented certificate."""

    @property
    def presented(self) -> Presented:
        """Returns the certificate presented."""


def certificate_checks(code: int) -> Checks[WithCertificate]:
    """Returns one check per flaw of a certificate and of its chain, then that for revocation.

    Args:
        code: Error code of them all (4.5.2: invalidCertificate).
    """
    return (
        *(_lacks(flaw, code) for flaw in CertificateFlaw if flaw not in _JUDGED_APART),
        *(_chain_lacks(flaw, code) for flaw in ChainFlaw),
        Check("certificate_not_revoked", lambda a: not a.presented.revoked, code),
    )


def _chain_lacks(flaw: ChainFlaw, code: int) -> Check[WithCertificate]:
    return Check(f"chain_{flaw.value}", lambda a: flaw not in a.presented.chain_flaws, code)


def _lacks(flaw: CertificateFlaw, code: int) -> Check[WithCertificate]:
    return Check(f"certificate_{flaw.value}", lambda a: flaw not in a.presented.flaws, code)
