"""Orders: every state by every event, activation codes, MatchingIDs, and what may be ordered."""

from datetime import timedelta

import pytest

from rspcore.errors import LocalError
from rspcore.ids import Eid
from rspcore.profile_maker import make_profile, preset
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
    ("Installed", "LOST"): "Unavailable",
    ("Downloaded", "LOST"): "Unavailable",
}


@pytest.fixture
def book():
    return OrderBook(SeededRng(b"orders"), address="smdp.example.com")


@pytest.fixture(scope="module")
def second():
    return make_profile(preset("PROFILE_OPERATIONAL2"))


@pytest.mark.parametrize("state", list(OrderState))
@pytest.mark.parametrize("event", list(OrderEvent))
def test_each_event_in_each_state_follows_the_specification(state, event):
    expected = LISTED.get((state.value, event.name))
    assert TRANSITIONS[state].get(event) == expected


def test_event_that_is_not_listed_changes_nothing(book, profile):
    order = book.order(profile.upp, profile.metadata)
    assert order.after(OrderEvent.INSTALLED) == order


def test_order_is_released_with_a_matching_id_of_its_own(book, profile, second):
    first = book.order(profile.upp, profile.metadata)
    second = book.order(second.upp, second.metadata)
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


def test_default_orders_of_two_cards_are_separate(book, profile, second):
    third = make_profile(preset("PROFILE_OPERATIONAL3"))
    one = book.order(profile.upp, profile.metadata, matching_id="", eid=EID)
    two = book.order(second.upp, second.metadata, matching_id="", eid=OTHER)
    assert (book.asked_for("", EID), book.asked_for("", OTHER)) == (one, two)
    with pytest.raises(LocalError, match="belongs to order"):
        book.order(third.upp, third.metadata, matching_id="", eid=EID)


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


@pytest.mark.parametrize(
    ("event", "data", "text"),
    [
        (OrderEvent.DOWNLOAD_ORDERED_FOR_EID, {}, "give the EID"),
        (OrderEvent.DOWNLOAD_ORDERED, {"eid": EID}, "does not take eid"),
    ],
)
def test_event_of_a_profile_in_stock_needs_its_data(book, profile, event, data, text):
    order = book.order(profile.upp, profile.metadata)
    stock = book.change(order.number, OrderEvent.CANCELLED)
    with pytest.raises(LocalError, match=text):
        book.change(order.number, event, **data)
    assert book.get(order.number) == stock


@pytest.mark.parametrize("event", [OrderEvent.CONFIRMED, OrderEvent.CONFIRMED_AND_RELEASED])
@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"matching_id": ""}, "needs an EID"),
        ({"matching_id": "TAKEN"}, "belongs to order 2"),
    ],
)
def test_confirmation_without_its_data_changes_nothing(book, profile, second, event, data, text):
    order = book.order(profile.upp, profile.metadata)
    book.order(second.upp, second.metadata, matching_id="TAKEN")
    book.change(order.number, OrderEvent.CANCELLED)
    allocated = book.change(order.number, OrderEvent.DOWNLOAD_ORDERED)
    with pytest.raises(LocalError, match=text):
        book.change(order.number, event, **data)
    assert book.get(order.number) == allocated


def test_event_of_a_card_is_not_the_operators(book, profile):
    order = book.order(profile.upp, profile.metadata)
    with pytest.raises(LocalError, match="comes from a card alone"):
        book.change(order.number, OrderEvent.DELIVERED)
    assert book.get(order.number) == order


def test_confirmation_of_a_linked_profile_for_another_card_is_refused(book, profile):
    order = book.order(profile.upp, profile.metadata)
    book.change(order.number, OrderEvent.CANCELLED)
    book.change(order.number, OrderEvent.DOWNLOAD_ORDERED_FOR_EID, eid=EID)
    with pytest.raises(LocalError, match=r"8\.1\.1/3\.10"):
        book.change(order.number, OrderEvent.CONFIRMED, eid=OTHER)
    assert book.change(order.number, OrderEvent.CONFIRMED, matching_id="").eid == EID


def test_finished_order_is_nothing_pending(book, profile, second):
    book.order(profile.upp, profile.metadata, matching_id="", eid=EID)
    book.order(second.upp, second.metadata, matching_id="USED")
    for number in (1, 2):
        book.change(number, OrderEvent.WITHDRAWN)
    assert str(book.asked_for("", EID)).startswith("8.1.1/3.8")
    assert str(book.asked_for("USED", EID)).startswith("8.2.6/3.8")
    assert "Unavailable" in str(book.asked_for("USED", EID))


def test_fresh_iccids_differ_and_have_a_check_digit(book):
    assert {len(str(book.stock.fresh_iccid())) for _ in range(20)} == {20}
    digits = [int(one) for one in reversed(str(book.stock.fresh_iccid()))]
    doubled = [sum(divmod(2 * one, 10)) for one in digits[1::2]]
    assert (sum(digits[::2]) + sum(doubled)) % 10 == 0


def test_unknown_order_is_refused(book):
    with pytest.raises(LocalError, match="order 7"):
        book.get(7)


def test_order_ends_at_its_time(book, profile, clock):
    end = clock.now() + timedelta(hours=1)
    order = book.order(profile.upp, profile.metadata, terms=OrderTerms(expires_at=end))
    assert not order.expired(end - timedelta(seconds=1))
    assert order.expired(end)
