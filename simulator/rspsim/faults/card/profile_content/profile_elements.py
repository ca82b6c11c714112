"""Faults of the elements of a profile package: rules of the format that are not checked."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from rspcore.messages.euicc_response import PeStatusCode
from rspsim.euicc.profile_content.interpreter import (
    aka_parameters,
    codes,
    generic_file_management,
    header_and_end,
    interpret,
    order,
    remote_management,
    template_elements,
)
from rspsim.euicc.profile_content.interpreter.building import Building
from rspsim.euicc.profile_content.interpreter.file_making import FilePlan
from rspsim.euicc.profile_content.model import File
from rspsim.faults.card.card_fault import CardFault, Change, skip, swap, together

__all__ = ["FAULTS"]

STATUS = PeStatusCode


def _cut(plan: FilePlan, commands: Sequence[tuple[str, Any]]) -> File:
    """Makes a file and cuts off content that goes beyond its end."""
    room = len(plan.file.body)
    if plan.file.kind.is_directory or plan.file.link is not None or not room:
        return template_elements.MADE.standard(plan, commands)
    fitting, position = [], 0
    for name, value in commands:
        if name == "fillFileOffset":
            position += value
            fitting.append((name, value))
        else:
            content = bytes(value)[: max(room - position, 0)]
            position += len(content)
            fitting.append((name, content))
    return template_elements.MADE.standard(plan, fitting)


def _offsets_absolute(plan: FilePlan, commands: Sequence[tuple[str, Any]]) -> File:
    """Makes a file with offsets counted from its beginning."""
    relative, position = [], 0
    for name, value in commands:
        if name == "fillFileOffset":
            relative.append((name, max(value - position, 0)))
            position = max(value, position)
        else:
            relative.append((name, value))
            position += len(value)
    return template_elements.MADE.standard(plan, relative)


def _patterns_ignored(plan: FilePlan, commands: Sequence[tuple[str, Any]]) -> File:
    empty = replace(plan.file, body=b"\xff" * len(plan.file.body))
    return template_elements.MADE.standard(replace(plan, file=empty), commands)


def _cut_written(plan: FilePlan, content: bytes) -> FilePlan:
    room = max(len(plan.file.body) - plan.position, 0)
    return generic_file_management.WRITTEN.standard(plan, content[:room])


def _nothing_required(_building: Building) -> None:
    """Accepts missing PINs and PUKs."""


def _never(_element: object) -> bool:
    return False


def _always(_element: object) -> bool:
    return True


def _rule(name: str, summary: str, change: Change, *breaks: str) -> CardFault:
    return CardFault(f"profile.{name}", summary, breaks, change)


def _unordered(name: str, check: str, summary: str, *breaks: str) -> CardFault:
    return _rule(name, summary, skip(order.ORDER, check), *breaks)


FAULTS: Final = (
    _rule(
        "header.any-version",
        "The version of the package is not checked.",
        skip(header_and_end.CHECKS, "version"),
        "ES8+.LoadProfileElements#27",
        "Profile.Header#04",
        "Profile.Header#07",
    ),
    _rule(
        "header.any-service",
        "Mandatory services are not checked.",
        skip(header_and_end.CHECKS, "services"),
        "ES8+.LoadProfileElements#28",
        "Profile.Header#05",
    ),
    _rule(
        "header.any-template",
        "Mandatory templates are not checked.",
        skip(header_and_end.CHECKS, "templates"),
        "ES8+.LoadProfileElements#29",
        "Profile.Header#06",
    ),
    _rule(
        "header.any-application",
        "Mandatory applications are not checked.",
        skip(header_and_end.CHECKS, "applications"),
        "ES8+.LoadProfileElements#33",
    ),
    _rule(
        "mandated.ignored",
        "An unsupported element is skipped although it is mandated.",
        swap(interpret.MANDATED, _never),
        "ES8+.LoadProfileElements#13",
        "Profile.USIM#14",
    ),
    _rule(
        "mandated.assumed",
        "An unsupported element ends the load although it is not mandated.",
        swap(interpret.MANDATED, _always),
        "ES8+.LoadProfileElements#17",
        "Profile.USIM#15",
        "Profile.Package#06",
    ),
    _rule(
        "mistakes.passed-over",
        "An element with an error is skipped.",
        together(swap(interpret.SKIPPED, frozenset(STATUS)), swap(interpret.MANDATED, _never)),
        *(f"Profile.MF#{n:02d}" for n in (5, 6, 8, 9, 10, 12)),
        *(f"Profile.PIN#{n:02d}" for n in (7, 10, 11)),
        *(f"Profile.USIM#{n:02d}" for n in (5, 6, 7, 8, 9, 10, 12, 13)),
        *(f"Profile.GFM#{n:02d}" for n in (3, 4, 5, 6, 7, 9)),
        "Profile.Package#03",
    ),
    _rule(
        "malformed.parameter",
        "An element that cannot be read is reported as not supported.",
        swap(interpret.MALFORMED, STATUS.feature_not_supported),
        "ES8+.LoadProfileElements#31",
        "Profile.Package#02",
    ),
    _rule(
        "codes.any-value",
        "The values of PINs and their length are not checked.",
        together(swap(interpret.RANGES, False), skip(codes.PIN_CHECKS, "value")),  # noqa: FBT003  a value
        "Profile.PIN#12",
    ),
    _rule(
        "content.cut",
        "Content longer than its file is cut.",
        swap(template_elements.MADE, _cut),
        "ES8+.LoadProfileElements#30",
        "Profile.MF#07",
    ),
    _rule(
        "content.offsets-absolute",
        "fillFileOffset counts from the beginning of the file.",
        swap(template_elements.MADE, _offsets_absolute),
        "Profile.MF#01",
    ),
    _rule(
        "content.patterns-ignored",
        "fillPattern and repeatPattern are not written.",
        swap(template_elements.MADE, _patterns_ignored),
        "Profile.MF#02",
        "Profile.MF#03",
    ),
    _rule(
        "script.content-cut",
        "Content a script writes beyond the end of a file is cut.",
        swap(generic_file_management.WRITTEN, _cut_written),
        "Profile.GFM#08",
    ),
    _unordered(
        "order.mf-again",
        "once",
        "Elements that may come only once are accepted again.",
        "Profile.PIN#14",
    ),
    _rule(
        "order.anywhere",
        "Elements are accepted before the MF, NAA or security domain they belong to.",
        together(
            skip(order.ORDER, "after_mf", "after_usim", "after_isim", "after_csim", "after_naa"),
            skip(order.ORDER, "before_domains", "after_domain"),
        ),
        "Profile.AKA#02",
        "Profile.RFM#04",
    ),
    _rule(
        "codes.missing",
        "Missing PINs and PUKs that directories refer to are accepted.",
        swap(header_and_end.CODES, _nothing_required),
        "ES8+.LoadProfileElements#32",
        "Profile.PIN#04",
        "Profile.PIN#05",
        "Profile.PIN#06",
    ),
    _rule(
        "codes.any-place",
        "Local PINs are accepted in the MF, and global ones below it.",
        skip(codes.PIN_CHECKS, "place"),
        "Profile.PIN#08",
    ),
    _rule(
        "codes.any-puk",
        "A PIN may refer to a PUK that does not exist.",
        skip(codes.PIN_CHECKS, "puk"),
        "Profile.PIN#09",
    ),
    _rule(
        "aka.any-algorithm",
        "The algorithm of an NAA is not checked.",
        skip(aka_parameters.AKA_CHECKS, "algorithm", "key"),
        "Profile.AKA#03",
        "Profile.AKA#04",
        "Profile.AKA#05",
        "Profile.AKA#06",
    ),
    _rule(
        "management.any-aid",
        "Two security domains may have the same AID.",
        skip(remote_management.DOMAIN_CHECKS, "aid_unused"),
        "Profile.SecurityDomain#02",
    ),
    _rule(
        "management.any-adf",
        "Remote file management may be bound to an ADF that does not exist.",
        skip(remote_management.RFM_CHECKS, "adf_there"),
        "Profile.RFM#05",
    ),
    _rule(
        "management.application-first",
        "An application may come before its security domain.",
        skip(order.ORDER, "after_domain"),
        "Profile.Application#01",
        "Profile.RFM#04",
    ),
)
