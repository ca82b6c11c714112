"""Legal variations of the simulated card: what a conforming card may do otherwise.

One module per kind, and the tuple of all of them. To add one, add an entry to the tuple of its
kind. `harness/legal/legal.py` runs the suites on cards with them; no case may be red there.
"""

from typing import Final

from rspsim.variations import (
    channels,
    free_memory,
    lists,
    load,
    newer,
    objects,
    ports,
    results,
    status_words,
    toolkit,
)
from rspsim.variations.variation import Variation

__all__ = ["VARIATIONS"]

VARIATIONS: Final[tuple[Variation, ...]] = (
    *free_memory.VARIATIONS,
    *lists.VARIATIONS,
    *channels.VARIATIONS,
    *status_words.VARIATIONS,
    *objects.VARIATIONS,
    *results.VARIATIONS,
    *toolkit.VARIATIONS,
    *load.VARIATIONS,
    *newer.VARIATIONS,
    *ports.VARIATIONS,
)
"""Every variation."""
