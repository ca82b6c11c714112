"""A faulty card that follows a record behaves as one that does everything itself."""

import pytest

from rspcore.crypto.curves import Curve
from rspharness.mutation import fault_reach, replay_card
from rspharness.mutation.replay_card import ReplayingEuicc, Script, following
from rspharness.record.steps import Steps
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.run.run import Run, RunOptions
from rspharness.servers.rsp_server import server_maker
from rspharness.simulated import recording_card
from rspharness.simulated.inprocess import SimulatedCards
from rspharness.suite.initial_conditions import Conditions
from rspharness.targets.target import RECORDED
from rspsim.euicc.decisions import Decision
from rspsim.faults.card import FAULTS
from rspsim.faults.card.card_fault import CardFault, swap

ONE = "PROFILE_OPERATIONAL1"
NEUTRAL = CardFault("test.neutral", "No fault.", ("A#01",), swap(Decision("test.nothing", 1), 2))


def walked(run):
    """Install a Profile, enable it, take the power; returns what was seen, and the state."""
    trace = Trace()
    card = run.open_card(trace, Timings())
    server = server_maker(run.pki, Curve.NIST_P256, "test", run.options.started)()
    given = Conditions(card, server, run, Steps(trace, ()))
    given.profiles(ONE, enabled=ONE, notifications=True)
    card.power_cycle()
    seen = card.observe(), card.notifications()
    return seen, run.target.keep()


@pytest.fixture
def record():
    run = Run(RunOptions(card_fault=RECORDED))
    vars(run)["_opened"] = True
    log = recording_card.started()
    walked(run)
    return log


@pytest.fixture
def carried(monkeypatch):
    """Return the acts that replaying cards carried out themselves."""
    acts = []
    plain = replay_card.carried_out
    monkeypatch.setattr(
        replay_card, "carried_out", lambda c, act: acts.append(act) or plain(c, act)
    )
    monkeypatch.setattr(SimulatedCards, "kind", ReplayingEuicc)
    return acts


def faulty(name):
    run = Run(RunOptions(card_fault=name))
    vars(run)["_opened"] = True
    return run


def test_without_a_change_everything_is_taken_over(record, carried):
    with following(Script(record, NEUTRAL, len(record))):
        taken = walked(faulty(""))
    assert carried == []
    assert taken == walked(faulty(""))
    assert len(carried) > 40


@pytest.mark.parametrize(
    "name",
    [
        "select.fci.none",
        "es10c.get-profiles-info.class-left-out",
        "notifications.number.stands",
        "information.challenge.short",
        "notifications.lost-at-reset",
    ],
)
def test_fault_has_the_same_effect(record, carried, name):
    fault = next(one for one in FAULTS if one.name == name)
    first = fault_reach.reaching(record).get(name, len(record))

    def outcome():
        try:
            return walked(faulty(name))
        except Exception as error:  # noqa: BLE001  whatever it is, it is the same
            return repr(error)

    with following(Script(record, fault, first)):
        followed = outcome()
    helped = len(carried)
    carried.clear()
    assert outcome() == followed
    assert helped < len(carried)


def test_card_that_is_told_something_else_goes_its_own_way(record, carried):
    run = faulty("")
    with following(Script(record, NEUTRAL, len(record))):
        card = run.open_card(Trace(), Timings())
        card.eid()
        other = card.apdu("80CA006600")
    assert carried
    assert other == faulty("").open_card(Trace(), Timings()).apdu("80CA006600")


def test_reset_met_with_other_values_is_carried_out(record, carried):
    fault = next(one for one in FAULTS if one.name == "select.channel.open-after-reset")
    card = faulty(fault.name).open_card(Trace(), Timings())
    card.open()
    with following(Script(record, fault, len(record))):
        card.link.reset()
    assert carried[-1] is recording_card.Signal.RESET
