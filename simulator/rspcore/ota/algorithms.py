"""Ciphering and checksums of secured packets (ETSI TS 102 225, 5.1): DES, 3DES, AES and CRC.

A DES key is used as a 3DES key of three equal parts, and a 2-key 3DES key as one whose third part
repeats the first; the results are the same, and the library takes 24 octets only.
"""

from enum import IntEnum

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from rspcore.errors import CryptoError

__all__ = ["Algorithm", "block_size", "checksum", "crc16", "crc32", "decipher", "encipher"]


class Algorithm(IntEnum):
    """The low nibble of KIc and KID that selects an algorithm."""

    IMPLICIT = 0x0
    DES_CBC = 0x1
    AES = 0x2
    PROPRIETARY = 0x3
    TRIPLE_DES_2 = 0x5
    TRIPLE_DES_3 = 0x9
    DES_ECB = 0xD


_KEY_LENGTHS = {
    Algorithm.DES_CBC: (8,),
    Algorithm.DES_ECB: (8,),
    Algorithm.TRIPLE_DES_2: (16,),
    Algorithm.TRIPLE_DES_3: (24,),
    Algorithm.AES: (16, 24, 32),
}


def block_size(algorithm: Algorithm) -> int:
    """Returns the block size of an algorithm, 8 or 16 octets."""
    return 16 if algorithm is Algorithm.AES else 8


def _cipher(algorithm: Algorithm, key: bytes) -> Cipher[modes.CBC] | Cipher[modes.ECB]:
    lengths = _KEY_LENGTHS.get(algorithm)
    if lengths is None:
        raise CryptoError(f"algorithm {algorithm.name} ({algorithm:X}) cannot be computed")
    if len(key) not in lengths:
        wanted = " or ".join(map(str, lengths))
        raise CryptoError(f"{algorithm.name} key of {len(key)} octets; expected {wanted}")
    if algorithm is Algorithm.AES:
        return Cipher(algorithms.AES(key), modes.CBC(bytes(16)))
    three = (key * 3)[:24] if len(key) == 8 else key + key[: 24 - len(key)]
    if algorithm is Algorithm.DES_ECB:
        return Cipher(TripleDES(three), modes.ECB())  # noqa: S305  as TS 102 225 defines it
    return Cipher(TripleDES(three), modes.CBC(bytes(8)))


def encipher(algorithm: Algorithm, key: bytes, data: bytes) -> bytes:
    """Enciphers whole blocks with an initial value of zeros.

    Raises:
        CryptoError: no such algorithm, the key does not fit it, or data is not whole blocks.
    """
    if len(data) % block_size(algorithm):
        raise CryptoError(f"{len(data)} octets are not whole blocks of {block_size(algorithm)}")
    encryptor = _cipher(algorithm, key).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def decipher(algorithm: Algorithm, key: bytes, data: bytes) -> bytes:
    """Deciphers whole blocks with an initial value of zeros.

    Raises:
        CryptoError: as `encipher`.
    """
    if len(data) % block_size(algorithm):
        raise CryptoError(f"{len(data)} octets are not whole blocks of {block_size(algorithm)}")
    decryptor = _cipher(algorithm, key).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def checksum(algorithm: Algorithm, key: bytes, data: bytes, length: int = 8) -> bytes:
    """Returns a cryptographic checksum: CMAC for AES, last CBC block over zero padding for DES.

    Args:
        algorithm: DES_CBC, TRIPLE_DES_2, TRIPLE_DES_3 or AES.
        key: Key of the algorithm's length.
        data: Any number of octets.
        length: 8 octets, or 4 for AES with a short MAC.

    Raises:
        CryptoError: as `encipher`.
    """
    if algorithm is Algorithm.AES:
        if len(key) not in _KEY_LENGTHS[algorithm]:
            raise CryptoError(f"AES key of {len(key)} octets; expected 16, 24 or 32")
        mac = CMAC(algorithms.AES(key))
        mac.update(data)
        return mac.finalize()[:length]
    return encipher(algorithm, key, data + bytes(-len(data) % 8))[-8:][:length]


def _crc(data: bytes, polynomial: int, mask: int) -> int:
    register = mask
    for octet in data:
        register ^= octet
        for _ in range(8):
            register = register >> 1 ^ (polynomial if register & 1 else 0)
    return register ^ mask


def crc16(data: bytes) -> bytes:
    """Returns the 2-octet checksum of ISO/IEC 13239, as written: 0102030405 gives 22EC."""
    return _crc(data, 0x8408, 0xFFFF).to_bytes(2, "big")


def crc32(data: bytes) -> bytes:
    """Returns the 4-octet checksum of ISO/IEC 13239, as written: 0102030405 gives 470B99F4."""
    return _crc(data, 0xEDB88320, 0xFFFFFFFF).to_bytes(4, "big")
