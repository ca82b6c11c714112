"""What clearing sends, in which order, and what it makes of a card that is not honest."""

from dataclasses import replace

import pytest

from rspcore.crypto.curves import Curve
from rspcore.messages.es10c import (
    DeleteProfileRequest,
    DeleteProfileResponse,
    DisableProfileRequest,
    EnableProfileRequest,
    EuiccMemoryResetRequest,
    ProfileState,
)
from rspcore.profile_maker import preset
from rspharness.card.card_under_test import Card
from rspharness.record.steps import Steps
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import ExpectationError, Inconclusive
from rspharness.run.run import Run, RunOptions
from rspharness.servers.rsp_server import server_maker
from rspharness.suite import cleanup
from rspharness.suite.initial_conditions import Conditions

ONE, TWO = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"
FIRST, SECOND = preset(ONE).iccid, preset(TWO).iccid
OK = DeleteProfileResponse(delete_result=0)
LOCKED = replace(preset("PROFILE_OPERATIONAL1.1"), kic=bytes(16))  # keys nobody knows


@pytest.fixture
def given():
    """Returns a maker of conditions on a card, which counts as a real one unless it is asked."""

    def make(*, simulated=False, **options):
        run = Run(RunOptions(**{"level": "profiles", **options}))
        run.target.simulated = simulated
        card = run.open_card(Trace(), Timings())
        server = server_maker(run.pki, Curve.NIST_P256, "test", run.options.started)()
        return card, run, Conditions(card, server, run, Steps(Trace()))

    return make


@pytest.fixture
def sent(monkeypatch):
    """Returns the requests that cards of this test were sent."""
    requests, send = [], Card.send
    monkeypatch.setattr(
        Card, "send", lambda card, one, **more: requests.append(one) or send(card, one, **more)
    )
    return requests


def _of(sent, kind):
    return [one for one in sent if isinstance(one, kind)]


def test_the_enabled_profile_is_deleted_first(given, sent):
    card, run, conditions = given()
    conditions.profiles(ONE, TWO, enabled=TWO)
    sent.clear()
    cleanup.remove_own(card, run)
    assert [one.iccid for one in _of(sent, DeleteProfileRequest)] == [SECOND, FIRST]


def test_clearing_asks_for_no_refresh(given, sent):
    card, _, conditions = given()
    conditions.profiles(ONE)
    sent.clear()
    cleanup.enable(card, FIRST)
    cleanup.disable(card, FIRST)
    flags = [one.refresh_flag for one in _of(sent, EnableProfileRequest | DisableProfileRequest)]
    assert flags == [False, False]


class _Liar:
    """Makes a card answer ok(0) to DeleteProfile and keep the Profile."""

    def __init__(self, monkeypatch):
        send = Card.send
        monkeypatch.setattr(
            Card,
            "send",
            lambda card, one, **more: (
                OK if isinstance(one, DeleteProfileRequest) else send(card, one, **more)
            ),
        )


@pytest.mark.parametrize(
    ("level", "simulated", "left"),
    [
        ("profiles", False, {FIRST}),
        ("destructive", False, set()),
        ("profiles", True, {FIRST}),
        ("destructive", True, set()),
    ],
)
def test_ok_is_not_believed(given, monkeypatch, level, simulated, left):
    card, run, conditions = given(level=level, simulated=simulated)
    conditions.profiles(ONE)
    run.kept.clear()
    with monkeypatch.context() as lying:
        _Liar(lying)
        if left:
            with pytest.raises(ExpectationError, match=rf"no Profile {FIRST}.*still listed"):
                cleanup.clear(card, run)
        else:
            cleanup.clear(card, run)
    assert {one.iccid for one in card.profiles()} == left


def test_nothing_is_read_again_where_nothing_was_deleted(given, sent, monkeypatch):
    card, run, _ = given()
    listed = []
    read = Card.listed_profiles
    monkeypatch.setattr(Card, "listed_profiles", lambda one: listed.append(1) or read(one))
    cleanup.clear(card, run)
    assert len(listed) == 1
    assert not _of(sent, EuiccMemoryResetRequest)


def test_profile_listed_as_disabled_that_is_enabled_is_deleted(given, sent, monkeypatch):
    card, run, conditions = given()
    conditions.profiles(ONE, enabled=ONE)
    read = Card.listed_profiles
    with monkeypatch.context() as lying:
        lying.setattr(
            Card,
            "listed_profiles",
            lambda one: tuple(
                replace(each, profile_state=ProfileState.disabled) for each in read(one)
            ),
        )
        sent.clear()
        cleanup.remove_own(card, run)
    assert card.profiles() == ()
    assert not _of(sent, EnableProfileRequest)


def test_refusal_of_the_only_name_is_what_is_raised(given):
    card, _, conditions = given()
    conditions.profiles(ONE)
    with pytest.raises(ExpectationError, match="iccidOrAidNotFound"):
        cleanup.disable(card, SECOND)
    with pytest.raises(ExpectationError, match="neither of them"):
        cleanup.disable(card, None)


def test_profile_whose_iccid_is_refused_is_named_by_its_aid(given):
    card, _, conditions = given()
    (one,) = conditions.profiles(ONE)
    cleanup.enable(card, SECOND, one.aid)
    assert card.enabled() == (FIRST,)


@pytest.fixture
def resets(monkeypatch):
    """Returns a list with an entry for each reset of a card."""
    counted, reset = [], Card.reset
    monkeypatch.setattr(Card, "reset", lambda card: counted.append(1) or reset(card))
    return counted


@pytest.mark.parametrize("announced", [True, False])
def test_card_that_announces_no_refresh_is_reset_once(given, monkeypatch, resets, announced):
    card, _, conditions = given()
    conditions.profiles(ONE)
    resets.clear()
    monkeypatch.setattr(cleanup, "settle_refresh", lambda _: 4 if announced else None)
    cleanup.settle(card)
    assert len(resets) == (0 if announced else 1)


@pytest.mark.parametrize("beside", [False, True])
def test_list_is_read_after_a_switch_only_beside_profiles_of_somebody_else(
    given, monkeypatch, beside
):
    card, _, conditions = given()
    conditions.profiles(ONE)
    if beside:
        card.aboard = replace(card.aboard, profiles=frozenset({SECOND}))
    listed = []
    read = Card.listed_profiles
    monkeypatch.setattr(Card, "listed_profiles", lambda one: listed.append(1) or read(one))
    cleanup.enable(card, FIRST)
    assert bool(listed) is beside


def test_what_cannot_be_loaded_again_is_named_by_iccid_or_aid(given, monkeypatch):
    card, run, conditions = given(level="destructive", simulated=True)
    foreign = replace(
        preset("PROFILE_TEST1"), iccid=preset(ONE).iccid.from_digits("8988001234567890123")
    )
    (one,) = conditions.profiles(foreign)
    run.kept.clear()
    with pytest.raises(Inconclusive, match=rf"\({one.iccid}\)"):
        cleanup.clear(card, run)
    read = Card.listed_profiles
    monkeypatch.setattr(
        Card, "listed_profiles", lambda card: tuple(replace(e, iccid=None) for e in read(card))
    )
    with pytest.raises(Inconclusive, match=rf"\({one.aid}\)"):
        cleanup.clear(card, run)


@pytest.mark.parametrize(("level", "left"), [("profiles", 1), ("destructive", 0)])
def test_simulated_card_is_reset_at_destructive_alone(given, level, left):
    card, run, conditions = given(level=level, simulated=True)
    conditions.profiles(LOCKED)
    run.kept.clear()
    if left:
        with pytest.raises(ExpectationError):
            cleanup.clear(card, run)
    else:
        cleanup.clear(card, run)
    assert len(card.profiles()) == left
