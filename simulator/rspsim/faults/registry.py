"""Every fault by its name: the one registry.

The faults of a card take a tenth of a second to import, so that each kind is imported when it is
asked for.

>>> decisions_with(["es10b.challenge.constant"]).swapped.keys()
dict_keys(['es10b.get_euicc_challenge.challenge'])
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from rspcore.errors import LocalError
from rspsim.named import find_named

if TYPE_CHECKING:
    from rspsim.euicc.decisions import Decisions
    from rspsim.faults.card.card_fault import CardFault
    from rspsim.faults.hostile.hostile_card import HostileCard
    from rspsim.smdpp.fault_switch import ServerFault

__all__ = [
    "HOSTILE_PREFIX",
    "RENAMED",
    "card_fault",
    "card_faults",
    "decisions_with",
    "hostile_card",
    "hostile_cards",
    "server_faults",
]

HOSTILE_PREFIX: Final = "hostile."
"""Beginning of the name of each hostile card."""

RENAMED: Final = {
    "es10a.get-euicc-configured-addresses.empty-told": (
        "es10a.get-euicc-configured-addresses.empty-present"
    ),
    "es10a.set-default-dp-address.told": "es10a.set-default-dp-address.leaves-notification",
    "es10b.load-crl.parts-not-told": "es10b.load-crl.parts-not-reported",
    "es10c.delete-profile.refusal-tells": "es10c.delete-profile.refusal-notified",
    "notifications.test-profile.told": "notifications.test-profile.notified",
    "notifications.enable.untold": "notifications.enable.none",
    "notifications.disable.untold": "notifications.disable.none",
}
"""Former names of card faults; each is answered with the name of today."""


def card_faults() -> "tuple[CardFault, ...]":
    """Returns every card fault."""
    from rspsim.faults.card import FAULTS  # noqa: PLC0415  a card without faults needs none

    return FAULTS


def hostile_cards() -> "tuple[HostileCard, ...]":
    """Returns every hostile card."""
    from rspsim.faults.hostile import HOSTILE  # noqa: PLC0415  a card without faults needs none

    return HOSTILE


def hostile_card(name: str) -> "HostileCard":
    """Returns the hostile card of this name.

    Raises:
        LocalError: there is none; the message names those that come near.
    """
    return find_named(name, hostile_cards(), "hostile card", "rsplab card faults")


def server_faults() -> "tuple[ServerFault, ...]":
    """Returns every server fault; a server is given them and finds each by its name.

    The last ones are those that no LPA notices, those of an SM-DS alone, and those of version 3.
    """
    from rspsim.faults.server import FAULTS  # noqa: PLC0415  a card needs none of them
    from rspsim.faults.server.careless import CARELESS  # noqa: PLC0415  likewise
    from rspsim.faults.server.events import EVENTS  # noqa: PLC0415  likewise
    from rspsim.faults.server.newer_sessions import NEWER  # noqa: PLC0415  likewise

    return (*FAULTS, *CARELESS, *EVENTS, *NEWER)


def card_fault(name: str) -> "CardFault":
    """Returns the card fault of this name.

    Raises:
        LocalError: there is none; the message names those that come near.
    """
    if name in RENAMED:
        raise LocalError(f"card fault {name!r} is called {RENAMED[name]!r} now")
    return find_named(name, card_faults(), "card fault", "rsplab card faults")


def decisions_with(names: Iterable[str]) -> "Decisions":
    """Returns the decisions of a card with these faults, applied in order.

    Raises:
        LocalError: there is no fault of such a name.
    """
    from rspsim.euicc.decisions import STANDARD  # noqa: PLC0415  a server needs none of them

    decisions = STANDARD
    for name in names:
        decisions = card_fault(name).apply(decisions)
    return decisions
