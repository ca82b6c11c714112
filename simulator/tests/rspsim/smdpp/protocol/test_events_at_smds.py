"""ES12 of the SM-DP+ against a mock SM-DS: lost answers and kills."""

import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from rspcore.messages.es10b import CancelSessionReason
from rspsim.env import ManualClock
from rspsim.smdpp import OrderState
from rspsim.smdpp.errands import DUE_AGAIN, GIVEN_UP

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
from conftest import Lpa
from partners import DS, Killed, World, code

pytestmark = pytest.mark.once


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "dp.db")
    yield made
    made.state.close()


def test_an_event_is_registered_before_the_answer_and_deleted_after_the_installation(world):
    iccid = world.ordered()
    assert world.confirm(iccid) == "ok"
    (record,) = world.ds.surroundings.events.of(world.card.eid)
    assert (record.event_id, record.rsp_server_address) == ("E-1", "dp.example.com")
    assert record.owner == "2.999.10"
    assert json.loads(world.calls[0].body)["forwardingIndicator"] is True
    assert "eventType" not in json.loads(world.calls[0].body)
    world.clock.advance(timedelta(minutes=5))
    assert world.errands() == [], "nothing is left to delete while the order waits"
    world.install()
    assert world.errands() == ["deleteEvent"]
    assert world.events == []
    (noted,) = [one for one in world.dp.history if one.function == "deleteEvent"]
    assert noted.summary == f"to {DS}: Executed-Success"


def test_a_drawn_matching_id_is_the_event_id(world):
    assert world.confirm(world.ordered(), matchingId=None) == "ok"
    assert world.events == [world.order().matching_id]


def test_the_event_of_a_confirmed_order_is_registered_with_its_release(world):
    iccid = world.ordered()
    assert world.confirm(iccid, releaseFlag=False) == "ok"
    assert world.events == []
    assert code(world.call("releaseProfile", "R", iccid=iccid)) == "ok"
    assert world.events == ["E-1"]


def test_release_fails_without_its_event(world):
    iccid = world.ordered()
    world.confirm(iccid, releaseFlag=False)
    world.lose.add("before")
    assert code(world.call("releaseProfile", "R", iccid=iccid)) == "8.9/5.1"
    assert world.order().state is OrderState.CONFIRMED
    world.lose.clear()
    assert code(world.call("releaseProfile", "R", iccid=iccid)) == "ok"
    assert (world.order().state, world.events) == (OrderState.RELEASED, ["E-1"])


@pytest.mark.parametrize("final", ["Available", "Unavailable"])
def test_a_cancelled_order_takes_its_event_along(world, final):
    iccid = world.ordered()
    world.confirm(iccid)
    cancelled = {"iccid": iccid, "finalProfileStatusIndicator": final}
    assert code(world.call("cancelOrder", "X", **cancelled)) == "ok"
    assert world.errands() == ["deleteEvent"]
    assert world.events == []
    assert world.order().state == final


def test_a_rejection_by_the_user_takes_the_event_along(world):
    world.confirm(world.ordered())
    lpa = Lpa(world.dp, world.card, address="dp.example.com")
    lpa.initiate()
    lpa.authenticate("E-1")
    lpa.cancel(CancelSessionReason.postponed)
    assert world.errands() == [], "a postponed download still waits"
    lpa.initiate()
    lpa.authenticate("E-1")
    lpa.cancel(CancelSessionReason.endUserRejection)
    assert world.errands() == ["deleteEvent"]
    assert world.events == []


def test_an_smds_that_is_away_is_5_1_and_the_order_stays_as_it_was(world):
    iccid = world.ordered()
    world.lose.add("before")
    assert world.confirm(iccid) == "8.9/5.1"
    assert world.order().state is OrderState.LINKED
    assert len(world.calls) == 2, "one more try"
    assert world.calls[0] == world.calls[1], "under the same call identifier"
    world.lose.clear()
    assert world.errands() == ["deleteEvent"], "whether the SM-DS acted is not known"
    assert world.confirm(iccid) == "ok"
    assert world.events == ["E-1"]


def test_a_lost_answer_is_asked_for_again(world):
    world.lose.add("answer")
    assert world.confirm(world.ordered()) == "ok"
    assert world.events == ["E-1"]


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_an_smds_that_refuses_is_4_2(world, status):
    world.status[DS] = status
    assert world.confirm(world.ordered()) == "8.9/4.2"
    assert world.order().state is OrderState.LINKED


def test_an_event_of_somebody_else_is_4_2_and_stays(world):
    """The same server registered it for another order that this one does not know."""
    assert world.confirm(world.ordered()) == "ok"
    other = World(world.path.with_name("other.db"))
    other.ds = world.ds
    assert other.confirm(other.ordered()) == "8.9/4.2"
    other.clock.advance(timedelta(minutes=5))
    assert other.errands() == []
    assert world.events == ["E-1"]
    other.state.close()


def test_a_deletion_is_tried_again_with_pauses_and_over_a_restart(world):
    world.confirm(world.ordered())
    world.status[DS] = 503
    world.install()
    assert world.errands() == ["deleteEvent"]
    assert world.errands() == []
    world.clock.advance(timedelta(seconds=1))
    assert world.errands() == ["deleteEvent"]
    world.restart()
    world.clock.advance(timedelta(seconds=2))
    del world.status[DS]
    assert world.errands() == ["deleteEvent"]
    assert world.events == []
    identifiers = {json.loads(one.body)["header"]["functionCallIdentifier"] for one in world.calls}
    assert len(identifiers) == 2, "each function has one, however often it is called"


def test_a_deletion_that_another_process_has_taken_is_left_to_it(world):
    world.confirm(world.ordered())
    world.install()
    assert world.dp.take_errand() is not None
    assert world.dp.take_errand() is None
    world.clock.advance(DUE_AGAIN)
    assert world.dp.take_errand() is not None


def test_a_deletion_is_given_up_after_a_day(world):
    world.confirm(world.ordered())
    world.install()
    world.status[DS] = 503
    for _ in range(30):
        world.errands()
        world.clock.advance(timedelta(hours=1))
    assert world.state.errands.all() == ()
    assert world.dp.environment.clock.now() - ManualClock().now() > GIVEN_UP
    assert "given up" in list(world.dp.history)[-1].summary


def test_the_same_event_is_registered_again_before_its_deletion_came_through(world):
    world.confirm(world.ordered())
    world.status[DS] = 503
    world.install()
    world.errands()
    del world.status[DS]
    world.clock.advance(timedelta(minutes=20))
    assert world.confirm(world.ordered()) == "ok", "the event is still there, and this server's"
    world.clock.advance(timedelta(hours=1))
    assert world.errands() == []
    assert world.events == ["E-1"]


@pytest.mark.parametrize("settled", ["before the order", "after the order"])
def test_a_deletion_on_its_way_does_not_cost_a_new_order_its_event(world, settled):
    world.confirm(world.ordered())
    world.install()
    on_its_way = world.dp.take_errand()
    iccid = world.ordered("D2")
    if settled == "after the order":  # the SM-DS gets the deletion after the registration
        assert world.confirm(iccid, "C2") == "ok"
        world.dp.settle_errand(on_its_way, world.post(on_its_way.call))
    else:
        post = world.post

        def overtaken(call):
            reply = post(call)  # refused: the old event is still there
            world.post = post
            world.dp.settle_errand(on_its_way, post(on_its_way.call))
            return reply

        world.post = overtaken
        assert world.confirm(iccid, "C2") == "ok"
    assert world.events == []
    world.clock.advance(DUE_AGAIN)
    world.errands()
    assert world.events == ["E-1"]
    world.install()
    world.clock.advance(timedelta(hours=1))
    world.errands()
    assert (world.events, world.state.errands.all()) == ([], ())


def test_a_registration_that_comes_after_the_end_of_its_order_is_deleted(world):
    world.confirm(world.ordered())
    world.install()
    on_its_way = world.dp.take_errand()
    assert world.confirm(world.ordered("D2"), "C2") == "ok"
    world.dp.settle_errand(on_its_way, world.post(on_its_way.call))
    registering = world.dp.take_errand()
    assert registering.function == "registerEvent"
    world.install()
    world.errands()  # the deletion overtakes it
    world.dp.settle_errand(registering, world.post(registering.call))
    assert world.events == ["E-1"]
    world.errands()
    assert (world.events, world.state.errands.all()) == ([], ())


def test_a_root_is_not_asked_to_forward(tmp_path):
    world = World(tmp_path / "dp.db", root_smds=(DS.upper(),))
    world.confirm(world.ordered())
    assert json.loads(world.calls[0].body)["forwardingIndicator"] is False
    world.state.close()


def test_an_empty_matching_id_is_no_event_id(world):
    assert world.confirm(world.ordered(), matchingId="") == "1.6/2.1"


def walk(tmp_path):
    """Returns how many points there are between DownloadOrder and the end of the order."""
    world = World(tmp_path / "count.db")
    scenario(world)
    world.state.close()
    return world.points


def scenario(world):
    iccid = world.ordered()
    assert world.confirm(iccid) == "ok"
    cancelled = {"iccid": iccid, "finalProfileStatusIndicator": "Unavailable"}
    assert code(world.call("cancelOrder", "X", **cancelled)) == "ok"
    world.errands()


def test_a_kill_at_any_point_leaves_no_event_behind_and_no_order_half_done(tmp_path):
    """At every commit, before and after; at every call, before and after the SM-DS acted.

    The operator sends its calls again until they are answered, as it would.
    """
    count = walk(tmp_path)
    assert count >= 16
    for at in range(1, count + 1):
        world = World(tmp_path / f"{at}.db")
        world.kill_at = at
        with pytest.raises(Killed):
            scenario(world)
        world.restart()
        iccid = world.ordered()
        confirmed = world.confirm(iccid)
        assert confirmed in ("ok", "8.2.1/3.3"), at
        assert world.order().state in (OrderState.RELEASED, OrderState.UNAVAILABLE), at
        if world.order().state is OrderState.RELEASED:
            assert world.events == ["E-1"], at
        cancelled = {"iccid": iccid, "finalProfileStatusIndicator": "Unavailable"}
        assert code(world.call("cancelOrder", "X", **cancelled)) == "ok", at
        world.clock.advance(timedelta(minutes=5))
        world.errands()
        assert (world.events, world.state.errands.all()) == ([], ()), at
        world.state.close()
