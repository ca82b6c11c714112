"""Concealment of the SUPI (3GPP TS 33.501, annex C): ECIES profiles A and B, and the null scheme.

The caller gives the ephemeral private key, so that a card draws it from its own randomness and a
test repeats the published vectors.
"""

from enum import IntEnum

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rspcore.errors import CryptoError
from rspcore.frozen import dataclass

__all__ = ["ProtectionScheme", "SchemeOutput", "conceal", "reveal"]

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class ProtectionScheme(IntEnum):
    """The protection scheme identifiers."""

    NULL = 0
    PROFILE_A = 1
    PROFILE_B = 2


@dataclass(frozen=True, slots=True)
class SchemeOutput:
    """The output of an ECIES scheme.

    Attributes:
        ephemeral_public_key: 32 octets (profile A) or 33 octets compressed (profile B).
        ciphertext: As long as the plaintext.
        mac: First 8 octets of HMAC-SHA-256 over the ciphertext.
    """

    ephemeral_public_key: bytes
    ciphertext: bytes
    mac: bytes

    def encode(self) -> bytes:
        """Returns key, ciphertext and MAC joined."""
        return self.ephemeral_public_key + self.ciphertext + self.mac


def _agree_a(private: bytes, peer: bytes) -> tuple[bytes, bytes]:
    key = X25519PrivateKey.from_private_bytes(private)
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    try:
        return public, key.exchange(X25519PublicKey.from_public_bytes(peer))
    except ValueError as error:  # another length, or a point of small order
        raise CryptoError(f"{len(peer)} octets are not a public key of X25519") from error


def _agree_b(private: bytes, peer: bytes) -> tuple[bytes, bytes]:
    scalar = int.from_bytes(private, "big") % (_P256_ORDER - 1) or 1
    key = ec.derive_private_key(scalar, ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    try:
        other = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), peer)
    except ValueError as error:
        raise CryptoError(f"{len(peer)} octets are not a point on P-256") from error
    return public, key.exchange(ec.ECDH(), other)


_AGREE = {ProtectionScheme.PROFILE_A: _agree_a, ProtectionScheme.PROFILE_B: _agree_b}


def _keystream(shared: bytes, ephemeral: bytes, data: bytes) -> tuple[bytes, bytes]:
    material = X963KDF(hashes.SHA256(), 64, ephemeral).derive(shared)
    encryptor = Cipher(algorithms.AES(material[:16]), modes.CTR(material[16:32])).encryptor()
    mac_key = material[32:]
    return encryptor.update(data) + encryptor.finalize(), mac_key


def _tag(mac_key: bytes, ciphertext: bytes) -> bytes:
    mac = hmac.HMAC(mac_key, hashes.SHA256())
    mac.update(ciphertext)
    return mac.finalize()[:8]


def conceal(
    scheme: ProtectionScheme, home_network_key: bytes, ephemeral_key: bytes, plaintext: bytes
) -> SchemeOutput:
    """Conceals the MSIN under the home network's public key.

    Args:
        scheme: PROFILE_A or PROFILE_B.
        home_network_key: 32 octets (X25519) or 33 octets (P-256, compressed).
        ephemeral_key: Private key, 32 octets.
        plaintext: MSIN in BCD, nibbles swapped, F padded.

    Raises:
        CryptoError: the null scheme has no key agreement, or the public key is not valid.
    """
    agree = _AGREE.get(scheme)
    if agree is None:
        raise CryptoError(f"scheme {scheme.name} has no key agreement")
    public, shared = agree(ephemeral_key, home_network_key)
    ciphertext, mac_key = _keystream(shared, public, plaintext)
    return SchemeOutput(public, ciphertext, _tag(mac_key, ciphertext))


def reveal(scheme: ProtectionScheme, home_network_private: bytes, output: SchemeOutput) -> bytes:
    """Undoes `conceal` with the home network's private key, as a test network does.

    Raises:
        CryptoError: the MAC does not fit.
    """
    _, shared = _AGREE[scheme](home_network_private, output.ephemeral_public_key)
    plaintext, mac_key = _keystream(shared, output.ephemeral_public_key, output.ciphertext)
    if _tag(mac_key, output.ciphertext) != output.mac:
        raise CryptoError("MAC of the scheme output does not fit")
    return plaintext
