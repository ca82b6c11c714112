"""Variations of what a card says of its memory."""

from dataclasses import replace
from itertools import count
from typing import Final

from rspcore.messages.euicc_info import ExtCardResource
from rspsim.euicc import memory
from rspsim.euicc.decisions import Decisions
from rspsim.euicc.isdr import information
from rspsim.euicc.state import CardState
from rspsim.variations.variation import Variation, swap

__all__ = ["VARIATIONS"]

_PAGE: Final = 4096
_READS: Final = count()


def _moving(state: CardState, decisions: Decisions) -> ExtCardResource:
    """Returns resources whose free volatile memory is another one at each read."""
    sound = information.RESOURCES.standard(state, decisions)
    free = state.personality.ram_size - next(_READS) % 512 * 8
    return replace(sound, free_volatile_memory=free.to_bytes(2, "big"))


def _four_octets(state: CardState, decisions: Decisions) -> ExtCardResource:
    sound = information.RESOURCES.standard(state, decisions)
    return replace(sound, free_volatile_memory=sound.free_volatile_memory.rjust(4, b"\0"))


def _short_numbers(state: CardState, decisions: Decisions) -> ExtCardResource:
    sound = information.RESOURCES.standard(state, decisions)
    return replace(
        sound, free_non_volatile_memory=sound.free_non_volatile_memory.lstrip(b"\0") or b"\0"
    )


def _no_applications(state: CardState, decisions: Decisions) -> ExtCardResource:
    sound = information.RESOURCES.standard(state, decisions)
    return replace(sound, number_of_installed_applications=b"\0")


def _in_pages(state: CardState) -> int:
    """Returns free memory in whole pages, of which each Profile takes as many as it needs."""
    pages = sum(-(-profile.size // _PAGE) for profile in state.profiles)
    crls = sum(len(part.octets) for part in state.crls)
    return max(state.personality.nvm_size - pages * _PAGE - crls, 0) // _PAGE * _PAGE


def _in_blocks(state: CardState) -> int:
    return memory.FREE.standard(state) // 256 * 256


VARIATIONS: Final = (
    Variation(
        name="memory.volatile-moves",
        summary="The free volatile memory differs between two reads.",
        legal_by="TS 102 226, 8.2.1.7.2: what is free now; recorded on every family",
        octets="83 in 84 of EUICCInfo2",
        change=swap(information.RESOURCES, _moving),
    ),
    Variation(
        name="memory.volatile-in-four-octets",
        summary="The free volatile memory is reported on four octets with leading zeros.",
        legal_by="OCTET STRING of any length; G+D family (00001922)",
        octets="83 in 84 of EUICCInfo2",
        change=swap(information.RESOURCES, _four_octets),
    ),
    Variation(
        name="memory.free-without-leading-zeros",
        summary="The free non-volatile memory is reported on as few octets as it takes.",
        legal_by="OCTET STRING of any length (TS 102 226, 8.2.1.7.2)",
        octets="82 in 84 of EUICCInfo2",
        change=swap(information.RESOURCES, _short_numbers),
    ),
    Variation(
        name="memory.no-applications",
        summary="The number of installed applications is always 0.",
        legal_by="Eastcompeace and G+D families: 810100 with Profiles installed",
        octets="81 in 84 of EUICCInfo2",
        change=swap(information.RESOURCES, _no_applications),
    ),
    Variation(
        name="memory.pages",
        summary="A Profile takes whole pages of 4 kB, and free memory is reported in them.",
        legal_by="SGP.22, 5.7.8: no granularity is given",
        octets="82 in 84 of EUICCInfo2",
        change=swap(memory.FREE, _in_pages),
    ),
    Variation(
        name="memory.blocks",
        summary="Free memory is reported in blocks of 256 octets.",
        legal_by="SGP.22, 5.7.8: no granularity is given",
        octets="82 in 84 of EUICCInfo2",
        change=swap(memory.FREE, _in_blocks),
    ),
)
