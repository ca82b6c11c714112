"""RPM, Device Change and recovery with a card, an LPA and an SM-DP+ of version 3.1, end to end."""

import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from rspcore import tlv
from rspcore.errors import RemoteError
from rspcore.ids import Iccid
from rspcore.messages.v3.rpm_package import LoadRpmPackageResultSigned
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.checks import DownloadStoppedError
from rspharness.lpa.download import Download, download
from rspharness.lpa.download_steps import STANDARD_DEVICE_V3, CardRefusedError
from rspharness.lpa.es9p_client import ServerRefusedError
from rspharness.lpa.newer.next_device import Move, move_profile, recover_profile
from rspharness.lpa.newer.remote_packages import AgreeingOwner, fetch_packages
from rspharness.servers import rpm_packages
from rspsim.smdpp.partner_calls import NO_PARTNERS, PartnerReply, carried_out
from rspsim.smdpp.protocol.es2p import rpm_order
from rspsim.smdpp.stock.orders import OrderEvent

sys.path.insert(0, str(Path(__file__).parent))
from newer_world import (
    HEADER,
    NEXT_EID,
    ONE,
    TWO,
    World,
    b64,
    managed,
    movable,
    newer_card,
)

pytestmark = pytest.mark.once


def test_packages_are_ordered_fetched_loaded_and_answered():
    world, card = World(), newer_card()
    one, two = managed(world, ONE), managed(world, TWO)
    for what in (one, two):
        world.installed(card, what)
    first = world.order_rpm(card, rpm_packages.enable(one.metadata.iccid), matchingId="FIRST")
    world.order_rpm(card, rpm_packages.delete(two.metadata.iccid), matchingId="SECOND")
    assert first.matching_id == "FIRST"
    with world.lpa(card) as lpa:
        done = fetch_packages(lpa.card, world, world.address)
        assert [one.iccid for one in lpa.profiles()] == [ONE.metadata.iccid]
        lpa.deliver_notifications()
    assert [len(one.results) for one in done] == [1, 1]  # rpmPending brought the second
    assert [one.enabled for one in card.state.profiles] == [True]
    operations = world.server.environment.operations.all()
    assert [one.state.value for one in operations] == ["done", "done"]
    for one in operations:
        LoadRpmPackageResultSigned.from_tlv(tlv.parse(one.result))
    kinds = [one.kind for one in world.server.notifications if one.verdict.name == "ACCEPTED"]
    assert kinds.count("LoadRpmPackageResult") == 2
    states = [one.state.value for one in world.server.orders.all()]
    assert states == ["Installed", "Unavailable"]  # what a package deleted is used up
    assert card.state.notifications == ()


def test_the_owner_decides():
    world, card = World(), newer_card()
    world.installed(card, managed(world, ONE))
    world.order_rpm(card, rpm_packages.delete(ONE.metadata.iccid))
    with world.lpa(card) as lpa:
        off = AgreeingOwner(allows_rpm=False)
        with pytest.raises(DownloadStoppedError, match="switched off"):
            fetch_packages(lpa.card, world, world.address, owner=off)
    assert len(card.state.profiles) == 1
    assert world.paths[-1] == "cancelSession"


class EventPort:
    """Takes calls for an SM-DS, and answers each with success."""

    def __init__(self, status=200):
        self.status, self.calls = status, []

    def post(self, call):
        self.calls.append((call.address, call.path.rpartition("/")[2], json.loads(call.body)))
        body = json.dumps(said({"status": "Executed-Success"})).encode()
        return PartnerReply(status=self.status, body=body)


def ordered_with_event(world, card, port):
    body = {"header": HEADER, "rpmScript": b64(rpm_packages.enable(ONE.metadata.iccid))}
    body |= {"eid": str(card.state.eid), "matchingId": "FIRST", "rootSmdsAddress": "ds.example.com"}
    return carried_out(rpm_order.run(world.server.environment, body, "2.999.7"), port)


def test_package_has_an_event_until_it_is_done():
    world, card, port = World(), newer_card(), EventPort()
    world.installed(card, managed(world, ONE))
    assert ordered_with_event(world, card, port).matching_id == "FIRST"
    ((address, function, body),) = port.calls
    assert (address, function) == ("ds.example.com", "registerEvent")
    assert (body["eventId"], body["rspServerAddress"]) == ("FIRST", world.address)
    assert body["eventType"] == 2
    assert world.server.take_errand() is None
    with world.lpa(card) as lpa:
        fetch_packages(lpa.card, world, world.address, matching_id="FIRST")
        lpa.deliver_notifications()
    errand = world.server.take_errand()
    assert (errand.function, errand.call.address) == ("deleteEvent", "ds.example.com")


def test_package_without_its_event_is_not_kept():
    world, card = World(), newer_card()
    world.installed(card, managed(world, ONE))
    refused = ordered_with_event(world, card, EventPort(status=500))
    assert refused.codes == "8.9/4.2"
    assert world.server.environment.operations.all() == ()


def test_nothing_waits():
    world, card = World(), newer_card()
    world.installed(card, managed(world, ONE))
    with world.lpa(card) as lpa, pytest.raises(ServerRefusedError, match=r"8\.2\.6/3\.8"):
        fetch_packages(lpa.card, world, world.address)


@pytest.mark.parametrize(
    ("words", "script", "codes"),
    [
        ({"eid": None}, b"", "8.1.1/2.2"),
        ({"eid": NEXT_EID}, b"", "8.1.1/3.9"),
        ({"matchingId": "a b"}, b"", "8.2.6/2.1"),
        ({"matchingId": "USED"}, b"", "8.2.6/3.3"),
        ({}, rpm_packages.list_of_owner(rpm_packages.OWNER), "8.2.12/3.10"),
        ({}, bytes.fromhex("3002A100"), "8.2.1/2.3"),
        ({}, rpm_packages.enable(Iccid.from_digits("8929909999999999999")), "8.2.1/3.9"),
        ({}, bytes.fromhex("300EA50C5A0A98920901010000000010"), "8.2.9/2.3"),
    ],
)
def test_refusals_of_an_order_have_their_codes(words, script, codes):
    world, card = World(), newer_card()
    world.installed(card, managed(world, ONE))
    world.order_rpm(card, matchingId="USED")
    given = {name: value for name, value in words.items() if value is not None}
    body = {"header": HEADER, "rpmScript": b64(script), "eid": str(card.state.eid), **given}
    if words.get("eid", "") is None:
        del body["eid"]
    steps = rpm_order.run(world.server.environment, body, "2.999.7")
    refused = carried_out(steps, NO_PARTNERS)
    assert refused.codes == codes


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_profile_moves_to_the_next_device(encrypted):
    world = World(change_encrypted=encrypted, change_code="1234")
    old, new = newer_card(), newer_card(eid=NEXT_EID)
    world.installed(old, movable(world))
    iccid = ONE.metadata.iccid
    with world.lpa(old) as lpa:
        with pytest.raises(ServerRefusedError, match=r"8\.2\.7/3\.8"):
            move_profile(lpa.card, world, iccid, Move(confirmation_code="9999"))
        moved = move_profile(lpa.card, world, iccid, Move(confirmation_code="1234"))
    assert moved.deleted
    assert moved.delete_notification is not None
    assert old.state.profiles == ()
    assert old.state.notifications == ()
    with world.lpa(new) as lpa:
        done = lpa.download(moved.activation_code)
        assert isinstance(done, Download)
        lpa.deliver_notifications()
    assert [one.iccid for one in new.state.profiles] == [iccid]
    states = [one.state.value for one in world.server.orders.all()]
    assert states == ["Unavailable", "Installed"]


def test_a_server_that_is_not_ready_is_asked_again():
    world, card = World(change_delay=timedelta(minutes=30)), newer_card()
    world.installed(card, movable(world))
    waited = []

    def pause(seconds):
        waited.append(seconds)
        world.clock.advance(timedelta(seconds=seconds))

    with world.lpa(card) as lpa:
        moved = move_profile(lpa.card, world, ONE.metadata.iccid, pause=pause)
    assert waited == [30 * 60]
    assert "checkProgress" in world.paths
    assert moved.activation_code.startswith("LPA:1$" + world.address)


def asked_operator(world, reply):
    """Has the errands of the server made and answers that of a move; returns the body of it."""
    found = None
    while (errand := world.server.take_errand()) is not None:
        moves = errand.function == "handleDeviceChangeRequest"
        body = json.dumps(reply if moves else said({"status": "Executed-Success"})).encode()
        world.server.settle_errand(errand, PartnerReply(status=200, body=body))
        found = json.loads(errand.call.body) if moves else found
    assert found is not None
    return found


def asks_no_operator(world):
    """Returns whether no question to the operator is left."""
    left = world.server.environment.errands.all()
    return all(one.function != "handleDeviceChangeRequest" for one in left)


def said(status, **members):
    return {"header": {"functionExecutionStatus": status}, **members}


def test_operator_is_asked_before_a_profile_moves():
    world = World(operator_address="operator.example.com", change_asks_operator=True)
    card, calls = newer_card(), []
    world.installed(card, movable(world))
    answer = said({"status": "Executed-Success"}, confirmationCode="4711")

    def pause(seconds):
        calls.append((seconds, asked_operator(world, answer)))

    with world.lpa(card) as lpa:
        wish = Move(confirmation_code="4711")
        assert move_profile(lpa.card, world, ONE.metadata.iccid, wish, pause=pause).deleted
    ((seconds, call),) = calls
    assert seconds == 60
    assert call["iccid"] == str(ONE.metadata.iccid)
    assert "eid" not in call
    assert asks_no_operator(world)


def test_operator_that_refuses_ends_the_move():
    world = World(operator_address="operator.example.com", change_asks_operator=True)
    card = newer_card()
    world.installed(card, movable(world))
    codes = {"subjectCode": "8.2.1", "reasonCode": "1.2"}
    refusal = said({"status": "Failed", "statusCodeData": codes})
    with world.lpa(card) as lpa, pytest.raises(ServerRefusedError, match=r"8\.10\.1/3\.9"):
        move_profile(
            lpa.card, world, ONE.metadata.iccid, pause=lambda _: asked_operator(world, refusal)
        )
    assert len(card.state.profiles) == 1
    assert asks_no_operator(world)


def test_the_server_refuses_what_it_cannot_move():
    world, card, other = World(), newer_card(), newer_card(eid=NEXT_EID)
    world.installed(card, movable(world))
    with world.lpa(other) as lpa, pytest.raises(RemoteError, match="no deviceChangeConfiguration"):
        move_profile(lpa.card, world, ONE.metadata.iccid)


def test_an_enabled_profile_stays_until_it_is_disabled():
    world, card = World(), newer_card()
    world.installed(card, movable(world))
    with world.lpa(card) as lpa:
        lpa.enable(str(ONE.metadata.iccid))
        with pytest.raises(CardRefusedError, match=r"profileNotInDisabledState.*; disable the"):
            move_profile(lpa.card, world, ONE.metadata.iccid)
        assert len(lpa.profiles()) == 1
        lpa.disable(str(ONE.metadata.iccid))
        assert move_profile(lpa.card, world, ONE.metadata.iccid).deleted
        assert lpa.profiles() == ()


def test_a_profile_comes_back_when_the_next_device_fails_for_good():
    world, old = World(), newer_card()
    world.installed(old, movable(world))
    with world.lpa(old) as lpa:
        moved = move_profile(lpa.card, world, ONE.metadata.iccid)
        with pytest.raises(ServerRefusedError):  # nothing has failed yet
            recover_profile(lpa.card, world, moved)
    order = world.order_of(ONE.metadata.iccid)
    world.server.orders.repository.put(order.after(OrderEvent.FAILED))
    with world.lpa(old) as lpa:
        code = recover_profile(lpa.card, world, moved)
        download(lpa.card, world, ActivationCode.parse(code), device=STANDARD_DEVICE_V3)
    assert [one.iccid for one in old.state.profiles] == [ONE.metadata.iccid]
