"""ES2+ of the SM-DP+: what a mock operator is given, and calls of operators that come again."""

import sys
from datetime import timedelta
from pathlib import Path

import pytest

from rspsim.smdpp import OrderState

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
from conftest import Lpa
from partners import OPERATOR, World, code

pytestmark = pytest.mark.once


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "dp.db")
    yield made
    made.state.close()


@pytest.fixture
def reported(tmp_path):
    made = World(tmp_path / "dp.db", operator_address=OPERATOR)
    yield made
    made.state.close()


def test_the_operator_hears_of_package_and_installation(reported):
    iccid = reported.ordered()
    reported.confirm(iccid)
    reported.install()
    reported.errands()
    points = [one["notificationPointId"] for one in reported.reported]
    assert points == [3, 4]
    last = reported.reported[-1]
    assert last["iccid"] == iccid
    assert last["eid"] == str(reported.card.eid)
    assert last["profileType"] == "PROFILE_OPERATIONAL1"
    assert last["timestamp"] == "2025-01-01T00:00:00Z"
    assert last["notificationPointStatus"] == {"status": "Executed-Success"}
    assert last["resultData"].startswith("vyd"), "BF27, what the card signed"
    assert last["header"]["functionRequesterIdentifier"] == "2.999.10"


def test_the_operator_hears_of_a_limit_that_is_reached(reported):
    reported.confirm(reported.ordered(), confirmationCode="1234")
    for _ in range(3):
        lpa = Lpa(reported.dp, reported.card, address="dp.example.com")
        lpa.initiate()
        lpa.authenticate("E-1")
        lpa.get_package("4321")
    assert reported.order().state is OrderState.ERROR
    reported.errands()
    (report,) = reported.reported
    assert report["notificationPointId"] == 2
    status = report["notificationPointStatus"]
    assert status["status"] == "Failed"
    assert status["statusCodeData"]["subjectCode"] == "8.2.7"
    assert status["statusCodeData"]["reasonCode"] == "6.4"
    assert reported.events == [], "the event goes with it"


def test_reports_wait_for_an_operator_that_is_away(reported):
    reported.confirm(reported.ordered())
    reported.status[OPERATOR] = 503
    reported.install()
    reported.errands()
    assert reported.reported == []
    reported.restart()
    del reported.status[OPERATOR]
    reported.clock.advance(timedelta(seconds=10))
    reported.errands()
    assert [one["notificationPointId"] for one in reported.reported] == [3, 4]


def test_a_resend_is_known_over_a_restart_and_forgotten_after_its_time(world):
    kind = {"profileType": "PROFILE_OPERATIONAL1"}
    first = world.call("downloadOrder", "SAME", **kind)["iccid"]
    world.restart()
    assert world.call("downloadOrder", "SAME", **kind)["iccid"] == first
    world.clock.advance(timedelta(days=1))
    assert world.call("downloadOrder", "SAME", **kind)["iccid"] != first


def test_a_client_with_constant_identifiers_works_the_next_day(world):
    """Each day it orders, confirms and cancels under the same identifiers."""
    for _ in range(3):
        iccid = world.ordered()
        assert world.confirm(iccid, name="D") == "ok"
        cancelled = {"iccid": iccid, "finalProfileStatusIndicator": "Available"}
        assert code(world.call("cancelOrder", "D", **cancelled)) == "ok"
        assert world.errands() == ["deleteEvent"]
        world.clock.advance(timedelta(days=1))


@pytest.mark.parametrize(("lenient", "answer"), [(False, "1.6/2.1"), (True, "ok")])
def test_matching_ids_of_laboratories_are_a_policy(tmp_path, lenient, answer):
    world = World(tmp_path / "dp.db", lenient_ids=lenient)
    assert world.confirm(world.ordered(), matchingId="TS48v2_x.1", smdsAddress=None) == answer
    world.state.close()


@pytest.mark.parametrize(("any_requester", "answer"), [(False, "1.6/2.1"), (True, "ok")])
def test_requesters_that_are_no_oid_are_a_policy(tmp_path, any_requester, answer):
    world = World(tmp_path / "dp.db", any_requester=any_requester)
    kind = {"profileType": "PROFILE_OPERATIONAL1", "requester": "portal"}
    assert code(world.call("downloadOrder", "D", **kind)) == answer
    world.state.close()
