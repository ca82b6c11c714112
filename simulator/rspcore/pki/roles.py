"""The roles a certificate can have, given by its policy identifier and never by its file name.

Version 2 chains use one arc per role; version 3 chains nest the arcs along the chain. Both mean
the same role, so both are read as the same `Role`.

Source: SGP.22 v2, 4.5.2 and annex H (id-rspRole); SGP.22 v3, 4.5.2.
"""

from collections.abc import Iterable
from enum import Enum

from rspcore.ids import Oid

__all__ = ["Role", "role_of"]

_ROLES = "2.23.146.1.2.1"


class Role(Enum):
    """A role; `oid` is its policy in version 2 chains, `oid_v3` in version 3 chains."""

    CI = ("0", "0")
    EUM = ("2", "0.0.0")
    EUICC = ("1", "0.0.0.0.0")
    DP_TLS = ("3", "0.0.1.0")
    DP_AUTH = ("4", "0.0.1.1")
    DP_PB = ("5", "0.0.1.2")
    DS_TLS = ("6", "0.0.2.0")
    DS_AUTH = ("7", "0.0.2.1")
    CI_SUBCA = (None, "0.0")
    EUM_SUBCA = (None, "0.0.0.0")  # noqa: S104  arcs, not an address
    DP_SUBCA = (None, "0.0.1")
    DS_SUBCA = (None, "0.0.2")

    def __init__(self, v2: str | None, v3: str) -> None:
        self.oid_v3 = Oid(f"{_ROLES}.{v3}")
        self.oid = self.oid_v3 if v2 is None else Oid(f"{_ROLES}.{v2}")

    @property
    def is_ca(self) -> bool:
        """Returns whether a certificate of this role issues others."""
        return self in _CAS

    @property
    def is_tls(self) -> bool:
        """Returns whether a certificate of this role belongs to a TLS endpoint."""
        return self in _TLS

    @property
    def has_registered_id(self) -> bool:
        """Returns whether the profile of this role has a registeredID in subjectAltName."""
        return self is not Role.EUICC

    def __str__(self) -> str:
        """Returns the name as the specification writes the certificate."""
        return _CERTIFICATES[self]


_CAS = frozenset((Role.CI, Role.EUM, Role.CI_SUBCA, Role.EUM_SUBCA, Role.DP_SUBCA, Role.DS_SUBCA))
_TLS = frozenset((Role.DP_TLS, Role.DS_TLS))
_CERTIFICATES = {
    Role.CI: "CERT.CI",
    Role.EUM: "CERT.EUM",
    Role.EUICC: "CERT.EUICC",
    Role.DP_TLS: "CERT.DP.TLS",
    Role.DP_AUTH: "CERT.DPauth",
    Role.DP_PB: "CERT.DPpb",
    Role.DS_TLS: "CERT.DS.TLS",
    Role.DS_AUTH: "CERT.DSauth",
    Role.CI_SUBCA: "CERT.CISubCA",
    Role.EUM_SUBCA: "CERT.EUMSubCA",
    Role.DP_SUBCA: "CERT.DPSubCA",
    Role.DS_SUBCA: "CERT.DSSubCA",
}
_BY_OID = {oid.dotted: role for role in Role for oid in (role.oid, role.oid_v3)}


def role_of(policies: Iterable[str]) -> Role | None:
    """Returns the role that the first known policy identifier (dotted) names, or None."""
    for policy in policies:
        role = _BY_OID.get(policy)
        if role is not None:
            return role
    return None
