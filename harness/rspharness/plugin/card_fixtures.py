"""The fixtures for tests of other software: simulated cards, in this process or in a reader."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rspharness.simulated.fixture_cards import ReaderCards

__all__ = ["card_in_reader", "simulated_card"]


@pytest.fixture
def simulated_card() -> "Callable[..., Any]":
    """Returns the function that makes simulated cards (`rspharness.simulated.fixture_cards`)."""
    from rspharness.simulated.fixture_cards import simulated_card as make  # noqa: PLC0415  only where used

    return make


@pytest.fixture
def card_in_reader() -> "Iterator[ReaderCards]":
    """Yields the function that puts simulated cards into PC/SC readers.

    It is for tests of other software. A test is skipped where no virtual reader is available.
    """
    from rspcore.errors import ConfigError  # noqa: PLC0415  only where used
    from rspharness.simulated.fixture_cards import ReaderCards  # noqa: PLC0415  only where used

    try:
        cards = ReaderCards()
    except ConfigError as problem:
        pytest.skip(f"no virtual PC/SC reader: {problem}")
    yield cards
    cards.close()
