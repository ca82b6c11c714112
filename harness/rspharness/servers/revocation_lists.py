"""Certificate revocation lists of a CI: whole, in parts, and deltas.

A list is written octet for octet, as the certificates of `rspcore.pki.issue` are, so that a case
can have one that is wrong.

Source: SGP.22 v2, 4.6 and 5.7.12; RFC 5280, 5.
"""

from collections.abc import Iterable
from typing import Final

from rspcore import tlv
from rspcore.errors import ConfigError
from rspcore.ids import Oid
from rspcore.pki.bundle import Credential
from rspcore.pki.issue import assemble, subject_octets
from rspcore.pki.names_and_extensions import Extension, integer, object_identifier
from rspcore.tags import Tag
from rspharness.record.verdicts import Inconclusive

__all__ = ["load_crl_request", "revocation_list"]

_SEQUENCE: Final = int(Tag.Sequence)
_THIS_UPDATE: Final = tlv.encode(0x17, b"240101000000Z")
_NEXT_UPDATE: Final = tlv.encode(0x17, b"490101000000Z")
_ALGORITHM: Final = tlv.encode(_SEQUENCE, object_identifier(Oid("1.2.840.10045.4.3.2")))
_CRL_NUMBER: Final = Oid("2.5.29.20")
_DELTA_CRL_INDICATOR: Final = Oid("2.5.29.27")
_TOTAL_PARTIAL_CRL_NUMBER: Final = Oid("2.23.146.1.2.0.2")
_PARTIAL_CRL_NUMBER: Final = Oid("2.23.146.1.2.0.3")


def revocation_list(
    ci: Credential,
    number: int,
    serial_numbers: Iterable[int] = (),
    *,
    base: int | None = None,
    part: tuple[int, int] | None = None,
) -> bytes:
    """Returns a CertificateList as DER.

    Args:
        ci: The CI that signs.
        number: cRLNumber.
        serial_numbers: Serial numbers of the certificates revoked.
        base: Number of the list a delta builds on; None for a full list.
        part: Number of this part and how many there are; None for a list in one piece.

    Raises:
        Inconclusive: the bundle has no key of the CI.
    """
    extensions = [
        Extension.authority_key_identifier(ci.certificate.subject_key_identifier or b""),
        Extension(_CRL_NUMBER, integer(number)),
    ]
    if base is not None:
        extensions.append(Extension(_DELTA_CRL_INDICATOR, integer(base), critical=True))
    if part is not None:
        extensions.append(Extension(_TOTAL_PARTIAL_CRL_NUMBER, integer(part[1])))
        extensions.append(Extension(_PARTIAL_CRL_NUMBER, integer(part[0])))
    entries = b"".join(
        tlv.encode(_SEQUENCE, integer(serial), _THIS_UPDATE) for serial in serial_numbers
    )
    tbs = tlv.encode(
        _SEQUENCE,
        integer(1),  # version 2
        _ALGORITHM,
        subject_octets(ci.certificate),
        _THIS_UPDATE,
        _NEXT_UPDATE,
        tlv.encode(_SEQUENCE, entries) if entries else b"",
        tlv.encode(0xA0, tlv.encode(_SEQUENCE, *(one.encode() for one in extensions))),
    )
    try:
        return assemble(tbs, ci.private_key.sign_der(tbs))
    except ConfigError as error:
        raise Inconclusive(str(error)) from error


def load_crl_request(crl: bytes) -> bytes:
    """Returns a LoadCRL request (BF35); its one component stands under A0 (AUTOMATIC TAGS)."""
    return tlv.encode(Tag.LoadCRL, tlv.encode(0xA0, tlv.parse(crl).value))
