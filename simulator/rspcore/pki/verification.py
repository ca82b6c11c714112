"""Checks of certificates as the card and the servers of SGP.22 make them, with named flaws.

Each check is a generator of the flaws found, in the order of the specification; `check_*` returns
the first. A caller that has to tolerate one flaw filters the generator. Generic path validation is
not used: the EUM's name constraint holds the first digits of an EID, which RFC 5280 matching
refuses for every good chain, and a card has no clock.

The caller looks up the issuer by authorityKeyIdentifier: it owns the list of CI keys.

Source: SGP.22 v2, 4.5.2 and 4.5.2.1; 5.7.5 and 5.7.13 (card); 5.6.3 (server).
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from enum import StrEnum

from rspcore.crypto.keys import PublicKey
from rspcore.pki.certificate import Certificate, KeyUsage
from rspcore.pki.distinguished_name import Name
from rspcore.pki.roles import Role
from rspcore.server_address import is_ip_address

__all__ = [
    "CertificateFlaw",
    "check_euicc_certificate",
    "check_eum_certificate",
    "check_server_certificate",
    "check_tls_certificate",
    "euicc_certificate_flaws",
    "euicc_path_flaws",
    "eum_certificate_flaws",
    "server_certificate_flaws",
    "tls_certificate_flaws",
]


class CertificateFlaw(StrEnum):
    """One flaw of a certificate: the reason it is refused."""

    MALFORMED = "malformed"  # for callers: from_der raised DecodeError
    UNSUPPORTED_CURVE = "unsupported_curve"
    PUBLIC_KEY = "public_key"  # compressed form, or not on the curve
    UNKNOWN_ISSUER = "unknown_issuer"  # authorityKeyIdentifier names another key
    BAD_SIGNATURE = "bad_signature"
    CURVE_MISMATCH = "curve_mismatch"  # issued by a key on the other curve
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    UNKNOWN_CRITICAL_EXTENSION = "unknown_critical_extension"
    MISSING_EXTENSION = "missing_extension"  # subject or authority key identifier
    KEY_USAGE = "key_usage"
    EXTENDED_KEY_USAGE = "extended_key_usage"
    BASIC_CONSTRAINTS = "basic_constraints"
    PATH_LENGTH = "path_length"
    MISSING_REGISTERED_ID = "missing_registered_id"
    NO_ROLE = "no_role"  # no policy that names a role
    WRONG_ROLE = "wrong_role"  # a known role, but not an accepted one
    NAME_CONSTRAINTS = "name_constraints"  # absent, unusable, or another organisation
    HOST_NAME = "host_name"  # no dNSName for the address used
    EID = "eid"  # not 32 digits, or outside the EUM's range
    EID_CHECK_DIGITS = "eid_check_digits"


_KEY_USAGE = "2.5.29.15"
_SUBJECT_ALT_NAME = "2.5.29.17"
_BASIC_CONSTRAINTS = "2.5.29.19"
_NAME_CONSTRAINTS = "2.5.29.30"
_CRL_DISTRIBUTION_POINTS = "2.5.29.31"
_CERTIFICATE_POLICIES = "2.5.29.32"
_EXTENDED_KEY_USAGE = "2.5.29.37"
_SUBJECT_KEY_IDENTIFIER = "2.5.29.14"
_AUTHORITY_KEY_IDENTIFIER = "2.5.29.35"
_SERVER_AUTH = "1.3.6.1.5.5.7.3.1"

_KNOWN = frozenset(
    (
        _KEY_USAGE,
        _SUBJECT_ALT_NAME,
        _BASIC_CONSTRAINTS,
        _CRL_DISTRIBUTION_POINTS,
        _CERTIFICATE_POLICIES,
        _SUBJECT_KEY_IDENTIFIER,
        _AUTHORITY_KEY_IDENTIFIER,
    )
)


def check_server_certificate(
    certificate: Certificate, roles: Collection[Role], issuer_key: PublicKey
) -> CertificateFlaw | None:
    """Checks CERT.DPauth, CERT.DPpb or CERT.DSauth as a card does; dates do not count.

    Args:
        certificate: Certificate of the server.
        roles: Roles accepted at this place.
        issuer_key: CI key that the authorityKeyIdentifier selected.

    Returns:
        The first flaw, or None when the certificate is good.
    """
    return next(server_certificate_flaws(certificate, roles, issuer_key), None)


def check_eum_certificate(
    eum: Certificate, ci: Certificate, now: datetime
) -> CertificateFlaw | None:
    """Checks CERT.EUM as a server does.

    Args:
        eum: Certificate of the EUM.
        ci: Root certificate that the server trusts.
        now: Present time, with a time zone.

    Returns:
        The first flaw, or None when the certificate is good.
    """
    return next(eum_certificate_flaws(eum, ci, now), None)


def check_euicc_certificate(
    euicc: Certificate, eum: Certificate, now: datetime, *, check_digits: bool = True
) -> CertificateFlaw | None:
    """Checks CERT.EUICC as a server does, against an EUM certificate that was found good.

    Args:
        euicc: Certificate of the eUICC.
        eum: Certificate of its EUM.
        now: Present time, with a time zone.
        check_digits: Whether the EID has to be 1 modulo 97 (ISO/IEC 7064).

    Returns:
        The first flaw, or None when the certificate is good.
    """
    flaws = euicc_certificate_flaws(euicc, eum, now)
    tolerated = () if check_digits else (CertificateFlaw.EID_CHECK_DIGITS,)
    return next((flaw for flaw in flaws if flaw not in tolerated), None)


def check_tls_certificate(
    certificate: Certificate, roles: Collection[Role], issuer: Certificate, now: datetime, host: str
) -> CertificateFlaw | None:
    """Checks CERT.DP.TLS or CERT.DS.TLS as an LPA does.

    Args:
        certificate: Certificate of the TLS endpoint.
        roles: Roles accepted at this place.
        issuer: Certificate that the authorityKeyIdentifier selected.
        now: Present time, with a time zone.
        host: Host name the connection was made to, without a port.

    Returns:
        The first flaw, or None when the certificate is good.
    """
    return next(tls_certificate_flaws(certificate, roles, issuer, now, host), None)


def server_certificate_flaws(
    certificate: Certificate, roles: Collection[Role], issuer_key: PublicKey
) -> Iterator[CertificateFlaw]:
    """Yields every flaw of a server certificate in the order of SGP.22 v2, 5.7.13.

    The role comes last: a certificate with another flaw is not valid in any role, and only
    a valid one of another role is answered with invalidOid.
    """
    yield from _key_flaws(certificate)
    yield from _signature_flaws(certificate, issuer_key)
    yield from _server_profile_flaws(certificate, roles)


def _server_profile_flaws(
    certificate: Certificate, roles: Collection[Role]
) -> Iterator[CertificateFlaw]:
    yield from _extension_flaws(certificate)
    if KeyUsage.DIGITAL_SIGNATURE not in (certificate.key_usage or ()) or _surplus_usage(
        certificate, {KeyUsage.DIGITAL_SIGNATURE}
    ):
        yield CertificateFlaw.KEY_USAGE
    if certificate.is_ca:
        yield CertificateFlaw.BASIC_CONSTRAINTS
    yield from _extended_key_usage_flaws(certificate)
    if certificate.registered_id is None:
        yield CertificateFlaw.MISSING_REGISTERED_ID
    yield from _role_flaws(certificate, roles)


def tls_certificate_flaws(
    certificate: Certificate,
    roles: Collection[Role],
    issuer: Certificate | None,
    now: datetime,
    host: str,
) -> Iterator[CertificateFlaw]:
    """Yields every flaw of a TLS certificate: issuer, profile, role, dates, then the host name.

    Without an issuer, its signature is left to the TLS library.
    """
    if issuer is not None and (
        issuer.public_key is None
        or (certificate.authority_key_identifier != issuer.subject_key_identifier)
    ):
        yield CertificateFlaw.UNKNOWN_ISSUER
    if issuer is not None and issuer.public_key is not None:
        yield from server_certificate_flaws(certificate, roles, issuer.public_key)
    else:
        yield from _key_flaws(certificate)
        yield from _server_profile_flaws(certificate, roles)
    yield from _date_flaws(certificate, now)
    names = certificate.ip_addresses if is_ip_address(host) else certificate.dns_names
    if host.lower() not in (name.lower() for name in names):
        yield CertificateFlaw.HOST_NAME


def eum_certificate_flaws(
    eum: Certificate, ci: Certificate, now: datetime
) -> Iterator[CertificateFlaw]:
    """Yields every flaw of CERT.EUM: key, issuer, signature, dates, then its profile."""
    yield from _key_flaws(eum)
    yield from _issuer_flaws(eum, ci)
    yield from _date_flaws(eum, now)
    yield from _extension_flaws(eum)
    yield from _ca_flaws(eum, ci)
    if KeyUsage.KEY_CERT_SIGN not in (eum.key_usage or ()) or _surplus_usage(
        eum, {KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN}
    ):
        yield CertificateFlaw.KEY_USAGE
    if eum.registered_id is None:
        yield CertificateFlaw.MISSING_REGISTERED_ID
    yield from _role_flaws(eum, (Role.EUM, Role.EUM_SUBCA))
    if not any(organization and prefixes for organization, prefixes in _ranges(eum)):
        yield CertificateFlaw.NAME_CONSTRAINTS


def euicc_certificate_flaws(
    euicc: Certificate, eum: Certificate, now: datetime, *, subca: Certificate | None = None
) -> Iterator[CertificateFlaw]:
    """Yields every flaw of CERT.EUICC: key, issuer, signature, dates, profile, then the EID.

    Its issuer is the SubCA of the EUM where there is one; the EID is a matter of the EUM.
    """
    yield from _key_flaws(euicc)
    yield from _issuer_flaws(euicc, subca or eum)
    yield from _date_flaws(euicc, now)
    yield from _extension_flaws(euicc)
    if KeyUsage.DIGITAL_SIGNATURE not in (euicc.key_usage or ()) or _surplus_usage(
        euicc, {KeyUsage.DIGITAL_SIGNATURE}
    ):
        yield CertificateFlaw.KEY_USAGE
    if euicc.is_ca:
        yield CertificateFlaw.BASIC_CONSTRAINTS
    yield from _role_flaws(euicc, (Role.EUICC,))
    yield from _eid_flaws(euicc, eum)


def eum_subca_flaws(
    subca: Certificate, eum: Certificate, now: datetime
) -> Iterator[CertificateFlaw]:
    """Yields every flaw of the certificate of a SubCA of an EUM (version 3)."""
    yield from _key_flaws(subca)
    yield from _issuer_flaws(subca, eum)
    yield from _date_flaws(subca, now)
    yield from _extension_flaws(subca)
    yield from _ca_flaws(subca, eum)
    if KeyUsage.KEY_CERT_SIGN not in (subca.key_usage or ()):
        yield CertificateFlaw.KEY_USAGE
    yield from _role_flaws(subca, (Role.EUM_SUBCA,))


def ci_subca_flaws(subca: Certificate, ci: Certificate, now: datetime) -> Iterator[CertificateFlaw]:
    """Yields every flaw of the certificate of a SubCA of a CI (version 3)."""
    yield from _key_flaws(subca)
    yield from _issuer_flaws(subca, ci)
    yield from _date_flaws(subca, now)
    yield from _extension_flaws(subca)
    if not subca.is_ca:
        yield CertificateFlaw.BASIC_CONSTRAINTS
    if KeyUsage.KEY_CERT_SIGN not in (subca.key_usage or ()):
        yield CertificateFlaw.KEY_USAGE
    yield from _role_flaws(subca, (Role.CI_SUBCA,))


def euicc_path_flaws(
    euicc: Certificate, above: Sequence[Certificate], ci: Certificate, now: datetime
) -> Iterator[tuple[str, CertificateFlaw]]:
    """Yields every flaw of the chain of an eUICC of any variant, each with the certificate's name.

    Args:
        euicc: CERT.EUICC.
        above: nextCertInChain and what follows, towards the CI, which is not among them.
        ci: The CI.
        now: Present time, with a time zone.
    """
    eum = next((one for one in above if one.role is Role.EUM), None)
    if eum is None:
        yield "CERT.EUM", CertificateFlaw.UNKNOWN_ISSUER
        return
    subca = above[0] if above[0].role is Role.EUM_SUBCA else None
    ci_subca = above[-1] if above[-1].role is Role.CI_SUBCA else None
    if len(above) != 1 + (subca is not None) + (ci_subca is not None):
        yield "the chain", CertificateFlaw.WRONG_ROLE
    if ci_subca is not None:
        for flaw in ci_subca_flaws(ci_subca, ci, now):
            yield "CERT.CISubCA", flaw
    for flaw in eum_certificate_flaws(eum, ci_subca or ci, now):
        yield "CERT.EUM", flaw
    if subca is not None:
        for flaw in eum_subca_flaws(subca, eum, now):
            yield "CERT.EUMSubCA", flaw
    for flaw in euicc_certificate_flaws(euicc, eum, now, subca=subca):
        yield "CERT.EUICC", flaw


def _key_flaws(certificate: Certificate) -> Iterator[CertificateFlaw]:
    if certificate.curve is None:
        yield CertificateFlaw.UNSUPPORTED_CURVE
    elif certificate.public_key is None:
        yield CertificateFlaw.PUBLIC_KEY


def _issuer_flaws(certificate: Certificate, issuer: Certificate) -> Iterator[CertificateFlaw]:
    named = certificate.authority_key_identifier
    if named is not None and named != issuer.subject_key_identifier:
        yield CertificateFlaw.UNKNOWN_ISSUER
    if issuer.public_key is None:
        yield CertificateFlaw.UNKNOWN_ISSUER
    else:
        yield from _signature_flaws(certificate, issuer.public_key)


def _signature_flaws(certificate: Certificate, issuer_key: PublicKey) -> Iterator[CertificateFlaw]:
    if not certificate.signed_by(issuer_key):
        yield CertificateFlaw.BAD_SIGNATURE
    if certificate.curve is not None and certificate.curve is not issuer_key.curve:
        yield CertificateFlaw.CURVE_MISMATCH


def _date_flaws(certificate: Certificate, now: datetime) -> Iterator[CertificateFlaw]:
    if now > certificate.not_after:
        yield CertificateFlaw.EXPIRED
    if now < certificate.not_before:
        yield CertificateFlaw.NOT_YET_VALID


def _extension_flaws(certificate: Certificate) -> Iterator[CertificateFlaw]:
    known = _KNOWN
    if certificate.role is not None and certificate.role.is_tls:
        known = known | {_EXTENDED_KEY_USAGE}
    elif certificate.is_ca or (certificate.role is not None and certificate.role.is_ca):
        known = known | {_NAME_CONSTRAINTS}
    if any(critical and oid not in known for oid, critical in certificate.extensions.items()):
        yield CertificateFlaw.UNKNOWN_CRITICAL_EXTENSION
    if certificate.subject_key_identifier is None or certificate.authority_key_identifier is None:
        yield CertificateFlaw.MISSING_EXTENSION


def _surplus_usage(certificate: Certificate, allowed: set[KeyUsage]) -> bool:
    return bool((certificate.key_usage or frozenset()) - allowed)


def _extended_key_usage_flaws(certificate: Certificate) -> Iterator[CertificateFlaw]:
    if certificate.role is None or not certificate.role.is_tls:
        return
    if _SERVER_AUTH not in (certificate.extended_key_usage or ()):
        yield CertificateFlaw.EXTENDED_KEY_USAGE


def _ca_flaws(certificate: Certificate, issuer: Certificate) -> Iterator[CertificateFlaw]:
    if not certificate.is_ca or not issuer.is_ca:
        yield CertificateFlaw.BASIC_CONSTRAINTS
        return
    _, own = certificate.basic_constraints or (True, None)
    _, above = issuer.basic_constraints or (True, None)
    # Version 2 requires exactly 0 (4.5.2.1); a version 3 EUM may have one SubCA below it.
    allowed = (0,) if Role.EUM.oid.dotted in certificate.policies else (0, 1)
    if own not in allowed or (above is not None and above < 1):
        yield CertificateFlaw.PATH_LENGTH


def _role_flaws(certificate: Certificate, roles: Collection[Role]) -> Iterator[CertificateFlaw]:
    if certificate.role is None:
        yield CertificateFlaw.NO_ROLE
    elif certificate.role not in roles:
        yield CertificateFlaw.WRONG_ROLE


def _ranges(eum: Certificate) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    """Yields organisation and EID prefixes of each permitted subtree (v3: of permittedEins)."""
    for subtree in eum.permitted_subtrees or ():
        prefixes = _prefixes(subtree) or (eum.permitted_eins or ())
        yield subtree.organization, prefixes


def _prefixes(subtree: Name) -> tuple[str, ...]:
    return () if subtree.serial_number is None else (subtree.serial_number,)


def _eid_flaws(euicc: Certificate, eum: Certificate) -> Iterator[CertificateFlaw]:
    ranges = [r for r in _ranges(eum) if r[0] is not None and r[0] == euicc.subject.organization]
    if not ranges:
        yield CertificateFlaw.NAME_CONSTRAINTS
    eid = euicc.eid
    if eid is None:
        yield CertificateFlaw.EID
        return
    if ranges and not any(str(eid).startswith(p) for _, prefixes in ranges for p in prefixes):
        yield CertificateFlaw.EID
    if not eid.check_digits_fit:
        yield CertificateFlaw.EID_CHECK_DIGITS
