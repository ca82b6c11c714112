"""ES12 and ES2+ of the SM-DP+ against a mock SM-DS and a mock operator, lost answers and kills."""

import json
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from rspcore.crypto.curves import Curve
from rspcore.ids import Oid
from rspcore.messages.es10b import CancelSessionReason
from rspcore.pki.generate import issue_tls, make_pki
from rspcore.profile_maker import make_profile, preset
from rspsim.env import ManualClock, SeededRng
from rspsim.smdpp import HttpRequest, OrderState, Policy, SmDpPlus
from rspsim.smdpp.errands import DUE_AGAIN, GIVEN_UP
from rspsim.smdpp.partner_calls import PartnerReply, carried_out
from rspsim.smds import SmDs
from rspsim.stores.server_state import FileState

sys.path.insert(0, str(Path(__file__).parents[1]))
from conftest import CardStandIn, Lpa

pytestmark = pytest.mark.once

PKI = make_pki()
PROFILE = make_profile(preset("PROFILE_OPERATIONAL1"))
DS, OPERATOR = "testrootsmds.example.com", "operator.example.com"
HEADERS = {"X-Admin-Protocol": "gsma/rsp/v2.5.0", "Content-Type": "application/json"}


class Killed(BaseException):
    """The process ended here."""


class World:
    """An SM-DP+ on a file, an SM-DS and an operator, in one process; calls can fail on the way."""

    def __init__(self, path, **policy):
        self.path, self.clock, self.policy = path, ManualClock(), policy
        own = issue_tls(
            PKI, Curve.NIST_P256, ["dp.example"], self.clock.now(), registered_id=Oid("2.999.10")
        )
        self.certificate = own.certificate.der
        self.ds = SmDs(PKI, address=DS, rng=SeededRng(b"ds"), clock=self.clock)
        self.card = CardStandIn(PKI)
        self.calls, self.reported, self.points, self.kill_at, self.starts = [], [], 0, None, 0
        self.lose, self.status = set(), {}
        self.start()

    def start(self):
        self.starts += 1
        self.state = FileState(self.path)
        kept = self.state._commit

        def commit():
            self.point()
            kept()
            self.point()

        self.state._commit = commit
        self.dp = SmDpPlus(
            PKI,
            address="dp.example.com",
            rng=SeededRng(f"{self.path.name} {self.starts}".encode()),
            clock=self.clock,
            policy=replace(Policy(), **self.policy),
            state=self.state,
        )

    def point(self):
        self.points += 1
        if self.points == self.kill_at:
            raise Killed

    def restart(self):
        self.state.close()
        self.start()

    def post(self, call):
        self.calls.append(call)
        self.point()
        if "before" in self.lose:
            return PartnerReply(status=None, reason="refused")
        request = HttpRequest(
            method="POST",
            path=call.path,
            headers=call.headers,
            body=call.body,
            client_certificate=self.certificate,
        )
        if call.address == OPERATOR:
            status = self.status.get(OPERATOR, 204)
            if status == 204:
                self.reported.append(json.loads(call.body))
            return PartnerReply(status=status)
        if call.address in self.status:
            return PartnerReply(status=self.status[call.address])
        answer = carried_out(self.ds.steps(request), self)
        self.point()
        if "answer" in self.lose:
            self.lose.discard("answer")
            return PartnerReply(status=None, reason="cut")
        return PartnerReply(status=answer.status, body=answer.body)

    def call(self, function, name, requester="2.999.77", **members):
        header = {"functionRequesterIdentifier": requester, "functionCallIdentifier": name}
        request = HttpRequest(
            method="POST",
            path="/gsma/rsp2/es2plus/" + function,
            headers=HEADERS,
            body=json.dumps({"header": header, **members}).encode(),
            client_certificate=self.certificate,
        )
        answer = carried_out(self.dp.steps(request), self)
        assert answer.status == 200
        return json.loads(answer.body)

    def ordered(self, name="D"):
        kind = {"profileType": "PROFILE_OPERATIONAL1", "eid": str(self.card.eid)}
        return self.call("downloadOrder", name, **kind)["iccid"]

    def confirm(self, iccid, name="C", **members):
        wanted = {"iccid": iccid, "smdsAddress": DS, "matchingId": "E-1", "releaseFlag": True}
        return code(self.call("confirmOrder", name, **(wanted | members)))

    def errands(self):
        """Makes every call that is due now."""
        made = []
        while errand := self.dp.take_errand():
            made.append(errand.function)
            self.dp.settle_errand(errand, self.post(errand.call))
        return made

    @property
    def events(self):
        return [one.event_id for one in self.ds.surroundings.events.of(self.card.eid)]

    def order(self):
        return self.dp.orders.all()[-1]

    def install(self):
        lpa = Lpa(self.dp, self.card, address="dp.example.com")
        lpa.download("E-1")
        lpa.notify(lpa.card.result(lpa.transaction_id, self.order().iccid))
        assert self.order().state is OrderState.INSTALLED


def code(answer):
    status = answer["header"]["functionExecutionStatus"]
    data = status.get("statusCodeData")
    return "ok" if data is None else f"{data['subjectCode']}/{data['reasonCode']}"


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
