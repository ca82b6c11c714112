"""GET IDENTITY: the card computes the SUCI (3GPP TS 31.102, 7.5; TS 33.501, annex C).

It does so when EF.UST has services 124 and 125: then EF.SUCI_Calc_Info in DF.SAIP names the schemes
in order of preference and the home network's public keys; EF.IMSI and EF.Routing_Indicator give the
rest.
"""

from collections.abc import Callable
from typing import Final

from rspcore import tlv
from rspcore.apdu import CommandApdu
from rspcore.errors import CryptoError, DecodeError
from rspcore.status import StatusWord
from rspsim.euicc.decisions import Decision
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import Path
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.commands.authenticate import user_verified

__all__ = ["SCHEME", "SUCI", "get_identity"]

Pairs = list[tuple[int, int]]
"""Schemes in order of preference, each with the number of its key, 0 with the null scheme."""

_SUCI, _SUCI_NSWO = 0x01, 0x02
_UST, _IMSI, _AD = 0x6F38, 0x6F07, 0x6FAD
_DF_SAIP, _DF_5GS = 0x5FD0, 0x5FC0
_CALC_INFO, _ROUTING = 0x4F01, 0x4F0A
_SERVICES = (124, 125)
_SUPI_TYPE_IMSI_SUCI = 0x01
_NULL_ROUTING = bytes.fromhex("F0FF")


def _body(context: CommandContext, path: Path) -> bytes | None:
    one = context.file(path)
    return None if one is None else context.content.files.resolve(one).body


def _has(table: bytes, service: int) -> bool:
    position, bit = divmod(service - 1, 8)
    return len(table) > position and bool(table[position] & 1 << bit)


def _digits(imsi: bytes) -> str:
    """Returns the digits of EF.IMSI."""
    text = "".join(f"{octet & 0xF:X}{octet >> 4:X}" for octet in imsi[1 : 1 + imsi[0]])
    return text[1:].rstrip("F")


def _swapped(digits: str) -> bytes:
    padded = digits + "F" * (len(digits) % 2)
    return bytes.fromhex("".join(padded[n + 1] + padded[n] for n in range(0, len(padded), 2)))


def _schemes(info: bytes) -> tuple[list[tuple[int, int]], list[tuple[int, bytes]]]:
    """Reads EF.SUCI_Calc_Info: schemes with key index, and keys with their identifiers.

    Raises:
        DecodeError: the file does not begin with the list of schemes.
    """
    listed = tlv.parse_prefix(info)
    if listed.tag != 0xA0 or len(listed.value) % 2:
        raise DecodeError("EF.SUCI_Calc_Info: expected a list of schemes (A0)", tag=listed.tag)
    pairs = [(listed.value[n], listed.value[n + 1]) for n in range(0, len(listed.value), 2)]
    rest = info[len(listed.raw) :]
    keys: list[tuple[int, bytes]] = []
    if rest[:1] == b"\xa1":
        children = tlv.parse_prefix(rest).children()
        if len(children) % 2:
            raise DecodeError("EF.SUCI_Calc_Info: a key without its identifier", tag=0xA1)
        for first, second in zip(children[::2], children[1::2], strict=True):
            keys.append((int.from_bytes(first.value, "big"), bytes(second.value)))
    return pairs, keys


def _scheme(pairs: Pairs, keys: int, /) -> tuple[int, int] | None:
    """Returns the first scheme that is known and has its key, or None when there is none.

    A list without any stands for the null scheme (TS 31.102, 4.4.11.8).
    """
    from rspcore.crypto.suci import ProtectionScheme  # noqa: PLC0415  few devices ask for a SUCI

    if not pairs:
        return ProtectionScheme.NULL, 0
    known = tuple(ProtectionScheme)
    for scheme, index in pairs:
        if scheme == ProtectionScheme.NULL or (scheme in known and 1 <= index <= keys):
            return scheme, index
    return None


SCHEME: Final[Decision[Callable[[Pairs, int], tuple[int, int] | None]]] = Decision(
    "uicc.suci_scheme", _scheme, "scheme of the list by which the SUCI is made"
)


def _mnc_length(context: CommandContext, adf: Path) -> int:
    data = _body(context, (*adf, _AD)) or b""
    return 3 if len(data) > 3 and data[3] & 0xF == 3 else 2


def _suci(context: CommandContext, adf: Path) -> bytes | None:
    """Returns the SUCI as mobile identity (TS 24.501, 9.11.3.4), or None when it cannot be made."""
    from rspcore.crypto.suci import ProtectionScheme, conceal  # noqa: PLC0415  as in `_scheme`

    imsi, info = _body(context, (*adf, _IMSI)), _body(context, (*adf, _DF_SAIP, _CALC_INFO))
    if imsi is None or info is None:
        return None
    try:
        pairs, keys = _schemes(info)
    except DecodeError:
        return None
    digits, size = _digits(imsi), _mnc_length(context, adf)
    if not digits.isdecimal() or len(digits) <= 3 + size:
        return None
    mcc, mnc, msin = digits[:3], digits[3 : 3 + size].ljust(3, "F"), _swapped(digits[3 + size :])
    plmn = bytes.fromhex(mcc[1] + mcc[0] + mnc[2] + mcc[2] + mnc[1] + mnc[0])
    routing = (_body(context, (*adf, _DF_5GS, _ROUTING)) or _NULL_ROUTING)[:2]
    chosen = context.view.decisions[SCHEME](pairs, len(keys))
    if chosen is None:
        return None
    scheme, index = chosen
    head = bytes((_SUPI_TYPE_IMSI_SUCI,)) + plmn + routing
    if scheme == ProtectionScheme.NULL:
        return head + bytes((0, 0)) + msin
    identifier, key = keys[index - 1]
    ephemeral = context.view.rng.octets(32)
    try:
        output = conceal(ProtectionScheme(scheme), key, ephemeral, msin)
    except CryptoError:
        return None
    return head + bytes((scheme, identifier & 0xFF)) + output.encode()


SUCI: Final = Decision("uicc.suci", _suci, "SUCI the card computes")


def get_identity(command: CommandApdu, view: View) -> Outcome:
    """Answers with the SUCI in a data object A1."""
    context = CommandContext.of(view)
    adf = context.place.adf
    if command.p1 or command.p2 not in (_SUCI, _SUCI_NSWO):
        return context.refuse(StatusWord.INCORRECT_P1_P2)
    table = None if adf is None else _body(context, (*adf, _UST))
    if adf is None or table is None:
        return context.refuse(StatusWord.CONDITIONS_NOT_SATISFIED)
    if command.p2 != _SUCI or not all(_has(table, service) for service in _SERVICES):
        return context.refuse(StatusWord.FUNCTION_NOT_SUPPORTED)
    if not user_verified(context):
        return context.refuse(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
    made = view.decisions[SUCI](context, adf)
    if made is None:
        return context.refuse(StatusWord.CONDITIONS_NOT_SATISFIED)
    return context.outcome(tlv.encode(0xA1, made))
