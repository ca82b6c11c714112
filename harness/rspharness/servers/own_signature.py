"""Certificates that are signed by their own key in place of that of a CI, on any curve.

A card that takes the key of the certificate itself for that of the issuer, or that leaves a check
out for a curve it does not know, accepts them.
"""

from dataclasses import replace
from typing import Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from rspcore.ids import Oid
from rspcore.pki.certificate import Certificate
from rspcore.pki.issue import Contents, assemble, subject_public_key_info

__all__ = ["SelfSigned"]

_CURVES: Final = {
    "secp256k1": (Oid("1.3.132.0.10"), ec.SECP256K1()),
    "P-256": (Oid("1.2.840.10045.3.1.7"), ec.SECP256R1()),
    "brainpoolP256r1": (Oid("1.3.36.3.3.2.8.1.1.7"), ec.BrainpoolP256R1()),
}
_SCALAR: Final = 0x5EED_0001_C0FF_EE11_2233_4455_6677_8899_AABB_CCDD_EEFF_0123
"""The key of all of them: on a curve of 256 bits, known to nobody else."""
_ALGORITHM: Final = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


class SelfSigned:
    """A certificate with the contents of a good one, whose key is its own and signs it.

    Attributes:
        der: The certificate.
    """

    def __init__(self, good: Certificate, curve: str) -> None:
        """Makes it.

        Args:
            good: Gives every content but the key.
            curve: secp256k1, P-256 or brainpoolP256r1.
        """
        oid, backend = _CURVES[curve]
        self._key = ec.derive_private_key(_SCALAR, backend)
        point = self._key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        made = Contents.of(good)
        contents = replace(made, public_key_info=subject_public_key_info(oid, point))
        tbs = contents.encode()
        self.der = assemble(tbs, self._key.sign(tbs, _ALGORITHM), contents.signature_algorithm)

    def sign(self, data: bytes) -> bytes:
        """Signs as the server would, with the key of the certificate: r and s, 64 octets."""
        r, s = decode_dss_signature(self._key.sign(data, _ALGORITHM))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
