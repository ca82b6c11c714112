"""What every authentication algorithm offers: f1 to f5, f1* and f5* of 3GPP TS 33.102, 6.3."""

from typing import Protocol

from rspcore.errors import CryptoError
from rspcore.frozen import dataclass

__all__ = ["AkaAlgorithm", "AkaVector", "gsm_triplet", "sized", "xor"]


@dataclass(frozen=True, slots=True)
class AkaVector:
    """The results for one RAND.

    Attributes:
        res: RES, 4 to 32 octets.
        ck: Cipher key CK, 16 octets (32 for TUAK with long keys).
        ik: Integrity key IK, 16 octets (32 for TUAK with long keys).
        ak: Anonymity key AK of f5, 6 octets.
    """

    res: bytes
    ck: bytes
    ik: bytes
    ak: bytes


class AkaAlgorithm(Protocol):
    """The functions of TS 33.102 for one subscriber key."""

    def vector(self, rand: bytes) -> AkaVector:
        """Returns the results of f2, f3, f4 and f5 for a RAND of 16 octets."""
        ...

    def mac_a(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """Returns the result of f1 for RAND (16), SQN (6) and AMF (2 octets)."""
        ...

    def mac_s(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """Returns the result of f1*, used in resynchronisation with AMF 0000."""
        ...

    def resync_ak(self, rand: bytes) -> bytes:
        """Returns the result of f5*, 6 octets."""
        ...


def xor(left: bytes, right: bytes) -> bytes:
    """Returns the exclusive or of two strings of the same length in octets."""
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def sized(name: str, value: bytes, *lengths: int) -> bytes:
    """Returns the value when its length in octets is one of those given.

    Raises:
        CryptoError: another length; the value is not shown.
    """
    if len(value) not in lengths:
        wanted = " or ".join(map(str, lengths))
        raise CryptoError(f"{name} of {len(value)} octets; expected {wanted}")
    return value


def gsm_triplet(vector: AkaVector) -> tuple[bytes, bytes]:
    """Derives SRES (4 octets) and Kc (8 octets) by conversion functions c2 and c3.

    Source: 3GPP TS 33.102, 6.8.1.2: SRES is the exclusive or of the 4-octet words of RES padded to
    16 octets, Kc that of the halves of CK and IK.
    """
    padded = vector.res[:16].ljust(16, b"\x00")
    sres = bytes(4)
    for position in range(0, 16, 4):
        sres = xor(sres, padded[position : position + 4])
    kc = xor(xor(vector.ck[:8], vector.ck[8:16]), xor(vector.ik[:8], vector.ik[8:16]))
    return sres, kc
