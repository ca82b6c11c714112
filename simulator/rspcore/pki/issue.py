"""Issuing of certificates, good ones and wrong ones: every property can be replaced.

`contents` returns what the profile of a role requires; `dataclasses.replace` and the `with_`
methods change one property; `issue` signs. The DER is written here, octet by octet, because a
library that issues only sound certificates cannot make the unsound ones that a card has to refuse.

Source: SGP.22 v2, 4.5.2; RFC 5280, 4.1 and 4.2.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha1, sha256

from rspcore import tlv
from rspcore.crypto.keys import PrivateKey, PublicKey
from rspcore.errors import LocalError
from rspcore.frozen import dataclass, replace
from rspcore.ids import Oid
from rspcore.pki.certificate import Certificate, KeyUsage
from rspcore.pki.names_and_extensions import (
    CLIENT_AUTH,
    SERVER_AUTH,
    Extension,
    Subject,
    integer,
    object_identifier,
)
from rspcore.pki.roles import Role
from rspcore.tags import Tag

__all__ = [
    "Contents",
    "assemble",
    "contents",
    "issue",
    "key_identifier",
    "sign",
    "subject_octets",
    "subject_public_key_info",
]

_SEQUENCE = int(Tag.Sequence)
_BIT_STRING = 0x03
_TAGGED = (0xA0, 0xA3)
_UTC_TIME = 0x17
_GENERALIZED_TIME = 0x18

_ECDSA_WITH_SHA256 = Oid("1.2.840.10045.4.3.2")
_ID_EC_PUBLIC_KEY = Oid("1.2.840.10045.2.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Everything that is signed in a certificate, where each part can be replaced.

    Attributes:
        subject: Name of the subject, as DER.
        issuer: Name of the issuer, as DER.
        public_key_info: subjectPublicKeyInfo, as DER.
        serial_number: Serial number.
        not_before: First moment of validity, with a time zone.
        not_after: Last moment of validity, with a time zone.
        extensions: The extensions, in the order they are written.
        version: Number in the version field; 2 means version 3, None leaves the field out.
        signature_algorithm: Algorithm that both algorithm fields name.
    """

    subject: bytes
    issuer: bytes
    public_key_info: bytes
    serial_number: int
    not_before: datetime
    not_after: datetime
    extensions: tuple[Extension, ...]
    version: int | None = 2
    signature_algorithm: Oid = _ECDSA_WITH_SHA256

    @classmethod
    def of(cls, certificate: Certificate) -> "Contents":
        """Returns the contents of a certificate, to change one part and sign them again."""
        components = {one.tag: one for one in tlv.parse(certificate.tbs).children()}
        plain = [one for one in tlv.parse(certificate.tbs).children() if one.tag not in _TAGGED]
        serial, algorithm, issuer, _, subject, public_key_info = plain[:6]
        version = components.get(0xA0)
        extensions = components.get(0xA3)
        return cls(
            subject=bytes(subject.raw),
            issuer=bytes(issuer.raw),
            public_key_info=bytes(public_key_info.raw),
            serial_number=int.from_bytes(serial.value, "big", signed=True),
            not_before=certificate.not_before,
            not_after=certificate.not_after,
            extensions=(
                tuple(map(Extension.of, extensions.children()[0].children())) if extensions else ()
            ),
            version=None if version is None else int.from_bytes(version.children()[0].value, "big"),
            signature_algorithm=Oid.from_content(algorithm.children()[0].value),
        )

    def with_extension(self, extension: Extension) -> "Contents":
        """Returns the contents with this extension in place of the one of its kind, or added."""
        if any(one.oid == extension.oid for one in self.extensions):
            changed = tuple(extension if o.oid == extension.oid else o for o in self.extensions)
            return replace(self, extensions=changed)
        return replace(self, extensions=(*self.extensions, extension))

    def with_repeated(self, extension: Extension) -> "Contents":
        """Returns the contents with this extension added even if one of its kind is there."""
        return replace(self, extensions=(*self.extensions, extension))

    def without_extension(self, oid: Oid) -> "Contents":
        """Returns the contents without extensions of this kind."""
        return replace(self, extensions=tuple(o for o in self.extensions if o.oid != oid))

    def encode(self) -> bytes:
        """Returns TBSCertificate as DER."""
        version = b"" if self.version is None else tlv.encode(0xA0, integer(self.version))
        extensions = tlv.encode(_SEQUENCE, *(one.encode() for one in self.extensions))
        return tlv.encode(
            _SEQUENCE,
            version,
            integer(self.serial_number),
            _algorithm(self.signature_algorithm),
            self.issuer,
            tlv.encode(_SEQUENCE, _time(self.not_before), _time(self.not_after)),
            self.subject,
            self.public_key_info,
            tlv.encode(0xA3, extensions) if self.extensions else b"",
        )


def contents(
    role: Role,
    public_key: PublicKey,
    *,
    subject: Subject,
    issuer: Certificate | None,
    validity: tuple[datetime, datetime],
    extra: Iterable[Extension] = (),
) -> Contents:
    """Returns what the profile of a role requires.

    Args:
        role: Role of the certificate.
        public_key: Key of the subject.
        subject: Name of the subject.
        issuer: Certificate of the issuer, None for a self-signed one.
        validity: First and last moment.
        extra: Further extensions, each in place of the default one of its kind: subjectAltName
            (required in all but CERT.EUICC), nameConstraints in CERT.EUM, and others.

    The serial number is 63 bits of a hash over role, name and key: the same inputs give the same
    certificate.
    """
    identifier = key_identifier(public_key)
    extensions = [Extension.subject_key_identifier(identifier)]
    if issuer is not None:
        if issuer.subject_key_identifier is None:
            raise LocalError(f"{issuer!r} has no subjectKeyIdentifier to refer to")
        extensions.append(Extension.authority_key_identifier(issuer.subject_key_identifier))
    extensions += _role_extensions(role)
    serial = sha256(role.name.encode() + subject.encode() + identifier).digest()[:8]
    made = Contents(
        subject=subject.encode(),
        issuer=subject.encode() if issuer is None else subject_octets(issuer),
        public_key_info=subject_public_key_info(public_key.curve.oid, public_key.point),
        serial_number=int.from_bytes(serial, "big") >> 1 or 1,
        not_before=validity[0],
        not_after=validity[1],
        extensions=tuple(extensions),
    )
    for extension in extra:
        made = made.with_extension(extension)
    return made


def _role_extensions(role: Role) -> list[Extension]:
    policy = Extension.policy(role.oid, critical=not role.is_tls)
    if role is Role.CI:
        usage = Extension.key_usage(KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN)
        return [usage, policy, Extension.basic_constraints()]
    if role.is_ca:
        usage = Extension.key_usage(KeyUsage.KEY_CERT_SIGN)
        return [usage, policy, Extension.basic_constraints(path_length=0)]
    usage = Extension.key_usage(KeyUsage.DIGITAL_SIGNATURE)
    if role.is_tls:
        return [usage, policy, Extension.extended_key_usage(SERVER_AUTH, CLIENT_AUTH)]
    return [usage, policy]


def sign(made: Contents, key: PrivateKey) -> bytes:
    """Signs the contents and returns the certificate as DER, without checking that it is sound."""
    tbs = made.encode()
    return assemble(tbs, key.sign_der(tbs), made.signature_algorithm)


def issue(made: Contents, key: PrivateKey) -> Certificate:
    """Signs the contents and reads the certificate back.

    Raises:
        DecodeError: the contents make a certificate that cannot be read.
    """
    return Certificate.from_der(sign(made, key))


def assemble(tbs: bytes, signature: bytes, algorithm: Oid = _ECDSA_WITH_SHA256) -> bytes:
    """Joins the signed part and a DER-coded signature into a certificate."""
    return tlv.encode(
        _SEQUENCE, tbs, _algorithm(algorithm), tlv.encode(_BIT_STRING, b"\x00", signature)
    )


def key_identifier(public_key: PublicKey) -> bytes:
    """Returns the key identifier, 20 octets: SHA-1 of the public key bits (RFC 5280, 4.2.1.2)."""
    return sha1(public_key.point).digest()  # noqa: S324  a name, not a protection


def subject_public_key_info(curve: Oid, point: bytes) -> bytes:
    """Returns subjectPublicKeyInfo as DER; any curve and point is accepted, valid or not."""
    return tlv.encode(
        _SEQUENCE,
        tlv.encode(_SEQUENCE, object_identifier(_ID_EC_PUBLIC_KEY), object_identifier(curve)),
        tlv.encode(_BIT_STRING, b"\x00", point),
    )


def subject_octets(certificate: Certificate) -> bytes:
    """Returns the subject of a certificate as DER, octet for octet."""
    components = [one for one in tlv.parse(certificate.tbs).children() if one.tag != 0xA0]
    return bytes(components[4].raw)


def _algorithm(oid: Oid) -> bytes:
    return tlv.encode(_SEQUENCE, object_identifier(oid))


def _time(moment: datetime) -> bytes:
    moment = moment.astimezone(UTC)
    if moment.year < 2050:
        return tlv.encode(_UTC_TIME, moment.strftime("%y%m%d%H%M%SZ").encode())
    return tlv.encode(_GENERALIZED_TIME, moment.strftime("%Y%m%d%H%M%SZ").encode())
