"""A faulty card that follows a record behaves like one that carries out every command."""

from functools import partial

import pytest

from rspcore.crypto.curves import Curve
from rspharness.mutation import fault_reach
from rspharness.mutation.replay_card import Player, Script
from rspharness.record.steps import Steps
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.run.run import Run, RunOptions
from rspharness.servers.rsp_server import server_maker
from rspharness.simulated.inprocess import InProcessTarget
from rspharness.simulated.recording_card import Recorder
from rspharness.suite.initial_conditions import Conditions
from rspsim.euicc.decisions import Decision
from rspsim.faults.card.card_fault import CardFault, swap
from rspsim.faults.registry import card_fault

pytestmark = pytest.mark.once

ONE = "PROFILE_OPERATIONAL1"
NEUTRAL = CardFault("test.neutral", "No fault.", ("A#01",), swap(Decision("test.nothing", 1), 2))


def walked(run):
    """Installs and enables a Profile, switches the power off; returns observations and state."""
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
    recorder = Recorder()
    log = recorder.started()
    walked(run_with(recorder))
    return log


def run_with(make):
    """Returns a run on cards of a maker whose first card needs no identification."""
    sound = Run(RunOptions(), partial(InProcessTarget, make=make))
    return sound.with_fault("", partial(InProcessTarget, make=make))


def followed(player, fault, record, first=None):
    return player.following(Script(record, fault, len(record) if first is None else first))


def test_fault_without_effect_leaves_everything_to_the_record(record):
    player = Player(NEUTRAL)
    with followed(player, NEUTRAL, record):
        taken = walked(run_with(player))
    assert player.carried_out == 0
    assert taken == walked(run_with(player))
    assert player.carried_out > 40


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
def test_fault_has_the_same_effect_with_and_without_a_record(record, name):
    fault = card_fault(name)
    first = fault_reach.reaching(record).get(name, len(record))
    player = Player(fault)

    def outcome():
        try:
            return walked(run_with(player))
        except Exception as error:  # noqa: BLE001  both runs have to raise the same
            return repr(error)

    with followed(player, fault, record, first):
        with_record = outcome()
    few = player.carried_out
    assert outcome() == with_record
    assert few < player.carried_out - few


def test_card_that_gets_another_command_carries_it_out(record):
    player = Player(NEUTRAL)
    with followed(player, NEUTRAL, record):
        card = run_with(player).open_card(Trace(), Timings())
        card.eid()
        other = card.apdu("80CA006600")
    assert player.carried_out
    assert other == run_with(player).open_card(Trace(), Timings()).apdu("80CA006600")


def test_reset_from_other_values_than_recorded_is_carried_out(record):
    fault = card_fault("select.channel.open-after-reset")
    player = Player(fault)
    card = run_with(player).open_card(Trace(), Timings())
    card.open()
    before = player.carried_out
    with followed(player, fault, record):
        card.link.reset()
    assert player.carried_out == before + 1
