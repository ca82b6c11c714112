"""Narrow faults of the interpreter: one mistake in one element, passed over in silence."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore.errors import DecodeError
from rspcore.messages.euicc_info import UiccCapability
from rspcore.messages.euicc_response import PeStatus, PeStatusCode
from rspcore.profile_reader import ProfileElementTlv, decode_element
from rspsim.euicc.decisions import Decisions
from rspsim.euicc.profile_content.interpreter import interpret, order
from rspsim.euicc.profile_content.interpreter.building import Building, Refused
from rspsim.euicc.profile_content.interpreter.order import Placing
from rspsim.euicc.profile_content.model import FileSystem
from rspsim.faults.card.card_fault import Change, decides
from rspsim.faults.card.handler_changes import entry_instead
from rspsim.faults.card.narrow.narrow_fault import narrow_fault

__all__ = ["FAULTS"]

_Run = Callable[[Building, ProfileElementTlv], Building]


def _wrapping(name: str, wrap: Callable[[_Run], _Run]) -> Change:
    return entry_instead(interpret.ELEMENTS, name, wrap)


def _lenient(when: Callable[[Building, str, str], bool]) -> Change:
    """Returns a change that goes on after a mistake, and from there on after any other.

    Args:
        when: Looks at what was made so far, the name of the element and why it is refused.
    """

    def wrap(name: str, plain: _Run) -> _Run:
        def run(building: Building, element: ProfileElementTlv) -> Building:
            try:
                for check in order.ORDER.standard:
                    if not check.holds(Placing(building, name, element.identification)):
                        raise Refused(check.code, check.name)  # noqa: TRY301  as a runner does
                return plain(building, element)
            except Refused as refusal:
                if not building.statuses and not when(building, name, str(refusal)):
                    raise
                status = PeStatus(
                    status=refusal.status, identification_number=element.identification
                )
                passed = replace(building, statuses=(*building.statuses, status))
                return replace(passed, ended=True) if name == "end" else passed

        return run

    def change(decisions: Decisions) -> Decisions:
        table = decisions[interpret.ELEMENTS]
        wrapped = {name: wrap(name, plain) for name, plain in table.items()}
        return decisions.having(interpret.ELEMENTS, wrapped).having(order.ORDER, ())

    return change


def _passing_over(name: str, reason: str) -> Change:
    """Returns a change that skips an element where it is refused for a reason."""
    return _lenient(lambda _, element, why: name in (element, "") and reason in why)


def _refusing(name: str, holds: Callable[[Building, ProfileElementTlv], bool]) -> Change:
    """Returns a change that refuses an element that fits a condition."""

    def wrap(plain: _Run) -> _Run:
        def run(building: Building, element: ProfileElementTlv) -> Building:
            if holds(building, element):
                raise Refused(PeStatusCode.invalid_parameter, name)
            return plain(building, element)

        return run

    return _wrapping(name, wrap)


def _older_files_kept(plain: _Run) -> _Run:
    """Runs a script and forgets what it wrote into files of elements before it."""

    def run(building: Building, element: ProfileElementTlv) -> Building:
        after = plain(building, element)
        before = {one.path: one.body for one in building.content.files.files}
        files = tuple(
            replace(one, body=before.get(one.path, one.body)) for one in after.content.files.files
        )
        return replace(after, content=replace(after.content, files=FileSystem(files)))

    return run


def _without_java_card(plain: _Run) -> _Run:
    def run(building: Building, element: ProfileElementTlv) -> Building:
        java = building.supports(UiccCapability.javacard)
        return plain(building, element) if java else building

    return run


def _no_application_named(_building: Building, element: ProfileElementTlv) -> bool:
    try:
        return decode_element(element).value.get("eUICC-Mandatory-AIDs") == []
    except DecodeError:
        return False


def _left_out_of_the_mf(_building: Building, element: ProfileElementTlv) -> bool:
    try:
        value = decode_element(element).value
    except DecodeError:
        return False
    parts = (part for part in value.values() if isinstance(part, list))
    return any(isinstance(one, tuple) and one[0] == "doNotCreate" for part in parts for one in part)


def _after_another_application(building: Building, _element: ProfileElementTlv) -> bool:
    return not {"isim", "csim"}.isdisjoint(building.seen)


def _ascending_or_no_telecom(placing: Placing) -> bool:
    used = placing.building.identifications
    number = placing.identification or 0
    lower = placing.name == "telecom" and bool(used) and number < max(used)
    return not lower and placing.number_unused


_MISTAKES: Final = (
    ("mf", "fillPattern and repeatPattern", "both patterns for one file", "MF#08"),
    ("mf", "an EF has neither", "a PIN status for an EF", "MF#09"),
    ("mf", "a directory needs", "no PIN status for the MF", "MF#10"),
    ("mf", "records of", "a size that is no whole number of records", "MF#12"),
    ("pinCodes", "in 3F00", "a local reference in the MF context", "PIN#07"),
    ("pinCodes", "a second time", "a context that has its PINs", "PIN#10"),
    ("pinCodes", "not there", "a path to no directory", "PIN#11"),
    ("usim", "needs a dfName", "no dfName", "USIM#08"),
    ("usim", "a second ADF", "an AID in use", "USIM#09"),
    ("usim", "doNotCreate is not alone", "doNotCreate beside content", "USIM#10"),
    ("", "which is not there", "a link to no file", "USIM#12"),
    ("", "takes no content", "a link with content", "USIM#13"),
    ("genericFileManagement", "filePath 3F00/7F61", "a path to no directory", "GFM#03"),
    ("genericFileManagement", "filePath: Expected", "a path of five levels", "GFM#04"),
    ("genericFileManagement", "no file size", "an EF without size", "GFM#05"),
    ("genericFileManagement", "exists already", "a file in use", "GFM#06"),
    ("genericFileManagement", "without a current file", "content for no file", "GFM#07"),
    ("genericFileManagement", "no directory for", "a script before the MF", "GFM#09"),
)
"""Element, words of the refusal, what is wrong, row."""

_PLACES: Final = (
    ("mf", "once", "a second time", "MF#05"),
    ("telecom", "once", "a second time", "Package#03"),
    ("usim", "after_mf", "before the MF", "USIM#05"),
    ("opt-usim", "after_usim", "before the USIM", "USIM#06"),
    ("opt-isim", "after_isim", "without an ISIM", "USIM#07"),
)
"""Element, check, where it stands, row."""

FAULTS: Final = (
    *(
        narrow_fault(
            f"package.{row.lower().replace('#', '-')}",
            f"PE {name or 'usim'} with {what} is passed over.",
            _passing_over(name, reason),
            f"Profile.{row}",
        )
        for name, reason, what, row in _MISTAKES
    ),
    *(
        narrow_fault(
            f"package.{row.lower().replace('#', '-')}",
            f"PE {name} {where} is passed over.",
            _passing_over(name, check),
            f"Profile.{row}",
        )
        for name, check, where, row in _PLACES
    ),
    narrow_fault(
        "package.without-mf",
        "A package without MF is installed.",
        _passing_over("end", "no MF"),
        "Profile.MF#06",
    ),
    narrow_fault(
        "package.script-of-new-files",
        "A script writes only into files that it made.",
        _wrapping("genericFileManagement", _older_files_kept),
        "Profile.GFM#02",
    ),
    narrow_fault(
        "package.application-without-java-card",
        "A card without Java Card passes over a mandated application.",
        _wrapping("application", _without_java_card),
        "Profile.Application#03",
    ),
    narrow_fault(
        "package.empty-list-refused",
        "A header with an empty list of mandatory AIDs is refused.",
        _refusing("header", _no_application_named),
        "Profile.Header#03",
    ),
    narrow_fault(
        "package.mf-file-left-out-refused",
        "doNotCreate for a file of the MF is refused.",
        _refusing("mf", _left_out_of_the_mf),
        "Profile.MF#04",
    ),
    narrow_fault(
        "package.optional-files-at-once",
        "Optional USIM files after another application are refused.",
        _refusing("opt-usim", _after_another_application),
        "Profile.USIM#04",
    ),
    narrow_fault(
        "package.telecom-ascends",
        "PE-TELECOM with a lower number than an element before it is refused.",
        decides(order.ORDER, "identification_unique", _ascending_or_no_telecom),
        "Profile.Package#07",
    ),
)
