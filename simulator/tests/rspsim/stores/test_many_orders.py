"""An order costs the same, however many there are: counted in steps of the database, not time."""

import json
import sys
from pathlib import Path

import pytest

from rspcore.crypto.curves import Curve
from rspcore.ids import Iccid
from rspcore.messages.metadata import NotificationEvent
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import ProfileParameters, make_profile
from rspsim.env import ManualClock, SeededRng
from rspsim.smdpp import HttpRequest, SmDpPlus
from rspsim.smdpp.management import Management
from rspsim.smdpp.protocol.es2p import FUNCTIONS
from rspsim.smdpp.stock.order_repository import MemoryOrders, OrderPage
from rspsim.smdpp.stock.orders import OrderEvent, OrderState
from rspsim.stores.server_state import FileState

sys.path.insert(0, str(Path(__file__).parents[1] / "smdpp"))
from conftest import CardStandIn, Lpa

PKI = make_pki()
MADE = make_profile(ProfileParameters(iccid=Iccid.from_digits("89990010000000000000")))
FEW, MANY = 20, 2000
SLACK = 1.5
"""For the depth of the trees of the indexes, and for digits of numbers."""


def order(server, number, matching_id=None):
    iccid = Iccid.from_digits(f"8999001{number:013}")
    metadata = MADE.metadata.__class__(
        iccid=iccid,
        service_provider_name="SP",
        profile_name="P",
    )
    return server.orders.order(MADE.upp, metadata, matching_id=matching_id or f"M-{number}")


def served(path, count):
    state = FileState(path)
    server = SmDpPlus(PKI, rng=SeededRng(b"s"), clock=ManualClock(), state=state)
    with state.unit():
        for number in range(count):
            order(server, number)
    return server


class Meter:
    """Counts the steps of the database, and the statements with their plans."""

    def __init__(self, server):
        self.connection = server.state._database
        self.steps, self.statements = 0, []

    def __enter__(self):
        def step():
            self.steps += 1

        self.connection.set_progress_handler(step, 1)
        self.connection.set_trace_callback(self.statements.append)
        return self

    def __exit__(self, *_):
        self.connection.set_progress_handler(None, 0)
        self.connection.set_trace_callback(None)


def life(server):
    """Orders, downloads, installs and deletes a Profile, and orders another by its type."""
    made = order(server, 10**9, "LAST")
    lpa = Lpa(server, CardStandIn(PKI, Curve.NIST_P256))
    lpa.download("LAST")
    lpa.notify(lpa.card.result(lpa.transaction_id, made.iccid))
    for event in (NotificationEvent.notificationEnable, NotificationEvent.notificationDelete):
        lpa.notify(lpa.card.notification(event, made.iccid))
    assert server.orders.get(made.number).state == "Unavailable"
    header = {"functionRequesterIdentifier": "2.999.100", "functionCallIdentifier": "1"}
    body = {"header": header, "profileType": "PROFILE_OPERATIONAL1"}
    with server.state.unit(), pytest.raises(StopIteration):
        next(FUNCTIONS["downloadOrder"](server.environment, body, "2.999.100"))


@pytest.fixture(scope="module")
def meters(tmp_path_factory):
    measured = []
    for count in (FEW, MANY):
        server = served(tmp_path_factory.mktemp("orders") / "s.db", count)
        with Meter(server) as meter:
            life(server)
        measured.append((server, meter))
    yield [meter for _, meter in measured]
    for server, _ in measured:
        server.state.close()


def test_an_order_takes_as_many_steps_among_many_as_among_few(meters):
    few, many = meters
    assert len(many.statements) == len(few.statements)
    assert many.steps < SLACK * few.steps, (few.steps, many.steps)


def test_no_statement_of_an_order_looks_at_every_order_or_profile(meters):
    _, many = meters
    selects = {one for one in many.statements if one.startswith("SELECT")}
    assert any("FROM orders" in one for one in selects)
    for one in selects:
        plan = [row[-1] for row in many.connection.execute(f"EXPLAIN QUERY PLAN {one}")]
        scans = [line for line in plan if line in ("SCAN orders", "SCAN profile")]
        assert not scans, (one, plan)


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_orders_are_found_by_each_of_their_names_as_they_change(kind, tmp_path):
    state = FileState(tmp_path / "s.db") if kind == "file" else None
    server = SmDpPlus(PKI, rng=SeededRng(b"s"), clock=ManualClock(), state=state)
    orders = server.orders.repository
    assert (orders.newest(), orders.available()) == (0, ())
    first, second = order(server, 1, "A"), order(server, 2, "B")
    assert orders.newest() == 2
    assert orders.named("A") == (first,)
    assert orders.of_iccid(second.iccid) == (second,)
    assert orders.named("C") == orders.of_iccid(MADE.metadata.iccid) == ()
    ended = server.orders.change(first.number, OrderEvent.CANCELLED)
    assert ended.state is OrderState.AVAILABLE
    assert orders.available() == (ended,)
    assert orders.named("A") == ()
    assert [one.iccid for one in server.orders.stock.available_profiles()] == [first.iccid]
    again = order(server, 1, "A")
    assert orders.of_iccid(first.iccid) == (again,)
    assert (orders.available(), orders.named("A")) == ((), (again,))
    if state is not None:
        state.close()


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_orders_are_read_by_the_page(kind, tmp_path):
    state = FileState(tmp_path / "s.db") if kind == "file" else None
    server = SmDpPlus(PKI, rng=SeededRng(b"s"), clock=ManualClock(), state=state)
    for number in range(1, 8):
        order(server, number)
    server.orders.change(2, OrderEvent.CANCELLED)
    repository = server.orders.repository

    def numbers(**asked):
        return [one.number for one in repository.page(OrderPage(**asked))]

    assert (repository.count(), numbers()) == (7, [1, 2, 3, 4, 5, 6, 7])
    assert numbers(most=3) == [1, 2, 3]
    assert numbers(after=3, most=2) == [4, 5]
    assert numbers(before=7, most=2) == [5, 6]
    assert numbers(before=3, after=1) == [2]
    assert numbers(state=OrderState.AVAILABLE) == [2]
    assert numbers(state=OrderState.RELEASED, before=4, most=2) == [1, 3]
    management = Management(server)

    def listed(query):
        asked = HttpRequest(method="GET", path="/orders", query=query)
        answer = json.loads(management.handle(asked).body)
        return [one["number"] for one in answer["result"]] if "result" in answer else answer

    assert listed("") == numbers()
    assert listed("limit=2&after=2") == [3, 4]
    assert listed("limit=2&before=1099511627776") == [6, 7]
    assert listed("state=Available") == [2]
    assert listed(f"iccid={repository.get(5).iccid}") == [5]
    assert "Available" in listed("state=nonsense")["error"]
    if state is not None:
        state.close()


def test_no_list_of_a_served_server_reads_every_order(tmp_path):
    served(tmp_path / "s.db", 60).state.close()
    server = served(tmp_path / "s.db", 0)
    overview = HttpRequest(method="GET", path="/")
    page = HttpRequest(method="GET", path="/orders", query="limit=5&before=1000")
    for request in (overview, page):
        before = len(server.state.orders._read)
        assert Management(server).handle(request).status == 200
        assert len(server.state.orders._read) <= before + 5
    server.state.close()


def test_an_order_kept_decoded_is_that_of_the_file_whoever_wrote_it(tmp_path):
    here, there = served(tmp_path / "s.db", 1), served(tmp_path / "s.db", 0)
    first = here.orders.get(1)
    assert here.orders.get(1) is first
    there.orders.change(1, OrderEvent.CANCELLED)
    assert here.orders.get(1).state is OrderState.AVAILABLE

    def put_without_keeping():
        with here.state.unit():
            here.orders.repository.put(first)
            raise RuntimeError("the unit ends without being kept")

    with pytest.raises(RuntimeError):
        put_without_keeping()
    assert here.orders.get(1).state is OrderState.AVAILABLE
    for number in range(2, 400):
        order(here, number)
    assert len(here.state.orders._read) == 256
    for server in (here, there):
        server.state.close()


def test_memory_forgets_the_names_of_orders_that_change():
    server = SmDpPlus(PKI, rng=SeededRng(b"s"), clock=ManualClock())
    kept = server.state.orders
    assert isinstance(kept, MemoryOrders)
    made = order(server, 1, "A")
    server.orders.change(made.number, OrderEvent.CANCELLED)
    assert "A" not in kept._by_matching_id
