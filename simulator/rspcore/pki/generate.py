"""A whole test PKI made from a seed: the same seed gives the same keys and certificates.

The names are this project's own, so that the certificates are not mistaken for those of the GSMA;
the object identifiers are from the example arc 2.999. `issue_tls` makes the TLS certificates
separately, because TLS uses the real clock and everything else does not.

Source: SGP.22 v2, 4.5.2.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from hashlib import sha512

from rspcore.crypto.curves import Curve
from rspcore.crypto.keys import PrivateKey
from rspcore.errors import ConfigError, LocalError
from rspcore.ids import Eid, Oid
from rspcore.pki.bundle import Credential, LateCredential, Pki
from rspcore.pki.certificate import Certificate
from rspcore.pki.distinguished_name import Name
from rspcore.pki.issue import assemble, contents, key_identifier
from rspcore.pki.names_and_extensions import Extension, Subject
from rspcore.pki.roles import Role
from rspcore.pki.verification import CertificateFlaw, check_euicc_certificate

__all__ = [
    "CI_OID",
    "EUM_OID",
    "REFERENCE_EID",
    "SMDPP_OIDS",
    "SMDS_OID",
    "issue_euicc",
    "issue_servers",
    "issue_tls",
    "make_pki",
]

REFERENCE_EID = Eid.from_digits("89049032123451234512345678901235")
CI_OID = Oid("2.999.1")
EUM_OID = Oid("2.999.5")
SMDPP_OIDS = (Oid("2.999.10"), Oid("2.999.12"))
SMDS_OID = Oid("2.999.15")

_COUNTRY = "XX"
_EUM_NAME = "rsplab Test EUM"
_OPERATOR = "rsplab"
_CRLS = ("http://ci.rsplab.example/CRL-A.crl", "http://ci.rsplab.example/CRL-B.crl")
_START = datetime(2024, 1, 1, tzinfo=UTC)
_CI_END = datetime(2059, 1, 1, tzinfo=UTC)
_SERVER_END = datetime(2049, 1, 1, tzinfo=UTC)
_EUICC_END = _START + timedelta(days=2_000_000)
_EIN_DIGITS = 8


def _key(seed: bytes, curve: Curve, label: str) -> PrivateKey:
    return PrivateKey.from_random(
        curve, sha512(b"|".join((seed, curve.encode(), label.encode()))).digest()
    )


@lru_cache(maxsize=16)
def make_pki(
    seed: bytes = b"rsplab",
    *,
    eid: Eid = REFERENCE_EID,
    curves: tuple[Curve, ...] = tuple(Curve),
) -> Pki:
    """Makes CI, EUM, one eUICC, two SM-DP+ and one SM-DS on each curve, all but TLS certificates.

    Args:
        seed: Any octets; every key is derived from them.
        eid: EID of the eUICC; its first eight digits become the EUM's range.
        curves: Curves to make a PKI on.
    """
    made = [one for curve in curves for one in _branch(seed, curve, eid)]
    return Pki(tuple(made))


def _branch(seed: bytes, curve: Curve, eid: Eid) -> Iterator[Credential]:
    """Yields the credentials on a curve; each is issued when it is first asked for.

    A program that starts needs few of them.
    """
    ci = LateCredential.of(Role.CI, curve, CI_OID, lambda: _ci(_key(seed, curve, "CI")))
    eum = LateCredential.of(
        Role.EUM, curve, EUM_OID, lambda: _eum(_key(seed, curve, "EUM"), ci, str(eid)[:_EIN_DIGITS])
    )
    yield ci
    yield eum
    yield LateCredential.of(
        Role.EUICC, curve, None, lambda: _euicc(_key(seed, curve, f"EUICC {eid}"), eum, eid)
    )

    def server(role: Role, name: str, oid: Oid) -> Credential:
        key = partial(_key, seed, curve, f"{role.name} {oid}")
        return LateCredential.of(role, curve, oid, lambda: _server(role, key(), ci, name, oid))

    for number, oid in enumerate(SMDPP_OIDS, 1):
        for role in (Role.DP_AUTH, Role.DP_PB):
            yield server(role, f"rsplab SM-DP+ {number}", oid)
    yield server(Role.DS_AUTH, "rsplab SM-DS", SMDS_OID)


def _ci(key: PrivateKey) -> Credential:
    return _issued(
        Role.CI,
        Subject.of(organization=_OPERATOR, unit="TESTCERT", common_name="Test CI"),
        key,
        None,
        (_START, _CI_END),
        CI_OID,
        Extension.crl_distribution_points(*_CRLS),
    )


def _eum(key: PrivateKey, ci: Credential, ein: str) -> Credential:
    return _issued(
        Role.EUM,
        Subject.of(country=_COUNTRY, organization=_EUM_NAME, common_name="EUM Test"),
        key,
        ci,
        (_START, _CI_END),
        EUM_OID,
        Extension.name_constraints(Subject.of(organization=_EUM_NAME, serial_number=ein)),
        Extension.crl_distribution_points(_CRLS[1]),
    )


def _euicc(key: PrivateKey, eum: Credential, eid: Eid) -> Credential:
    name = eum.certificate.subject
    subject = Subject.of(
        country=name.country,
        organization=name.organization,
        serial_number=str(eid),
        common_name="Test eUICC",
    )
    return _issued(Role.EUICC, subject, key, eum, (_START, _EUICC_END), None)


def _server(role: Role, key: PrivateKey, ci: Credential, name: str, oid: Oid) -> Credential:
    subject = Subject.of(organization=_OPERATOR, common_name=name)
    points = Extension.crl_distribution_points(*_CRLS)
    return _issued(role, subject, key, ci, (_START, _SERVER_END), oid, points)


def _issued(  # noqa: PLR0913  what a certificate is made of, each part once
    role: Role,
    subject: Subject,
    key: PrivateKey,
    issuer: Credential | None,
    validity: tuple[datetime, datetime],
    owner: Oid | None,
    *extra: Extension,
    dns_names: tuple[str, ...] = (),
) -> Credential:
    """Issues a sound certificate; what is not known of it is read when it is asked for."""
    above = None if issuer is None else issuer.certificate
    alternative = Extension.subject_alternative_name(dns_names=dns_names, registered_id=owner)
    made = contents(
        role,
        key.public,
        subject=subject,
        issuer=above,
        validity=validity,
        extra=(*((alternative,) if owner or dns_names else ()), *extra),
    )
    tbs = made.encode()
    signer = key if issuer is None else issuer.private_key
    certificate = Certificate.issued(
        assemble(tbs, signer.sign_der(tbs)),
        tbs=tbs,
        serial_number=made.serial_number,
        public_key=key.public,
        role=role,
        subject=Name(subject.attributes),
        subject_key_identifier=key_identifier(key.public),
        authority_key_identifier=None if above is None else above.subject_key_identifier,
        registered_ids=() if owner is None else (owner,),
    )
    return Credential(certificate, key)


def issue_euicc(pki: Pki, eid: Eid) -> Pki:
    """Returns the bundle with an eUICC of this EID preferred, on every curve with an EUM key.

    Raises:
        ConfigError: no EUM certificate has a private key, or the EID is outside its range.
    """
    issuers = [
        next((one for one in pki.all(Role.EUM, curve) if one.has_key), None) for curve in pki.curves
    ]
    added = [_new_euicc(eum, eid) for eum in issuers if eum is not None]
    if not added:
        raise ConfigError(
            "the PKI bundle has no EUM with a private key: add SK_EUM_*.pem to issue eUICCs"
        )
    return pki.with_credentials(*added)


def _new_euicc(eum: Credential, eid: Eid) -> Credential:
    issuer_key = eum.private_key
    made = _euicc(_key(issuer_key.scalar, issuer_key.curve, f"EUICC {eid}"), eum, eid)
    flaw = check_euicc_certificate(made.certificate, eum.certificate, _START)
    if flaw not in (None, CertificateFlaw.NOT_YET_VALID):
        raise ConfigError(
            f"EID {eid} cannot have a certificate of {eum.certificate!r} ({flaw}): "
            "its first digits have to be in the EUM's range and its check digits have to fit"
        )
    return made


def issue_servers(pki: Pki) -> Pki:
    """Returns the bundle with two SM-DP+ and an SM-DS on every curve with a CI key.

    What the bundle has stays and keeps its number; the rest is issued under its CI.
    """
    added = [
        one for curve in pki.curves if pki.ci(curve).has_key for one in _missing_servers(pki, curve)
    ]
    return pki.with_credentials(*added) if added else pki


def _missing_servers(pki: Pki, curve: Curve) -> Iterable[Credential]:
    ci = pki.ci(curve)
    seed = ci.private_key.scalar
    present = [oid for oid in pki.servers(Role.DP_AUTH, curve) if oid is not None]
    for number in range(len(present), len(SMDPP_OIDS)):
        oid = SMDPP_OIDS[number]
        if present and _arcs(oid) <= _arcs(present[-1]):
            oid = Oid(f"{present[-1].dotted}.1")  # servers are counted by these numbers
        present.append(oid)
        for role in (Role.DP_AUTH, Role.DP_PB):
            key = _key(seed, curve, f"{role.name} {oid}")
            yield _server(role, key, ci, f"{_OPERATOR} SM-DP+ {number + 1}", oid)
    if not pki.all(Role.DS_AUTH, curve):
        key = _key(seed, curve, f"DS_AUTH {SMDS_OID}")
        yield _server(Role.DS_AUTH, key, ci, f"{_OPERATOR} SM-DS", SMDS_OID)


def _arcs(oid: Oid) -> tuple[int, ...]:
    return tuple(map(int, oid.dotted.split(".")))


def issue_tls(  # noqa: PLR0913  one certificate, each property once
    pki: Pki,
    curve: Curve,
    dns_names: Iterable[str],
    now: datetime,
    *,
    role: Role = Role.DP_TLS,
    registered_id: Oid | None = None,
    lifetime: timedelta = timedelta(days=90),
) -> Credential:
    """Issues a TLS certificate under the CI of the bundle, valid from an hour ago.

    Args:
        pki: Bundle whose CI signs; it is not changed.
        curve: Curve of the CI and of the new key.
        dns_names: Host names; the first becomes the common name, IP addresses are allowed.
        now: Present time of the real clock, with a time zone.
        role: DP_TLS or DS_TLS.
        registered_id: OID of the server; that of its first authentication certificate when None.
        lifetime: Validity from now on; clients refuse more than 398 days.

    Raises:
        ConfigError: the bundle has no CI key on this curve.
        LocalError: no name, or a role that is not for TLS.
    """
    names = tuple(dns_names)
    if not names or not role.is_tls:
        raise LocalError(f"TLS certificate: expected a name and a TLS role, got {names} and {role}")
    ci = pki.ci(curve)
    if registered_id is None:
        auth = pki.dp_auth(curve) if role is Role.DP_TLS else pki.ds_auth(curve)
        registered_id = auth.owner
    label = "|".join((role.name, now.isoformat(), *names))
    key = _key(ci.private_key.scalar, curve, label)
    return _issued(
        role,
        Subject.of(organization=_OPERATOR, common_name=names[0]),
        key,
        ci,
        (now - timedelta(hours=1), now + lifetime),
        registered_id,
        Extension.crl_distribution_points(*_CRLS),
        dns_names=names,
    )
