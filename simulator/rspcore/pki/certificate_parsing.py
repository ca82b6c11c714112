"""Reads the octets of a certificate: the fields of `rspcore.pki.certificate.Certificate`.

The octets are parsed by `cryptography`, the subject's key by this module: the library accepts
compressed points and curves that the cards of SGP.22 do not support, and a certificate with such a
key has to be readable so that it can be refused with the right code.

Source: SGP.22 v2, 4.5.2; RFC 5280.
"""

import warnings
from typing import Any, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import SignatureAlgorithmOID

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.crypto.keys import PublicKey
from rspcore.errors import CryptoError, DecodeError
from rspcore.ids import Oid
from rspcore.pki.distinguished_name import Name
from rspcore.pki.roles import role_of

__all__ = ["parsed"]

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


def parsed(der: bytes) -> dict[str, Any]:
    """Reads one DER-coded X.509 certificate; returns the fields of `Certificate` but the octets.

    Raises:
        DecodeError: see `Certificate.from_der`.
    """
    try:
        with warnings.catch_warnings():
            # Odd serial numbers, names and algorithm parameters occur in practice; the library
            # warns of them and continues.
            warnings.simplefilter("ignore")
            return _from_library(x509.load_der_x509_certificate(der))
    except _UNREADABLE as error:
        raise DecodeError(
            f"expected an X.509 version 3 certificate of {len(der):,} octets: {error}", tag=0x30
        ) from error


def _from_library(whole: x509.Certificate) -> dict[str, Any]:
    extensions = whole.extensions
    values: _Values = {type(one.value): one.value for one in extensions}
    tbs = whole.tbs_certificate_bytes
    policies = _policies(values)
    alternative = _value(values, x509.SubjectAlternativeName)
    curve, public_key = _subject_key(tbs)
    skid = _value(values, x509.SubjectKeyIdentifier)
    akid = _value(values, x509.AuthorityKeyIdentifier)
    purposes = _value(values, x509.ExtendedKeyUsage)
    basic = _value(values, x509.BasicConstraints)
    return dict(  # noqa: C408  the fields as they are named
        tbs=tbs,
        signature=whole.signature,
        signed_with_ecdsa_sha256=(
            whole.signature_algorithm_oid == SignatureAlgorithmOID.ECDSA_WITH_SHA256
        ),
        serial_number=whole.serial_number,
        issuer=_name(whole.issuer),
        subject=_name(whole.subject),
        not_before=whole.not_valid_before_utc,
        not_after=whole.not_valid_after_utc,
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
