"""A simulated card in process, and a server under control, for tests of the harness."""

import pytest

from rspcore.crypto.curves import Curve
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.run.run import Run, RunOptions
from rspharness.servers.rsp_server import server_maker


@pytest.fixture
def run():
    return Run(RunOptions())


@pytest.fixture
def card(run):
    return run.open_card(Trace(), Timings())


@pytest.fixture
def make_server(run):
    return server_maker(run.pki, Curve.NIST_P256, "test", run.options.started)


@pytest.fixture
def server(make_server):
    return make_server()
