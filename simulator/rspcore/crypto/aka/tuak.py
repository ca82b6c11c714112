"""TUAK (3GPP TS 35.231): f1 to f5* over Keccak-f[1600].

Every field enters and leaves the state with its octets reversed. Lengths of RES, MAC, CK and IK and
the number of permutations are choices of the operator, carried by the profile.
"""

from rspcore.crypto.aka.algorithm import AkaVector, sized
from rspcore.crypto.aka.keccak import keccak_f1600
from rspcore.frozen import dataclass

__all__ = ["Tuak", "topc_from_top"]

_NAME = b"TUAK1.0"
_MAC_BITS = {8: 0x08, 16: 0x10, 32: 0x20}
_RES_BITS = {4: 0x00, 8: 0x08, 16: 0x10, 32: 0x20}


def _permuted(
    top: bytes, instance: int, key: bytes, *, rand: bytes, tail: bytes, iterations: int
) -> bytes:
    """Fills the state and permutes it; tail is AMF and SQN reversed, or 8 octets of zero."""
    state = bytearray(200)
    state[0:32] = top[::-1]
    state[32] = instance
    state[33:40] = _NAME[::-1]
    state[40:56] = rand[::-1]
    state[56:64] = tail
    state[64 : 64 + len(key)] = key[::-1]
    state[96] = 0x1F
    state[135] = 0x80
    octets = bytes(state)
    for _ in range(iterations):
        octets = keccak_f1600(octets)
    return octets


def topc_from_top(key: bytes, top: bytes, iterations: int = 1) -> bytes:
    """Derives TOPc (32 octets) from K (16 or 32 octets) and TOP (32 octets) (TS 35.231, 6.1)."""
    sized("TOP", top, 32)
    instance = int(len(sized("K", key, 16, 32)) == 32)
    out = _permuted(top, instance, key, rand=bytes(16), tail=bytes(8), iterations=iterations)
    return out[:32][::-1]


@dataclass(frozen=True, slots=True)
class Tuak:
    """TUAK for one subscriber.

    Attributes:
        key: K, 16 or 32 octets.
        topc: TOPc, 32 octets.
        res_length: 4, 8, 16 or 32 octets.
        mac_length: 8, 16 or 32 octets.
        ck_length: 16 or 32 octets.
        ik_length: 16 or 32 octets.
        iterations: Number of permutations, 1 or more.

    Raises:
        CryptoError: a length does not fit.
    """

    key: bytes
    topc: bytes
    res_length: int = 8
    mac_length: int = 8
    ck_length: int = 16
    ik_length: int = 16
    iterations: int = 1

    def __post_init__(self) -> None:
        """Checks the lengths."""
        sized("K", self.key, 16, 32)
        sized("TOPc", self.topc, 32)
        sized("RES", bytes(self.res_length), *_RES_BITS)
        sized("MAC", bytes(self.mac_length), *_MAC_BITS)
        sized("CK", bytes(self.ck_length), 16, 32)
        sized("IK", bytes(self.ik_length), 16, 32)

    def _run(self, instance: int, rand: bytes, tail: bytes) -> bytes:
        return _permuted(
            self.topc,
            instance | (len(self.key) == 32),
            self.key,
            rand=sized("RAND", rand, 16),
            tail=tail,
            iterations=self.iterations,
        )

    def _mac(self, star: int, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        tail = sized("AMF", amf, 2)[::-1] + sized("SQN", sqn, 6)[::-1]
        out = self._run(star | _MAC_BITS[self.mac_length], rand, tail)
        return out[: self.mac_length][::-1]

    def vector(self, rand: bytes) -> AkaVector:
        """Returns RES, CK, IK and AK for a RAND of 16 octets."""
        instance = 0x40 | _RES_BITS[self.res_length]
        instance |= 0x04 * (self.ck_length == 32) | 0x02 * (self.ik_length == 32)
        out = self._run(instance, rand, bytes(8))
        return AkaVector(
            out[: self.res_length][::-1],
            out[32 : 32 + self.ck_length][::-1],
            out[64 : 64 + self.ik_length][::-1],
            out[96:102][::-1],
        )

    def mac_a(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """Returns MAC-A, `mac_length` octets."""
        return self._mac(0x00, rand, sqn, amf)

    def mac_s(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """Returns MAC-S, `mac_length` octets."""
        return self._mac(0x80, rand, sqn, amf)

    def resync_ak(self, rand: bytes) -> bytes:
        """Returns AK of f5*, 6 octets."""
        return self._run(0xC0, rand, bytes(8))[96:102][::-1]
