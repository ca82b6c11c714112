"""Conditions on the simulated card: both ways to a state have the same result."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from rspcore.crypto.curves import Curve
from rspcore.messages.es10a import EuiccConfiguredAddressesRequest, SetDefaultDpAddressRequest
from rspcore.messages.es10b import GetEuiccInfo2Request
from rspcore.messages.es10c import ProfileState
from rspcore.messages.metadata import NotificationConfigurationInformation, NotificationEvent
from rspcore.profile_maker import preset
from rspharness.card import expect
from rspharness.card.card_under_test import Card
from rspharness.lpa import local_management
from rspharness.record.steps import Steps
from rspharness.record.testcase import Level
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import ExpectationError, Inconclusive, NotApplicable
from rspharness.run.applicability import foreign_excuse
from rspharness.run.run import Run, RunOptions
from rspharness.servers.policy_rules import lift_rules
from rspharness.servers.rsp_server import server_maker
from rspharness.suite import cleanup, file_access, initial_conditions
from rspharness.suite.initial_conditions import Conditions
from rspharness.suite.profile_packages import profile

ONE, TWO = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"
FOREIGN = replace(
    preset(ONE),
    iccid=preset(ONE).iccid.from_digits("8988001234567890123"),
    notification_configuration=(
        NotificationConfigurationInformation(
            profile_management_operation=frozenset(NotificationEvent),
            notification_address="operator.test",
        ),
    ),
)


@pytest.fixture
def run():
    return Run(RunOptions())


def _given(run):
    card = run.open_card(Trace(), Timings())
    make = server_maker(run.pki, Curve.NIST_P256, "test", run.options.started)
    return card, Conditions(card, make(), run, Steps(Trace()))


def test_profiles_are_installed_in_order_and_state(run):
    card, given = _given(run)
    installed = given.profiles(ONE, TWO, enabled=TWO)
    listed = card.profiles()
    assert [one.iccid for one in installed] == [one.iccid for one in listed]
    assert [one.aid for one in installed] == [one.isdp_aid for one in listed]
    assert [one.profile_state for one in listed] == [ProfileState.disabled, ProfileState.enabled]
    assert card.notifications() == ()


def test_kept_state_equals_the_one_reached_by_commands(run):
    card, given = _given(run)
    given.profiles(ONE, TWO, enabled=ONE)
    by_commands = card.observe()
    sent = card.timings.by_name
    assert "STORE DATA PrepareDownload" in sent
    card, given = _given(run)
    given.profiles(ONE, TWO, enabled=ONE)
    assert "STORE DATA PrepareDownload" not in card.timings.by_name
    assert card.observe() == by_commands
    assert card.observe().info2 == by_commands.info2


def test_other_profile_of_the_same_iccid_is_another_state(run):
    _, given = _given(run)
    given.profiles(ONE)
    card, given = _given(run)
    given.profiles(replace(preset(ONE), spn="Other"))
    assert card.profiles()[0].service_provider_name == "Other"


def test_card_in_use_is_cleared_first(run):
    card, given = _given(run)
    given.profiles("PROFILE_OPERATIONAL5", enabled="PROFILE_OPERATIONAL5")  # PPR1 and PPR2
    given.default_address("dp.example.com")
    run.kept.clear()
    given.profiles(TWO)
    assert [one.profile_name for one in card.profiles()] == ["Operational Profile Name 2"]
    assert card.send(EuiccConfiguredAddressesRequest()).default_dp_address is None
    assert card.notifications() == ()


def test_notifications_are_kept_on_request(run):
    card, given = _given(run)
    given.profiles(ONE, enabled=ONE, notifications=True)
    assert len(card.notifications()) == 3
    given.no_notifications()
    assert card.notifications() == ()


def _keep(run, *there, enabled=None, level="profiles", erase=False, deleted=False):
    """Makes the run one of a card that is kept, on which these Profiles are somebody else's.

    Deleted ones have left their Notifications.
    """
    link = run.target.open()
    run.target.open = lambda: link  # the only card
    owner = Card(link)
    owner.reset()
    make = server_maker(run.pki, Curve.NIST_P256, "owner", run.options.started)
    for one in there:
        make().install(owner, profile(one))
        if deleted:
            local_management.delete_profile(owner, profile(one).metadata.iccid)
    if enabled is not None:
        local_management.enable_profile(owner, enabled.iccid)
    run.target.simulated = False
    run.options = run._custody._options = replace(run.options, level=level, erase_foreign=erase)
    card, given = _given(run)
    return card, given


def _in_use(run, monkeypatch, *, level="profiles", erase=False):
    """Makes the run one of a card on which a Profile of somebody else is Enabled."""
    monkeypatch.setattr(initial_conditions, "require_trust", lambda *_: None)
    return _keep(run, FOREIGN, enabled=FOREIGN, level=level, erase=erase)


@pytest.mark.parametrize("level", ["profiles", "destructive"])
def test_what_is_somebody_elses_stays_and_is_enabled_again(run, monkeypatch, level):
    card, given = _in_use(run, monkeypatch, level=level)
    profiles, waiting = card.profiles(), card.notifications()
    given.profiles(TWO, enabled=TWO)
    assert card.enabled() == (preset(TWO).iccid,)
    assert FOREIGN.iccid in {one.iccid for one in card.profiles()}
    cleanup.remove_own(card, run)
    card.reset()
    assert card.profiles() == profiles
    assert card.notifications() == waiting


def test_case_does_not_read_what_is_somebody_elses(run, monkeypatch):
    card, given = _in_use(run, monkeypatch)
    card.aboard = run.aboard
    given.profiles(TWO)
    assert [one.iccid for one in card.profiles()] == [preset(TWO).iccid]
    assert card.notifications() == ()
    assert card.pending_notifications() == ()
    assert card.enabled() == ()


def test_ppr1_does_not_apply_beside_somebody_elses_profile(run, monkeypatch):
    _, given = _in_use(run, monkeypatch)
    with pytest.raises(NotApplicable, match="PPR1 is not allowed"):
        given.profiles("PROFILE_OPERATIONAL4")


@pytest.mark.parametrize(
    ("level", "erase", "excused"),
    [
        ("destructive", False, True),
        ("destructive", True, False),
        ("profiles", False, False),
    ],
)
def test_case_that_erases_everything_asks_for_a_word(run, monkeypatch, level, erase, excused):
    _in_use(run, monkeypatch, level="destructive", erase=erase)
    assert bool(foreign_excuse(run, Level(level))) is excused


def test_erase_foreign_deletes_what_is_somebody_elses(run, monkeypatch):
    card, given = _in_use(run, monkeypatch, level="destructive", erase=True)
    given.none()
    assert card.profiles() == ()
    assert card.notifications() == ()


@pytest.fixture
def real():
    """Returns a run that treats the simulated card as a real one."""
    made = Run(RunOptions(level="profiles"))
    made.target.simulated = False
    return made


@pytest.mark.parametrize("kind", ["PROFILE_TEST1", "PROFILE_PROVISIONING1"])
def test_foreign_profile_that_nobody_can_load_again_is_never_deleted(run, kind):
    card, given = _given(run)
    foreign = replace(preset(kind), iccid=FOREIGN.iccid)
    given.profiles(foreign)
    run.kept.clear()
    with pytest.raises(Inconclusive, match="cannot be loaded again"):
        given.none()
    assert [one.iccid for one in card.profiles()] == [foreign.iccid]


RULED = {
    "ppr1, Enabled": ("PROFILE_OPERATIONAL4", True),
    "ppr2, Disabled": ("PROFILE_OPERATIONAL1.1", False),
    "ppr2, Enabled": ("PROFILE_OPERATIONAL1.1", True),
    "both, Enabled": ("PROFILE_OPERATIONAL5", True),
    "both, Disabled": ("PROFILE_OPERATIONAL5", False),
}


def _without_reset(card):
    """Makes the card of a test refuse eUICCMemoryReset; returns the card."""
    sent = card.link.transmit

    def transmit(command):
        assert b"\xbf\x34" not in command, "eUICCMemoryReset was sent"
        return sent(command)

    card.link.transmit = transmit
    return card


@pytest.mark.parametrize(("name", "enabled"), RULED.values(), ids=RULED)
def test_rules_are_lifted_over_the_air_before_the_profile_is_deleted(real, name, enabled):
    card, given = _given(real)
    _without_reset(card)
    given.profiles(name, enabled=name if enabled else None)
    cleanup.remove_own(card, real)
    assert card.profiles() == ()
    assert card.notifications() == ()


def test_rules_of_two_profiles_are_lifted_one_after_the_other(real):
    card, given = _given(real)
    _without_reset(card)
    two = replace(preset("PROFILE_OPERATIONAL1.1"), iccid=preset(TWO).iccid)
    given.profiles("PROFILE_OPERATIONAL1.1", two, enabled=two)
    cleanup.remove_own(card, real)
    assert card.profiles() == ()


def test_rules_of_a_foreign_profile_are_never_lifted(real):
    foreign = replace(preset("PROFILE_OPERATIONAL4"), iccid=FOREIGN.iccid)
    card, _ = _keep(real, foreign, enabled=foreign)
    before = card.observe()
    cleanup.remove_own(card, real)
    assert card.observe() == before
    with pytest.raises(ExpectationError, match="whose keys are known"):
        lift_rules(card, foreign.iccid, 1)


def test_profile_that_comes_back_after_a_test_profile_is_disabled_first(real):
    card, given = _given(real)
    _, test = given.profiles(ONE, "PROFILE_TEST1", enabled=ONE)
    given.enable(test.iccid)
    cleanup.remove_own(card, real)
    assert card.profiles() == ()


def test_profiles_listed_as_enabled_that_are_not_are_deleted():
    fault = "narrow.get-profiles-info.disabled-not-shown"
    real = Run(RunOptions(level="profiles", card_fault=fault))
    real.target.simulated = False
    card, given = _given(real)
    _without_reset(card)
    _, two = given.profiles(ONE, TWO, enabled=TWO)
    cleanup.disable(card, two.iccid)
    assert len(card.enabled()) == 2
    cleanup.remove_own(card, real)
    assert card.profiles() == ()


LOCKED = replace(preset("PROFILE_OPERATIONAL1.1"), kic=bytes(16))  # keys nobody knows


@pytest.mark.parametrize("level", ["profiles", "irreversible"])
def test_rules_that_cannot_be_lifted_stay_below_destructive(real, level):
    card, given = _given(real)
    _without_reset(card)
    given.profiles(LOCKED)
    real.options = replace(real.options, level=level)
    with pytest.raises(ExpectationError, match="unset over the air"):
        cleanup.remove_own(card, real)
    assert len(card.profiles()) == 1


@pytest.mark.parametrize(
    ("there", "left"), [((), set()), ((FOREIGN,), {FOREIGN.iccid, LOCKED.iccid})]
)
def test_memory_is_reset_at_destructive_unless_another_profile_is_there(real, there, left):
    card, given = _keep(real, *there, level="destructive")
    given.profiles(LOCKED)
    with suppress(ExpectationError):
        cleanup.remove_own(card, real)
    assert {one.iccid for one in card.profiles()} == left


def test_own_traces_are_removed_and_others_stay(real):
    card, given = _keep(real, FOREIGN)
    given.profiles(TWO, notifications=True)
    given.default_address("dp.example.com")
    cleanup.remove_own(card, real)
    assert [one.iccid for one in card.profiles()] == [FOREIGN.iccid]
    assert {one.iccid for one in card.notifications()} == {FOREIGN.iccid}
    assert card.send(EuiccConfiguredAddressesRequest()).default_dp_address is None


@pytest.mark.parametrize("enabled", [False, True], ids=["Disabled", "Enabled"])
def test_profile_listed_without_its_iccid_is_deleted_by_its_aid(real, monkeypatch, enabled):
    card, given = _keep(real, FOREIGN)
    given.profiles(TWO, enabled=TWO if enabled else None)
    read = Card.listed_profiles
    own = preset(TWO).iccid
    monkeypatch.setattr(
        Card,
        "listed_profiles",
        lambda one: tuple(
            replace(each, iccid=None) if each.iccid == own else each for each in read(one)
        ),
    )
    cleanup.remove_own(card, real)
    monkeypatch.undo()
    assert [one.iccid for one in card.profiles()] == [FOREIGN.iccid]


def test_notification_that_waited_before_stays_whatever_it_is_of(real):
    card, given = _keep(real, TWO, deleted=True)
    waiting = card.notifications()
    assert {one.iccid for one in waiting} == {preset(TWO).iccid}
    given.profiles(TWO, notifications=True)
    assert len(card.notifications()) > len(waiting)
    cleanup.remove_own(card, real)
    assert card.notifications() == waiting
    given.no_notifications()
    assert card.notifications() == waiting


def test_card_that_came_without_an_address_ends_without_one(real):
    card, given = _given(real)
    real.target.open = lambda: card.link  # the only card
    given.none()
    given.default_address("dp.example.com")
    real.put_back()
    assert card.send(EuiccConfiguredAddressesRequest()).default_dp_address is None


def test_numbers_rise_on_a_card_that_is_kept(run, real):
    assert [next(run.rising()), next(run.rising())] == [1, 1]
    first = next(real.rising())
    assert next(real.rising()) == first + 1
    later = Run(replace(real.options, started=real.options.started + timedelta(seconds=1)))
    assert first < next(later._rising) < 1 << 40


def test_default_address_of_a_real_card_is_set_again_at_the_end(real):
    link = real.target.open()
    real.target.open = lambda: link  # the only card
    owner = Card(link)
    owner.reset()
    owner.send(SetDefaultDpAddressRequest(default_dp_address="operator.test"))
    card, given = _given(real)
    given.none()
    given.default_address("dp.example.com")
    real.put_back()
    assert card.send(EuiccConfiguredAddressesRequest()).default_dp_address == "operator.test"
    assert real.notes == [
        "the card is as before; restored: default SM-DP+ address operator.test; left: nothing"
    ]


def test_notifications_of_each_event_are_pending(run):
    card, given = _given(run)
    one = given.each_notification()
    listed = card.notifications()
    address = "testsmdpplus1.example.com"
    expect.notifications(
        listed[:1], (NotificationEvent.notificationInstall, one.metadata.iccid, address)
    )
    expect.notifications(
        listed[1:], *((event, one.metadata.iccid, address) for event in NotificationEvent)
    )
    assert card.profiles() == ()


def test_earlier_notifications_are_not_kept_with_those_of_the_steps(run):
    card, given = _given(run)
    given.each_notification()
    run.kept.clear()
    given.profiles(TWO, notifications=True)
    assert {one.iccid for one in card.notifications()} == {preset(TWO).iccid}


@pytest.mark.parametrize(("isdps", "octets", "left"), [(0.5, 0, 512), (1, 600, 1624)])
def test_memory_is_filled_to_the_octet(run, isdps, octets, left):
    card, given = _given(run)
    given.profiles(ONE)
    given.room_left(isdps, octets)
    resource = card.send(GetEuiccInfo2Request()).ext_card_resource
    assert int.from_bytes(resource.free_non_volatile_memory, "big") == left
    assert card.notifications() == ()


def test_files_of_the_enabled_profile_are_selectable(run):
    card, given = _given(run)
    given.none()
    assert file_access.ef_iccid(card) is None
    assert card.enabled() == ()
    (one,) = given.profiles(ONE, enabled=ONE)
    assert file_access.ef_iccid(card) == one.iccid
    assert card.enabled() == (one.iccid,)
    assert file_access.select_application(card).sw == 0x9000
    assert file_access.select_file(card, file_access.MF).sw == 0x9000


def test_memory_is_filled_up_to_the_room_asked_for(run):
    card, given = _given(run)
    given.memory_filled(8192)
    resources = card.send(GetEuiccInfo2Request()).ext_card_resource
    assert 0 < int.from_bytes(resources.free_non_volatile_memory, "big") <= 8192
    assert card.profiles()
    assert card.notifications() == ()
