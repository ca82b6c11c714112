"""The CRLs that a server of version 3 staples to its chain, checked row by row.

A card has no clock, and what is missing or wrong has a code of its own. Which certificates need a
CRL, the order of these checks and what makes a configuration wrong are not public; here each
certificate below the CI that names distribution points needs one of its issuer.

Source: SGP.22 v3.1, 5.7.13.
"""

from collections.abc import Iterable
from typing import Final, Protocol

from rspcore.errors import DecodeError
from rspcore.messages.v3.server_authentication import AuthenticateErrorCode
from rspcore.pki.chain_verification import CrlFlaw, crl_flaws
from rspcore.pki.crl import Crl
from rspsim.euicc.decisions import Check, Checks
from rspsim.euicc.security.server_certificate import Presented

__all__ = ["CRL_CHECKS", "WithCrls", "listed", "stapled_flaws"]

_E = AuthenticateErrorCode
_CODES: Final = {
    CrlFlaw.MISSING: _E.missingCrl,
    CrlFlaw.SIGNATURE: _E.invalidCrlSignature,
    CrlFlaw.REVOKED: _E.revokedCert,
    CrlFlaw.TIME: _E.invalidCertOrCrlTime,
    CrlFlaw.CONFIGURATION: _E.invalidCertOrCrlConfiguration,
}


class WithCrls(Protocol):
    """A subject of checks that has CRLs beside a certificate."""

    @property
    def crl_flaws(self) -> frozenset[CrlFlaw]:
        """Returns every flaw of the CRLs; none where the server staples none."""


def stapled_flaws(presented: Presented, stapled: Iterable[bytes]) -> frozenset[CrlFlaw]:
    """Returns every flaw of the CRLs stapled to a chain that was found good."""
    if presented.certificate is None:
        return frozenset()
    chain = (presented.certificate, *(presented.between or ()))
    try:
        crls = tuple(map(Crl.from_der, stapled))
    except DecodeError:
        return frozenset({CrlFlaw.CONFIGURATION})
    return frozenset(crl_flaws(chain, presented.signer_keys, crls))


def listed(presented: Presented, stapled: Iterable[bytes]) -> bool:
    """Returns whether one of the CRLs of a session lists a further certificate of its server."""
    certificate = presented.certificate
    return certificate is not None and any(
        crl.authority_key_identifier == certificate.authority_key_identifier
        and certificate.serial_number in crl.serial_numbers
        for crl in map(Crl.from_der, stapled)
    )


def _lacks(flaw: CrlFlaw, code: int) -> Check[WithCrls]:
    return Check(f"crl_{flaw.value}", lambda a: flaw not in a.crl_flaws, code)


CRL_CHECKS: Final[Checks[WithCrls]] = tuple(_lacks(flaw, code) for flaw, code in _CODES.items())
"""One check for each flaw, with its code."""
