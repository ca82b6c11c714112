"""Every card that is not simulated has the guard in front of it, at every level of a run."""

import pytest

from rspcore.errors import LocalError
from rspharness.record.steps import Steps
from rspharness.record.testcase import Level
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.run.run import Run, RunOptions
from rspharness.servers.rsp_server import server_maker
from rspharness.suite.initial_conditions import Conditions
from rspharness.targets.guard import GuardedLink

VERIFY_PIN = "0020000108" + "30" * 4 + "FF" * 4


@pytest.fixture
def real(monkeypatch):
    """Returns a function that makes a run whose card counts as a real one."""

    def make(level):
        made = Run(RunOptions(level=level))
        monkeypatch.setattr(type(made.target), "simulated", False)
        return made

    return make


@pytest.mark.parametrize("level", list(Level))
def test_guard_has_the_level_of_the_run(real, level):
    card = real(str(level)).open_card(Trace(), Timings())
    assert isinstance(card.link, GuardedLink)
    assert card.link.level is level
    assert card.eid()


def test_simulated_card_has_none():
    assert not isinstance(Run(RunOptions()).open_card(Trace(), Timings()).link, GuardedLink)


def test_conditions_of_a_real_card_open_and_close_the_way_to_its_pins(real):
    run, trace = real("profiles"), Trace()
    card = run.open_card(trace, Timings())
    with pytest.raises(LocalError, match="VERIFY PIN is sent only while a Profile of this run"):
        card.apdu(VERIFY_PIN)
    server = server_maker(run.pki, run.options.curve, "seed", run.options.started)()
    given = Conditions(card, server, run, Steps(trace, ()))
    given.profiles("PROFILE_OPERATIONAL1", enabled="PROFILE_OPERATIONAL1")
    assert card.apdu(VERIFY_PIN).sw
    given.none()
    with pytest.raises(LocalError, match="not sent"):
        card.apdu(VERIFY_PIN)
