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


FAULTS: Final = (
    CardFault(
        "uicc.access.everything",
        "Access rules are not looked at.",
        ("UICC.Access#01", "UICC.Access#02", "UICC.Access#03", "UICC.Access#04"),
        swap(ALLOWED, _everything),
    ),
    CardFault(
        "uicc.access.read-is-enough",
        "Who may read may do everything.",
        ("UICC.Access#02",),
        swap(ALLOWED, _read_is_enough),
    ),
    CardFault(
        "uicc.access.disabled-still-guards",
        "A disabled PIN is asked for.",
        ("UICC.DisablePin#01",),
        swap(ALLOWED, _disabled_still_guards),
    ),
    CardFault(
        "uicc.access.pin1-never-needed",
        "PIN1 guards nothing even when enabled.",
        ("UICC.Access#03",),
        swap(ALLOWED, _pins_never_needed),
    ),
    CardFault(
        "uicc.deactivate-file.without-effect",
        "DEACTIVATE FILE answers 9000 and does nothing.",
        ("UICC.LifeCycle#01",),
        instead(Ins.DEACTIVATE_FILE, nothing_kept),
    ),
    CardFault(
        "uicc.activate-file.without-effect",
        "ACTIVATE FILE answers 9000 and does nothing.",
        ("UICC.LifeCycle#01",),
        instead(Ins.ACTIVATE_FILE, nothing_kept),
    ),
)
