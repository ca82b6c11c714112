"""A variation by its name, and the decisions of a card with some of them."""

from collections.abc import Iterable

from rspcore.errors import LocalError
from rspsim.euicc.decisions import Decisions
from rspsim.variations import VARIATIONS
from rspsim.variations.variation import Variation

__all__ = ["variation_named", "varied"]


def variation_named(name: str) -> Variation:
    """Returns the variation of this name.

    Raises:
        LocalError: there is none; the message lists the names.
    """
    for one in VARIATIONS:
        if one.name == name:
            return one
    known = ", ".join(one.name for one in VARIATIONS)
    raise LocalError(f"variation {name!r}: expected one of {known}")


def varied(decisions: Decisions, variations: Iterable[Variation]) -> Decisions:
    """Returns the decisions of a card with these variations."""
    for one in variations:
        decisions = one.change(decisions)
    return decisions
