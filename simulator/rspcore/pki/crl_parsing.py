"""Reads the octets of a CRL: the fields of `rspcore.pki.crl.Crl`.

Source: SGP.22 v2, 4.6 and 5.7.12; RFC 5280, 5.
"""

from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import SignatureAlgorithmOID

from rspcore import tlv
from rspcore.errors import DecodeError

__all__ = ["parsed"]

_TOTAL_PARTS: Final = x509.ObjectIdentifier("2.23.146.1.2.0.2")
_PART_NUMBER: Final = x509.ObjectIdentifier("2.23.146.1.2.0.3")
_UNREADABLE = (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension)


def parsed(der: bytes) -> dict[str, Any]:
    """Reads one DER-coded CertificateList; returns the fields of `Crl` but the octets.

    Raises:
        DecodeError: see `Crl.from_der`.
    """
    try:
        whole = x509.load_der_x509_crl(der)
        extensions = {one.oid: one.value for one in whole.extensions}
        serials = frozenset(one.serial_number for one in whole)
        algorithm = whole.signature_algorithm_oid
    except _UNREADABLE as error:
        raise DecodeError(
            f"expected a CertificateList of {len(der):,} octets: {error}", tag=0x30
        ) from error
    number = extensions.get(x509.CRLNumber.oid)
    base = extensions.get(x509.DeltaCRLIndicator.oid)
    issuer = extensions.get(x509.AuthorityKeyIdentifier.oid)
    return dict(  # noqa: C408  the fields as they are named
        tbs=whole.tbs_certlist_bytes,
        signature=whole.signature,
        signed_with_ecdsa_sha256=algorithm == SignatureAlgorithmOID.ECDSA_WITH_SHA256,
        number=number.crl_number if isinstance(number, x509.CRLNumber) else None,
        base_number=base.crl_number if isinstance(base, x509.DeltaCRLIndicator) else None,
        authority_key_identifier=(
            issuer.key_identifier if isinstance(issuer, x509.AuthorityKeyIdentifier) else None
        ),
        part=_integer(extensions.get(_PART_NUMBER)),
        parts=_integer(extensions.get(_TOTAL_PARTS)),
        serial_numbers=serials,
        this_update=whole.last_update_utc,
        next_update=whole.next_update_utc,
        distribution_points=_points(extensions.get(x509.IssuingDistributionPoint.oid)),
        unknown_critical=any(
            one.critical and isinstance(one.value, x509.UnrecognizedExtension)
            for one in whole.extensions
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
