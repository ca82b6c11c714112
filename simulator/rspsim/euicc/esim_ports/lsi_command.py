"""LSI COMMAND: the card tells the terminal, on one LSI, of another (ETSI TS 102 223, 6.4.41).

A card in MEP-A sends it on port 0, where the LPA is, after a change on another port.
"""

from typing import Final

from rspcore import tlv
from rspcore.frozen import replace
from rspsim.euicc.decisions import Decision
from rspsim.euicc.state import Cat
from rspsim.euicc.uicc.toolkit import next_offered

__all__ = ["ANNOUNCED_BITS", "platform_reset", "resets_announced", "session_request"]

_LSI_COMMAND: Final = 0x79
_REQUEST, _RESET = 0x00, 0x01
_TO_TERMINAL: Final = bytes.fromhex("82028182")
_NUMBERS: Final = 0x92

ANNOUNCED_BITS: Final = Decision(
    "lsi_command.announced", (34, 0x10, 0x20), "octet, from 0, and bits of TERMINAL PROFILE"
)
"""Octet 35: b5 proactive session request, b6 UICC platform reset."""


def _has(cat: Cat, octet: int, bit: int) -> bool:
    return any(one & bit for one in (cat.terminal_profile or b"")[octet : octet + 1])


def session_request(cat: Cat, number: int, announced: tuple[int, int, int]) -> Cat:
    """Returns a toolkit that asks for a proactive session of an LSI, where the terminal knows it.

    Args:
        cat: The toolkit of the port of the command.
        number: The LSI on which something waits.
        announced: Value of `ANNOUNCED_BITS`.
    """
    octet, request, _ = announced
    if not _has(cat, octet, request):
        return cat
    body = _TO_TERMINAL + tlv.encode(_NUMBERS, bytes((number,)))
    return next_offered(replace(cat, queue=(*cat.queue, (_LSI_COMMAND, _REQUEST, body))))


def resets_announced(cat: Cat, announced: tuple[int, int, int]) -> bool:
    """Returns whether the terminal knows UICC platform reset."""
    octet, _, reset = announced
    return _has(cat, octet, reset)


def platform_reset(cat: Cat) -> Cat:
    """Returns a toolkit that asks for a reset of the UICC platform."""
    return next_offered(replace(cat, queue=(*cat.queue, (_LSI_COMMAND, _RESET, _TO_TERMINAL))))
