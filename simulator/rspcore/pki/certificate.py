"""Certificates as read: octets, key, identifiers and extensions; nothing is checked here.

The octets are parsed by `cryptography`, the subject's key by this module: the library accepts
compressed points and curves that the cards of SGP.22 do not support, and a certificate with such a
key has to be readable so that it can be refused with the right code. Parsing is cached by octets.

Source: SGP.22 v2, 4.5.2; RFC 5280.
"""

import warnings
from dataclasses import field
from datetime import datetime
from enum import IntEnum
from functools import lru_cache
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.crypto.keys import PublicKey
from rspcore.errors import CryptoError, DecodeError
from rspcore.frozen import dataclass
from rspcore.ids import Eid, Oid
from rspcore.pki.roles import Role, role_of

__all__ = ["Certificate", "KeyUsage", "Name"]

_UNREADABLE = (
    ValueError,
    TypeError,  # the library's answer to a BIT STRING in a name
    KeyError,  # that of cryptography before 45 to a string type it does not know
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
_ID_EC_PUBLIC_KEY = tlv.encode(0x06, Oid("1.2.840.10045.2.1").content)
_BY_ALGORITHM = {
    tlv.encode(0x30, _ID_EC_PUBLIC_KEY, tlv.encode(0x06, curve.oid.content)): curve
    for curve in Curve
}
"""AlgorithmIdentifier of a subject's key, as DER, to its curve."""
_PERMITTED_EINS = x509.ObjectIdentifier("2.23.146.1.2.2.0")

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)
_Values = dict[type[x509.ExtensionType], x509.ExtensionType]


class KeyUsage(IntEnum):
    """The bits of keyUsage that the profiles of SGP.22 use (RFC 5280, 4.2.1.3)."""

    DIGITAL_SIGNATURE = 0
    KEY_AGREEMENT = 4
    KEY_CERT_SIGN = 5
    CRL_SIGN = 6


@dataclass(frozen=True, slots=True)
class Name:
    """A distinguished name: (dotted attribute type, text) in the order of the octets.

    Attributes:
        attributes: The attributes, the first relative name first.
    """

    attributes: tuple[tuple[str, str], ...]

    def get(self, attribute: str) -> str | None:
        """Returns the first value of an attribute type (dotted), or None."""
        return next((text for oid, text in self.attributes if oid == attribute), None)

    @property
    def country(self) -> str | None:
        """Returns countryName, or None."""
        return self.get(NameOID.COUNTRY_NAME.dotted_string)

    @property
    def organization(self) -> str | None:
        """Returns organizationName, or None."""
        return self.get(NameOID.ORGANIZATION_NAME.dotted_string)

    @property
    def common_name(self) -> str | None:
        """Returns commonName, or None."""
        return self.get(NameOID.COMMON_NAME.dotted_string)

    @property
    def serial_number(self) -> str | None:
        """Returns the serialNumber attribute, in CERT.EUICC the EID, or None."""
        return self.get(NameOID.SERIAL_NUMBER.dotted_string)

    def __str__(self) -> str:
        """Returns the values, separated by commas."""
        return ", ".join(text for _, text in self.attributes)


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


@lru_cache(maxsize=512)
def _read(der: bytes) -> Certificate:
    try:
        with warnings.catch_warnings():
            # Odd serial numbers, names and algorithm parameters occur in practice; the library
            # warns of them and continues.
            warnings.simplefilter("ignore")
            return _from_parsed(der, x509.load_der_x509_certificate(der))
    except _UNREADABLE as error:
        raise DecodeError(
            f"expected an X.509 version 3 certificate of {len(der):,} octets: {error}", tag=0x30
        ) from error


def _from_parsed(der: bytes, parsed: x509.Certificate) -> Certificate:
    extensions = parsed.extensions
    values: _Values = {type(one.value): one.value for one in extensions}
    tbs = parsed.tbs_certificate_bytes
    policies = _policies(values)
    alternative = _value(values, x509.SubjectAlternativeName)
    curve, public_key = _subject_key(tbs)
    skid = _value(values, x509.SubjectKeyIdentifier)
    akid = _value(values, x509.AuthorityKeyIdentifier)
    purposes = _value(values, x509.ExtendedKeyUsage)
    basic = _value(values, x509.BasicConstraints)
    return Certificate(
        der=der,
        tbs=tbs,
        signature=parsed.signature,
        signed_with_ecdsa_sha256=(
            parsed.signature_algorithm_oid == SignatureAlgorithmOID.ECDSA_WITH_SHA256
        ),
        serial_number=parsed.serial_number,
        issuer=_name(parsed.issuer),
        subject=_name(parsed.subject),
        not_before=parsed.not_valid_before_utc,
        not_after=parsed.not_valid_after_utc,
        curve=curve,
        public_key=public_key,
        policies=policies,
        role=role_of(policies),
        subject_key_identifier=skid.digest if skid else None,
        authority_key_identifier=akid.key_identifier if akid else None,
        key_usage=_key_usage(values),
        extended_key_usage=frozenset(o.dotted_string for o in purposes) if purposes else None,
        basic_constraints=(basic.ca, basic.path_length) if basic else None,
        registered_ids=_registered_ids(alternative),
        dns_names=(
            tuple(alternative.get_values_for_type(x509.DNSName)) if alternative is not None else ()
        ),
        ip_addresses=(
            tuple(map(str, alternative.get_values_for_type(x509.IPAddress)))
            if alternative is not None
            else ()
        ),
        permitted_subtrees=_permitted_subtrees(values),
        permitted_eins=_permitted_eins(extensions),
        distribution_points=_distribution_points(values),
        extensions={one.oid.dotted_string: one.critical for one in extensions},
    )


def _distribution_points(values: _Values) -> tuple[str, ...]:
    points = _value(values, x509.CRLDistributionPoints) or ()
    return tuple(
        name.value
        for point in points
        for name in point.full_name or ()
        if isinstance(name, x509.UniformResourceIdentifier)
    )


def _value(values: _Values, kind: type[_Extension]) -> _Extension | None:
    value = values.get(kind)
    return value if isinstance(value, kind) else None


def _name(name: x509.Name) -> Name:
    return Name(
        tuple(
            (a.oid.dotted_string, a.value if isinstance(a.value, str) else a.value.hex())
            for a in name
        )
    )


def _policies(values: _Values) -> tuple[str, ...]:
    policies = _value(values, x509.CertificatePolicies)
    if policies is None:
        return ()
    return tuple(policy.policy_identifier.dotted_string for policy in policies)


def _registered_ids(alternative: x509.SubjectAlternativeName | None) -> tuple[Oid, ...]:
    if alternative is None:
        return ()
    return tuple(
        Oid(one.dotted_string) for one in alternative.get_values_for_type(x509.RegisteredID)
    )


def _key_usage(values: _Values) -> frozenset[int] | None:
    usage = _value(values, x509.KeyUsage)
    if usage is None:
        return None
    one = tlv.parse(usage.public_bytes())
    count = 8 * (len(one.value) - 1)
    return frozenset(n for n in range(count) if one.value[1 + n // 8] & (0x80 >> n % 8))


def _permitted_subtrees(values: _Values) -> tuple[Name, ...] | None:
    constraints = _value(values, x509.NameConstraints)
    if constraints is None:
        return None
    return tuple(
        _name(one.value)
        for one in constraints.permitted_subtrees or ()
        if isinstance(one, x509.DirectoryName)
    )


def _permitted_eins(extensions: x509.Extensions) -> tuple[str, ...] | None:
    for one in extensions:
        if one.oid == _PERMITTED_EINS and isinstance(one.value, x509.UnrecognizedExtension):
            items = tlv.parse(one.value.value).children()
            return tuple(bytes(item.value).decode("ascii") for item in items)
    return None


def _subject_key(tbs: bytes) -> tuple[Curve | None, PublicKey | None]:
    """Returns curve and key of subjectPublicKeyInfo, the sixth component after the version."""
    components = [one for one in tlv.parse(tbs).children() if one.tag != 0xA0]
    algorithm, bits = components[5].children()
    curve = _BY_ALGORITHM.get(bytes(algorithm.raw))
    if curve is None:
        return None, None
    try:
        return curve, PublicKey.from_point(curve, bits.value[1:])
    except CryptoError:
        return curve, None
