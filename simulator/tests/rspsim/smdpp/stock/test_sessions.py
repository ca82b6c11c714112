"""Sessions: each stage with each query, how long they wait, and how many are kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rspcore.crypto.curves import Curve
from rspcore.ids import TransactionId
from rspsim.smdpp.stock.sessions import MemorySessions, Session, SessionBook, Stage

NOW = datetime(2026, 1, 1, tzinfo=UTC)
IDENTIFIER = TransactionId(b"\x01")


def session(stage: Stage = Stage.CHALLENGED, number: int = 1) -> Session:
    return Session(
        transaction_id=TransactionId(number.to_bytes(4, "big")) if number != 1 else IDENTIFIER,
        stage=stage,
        touched=NOW,
        server_challenge=bytes(16),
        ci_pkid=bytes(20),
        curve=Curve.NIST_P256,
    )


@pytest.fixture
def book():
    return SessionBook(MemorySessions(), timedelta(minutes=1))


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("wanted", list(Stage))
def test_session_is_live_for_its_own_stage_only(book, stage, wanted):
    book.repository.put(session(stage))
    live = book.live(IDENTIFIER, NOW, wanted)
    assert (live is not None) == (stage is wanted and stage is not Stage.CLOSED)


@pytest.mark.parametrize("stage", list(Stage))
def test_session_is_live_at_every_stage_except_the_last(book, stage):
    book.repository.put(session(stage))
    assert (book.live(IDENTIFIER, NOW) is None) == (stage is Stage.CLOSED)
    assert book.known(IDENTIFIER) == session(stage)


def test_session_ends_after_its_lifetime(book):
    book.repository.put(session())
    assert book.live(IDENTIFIER, NOW + timedelta(minutes=1))
    assert book.live(IDENTIFIER, NOW + timedelta(minutes=1, seconds=1)) is None
    assert book.known(IDENTIFIER)


def test_unknown_session_is_not_live(book):
    assert book.live(IDENTIFIER, NOW) is None
    assert book.known(IDENTIFIER) is None


def test_ended_session_keeps_its_data():
    one = replace(session(Stage.BOUND), order=7)
    assert one.ended() == replace(one, stage=Stage.CLOSED)


def test_oldest_session_is_forgotten_for_the_newest():
    kept = MemorySessions()
    for number in range(2, 10_003):
        kept.put(session(number=number))
    assert kept.get(TransactionId((2).to_bytes(4, "big"))) is None
    assert kept.get(TransactionId((3).to_bytes(4, "big")))
    assert kept.get(TransactionId((10_002).to_bytes(4, "big")))
