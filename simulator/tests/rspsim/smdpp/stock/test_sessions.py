"""Sessions: each stage with each query, how long they wait, and how many are kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rspcore.crypto.curves import Curve
from rspcore.ids import TransactionId
from rspcore.profile_maker import make_profile, preset
from rspsim.smdpp.limits import KeptLimits
from rspsim.smdpp.stock.sessions import Client, MemorySessions, Session, SessionBook, Stage
from rspsim.stores.server_state import FileState

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


def numbered(number):
    return TransactionId(number.to_bytes(4, "big"))


@pytest.fixture(scope="module")
def client(pki):
    euicc = pki.euicc(Curve.NIST_P256).certificate
    return Client(eid=euicc.eid, certificate=euicc, euicc_info2=bytes(100), device_info=bytes(50))


def test_sessions_without_a_card_are_forgotten_before_those_with_one(client):
    kept = MemorySessions(KeptLimits(sessions=4))
    kept.put(replace(session(Stage.AUTHENTICATED, 2), client=client))
    kept.put(replace(session(Stage.CLOSED, 3), client=client))
    for number in range(4, 40):
        kept.put(session(number=number))
    assert len(kept) == 4
    assert [kept.get(numbered(n)) is not None for n in (2, 3, 37, 38, 39)] == [
        *(True, True, False, True, True)
    ]
    for number in range(40, 42):
        kept.put(replace(session(Stage.BOUND, number), client=client))
    assert [kept.get(numbered(n)) is not None for n in (2, 3, 39, 40, 41)] == [
        *(True, True, False, True, True)
    ]
    kept.put(replace(session(Stage.BOUND, 42), client=client))
    assert [kept.get(numbered(n)) is not None for n in (2, 3)] == [True, False]


def test_new_session_is_kept_when_all_others_have_a_card(client):
    kept = MemorySessions(KeptLimits(sessions=2))
    for number in (2, 3):
        kept.put(replace(session(Stage.BOUND, number), client=client))
    kept.put(session(number=4))
    assert [kept.get(numbered(n)) is not None for n in (2, 3, 4)] == [False, True, True]


def test_session_that_takes_a_step_is_the_newest_again():
    kept = MemorySessions(KeptLimits(sessions=2))
    for number in (2, 3, 2, 4):
        kept.put(session(number=number))
    assert [kept.get(numbered(n)) is not None for n in (2, 3, 4)] == [True, False, True]


@pytest.fixture(params=["memory", "file"])
def sessions(request, tmp_path):
    limits = KeptLimits(sessions=80)
    if request.param == "memory":
        yield MemorySessions(limits)
        return
    with FileState(tmp_path / "state.db", limits) as state:
        yield state.sessions


def test_new_sessions_are_kept_beside_as_many_ended_ones_as_fit(client, sessions):
    for number in range(100, 200):
        ended = replace(session(Stage.CLOSED, number), client=client)
        sessions.put(replace(ended, touched=NOW + timedelta(seconds=number)))
    for number in range(2, 10):  # eight cards begin at once
        sessions.put(replace(session(number=number), touched=NOW + timedelta(hours=1)))
    assert all(sessions.get(numbered(number)) is not None for number in range(2, 10))
    assert sessions.get(numbered(199)) is not None


def test_octets_of_sessions_are_bounded(client):
    big = replace(client, device_info=bytes(10_000))
    kept = MemorySessions(KeptLimits(session_octets=100_000))
    for number in range(2, 100):
        kept.put(replace(session(Stage.BOUND, number), client=big))
        kept.put(replace(session(Stage.CLOSED, number), client=big))
        assert kept.octets <= 100_000
    assert 5 < len(kept) < 10
    kept.clear()
    assert (len(kept), kept.octets) == (0, 0)


def test_flood_of_strangers_leaves_an_authenticated_session_good(make_server, make_lpa, code_of):
    server = make_server(limits=KeptLimits(sessions=20))
    lpa = make_lpa(server=server)
    order = server.orders.order(*_package())
    lpa.initiate()
    assert code_of(lpa.authenticate(order.matching_id)) == "Executed-Success"
    for _ in range(50):
        make_lpa(server=server).initiate()
    assert code_of(lpa.get_package()) == "Executed-Success"


def _package():
    made = make_profile(preset("PROFILE_OPERATIONAL1"))
    return made.upp, made.metadata
