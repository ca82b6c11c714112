"""The history: bounds in number and octets, bodies that are kept in part, listeners that fail."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest

from rspsim.smdpp import HttpRequest, HttpResponse
from rspsim.smdpp.history import Exchange, History
from rspsim.smdpp.limits import KeptLimits, LeftOut

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def add(history, body=b"", answer=b"", *, refused=None):
    history.add(
        Exchange(
            number=history.next_number,
            at=NOW,
            function="",
            transaction_id="",
            summary="",
            request=HttpRequest(method="POST", path="/", body=body),
            response=HttpResponse(status=refused or 200, body=answer),
        ),
        refused=refused,
    )


def test_number_of_exchanges_is_bounded():
    history = History(KeptLimits(exchanges=3))
    for _ in range(10):
        add(history)
    assert [one.number for one in history] == [8, 9, 10]
    assert history.next_number == 11


def test_octets_are_bounded_whatever_the_number():
    limit = 100_000
    history = History(KeptLimits(history_octets=limit))
    for _ in range(100):
        add(history, bytes(6000), bytes(3000))
        assert history.octets <= limit
    assert len(history) == 9
    assert history.octets == sum(one.octets for one in history)
    history.clear()
    assert (len(history), history.octets) == (0, 0)


def test_exchange_above_the_whole_bound_is_counted_and_not_kept():
    history = History(KeptLimits(history_octets=500))
    add(history)
    assert (len(history), history.octets, history.next_number) == (0, 0, 2)


def test_long_bodies_are_kept_as_length_digest_and_beginning():
    history = History(KeptLimits(whole_octets=100, first_octets=10))
    asked, got = bytes(range(101)), bytes(range(100, 250))
    add(history, asked, got)
    (kept,) = history
    assert (kept.request.body, kept.response.body) == (asked[:10], got[:10])
    assert kept.request_left_out == LeftOut(101, sha256(asked).digest())
    assert kept.response_left_out == LeftOut(150, sha256(got).digest())


def test_bodies_within_the_bound_are_kept_whole():
    history = History(KeptLimits(whole_octets=100))
    add(history, bytes(100), bytes(100))
    (kept,) = history
    assert (kept.request.body, kept.request_left_out) == (bytes(100), None)
    assert (kept.response.body, kept.response_left_out) == (bytes(100), None)


@pytest.mark.parametrize("status", [404, 413, 415])
def test_bodies_of_refused_requests_are_not_kept(status):
    history = History()
    add(history, b"secret", b"answer", refused=status)
    (kept,) = history
    assert (kept.request.body, kept.response.body) == (b"", b"answer")
    assert kept.request_left_out == LeftOut(6, sha256(b"secret").digest())


def test_requests_of_a_megabyte_to_nowhere_leave_next_to_nothing(server):
    for _ in range(100):
        server.handle(HttpRequest(method="POST", path="/nowhere", body=bytes(1 << 20)))
    assert len(server.history) == 100
    assert server.history.octets < 200_000


def test_listener_that_raises_is_logged_once_and_the_answers_go_on(server, caplog):
    seen = []

    def broken(exchange):
        raise OSError("the terminal is gone")

    server.history.listen(broken)
    server.history.listen(seen.append)
    for _ in range(3):
        assert server.handle(HttpRequest(method="GET", path="/")).status == 404
    assert len(seen) == 3
    assert caplog.text.count("a listener of the history fails and is dropped") == 1


def test_listeners_get_exchanges_as_they_are_kept():
    seen = []
    history = History(KeptLimits(whole_octets=100, first_octets=10))
    history.listen(seen.append)
    add(history, bytes(1000))
    assert seen == list(history)


def test_refusal_of_the_front_is_noted_as_a_fault_of_the_client(server):
    request = HttpRequest(method="POST", path="/x")
    server.note_refusal(request, HttpResponse(status=400), "two Host headers")
    (kept,) = server.history
    assert kept.summary == "HTTP 400, client fault: two Host headers"
    assert (kept.request, kept.response.status, kept.function) == (request, 400, "")
