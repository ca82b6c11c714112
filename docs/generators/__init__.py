"""What writes the generated pages, one module each; a new page is one module and one line here."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from generators import (
    api,
    catalogue,
    faults,
    gaps,
    session_states,
    stories,
    test_runs,
    unpinned,
    version_mixtures,
)

__all__ = ["PAGES"]

PAGES: Final[tuple[Callable[[Path], None], ...]] = (
    api.write,
    catalogue.write,
    faults.write,
    gaps.write,
    session_states.write,
    stories.write,
    test_runs.write,
    unpinned.write,
    version_mixtures.write,
)
