"""The plugin that pytest finds installed: four fixtures for the tests of other software.

It is loaded in every run of pytest wherever rsplab is installed, so it registers no option and no
hook, and imports nothing until a fixture is used. The conformance suites bring their own plugin,
`rspharness.plugin.hooks`, with them.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rspharness.simulated.fixture_cards import ReaderCards
    from rspharness.simulated.fixture_servers import Smdpp, Smds

__all__ = ["card_in_reader", "simulated_card", "smdpp", "smds"]


@pytest.fixture
def simulated_card() -> "Callable[..., Any]":
    """Returns what makes simulated cards, each with an EID and keys of its own."""
    from rspharness.simulated.fixture_cards import SimulatedCards  # noqa: PLC0415  only where used

    return SimulatedCards()


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


@pytest.fixture
def smdpp(request: pytest.FixtureRequest) -> "Iterator[Smdpp]":
    """Yields an SM-DP+ for the test alone, behind real TLS; it starts when it is first used."""
    from rspharness.simulated.fixture_servers import Smdpp  # noqa: PLC0415  only where used

    server = Smdpp(request.node.nodeid)
    yield server
    server.close()


@pytest.fixture
def smds(request: pytest.FixtureRequest) -> "Iterator[Smds]":
    """Yields an SM-DS for the test alone, behind real TLS; it starts when it is first used."""
    from rspharness.simulated.fixture_servers import Smds  # noqa: PLC0415  only where used

    server = Smds(request.node.nodeid)
    yield server
    server.close()
