"""Certificates as read: octets, key, identifiers and extensions; nothing is checked here.

`rspcore.pki.certificate_parsing` reads the octets, which needs a library that takes a while to
import; a program that has read no certificate so far does without it. Parsing is cached by octets.

Source: SGP.22 v2, 4.5.2; RFC 5280.
"""

from dataclasses import field, fields
from datetime import datetime
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from rspcore.crypto.curves import Curve
from rspcore.crypto.keys import PublicKey
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.ids import Eid, Oid
from rspcore.pki.distinguished_name import Name
from rspcore.pki.roles import Role

__all__ = ["Certificate", "KeyUsage"]


class KeyUsage(IntEnum):
    """The bits of keyUsage that the profiles of SGP.22 use (RFC 5280, 4.2.1.3)."""

    DIGITAL_SIGNATURE = 0
    KEY_AGREEMENT = 4
    KEY_CERT_SIGN = 5
    CRL_SIGN = 6


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate; two are equal when their octets are.

    Attributes:
        der: The octets as received.
        tbs: The part that is signed, header included.
        signature: DER-coded (r, s), or the octets found in its place.
        signed_with_ecdsa_sha256: True when the algorithm is ecdsa-with-SHA256.
        serial_number: Serial number.
        issuer: Name of the issuer; the issuer is found by key identifier, never by name.
        subject: Name of the subject.
        not_before: First moment of validity, UTC.
        not_after: Last moment of validity, UTC.
        curve: Curve of the subject's key, None when it is not supported.
        public_key: Subject's key, None when the curve is not supported or the point not usable.
        policies: Policy identifiers, dotted; empty when the extension is absent.
        role: Role that the policies name, or None.
        subject_key_identifier: SKI, or None.
        authority_key_identifier: keyIdentifier of the AKI, or None.
        key_usage: Positions of the bits set (`KeyUsage` names some), None when absent.
        extended_key_usage: Purposes, dotted; None when absent.
        basic_constraints: cA flag and pathLenConstraint, None when absent.
        registered_ids: registeredIDs of subjectAltName.
        dns_names: dNSNames of subjectAltName.
        ip_addresses: iPAddresses of subjectAltName, as texts.
        permitted_subtrees: Directory names of nameConstraints, None when absent.
        permitted_eins: EID prefixes of a version 3 EUM certificate, None when absent.
        distribution_points: Addresses of cRLDistributionPoints, empty when absent.
        extensions: Dotted identifier to criticality, in order.
    """

    der: bytes
    tbs: bytes = field(repr=False, compare=False)
    signature: bytes = field(repr=False, compare=False)
    signed_with_ecdsa_sha256: bool = field(repr=False, compare=False)
    serial_number: int = field(repr=False, compare=False)
    issuer: Name = field(repr=False, compare=False)
    subject: Name = field(repr=False, compare=False)
    not_before: datetime = field(repr=False, compare=False)
    not_after: datetime = field(repr=False, compare=False)
    curve: Curve | None = field(repr=False, compare=False)
    public_key: PublicKey | None = field(repr=False, compare=False)
    policies: tuple[str, ...] = field(repr=False, compare=False)
    role: Role | None = field(repr=False, compare=False)
    subject_key_identifier: bytes | None = field(repr=False, compare=False)
    authority_key_identifier: bytes | None = field(repr=False, compare=False)
    key_usage: frozenset[int] | None = field(repr=False, compare=False)
    extended_key_usage: frozenset[str] | None = field(repr=False, compare=False)
    basic_constraints: tuple[bool, int | None] | None = field(repr=False, compare=False)
    registered_ids: tuple[Oid, ...] = field(repr=False, compare=False)
    dns_names: tuple[str, ...] = field(repr=False, compare=False)
    ip_addresses: tuple[str, ...] = field(repr=False, compare=False)
    permitted_subtrees: tuple[Name, ...] | None = field(repr=False, compare=False)
    permitted_eins: tuple[str, ...] | None = field(repr=False, compare=False)
    distribution_points: tuple[str, ...] = field(repr=False, compare=False)
    extensions: dict[str, bool] = field(repr=False, compare=False)

    @classmethod
    def from_der(cls, der: bytes | memoryview) -> "Certificate":
        """Reads one DER-coded X.509 certificate; the same octets give the same object.

        Raises:
            DecodeError: not a certificate, octets after it, an extension twice, or an extension
                whose content cannot be read.
        """
        return _read(bytes(der))

    @classmethod
    def issued(  # noqa: PLR0913  what its issuer knows, each once
        cls,
        der: bytes,
        *,
        tbs: bytes,
        serial_number: int,
        public_key: PublicKey,
        role: Role,
        subject: Name,
        subject_key_identifier: bytes,
        authority_key_identifier: bytes | None,
        registered_ids: tuple[Oid, ...],
    ) -> "Certificate":
        """Returns one that was just made and is sound: the rest is read when it is asked for.

        Args:
            der: The octets.
            tbs: The part of them that is signed.
            serial_number: What is known to stand in them; so are the further ones.
            public_key: Subject's key.
            role: Role that the policies name.
            subject: Name of the subject.
            subject_key_identifier: SKI.
            authority_key_identifier: keyIdentifier of the AKI, None when it has none.
            registered_ids: registeredIDs of subjectAltName.
        """
        made = object.__new__(cls)
        known = {
            "der": der,
            "tbs": tbs,
            "serial_number": serial_number,
            "curve": public_key.curve,
            "public_key": public_key,
            "role": role,
            "subject": subject,
            "subject_key_identifier": subject_key_identifier,
            "authority_key_identifier": authority_key_identifier,
            "registered_ids": registered_ids,
        }
        for name, value in known.items():
            object.__setattr__(made, name, value)
        return made

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Reads the octets of one that was issued: only what has no value yet is asked here."""
            if name not in _FIELDS:
                raise AttributeError(f"a certificate has no {name}")
            whole = _read(self.der)
            for one in _FIELDS:
                object.__setattr__(self, one, getattr(whole, one))
            return getattr(self, name)

    @property
    def registered_id(self) -> Oid | None:
        """Returns the first registeredID of subjectAltName, or None."""
        return self.registered_ids[0] if self.registered_ids else None

    @property
    def eid(self) -> Eid | None:
        """Returns the EID in the subject's serialNumber, None when it is not 32 digits."""
        try:
            return Eid.from_digits(self.subject.serial_number or "")
        except DecodeError:
            return None

    @property
    def is_ca(self) -> bool:
        """Returns whether basicConstraints says cA."""
        return self.basic_constraints is not None and self.basic_constraints[0]

    def signed_by(self, issuer_key: PublicKey) -> bool:
        """Returns whether the signature fits this key and the algorithm is ecdsa-with-SHA256."""
        return self.signed_with_ecdsa_sha256 and issuer_key.verify_der(self.signature, self.tbs)

    def __repr__(self) -> str:
        """Shows role, curve, subject and length; the octets are long."""
        return (
            f"Certificate({self.role or 'no role'}, {self.curve or 'unsupported curve'}, "
            f"{str(self.subject)!r}, {len(self.der)} octets)"
        )


_FIELDS: Final = tuple(one.name for one in fields(Certificate))


@lru_cache(maxsize=512)
def _read(der: bytes) -> Certificate:
    from rspcore.pki.certificate_parsing import parsed  # noqa: PLC0415  see above

    return Certificate(der=der, **parsed(der))
