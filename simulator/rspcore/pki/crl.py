"""Certificate revocation lists as read: number, parts, revoked certificates. Nothing is checked.

A CRL may come in parts, each a CRL of its own, connected by two extensions of the GSMA arc
(SGP.22 v2, 4.6 and 5.7.12; RFC 5280, 5). Parsing is cached by octets.
"""

from dataclasses import field
from datetime import datetime
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import SignatureAlgorithmOID

from rspcore import tlv
from rspcore.crypto.keys import PublicKey
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass

__all__ = ["Crl"]

_TOTAL_PARTS: Final = x509.ObjectIdentifier("2.23.146.1.2.0.2")
_PART_NUMBER: Final = x509.ObjectIdentifier("2.23.146.1.2.0.3")
_UNREADABLE = (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension)


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
    try:
        parsed = x509.load_der_x509_crl(der)
        extensions = {one.oid: one.value for one in parsed.extensions}
        serials = frozenset(one.serial_number for one in parsed)
        algorithm = parsed.signature_algorithm_oid
    except _UNREADABLE as error:
        raise DecodeError(
            f"expected a CertificateList of {len(der):,} octets: {error}", tag=0x30
        ) from error
    number = extensions.get(x509.CRLNumber.oid)
    base = extensions.get(x509.DeltaCRLIndicator.oid)
    issuer = extensions.get(x509.AuthorityKeyIdentifier.oid)
    return Crl(
        der=der,
        tbs=parsed.tbs_certlist_bytes,
        signature=parsed.signature,
        signed_with_ecdsa_sha256=algorithm == SignatureAlgorithmOID.ECDSA_WITH_SHA256,
        number=number.crl_number if isinstance(number, x509.CRLNumber) else None,
        base_number=base.crl_number if isinstance(base, x509.DeltaCRLIndicator) else None,
        authority_key_identifier=(
            issuer.key_identifier if isinstance(issuer, x509.AuthorityKeyIdentifier) else None
        ),
        part=_integer(extensions.get(_PART_NUMBER)),
        parts=_integer(extensions.get(_TOTAL_PARTS)),
        serial_numbers=serials,
        this_update=parsed.last_update_utc,
        next_update=parsed.next_update_utc,
        distribution_points=_points(extensions.get(x509.IssuingDistributionPoint.oid)),
        unknown_critical=any(
            one.critical and isinstance(one.value, x509.UnrecognizedExtension)
            for one in parsed.extensions
        ),
    )


def _points(value: x509.ExtensionType | None) -> tuple[str, ...]:
    if not isinstance(value, x509.IssuingDistributionPoint):
        return ()
    return tuple(
        name.value
        for name in value.full_name or ()
        if isinstance(name, x509.UniformResourceIdentifier)
    )


def _integer(value: x509.ExtensionType | None) -> int:
    """Returns the INTEGER of an extension of the GSMA arc, 1 when it is absent.

    Raises:
        DecodeError: the extension is not an INTEGER.
    """
    if not isinstance(value, x509.UnrecognizedExtension):
        return 1
    one = tlv.parse(value.value)
    if one.tag != 0x02 or not len(one.value):
        raise DecodeError(f"CRL extension {value.oid.dotted_string}: expected an INTEGER")
    return int.from_bytes(one.value, "big", signed=True)
