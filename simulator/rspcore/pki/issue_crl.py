"""Issuing of certificate revocation lists as servers of version 3 staple them.

Every property can be given, so that a list can be wrong in one of them.

Source: SGP.22 v3.1, 4.6; the layout of the SGP.26 v3 test certificates; RFC 5280, 5.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from rspcore import tlv
from rspcore.crypto.keys import PrivateKey
from rspcore.ids import Oid
from rspcore.pki.bundle import Credential
from rspcore.pki.issue import assemble, subject_octets
from rspcore.pki.names_and_extensions import Extension, integer, object_identifier
from rspcore.tags import Tag

__all__ = ["CRL_LIFETIME", "CRL_START", "issue_crl"]

CRL_START: Final = datetime(2024, 7, 16, tzinfo=UTC)
CRL_LIFETIME: Final = timedelta(days=1095)
"""Days between thisUpdate and nextUpdate in the test certificates."""

_SEQUENCE: Final = int(Tag.Sequence)
_NUMBER: Final = 2024
_ALGORITHM: Final = tlv.encode(_SEQUENCE, object_identifier(Oid("1.2.840.10045.4.3.2")))
_CRL_NUMBER: Final = Oid("2.5.29.20")


def issue_crl(  # noqa: PLR0913  one list, each property once
    issuer: Credential,
    points: Iterable[str],
    serial_numbers: Iterable[int] = (),
    *,
    this_update: datetime = CRL_START,
    next_update: datetime | None = None,
    sign_with: PrivateKey | None = None,
    more: Iterable[Extension] = (),
) -> bytes:
    """Returns a CertificateList as DER: whole, of the issuer's own certificates.

    Args:
        issuer: The CI or SubCA whose certificates it lists.
        points: Addresses of issuingDistributionPoint; without any the extension is left out.
        serial_numbers: Serial numbers of the certificates revoked.
        this_update: When it was issued.
        next_update: When the next one is due; 1095 days after by default.
        sign_with: Key in place of the issuer's.
        more: Further extensions.

    Raises:
        ConfigError: the issuer has no key.
    """
    named = tuple(points)
    extensions = [
        Extension.authority_key_identifier(issuer.certificate.subject_key_identifier or b""),
        Extension(_CRL_NUMBER, integer(_NUMBER)),
        *((Extension.issuing_distribution_point(*named),) if named else ()),
        *more,
    ]
    entries = b"".join(
        tlv.encode(_SEQUENCE, integer(serial), _time(this_update)) for serial in serial_numbers
    )
    tbs = tlv.encode(
        _SEQUENCE,
        integer(1),  # version 2
        _ALGORITHM,
        subject_octets(issuer.certificate),
        _time(this_update),
        _time(next_update or this_update + CRL_LIFETIME),
        tlv.encode(_SEQUENCE, entries) if entries else b"",
        tlv.encode(0xA0, tlv.encode(_SEQUENCE, *(one.encode() for one in extensions))),
    )
    return assemble(tbs, (sign_with or issuer.private_key).sign_der(tbs))


def _time(moment: datetime) -> bytes:
    if moment.year < 2050:
        return tlv.encode(0x17, moment.strftime("%y%m%d%H%M%SZ").encode())
    return tlv.encode(0x18, moment.strftime("%Y%m%d%H%M%SZ").encode())
