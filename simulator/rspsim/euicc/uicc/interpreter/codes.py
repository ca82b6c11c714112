"""PE-PINCodes and PE-PUKCodes: PINs, ADM keys and PUKs with their counters (SAIP, 8.4)."""

from dataclasses import replace
from typing import Any

from rspcore.messages.euicc_response import PeStatusCode
from rspsim.euicc.uicc.interpreter.building import Building, Refused, shown
from rspsim.euicc.uicc.model import Path, Pin, Puk

__all__ = ["require_codes", "run_pins", "run_puks"]

_GLOBAL = frozenset((*range(0x01, 0x09), *range(0x0A, 0x0F)))
_LOCAL = frozenset((*range(0x81, 0x89), *range(0x8A, 0x8F)))
_ENABLED = 0x01


def _tries(octet: int) -> tuple[int, int]:
    maximum, remaining = octet >> 4, octet & 0x0F
    if not maximum or remaining > maximum:
        raise Refused(PeStatusCode.bad_values, f"retry counter {octet:02X}: maximum and tries left")
    return maximum, remaining


def run_puks(building: Building, _name: str, value: dict[str, Any]) -> Building:
    """Take the PUKs of the Profile.

    Raises:
        Refused: a second element of the kind, or a counter that cannot be.
    """
    if "pukCodes" in building.seen:
        raise Refused(PeStatusCode.invalid_parameter, "pukCodes a second time")
    puks = []
    for one in value["pukCodes"]:
        maximum, remaining = _tries(one.get("maxNumOfAttemps-retryNumLeft", 0xAA))
        puks.append(
            Puk(
                reference=one["keyReference"],
                value=bytes(one["pukValue"]),
                maximum=maximum,
                remaining=remaining,
            )
        )
    return building.having(replace(building.content, puks=tuple(puks)))


def run_pins(building: Building, _name: str, value: dict[str, Any]) -> Building:
    """Take the PINs of the directory made last, or share those of another directory.

    Raises:
        Refused: no directory yet, a reference out of its place, or a PUK that is not there.
    """
    content, context = building.content, building.pin_context
    if content.files.get(()) is None:
        raise Refused(PeStatusCode.invalid_parameter, "pinCodes before the MF")
    if any(p.context == context for p in content.pins):
        raise Refused(PeStatusCode.invalid_parameter, f"pinCodes of {shown(context)} a second time")
    kind, codes = value["pinCodes"]
    if kind == "filePath":
        octets = bytes(codes)
        source = tuple(int.from_bytes(octets[n : n + 2], "big") for n in range(0, len(octets), 2))
        if content.files.get(source) is None:
            raise Refused(PeStatusCode.invalid_parameter, f"PINs of {shown(source)}: not there")
        shared = (*content.shared_pins, (context, source))
        return building.having(replace(content, shared_pins=shared))
    pins = tuple(_pin(building, context, one) for one in codes)
    if len({pin.reference for pin in pins}) != len(pins):
        raise Refused(PeStatusCode.invalid_parameter, "a key reference occurs twice")
    return building.having(replace(content, pins=content.pins + pins))


def _pin(building: Building, context: Path, one: dict[str, Any]) -> Pin:
    reference: int = one["keyReference"]
    if reference not in (_LOCAL if context else _GLOBAL):
        raise Refused(
            PeStatusCode.invalid_parameter, f"key reference {reference:02X} in {shown(context)}"
        )
    puk: int | None = one.get("unblockingPINReference")
    if puk is not None and all(known.reference != puk for known in building.content.puks):
        raise Refused(PeStatusCode.invalid_parameter, f"PUK {puk:02X} is not among the pukCodes")
    maximum, remaining = _tries(one.get("maxNumOfAttemps-retryNumLeft", 0x33))
    attributes: int = one.get("pinAttributes", 7)
    return Pin(
        context=context,
        reference=reference,
        value=bytes(one["pinValue"]),
        maximum=maximum,
        remaining=remaining,
        enabled=bool(attributes & _ENABLED),
        attributes=attributes,
        puk=puk,
    )


def require_codes(building: Building) -> None:
    """Check that every key a directory reports is there.

    Raises:
        Refused: pin_code_missing: a global key is not defined in the MF, or a local one neither in
            the directory nor above it.
    """
    content = building.content
    defined = {(pin.context, pin.reference) for pin in content.pins}
    shared = dict(content.shared_pins)
    for one in content.files.files:
        for reference in one.pin_status:
            if reference in _GLOBAL:
                places: list[Path] = [()]
            else:
                places = [one.path[:depth] for depth in range(len(one.path), -1, -1)]
                places += [shared[place] for place in places if place in shared]
            if all((place, reference) not in defined for place in places):
                raise Refused(
                    PeStatusCode.pin_code_missing,
                    f"{shown(one.path)} reports key {reference:02X}, which is not defined",
                    additional=reference,
                )
