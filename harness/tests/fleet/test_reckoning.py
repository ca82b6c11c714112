"""What is planted is found: each loss, doubling and stuck order, and nothing in a sound fleet."""

from dataclasses import replace

import pytest

from rspharness.fleet.reckoning import CardRecord, Given, Heard, Outcome, ServerOrder, reckon

ONE, OTHER = "1" * 32, "2" * 32
GIVEN = (
    Given(matching_id="A", eid=ONE, outcome=Outcome.INSTALLED, iccid="891"),
    Given(matching_id="B", eid=ONE, outcome=Outcome.INSTALLED, iccid="892"),
    Given(matching_id="C", eid=OTHER, outcome=Outcome.REJECTED),
)
CARDS = (
    CardRecord(eid=ONE, listed=("891",), deleted=("892",), next=4, delivered=(1, 2, 3)),
    CardRecord(eid=OTHER),
)
ORDERS = (
    ServerOrder(matching_id="A", iccid="891", state="Installed", bound_to=ONE),
    ServerOrder(matching_id="B", iccid="892", state="Unavailable", bound_to=ONE),
    ServerOrder(matching_id="C", iccid="893", state="Error"),
)
HEARD = (
    Heard(eid=ONE, seq_number=1, verdict="ACCEPTED"),
    Heard(eid=ONE, seq_number=2, verdict="ACCEPTED"),
    Heard(eid=ONE, seq_number=2, verdict="DUPLICATE"),
    Heard(eid=ONE, seq_number=3, verdict="ACCEPTED"),
)


def changed(things, number, **values):
    return tuple(replace(one, **values) if n == number else one for n, one in enumerate(things))


def test_sound_fleet_is_clean_and_counted():
    found = reckon(GIVEN, CARDS, ORDERS, HEARD)
    assert found.clean, found
    assert found.counts["installed"] == 2
    assert found.counts["rejected by its user"] == 1
    assert found.counts["Notifications of cards"] == 3
    assert found.counts["Notifications DUPLICATE"] == 1


@pytest.mark.parametrize(
    ("cards", "orders", "heard", "text"),
    [
        (changed(CARDS, 0, listed=()), ORDERS, HEARD, "neither lists nor deleted"),
        (changed(CARDS, 0, delivered=(1, 2)), ORDERS, HEARD[:3], "Notification 3 neither waits"),
        (CARDS, changed(ORDERS, 0, state="Downloaded"), HEARD, "but the server says Downloaded"),
        (CARDS, changed(ORDERS, 1, state="Released"), HEARD, "deleted on card"),
        (CARDS, ORDERS[1:], HEARD, "the server says nothing"),
        (CARDS, changed(ORDERS, 2, state="Installed", bound_to=OTHER), HEARD, "never had 893"),
        (CARDS, ORDERS, HEARD[1:], "Notification 1 was answered and is not kept"),
    ],
)
def test_planted_loss_is_found(cards, orders, heard, text):
    assert text in "\n".join(reckon(GIVEN, cards, orders, heard).lost)


@pytest.mark.parametrize(
    ("cards", "orders", "heard", "text"),
    [
        (changed(CARDS, 1, listed=("891",)), ORDERS, HEARD, "Profile 891: on 2 cards"),
        (changed(CARDS, 0, listed=("891", "891")), ORDERS, HEARD, "lists 891 2 times"),
        (
            CARDS,
            (*ORDERS, ServerOrder(matching_id="D", iccid="891", state="Installed", bound_to=ONE)),
            HEARD,
            "Installed in 2 orders",
        ),
        (CARDS, ORDERS, (*HEARD, HEARD[0]), "Notification 1 was taken 2 times"),
    ],
)
def test_planted_doubling_is_found(cards, orders, heard, text):
    assert text in "\n".join(reckon(GIVEN, cards, orders, heard).doubled)


@pytest.mark.parametrize(
    ("given", "cards", "orders", "text"),
    [
        (
            changed(GIVEN, 0, outcome=None),
            changed(CARDS, 0, listed=()),
            ORDERS,
            "which has not ended it",
        ),
        (
            changed(GIVEN, 2, outcome=Outcome.FAILED, reason="no answer"),
            CARDS,
            ORDERS,
            "failed on card 22222222222222222222222222222222: no answer",
        ),
        (GIVEN, changed(CARDS, 0, waiting=(3,), delivered=(1, 2)), ORDERS, "Notification 3 waits"),
        (GIVEN, CARDS, changed(ORDERS, 2, state="Released"), "order C: still Released"),
    ],
)
def test_planted_stuck_order_or_notification_is_found(given, cards, orders, text):
    assert text in "\n".join(reckon(given, cards, orders, HEARD).stuck)


def test_what_a_phone_that_died_did_not_say_is_known_from_card_and_server():
    silent = changed(changed(GIVEN, 0, outcome=None), 2, outcome=None)
    assert reckon(silent, changed(CARDS, 0, delivered=(1, 3)), ORDERS, HEARD).clean
    open_ = changed(ORDERS, 0, state="Downloaded")
    assert "order A: given" in "\n".join(reckon(silent, CARDS, open_, HEARD).stuck)


def test_server_that_cannot_be_asked_is_left_out():
    found = reckon(GIVEN, CARDS)
    assert found.clean, found
    assert "orders Installed" not in found.counts


def test_orders_of_others_at_the_server_are_nobodys_concern():
    foreign = ServerOrder(matching_id="X", iccid="899", state="Released")
    assert reckon(GIVEN, CARDS, (*ORDERS, foreign), HEARD).clean


def test_accounts_cross_a_message_unchanged():
    assert [Given.of(one.message) for one in GIVEN] == list(GIVEN)
    assert [CardRecord.of(one.message) for one in CARDS] == list(CARDS)
