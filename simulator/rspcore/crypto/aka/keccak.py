"""The Keccak-f[1600] permutation (FIPS 202, 3.3) on 200 octets, for TUAK.

Every library has the hash functions built on it; none of those used here has the bare permutation.
"""

__all__ = ["keccak_f1600"]

_MASK = (1 << 64) - 1


def _constants() -> tuple[list[int], list[int]]:
    """Computes round constants and lane rotations from their definitions."""
    rounds = []
    register = 1
    for _ in range(24):
        constant = 0
        for bit in range(7):
            constant |= (register & 1) << ((1 << bit) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        rounds.append(constant)
    offsets = [0] * 25
    x, y = 1, 0
    for step in range(24):
        offsets[x + 5 * y] = (step + 1) * (step + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    return rounds, offsets


_ROUNDS, _OFFSETS = _constants()


def _turn(lane: int, bits: int) -> int:
    return (lane << bits | lane >> (64 - bits)) & _MASK


def keccak_f1600(state: bytes) -> bytes:
    """Returns the permuted state; lanes are little-endian, 200 octets in and out."""
    lanes = [int.from_bytes(state[8 * n : 8 * n + 8], "little") for n in range(25)]
    for constant in _ROUNDS:
        parity = [
            lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20]
            for x in range(5)
        ]
        mix = [parity[x - 1] ^ _turn(parity[(x + 1) % 5], 1) for x in range(5)]
        moved = [0] * 25
        for n in range(25):
            x, y = n % 5, n // 5
            moved[y + 5 * ((2 * x + 3 * y) % 5)] = _turn(lanes[n] ^ mix[x], _OFFSETS[n])
        lanes = [
            moved[n] ^ (~moved[n - n % 5 + (n + 1) % 5] & _MASK & moved[n - n % 5 + (n + 2) % 5])
            for n in range(25)
        ]
        lanes[0] ^= constant
    return b"".join(lane.to_bytes(8, "little") for lane in lanes)
