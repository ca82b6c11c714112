"""The state file of an SM-DP+: what was answered is not forgotten, whatever ends the process."""

import contextlib
import sqlite3
import sys
from pathlib import Path

import pytest

from rspcore.crypto.curves import Curve
from rspcore.errors import LocalError, StoreError
from rspcore.ids import TransactionId
from rspcore.messages.metadata import NotificationEvent
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import make_profile, preset
from rspsim.env import ManualClock, SeededRng
from rspsim.smdpp import Policy, SmDpPlus
from rspsim.smdpp.http_messages import HttpRequest
from rspsim.smdpp.limits import KeptLimits
from rspsim.stores.server_state import FileState
from rspsim.transports.https import Front

sys.path.insert(0, str(Path(__file__).parents[1] / "smdpp"))
from conftest import HEADERS, CardStandIn, Lpa

PKI = make_pki()
PROFILE = make_profile(preset("PROFILE_OPERATIONAL1"))
COMMITS = 7
"""Order, three functions of a download, its result, enable and delete."""


class Killed(BaseException):
    """The process ended here."""


class World:
    """A server on a file, a card, and what the card was answered."""

    def __init__(self, path):
        self.path, self.commits, self.fail, self.answered = path, 0, None, []
        self.card = CardStandIn(PKI, Curve.NIST_P256)
        self.start()

    def start(self):
        self.state = FileState(self.path)
        kept = self.state._commit

        def commit():
            self.commits += 1
            if self.fail == (self.commits, "before"):
                raise Killed
            kept()
            if self.fail == (self.commits, "after"):
                raise Killed

        self.state._commit = commit
        self.server = SmDpPlus(
            PKI,
            rng=SeededRng(b"%d" % self.commits),
            clock=ManualClock(),
            policy=Policy(),
            state=self.state,
        )
        self.lpa = Lpa(self.server, self.card)

    def restart(self):
        self.state.close()
        self.fail = None
        self.start()

    def run(self):
        order = self.server.orders.order(PROFILE.upp, PROFILE.metadata, matching_id="A")
        self.answered.append("ordered")
        self.lpa.download("A")
        self.answered.append("delivered")
        events = (NotificationEvent.notificationEnable, NotificationEvent.notificationDelete)
        self.lpa.notify(self.card.result(self.lpa.transaction_id, order.iccid))
        self.answered.append("Installed")
        for event in events:
            self.lpa.notify(self.card.notification(event, order.iccid))
            self.answered.append(event.name)


@pytest.fixture
def world(tmp_path):
    one = World(tmp_path / "s.db")
    yield one
    one.state.close()


def test_orders_and_sessions_survive_a_restart_between_all_steps(world):
    order = world.server.orders.order(PROFILE.upp, PROFILE.metadata, confirmation_code="1")
    world.lpa.initiate()
    for step in (
        lambda lpa: lpa.authenticate(order.matching_id),
        lambda lpa: lpa.get_package("1"),
        lambda lpa: lpa.notify(world.card.result(lpa.transaction_id, order.iccid)),
    ):
        answers, before = world.lpa, world.server.orders.all()
        world.restart()
        assert world.server.orders.all() == before
        answers.server = world.server
        world.lpa = answers
        step(answers)
    assert world.server.orders.get(1).state == "Installed"


@pytest.mark.crash
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("commit", range(1, COMMITS + 1))
def test_nothing_that_was_answered_is_forgotten(world, commit, moment):
    world.fail = (commit, moment)
    with contextlib.suppress(Killed):
        world.run()
    world.restart()
    orders = world.server.orders.all()
    assert len(orders) <= 1
    assert bool(orders) or "ordered" not in world.answered
    state = orders[0].state.value if orders else ""
    if "delivered" in world.answered:
        assert state in ("Downloaded", "Installed", "Unavailable")
    if "Installed" in world.answered:
        assert state in ("Installed", "Unavailable")
    if "notificationDelete" in world.answered:
        assert state == "Unavailable"


def test_walk_covers_every_commit(world):
    world.run()
    assert world.commits == COMMITS


def test_notification_that_came_before_a_restart_is_a_duplicate_after_it(world):
    order = world.server.orders.order(PROFILE.upp, PROFILE.metadata, matching_id="A")
    world.lpa.download("A")
    result = world.card.result(world.lpa.transaction_id, order.iccid)
    world.lpa.notify(result)
    world.restart()
    world.lpa.notify(result)
    assert world.server.notifications[-1].verdict.name == "DUPLICATE"


def test_two_servers_on_one_file_are_one(world):
    with FileState(world.path) as state:
        second = SmDpPlus(PKI, rng=SeededRng(b"2"), clock=ManualClock(), state=state)
        one = world.server.orders.order(PROFILE.upp, PROFILE.metadata)
        other = make_profile(preset("PROFILE_OPERATIONAL2"))
        two = second.orders.order(other.upp, other.metadata)
        assert (one.number, two.number) == (1, 2)
        assert second.orders.all() == world.server.orders.all()


def test_refused_order_leaves_no_unit_open(world):
    with pytest.raises(Exception, match="MatchingID"):
        world.server.orders.order(PROFILE.upp, PROFILE.metadata, matching_id="a")
    world.server.orders.order(PROFILE.upp, PROFILE.metadata)
    assert len(world.server.orders.all()) == 1


def test_file_of_another_kind_is_refused_and_left(tmp_path):
    text, other, later = (tmp_path / name for name in ("text", "other.db", "later.db"))
    text.write_text("no database, but long enough to be taken for one " * 10)
    for file, pragma in ((other, "application_id=7"), (later, "user_version=99")):
        FileState(file).close()
        database = sqlite3.connect(file)
        database.execute(f"PRAGMA {pragma}")
        database.close()
    for file, what in ((text, "not the state"), (other, "another program"), (later, "schema 99")):
        before = file.read_bytes()
        with pytest.raises(StoreError, match=what):
            FileState(file)
        assert file.read_bytes() == before


def schema_1(tmp_path):
    """Returns a file as the program wrote it while its schema was 1."""
    file = tmp_path / "old.db"
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.executescript(Path(__file__).with_name("schema_1.sql").read_text())
    return file


def test_file_of_schema_1_is_brought_up_to_date(tmp_path, caplog):
    file = schema_1(tmp_path)
    pki = make_pki(curves=(Curve.NIST_P256,))
    for _ in range(2):  # the second opening finds schema 2
        with FileState(file) as state:
            server = SmDpPlus(pki, rng=SeededRng(b"new"), clock=ManualClock(), state=state)
            found = {one.matching_id: one.state.value for one in server.orders.all()}
            assert found == {
                "INSTALLED": "Installed",
                "OLDER": "Unavailable",  # NEWER has the same Profile
                "NEWER": "Released",
                "BOUND": "Downloaded",
            }
            assert [
                server.orders.stock.state_of(one.iccid).value for one in state.profiles.all()
            ] == [*("Released", "Downloaded")]
    assert caplog.text.count("order 2 ends: its Profile 8929901012345678905 has been") == 1
    with FileState(file) as state:
        server = SmDpPlus(pki, rng=SeededRng(b"new"), clock=ManualClock(), state=state)
        card = CardStandIn(pki, Curve.NIST_P256)
        session = TransactionId.from_hex("CB13FF03460449CCE092121E26D7E043")
        Lpa(server, card).notify(card.result(session, server.orders.get(4).iccid))
        assert server.orders.get(4).state.value == "Installed"  # bound before, reported now
        lpa = Lpa(server, CardStandIn(pki, Curve.NIST_P256))
        lpa.download("NEWER", "4711")
        with pytest.raises(LocalError, match="order 3"):
            server.orders.order(PROFILE.upp, PROFILE.metadata)


def test_damaged_file_of_schema_1_is_refused_and_keeps_its_rows(tmp_path):
    file = schema_1(tmp_path)
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.execute("UPDATE orders SET json = '{' WHERE number = 3")
        database.commit()
    for _ in range(2):
        with pytest.raises(StoreError, match="damaged"):
            FileState(file)
    with contextlib.closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT count(*) FROM orders").fetchone() == (4,)
        assert database.execute("PRAGMA user_version").fetchone() == (1,)


def test_notifications_are_those_of_every_process(world):
    world.server.orders.order(PROFILE.upp, PROFILE.metadata, matching_id="A")
    world.lpa.notify(b"\x01\x02")
    with FileState(world.path) as state:
        second = SmDpPlus(PKI, rng=SeededRng(b"2"), clock=ManualClock(), state=state)
        assert [one.verdict.name for one in second.notifications] == ["UNREADABLE"]
        second.environment.receipts.clear()
    assert world.server.notifications == ()


def test_notifications_in_the_file_are_bounded(tmp_path):
    limits = KeptLimits(receipts=10, receipt_octets=1 << 20)
    with FileState(tmp_path / "n.db", limits) as state:
        server = SmDpPlus(PKI, rng=SeededRng(b"2"), clock=ManualClock(), state=state)
        for number in range(128):
            Lpa(server, CardStandIn(PKI, Curve.NIST_P256)).notify(bytes([number]))
        assert [one.octets[0] for one in server.notifications] == list(range(118, 128))


def test_state_that_cannot_be_written_is_answered_with_503_and_changes_nothing(world, caplog):
    front = Front(world.server.handle, ())
    world.server.orders.order(PROFILE.upp, PROFILE.metadata, matching_id="A")
    world.lpa.initiate()
    with contextlib.closing(sqlite3.connect(world.path, isolation_level=None)) as other:
        world.state._database.execute("PRAGMA busy_timeout=10")
        other.execute("BEGIN IMMEDIATE")
        request = HttpRequest(
            method="POST",
            path="/gsma/rsp2/es9plus/initiateAuthentication",
            headers=HEADERS,
            body=tuple(world.server.history)[-1].request.body,
        )
        answer = front._answer(request)
        assert (answer.status, answer.header("Retry-After")) == (503, "1")
    assert "Traceback" not in caplog.text
    assert "locked" in caplog.text
    assert front._answer(request).status == 200


def test_content_that_nothing_needs_is_deleted_and_the_rest_stays(world):
    order = world.server.orders.order(PROFILE.upp, PROFILE.metadata, matching_id="A")
    world.lpa.download("A")
    result = world.card.result(world.lpa.transaction_id, order.iccid)
    other = make_profile(preset("PROFILE_OPERATIONAL2"))
    world.server.orders.order(other.upp, other.metadata)

    def names():
        rows = world.state._database.execute("SELECT name FROM content").fetchall()
        return {name for (name,) in rows}

    world.restart()
    kept, orders = names(), world.server.orders.all()
    world.server.environment.sessions.repository.clear()
    world.restart()
    left = names()
    assert left < kept
    assert world.server.orders.all() == orders
    assert [one.upp for one in world.server.orders.stock.profiles.all()] == [o.upp for o in orders]
    world.lpa.notify(result)
    assert world.server.notifications[-1].verdict.name == "UNKNOWN_TRANSACTION"
    world.state.clear()
    world.restart()
    assert names() == set()
