"""Service tables: EF.UST and EF.IST list no service the card does not have.

A package may come from an operator who does not know the card. When it ends, the bits of services
that need a capability the card does not claim in EUICCInfo2 are cleared in the service table of
each USIM and ISIM; all others stay as loaded, because they are about files and the network only
(TCA eUICC Profile Package, 8.3; services: 3GPP TS 31.102, 4.2.8, and TS 31.103, 4.2.7).
"""

from collections.abc import Callable, Mapping
from typing import Final

from rspcore.frozen import dataclass, replace
from rspcore.messages.euicc_info import UiccCapability
from rspsim.euicc.decisions import Decision
from rspsim.euicc.profile_content.interpreter.building import Building
from rspsim.euicc.profile_content.model import File, FileKind

__all__ = ["CLEARED", "cleared"]


@dataclass(frozen=True, slots=True)
class _ServiceTable:
    """Where an application has its service table, and what its services need.

    Attributes:
        application: Beginning of the AID of the application.
        fid: File identifier of the table.
        needs: Capability a service needs, by its number; services not listed need none.
    """

    application: bytes
    fid: int
    needs: Mapping[int, UiccCapability]


_TABLES: Final = (
    _ServiceTable(
        bytes.fromhex("A0000000871002"),
        0x6F38,
        {
            68: UiccCapability.gbaAuthenUsim,
            69: UiccCapability.mbmsAuthenUsim,
            76: UiccCapability.gbaAuthenUsim,  # local keys are established over GBA
            125: UiccCapability.getIdentity,  # 124 alone leaves the calculation to the device
        },
    ),
    _ServiceTable(
        bytes.fromhex("A0000000871004"),
        0x6F07,
        {2: UiccCapability.gbaAuthenISim, 4: UiccCapability.gbaAuthenISim},
    ),
)


def _without(body: bytes, services: list[int]) -> bytes:
    """Returns a service table in which the bits of these services are 0."""
    table = bytearray(body)
    for number in services:
        position, bit = divmod(number - 1, 8)
        if position < len(table):
            table[position] &= 0xFF ^ 1 << bit
    return bytes(table)


def _adjusted(building: Building, adf: File) -> Building:
    for table in _TABLES:
        one = building.content.files.get((*adf.path, table.fid))
        if one is None or not adf.aid.startswith(table.application):
            continue
        shown = building.content.files.resolve(one)
        missing = [n for n, capability in table.needs.items() if not building.supports(capability)]
        body = _without(shown.body, missing)
        if body != shown.body:
            building = building.having(building.content.with_file(replace(shown, body=body)))
    return building


def _cleared(building: Building) -> Building:
    for one in building.content.files.files:
        if one.kind is FileKind.ADF:
            building = _adjusted(building, one)
    return building


CLEARED: Final[Decision[Callable[[Building], Building]]] = Decision(
    "interpreter.service_tables", _cleared, "how services the card does not have are cleared"
)


def cleared(building: Building) -> Building:
    """Returns a building whose service tables name no service the card lacks."""
    return building.decisions[CLEARED](building)
