"""Faults of what profile elements make: PINs, files, sequence numbers, keys."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from rspcore.messages.euicc_response import PeStatusCode
from rspsim.euicc.decisions import Check
from rspsim.euicc.profile_content.interpreter import (
    generic_file_management,
    header_and_end,
    order,
    remote_management,
)
from rspsim.euicc.profile_content.interpreter.building import Building, Refused
from rspsim.euicc.profile_content.interpreter.file_making import FilePlan
from rspsim.euicc.profile_content.interpreter.interpret import ELEMENTS
from rspsim.euicc.profile_content.model import File, FileKind, ProfileContent
from rspsim.euicc.uicc.commands.authenticate import ALGORITHM
from rspsim.faults.card.card_fault import CardFault, Change, adds, decides, swap
from rspsim.faults.card.handler_changes import entry_instead

__all__ = ["FAULTS"]

_Runner = Callable[..., Building]
_EF_HPPLMN: Final = (0x7FD0, 0x6F31)
_REFUSED: Final = PeStatusCode.invalid_parameter


def _after(name: str, change: Callable[[ProfileContent], ProfileContent]) -> Change:
    """Returns a change of what an element made."""

    def wrap(run: _Runner) -> _Runner:
        def runner(building: Building, element: Any) -> Building:
            made = run(building, element)
            return made.having(change(made.content))

        return runner

    return entry_instead(ELEMENTS, name, wrap)


def _no_element(_run: _Runner) -> _Runner:
    def runner(_building: Building, element: Any) -> Building:
        raise Refused(_REFUSED, f"no {element.name} here")

    return runner


def _no_sharing(content: ProfileContent) -> ProfileContent:
    if content.shared_pins:
        raise Refused(_REFUSED, "PINs of another directory")
    return content


def _references_once(content: ProfileContent) -> ProfileContent:
    references = [pin.reference for pin in content.pins]
    if len(set(references)) != len(references):
        raise Refused(_REFUSED, "a reference in two directories")
    return content


def _tries_full(content: ProfileContent) -> ProfileContent:
    return replace(content, pins=tuple(replace(pin, remaining=pin.maximum) for pin in content.pins))


def _hpplmn_made(content: ProfileContent) -> ProfileContent:
    if content.files.get(_EF_HPPLMN) is not None:
        return content
    return content.with_file(File(path=_EF_HPPLMN, kind=FileKind.TRANSPARENT, body=b"\x0a"))


def _links_empty(content: ProfileContent) -> ProfileContent:
    for one in content.files.files:
        if one.link is not None:
            body = b"\xff" * len(content.files.resolve(one).body)
            content = content.with_file(replace(one, link=None, body=body))
    return content


def _sequence_from_zero(content: ProfileContent) -> ProfileContent:
    return replace(content, aka=tuple(replace(one, seq=(0,) * 32) for one in content.aka))


def _always_from_the_start(plan: FilePlan, content: bytes) -> FilePlan:
    return generic_file_management.WRITTEN.standard(replace(plan, position=0), content)


def _nothing_written(plan: FilePlan, content: bytes) -> FilePlan:
    return replace(plan, position=plan.position + len(content))


FAULTS: Final = (
    CardFault(
        "profile.header.minor-version",
        "A package of an unknown minor version is refused.",
        ("Profile.Header#01",),
        decides(header_and_end.CHECKS, "version", lambda attempt: attempt.header.version[1] <= 9),
    ),
    CardFault(
        "profile.header.some-service",
        "A header without any mandatory service is refused.",
        ("Profile.Header#02",),
        decides(header_and_end.CHECKS, "services", lambda a: bool(a.header.mandatory_services)),
    ),
    CardFault(
        "profile.order.ascending",
        "Element identifications that do not ascend are refused.",
        ("Profile.Package#07",),
        adds(
            order.ORDER,
            Check(
                "ascending",
                lambda p: (p.identification or 0) > max(p.building.identifications, default=-1),
                _REFUSED,
            ),
        ),
    ),
    CardFault(
        "profile.non-standard.refused",
        "A package with a nonstandard element is refused.",
        ("Profile.Package#04",),
        entry_instead(ELEMENTS, "nonStandard", _no_element),
    ),
    CardFault(
        "profile.pins.all-tries-left",
        "PINs start with all their tries.",
        ("Profile.PIN#01",),
        _after("pinCodes", _tries_full),
    ),
    CardFault(
        "profile.pins.references-once",
        "A local PIN reference can be used in one directory only.",
        (
            "ES8+.LoadProfileElements#52",
            "Profile.PIN#02",
        ),
        _after("pinCodes", _references_once),
    ),
    CardFault(
        "profile.pins.no-sharing",
        "PINs of another directory cannot be shared.",
        ("Profile.PIN#03",),
        _after("pinCodes", _no_sharing),
    ),
    CardFault(
        "profile.usim.do-not-create-ignored",
        "A USIM file is created although the package says doNotCreate.",
        ("Profile.USIM#01",),
        _after("usim", _hpplmn_made),
    ),
    CardFault(
        "profile.opt-usim.links-empty",
        "A link does not show the content of its target.",
        ("Profile.USIM#03",),
        _after("opt-usim", _links_empty),
    ),
    CardFault(
        "profile.aka.sequence-from-zero",
        "Sequence numbers start at zero whatever the package says.",
        ("Profile.AKA#01",),
        _after("akaParameter", _sequence_from_zero),
    ),
    CardFault(
        "profile.aka.constant-of-zeros",
        "OPc and TOPc of the package are not used.",
        ("ES8+.LoadProfileElements#50", "ES8+.LoadProfileElements#51"),
        swap(
            ALGORITHM,
            lambda one: ALGORITHM.standard(replace(one, opc=bytes(len(one.opc)))),
        ),
    ),
    CardFault(
        "profile.script.from-the-start",
        "Content a script writes always goes to the start of the file.",
        ("Profile.GFM#01",),
        swap(generic_file_management.WRITTEN, _always_from_the_start),
    ),
    CardFault(
        "profile.script.nothing-written",
        "Content a script writes is not stored.",
        ("Profile.GFM#01", "Profile.GFM#02"),
        swap(generic_file_management.WRITTEN, _nothing_written),
    ),
    CardFault(
        "profile.management.one-domain",
        "A Profile can have one security domain only.",
        ("Profile.SecurityDomain#01",),
        adds(
            remote_management.DOMAIN_CHECKS,
            Check("only_one", lambda a: not a.content.security_domains, _REFUSED),
        ),
    ),
)
