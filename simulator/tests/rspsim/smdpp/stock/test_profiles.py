"""The stock: a Profile is there once, with one live order at most, lost or not."""

from dataclasses import replace

import pytest

from rspcore.errors import LocalError, StoreError
from rspcore.ids import Iccid
from rspsim.env import SeededRng
from rspsim.smdpp import OrderEvent, OrderState, Policy
from rspsim.smdpp.stock.order_book import OrderBook
from rspsim.smdpp.stock.profiles import StockPage
from rspsim.stores.server_state import FileState


@pytest.fixture(params=["memory", "file"])
def book(request, tmp_path):
    rng = SeededRng(b"stock")
    if request.param == "memory":
        yield OrderBook(rng, address="smdp.example.com")
        return
    with FileState(tmp_path / "s.db") as state:
        yield OrderBook(
            rng,
            address="smdp.example.com",
            repository=state.orders,
            profiles=state.profiles,
            unit=state.unit,
        )


def installed(book, profile):
    order = book.order(profile.upp, profile.metadata)
    for event in (OrderEvent.DELIVERED, OrderEvent.INSTALLED):
        order = order.after(event)
    book.repository.put(order)
    return order


def test_ordered_profile_is_in_the_stock_once(book, profile):
    iccid = profile.metadata.iccid
    book.stock.add(profile.upp, profile.metadata, profile_type="GOLD", owner="2.999.7")
    order = book.order(profile.upp, profile.metadata)
    (kept,) = book.stock.profiles.all()
    assert (kept.iccid, kept.profile_type, kept.owner) == (iccid, "GOLD", "2.999.7")
    assert (kept.upp, kept.metadata, kept.lost) == (order.upp, order.metadata, False)
    assert [one.number for one in book.all()] == [1]  # the order it had in stock
    assert book.stock.state_of(iccid) is OrderState.RELEASED


def test_profile_has_one_live_order(book, profile):
    book.order(profile.upp, profile.metadata)
    for order in (book.order, book.stock.add):
        with pytest.raises(LocalError, match=r"has order 1, which is Released \(8\.2\.1/3\.3\)"):
            order(profile.upp, profile.metadata)
    book.change(1, OrderEvent.WITHDRAWN)
    assert book.order(profile.upp, profile.metadata).number == 2


def test_older_order_of_a_profile_cannot_become_live_beside_a_newer_one(book, profile):
    first = installed(book, profile)
    book.order(profile.upp, profile.metadata)
    assert book.after_deletion(first, OrderEvent.DELETED_FOR_REUSE).state == "Unavailable"
    book.repository.put(first.after(OrderEvent.DELETED_FOR_REUSE))
    with pytest.raises(LocalError, match="order 2 of the same Profile is newer"):
        book.change(1, OrderEvent.DOWNLOAD_ORDERED)


def test_lost_profile_cannot_be_ordered_until_it_is_found(book, profile):
    iccid = profile.metadata.iccid
    installed(book, profile)
    assert book.stock.lose(iccid).lost
    assert book.stock.state_of(iccid) is OrderState.UNAVAILABLE
    with pytest.raises(LocalError, match="is lost"):
        book.order(profile.upp, profile.metadata)
    assert not book.stock.find_again(iccid).lost
    assert book.order(profile.upp, profile.metadata).number == 2


def test_profile_that_no_card_has_cannot_be_lost(book, profile):
    with pytest.raises(LocalError, match="not in the stock"):
        book.stock.lose(profile.metadata.iccid)
    book.order(profile.upp, profile.metadata)
    with pytest.raises(LocalError, match="is Released: no card has it"):
        book.stock.lose(profile.metadata.iccid)
    assert not book.stock.profiles.all()[0].lost


def test_profile_is_taken_out_of_the_stock_unless_it_is_ordered(book, profile):
    iccid = profile.metadata.iccid
    book.order(profile.upp, profile.metadata)
    with pytest.raises(LocalError, match="has order 1: Released"):
        book.stock.remove(iccid)
    book.change(1, OrderEvent.CANCELLED)
    book.stock.remove(iccid)
    assert book.stock.profiles.all() == ()
    assert book.get(1).state is OrderState.UNAVAILABLE


def test_file_itself_refuses_a_second_live_order(tmp_path, profile):
    with FileState(tmp_path / "s.db") as state:
        book = OrderBook(
            SeededRng(b"s"), address="a", repository=state.orders, profiles=state.profiles
        )
        order = book.order(profile.upp, profile.metadata)
        with pytest.raises(StoreError, match="UNIQUE"):
            state.orders.put(replace(order, number=9))


def test_deleted_profile_that_was_ordered_anew_does_not_go_back(make_server, make_lpa, profile):
    server = make_server(policy=Policy(after_deletion=OrderEvent.DELETED_FOR_REUSE))
    first = installed(server.orders, profile)
    second = server.orders.order(profile.upp, profile.metadata)
    done = server.orders.after_deletion(first, server.environment.policy.after_deletion)
    assert (done.state, second.state) == ("Unavailable", "Released")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [1, 2, 3, 4]),
        ({"most": 2}, [1, 2]),
        ({"after": 1}, [2, 3, 4]),
        ({"after": 1, "most": 2}, [2, 3]),
        ({"before": 4, "most": 2}, [2, 3]),
        ({"profile_type": "GOLD"}, [2, 4]),
        ({"owner": "2.999.7", "before": 4}, [2]),
        ({"lost": True}, [3]),
        ({"lost": False, "most": 3}, [1, 2, 4]),
    ],
)
def test_stock_comes_by_the_page(book, profile, asked, found):
    iccids = [Iccid.from_digits(f"899990100000000000{one}") for one in range(1, 5)]
    for number, iccid in enumerate(iccids, 1):
        gold = {"profile_type": "GOLD", "owner": "2.999.7"} if number in (2, 4) else {}
        book.stock.add(profile.upp, replace(profile.metadata, iccid=iccid), **gold)
    book.stock.profiles.put(replace(book.stock.profiles.get(iccids[2]), lost=True))
    places = {name: str(iccids[asked[name] - 1]) for name in ("after", "before") if name in asked}
    page = book.stock.profiles.page(StockPage(**(asked | places)))
    assert [iccids.index(one.iccid) + 1 for one in page] == found
