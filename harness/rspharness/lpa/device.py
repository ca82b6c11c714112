"""The device an LPA says it runs in: IMEI, TAC and capabilities from words.

Servers may refuse a device by them (8.2.5/4.3), so that a test has to be able to say others. The
digits are coded as BCD: the TAC as it is written, the IMEI with the digits of each octet swapped
and a last octet of check digit and filler (SGP.22 v2, 5.7.13; the cards only copy both).
"""

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Final

from rspcore.errors import DecodeError, LocalError
from rspcore.ids import Version
from rspcore.messages.euicc_info import DeviceCapabilities, DeviceInfo
from rspharness.lpa.download_steps import STANDARD_DEVICE, STANDARD_DEVICE_V3

__all__ = ["CAPABILITIES", "device_from_words", "device_of_version"]

_IMEI_DIGITS: Final = 15
_FIRST_WITH_LPA_SVN: Final = 3
"""Major version."""
_TAC_DIGITS: Final = 8


def _word(field: str) -> str:
    named = field.removesuffix("_supported_release").removesuffix("_supported_version")
    first, *rest = named.split("_")
    return first + "".join(part.capitalize() for part in rest)


CAPABILITIES: Final = {_word(one.name): one.name for one in fields(DeviceCapabilities) if one.init}
"""The words for the members of DeviceCapabilities, such as gsm and eutranEpc."""


def device_from_words(
    *, imei: str = "", tac: str = "", capabilities: Iterable[str] = ()
) -> DeviceInfo:
    """Returns a device; what is not said is that of `STANDARD_DEVICE`.

    >>> device_from_words(imei="490154203237518").tac.hex()
    '49015420'

    Args:
        imei: IMEI, 15 digits; the first eight are the TAC, unless another one is given.
        tac: TAC, 8 digits.
        capabilities: NAME=RELEASE each, such as "eutranEpc=15"; in place of all the standard ones.

    Raises:
        LocalError: a word has not its form; the message says which is expected.
    """
    device = STANDARD_DEVICE
    if imei:
        _require_digits("IMEI", imei, _IMEI_DIGITS)
        pairs = [imei[at : at + 2][::-1] for at in range(0, _IMEI_DIGITS - 1, 2)]
        octets = bytes.fromhex("".join(pairs) + imei[-1] + "F")
        device = replace(device, imei=octets, tac=bytes.fromhex(imei[:_TAC_DIGITS]))
    if tac:
        _require_digits("TAC", tac, _TAC_DIGITS)
        device = replace(device, tac=bytes.fromhex(tac))
    said = dict(map(_capability, capabilities))
    if said:
        device = replace(device, device_capabilities=DeviceCapabilities(**said))
    return device


def _require_digits(name: str, text: str, count: int) -> None:
    if not (len(text) == count and text.isascii() and text.isdecimal()):
        raise LocalError(f"{name} {text!r}: expected {count} digits")


def _capability(text: str) -> tuple[str, Version]:
    name, _, release = text.partition("=")
    if name not in CAPABILITIES:
        raise LocalError(f"capability {name!r}: expected one of {', '.join(CAPABILITIES)}")
    try:
        version = Version.from_text(".".join([*release.split("."), "0", "0"][:3]))
    except DecodeError as error:
        raise LocalError(f"capability {text!r}: expected {name}=RELEASE, such as 15") from error
    return CAPABILITIES[name], version


def device_of_version(device: DeviceInfo, version: Version) -> DeviceInfo:
    """Returns a device as an LPA of a version says it: with lpaSvn and capabilities from 3.0 on.

    >>> device_of_version(STANDARD_DEVICE, Version.from_text("2.5.0")) is STANDARD_DEVICE
    True
    """
    if version.octets[0] < _FIRST_WITH_LPA_SVN:
        return device
    known = device.device_capabilities
    newer = STANDARD_DEVICE_V3
    releases = {one.name: getattr(known, one.name) for one in fields(known) if one.init}
    capabilities = replace(newer.device_capabilities, **releases, lpa_svn=version)
    return replace(newer, tac=device.tac, imei=device.imei, device_capabilities=capabilities)
