"""Interprets a profile package element by element.

`ELEMENTS` names the elements and what runs them. One element is decoded and run; its answer is a
new `Building`, with a PEStatus when there is something to report. What the card does not support
fails the package where the element is mandated, and is skipped with a status elsewhere; any mistake
inside a supported element fails it always.

Source: TCA eUICC Profile Package, 8.1 and 8.10; SGP.22 v2, 5.5.5.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from rspcore import schema, tlv
from rspcore.errors import DecodeError
from rspcore.frozen import changer, replace
from rspcore.messages.euicc_info import UiccCapability
from rspcore.messages.euicc_response import PeStatus, PeStatusCode
from rspcore.profile_reader import ProfileElementTlv, decode_element
from rspsim.euicc.decisions import Decision, first_refusal
from rspsim.euicc.profile_content.interpreter import (
    aka_parameters,
    codes,
    generic_file_management,
    header_and_end,
    order,
    remote_management,
    template_elements,
)
from rspsim.euicc.profile_content.interpreter.building import Building, Refused

__all__ = ["CAPABILITIES", "ELEMENTS", "MALFORMED", "MANDATED", "RANGES", "SKIPPED", "interpret"]

_OFTEN: Final = 0x4000
"""Most octets of an element that is kept as it was read."""

_with_element: Final = changer(Building, "seen", "identifications")
Run = Callable[[Building, ProfileElementTlv], Building]


def _decoded(run: Callable[[Building, str, dict[str, Any]], Building]) -> Run:
    """Makes a runner of an element from a function of its name and decoded components."""

    def runner(building: Building, element: ProfileElementTlv) -> Building:
        return run(building, element.name, _value(building, element))

    return runner


def _value(building: Building, element: ProfileElementTlv) -> dict[str, Any]:
    """Returns the components of an element.

    Raises:
        DecodeError: it is not what the module describes.
        Refused: a part is outside its range, or the card does not know it.
    """
    try:
        read = _read if len(element.raw) <= _OFTEN else _read.__wrapped__
        value, foreign, outside = read(element.raw)
    except DecodeError:
        decode_element(element)  # says where in the package
        raise
    if foreign is not None:
        raise Refused(PeStatusCode.invalid_parameter, foreign)
    if outside is not None and building.decisions[RANGES]:
        raise Refused(PeStatusCode.bad_values, outside)
    return value


@lru_cache(maxsize=64)
def _read(octets: bytes) -> tuple[dict[str, Any], str | None, str | None]:
    """Returns the components of an element, what of it is unknown and what is outside its range.

    It is kept by its octets: Profiles of one operator have most elements in common, and the same
    package comes again and again in tests. Who is given the components leaves them as they are.

    Raises:
        DecodeError: it is not what the module describes.
    """
    one = tlv.parse(octets)
    found = decode_element(ProfileElementTlv(one.tag, "", octets, 0))
    whole = (found.name, found.value)
    foreign = schema.foreign_part("pe", "ProfileElement", whole)
    if foreign is not None:
        return found.value, foreign, None
    return found.value, None, schema.out_of_range("pe", "ProfileElement", whole)


def _kept(building: Building, element: ProfileElementTlv) -> Building:
    """Accepts an element that is only kept with the package, once it can be read."""
    _value(building, element)
    return building


RANGES: Final = Decision(
    "interpreter.ranges", standard=True, summary="whether sizes and ranges of values are checked"
)


ELEMENTS: Final[Decision[Mapping[str, Run]]] = Decision(
    "interpreter.elements",
    {
        "header": header_and_end.run_header,
        "mf": _decoded(template_elements.run),
        "cd": _decoded(template_elements.run),
        "telecom": _decoded(template_elements.run),
        "usim": _decoded(template_elements.run),
        "opt-usim": _decoded(template_elements.run),
        "isim": _decoded(template_elements.run),
        "opt-isim": _decoded(template_elements.run),
        "phonebook": _decoded(template_elements.run),
        "gsm-access": _decoded(template_elements.run),
        "csim": _decoded(template_elements.run),
        "opt-csim": _decoded(template_elements.run),
        "eap": _decoded(template_elements.run),
        "df-5gs": _decoded(template_elements.run),
        "df-saip": _decoded(template_elements.run),
        "df-snpn": _decoded(template_elements.run),
        "df-5gprose": _decoded(template_elements.run),
        "genericFileManagement": _decoded(generic_file_management.run),
        "pinCodes": _decoded(codes.run_pins),
        "pukCodes": _decoded(codes.run_puks),
        "akaParameter": _decoded(aka_parameters.run_aka),
        "cdmaParameter": _decoded(aka_parameters.run_cdma),
        "securityDomain": _decoded(remote_management.run_security_domain),
        "rfm": _decoded(remote_management.run_rfm),
        "application": _decoded(remote_management.run_application),
        "nonStandard": _kept,
        "end": header_and_end.run_end,
    },
    "elements the card supports, and what runs them",
)

CAPABILITIES: Final[Decision[Mapping[str, UiccCapability]]] = Decision(
    "interpreter.capabilities",
    {
        "usim": UiccCapability.usimSupport,
        "opt-usim": UiccCapability.usimSupport,
        "isim": UiccCapability.isimSupport,
        "opt-isim": UiccCapability.isimSupport,
        "csim": UiccCapability.csimSupport,
        "opt-csim": UiccCapability.csimSupport,
        "cdmaParameter": UiccCapability.csimSupport,
        "eap": UiccCapability.eapClient,
    },
    "what the card has to claim in EUICCInfo2 to support an element",
)

SKIPPED: Final[Decision[frozenset[PeStatusCode]]] = Decision(
    "interpreter.skipped",
    frozenset(
        {
            PeStatusCode.pe_not_supported,
            PeStatusCode.template_not_supported,
            PeStatusCode.runtime_not_supported,
        }
    ),
    "statuses an element that is not mandated is passed over with",
)
MALFORMED: Final[Decision[int]] = Decision(
    "interpreter.malformed",
    PeStatusCode.invalid_request_format,
    "status of an element that cannot be read",
)
MANDATED: Final[Decision[Callable[[ProfileElementTlv], bool]]] = Decision(
    "interpreter.mandated",
    lambda element: element.mandated,
    "whether a package fails when the card does not support an element",
)


def interpret(building: Building, element: ProfileElementTlv) -> Building:
    """Runs one element and returns what is made so far.

    Raises:
        Refused: the package is refused; status and reason say why.
    """
    decisions = building.decisions
    identification: int | None = None
    try:
        identification = element.identification
        after = _run(building, element, identification)
    except DecodeError as error:
        raise Refused(decisions[MALFORMED], str(error)) from error
    except Refused as refusal:
        if refusal.status not in decisions[SKIPPED] or decisions[MANDATED](element):
            raise
        after = _skipped(building, element, refusal.status)
    used = building.identifications
    if identification is not None:
        used |= {identification}
    return _with_element(after, (*building.seen, element.name), used)


def _run(building: Building, element: ProfileElementTlv, identification: int | None) -> Building:
    decisions = building.decisions
    run = decisions[ELEMENTS].get(element.name)
    needed = decisions[CAPABILITIES].get(element.name)
    if run is None or (needed is not None and not building.supports(needed)):
        raise Refused(PeStatusCode.pe_not_supported, f"{element.name} ({element.tag:02X})")
    placing = order.Placing(building, element.name, identification)
    code = first_refusal(decisions[order.ORDER], placing)
    if code is not None:
        raise Refused(code, f"{element.name} at a wrong place")
    return run(building, element)


def _skipped(building: Building, element: ProfileElementTlv, status: int) -> Building:
    added = PeStatus(status=status, identification_number=element.identification)
    return replace(building, statuses=(*building.statuses, added))
