"""Parts of a certificate as they are written: names and extensions, each a value with its DER.

The class methods make what the profiles of SGP.22 require; a part made by hand may hold anything.

Source: SGP.22 v2, 4.5.2; RFC 5280, 4.1.2.4 and 4.2.1.
"""

from collections.abc import Iterable
from ipaddress import ip_address

from rspcore import tlv
from rspcore.frozen import dataclass
from rspcore.ids import Oid
from rspcore.pki.certificate import KeyUsage
from rspcore.tags import Tag
from rspcore.tlv import Tlv

__all__ = ["CLIENT_AUTH", "SERVER_AUTH", "Extension", "Subject", "integer", "object_identifier"]

SERVER_AUTH = Oid("1.3.6.1.5.5.7.3.1")
CLIENT_AUTH = Oid("1.3.6.1.5.5.7.3.2")

_SEQUENCE = int(Tag.Sequence)
_OCTET_STRING = int(Tag.OctetString)
_SET = 0x31
_BIT_STRING = 0x03
_PRINTABLE_STRING = 0x13

_COUNTRY = "2.5.4.6"
_SERIAL_NUMBER = "2.5.4.5"
_ORGANIZATION = "2.5.4.10"
_UNIT = "2.5.4.11"
_COMMON_NAME = "2.5.4.3"
_PRINTABLE = frozenset((_COUNTRY, _SERIAL_NUMBER))
"""Attributes written as PrintableString; all others are UTF8String."""

_TRUE = tlv.encode(int(Tag.Boolean), b"\xff")


@dataclass(frozen=True, slots=True)
class Subject:
    """The attributes of a distinguished name, in the order they are written.

    Attributes:
        attributes: (dotted attribute type, text), one relative name each.
    """

    attributes: tuple[tuple[str, str], ...]

    @classmethod
    def of(
        cls,
        *,
        country: str | None = None,
        organization: str | None = None,
        unit: str | None = None,
        serial_number: str | None = None,
        common_name: str | None = None,
    ) -> "Subject":
        """Makes a name of the attributes that are given, in the order of the parameters."""
        given = (
            (_COUNTRY, country),
            (_ORGANIZATION, organization),
            (_UNIT, unit),
            (_SERIAL_NUMBER, serial_number),
            (_COMMON_NAME, common_name),
        )
        return cls(tuple((oid, text) for oid, text in given if text is not None))

    def encode(self) -> bytes:
        """Returns the name as DER."""
        return tlv.encode(
            _SEQUENCE,
            *(
                tlv.encode(
                    _SET,
                    tlv.encode(
                        _SEQUENCE,
                        object_identifier(Oid(oid)),
                        tlv.encode(
                            _PRINTABLE_STRING if oid in _PRINTABLE else int(Tag.Utf8String),
                            text.encode(),
                        ),
                    ),
                )
                for oid, text in self.attributes
            ),
        )


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension: identifier, criticality and DER content; class methods make the common ones.

    Attributes:
        oid: Identifier of the extension.
        value: Content of extnValue.
        critical: Whether a reader that does not know it has to refuse the certificate.
    """

    oid: Oid
    value: bytes
    critical: bool = False

    def encode(self) -> bytes:
        """Returns the extension as DER."""
        return tlv.encode(
            _SEQUENCE,
            object_identifier(self.oid),
            _TRUE if self.critical else b"",
            tlv.encode(_OCTET_STRING, self.value),
        )

    @classmethod
    def of(cls, one: Tlv) -> "Extension":
        """Returns one extension of a certificate as read."""
        oid, *flag, value = one.children()
        critical = bool(flag) and any(flag[0].value)
        return cls(Oid.from_content(oid.value), bytes(value.value), critical)

    @classmethod
    def subject_key_identifier(cls, identifier: bytes) -> "Extension":
        """Makes subjectKeyIdentifier."""
        return cls(Oid("2.5.29.14"), tlv.encode(_OCTET_STRING, identifier))

    @classmethod
    def authority_key_identifier(cls, identifier: bytes) -> "Extension":
        """Makes authorityKeyIdentifier with the keyIdentifier alone."""
        return cls(Oid("2.5.29.35"), tlv.encode(_SEQUENCE, tlv.encode(0x80, identifier)))

    @classmethod
    def key_usage(cls, *usages: KeyUsage, critical: bool = True) -> "Extension":
        """Makes keyUsage, critical as the profiles require."""
        octet = 0
        for usage in usages:
            octet |= 0x80 >> usage
        unused = (octet & -octet).bit_length() - 1 if octet else 0
        value = bytes((unused, octet)) if octet else b"\x00"
        return cls(Oid("2.5.29.15"), tlv.encode(_BIT_STRING, value), critical)

    @classmethod
    def policy(cls, policy: Oid, *, critical: bool = True) -> "Extension":
        """Makes certificatePolicies with one identifier."""
        return cls(
            Oid("2.5.29.32"),
            tlv.encode(_SEQUENCE, tlv.encode(_SEQUENCE, object_identifier(policy))),
            critical,
        )

    @classmethod
    def subject_alternative_name(
        cls, *, dns_names: Iterable[str] = (), registered_id: Oid | None = None
    ) -> "Extension":
        """Makes subjectAltName; a name that is an IP address becomes an iPAddress entry."""
        entries = [_host(name) for name in dns_names]
        if registered_id is not None:
            entries.append(tlv.encode(0x88, registered_id.content))
        return cls(Oid("2.5.29.17"), tlv.encode(_SEQUENCE, *entries))

    @classmethod
    def basic_constraints(cls, *, path_length: int | None = None, ca: bool = True) -> "Extension":
        """Makes basicConstraints, critical."""
        parts = [_TRUE] if ca else []
        if path_length is not None:
            parts.append(integer(path_length))
        return cls(Oid("2.5.29.19"), tlv.encode(_SEQUENCE, *parts), critical=True)

    @classmethod
    def extended_key_usage(cls, *purposes: Oid, critical: bool = True) -> "Extension":
        """Makes extKeyUsage."""
        return cls(
            Oid("2.5.29.37"), tlv.encode(_SEQUENCE, *map(object_identifier, purposes)), critical
        )

    @classmethod
    def name_constraints(cls, *permitted: Subject) -> "Extension":
        """Makes nameConstraints, critical, with one permitted directoryName for each subject."""
        trees = (tlv.encode(_SEQUENCE, tlv.encode(0xA4, one.encode())) for one in permitted)
        return cls(Oid("2.5.29.30"), tlv.encode(_SEQUENCE, tlv.encode(0xA0, *trees)), critical=True)

    @classmethod
    def permitted_eins(cls, *prefixes: str) -> "Extension":
        """Makes permittedEins of an EUM of version 3: the EIDs below it begin with one of these."""
        texts = (tlv.encode(_PRINTABLE_STRING, one.encode("ascii")) for one in prefixes)
        return cls(Oid("2.23.146.1.2.2.0"), tlv.encode(_SEQUENCE, *texts))

    @classmethod
    def issuing_distribution_point(cls, *addresses: str, critical: bool = True) -> "Extension":
        """Makes issuingDistributionPoint of a CRL."""
        names = (tlv.encode(0x86, one.encode("ascii")) for one in addresses)
        point = tlv.encode(0xA0, tlv.encode(0xA0, *names))
        return cls(Oid("2.5.29.28"), tlv.encode(_SEQUENCE, point), critical)

    @classmethod
    def crl_distribution_points(cls, *addresses: str) -> "Extension":
        """Makes cRLDistributionPoints, one point for each address."""
        points = (
            tlv.encode(
                _SEQUENCE,
                tlv.encode(0xA0, tlv.encode(0xA0, tlv.encode(0x86, address.encode("ascii")))),
            )
            for address in addresses
        )
        return cls(Oid("2.5.29.31"), tlv.encode(_SEQUENCE, *points))


def object_identifier(oid: Oid) -> bytes:
    """Returns an OBJECT IDENTIFIER as DER."""
    return tlv.encode(int(Tag.ObjectIdentifier), oid.content)


def integer(number: int) -> bytes:
    """Returns an INTEGER as DER."""
    octets = number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)
    return tlv.encode(int(Tag.Integer), octets)


def _domain(name: str) -> bytes:
    """Returns a name as RFC 5890 writes it; raises UnicodeError for what is none."""
    if name.isascii() and all(0 < len(label) < 64 for label in name.split(".")):
        return name.encode("ascii")  # as the codec does, whose tables take long to load
    return name.encode("idna")


def _host(name: str) -> bytes:
    try:
        return tlv.encode(0x87, ip_address(name).packed)
    except ValueError:
        return tlv.encode(0x82, _domain(name))
