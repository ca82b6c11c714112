"""Faults of the file system: which files are visible, PINs, authentication, what is stored."""

from dataclasses import replace
from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.crypto.aka.algorithm import AkaAlgorithm
from rspcore.crypto.aka.milenage import Milenage
from rspsim.euicc.isdr.es10c import switching
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.interpreter import service_tables
from rspsim.euicc.profile_content.model import (
    EMPTY_CONTENT,
    AkaParameters,
    FileSystem,
    ProfileContent,
)
from rspsim.euicc.state import CardState, Volatile
from rspsim.euicc.uicc import access, command_context
from rspsim.euicc.uicc.commands import authenticate, pin, table
from rspsim.faults.card.card_fault import CardFault, swap

__all__ = ["FAULTS"]


def _of_first_profile(state: CardState) -> ProfileContent:
    return state.profiles[0].content if state.profiles else command_context.EMPTY_CARD


def _nothing(state: CardState) -> ProfileContent:
    enabled = state.enabled_profile
    return EMPTY_CONTENT if enabled is None else enabled.content


def _without_umpc(state: CardState) -> ProfileContent:
    content = command_context.CONTENT.standard(state)
    kept = tuple(one for one in content.files.files if one.path != (0x2F08,))
    return replace(content, files=FileSystem(kept))


def _blank_below_mf(state: CardState) -> ProfileContent:
    content = command_context.CONTENT.standard(state)
    made = tuple(
        replace(one, body=b"\xff" * len(one.body)) if len(one.path) == 1 else one
        for one in content.files.files
    )
    return replace(content, files=FileSystem(made))


def _without_rotation(parameters: AkaParameters) -> AkaAlgorithm:
    """Exchanges the constants of f3 and f4, so that CK and IK are wrong."""
    constants = tuple(parameters.xoring[n : n + 16] for n in range(0, 80, 16))
    swapped = (*constants[:2], constants[3], constants[2], constants[4])
    return Milenage(parameters.key, parameters.opc, parameters.rotation, swapped)


def _lost(_command: CommandApdu, view: View) -> Outcome:
    return view.outcome()


def _keeping_pins(volatile: Volatile) -> Volatile:
    after = switching.CHANNELS_AFTER.standard(volatile)
    return replace(after, verified_pins=volatile.verified_pins)


FAULTS: Final = (
    CardFault(
        "files.of-first-profile",
        "The terminal sees the files of the first installed Profile, whichever is enabled.",
        (
            "procedure.FileStructure#01",
            "procedure.FileStructure#04",
            "procedure.FileStructure#10",
            "procedure.FileStructure#11",
            "procedure.FileStructure#17",
        ),
        swap(command_context.CONTENT, _of_first_profile),
    ),
    CardFault(
        "files.none-without-profile",
        "Without an enabled Profile there is no file, not even the MF.",
        (
            "procedure.FileStructure#01",
            "procedure.FileStructure#02",
            "procedure.FileStructure#15",
            "procedure.FileStructure#16",
            "procedure.FileStructure#17",
        ),
        swap(command_context.CONTENT, _nothing),
    ),
    CardFault(
        "files.umpc-missing",
        "EF.UMPC is missing.",
        ("procedure.FileStructure#01", "procedure.FileStructure#16"),
        swap(command_context.CONTENT, _without_umpc),
    ),
    CardFault(
        "files.blank",
        "Every file directly below the MF reads as FF.",
        (
            "procedure.FileStructure#03",
            "procedure.FileStructure#05",
            "procedure.FileStructure#06",
            "procedure.FileStructure#08",
            "procedure.FileStructure#15",
        ),
        swap(command_context.CONTENT, _blank_below_mf),
    ),
    CardFault(
        "files.service-table.as-loaded",
        "EF.UST keeps the services the card does not have.",
        ("procedure.FileStructure#07",),
        swap(service_tables.CLEARED, lambda building: building),
    ),
    CardFault(
        "files.access.always",
        "Every command is allowed for every file.",
        ("procedure.FileStructure#09",),
        swap(access.ALLOWED, lambda *_: True),
    ),
    CardFault(
        "files.aka.keys-exchanged",
        "Milenage exchanges the constants of CK and IK.",
        ("procedure.FileStructure#10",),
        swap(authenticate.ALGORITHM, _without_rotation),
    ),
    CardFault(
        "files.update.lost",
        "UPDATE BINARY is accepted and writes nothing.",
        ("procedure.FileStructure#12",),
        swap(
            table.COMMANDS,
            tuple(
                (ins, _lost if ins == Ins.UPDATE_BINARY else handler)
                for ins, handler in table.COMMANDS.standard
            ),
        ),
    ),
    CardFault(
        "files.pin.verified-for-all",
        "A PIN verified in one Profile counts as verified in the next.",
        ("procedure.FileStructure#13",),
        swap(switching.CHANNELS_AFTER, _keeping_pins),
    ),
    CardFault(
        "files.pin.wrong-is-free",
        "A wrong PIN costs no try.",
        ("procedure.FileStructure#14",),
        swap(pin.AFTER_WRONG, lambda remaining: remaining),
    ),
)
