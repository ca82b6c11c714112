"""PE-PINCodes and PE-PUKCodes: PINs, ADM keys and PUKs with their counters (SAIP, 8.4)."""

from typing import Any, Final

from rspcore.frozen import dataclass, replace
from rspcore.messages.euicc_response import PeStatusCode
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.profile_content.interpreter.building import Building, Refused, path_of, shown
from rspsim.euicc.profile_content.model import Path, Pin, Puk

__all__ = ["PIN_CHECKS", "PUK_CHECKS", "CodeAttempt", "require_codes", "run_pins", "run_puks"]

_GLOBAL = frozenset((*range(0x01, 0x09), *range(0x0A, 0x0F)))
_LOCAL = frozenset((*range(0x81, 0x89), *range(0x8A, 0x8F)))
_PIN = frozenset((*range(0x01, 0x09), *range(0x81, 0x89)))
"""References of PINs and of PUKs; the others are ADM keys."""
_ENABLED = 0x01
_LENGTH, _LEAST_DIGITS = 8, 4


def _are_digits(code: bytes) -> bool:
    """Returns whether a code is 4 to 8 ASCII digits, padded with FF to 8 octets."""
    digits = code.rstrip(b"\xff")
    return len(code) == _LENGTH and len(digits) >= _LEAST_DIGITS and digits.isdigit()


def _possible(octet: int) -> bool:
    """Returns whether a retry counter is possible: a maximum, and no more tries left than that."""
    return octet >> 4 != 0 and octet & 0x0F <= octet >> 4


@dataclass(frozen=True, slots=True)
class CodeAttempt:
    """One PIN or PUK configuration, for the checks."""

    context: Path
    reference: int
    value: bytes
    counter: int
    puk: int | None
    puks: frozenset[int]


_E = PeStatusCode

PUK_CHECKS: Final[Decision[Checks[CodeAttempt]]] = Decision(
    "interpreter.puk",
    (
        Check("reference", lambda a: a.reference in _PIN, _E.bad_values),
        Check("once", lambda a: a.reference not in a.puks, _E.invalid_parameter),
        Check("value", lambda a: _are_digits(a.value), _E.bad_values),
        Check("counter", lambda a: _possible(a.counter), _E.bad_values),
    ),
    "checks of a PUK; the codes are those of PEStatus",
)
PIN_CHECKS: Final[Decision[Checks[CodeAttempt]]] = Decision(
    "interpreter.pin",
    (
        Check("reference", lambda a: a.reference in _GLOBAL | _LOCAL, _E.bad_values),
        Check(
            "place",
            lambda a: a.reference in (_LOCAL if a.context else _GLOBAL),
            _E.invalid_parameter,
        ),
        Check("puk", lambda a: a.puk is None or a.puk in a.puks, _E.invalid_parameter),
        Check("value", lambda a: a.reference not in _PIN or _are_digits(a.value), _E.bad_values),
        Check("counter", lambda a: _possible(a.counter), _E.bad_values),
    ),
    "checks of a PIN or ADM key; the codes are those of PEStatus",
)


def _checked(checks: Checks[CodeAttempt], attempt: CodeAttempt) -> None:
    code = first_refusal(checks, attempt)
    if code is not None:
        raise Refused(code, f"key {attempt.reference:02X} in {shown(attempt.context)}")


def run_puks(building: Building, _name: str, value: dict[str, Any]) -> Building:
    """Takes the PUKs of the Profile.

    Raises:
        Refused: an impossible reference, value or counter, or a reference twice.
    """
    puks: list[Puk] = []
    for one in value["pukCodes"]:
        counter = one.get("maxNumOfAttemps-retryNumLeft", 0xAA)
        reference, octets = one["keyReference"], bytes(one["pukValue"])
        known = frozenset(puk.reference for puk in puks)
        attempt = CodeAttempt((), reference, octets, counter, None, known)
        _checked(building.decisions[PUK_CHECKS], attempt)
        puks.append(
            Puk(
                reference=reference,
                value=octets,
                maximum=counter >> 4,
                remaining=counter & 0x0F,
            )
        )
    return building.having(replace(building.content, puks=tuple(puks)))


def run_pins(building: Building, _name: str, value: dict[str, Any]) -> Building:
    """Takes the PINs of the directory made last, or shares those of another directory.

    Raises:
        Refused: the directory has its PINs already, a reference is not allowed there, or a PUK or
            the other directory is not there.
    """
    content, context = building.content, building.pin_context
    if context in {pin.context for pin in content.pins} | dict(content.shared_pins).keys():
        raise Refused(PeStatusCode.invalid_parameter, f"pinCodes of {shown(context)} a second time")
    kind, codes = value["pinCodes"]
    if kind == "filePath":
        source = path_of(bytes(codes), "filePath")
        found = content.files.get(source)
        if found is None or not found.kind.is_directory or source == context:
            raise Refused(PeStatusCode.invalid_parameter, f"PINs of {shown(source)}: not there")
        shared = (*content.shared_pins, (context, source))
        return building.having(replace(content, shared_pins=shared))
    pins = tuple(_pin(building, context, one) for one in codes)
    if len({pin.reference for pin in pins}) != len(pins):
        raise Refused(PeStatusCode.invalid_parameter, "a key reference occurs twice")
    return building.having(replace(content, pins=content.pins + pins))


def _pin(building: Building, context: Path, one: dict[str, Any]) -> Pin:
    puk: int | None = one.get("unblockingPINReference")
    counter: int = one.get("maxNumOfAttemps-retryNumLeft", 0x33)
    attributes: int = one.get("pinAttributes", 7)
    attempt = CodeAttempt(
        context=context,
        reference=one["keyReference"],
        value=bytes(one["pinValue"]),
        counter=counter,
        puk=puk,
        puks=frozenset(known.reference for known in building.content.puks),
    )
    _checked(building.decisions[PIN_CHECKS], attempt)
    return Pin(
        context=context,
        reference=attempt.reference,
        value=attempt.value,
        maximum=counter >> 4,
        remaining=counter & 0x0F,
        enabled=bool(attributes & _ENABLED),
        attributes=attributes,
        puk=puk,
    )


def require_codes(building: Building) -> None:
    """Checks that every key a directory reports is there.

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
