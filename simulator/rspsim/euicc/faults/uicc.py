"""Faults of the file system: selection, files, records, data objects, life cycle."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.status import StatusWord
from rspsim.euicc.faults.fault import Fault, swap
from rspsim.euicc.faults.wrapping import answering, instead, nothing_kept, refusing_as, seeing
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.uicc.access import ALLOWED, AccessMode
from rspsim.euicc.uicc.commands.select import FIND
from rspsim.euicc.uicc.commands.table import Handler
from rspsim.euicc.uicc.context import VerifiedPins
from rspsim.euicc.uicc.desk import Desk
from rspsim.euicc.uicc.fcp import FCP
from rspsim.euicc.uicc.model import File, FileKind, Path, ProfileContent

__all__ = ["FAULTS"]

_CURRENT_ADF = b"\x7f\xff"


def _temporary_identifier(desk: Desk, command: CommandApdu) -> Path | None:
    found = FIND.standard(desk, command)
    if found is None and len(command.data) == 2:
        path = (int.from_bytes(command.data, "big"),)
        return path if desk.file(path) is not None else None
    return found


def _falls_back(desk: Desk, command: CommandApdu) -> Path | None:
    found = FIND.standard(desk, command)
    return () if found is None else found


def _adf_forgotten(desk: Desk, command: CommandApdu) -> Path | None:
    if command.data[:2] == _CURRENT_ADF:
        return None
    return FIND.standard(desk, command)


def _no_path_from_root(desk: Desk, command: CommandApdu) -> Path | None:
    seen = replace(command, p1=0x09) if command.p1 == 0x08 else command
    return FIND.standard(desk, seen)


def _fcp_without(tag: int, instead_of: bytes = b"") -> Callable[[ProfileContent, File], bytes]:
    def fcp(content: ProfileContent, one: File) -> bytes:
        template = tlv.parse(FCP.standard(content, one))
        parts = [
            instead_of if part.tag == tag and instead_of else bytes(part.raw)
            for part in template.children()
            if part.tag != tag or instead_of
        ]
        return tlv.encode(0x62, *parts)

    return fcp


def _fcp_with_size(content: ProfileContent, one: File) -> bytes:
    shown = content.files.resolve(one)
    if not shown.body:
        return FCP.standard(content, one)
    wrong = replace(one, body=shown.body + b"\xff" * (shown.record_length or 1), link=None)
    wrong = replace(wrong, kind=shown.kind, record_length=shown.record_length)
    return FCP.standard(content, wrong)


def _fcp_with_next_rule(content: ProfileContent, one: File) -> bytes:
    rule = one.access
    if rule is None:
        return FCP.standard(content, one)
    return FCP.standard(content, replace(one, access=replace(rule, record=rule.record + 1)))


def _fcp_all_enabled(content: ProfileContent, one: File) -> bytes:
    pins = tuple(replace(pin, enabled=True) for pin in content.pins)
    return FCP.standard(replace(content, pins=pins), one)


def _fcp_unshifted(content: ProfileContent, one: File) -> bytes:
    octets = FCP.standard(content, one)
    if not one.sfi:
        return octets
    old, new = (tlv.encode(0x88, bytes((number,))) for number in (one.sfi << 3, one.sfi))
    return octets.replace(old, new)


def _fcp_with_identifier(content: ProfileContent, one: File) -> bytes:
    octets = FCP.standard(content, one)
    if one.kind is not FileKind.ADF:
        return octets
    template = tlv.parse(octets)
    return tlv.encode(0x62, template.value, tlv.encode(0x83, one.fid.to_bytes(2, "big")))


def _everything(*_: object) -> bool:
    return True


def _read_is_enough(
    content: ProfileContent,
    verified: VerifiedPins,
    one: File,
    _mode: AccessMode,
    _instruction: int | None,
) -> bool:
    return ALLOWED.standard(content, verified, one, AccessMode.READ, None)


def _disabled_still_guards(
    content: ProfileContent,
    verified: VerifiedPins,
    one: File,
    mode: AccessMode,
    instruction: int | None,
) -> bool:
    pins = tuple(replace(pin, enabled=True) for pin in content.pins)
    return ALLOWED.standard(replace(content, pins=pins), verified, one, mode, instruction)


def _pins_never_needed(
    content: ProfileContent,
    verified: VerifiedPins,
    one: File,
    mode: AccessMode,
    instruction: int | None,
) -> bool:
    pins = tuple(replace(pin, enabled=pin.reference != 0x01) for pin in content.pins)
    return ALLOWED.standard(replace(content, pins=pins), verified, one, mode, instruction)


def _cut_to_fit(handler: Handler) -> Handler:
    """Write as much as fits and answer 9000."""

    def run(command: CommandApdu, view: View) -> Outcome:
        desk = Desk.of(view)
        one = desk.file(desk.place.file)
        offset = command.p1 << 8 | command.p2
        if one is not None and not command.p1 & 0x80 and offset < len(one.body):
            command = replace(command, data=command.data[: len(one.body) - offset])
        return handler(command, view)

    return run


def _padded(handler: Handler) -> Handler:
    """Fill a short record with FF."""

    def run(command: CommandApdu, view: View) -> Outcome:
        desk = Desk.of(view)
        one = desk.file(desk.place.file)
        length = 0 if one is None else one.record_length
        return handler(replace(command, data=command.data.ljust(length, b"\xff")), view)

    return run


def _not_turned(handler: Handler) -> Handler:
    """Write a cyclic file's record 1 in place."""

    def run(command: CommandApdu, view: View) -> Outcome:
        desk = Desk.of(view)
        one = desk.file(desk.place.file)
        outcome = handler(command, view)
        if one is None or one.kind is not FileKind.CYCLIC or outcome.state is view.state:
            return outcome
        written = outcome.state.enabled_profile
        if written is None:
            return outcome
        new = written.content.files.get(one.path)
        record = b"" if new is None else new.records[0]
        body = record + one.body[one.record_length :]
        content = written.content.with_file(replace(one, body=body))
        state = outcome.state.with_profile(replace(written, content=content))
        return replace(outcome, state=state)

    return run


def _as_linear(handler: Handler) -> Handler:
    """Write a record of a cyclic file by its number."""

    def run(command: CommandApdu, view: View) -> Outcome:
        desk = Desk.of(view)
        one = desk.file(desk.place.file)
        if one is None or one.kind is not FileKind.CYCLIC or command.p2 & 7 != 4:
            return handler(command, view)
        records = list(one.records)
        records[command.p1 - 1] = command.data
        return desk.written(desk.content.with_file(replace(one, body=b"".join(records))))

    return run


def _any_structure(handler: Handler) -> Handler:
    """Read every file as if it had no records."""

    def run(command: CommandApdu, view: View) -> Outcome:
        desk = Desk.of(view)
        one = desk.file(desk.place.file)
        if one is None or not one.kind.has_records:
            return handler(command, view)
        return desk.outcome(one.body[: command.le])

    return run


def _without_pointer(handler: Handler) -> Handler:
    """Read, and leave the record pointer where it was."""

    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        return replace(outcome, volatile=view.volatile) if not command.p2 >> 3 else outcome

    return run


def _one_further(command: CommandApdu) -> CommandApdu:
    return replace(command, p1=command.p1 + 1) if command.p1 else command


def _tag_kept(handler: Handler) -> Handler:
    """Answer 9000 to the deletion of a data object and keep it."""

    def run(command: CommandApdu, view: View) -> Outcome:
        return view.outcome() if len(command.data) == 1 else handler(command, view)

    return run


def _status_of_root(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        desk = Desk.of(view)
        at_root = desk.moved(replace(desk.place, directory=(), file=None))
        outcome = handler(command, at_root.view)
        return replace(outcome, volatile=view.volatile)

    return run


def _value_alone(data: bytes) -> bytes:
    return data[: len(data) // 2]


_E = StatusWord

FAULTS: Final = (
    Fault(
        "uicc.select.temporary-identifier",
        "An ADF is selected by the temporary identifier of its package.",
        ("UICC.Select#03", "Profile.USIM#02"),
        swap(FIND, _temporary_identifier),
    ),
    Fault(
        "uicc.select.falls-back",
        "A SELECT that finds nothing selects the MF.",
        ("UICC.Select#02",),
        swap(FIND, _falls_back),
    ),
    Fault(
        "uicc.select.adf-forgotten",
        "7FFF never leads to the current ADF.",
        ("UICC.Select#04", "UICC.Select#05"),
        swap(FIND, _adf_forgotten),
    ),
    Fault(
        "uicc.select.no-path-from-root",
        "A path from the MF is followed from the current directory.",
        ("UICC.Select#05",),
        swap(FIND, _no_path_from_root),
    ),
    Fault(
        "uicc.fcp.no-pin-status",
        "Directories report no PIN status.",
        ("UICC.Select#01", "UICC.Fcp#03"),
        swap(FCP, _fcp_without(0xC6)),
    ),
    Fault(
        "uicc.fcp.no-life-cycle",
        "The FCP has no life cycle status.",
        ("UICC.Fcp#01",),
        swap(FCP, _fcp_without(0x8A)),
    ),
    Fault(
        "uicc.fcp.deactivated",
        "Every file is reported as deactivated.",
        ("UICC.Fcp#01",),
        swap(FCP, _fcp_without(0x8A, b"\x8a\x01\x04")),
    ),
    Fault(
        "uicc.fcp.no-name",
        "The FCP of an ADF has no DF name.",
        ("UICC.Fcp#05",),
        swap(FCP, _fcp_without(0x84)),
    ),
    Fault(
        "uicc.fcp.wrong-type",
        "Every file is reported as transparent.",
        ("UICC.Select#01",),
        swap(FCP, _fcp_without(0x82, b"\x82\x02\x41\x21")),
    ),
    Fault(
        "uicc.fcp.size-and-one",
        "Files are reported one octet or record too large.",
        ("UICC.Fcp#01",),
        swap(FCP, _fcp_with_size),
    ),
    Fault(
        "uicc.fcp.next-rule",
        "The access rule reported is the one after.",
        ("UICC.Fcp#02",),
        swap(FCP, _fcp_with_next_rule),
    ),
    Fault(
        "uicc.fcp.all-keys-enabled",
        "Every key is reported as enabled.",
        ("UICC.Fcp#03",),
        swap(FCP, _fcp_all_enabled),
    ),
    Fault(
        "uicc.fcp.sfi-unshifted",
        "The short file identifier is reported in the lower bits.",
        ("UICC.Fcp#04",),
        swap(FCP, _fcp_unshifted),
    ),
    Fault(
        "uicc.fcp.temporary-identifier",
        "The FCP of an ADF tells the temporary identifier of its package.",
        ("UICC.Fcp#06",),
        swap(FCP, _fcp_with_identifier),
    ),
    Fault(
        "uicc.status.of-the-root",
        "STATUS always answers for the MF.",
        ("UICC.Status#01",),
        instead(Ins.GET_STATUS, _status_of_root),
    ),
    Fault(
        "uicc.status.no-name",
        "STATUS never tells the name of the application.",
        ("UICC.Status#02",),
        instead(Ins.GET_STATUS, seeing(lambda c: replace(c, p2=0x0C) if c.p2 == 1 else c)),
    ),
    Fault(
        "uicc.access.everything",
        "Access rules are not looked at.",
        ("UICC.Access#01", "UICC.Access#02", "UICC.Access#03", "UICC.Access#04"),
        swap(ALLOWED, _everything),
    ),
    Fault(
        "uicc.access.read-is-enough",
        "Who may read may do everything.",
        ("UICC.Access#02",),
        swap(ALLOWED, _read_is_enough),
    ),
    Fault(
        "uicc.access.disabled-still-guards",
        "A disabled PIN is asked for.",
        ("UICC.DisablePin#01",),
        swap(ALLOWED, _disabled_still_guards),
    ),
    Fault(
        "uicc.access.pin1-never-needed",
        "PIN1 guards nothing even when enabled.",
        ("UICC.Access#03",),
        swap(ALLOWED, _pins_never_needed),
    ),
    Fault(
        "uicc.read-binary.no-offset",
        "READ BINARY reads from the start whatever the offset.",
        ("UICC.ReadBinary#01", "UICC.ReadBinary#02"),
        instead(Ins.READ_BINARY, seeing(lambda c: c if c.p1 & 0x80 else replace(c, p1=0, p2=0))),
    ),
    Fault(
        "uicc.read-binary.nothing-beyond-the-end",
        "READ BINARY beyond the end answers 9000 without data.",
        ("UICC.ReadBinary#02",),
        instead(Ins.READ_BINARY, refusing_as(_E.WRONG_P1_P2, _E.OK)),
    ),
    Fault(
        "uicc.read-binary.any-structure",
        "READ BINARY reads record files.",
        ("UICC.ReadBinary#03",),
        instead(Ins.READ_BINARY, _any_structure),
    ),
    Fault(
        "uicc.read-binary.swapped-nibbles",
        "READ BINARY swaps the nibbles of every octet.",
        ("UICC.ReadBinary#01", "UICC.ReadBinary#04", "UICC.Content#02"),
        instead(
            Ins.READ_BINARY,
            answering(lambda data: bytes(o >> 4 | (o & 0xF) << 4 for o in data)),
        ),
    ),
    Fault(
        "uicc.read-binary.no-file-not-found",
        "READ BINARY without a current file is answered 6A82.",
        ("UICC.ReadBinary#05",),
        instead(Ins.READ_BINARY, refusing_as(_E.NO_EF_SELECTED, _E.FILE_NOT_FOUND)),
    ),
    Fault(
        "uicc.update-binary.not-written",
        "UPDATE BINARY answers 9000 and writes nothing.",
        ("UICC.UpdateBinary#01",),
        instead(Ins.UPDATE_BINARY, nothing_kept),
    ),
    Fault(
        "uicc.update-binary.no-offset",
        "UPDATE BINARY writes to the start whatever the offset.",
        ("UICC.UpdateBinary#01",),
        instead(Ins.UPDATE_BINARY, seeing(lambda c: c if c.p1 & 0x80 else replace(c, p1=0, p2=0))),
    ),
    Fault(
        "uicc.update-binary.cut-to-fit",
        "UPDATE BINARY beyond the end writes what fits.",
        ("UICC.UpdateBinary#02",),
        instead(Ins.UPDATE_BINARY, _cut_to_fit),
    ),
    Fault(
        "uicc.read-record.one-further",
        "READ RECORD gives the record after the one asked for.",
        ("UICC.ReadRecord#01",),
        instead(Ins.READ_RECORD, seeing(_one_further)),
    ),
    Fault(
        "uicc.read-record.pointer-stands",
        "READ RECORD never moves the record pointer.",
        ("UICC.ReadRecord#02",),
        instead(Ins.READ_RECORD, _without_pointer),
    ),
    Fault(
        "uicc.read-record.not-found-as-file",
        "A record that is not there is answered 6A82.",
        ("UICC.ReadRecord#03",),
        instead(Ins.READ_RECORD, refusing_as(_E.RECORD_NOT_FOUND, _E.FILE_NOT_FOUND)),
    ),
    Fault(
        "uicc.update-record.not-written",
        "UPDATE RECORD answers 9000 and writes nothing.",
        ("UICC.UpdateRecord#01", "UICC.UpdateRecord#03"),
        instead(Ins.UPDATE_RECORD, nothing_kept),
    ),
    Fault(
        "uicc.update-record.padded",
        "A short record is filled with FF.",
        ("UICC.UpdateRecord#02",),
        instead(Ins.UPDATE_RECORD, _padded),
    ),
    Fault(
        "uicc.update-record.not-turned",
        "UPDATE RECORD overwrites record 1 of a cyclic file.",
        ("UICC.UpdateRecord#03",),
        instead(Ins.UPDATE_RECORD, _not_turned),
    ),
    Fault(
        "uicc.update-record.cyclic-by-number",
        "A record of a cyclic file is written by its number.",
        ("UICC.UpdateRecord#04",),
        instead(Ins.UPDATE_RECORD, _as_linear),
    ),
    Fault(
        "uicc.search-record.first-alone",
        "SEARCH RECORD stops at the first record found.",
        ("UICC.SearchRecord#01",),
        instead(Ins.SEARCH_RECORD, answering(lambda data: data[:1])),
    ),
    Fault(
        "uicc.search-record.nothing-is-well",
        "SEARCH RECORD that finds nothing answers 9000.",
        ("UICC.SearchRecord#02",),
        instead(Ins.SEARCH_RECORD, refusing_as(_E.END_OF_FILE, _E.OK)),
    ),
    Fault(
        "uicc.increase.value-alone",
        "INCREASE answers the new record without the value added.",
        ("UICC.Increase#01",),
        instead(Ins.INCREASE, answering(_value_alone)),
    ),
    Fault(
        "uicc.increase.not-turned",
        "INCREASE overwrites record 1.",
        ("UICC.Increase#01",),
        instead(Ins.INCREASE, _not_turned),
    ),
    Fault(
        "uicc.increase.wrong-word",
        "INCREASE beyond the maximum is answered 6A80.",
        ("UICC.Increase#02",),
        instead(Ins.INCREASE, refusing_as(_E.INCREASE_MAXIMUM_REACHED, _E.WRONG_DATA)),
    ),
    Fault(
        "uicc.retrieve-data.value-alone",
        "RETRIEVE DATA leaves out tag and length.",
        ("UICC.RetrieveData#01",),
        instead(Ins.RETRIEVE_DATA, answering(lambda data: data[2:])),
    ),
    Fault(
        "uicc.set-data.not-written",
        "SET DATA answers 9000 and writes nothing.",
        ("UICC.SetData#01", "UICC.SetData#02"),
        instead(Ins.SET_DATA, nothing_kept),
    ),
    Fault(
        "uicc.set-data.nothing-deleted",
        "SET DATA of a tag alone deletes nothing.",
        ("UICC.SetData#02",),
        instead(Ins.SET_DATA, _tag_kept),
    ),
    Fault(
        "uicc.deactivate-file.without-effect",
        "DEACTIVATE FILE answers 9000 and does nothing.",
        ("UICC.LifeCycle#01",),
        instead(Ins.DEACTIVATE_FILE, nothing_kept),
    ),
    Fault(
        "uicc.activate-file.without-effect",
        "ACTIVATE FILE answers 9000 and does nothing.",
        ("UICC.LifeCycle#01",),
        instead(Ins.ACTIVATE_FILE, nothing_kept),
    ),
)
