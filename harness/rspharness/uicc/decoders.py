"""Content of well-known files in words; files without a decoder stay octets.

Sources: ETSI TS 102 221, 13 (ICCID, DIR, ARR); 3GPP TS 31.102, 4.2 (all others).
"""

from collections.abc import Callable, Mapping
from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError

__all__ = ["DECODERS", "decoded"]

Decoder = Callable[[bytes], str]


def _digits(octets: bytes) -> str:
    return "".join(f"{octet & 0xF:X}{octet >> 4:X}" for octet in octets).rstrip("F")


def _iccid(body: bytes) -> str:
    return _digits(body)


def _imsi(body: bytes) -> str:
    return _digits(body[1 : 1 + body[0]])[1:] if body[0] <= 8 else ""


_GSM_ALPHABET: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


def _text(octets: bytes) -> str:
    """Returns text of the GSM default alphabet (TS 23.038), or of UCS2 behind 80."""
    if octets[:1] == b"\x80":
        pairs = octets[1:]
        end = pairs.find(b"\xff\xff")
        return pairs[: end if end >= 0 else len(pairs) & ~1].decode("utf-16-be", "replace")
    return "".join(_GSM_ALPHABET[octet & 0x7F] for octet in octets.rstrip(b"\xff"))


def _spn(body: bytes) -> str:
    return f"{_text(body[1:])!r}, display {body[0]:02X}"


def _plmn(octets: bytes) -> str:
    """Returns MCC and MNC of three octets, or nothing for an empty entry."""
    if octets == b"\xff\xff\xff":
        return ""
    digits = "".join(f"{octet & 0xF:X}{octet >> 4:X}" for octet in octets)
    mcc, mnc = digits[:3], digits[4:6] + digits[3]
    return f"{mcc}-{mnc.rstrip('F')}"


def _plmns(body: bytes) -> str:
    found = [name for n in range(0, len(body) - 2, 3) if (name := _plmn(body[n : n + 3]))]
    return ", ".join(found) or "empty"


def _plmns_with_access(body: bytes) -> str:
    found = [
        f"{name} ({body[n + 3 : n + 5].hex().upper()})"
        for n in range(0, len(body) - 4, 5)
        if (name := _plmn(body[n : n + 3]))
    ]
    return ", ".join(found) or "empty"


def _services(body: bytes) -> str:
    numbers = [n for n in range(1, 8 * len(body) + 1) if body[(n - 1) // 8] >> (n - 1) % 8 & 1]
    return "services " + " ".join(str(n) for n in numbers)


_MODES = {0x00: "normal", 0x80: "type approval", 0x01: "normal with specific facilities"}


def _ad(body: bytes) -> str:
    mode = _MODES.get(body[0], f"mode {body[0]:02X}")
    length = f", MNC of {body[3] & 0xF} digits" if len(body) > 3 else ""
    return f"{mode}{length}"


def _acc(body: bytes) -> str:
    bits = int.from_bytes(body[:2], "big")
    return "classes " + (" ".join(str(n) for n in range(16) if bits >> n & 1) or "none")


_UPDATED = {0: "updated", 1: "not updated", 2: "PLMN not allowed", 3: "area not allowed"}


def _loci(body: bytes) -> str:
    area = _plmn(body[4:7])
    status = _UPDATED.get(body[10] & 7, "reserved")
    return f"TMSI {body[:4].hex().upper()}, {area or 'no'} area {body[7:9].hex().upper()}, {status}"


def _number(octets: bytes) -> str:
    """Returns a number behind its length and type octets (BCD of TS 24.008)."""
    if not 1 < octets[0] <= 11:
        return ""
    symbols = "0123456789*#abcF"
    nibbles = [part for octet in octets[2 : 1 + octets[0]] for part in (octet & 0xF, octet >> 4)]
    digits = "".join(symbols[min(nibble, 15)] for nibble in nibbles).rstrip("F")
    return ("+" if octets[1] & 0x70 == 0x10 else "") + digits


def _dialling(record: bytes) -> str:
    label, number = _text(record[:-14]), _number(record[-14:])
    return f"{label!r} {number}" if number else "empty"


def _smsp(record: bytes) -> str:
    label, rest = _text(record[:-28]), record[-28:]
    centre = _number(rest[13:25])
    return f"{label!r}, service centre {centre or 'none'}" if rest[0] != 0xFF else "empty"


def _dir(record: bytes) -> str:
    if record[:1] != b"\x61":
        return "empty"
    template = tlv.parse_prefix(record)
    aid, label = template.find(0x4F), template.find(0x50)
    name = "" if label is None else _text(bytes(label.value))
    return f"{'' if aid is None else bytes(aid.value).hex().upper()} {name!r}"


_RIGHTS: Final = ("read", "update", "", "deactivate", "activate", "terminate", "delete")
_CODES: Final = {0x01: "PIN1", 0x81: "PIN2", 0x11: "universal PIN"}


def _code(reference: int) -> str:
    if reference & 0x7F in range(0x0A, 0x0F):
        return f"ADM{(reference & 0x0F) - 9 + (5 if reference & 0x80 else 0)}"
    return _CODES.get(reference, f"key {reference:02X}")


def _condition(one: tlv.Tlv) -> str:
    if one.tag in (0x90, 0x97):
        return "always" if one.tag == 0x90 else "never"
    if one.tag == 0xA4:
        key = one.find(0x83)
        return _code(key.value[0]) if key is not None and len(key.value) else "?"
    joint = {0xA0: " or ", 0xAF: " and ", 0xA7: " nor "}.get(one.tag)
    return joint.join(map(_condition, one.children())) if joint else f"{one.tag:02X}"


def _arr(record: bytes) -> str:
    shown: list[str] = []
    position = 0
    while position < len(record) and record[position] != 0xFF:
        one = tlv.parse_prefix(record, position)
        position += len(one.raw)
        if one.tag == 0x80:
            bits = one.value[0] if len(one.value) else 0
            names = [name for n, name in enumerate(_RIGHTS) if name and bits >> n & 1]
            shown.append(", ".join(names))
        elif 0x81 <= one.tag <= 0x8F:
            shown.append(f"command {bytes(one.value).hex().upper()}")
        else:
            shown[-1:] = [f"{shown[-1] if shown else ''}: {_condition(one)}"]
    return "; ".join(shown) or "empty"


def _ecc(record: bytes) -> str:
    digits = _digits(record[:3])
    return f"{digits} {_text(record[3:-1])!r}, category {record[-1]:02X}" if digits else "empty"


def _languages(body: bytes) -> str:
    pairs = [body[n : n + 2] for n in range(0, len(body), 2)]
    return " ".join(pair.decode("ascii", "replace") for pair in pairs if pair != b"\xff\xff")


DECODERS: Final[Mapping[str, Decoder]] = {
    "ICCID": _iccid,
    "IMSI": _imsi,
    "SPN": _spn,
    "FPLMN": _plmns,
    "EHPLMN": _plmns,
    "PLMNwAcT": _plmns_with_access,
    "OPLMNwAcT": _plmns_with_access,
    "HPLMNwAcT": _plmns_with_access,
    "UST": _services,
    "IST": _services,
    "EST": _services,
    "AD": _ad,
    "ACC": _acc,
    "LOCI": _loci,
    "MSISDN": _dialling,
    "ADN": _dialling,
    "FDN": _dialling,
    "SDN": _dialling,
    "DIR": _dir,
    "ARR": _arr,
    "ECC": _ecc,
    "SMSP": _smsp,
    "PL": _languages,
    "LI": _languages,
}
"""The decoder of a file or of one of its records, by the name of the file."""

_OTHER_MEANING: Final = frozenset(
    {("CSIM", "AD"), ("ISIM", "AD"), ("CSIM", "ECC"), ("CSIM", "SPN")}
)
"""Decoders of files of the same name with another structure."""


def decoded(directory: str, name: str, part: bytes) -> str:
    """Returns one record, or the body of a transparent file, in words.

    Returns:
        An empty text for files without a decoder, and for content that is not as specified.
    """
    plain = name.removeprefix("EF.")
    decoder = DECODERS.get(plain)
    if decoder is None or (directory, plain) in _OTHER_MEANING:
        return ""
    try:
        return decoder(part)
    except (DecodeError, IndexError):
        return ""
