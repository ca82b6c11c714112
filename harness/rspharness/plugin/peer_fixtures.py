"""The fixtures of cases whose product is no card."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from rspharness.run.stash import RUN

if TYPE_CHECKING:
    from rspharness.peers.lpa_under_test import LpaUnderTest
    from rspharness.peers.server_under_test import ServerUnderTest
    from rspharness.run.case_state import CaseState

__all__ = ["lpa_under_test", "rsp_server", "sm_dp_plus", "sm_ds"]


@pytest.fixture
def sm_dp_plus(
    request: pytest.FixtureRequest, case_state: "CaseState"
) -> "Iterator[ServerUnderTest]":
    """Yields the SM-DP+ under test; the fault of a run with one is on meanwhile."""
    yield from _server(request, case_state, "--smdpp")


@pytest.fixture
def sm_ds(request: pytest.FixtureRequest, case_state: "CaseState") -> "Iterator[ServerUnderTest]":
    """Yields the SM-DS under test; the fault of a run with one is on meanwhile."""
    yield from _server(request, case_state, "--smds")


@pytest.fixture
def rsp_server(
    request: pytest.FixtureRequest, case_state: "CaseState"
) -> "Iterator[ServerUnderTest]":
    """Yields the SM-DP+ or SM-DS under test, for what LPAs ask of both."""
    yield from _server(request, case_state, "--smdpp, or --smds")


def _server(
    request: pytest.FixtureRequest, case_state: "CaseState", option: str
) -> "Iterator[ServerUnderTest]":
    from rspharness.peers.server_run import ServerRun  # noqa: PLC0415  only where used
    from rspharness.peers.server_under_test import ServerUnderTest  # noqa: PLC0415  likewise

    run = request.node.stash[RUN]
    if not isinstance(run, ServerRun):
        pytest.fail(f"the case needs a server under test: {option}", pytrace=False)
    with run.faulty():
        yield ServerUnderTest(run, case_state.trace, case_state.seed)


@pytest.fixture
def lpa_under_test(
    request: pytest.FixtureRequest, case_state: "CaseState"
) -> "Iterator[LpaUnderTest]":
    """Yields the LPA under test, with a new card and a new server."""
    from rspharness.peers.lpa_run import LpaRun  # noqa: PLC0415  only where used
    from rspharness.peers.lpa_under_test import LpaUnderTest  # noqa: PLC0415  likewise

    run = request.node.stash[RUN]
    if not isinstance(run, LpaRun):
        pytest.fail("the case needs an LPA under test: rsplab lpa-check", pytrace=False)
    made = LpaUnderTest(run, case_state.trace, case_state.seed, case_state.ids[0])
    yield made
    made.close()
