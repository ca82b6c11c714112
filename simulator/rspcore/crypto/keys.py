"""Key pairs on the two curves: raw r|s signatures, key agreement, points and scalars as octets.

Signatures are ECDSA with SHA-256 and deterministic nonces (RFC 6979), so that one seed gives one
session octet for octet; verification accepts any valid signature. The objects keep the loaded
library key, because loading costs as much as using it. Randomness is passed in as octets: this
module draws none.

Source: SGP.22 v2, 2.6.7 and 4.5.
"""

from binascii import b2a_base64
from dataclasses import field

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.errors import CryptoError
from rspcore.frozen import dataclass

__all__ = ["PrivateKey", "PublicKey"]

_SIGN = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
_VERIFY = ec.ECDSA(hashes.SHA256())
_AGREE = ec.ECDH()
_PEM_LINE = 64

_BY_BACKEND_NAME = {curve.backend.name: curve for curve in Curve}


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public point that is known to lie on its curve.

    Attributes:
        curve: The curve.
        point: Uncompressed point, 65 octets, 04 | X | Y.
    """

    curve: Curve
    point: bytes
    _key: ec.EllipticCurvePublicKey = field(repr=False, compare=False)

    def __repr__(self) -> str:
        """Shows the curve and the first octets of X."""
        return f"PublicKey({self.curve}, {self.point[1:5].hex().upper()}..)"

    @classmethod
    def from_point(cls, curve: Curve, octets: bytes | memoryview) -> "PublicKey":
        """Loads an uncompressed point.

        Args:
            curve: The curve the point has to lie on.
            octets: 65 octets, 04 | X | Y, big-endian.

        Raises:
            CryptoError: another length, a compressed form, the point at infinity, or a point that
                is not on the curve.
        """
        point = bytes(octets)
        if len(point) != 65 or point[0] != 0x04:
            raise CryptoError(
                f"public key on {curve}: expected 65 octets starting 04 (uncompressed point), "
                f"got {len(point)} octets starting {point[:1].hex().upper() or 'with nothing'}"
            )
        try:
            key = ec.EllipticCurvePublicKey.from_encoded_point(curve.backend, point)
        except ValueError as error:
            raise CryptoError(f"public key: the point is not on {curve}") from error
        return cls(curve, point, key)

    def verify(self, signature: bytes | memoryview, data: bytes | memoryview) -> bool:
        """Returns whether a signature over the data was made with the private key.

        Args:
            signature: r | s, 64 octets; any other length gives False.
            data: The octets that were signed, before hashing.
        """
        if len(signature) != 64:
            return False
        r = int.from_bytes(signature[:32], "big")
        s = int.from_bytes(signature[32:], "big")
        return self.verify_der(encode_dss_signature(r, s), data)

    def verify_der(self, signature: bytes, data: bytes | memoryview) -> bool:
        """Returns whether a DER-coded signature, as certificates carry it, fits the data."""
        try:
            self._key.verify(signature, data, _VERIFY)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private key.

    Attributes:
        curve: The curve.
        public: The public half.
    """

    curve: Curve
    public: PublicKey
    _key: ec.EllipticCurvePrivateKey = field(repr=False, compare=False)

    def __repr__(self) -> str:
        """Shows the public half alone."""
        return f"PrivateKey of {self.public!r}"

    @classmethod
    def from_scalar(cls, curve: Curve, octets: bytes) -> "PrivateKey":
        """Loads a private scalar.

        Args:
            curve: The curve.
            octets: 32 octets, big-endian, a number from 1 to the group order less 1.

        Raises:
            CryptoError: another length, or a number out of that range.
        """
        if len(octets) != 32:
            raise CryptoError(f"private key on {curve}: expected 32 octets, got {len(octets)}")
        number = int.from_bytes(octets, "big")
        if not 1 <= number < curve.order:
            raise CryptoError(f"private key on {curve}: the scalar is not in 1 to order - 1")
        return cls._from_backend(curve, ec.derive_private_key(number, curve.backend))

    @classmethod
    def from_random(cls, curve: Curve, octets: bytes) -> "PrivateKey":
        """Makes a key pair from random octets (FIPS 186-5, A.2.1: extra random bits).

        Args:
            curve: The curve.
            octets: At least 40 octets, so that the reduction shows no bias.

        Raises:
            CryptoError: fewer than 40 octets.
        """
        if len(octets) < 40:
            raise CryptoError(
                f"key pair on {curve}: expected at least 40 random octets, got {len(octets)}"
            )
        number = int.from_bytes(octets, "big") % (curve.order - 1) + 1
        return cls._from_backend(curve, ec.derive_private_key(number, curve.backend))

    @classmethod
    def from_pem(cls, octets: bytes) -> "PrivateKey":
        """Loads a PEM file, PKCS #8 or SEC 1 with or without its EC PARAMETERS block.

        Raises:
            CryptoError: no unencrypted private key in it, or one on an unsupported curve.
        """
        from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415  most programs read no file of a key, and this takes a while to import
            load_pem_private_key,
        )

        try:
            key = load_pem_private_key(octets, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise CryptoError("expected a PEM file with an unencrypted EC private key") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise CryptoError("expected an EC private key, the PEM file holds another kind")
        curve = _BY_BACKEND_NAME.get(key.curve.name)
        if curve is None:
            raise CryptoError(f"private key on {key.curve.name}: expected {' or '.join(Curve)}")
        return cls._from_backend(curve, key)

    @classmethod
    def _from_backend(cls, curve: Curve, key: ec.EllipticCurvePrivateKey) -> "PrivateKey":
        public = key.public_key()
        place = public.public_numbers()
        point = b"\x04" + place.x.to_bytes(32, "big") + place.y.to_bytes(32, "big")
        return cls(curve, PublicKey(curve, point, public), key)

    @property
    def scalar(self) -> bytes:
        """Returns the private scalar, 32 octets, big-endian; for stores, never for messages."""
        return self._key.private_numbers().private_value.to_bytes(32, "big")

    def sign(self, data: bytes | memoryview) -> bytes:
        """Signs with ECDSA and SHA-256; the same data gives the same signature.

        Args:
            data: The octets to sign, before hashing.

        Returns:
            r | s, 64 octets, each half 32 octets big-endian.
        """
        r, s = decode_dss_signature(self._key.sign(data, _SIGN))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def sign_der(self, data: bytes | memoryview) -> bytes:
        """Signs as `sign` does; the result is DER-coded, as certificates carry it."""
        return self._key.sign(data, _SIGN)

    def agree(self, peer: PublicKey) -> bytes:
        """Agrees on a shared secret by ECKA, key type EG (BSI TR-03111, 4.3.2).

        Returns:
            Z, the x coordinate, 32 octets, big-endian, leading zeros kept.

        Raises:
            CryptoError: the peer's key is on another curve.
        """
        if peer.curve is not self.curve:
            raise CryptoError(f"key agreement: own key on {self.curve}, peer's on {peer.curve}")
        return self._key.exchange(_AGREE, peer._key)  # noqa: SLF001  the two halves of one module

    def to_pem(self) -> bytes:
        """Returns the key as a PEM file of one unencrypted SEC 1 block (RFC 5915; RFC 7468)."""
        octets = tlv.encode(
            0x30,
            tlv.encode(0x02, b"\x01"),
            tlv.encode(0x04, self.scalar),
            tlv.encode(0xA0, tlv.encode(0x06, self.curve.oid.content)),
            tlv.encode(0xA1, tlv.encode(0x03, b"\x00", self.public.point)),
        )
        text = b2a_base64(octets, newline=False)
        lines = [text[at : at + _PEM_LINE] for at in range(0, len(text), _PEM_LINE)]
        label = b"EC PRIVATE KEY-----"
        return b"\n".join((b"-----BEGIN " + label, *lines, b"-----END " + label, b""))
