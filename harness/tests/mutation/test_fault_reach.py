"""What a recording card records, and which faults can change that."""

from functools import partial

import pytest

from rspcore.crypto.curves import Curve
from rspharness.mutation import fault_reach
from rspharness.record.steps import Steps
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.run.run import Run, RunOptions
from rspharness.servers.rsp_server import server_maker
from rspharness.simulated.inprocess import InProcessTarget
from rspharness.simulated.recording_card import Reached, Recorder
from rspharness.suite.initial_conditions import Conditions
from rspsim.euicc.decisions import Check, Decision
from rspsim.faults.card.card_fault import CardFault, answers, skip, swap

TABLE = Decision(
    "test.table",
    (
        Check("even", lambda number: number % 2 == 0, 1),
        Check("small", lambda number: number < 10, 2),
    ),
)
NUMBER = Decision("test.number", 5)
MAPPING = Decision("test.mapping", {1: "one", 2: "two"})


def fault(change: object) -> CardFault:
    return CardFault("test.fault", "A fault of this test.", ("ES10c.GetEID#01",), change)


def judged(number: int) -> Reached:
    """Returns what is recorded when the table is checked as `first_refusal` does it."""
    recorder = Recorder()
    for check in recorder.decisions[TABLE]:
        if not check.holds(number):
            break
    return recorder.decisions.memory.reached


@pytest.mark.parametrize(
    ("number", "change", "expected"),
    [
        pytest.param(4, skip(TABLE, "even"), False, id="check-held"),
        pytest.param(3, skip(TABLE, "even"), True, id="check-refused"),
        pytest.param(3, skip(TABLE, "small"), False, id="check-not-reached"),
        pytest.param(12, answers(TABLE, "small", 9), True, id="code-given"),
        pytest.param(4, answers(TABLE, "small", 9), False, id="code-not-given"),
        pytest.param(4, swap(NUMBER, 6), False, id="decision-not-asked-for"),
    ],
)
def test_fault_reaches_only_what_was_decided(number, change, expected):
    assert fault_reach.touches(fault(change), judged(number)) is expected


def test_decision_asked_for_is_reached():
    recorder = Recorder()
    assert recorder.decisions[NUMBER] == 5
    assert fault_reach.touches(fault(swap(NUMBER, 6)), recorder.decisions.memory.reached)


@pytest.mark.parametrize(("key", "expected"), [(1, False), (2, True)])
def test_mapping_is_reached_at_the_keys_asked_for(key, expected):
    recorder = Recorder()
    assert recorder.decisions[MAPPING][key] == MAPPING.standard[key]
    changed = {1: "one", 2: "deux"}
    reached = recorder.decisions.memory.reached
    assert fault_reach.touches(fault(swap(MAPPING, changed)), reached) is expected


def test_derived_decisions_share_the_record():
    recorder = Recorder()
    derived = recorder.decisions.having(NUMBER, 7)
    assert derived[NUMBER] == 7
    assert "test.number" in recorder.decisions.memory.reached.standard


def test_sound_card_does_the_same_again():
    recorder = Recorder()
    run = Run(RunOptions(), partial(InProcessTarget, make=recorder))
    log = recorder.started()
    card = run.open_card(Trace(), Timings())
    server = server_maker(run.pki, Curve.NIST_P256, "test", run.options.started)()
    given = Conditions(card, server, run, Steps(Trace(), ()))
    (one,) = given.profiles("PROFILE_OPERATIONAL1", enabled="PROFILE_OPERATIONAL1")
    card.power_cycle()
    given.disable(one.iccid)
    neutral = fault(swap(NUMBER, 6))
    assert len(log) > 40
    assert [number for number, act in enumerate(log) if fault_reach.differs(neutral, act)] == []
