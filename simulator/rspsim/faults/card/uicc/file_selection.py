"""Faults of the file system: what SELECT finds, and what FCP and STATUS return."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import File, FileKind, Path, ProfileContent
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.commands.select import FIND
from rspsim.euicc.uicc.commands.table import Handler
from rspsim.euicc.uicc.fcp import FCP
from rspsim.faults.card.card_fault import CardFault, swap
from rspsim.faults.card.handler_changes import instead, seeing

__all__ = ["FAULTS"]

_CURRENT_ADF = b"\x7f\xff"


def _temporary_identifier(context: CommandContext, command: CommandApdu) -> Path | None:
    found = FIND.standard(context, command)
    if found is None and len(command.data) == 2:
        path = (int.from_bytes(command.data, "big"),)
        return path if context.file(path) is not None else None
    return found


def _mf_if_not_found(context: CommandContext, command: CommandApdu) -> Path | None:
    found = FIND.standard(context, command)
    return () if found is None else found


def _current_adf_not_found(context: CommandContext, command: CommandApdu) -> Path | None:
    if command.data[:2] == _CURRENT_ADF:
        return None
    return FIND.standard(context, command)


def _no_path_from_root(context: CommandContext, command: CommandApdu) -> Path | None:
    seen = replace(command, p1=0x09) if command.p1 == 0x08 else command
    return FIND.standard(context, seen)


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


def _status_of_root(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        context = CommandContext.of(view)
        at_root = context.moved(replace(context.place, directory=(), file=None))
        outcome = handler(command, at_root.view)
        return replace(outcome, volatile=view.volatile)

    return run


FAULTS: Final = (
    CardFault(
        "uicc.select.temporary-identifier",
        "An ADF is selected by the temporary identifier of its package.",
        ("UICC.Select#03", "Profile.USIM#02"),
        swap(FIND, _temporary_identifier),
    ),
    CardFault(
        "uicc.select.falls-back",
        "A SELECT that finds nothing selects the MF.",
        ("UICC.Select#02",),
        swap(FIND, _mf_if_not_found),
    ),
    CardFault(
        "uicc.select.adf-forgotten",
        "7FFF never leads to the current ADF.",
        ("UICC.Select#04", "UICC.Select#05"),
        swap(FIND, _current_adf_not_found),
    ),
    CardFault(
        "uicc.select.no-path-from-root",
        "A path from the MF is followed from the current directory.",
        ("UICC.Select#05",),
        swap(FIND, _no_path_from_root),
    ),
    CardFault(
        "uicc.fcp.no-pin-status",
        "Directories report no PIN status.",
        ("UICC.Select#01", "UICC.Fcp#03"),
        swap(FCP, _fcp_without(0xC6)),
    ),
    CardFault(
        "uicc.fcp.no-life-cycle",
        "The FCP has no life cycle status.",
        ("UICC.Fcp#01",),
        swap(FCP, _fcp_without(0x8A)),
    ),
    CardFault(
        "uicc.fcp.deactivated",
        "Every file is reported as deactivated.",
        ("UICC.Fcp#01",),
        swap(FCP, _fcp_without(0x8A, b"\x8a\x01\x04")),
    ),
    CardFault(
        "uicc.fcp.no-name",
        "The FCP of an ADF has no DF name.",
        ("UICC.Fcp#05",),
        swap(FCP, _fcp_without(0x84)),
    ),
    CardFault(
        "uicc.fcp.wrong-type",
        "Every file is reported as transparent.",
        ("UICC.Select#01",),
        swap(FCP, _fcp_without(0x82, b"\x82\x02\x41\x21")),
    ),
    CardFault(
        "uicc.fcp.size-and-one",
        "Files are reported one octet or record too large.",
        ("UICC.Fcp#01",),
        swap(FCP, _fcp_with_size),
    ),
    CardFault(
        "uicc.fcp.next-rule",
        "The access rule reported is the one after the right one.",
        ("UICC.Fcp#02",),
        swap(FCP, _fcp_with_next_rule),
    ),
    CardFault(
        "uicc.fcp.all-keys-enabled",
        "Every key is reported as enabled.",
        ("UICC.Fcp#03",),
        swap(FCP, _fcp_all_enabled),
    ),
    CardFault(
        "uicc.fcp.sfi-unshifted",
        "The short file identifier is reported in the lower bits.",
        ("UICC.Fcp#04",),
        swap(FCP, _fcp_unshifted),
    ),
    CardFault(
        "uicc.fcp.temporary-identifier",
        "The FCP of an ADF has the temporary identifier of its package.",
        ("UICC.Fcp#06",),
        swap(FCP, _fcp_with_identifier),
    ),
    CardFault(
        "uicc.status.of-the-root",
        "STATUS always answers for the MF.",
        ("UICC.Status#01",),
        instead(Ins.GET_STATUS, _status_of_root),
    ),
    CardFault(
        "uicc.status.no-name",
        "STATUS never returns the name of the application.",
        ("UICC.Status#02",),
        instead(Ins.GET_STATUS, seeing(lambda c: replace(c, p2=0x0C) if c.p2 == 1 else c)),
    ),
)
