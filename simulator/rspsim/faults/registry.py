"""Every fault by its name: the one registry and the one look-up.

The faults of a card take a tenth of a second to import, so that each kind is imported when it is
asked for.

>>> decisions_with(["es10b.challenge.constant"]).swapped.keys()
dict_keys(['es10b.get_euicc_challenge.challenge'])
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar

from rspcore.errors import LocalError
from rspsim.euicc.decisions import STANDARD, Decisions

if TYPE_CHECKING:
    from rspsim.faults.card.card_fault import CardFault
    from rspsim.smdpp.fault_switch import ServerFault

__all__ = ["card_fault", "card_faults", "decisions_with", "server_fault", "server_faults"]

F = TypeVar("F", "CardFault", "ServerFault")


def card_faults() -> "tuple[CardFault, ...]":
    """Returns every card fault."""
    from rspsim.faults.card import FAULTS  # noqa: PLC0415  a card without faults needs none

    return FAULTS


def server_faults() -> "tuple[ServerFault, ...]":
    """Returns every server fault."""
    from rspsim.faults.server import FAULTS  # noqa: PLC0415  a card needs none of them

    return FAULTS


def card_fault(name: str) -> "CardFault":
    """Returns the card fault of this name.

    Raises:
        LocalError: there is none; the message names those that come near.
    """
    return _named(name, card_faults(), "card fault", "rsplab card faults")


def server_fault(name: str) -> "ServerFault":
    """Returns the server fault of this name.

    Raises:
        LocalError: as `card_fault`.
    """
    return _named(name, server_faults(), "server fault", "rsplab smdpp faults")


def decisions_with(names: Iterable[str]) -> Decisions:
    """Returns the decisions of a card with these faults, applied in order.

    Raises:
        LocalError: there is no fault of such a name.
    """
    decisions = STANDARD
    for name in names:
        decisions = card_fault(name).apply(decisions)
    return decisions


def _named(name: str, faults: tuple[F, ...], kind: str, listing: str) -> F:
    known = {fault.name: fault for fault in faults}
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=3)
    hint = f"did you mean {', '.join(near)}? " if near else ""
    raise LocalError(f"{kind} {name!r} is not known; {hint}`{listing}` lists all {len(known)}")
