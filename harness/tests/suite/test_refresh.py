"""REFRESH as a case requires it, and a proactive session left open, on the simulated card."""

import pytest

from rspcore.crypto.curves import Curve
from rspcore.messages.es10c import EnableProfileRequest
from rspharness.card import expect
from rspharness.lpa.proactive import Refresh, terminal_response
from rspharness.record.steps import Steps
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import ExpectationError, Inconclusive
from rspharness.run.run import Run, RunOptions
from rspharness.servers.ota_server import OtaServer
from rspharness.servers.rsp_server import server_maker
from rspharness.suite import refresh
from rspharness.suite.initial_conditions import Conditions

ONE, TWO = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"


@pytest.fixture
def run():
    return Run(RunOptions())


@pytest.fixture
def card(run):
    return run.open_card(Trace(), Timings())


@pytest.fixture
def given(run, card):
    make = server_maker(run.pki, Curve.NIST_P256, "test", run.options.started)
    return Conditions(card, make(), run, Steps(Trace()))


def _enable(card, one):
    request = EnableProfileRequest(profile_identifier=one.by_iccid, refresh_flag=True)
    expect.ok(card.send(request))


def test_announced_refresh_is_fetched_and_carried_out(card, given):
    (one,) = given.profiles(ONE)
    _enable(card, one)
    command = refresh.required(card)
    assert command.qualifier == Refresh.UICC_RESET
    assert card.enabled() == ()
    refresh.carry_out(card, command)
    assert card.enabled() == (one.iccid,)


def test_missing_announcement_is_a_failed_expectation(card, given):
    given.none()
    with pytest.raises(ExpectationError, match="none announced"):
        refresh.required(card)


def test_other_proactive_command_is_a_failed_expectation(card, given):
    (one,) = given.profiles(ONE, enabled=ONE)
    command = OtaServer(one.profile.parameters).open_proactive_session(card)
    assert command.kind == 0x13
    terminal_response(card, command, refresh.UNABLE)
    card.apdu("80F2000C")
    with pytest.raises(ExpectationError, match="no REFRESH"):
        refresh.required(card)


def test_card_without_an_enabled_profile_opens_no_session(card, given):
    (one,) = given.profiles(ONE)
    with pytest.raises(Inconclusive, match="no SEND SHORT MESSAGE"):
        OtaServer(one.profile.parameters).open_proactive_session(card)
