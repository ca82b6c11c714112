"""STORE DATA: blocks of one command gathered until the last (SGP.22 v2, 5.7.2).

P1 says whether more blocks follow, P2 counts them from 00, modulo 256. A block 00 begins anew and
drops what was there; any other number that is not the next one is refused, and the unfinished
command is dropped with it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore.apdu import CommandApdu
from rspcore.status import StatusWord
from rspsim.euicc.decisions import Decision
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CommandChain

__all__ = ["CONTINUES", "P1_VALUES", "gather"]

MORE: Final = 0x11
LAST: Final = 0x91


def _continues(p2: int, blocks: int) -> bool:
    return p2 == blocks % 256


P1_VALUES: Final = Decision("store_data.p1", frozenset({MORE, LAST}), "values of P1 accepted")
CONTINUES: Final = Decision(
    "store_data.continues", _continues, "whether a P2 goes on after so many blocks"
)


def gather(command: CommandApdu, view: View, complete: Callable[[bytes, View], Outcome]) -> Outcome:
    """Take one block; with the last one hand the whole command on.

    Args:
        command: STORE DATA.
        view: The card.
        complete: Answers the whole command; its view has no unfinished command any more.
    """
    chain = view.channel.chain or CommandChain(octets=b"", blocks=0)
    if command.p1 not in view.decisions[P1_VALUES]:
        return _dropped(view, StatusWord.INCORRECT_P1_P2)
    if not command.data:
        return _dropped(view, StatusWord.WRONG_LENGTH)
    if not view.decisions[CONTINUES](command.p2, chain.blocks):
        if command.p2 != 0:
            return _dropped(view, StatusWord.INCORRECT_P1_P2)
        chain = CommandChain(octets=b"", blocks=0)
    octets = chain.octets + command.data
    if len(octets) > view.options.command_capacity:
        return _dropped(view, StatusWord.NOT_ENOUGH_MEMORY)
    if command.p1 & 0x80:
        return complete(octets, view.with_channel(replace(view.channel, chain=None)))
    waiting = CommandChain(octets=octets, blocks=chain.blocks + 1)
    return view.with_channel(replace(view.channel, chain=waiting)).outcome()


def _dropped(view: View, sw: int) -> Outcome:
    return view.with_channel(replace(view.channel, chain=None)).refuse(sw)
