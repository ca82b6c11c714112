"""The two elliptic curves of the PKI: names, object identifiers, group orders.

FRP256V1, the third curve that SGP.22 names, is deliberately absent: a key on it counts as one on an
unsupported curve (SGP.22 v2, 2.6.7).
"""

from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric import ec

from rspcore.ids import Oid

__all__ = ["Curve"]


class Curve(StrEnum):
    """A supported curve; both have 32-octet coordinates and scalars."""

    NIST_P256 = "nistP256"
    BRAINPOOL_P256R1 = "brainpoolP256r1"

    @property
    def oid(self) -> Oid:
        """Returns the named-curve identifier of SubjectPublicKeyInfo (RFC 5480; RFC 5639)."""
        return _OIDS[self]

    @property
    def order(self) -> int:
        """Returns the order of the base point, the exclusive upper bound of a private scalar."""
        return _ORDERS[self]

    @property
    def backend(self) -> ec.EllipticCurve:
        """Returns the curve as `cryptography` names it."""
        return _BACKENDS[self]


_OIDS = {
    Curve.NIST_P256: Oid("1.2.840.10045.3.1.7"),
    Curve.BRAINPOOL_P256R1: Oid("1.3.36.3.3.2.8.1.1.7"),
}
_ORDERS = {
    Curve.NIST_P256: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    Curve.BRAINPOOL_P256R1: 0xA9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7,
}
_BACKENDS: dict[Curve, ec.EllipticCurve] = {
    Curve.NIST_P256: ec.SECP256R1(),
    Curve.BRAINPOOL_P256R1: ec.BrainpoolP256R1(),
}
