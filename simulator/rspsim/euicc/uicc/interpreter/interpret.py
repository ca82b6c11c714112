"""Interpret a profile package element by element.

`ELEMENTS` names the elements and what runs them. One element is decoded, checked for order and run;
its answer is a new `Building`, with a PEStatus when there is something to tell. What the card does
not support fails the package where the element is mandated or its template listed in the header,
and is skipped with a status elsewhere; any mistake inside a supported element fails it always.

Source: TCA eUICC Profile Package, 8.1 and 8.10; SGP.22 v2, 5.5.5.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from rspcore.errors import DecodeError
from rspcore.profile.elements import UNKNOWN, ProfileElementTlv, decode_element
from rspsim.euicc.uicc.interpreter import (
    authentication,
    codes,
    generic_file_management,
    header,
    management,
    template_elements,
)
from rspsim.euicc.uicc.interpreter.building import Building, PeStatus, Refused, StatusCode

__all__ = ["ELEMENTS", "interpret"]

Run = Callable[[Building, str, dict[str, Any]], Building]


def _kept(building: Building, _name: str, _value: dict[str, Any]) -> Building:
    """Accept an element that is only kept with the package."""
    return building


ELEMENTS: Final[tuple[tuple[str, Run], ...]] = (
    ("header", header.run_header),
    ("mf", template_elements.run),
    ("cd", template_elements.run),
    ("telecom", template_elements.run),
    ("usim", template_elements.run),
    ("opt-usim", template_elements.run),
    ("isim", template_elements.run),
    ("opt-isim", template_elements.run),
    ("phonebook", template_elements.run),
    ("gsm-access", template_elements.run),
    ("csim", template_elements.run),
    ("opt-csim", template_elements.run),
    ("eap", template_elements.run),
    ("df-5gs", template_elements.run),
    ("df-saip", template_elements.run),
    ("df-snpn", template_elements.run),
    ("df-5gprose", template_elements.run),
    ("genericFileManagement", generic_file_management.run),
    ("pinCodes", codes.run_pins),
    ("pukCodes", codes.run_puks),
    ("akaParameter", authentication.run_aka),
    ("cdmaParameter", authentication.run_cdma),
    ("securityDomain", management.run_security_domain),
    ("rfm", management.run_rfm),
    ("application", management.run_application),
    ("nonStandard", _kept),
    ("end", header.run_end),
)
"""Every element the card supports, and what runs it."""

_RUNS: Final = dict(ELEMENTS)

_UNSUPPORTED = frozenset({StatusCode.pe_not_supported, StatusCode.template_not_supported})


def interpret(building: Building, element: ProfileElementTlv) -> Building:
    """Run one element and return what is made so far.

    Raises:
        Refused: the package must be given up; status and reason say why.
    """
    if building.ended:
        raise Refused(StatusCode.invalid_request_format, "octets after PE-End")
    if not building.seen and element.name != "header":
        raise Refused(StatusCode.invalid_parameter, f"{element.name} before the header")
    try:
        identification, mandated = element.identification, element.mandated
        after = _run(building, element)
    except DecodeError as error:
        if element.name == UNKNOWN:
            return _skipped(building, element, StatusCode.pe_not_supported)
        raise Refused(StatusCode.invalid_request_format, str(error)) from error
    except Refused as refusal:
        if refusal.status not in _UNSUPPORTED or mandated or element.name == "header":
            raise
        return _skipped(building, element, refusal.status)
    if identification is not None and identification in building.identifications:
        raise Refused(
            StatusCode.invalid_parameter, f"identification {identification} a second time"
        )
    used = building.identifications
    return replace(
        after,
        seen=(*building.seen, element.name),
        identifications=used if identification is None else used | {identification},
    )


def _run(building: Building, element: ProfileElementTlv) -> Building:
    run = _RUNS.get(element.name)
    if run is None:
        raise Refused(StatusCode.pe_not_supported, f"{element.name} ({element.tag:02X})")
    return run(building, element.name, decode_element(element).value)


def _skipped(building: Building, element: ProfileElementTlv, status: StatusCode) -> Building:
    told = PeStatus(status, element.identification)
    return replace(
        building,
        seen=(*building.seen, element.name),
        statuses=(*building.statuses, told),
    )
