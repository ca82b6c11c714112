"""A PKI as the simulated roles use it: certificates with their keys, found by role and curve.

`Pki.from_files` takes the files of any directory layout and uses only their content: the role comes
from the policy identifier, the issuer from the key identifier and the signature, the key of a
certificate from its public point. What is not a certificate or a key is skipped. A bundle may
be incomplete: what is missing is reported when it is requested.

Source: SGP.22 v2, 4.5.2; the layout of the SGP.26 test certificates.
"""

import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rspcore.crypto.curves import Curve
from rspcore.crypto.keys import PrivateKey
from rspcore.errors import ConfigError, CryptoError, DecodeError
from rspcore.frozen import dataclass
from rspcore.ids import Eid, Oid
from rspcore.pki import verification
from rspcore.pki.certificate import Certificate
from rspcore.pki.roles import Role
from rspcore.pki.verification import CertificateFlaw

__all__ = ["Credential", "LateCredential", "Pki"]

_DATES = frozenset((CertificateFlaw.EXPIRED, CertificateFlaw.NOT_YET_VALID))
_OF_THE_EUM = frozenset((CertificateFlaw.NAME_CONSTRAINTS, CertificateFlaw.EID))
"""Flaws of an eUICC that only the EUM above the SubCA of an EUM can decide."""
_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)
_PEM_BLOCK = re.compile(rb"-----BEGIN ([A-Z ]+)-----(.*?)-----END \1-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate and, where it is known, its private key.

    Attributes:
        certificate: The certificate.
        key: Its private key, or None.
    """

    certificate: Certificate
    key: PrivateKey | None = None

    @property
    def private_key(self) -> PrivateKey:
        """Returns the private key.

        Raises:
            ConfigError: the bundle has none for this certificate.
        """
        if self.key is None:
            raise self._keyless()
        return self.key

    def require_key(self) -> None:
        """Refuses one without its private key.

        Raises:
            ConfigError: the bundle has none for this certificate.
        """
        if not self.has_key:
            raise self._keyless()

    def _keyless(self) -> ConfigError:
        return ConfigError(
            f"{self.certificate!r}: the bundle has no private key for it; add its SK_*.pem"
        )

    @property
    def has_key(self) -> bool:
        """Returns whether the private key is known."""
        return self.key is not None

    @property
    def owner(self) -> Oid | None:
        """Returns the registeredID of its certificate."""
        return self.certificate.registered_id

    def may_be(self, role: Role, curve: Curve) -> bool:
        """Returns whether it is of a role and on a curve."""
        return self.certificate.role is role and self.certificate.curve is curve

    def is_flat(self, role: Role) -> bool:
        """Returns whether its certificate is that of a role in a chain of Variant O."""
        return role.oid.dotted in self.certificate.policies

    def __eq__(self, other: object) -> bool:
        """Compares certificate and key, also with a credential that is issued late."""
        if not isinstance(other, Credential):
            return NotImplemented
        return self.certificate == other.certificate and self.key == other.key

    def __hash__(self) -> int:
        """Hashes certificate and key."""
        return hash((self.certificate, self.key))


class LateCredential(Credential):
    """A credential of Variant O that is issued when its certificate or key is first asked for.

    It is the same whenever that is: everything it is made of is fixed when this is made. Role,
    curve and owner are known before, so that a credential is found without issuing all others. A
    copy by `replace` is one that has been issued.
    """

    __slots__ = ("_late",)
    _late: tuple[Role, Curve, Oid | None, Callable[[], Credential]] | None

    @classmethod
    def of(
        cls, role: Role, curve: Curve, owner: Oid | None, issue: Callable[[], Credential]
    ) -> "LateCredential":
        """Makes one.

        Args:
            role: Its role, in a chain of Variant O.
            curve: Its curve.
            owner: registeredID of its certificate.
            issue: Makes a credential of this role, curve and owner, with its key; always the same.
        """
        made = object.__new__(cls)
        object.__setattr__(made, "_late", (role, curve, owner, issue))
        return made

    @property
    def has_key(self) -> bool:
        """Returns whether the private key is known; nothing is issued for that, nor below."""
        return super().has_key if self._late is None else True

    @property
    def owner(self) -> Oid | None:
        """Returns the registeredID of its certificate."""
        return super().owner if self._late is None else self._late[2]

    def may_be(self, role: Role, curve: Curve) -> bool:
        """Returns whether it is of a role and on a curve."""
        if self._late is None:
            return super().may_be(role, curve)
        return self._late[0] is role and self._late[1] is curve

    def is_flat(self, role: Role) -> bool:
        """Returns whether its certificate is that of a role in a chain of Variant O."""
        return super().is_flat(role) if self._late is None else self._late[0] is role

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Issues it: only what has no value yet is asked here."""
            if name == "_late":  # a copy
                return None
            if name not in ("certificate", "key") or self._late is None:
                raise AttributeError(f"a credential has no {name}")
            made = self._late[3]()
            object.__setattr__(self, "certificate", made.certificate)
            object.__setattr__(self, "key", made.key)
            return getattr(self, name)


@dataclass(frozen=True, slots=True)
class Pki:
    """The credentials of a bundle, the preferred one of each kind first.

    Attributes:
        credentials: All of them, whose chains have been verified.
        remarks: What was left out and why, one line each.
    """

    credentials: tuple[Credential, ...]
    remarks: tuple[str, ...] = ()

    @classmethod
    def from_files(cls, files: Iterable[tuple[str, bytes]]) -> "Pki":
        """Builds a bundle from files with any names and folders.

        Args:
            files: (name, content) of each file; DER or PEM. Names appear in remarks alone.

        Raises:
            ConfigError: no CI certificate among them.
        """
        found: dict[Certificate, str] = {}
        keys: dict[bytes, PrivateKey] = {}
        remarks: list[str] = []
        for name, octets in files:
            for kind in _read(octets):
                if isinstance(kind, Certificate):
                    found.setdefault(kind, name)
                elif isinstance(kind, PrivateKey):
                    keys.setdefault(kind.public.point, kind)
                else:
                    remarks.append(f"{name}: {kind}")
        good = []
        for certificate, name in found.items():
            flaw = _chain_flaw(certificate, found)
            if flaw is None:
                point = certificate.public_key.point if certificate.public_key else b""
                good.append(Credential(certificate, keys.get(point)))
            else:
                remarks.append(f"{name}: left out, {flaw}")
        if not any(one.certificate.role is Role.CI for one in good):
            raise ConfigError(
                f"no self-signed CI certificate (policy {Role.CI.oid}) among "
                f"{len(found)} certificates: add CERT_CI_*.der"
            )
        good.sort(key=_preference)
        return cls(tuple(good), tuple(remarks))

    @property
    def curves(self) -> tuple[Curve, ...]:
        """Returns the curves that have a CI certificate, NIST P-256 first."""
        return tuple(curve for curve in Curve if self.all(Role.CI, curve))

    def all(self, role: Role, curve: Curve) -> tuple[Credential, ...]:
        """Returns every credential of a role on a curve, the preferred one first.

        Where a bundle has the chains of several variants, it is those of Variant O.
        """
        found = tuple(one for one in self.credentials if one.may_be(role, curve))
        flat = tuple(one for one in found if one.is_flat(role))
        return flat or found

    def servers(self, role: Role, curve: Curve) -> tuple[Oid | None, ...]:
        """Returns the registeredIDs of a role on a curve, in numerical order, each once."""
        owners = {one.owner for one in self.all(role, curve)}
        return tuple(sorted(owners, key=_arcs))

    def ci(self, curve: Curve) -> Credential:
        """Returns the CI.

        Raises:
            ConfigError: the bundle has none on this curve; so do the methods below.
        """
        return self._one(Role.CI, curve)

    def eum(self, curve: Curve) -> Credential:
        """Returns the EUM."""
        return self._one(Role.EUM, curve)

    def euicc(self, curve: Curve, eid: Eid | None = None) -> Credential:
        """Returns the eUICC, or the one with this EID."""
        for one in self.all(Role.EUICC, curve):
            if eid is None or one.certificate.eid == eid:
                return one
        raise _missing(Role.EUICC, curve, f" for EID {eid}" if eid else "")

    def dp_auth(self, curve: Curve, server: int = 1) -> Credential:
        """Returns CERT.DPauth of the n-th SM-DP+, counted by registeredID."""
        return self._one(Role.DP_AUTH, curve, server)

    def dp_pb(self, curve: Curve, server: int = 1) -> Credential:
        """Returns CERT.DPpb of the n-th SM-DP+, counted by registeredID."""
        return self._one(Role.DP_PB, curve, server)

    def dp_tls(self, curve: Curve, server: int = 1) -> Credential:
        """Returns the TLS certificate of the n-th SM-DP+; of several the last one to expire.

        It is the one with the registeredID of that server's CERT.DPauth; in version 3 chains, where
        these differ, the n-th by its own registeredID.
        """
        return self._one(Role.DP_TLS, curve, self._tls_number(curve, server))

    def ds_auth(self, curve: Curve, server: int = 1) -> Credential:
        """Returns CERT.DSauth of the n-th SM-DS, counted by registeredID."""
        return self._one(Role.DS_AUTH, curve, server)

    def with_credentials(self, *added: Credential) -> "Pki":
        """Returns the bundle with these credentials preferred to those it has."""
        kept = tuple(one for one in self.credentials if one not in added)
        return Pki((*added, *kept), self.remarks)

    def _tls_number(self, curve: Curve, server: int) -> int:
        # Past the end when this server has no TLS certificate, so that `_one` says so.
        owners = self.servers(Role.DP_AUTH, curve)
        tls = self.servers(Role.DP_TLS, curve)
        if not set(owners) & set(tls) or not 1 <= server <= len(owners):
            return server
        owner = owners[server - 1]
        return tls.index(owner) + 1 if owner in tls else len(tls) + 1

    def _one(self, role: Role, curve: Curve, server: int = 1) -> Credential:
        owners = self.servers(role, curve)
        if not 1 <= server <= len(owners):
            raise _missing(role, curve, f", number {server}" if server != 1 else "")
        owner = owners[server - 1]
        return next(one for one in self.all(role, curve) if one.owner == owner)


def _missing(role: Role, curve: Curve, which: str) -> ConfigError:
    return ConfigError(
        f"the PKI bundle has no {role} on {curve}{which}: "
        f"add a certificate with policy {role.oid} that chains to its CI, and its key"
    )


def _read(octets: bytes) -> Iterator[Certificate | PrivateKey | str]:
    """Yields the certificates and keys of one file; a string says why a key was left out."""
    if b"-----BEGIN " not in octets:
        try:
            yield Certificate.from_der(octets)
        except DecodeError:
            return
    for block in _PEM_BLOCK.finditer(octets):
        label = block[1]
        try:
            if label == b"CERTIFICATE":
                yield Certificate.from_der(binascii.a2b_base64(block[2]))
            elif label.endswith(b"PRIVATE KEY"):
                yield PrivateKey.from_pem(block[0])
        except (DecodeError, binascii.Error):
            continue
        except CryptoError as error:
            yield str(error)


def _chain_flaw(certificate: Certificate, among: Iterable[Certificate]) -> str | None:
    """Returns why a certificate cannot be used, None when it is good at some time."""
    role = certificate.role
    if role is None:
        return "no policy names a role"
    if role is Role.CI:
        key = certificate.public_key
        return None if key and certificate.signed_by(key) else "not self-signed on a known curve"
    flaws: Iterable[CertificateFlaw] = (CertificateFlaw.UNKNOWN_ISSUER,)
    for issuer in among:
        if issuer.subject_key_identifier == certificate.authority_key_identifier and issuer.is_ca:
            flaws = [f for f in _flaws(certificate, role, issuer) if f not in _DATES]
            if not flaws:
                return None
    return ", ".join(flaws)


def _flaws(certificate: Certificate, role: Role, issuer: Certificate) -> Iterable[CertificateFlaw]:
    if role is Role.EUICC and issuer.role is Role.EUM_SUBCA:
        found = verification.euicc_certificate_flaws(certificate, issuer, _ANY_TIME)
        return (flaw for flaw in found if flaw not in _OF_THE_EUM)
    if role is Role.EUICC:
        return verification.euicc_certificate_flaws(certificate, issuer, _ANY_TIME)
    if role is Role.EUM:
        return verification.eum_certificate_flaws(certificate, issuer, _ANY_TIME)
    if issuer.public_key is None:
        return (CertificateFlaw.UNKNOWN_ISSUER,)
    if role.is_ca:
        signed = certificate.signed_by(issuer.public_key)
        return () if signed else (CertificateFlaw.BAD_SIGNATURE,)
    return verification.server_certificate_flaws(certificate, {role}, issuer.public_key)


def _preference(one: Credential) -> tuple[bool, float]:
    """Sorts those with a key first, then those that expire last."""
    return one.key is None, -one.certificate.not_after.timestamp()


def _arcs(oid: Oid | None) -> tuple[int, ...]:
    return () if oid is None else tuple(map(int, oid.dotted.split(".")))
