"""Milenage (3GPP TS 35.206): f1 to f5*, over AES-128, with OPc and the constants of a profile."""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from rspcore.crypto.aka.algorithm import AkaVector, sized, xor
from rspcore.frozen import dataclass

__all__ = ["DEFAULT_ROTATION", "DEFAULT_XORING", "Milenage", "opc_from_op"]

DEFAULT_ROTATION = bytes((64, 0, 32, 64, 96))
"""r1 to r5 in bits."""
DEFAULT_XORING = tuple(number.to_bytes(16, "big") for number in (0, 1, 2, 4, 8))
"""c1 to c5, 16 octets each."""


def _aes(key: bytes, block: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305  one block, as 35.206 requires
    return encryptor.update(block) + encryptor.finalize()


def opc_from_op(key: bytes, op: bytes) -> bytes:
    """Derives OPc from K and OP, 16 octets each (TS 35.206, 4.1).

    Raises:
        CryptoError: K or OP is not 16 octets.
    """
    return xor(_aes(sized("K", key, 16), sized("OP", op, 16)), op)


@dataclass(frozen=True, slots=True)
class Milenage:
    """Milenage for one subscriber.

    Attributes:
        key: K, 16 octets.
        opc: OPc, 16 octets.
        rotation: r1 to r5 in bits, each a multiple of 8.
        xoring: c1 to c5, 16 octets each.

    Raises:
        CryptoError: a length does not fit, or a rotation is not a multiple of 8 bits below 128.
    """

    key: bytes
    opc: bytes
    rotation: bytes = DEFAULT_ROTATION
    xoring: tuple[bytes, ...] = DEFAULT_XORING

    def __post_init__(self) -> None:
        """Checks the lengths."""
        sized("K", self.key, 16)
        sized("OPc", self.opc, 16)
        sized("rotation constants r1 to r5", self.rotation, 5)
        sized("xoring constants c1 to c5 together", b"".join(self.xoring), 80)
        for bits in self.rotation:
            sized("rotation remainder", bytes(bits % 8), 0)

    def _temp(self, rand: bytes) -> bytes:
        return _aes(self.key, xor(sized("RAND", rand, 16), self.opc))

    def _out(self, number: int, block: bytes, *, first: bytes | None = None) -> bytes:
        turn = self.rotation[number - 1] // 8 % 16
        turned = block[turn:] + block[:turn]
        mixed = xor(turned, self.xoring[number - 1])
        return xor(_aes(self.key, xor(mixed, first) if first else mixed), self.opc)

    def _out1(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        half = sized("SQN", sqn, 6) + sized("AMF", amf, 2)
        return self._out(1, xor(half + half, self.opc), first=self._temp(rand))

    def vector(self, rand: bytes) -> AkaVector:
        """Returns RES (8 octets), CK, IK and AK for a RAND of 16 octets."""
        block = xor(self._temp(rand), self.opc)
        second = self._out(2, block)
        return AkaVector(second[8:], self._out(3, block), self._out(4, block), second[:6])

    def mac_a(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """Returns MAC-A, 8 octets."""
        return self._out1(rand, sqn, amf)[:8]

    def mac_s(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """Returns MAC-S, 8 octets."""
        return self._out1(rand, sqn, amf)[8:]

    def resync_ak(self, rand: bytes) -> bytes:
        """Returns AK of f5*, 6 octets."""
        return self._out(5, xor(self._temp(rand), self.opc))[:6]
