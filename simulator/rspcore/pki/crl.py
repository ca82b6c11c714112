"""Certificate revocation lists as read: number, parts, revoked certificates. Nothing is checked.

A CRL may come in parts, each a CRL of its own, connected by two extensions of the GSMA arc
(SGP.22 v2, 4.6 and 5.7.12; RFC 5280, 5). `rspcore.pki.crl_parsing` reads the octets, with a library
that takes a while to import; parsing is cached by octets.
"""

from dataclasses import field
from datetime import datetime
from functools import lru_cache

from rspcore.crypto.keys import PublicKey
from rspcore.frozen import dataclass

__all__ = ["Crl"]


@dataclass(frozen=True, slots=True)
class Crl:
    """One CRL or one part of one.

    Attributes:
        der: The octets as received.
        tbs: The part that is signed.
        signature: DER-coded (r, s).
        signed_with_ecdsa_sha256: True when the algorithm is ecdsa-with-SHA256.
        number: cRLNumber, None when absent.
        base_number: Number of the CRL a delta builds on, None for a full CRL.
        authority_key_identifier: Identifier of the CI key it is signed with, None when absent.
        part: Number of this part, 1 for the first or only one.
        parts: How many parts there are.
        serial_numbers: Serial numbers of the certificates revoked.
        this_update: When it was issued, UTC.
        next_update: When the next one is due, UTC; None when absent.
        distribution_points: Addresses of its issuingDistributionPoint, empty when absent.
        unknown_critical: Whether it has a critical extension that is not read here.
    """

    der: bytes
    tbs: bytes = field(repr=False, compare=False)
    signature: bytes = field(repr=False, compare=False)
    signed_with_ecdsa_sha256: bool = field(repr=False, compare=False)
    number: int | None = field(compare=False)
    base_number: int | None = field(compare=False)
    authority_key_identifier: bytes | None = field(repr=False, compare=False)
    part: int = field(compare=False)
    parts: int = field(compare=False)
    serial_numbers: frozenset[int] = field(repr=False, compare=False)
    this_update: datetime = field(repr=False, compare=False)
    next_update: datetime | None = field(repr=False, compare=False)
    distribution_points: tuple[str, ...] = field(repr=False, compare=False)
    unknown_critical: bool = field(repr=False, compare=False)

    @classmethod
    def from_der(cls, der: bytes) -> "Crl":
        """Reads one DER-coded CertificateList; the same octets give the same object.

        Raises:
            DecodeError: not a CertificateList, or an extension that cannot be read.
        """
        return _read(bytes(der))

    def signed_by(self, issuer_key: PublicKey) -> bool:
        """Returns whether the signature fits this key and the algorithm is ecdsa-with-SHA256."""
        return self.signed_with_ecdsa_sha256 and issuer_key.verify_der(self.signature, self.tbs)


@lru_cache(maxsize=64)
def _read(der: bytes) -> Crl:
    from rspcore.pki.crl_parsing import parsed  # noqa: PLC0415  see above

    return Crl(der=der, **parsed(der))
