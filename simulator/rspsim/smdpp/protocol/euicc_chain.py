"""The card's certificates: read, and checked against the CIs this server trusts.

Each check refuses with the code of its certificate; a wrong date has a reason code of its own. A
CI that this server does not know is distinguished from a chain that does not verify, because the
first is no fault of the card.

Source: SGP.22 v2, 4.5.2 and 5.6.3.
"""

from datetime import datetime
from typing import Protocol

from rspcore.crypto.curves import Curve
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.messages.es9p import StatusCodeData
from rspcore.pki.certificate import Certificate
from rspcore.pki.roles import Role
from rspcore.pki.verification import (
    CertificateFlaw,
    check_euicc_certificate,
    check_eum_certificate,
    euicc_path_flaws,
)
from rspsim.smdpp.protocol.es9p_function import Environment
from rspsim.smdpp.status_codes import (
    CI_KEY_UNKNOWN,
    EID_NOT_PERMITTED,
    EUICC_CERTIFICATE_EXPIRED,
    EUICC_CERTIFICATE_FAILED,
    EUM_CERTIFICATE_EXPIRED,
    EUM_CERTIFICATE_FAILED,
    StatusCode,
)

__all__ = ["CHAIN_CHECKS", "EuiccChain", "Trust"]

_DATES = frozenset((CertificateFlaw.EXPIRED, CertificateFlaw.NOT_YET_VALID))


class Trust(Protocol):
    """The CIs that a server trusts."""

    def curve_of(self, ci_pkid: bytes | None) -> Curve | None:
        """Returns the curve whose CI has this key identifier, or None when none has."""

    def ci(self, curve: Curve) -> Certificate:
        """Returns the CI certificate trusted on a curve."""


@dataclass(frozen=True, slots=True)
class EuiccChain:
    """The certificates a card has sent, as far as they can be read.

    Attributes:
        euicc: CERT.EUICC, or None when its octets are not a certificate.
        eum: CERT.EUM, or None likewise.
        ci: The trusted CI certificate that the chain names as the issuer of its last, or None.
        between: What follows CERT.EUICC in a chain of version 3, CERT.EUM among it; empty where
            that is CERT.EUM alone.
        now: Present time.
        check_digits: Whether the check digits of the EID are checked.
    """

    euicc: Certificate | None
    eum: Certificate | None
    ci: Certificate | None
    now: datetime
    check_digits: bool
    between: tuple[Certificate | None, ...] = ()

    @classmethod
    def of(cls, environment: Environment, *sent: bytes) -> "EuiccChain":
        """Reads the certificates and looks up their root at an SM-DP+."""
        return cls.under(
            environment.identity,
            sent,
            environment.clock.now(),
            check_digits=environment.policy.eid_check_digits,
        )

    @classmethod
    def under(
        cls, trust: Trust, sent: tuple[bytes, ...], now: datetime, *, check_digits: bool
    ) -> "EuiccChain":
        """Reads CERT.EUICC and what follows it towards the CI, and looks up their root."""
        above = tuple(map(_read, sent[1:]))
        last = above[-1]
        curve = trust.curve_of(last.authority_key_identifier if last else None)
        eum = above[0]
        if len(above) > 1:
            eum = next((one for one in above if one and one.role is Role.EUM), None)
        return cls(
            euicc=_read(sent[0]),
            eum=eum,
            between=above if len(above) > 1 else (),
            ci=None if curve is None else trust.ci(curve),
            now=now,
            check_digits=check_digits,
        )


def _read(octets: bytes) -> Certificate | None:
    try:
        return Certificate.from_der(octets)
    except DecodeError:
        return None


def _refusal(
    fault: CertificateFlaw | None, failed: StatusCode, expired: StatusCode, name: str
) -> StatusCodeData | None:
    if fault is None:
        return None
    return (expired if fault in _DATES else failed)(f"{name}: {fault}")


def _flaws_of_longer(chain: EuiccChain, *, leaf: bool) -> CertificateFlaw | None:
    """Returns the first flaw of a chain with SubCAs: of CERT.EUICC, or of what is above it."""
    above = tuple(one for one in chain.between if one is not None)
    if chain.euicc is None or len(above) != len(chain.between):
        return CertificateFlaw.MALFORMED
    if chain.ci is None:
        return None
    for name, flaw in euicc_path_flaws(chain.euicc, above, chain.ci, chain.now):
        tolerated = flaw is CertificateFlaw.EID_CHECK_DIGITS and not chain.check_digits
        if (name == "CERT.EUICC") is leaf and not tolerated:
            return flaw
    return None


def eum_certificate(chain: EuiccChain) -> StatusCodeData | None:
    """Checks CERT.EUM: 8.1.2/6.1, its dates 8.1.2/6.3; passes when its CI is unknown."""
    if chain.between:
        fault = _flaws_of_longer(chain, leaf=False)
    elif chain.eum is None:
        fault = CertificateFlaw.MALFORMED
    elif chain.eum.authority_key_identifier is None:
        fault = CertificateFlaw.MISSING_EXTENSION
    elif chain.ci is None:
        return None
    else:
        fault = check_eum_certificate(chain.eum, chain.ci, chain.now)
    return _refusal(fault, EUM_CERTIFICATE_FAILED, EUM_CERTIFICATE_EXPIRED, "CERT.EUM")


def euicc_certificate(chain: EuiccChain) -> StatusCodeData | None:
    """Checks CERT.EUICC against CERT.EUM: 8.1.3/6.1, its dates 8.1.3/6.3.

    An EID outside of permittedEins, which an EUM of version 3 has, is 8.1.4/6.1.
    """
    if chain.between:
        fault = _flaws_of_longer(chain, leaf=True)
    elif chain.euicc is None or chain.eum is None:
        fault = CertificateFlaw.MALFORMED
    else:
        fault = check_euicc_certificate(
            chain.euicc, chain.eum, chain.now, check_digits=chain.check_digits
        )
    if fault is CertificateFlaw.EID and chain.eum is not None and chain.eum.permitted_eins:
        return EID_NOT_PERMITTED("the EID is outside of permittedEins of CERT.EUM")
    return _refusal(fault, EUICC_CERTIFICATE_FAILED, EUICC_CERTIFICATE_EXPIRED, "CERT.EUICC")


def root_is_known(chain: EuiccChain) -> StatusCodeData | None:
    """Checks that the chain ends in a CI of this server: 8.11.1/3.9."""
    if chain.ci is not None:
        return None
    last = chain.between[-1] if chain.between else chain.eum
    issuer = last.authority_key_identifier if last else None
    return CI_KEY_UNKNOWN(
        "CERT.EUM was issued by a CI this server does not know",
        identifier=issuer.hex().upper() if issuer else None,
    )


CHAIN_CHECKS = (eum_certificate, root_is_known, euicc_certificate)
"""The checks from the root to the leaf: below an unknown root there is nothing to verify."""
