"""Cards that are wrong on purpose: choose faults by name, get the decisions to build a card with.

>>> from rspsim.faults.registry import decisions_with
>>> decisions_with("es10b.challenge.constant").swapped.keys()
dict_keys(['es10b.get_euicc_challenge.challenge'])
"""

from rspcore.errors import ConfigError
from rspsim.euicc.decisions import STANDARD, Decisions
from rspsim.faults.card import FAULTS
from rspsim.faults.card.card_fault import CardFault

__all__ = ["FAULTS", "CardFault", "decisions_with", "fault_named"]


def fault_named(name: str) -> CardFault:
    """Return the fault of this name.

    Raises:
        ConfigError: there is none; the message lists those of the same area.
    """
    for fault in FAULTS:
        if fault.name == name:
            return fault
    area = name.partition(".")[0]
    near = [f.name for f in FAULTS if f.name.startswith(area)] or [f.name for f in FAULTS]
    raise ConfigError(f"card fault {name!r}: expected one of {', '.join(near)}")


def decisions_with(*names: str) -> Decisions:
    """Return the decisions of a card with these faults, applied in order.

    Raises:
        ConfigError: there is no fault of such a name.
    """
    decisions = STANDARD
    for name in names:
        decisions = fault_named(name).apply(decisions)
    return decisions
