"""The answer to reset, as far as suites need it (ISO/IEC 7816-3, 8.2; TS 102 221, 6.3).

The historical bytes are kept and not interpreted: a Profile may define them.
"""

from typing import Self

from rspcore.errors import DecodeError
from rspcore.frozen import dataclass

__all__ = ["Atr"]

_GLOBAL = 15


@dataclass(frozen=True, slots=True)
class Atr:
    """The content of an ATR.

    Attributes:
        protocols: Protocols on offer, the first one preferred; (0,) when the ATR names none.
        global_tb: The first TB(i) after T=15, or None; b8 and b2 together mean eUICC functions.
        historical: The historical bytes.
    """

    protocols: tuple[int, ...]
    global_tb: int | None
    historical: bytes

    @classmethod
    def parse(cls, octets: bytes) -> Self:
        """Reads an ATR; TCK is not verified.

        >>> atr = Atr.parse(bytes.fromhex("3B9F96803FC7828031E073FE2113655549434373696D13"))
        >>> atr.protocols, f"{atr.global_tb:02X}"
        ((0,), '82')

        Raises:
            DecodeError: it is cut short.
        """
        rest = iter(octets)
        try:
            next(rest)  # TS
            following = next(rest)  # T0: which interface bytes follow, how many historical bytes
            count = following & 0x0F
            kind, protocols, global_tb = 0, list[int](), None
            while following & 0xF0:
                group = {bit: next(rest) for bit in (0x10, 0x20, 0x40, 0x80) if following & bit}
                if kind == _GLOBAL and global_tb is None:
                    global_tb = group.get(0x20)
                following = group.get(0x80, 0)
                if 0x80 in group:
                    kind = following & 0x0F
                    protocols += [kind] if kind != _GLOBAL and kind not in protocols else []
            historical = bytes(next(rest) for _ in range(count))
        except (StopIteration, RuntimeError) as error:
            raise DecodeError(f"ATR {octets.hex(' ').upper()} is cut short") from error
        return cls(tuple(protocols) or (0,), global_tb, historical)
