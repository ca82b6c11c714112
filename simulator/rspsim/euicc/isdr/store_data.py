"""STORE DATA: blocks of one command gathered until the last (SGP.22 v2, 5.7.2).

P1 says whether more blocks follow, P2 counts them from 00, modulo 256. A block 00 begins a new
command and drops an unfinished one; any other number that is not the next one is refused, and the
unfinished command is dropped with it.
"""

from collections.abc import Callable
from typing import Final

from rspcore.apdu import CommandApdu
from rspcore.frozen import changer, dataclass, maker
from rspcore.status import StatusWord
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.outcome import Outcome, View, outcome_of, response_of
from rspsim.euicc.state import Channel, CommandChain

__all__ = ["CHECKS", "CONTINUES", "P1_VALUES", "Block", "gather"]

MORE: Final = 0x11
LAST: Final = 0x91
_OK: Final = int(StatusWord.OK)


def _continues(p2: int, blocks: int) -> bool:
    return p2 == blocks % 256


P1_VALUES: Final = Decision("store_data.p1", frozenset({MORE, LAST}), "values of P1 accepted")
CONTINUES: Final = Decision(
    "store_data.continues", _continues, "whether a P2 goes on after so many blocks"
)


_NOTHING: Final = CommandChain(octets=b"", blocks=0)


@dataclass(frozen=True, slots=True)
class Block:
    """One block and what came before it, for the checks.

    Attributes:
        command: STORE DATA.
        chain: Blocks it adds to; none when it begins a command.
        view: The card.
    """

    command: CommandApdu
    chain: CommandChain
    view: View

    @property
    def octets(self) -> bytes:
        """Returns the octets of the command up to the end of this block."""
        return self.chain.octets + self.command.data

    @property
    def p1_known(self) -> bool:
        """Returns whether P1 says if more blocks follow."""
        return self.command.p1 in self.view.decisions[P1_VALUES]

    @property
    def in_order(self) -> bool:
        """Returns whether P2 is the number this block has to have."""
        return self.view.decisions[CONTINUES](self.command.p2, self.chain.blocks)


CHECKS: Final[Decision[Checks[Block]]] = Decision(
    "store_data",
    (
        Check("p1", lambda b: b.p1_known, StatusWord.INCORRECT_P1_P2),
        Check("not_empty", lambda b: bool(b.command.data), StatusWord.WRONG_LENGTH),
        Check("p2", lambda b: b.in_order, StatusWord.INCORRECT_P1_P2),
        Check(
            "capacity",
            lambda b: len(b.octets) <= b.view.options.command_capacity,
            StatusWord.NOT_ENOUGH_MEMORY,
        ),
    ),
    "checks of one block; with each the unfinished command is dropped",
)


def _chain_of(command: CommandApdu, view: View, waiting: CommandChain) -> CommandChain:
    """Returns the blocks that a block adds to; number 00 begins a command unless it continues."""
    begins = command.p2 == 0 and not view.decisions[CONTINUES](command.p2, waiting.blocks)
    return _NOTHING if begins else waiting


def _passes(command: CommandApdu, chain: CommandChain, octets: bytes, view: View) -> bool:
    """Returns whether a block passes all standard checks, as nearly every one does."""
    decisions = view.decisions
    return (
        decisions[CHECKS] is CHECKS.standard
        and command.p1 in decisions[P1_VALUES]
        and decisions[CONTINUES](command.p2, chain.blocks)
        and bool(command.data)
        and len(octets) <= view.state.options.command_capacity
    )


def gather(command: CommandApdu, view: View, complete: Callable[[bytes, View], Outcome]) -> Outcome:
    """Takes one block; with the last one passes on the whole command.

    Args:
        command: STORE DATA.
        view: The card.
        complete: Answers the whole command; its view has no unfinished command any more.
    """
    channel = view.channel
    waits = channel.chain
    chain = _NOTHING if waits is None else _chain_of(command, view, waits)
    octets = chain.octets + command.data
    refusal = None
    if not _passes(command, chain, octets, view):
        refusal = first_refusal(view.decisions[CHECKS], Block(command, chain, view))
    if refusal is None and not command.p1 & 0x80:
        waiting = _chain(octets, chain.blocks + 1)
        volatile = view.volatile.with_channel(view.channel_number, _with_chain(channel, waiting))
        return outcome_of(response_of(b"", _OK), view.state, volatile)
    alone = view if waits is None else view.with_channel(_with_chain(channel, None))
    return complete(octets, alone) if refusal is None else alone.refuse(refusal)


_with_chain: Final = changer(Channel, "chain")
_chain: Final = maker(CommandChain)
