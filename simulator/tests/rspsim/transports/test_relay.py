"""The relay: order, a listener that raises, one that blocks, and the end."""

import threading
import time  # noqa: TID251  threads take real time

import pytest

from rspsim.transports.relay import Relay


def test_values_arrive_in_order_and_in_another_thread():
    seen = []
    relay = Relay(lambda value: seen.append((value, threading.current_thread().name)), name="test")
    for number in range(100):
        relay(number)
    relay.close()
    assert seen == [(number, "rspsim test") for number in range(100)]


def test_listener_that_raises_is_logged_once_and_dropped(caplog):
    seen = []

    def listener(value):
        seen.append(value)
        raise ZeroDivisionError("a bug")

    relay = Relay(listener, name="test")
    for number in range(10):
        relay(number)
    relay.close()
    assert relay.dropped
    relay(11)
    assert seen == [0]
    assert [one.getMessage() for one in caplog.records] == [
        "test: fails and is dropped: ZeroDivisionError('a bug')"
    ]


def test_listener_that_blocks_keeps_nobody_waiting_and_is_dropped(caplog):
    entered, release = threading.Event(), threading.Event()
    seen = []

    def listener(value):
        seen.append(value)
        entered.set()
        release.wait(10)

    relay = Relay(listener, name="test", waiting=3)
    relay(0)
    assert entered.wait(5)
    start = time.monotonic()
    for number in range(1, 20):
        relay(number)
    assert time.monotonic() - start < 1
    assert relay.dropped
    assert [one.getMessage() for one in caplog.records] == [
        "test: takes nothing any more, 3 values are waiting; it is dropped"
    ]
    release.set()
    relay.close()
    assert seen == [0]


@pytest.mark.parametrize("waiting", [1, 5])
def test_close_does_not_wait_for_a_listener_that_blocks(waiting):
    release = threading.Event()
    relay = Relay(lambda _: release.wait(10), name="test", waiting=waiting)
    relay(0)
    relay.close(patience_s=0.05)
    release.set()
