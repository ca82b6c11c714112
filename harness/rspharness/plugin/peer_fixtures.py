"""The fixtures of cases whose product is no card."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from rspharness.run.stash import RUN

if TYPE_CHECKING:
    from rspharness.peers.server_under_test import ServerUnderTest
    from rspharness.run.case_state import CaseState

__all__ = ["sm_dp_plus"]


@pytest.fixture
def sm_dp_plus(
    request: pytest.FixtureRequest, case_state: "CaseState"
) -> "Iterator[ServerUnderTest]":
    """Yields the SM-DP+ under test; the fault of a run with one is on meanwhile."""
    from rspharness.peers.server_run import ServerRun  # noqa: PLC0415  only where used
    from rspharness.peers.server_under_test import ServerUnderTest  # noqa: PLC0415  likewise

    run = request.node.stash[RUN]
    if not isinstance(run, ServerRun):
        pytest.fail("the case needs a server under test: --smdpp", pytrace=False)
    with run.faulty():
        yield ServerUnderTest(run, case_state.trace, case_state.seed)
