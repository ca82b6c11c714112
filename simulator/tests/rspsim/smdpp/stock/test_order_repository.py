"""Orders are found by ICCID and MatchingID as a look at all of them would find them."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from rspcore.ids import Iccid
from rspsim.env import SeededRng
from rspsim.smdpp.memory_state import MemoryState
from rspsim.smdpp.stock.orders import Order
from rspsim.stores.server_state import FileState

ICCIDS = [Iccid.from_digits(f"8900012345678901{number:03d}") for number in range(4)]
NAMES = ("", "A", "B", 'quote"$')


@pytest.fixture(params=["memory", "file"])
def state(request, tmp_path):
    if request.param == "memory":
        yield MemoryState()
        return
    with FileState(tmp_path / "state.db") as kept:
        yield kept


def order(number, iccid=ICCIDS[0], matching_id=""):
    return Order(
        number=number,
        smdp_address="localhost",
        iccid=iccid,
        upp=b"upp",
        metadata=b"metadata",
        matching_id=matching_id,
    )


def found_as_by_a_look_at_all(orders):
    everything = orders.all()
    for iccid in ICCIDS:
        assert orders.of_iccid(iccid) == tuple(one for one in everything if one.iccid == iccid)
    for name in NAMES:
        assert orders.named(name) == tuple(one for one in everything if one.matching_id == name)
    assert orders.newest() == max((one.number for one in everything), default=0)


def test_orders_are_found_whatever_becomes_of_them(state):
    rng = SeededRng(b"orders")
    found_as_by_a_look_at_all(state.orders)
    for number in range(1, 25):
        one, other, name = (octet % 4 for octet in rng.octets(3))
        with state.unit():
            state.orders.put(order(number, ICCIDS[one], NAMES[name]))
            changed = state.orders.get(1 + number * other // 4)
            if changed is not None:
                state.orders.put(replace(changed, matching_id=NAMES[other], iccid=ICCIDS[name]))
        found_as_by_a_look_at_all(state.orders)


def test_snapshot_finds_what_it_had(state):
    with state.unit():
        state.orders.put(order(1, matching_id="A"))
    snapshot = state.snapshot()
    with state.unit():
        state.orders.put(order(1, ICCIDS[1], "B"))
        state.orders.put(order(2, ICCIDS[1], "B"))
    state.restore(snapshot)
    found_as_by_a_look_at_all(state.orders)
    assert [one.number for one in state.orders.named("A")] == [1]


def test_file_of_an_earlier_version_finds_as_fast(tmp_path):
    path = tmp_path / "state.db"
    with FileState(path) as kept, kept.unit():
        kept.orders.put(order(1, matching_id="A"))
    with closing(sqlite3.connect(path)) as file:
        file.execute("DROP INDEX orders_of_profile")
        file.execute("DROP INDEX orders_named")
        file.commit()
    with FileState(path) as kept:
        assert [one.number for one in kept.orders.named("A")] == [1]
    with closing(sqlite3.connect(path)) as file:
        for condition in ("iccid = 'x'", "json_extract(json, '$.matching_id') = 'x'"):
            query = f"SELECT json FROM orders WHERE {condition}"  # noqa: S608  own words
            plan = file.execute(f"EXPLAIN QUERY PLAN {query}")
            assert "USING INDEX" in plan.fetchone()[3], condition
