"""Faults of the file system: access rules and life cycle."""

from dataclasses import replace
from typing import Final

from rspcore.apdu import Ins
from rspsim.euicc.channel_context import VerifiedPins
from rspsim.euicc.profile_content.model import File, ProfileContent
from rspsim.euicc.uicc.access import ALLOWED, AccessMode
from rspsim.faults.card.card_fault import CardFault, swap
from rspsim.faults.card.handler_changes import instead, nothing_kept

__all__ = ["FAULTS"]


def _always_allowed(*_: object) -> bool:
    return True


def _read_condition_only(
    content: ProfileContent,
    verified: VerifiedPins,
    one: File,
    _mode: AccessMode,
    _instruction: int | None,
) -> bool:
    return ALLOWED.standard(content, verified, one, AccessMode.READ, None)


def _disabled_pins_required(
    content: ProfileContent,
    verified: VerifiedPins,
    one: File,
    mode: AccessMode,
    instruction: int | None,
) -> bool:
    pins = tuple(replace(pin, enabled=True) for pin in content.pins)
    return ALLOWED.standard(replace(content, pins=pins), verified, one, mode, instruction)


def _pin1_not_required(
    content: ProfileContent,
    verified: VerifiedPins,
    one: File,
    mode: AccessMode,
    instruction: int | None,
) -> bool:
    pins = tuple(replace(pin, enabled=pin.reference != 0x01) for pin in content.pins)
    return ALLOWED.standard(replace(content, pins=pins), verified, one, mode, instruction)


FAULTS: Final = (
    CardFault(
        "uicc.access.everything",
        "Access rules are not checked.",
        ("UICC.Access#01", "UICC.Access#02", "UICC.Access#03", "UICC.Access#04"),
        swap(ALLOWED, _always_allowed),
    ),
    CardFault(
        "uicc.access.read-is-enough",
        "The right to read a file allows every command.",
        ("UICC.Access#02",),
        swap(ALLOWED, _read_condition_only),
    ),
    CardFault(
        "uicc.access.disabled-still-guards",
        "A disabled PIN still has to be verified.",
        ("UICC.DisablePin#01",),
        swap(ALLOWED, _disabled_pins_required),
    ),
    CardFault(
        "uicc.access.pin1-never-needed",
        "PIN1 need not be verified even when it is enabled.",
        ("UICC.Access#03",),
        swap(ALLOWED, _pin1_not_required),
    ),
    CardFault(
        "uicc.deactivate-file.without-effect",
        "DEACTIVATE FILE answers 9000 and has no effect.",
        ("UICC.LifeCycle#01",),
        instead(Ins.DEACTIVATE_FILE, nothing_kept),
    ),
    CardFault(
        "uicc.activate-file.without-effect",
        "ACTIVATE FILE answers 9000 and has no effect.",
        ("UICC.LifeCycle#01",),
        instead(Ins.ACTIVATE_FILE, nothing_kept),
    ),
)
