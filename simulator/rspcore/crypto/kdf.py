"""Session key derivation of the secure channel that carries a bound profile package.

Source: SGP.22 v2, 2.6.4 and annex G; ANSI X9.63 key derivation function with SHA-256.
"""

from dataclasses import field
from hashlib import sha256

from rspcore.errors import CryptoError
from rspcore.frozen import dataclass
from rspcore.ids import Eid

__all__ = ["KEY_LENGTH", "KEY_TYPE_AES", "BspKeys", "session_keys", "shared_info", "x963_sha256"]

KEY_TYPE_AES = 0x88
"""keyType of the control reference template: AES (GlobalPlatform, 11.1.8)."""
KEY_LENGTH = 0x10
"""keyLen of the control reference template: 16 octets, AES-128."""


@dataclass(frozen=True, slots=True)
class BspKeys:
    """What protects the next TLV: chaining value and the two keys, 16 octets each.

    Attributes:
        mac_chaining_value: First block of the next MAC input.
        s_enc: Encryption key (S-ENC or PPK-ENC).
        s_mac: MAC key (S-MAC or PPK-CMAC).
    """

    mac_chaining_value: bytes = field(repr=False)
    s_enc: bytes = field(repr=False)
    s_mac: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuses any other length."""
        lengths = (len(self.mac_chaining_value), len(self.s_enc), len(self.s_mac))
        if lengths != (16, 16, 16):
            raise CryptoError(
                "chaining value, encryption key and MAC key: expected 16 octets each, got "
                f"{lengths[0]}, {lengths[1]} and {lengths[2]}"
            )


def x963_sha256(z: bytes, shared_info: bytes, length: int) -> bytes:
    """Derives octets from a shared secret by the X9.63 function with SHA-256.

    Args:
        z: Shared secret.
        shared_info: Context octets, appended to each hash input.
        length: Number of octets wanted.
    """
    blocks = (length + 31) // 32
    stream = b"".join(
        sha256(z + number.to_bytes(4, "big") + shared_info).digest()
        for number in range(1, blocks + 1)
    )
    return stream[:length]


def shared_info(
    host_id: bytes, eid: Eid, *, key_type: int = KEY_TYPE_AES, key_length: int = KEY_LENGTH
) -> bytes:
    """Returns keyType | keyLen | LV of hostId | LV of the EID."""
    return b"".join(
        (
            bytes((key_type, key_length, len(host_id))),
            host_id,
            bytes((len(eid.octets),)),
            eid.octets,
        )
    )


def session_keys(
    z: bytes,
    *,
    host_id: bytes,
    eid: Eid,
    key_type: int = KEY_TYPE_AES,
    key_length: int = KEY_LENGTH,
) -> BspKeys:
    """Derives the keys that protect one bound profile package.

    Args:
        z: ECKA result, 32 octets, x coordinate, big-endian.
        host_id: hostId of the control reference template, 1 to 16 octets.
        eid: EID of the card; enters the derivation as 16 octets.
        key_type: keyType octet of the template.
        key_length: keyLen octet of the template; the keys always have 16 octets.

    Returns:
        Initial MAC chaining value, S-ENC and S-MAC.

    Raises:
        CryptoError: z is not 32 octets. Nothing was derived.

    Source: SGP.22 v2, annex G; fixtures/vectors.
    """
    if len(z) != 32:
        raise CryptoError(f"shared secret: expected 32 octets, got {len(z)}")
    info = shared_info(host_id, eid, key_type=key_type, key_length=key_length)
    stream = x963_sha256(z, info, 48)
    return BspKeys(stream[:16], stream[16:32], stream[32:])
