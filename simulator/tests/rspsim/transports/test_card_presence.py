"""A card is put into a reader again where pcscd has not noticed it."""

import pytest

from rspcore.errors import ConfigError
from rspsim.transports import card_presence

READER = "Virtual PCD 00 00"


@pytest.fixture
def reader(monkeypatch):
    """Returns what happens at a reader, and how many cards pcscd does not notice."""
    events, unnoticed = [], [0]

    def answers(name, timeout_s=10.0):
        assert name == READER
        events.append("asked")
        if unnoticed[0]:
            unnoticed[0] -= 1
            raise ConfigError("no client could connect")

    monkeypatch.setattr(card_presence, "wait_until_empty", lambda _: events.append("empty"))
    monkeypatch.setattr(card_presence, "wait_until_card_answers", answers)
    monkeypatch.setattr(card_presence.time, "sleep", lambda _: events.append("waited"))
    return events, unnoticed


def _put_in(events):
    return card_presence.put_in(
        READER, lambda: events.append("in") or object(), lambda _: events.append("out")
    )


def test_card_that_answers_is_put_in_once(reader):
    events, _ = reader
    assert _put_in(events) is not None
    assert events == ["empty", "in", "asked"]


def test_card_that_pcscd_does_not_notice_is_put_in_again(reader):
    events, unnoticed = reader
    unnoticed[0] = 1
    _put_in(events)
    assert events == ["empty", "in", "asked", "out", "waited", "in", "asked"]


def test_card_that_nobody_gets_is_taken_out(reader):
    events, unnoticed = reader
    unnoticed[0] = 2
    with pytest.raises(ConfigError, match="no client"):
        _put_in(events)
    assert events[-1] == "out"
