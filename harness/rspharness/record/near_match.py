"""What comes near a name that is not known, for the message that refuses it."""

from collections.abc import Collection
from difflib import get_close_matches
from typing import Final

__all__ = ["near"]

_EXAMPLES: Final = 3


def near(name: str, known: Collection[str]) -> str:
    """Returns the end of a message: the known names near one, empty when none is near.

    >>> near("readr", ["reader", "level"])
    '; near it: reader'
    """
    folded = {one.casefold(): one for one in sorted(known)}
    found = get_close_matches(name.casefold(), list(folded), n=_EXAMPLES, cutoff=0.5)
    return f"; near it: {', '.join(folded[one] for one in found)}" if found else ""
