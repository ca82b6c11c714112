"""Identifiers as values of their own: EID, ICCID, AID, TransactionID, OID, version, mccMnc.

Each type takes the wire octets or the printed form, refuses other values, and prints in the
usual notation. Digits are BCD: the EID high nibble first, the ICCID nibble-swapped and padded
with F as in EF.ICCID (SGP.22 v2, 5.7.20; ETSI TS 102 221, 13.2).

>>> Eid.from_digits("89049032123451234512345678901235").check_digits_fit
True
>>> Iccid.from_digits("89000123456789012341").octets.hex()
'98001032547698103214'
>>> Oid("2.999.10").content.hex()
'88370a'
"""

from rspcore.errors import DecodeError
from rspcore.frozen import dataclass

__all__ = ["Aid", "Eid", "Iccid", "MccMnc", "Oid", "TransactionId", "Version"]


def _sized(name: str, octets: bytes, low: int, high: int) -> bytes:
    octets = bytes(octets)
    if not low <= len(octets) <= high:
        wanted = str(low) if low == high else f"{low} to {high}"
        raise DecodeError(f"{name} of {len(octets)} octets; expected {wanted}")
    return octets


@dataclass(frozen=True, slots=True, order=True)
class Eid:
    """An EID: 32 digits in 16 octets, high nibble first (SGP.29; SGP.22 v2, 5.7.20)."""

    octets: bytes

    def __post_init__(self) -> None:
        """Refuses anything but 16 octets of BCD digits."""
        _sized("EID", self.octets, 16, 16)
        if not self.octets.hex().isdecimal():
            raise DecodeError(f"EID {self.octets.hex().upper()}: expected 32 decimal digits")

    @classmethod
    def from_digits(cls, digits: str) -> "Eid":
        """Reads 32 decimal digits.

        Raises:
            DecodeError: not 32 decimal digits.
        """
        if len(digits) != 32 or not (digits.isascii() and digits.isdecimal()):
            raise DecodeError(
                f"EID {digits!r}: expected 32 decimal digits, got {len(digits)} characters"
            )
        return cls(bytes.fromhex(digits))

    @classmethod
    def from_first_digits(cls, digits: str) -> "Eid":
        """Completes the first 30 digits with their two check digits (modulo 97).

        Raises:
            DecodeError: they are not 30 decimal digits.
        """
        if len(digits) != 30 or not (digits.isascii() and digits.isdecimal()):
            raise DecodeError(f"EID body {digits!r}: expected 30 decimal digits")
        return cls.from_digits(digits + f"{98 - int(digits + '00') % 97:02d}")

    @property
    def check_digits_fit(self) -> bool:
        """Returns whether the whole number modulo 97 is 1 (ISO/IEC 7064)."""
        return int(str(self)) % 97 == 1

    def __str__(self) -> str:
        """Returns the 32 digits."""
        return self.octets.hex()


@dataclass(frozen=True, slots=True, order=True)
class Iccid:
    """An ICCID: 18 to 20 digits in 10 octets, nibbles swapped, padded with F."""

    octets: bytes

    def __post_init__(self) -> None:
        """Refuses anything but 10 octets."""
        _sized("ICCID", self.octets, 10, 10)

    @classmethod
    def from_digits(cls, digits: str) -> "Iccid":
        """Reads 18 to 20 digits in printed order; a padding F may follow them.

        Raises:
            DecodeError: other characters, or another number of digits.
        """
        body = digits.upper().rstrip("F")
        if (
            not (body.isascii() and body.isdecimal())
            or not 18 <= len(body) <= 20
            or len(digits) > 20
        ):
            raise DecodeError(f"ICCID {digits!r}: expected 18 to 20 decimal digits")
        padded = body.ljust(20, "F")
        return cls(bytes.fromhex("".join(padded[i + 1] + padded[i] for i in range(0, 20, 2))))

    @classmethod
    def from_unswapped(cls, octets: bytes) -> "Iccid":
        """Reads the 10 octets of a profile header, which are not nibble-swapped."""
        return cls(bytes((o << 4 | o >> 4) & 0xFF for o in _sized("ICCID", octets, 10, 10)))

    @property
    def unswapped(self) -> bytes:
        """Returns the 10 octets in printed order, as a profile header carries them."""
        return bytes((o << 4 | o >> 4) & 0xFF for o in self.octets)

    def __str__(self) -> str:
        """Returns the digits in printed order, without padding."""
        return self.unswapped.hex().upper().rstrip("F")


@dataclass(frozen=True, slots=True, order=True)
class Aid:
    """An application identifier, 5 to 16 octets (ISO/IEC 7816-5)."""

    octets: bytes

    def __post_init__(self) -> None:
        """Refuses other lengths."""
        _sized("AID", self.octets, 5, 16)

    @classmethod
    def from_hex(cls, text: str) -> "Aid":
        """Reads hexadecimal digits; spaces are allowed.

        Raises:
            ValueError: they are no hexadecimal digits.
            DecodeError: they are not 5 to 16 octets.
        """
        return cls(bytes.fromhex(text))

    def __str__(self) -> str:
        """Returns upper-case hexadecimal digits."""
        return self.octets.hex().upper()


@dataclass(frozen=True, slots=True, order=True)
class TransactionId:
    """A TransactionID, 1 to 16 octets (SGP.22 v2, 5.7.13)."""

    octets: bytes

    def __post_init__(self) -> None:
        """Refuses other lengths."""
        _sized("TransactionID", self.octets, 1, 16)

    @classmethod
    def from_hex(cls, text: str) -> "TransactionId":
        """Reads the hexadecimal form of the JSON binding, in either case.

        Raises:
            DecodeError: it is not hexadecimal, or not 1 to 16 octets.
        """
        try:
            octets = bytes.fromhex(text)
        except ValueError as error:
            raise DecodeError(
                f"TransactionID {text!r}: expected 2 to 32 hexadecimal digits"
            ) from error
        return cls(octets)

    def __str__(self) -> str:
        """Returns upper-case hexadecimal digits, as the JSON binding writes it."""
        return self.octets.hex().upper()


@dataclass(frozen=True, slots=True, order=True)
class Oid:
    """An object identifier in dotted form; `content` is its DER content."""

    dotted: str

    def __post_init__(self) -> None:
        """Refuses anything but dotted decimal arcs with a legal first pair."""
        arcs = self.dotted.split(".")
        if len(arcs) < 2 or not all(a.isascii() and a.isdecimal() for a in arcs):
            raise DecodeError(f"OID {self.dotted!r}: expected dotted decimal arcs, at least two")
        if int(arcs[0]) > 2 or (int(arcs[0]) < 2 and int(arcs[1]) > 39):
            raise DecodeError(f"OID {self.dotted!r}: no such first arcs (X.660)")

    @classmethod
    def from_content(cls, octets: bytes | memoryview) -> "Oid":
        """Reads the DER content octets (X.690, 8.19).

        Raises:
            DecodeError: empty, or the last sub-identifier is cut short.
        """
        octets = bytes(octets)
        if not octets or octets[-1] & 0x80:
            raise DecodeError(f"OID content {octets.hex(' ').upper()!r} is empty or cut short")
        numbers = []
        value = 0
        for octet in octets:
            value = value << 7 | octet & 0x7F
            if not octet & 0x80:
                numbers.append(value)
                value = 0
        first = min(numbers[0] // 40, 2)
        return cls(".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:]))))

    @property
    def content(self) -> bytes:
        """Returns the DER content octets."""
        first, second, *rest = map(int, self.dotted.split("."))
        out = bytearray()
        for number in (40 * first + second, *rest):
            groups = [number & 0x7F]
            while number := number >> 7:
                groups.append(number & 0x7F | 0x80)
            out += bytes(reversed(groups))
        return bytes(out)

    def __str__(self) -> str:
        """Returns the dotted form."""
        return self.dotted


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A VersionType: major, minor, revision, one octet each (SGP.22 v2, annex H)."""

    octets: bytes

    def __post_init__(self) -> None:
        """Refuses anything but 3 octets."""
        _sized("VersionType", self.octets, 3, 3)

    @classmethod
    def from_text(cls, text: str) -> "Version":
        """Reads "2.5.0".

        Raises:
            DecodeError: not three numbers from 0 to 255.
        """
        parts = text.split(".")
        if len(parts) != 3 or not all(
            p.isascii() and p.isdecimal() and int(p) < 256 for p in parts
        ):
            raise DecodeError(
                f"version {text!r}: expected three numbers from 0 to 255, as in 2.5.0"
            )
        return cls(bytes(map(int, parts)))

    def __str__(self) -> str:
        """Returns the dotted form."""
        return ".".join(map(str, self.octets))


@dataclass(frozen=True, slots=True, order=True)
class MccMnc:
    """Mobile country and network code, 3 octets (3GPP TS 24.008); nibble E is a wildcard."""

    octets: bytes

    def __post_init__(self) -> None:
        """Refuses anything but 3 octets."""
        _sized("mccMnc", self.octets, 3, 3)

    @classmethod
    def from_digits(cls, mcc: str, mnc: str) -> "MccMnc":
        """Reads three digits of MCC and two or three of MNC; E stands for any digit.

        Raises:
            DecodeError: another number of digits, or another sign.
        """
        mnc3 = mnc[2] if len(mnc) == 3 else "F"
        fits = len(mcc) == 3 and len(mnc) in (2, 3)
        nibbles = (mcc[1], mcc[0], mnc3, mcc[2], mnc[1], mnc[0]) if fits else ()
        if not nibbles or not set("".join(nibbles).upper()) <= set("0123456789EF"):
            raise DecodeError(f"MCC {mcc!r}, MNC {mnc!r}: expected 3 and 2 or 3 digits")
        return cls(bytes.fromhex("".join(nibbles)))

    @property
    def has_wildcard(self) -> bool:
        """Returns whether any nibble is E."""
        return "e" in self.octets.hex()

    def __str__(self) -> str:
        """Returns "234/15"."""
        h = self.octets.hex().upper()
        return f"{h[1]}{h[0]}{h[3]}/{h[5]}{h[4]}{h[2] if h[2] != 'F' else ''}"
