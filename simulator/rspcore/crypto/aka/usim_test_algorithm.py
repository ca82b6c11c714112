"""The USIM test algorithm (3GPP TS 34.108, 8.1.2): exclusive or and rotations."""

from rspcore.crypto.aka.algorithm import AkaVector, sized, xor
from rspcore.frozen import dataclass

__all__ = ["UsimTestAlgorithm"]


@dataclass(frozen=True, slots=True)
class UsimTestAlgorithm:
    """The test algorithm for one subscriber.

    Attributes:
        key: K, 16 octets.
        res_length: Length of RES, 4 to 16 octets.

    Raises:
        CryptoError: a length does not fit.
    """

    key: bytes
    res_length: int = 16

    def __post_init__(self) -> None:
        """Checks the lengths."""
        sized("K", self.key, 16)
        sized("RES", bytes(self.res_length), *range(4, 17))

    def _xdout(self, rand: bytes) -> bytes:
        return xor(self.key, sized("RAND", rand, 16))

    def vector(self, rand: bytes) -> AkaVector:
        """Returns RES, CK (rotated left by one octet), IK (rotated left by two octets) and AK."""
        out = self._xdout(rand)
        return AkaVector(out[: self.res_length], out[1:] + out[:1], out[2:] + out[:2], out[3:9])

    def mac_a(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """Returns MAC-A, 8 octets."""
        return xor(self._xdout(rand)[:8], sized("SQN", sqn, 6) + sized("AMF", amf, 2))

    def mac_s(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """Returns MAC-S, 8 octets; the function is that of MAC-A."""
        return self.mac_a(rand, sqn, amf)

    def resync_ak(self, rand: bytes) -> bytes:
        """Returns AK of f5*, 6 octets; the function is that of f5."""
        return self._xdout(rand)[3:9]
