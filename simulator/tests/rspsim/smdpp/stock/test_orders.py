"""Orders: every state by every event, activation codes, MatchingIDs, and what may be ordered."""

from datetime import timedelta

import pytest

from rspcore.errors import LocalError
from rspcore.ids import Eid
from rspsim.env import SeededRng
from rspsim.smdpp import OrderEvent, OrderState, OrderTerms
from rspsim.smdpp.stock.order_book import OrderBook
from rspsim.smdpp.stock.orders import TRANSITIONS

EID = Eid.from_digits("89049032123451234512345678901235")
OTHER = Eid.from_first_digits("890490321234512345123456789099")

LISTED = {
    ("Available", "DOWNLOAD_ORDERED"): "Allocated",
    ("Available", "DOWNLOAD_ORDERED_FOR_EID"): "Linked",
    ("Allocated", "CONFIRMED"): "Confirmed",
    ("Allocated", "CONFIRMED_AND_RELEASED"): "Released",
    ("Linked", "CONFIRMED"): "Confirmed",
    ("Linked", "CONFIRMED_AND_RELEASED"): "Released",
    ("Confirmed", "RELEASED"): "Released",
    ("Released", "DELIVERED"): "Downloaded",
    ("Downloaded", "DELIVERED"): "Downloaded",
    ("Downloaded", "INSTALLED"): "Installed",
    ("Downloaded", "FAILED"): "Error",
    ("Released", "FAILED"): "Error",
    ("Allocated", "CANCELLED"): "Available",
    ("Linked", "CANCELLED"): "Available",
    ("Confirmed", "CANCELLED"): "Available",
    ("Released", "CANCELLED"): "Available",
    ("Error", "CANCELLED"): "Available",
    ("Allocated", "WITHDRAWN"): "Unavailable",
    ("Linked", "WITHDRAWN"): "Unavailable",
    ("Confirmed", "WITHDRAWN"): "Unavailable",
    ("Released", "WITHDRAWN"): "Unavailable",
    ("Error", "WITHDRAWN"): "Unavailable",
    ("Installed", "DELETED"): "Unavailable",
    ("Installed", "DELETED_FOR_REUSE"): "Available",
}


@pytest.fixture
def book():
    return OrderBook(SeededRng(b"orders"), address="smdp.example.com")


@pytest.mark.parametrize("state", list(OrderState))
@pytest.mark.parametrize("event", list(OrderEvent))
def test_each_event_in_each_state_follows_the_specification(state, event):
    expected = LISTED.get((state.value, event.name))
    assert TRANSITIONS[state].get(event) == expected


def test_event_that_is_not_listed_changes_nothing(book, profile):
    order = book.order(profile.upp, profile.metadata)
    assert order.after(OrderEvent.INSTALLED) == order


def test_order_is_released_with_a_matching_id_of_its_own(book, profile):
    first = book.order(profile.upp, profile.metadata)
    second = book.order(profile.upp, profile.metadata)
    assert first.state is second.state is OrderState.RELEASED
    assert first.matching_id != second.matching_id
    assert (first.number, second.number) == (1, 2)
    assert book.all() == (first, second)
    assert first.activation_code == f"LPA:1$smdp.example.com${first.matching_id}"


@pytest.mark.parametrize(
    ("options", "oid", "expected"),
    [
        ({"matching_id": "A-1"}, "", "LPA:1$smdp.example.com$A-1"),
        ({"matching_id": "A-1"}, "2.999.10", "LPA:1$smdp.example.com$A-1$2.999.10"),
        ({"matching_id": "A-1", "confirmation_code": "4711"}, "", "LPA:1$smdp.example.com$A-1$$1"),
        (
            {"matching_id": "A-1", "confirmation_code": "4711"},
            "2.999.10",
            "LPA:1$smdp.example.com$A-1$2.999.10$1",
        ),
        ({"matching_id": "", "eid": EID}, "", "LPA:1$smdp.example.com$"),
        (
            {"matching_id": "", "eid": EID, "confirmation_code": ""},
            "",
            "LPA:1$smdp.example.com$$$1",
        ),
    ],
)
def test_activation_code_has_the_fields_that_are_needed(book, profile, options, oid, expected):
    order = book.order(profile.upp, profile.metadata, **options)
    assert order.activation_code_with(smdp_oid=oid) == expected


def test_activation_code_can_have_another_address(book, profile):
    order = book.order(profile.upp, profile.metadata, matching_id="A")
    assert order.activation_code_with(address="localhost:8443") == "LPA:1$localhost:8443$A"


@pytest.mark.parametrize("matching_id", ["a", "A B", "A$B", "Ä", "A" * 256, "A\n"])
def test_matching_id_with_other_characters_is_refused(book, profile, matching_id):
    with pytest.raises(LocalError, match="MatchingID"):
        book.order(profile.upp, profile.metadata, matching_id=matching_id)
    assert book.all() == ()


def test_empty_matching_id_needs_an_eid(book, profile):
    with pytest.raises(LocalError, match="EID"):
        book.order(profile.upp, profile.metadata, matching_id="")


def test_matching_id_in_use_is_refused_until_its_order_is_finished(book, profile):
    order = book.order(profile.upp, profile.metadata, matching_id="A")
    with pytest.raises(LocalError, match="belongs to order 1"):
        book.order(profile.upp, profile.metadata, matching_id="A")
    book.change(order.number, OrderEvent.WITHDRAWN)
    again = book.order(profile.upp, profile.metadata, matching_id="A")
    assert book.asked_for("A", EID) == again


def test_default_orders_of_two_cards_are_separate(book, profile):
    one = book.order(profile.upp, profile.metadata, matching_id="", eid=EID)
    two = book.order(profile.upp, profile.metadata, matching_id="", eid=OTHER)
    assert (book.asked_for("", EID), book.asked_for("", OTHER)) == (one, two)
    with pytest.raises(LocalError, match="belongs to order"):
        book.order(profile.upp, profile.metadata, matching_id="", eid=EID)


def test_order_with_an_eid_is_linked_before_it_is_confirmed(book, profile):
    terms = OrderTerms(released=False)
    order = book.order(profile.upp, profile.metadata, eid=EID, terms=terms)
    assert order.state is OrderState.CONFIRMED
    assert book.change(order.number, OrderEvent.RELEASED).state is OrderState.RELEASED
    with pytest.raises(LocalError, match="Released"):
        book.change(order.number, OrderEvent.RELEASED)


def test_cancelled_order_is_available_again_and_its_matching_id_unknown(book, profile):
    order = book.order(profile.upp, profile.metadata, confirmation_code="1")
    cancelled = book.change(order.number, OrderEvent.CANCELLED)
    assert (cancelled.matching_id, cancelled.confirmation_code_hash) == ("", None)
    assert str(book.asked_for(order.matching_id, EID)).startswith("8.2.6/3.8")


def test_unknown_order_is_refused(book):
    with pytest.raises(LocalError, match="order 7"):
        book.get(7)


def test_order_ends_at_its_time(book, profile, clock):
    end = clock.now() + timedelta(hours=1)
    order = book.order(profile.upp, profile.metadata, terms=OrderTerms(expires_at=end))
    assert not order.expired(end - timedelta(seconds=1))
    assert order.expired(end)
