"""Narrow faults of the files a card shows, by the Profile that is Enabled."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore.messages.metadata import NotificationEvent
from rspcore.messages.notifications import NotificationMetadata
from rspsim.euicc.profile_content.model import EMPTY_CONTENT, FileSystem, ProfileContent
from rspsim.euicc.state import CardState
from rspsim.euicc.uicc import command_context
from rspsim.faults.card.card_fault import Change, swap
from rspsim.faults.card.narrow.narrow_fault import narrow_fault
from rspsim.faults.card.narrow.noted_events import last_event

__all__ = ["FAULTS"]

_DISABLE: Final = NotificationEvent.notificationDisable


def _former_files(state: CardState) -> ProfileContent:
    """Shows the files of a Profile whose Notification of disabling is the last."""
    if state.enabled_profile is None and last_event(state) == _DISABLE:
        iccid = NotificationMetadata.decode(state.notifications[-1].metadata).iccid
        profile = None if iccid is None else state.profile_by_iccid(iccid)
        if profile is not None:
            return profile.content
    return command_context.CONTENT.standard(state)


def _file(fid: int, *, enabled: bool, body: Callable[[bytes], bytes] | None) -> Change:
    """Returns a change of one file below the MF: its body, or that it is there."""

    def content(state: CardState) -> ProfileContent:
        plain = command_context.CONTENT.standard(state)
        if (state.enabled_profile is not None) is not enabled:
            return plain
        files = []
        for one in plain.files.files:
            if one.path != (fid,):
                files.append(one)
            elif body is not None:
                files.append(replace(one, body=body(one.body)))
        return replace(plain, files=FileSystem(tuple(files)))

    return swap(command_context.CONTENT, content)


def _blank(body: bytes) -> bytes:
    return b"\xff" * len(body)


def _none_before_the_first(state: CardState) -> ProfileContent:
    return command_context.CONTENT.standard(state) if state.profiles else EMPTY_CONTENT


_DIS: Final = "ES10c.DisableProfile"
_FILES: Final = "procedure.FileStructure"


FAULTS: Final = (
    narrow_fault(
        "files.of-the-former",
        "After disabling the files of the former Profile stay.",
        swap(command_context.CONTENT, _former_files),
        f"{_DIS}#21",
        "procedure.DisableProcess#01",
        "procedure.DisableProcess#04",
    ),
    narrow_fault(
        "files.blank-pl",
        "EF.PL of a Profile reads as FF.",
        _file(0x2F05, enabled=True, body=_blank),
        f"{_FILES}#08",
    ),
    narrow_fault(
        "files.blank-env-classes",
        "EF ENV-CLASSES reads as FF without an Enabled Profile.",
        _file(0x2F11, enabled=False, body=_blank),
        f"{_FILES}#15",
    ),
    narrow_fault(
        "files.no-umpc",
        "Without an Enabled Profile there is no EF.UMPC.",
        _file(0x2F08, enabled=False, body=None),
        f"{_FILES}#01",
    ),
    narrow_fault(
        "files.blank-umpc",
        "EF.UMPC reads as FF without an Enabled Profile.",
        _file(0x2F08, enabled=False, body=_blank),
        f"{_FILES}#16",
    ),
    narrow_fault(
        "files.none-before-the-first",
        "Before any Profile is installed there is no file.",
        swap(command_context.CONTENT, _none_before_the_first),
        f"{_FILES}#02",
    ),
)
