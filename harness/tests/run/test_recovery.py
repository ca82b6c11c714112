"""Putting a card back, on the simulated card treated as a real one that is kept over runs."""

import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from rspcore.errors import StoreError
from rspcore.profile_maker import preset
from rspharness.card.card_under_test import Card
from rspharness.lpa import local_management
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import Inconclusive, MachineLacksError, NotApplicable, TargetLost
from rspharness.run import recovery
from rspharness.run.journal import Journal, journalled_eids
from rspharness.run.run import Run
from rspharness.run.run_options import RunOptions
from rspharness.targets.transport import LinkWrapper

sys.path.insert(0, str(Path(__file__).parent))
from recovery_cards import (
    ONE,
    OWNERS,
    TWO,
    disturbed,
    install,
    refuse,
    state_of,
)

pytestmark = pytest.mark.once


def test_run_puts_back_all_it_changed(owner, make, state_folder):
    before = state_of(owner)
    run = make()
    card = disturbed(run)
    assert journalled_eids(state_folder) == (run.facts["eid"],)
    run.put_back()
    assert journalled_eids(state_folder) == ()
    (note,) = run.notes
    assert note.startswith("the card is as before; restored: Profile 89299")
    assert note.endswith("left: nothing")
    now = state_of(card)
    assert (now.profiles, now.addresses) == (before.profiles, before.addresses)
    assert now.notifications == before.notifications
    assert "in this run" in run.facts["changing_commands"]


@pytest.mark.parametrize("enable", [False, True], ids=["disabled", "enabled"])
@pytest.mark.parametrize("name", ["PROFILE_OPERATIONAL4", "PROFILE_OPERATIONAL5"])
def test_profile_that_must_not_be_disabled_or_deleted_is_deleted(target, make, name, enable):
    run = make()
    card = run.open_card(Trace(), Timings())
    install(card, run, name, enable=enable)
    run.put_back()
    (note,) = run.notes
    assert note.startswith("the card is as before; restored: Profile 89299")
    assert card.profiles() == ()


@pytest.mark.parametrize("enable", [False, True], ids=["disabled", "enabled"])
def test_profile_that_must_not_be_deleted_is_deleted_beside_an_enabled_one(owner, make, enable):
    before = state_of(owner)
    run = make()
    card = run.open_card(Trace(), Timings())
    install(card, run, "PROFILE_OPERATIONAL1.1", enable=enable)
    run.put_back()
    (note,) = run.notes
    assert note.startswith("the card is as before; restored: Profile 89299")
    now = state_of(card)
    assert (now.profiles, now.notifications) == (before.profiles, before.notifications)


def test_journal_is_on_the_disk_before_each_command_it_is_about(owner, make, target, state_folder):
    target.link = watched = _Watched(target.link, state_folder, owner.eid())
    disturbed(make())
    assert watched.seen == {"address", "install", "switch"}


class _Watched(LinkWrapper):
    """Looks, before a command reaches the card, whether the journal has what it is about."""

    def __init__(self, link, folder, eid):
        super().__init__(link)
        self._folder, self._eid = folder, eid
        self.seen = set()

    def transmit(self, command):
        if command[1] == 0xE2 and command[5:7] in (b"\xbf\x3f", b"\xbf\x31", b"\xbf\x32"):
            journal = Journal.load(self._folder, self._eid)
            assert journal.before.address == "operator.test"
            assert journal.switches or command[6] == 0x3F
            self.seen.add("address" if command[6] == 0x3F else "switch")
        if command[1] == 0xE2 and b"\xbf\x25" in command and b"\x5a\x0a" in command:
            iccid = command.partition(b"\x5a\x0a")[2][:10]
            assert iccid.hex() in Journal.load(self._folder, self._eid).installs
            self.seen.add("install")
        return super().transmit(command)


def test_next_run_puts_back_what_a_killed_one_left_and_says_so(owner, make, state_folder):
    before = state_of(owner)
    disturbed(make())  # and no put_back: killed
    following = make()
    card = following.open_card(Trace(), Timings())
    assert state_of(card) == replace(state_of(card), notifications=before.notifications)
    assert state_of(card).profiles == before.profiles
    (note,) = following.notes
    assert note.startswith("an earlier run did not put the card back; restored: ")
    assert journalled_eids(state_folder) == ()


def test_run_that_only_reads_says_that_a_card_waits_and_changes_nothing(owner, make, state_folder):
    card = disturbed(make())
    left = state_of(card)
    reading = make("read-only")
    reading.open_card(Trace(), Timings())
    assert "rsplab recover --target pcsc" in reading.notes[0]
    assert state_of(card) == left
    assert journalled_eids(state_folder) != ()


SAME_PREFIX = replace(preset(ONE), iccid=preset(TWO).iccid.from_digits("8929909999999999995"))


@pytest.mark.parametrize("enable", [False, True], ids=["disabled", "enabled"])
def test_profile_that_is_not_in_the_journal_stays_whatever_its_iccid(target, make, enable):
    """Its ICCID begins as those of the suites; it was there, or came after the run was killed."""
    card = Card(target.link)
    card.reset()
    install(card, make(), SAME_PREFIX, enable=enable)
    local_management.set_nickname(card, SAME_PREFIX.iccid, "mine")
    before = state_of(card)
    killed = make()
    install(killed.open_card(Trace(), Timings()), killed, TWO)
    assert killed.owns(preset(TWO).iccid)
    assert not killed.owns(SAME_PREFIX.iccid)
    later = replace(SAME_PREFIX, iccid=SAME_PREFIX.iccid.from_digits("8929909999999999987"))
    card = Card(target.link)
    card.reset()
    install(card, killed, later)
    done = make().recover()
    assert str(done).startswith(f"restored: Profile {preset(TWO).iccid} of the suites deleted")
    card.reset()
    left = {one.iccid for one in card.profiles()}
    assert left == {SAME_PREFIX.iccid, later.iccid}
    local_management.delete_profile(card, later.iccid)
    now = state_of(card)
    assert now.profiles == before.profiles
    assert now.numbers() >= before.numbers()


def test_enabled_profile_that_is_not_in_the_journal_is_none_of_the_suites(target, make):
    card = Card(target.link)
    card.reset()
    install(card, make(), SAME_PREFIX, enable=True)
    run = make()
    run.open_card(Trace(), Timings()).listed_profiles()
    assert not run._custody.own_profile.is_enabled()
    assert run.aboard.enabled == SAME_PREFIX.iccid


def test_case_that_loads_an_iccid_of_somebody_else_does_not_apply(target, make):
    card = Card(target.link)
    card.reset()
    install(card, make(), ONE)
    before = state_of(card)
    run = make()
    card = run.open_card(Trace(), Timings())
    card.aboard = run.aboard
    with pytest.raises(NotApplicable, match="one that this run did not install is on the card"):
        install(card, run, ONE)
    run.put_back()
    assert state_of(Card(target.link)).profiles == before.profiles


@pytest.mark.parametrize("size", [6, 7, 8, 9, 10, 11, 16])
def test_profile_is_in_the_journal_however_its_load_is_split_into_blocks(owner, make, size):
    run = make()
    card = run.open_card(Trace(), Timings())
    card.options = replace(card.options, block_size=size)
    install(card, run, TWO)
    assert run.owns(preset(TWO).iccid)
    run.put_back()
    assert [one.iccid for one in Card(card.link).profiles()] == [OWNERS.iccid]


@pytest.mark.parametrize("enable", [False, True], ids=["disabled", "enabled"])
def test_profile_listed_without_its_iccid_is_deleted_by_its_aid(owner, make, monkeypatch, enable):
    before = state_of(owner)
    run = make()
    card = run.open_card(Trace(), Timings())
    install(card, run, TWO, enable=enable)
    read = Card.listed_profiles
    monkeypatch.setattr(Card, "listed_profiles", lambda one: tuple(_nameless(read(one))))
    run.put_back()
    (note,) = run.notes
    assert "restored: Profile A0000005591010FFFFFFFF8900001" in note
    monkeypatch.undo()
    assert state_of(card).profiles == before.profiles


def _nameless(listed):
    for one in listed:
        suites = str(one.iccid).startswith("892990")
        yield replace(one, iccid=None) if suites else one


def test_reading_run_writes_no_journal(owner, make, state_folder):
    run = make()
    run.open_card(Trace(), Timings()).observe()
    assert journalled_eids(state_folder) == ()
    run.put_back()
    assert run.notes == []


def test_card_killed_at_any_changing_command_is_put_back(owner, make, target, state_folder):
    """The power goes before each command of a run in turn; recovery has the same result."""
    before = state_of(owner)
    ends = set()
    for commands in range(40, 400, 23):
        run = make()
        target.pulled_after = commands
        with suppress(TargetLost, Inconclusive):
            disturbed(run)
        ends.add(target.pulled_after == 0)
        target.pulled_after = None
        following = make()
        following.recover()
        now = state_of(owner)
        assert (now.profiles, now.addresses) == (before.profiles, before.addresses), commands
        assert now.notifications == before.notifications, commands
        assert journalled_eids(state_folder) == ()
    assert True in ends


def test_foreign_profile_that_is_gone_is_said_once(owner, make, state_folder):
    run = make()
    card = run.open_card(Trace(), Timings())
    local_management.disable_profile(card, OWNERS.iccid)
    with Card(run.target.link) as past_the_guard:
        local_management.delete_profile(past_the_guard, OWNERS.iccid)
    run.put_back()
    (note,) = run.notes
    assert f"Profile {OWNERS.iccid} was there and is gone for good" in note
    assert journalled_eids(state_folder) == ()


def test_what_could_not_be_read_before_is_said_once(owner, make, state_folder, monkeypatch):
    run = make()
    with monkeypatch.context() as odd:
        odd.setattr(Card, "listed_profiles", refuse)
        card = run.open_card(Trace(), Timings())
    local_management.set_default_address(card, "a.test")
    install(card, run, ONE)
    run.put_back()
    (note,) = run.notes
    assert "restored: Profile 89299" in note
    assert "address operator.test" in note
    assert "the Profiles: DeleteProfile: disallowedByPolicy(3) (not known before the run" in note
    assert [one.iccid for one in card.profiles()] == [OWNERS.iccid]
    assert journalled_eids(state_folder) == ()


def test_notification_that_comes_back_after_a_reset_is_left(owner, make, state_folder):
    run = make()
    card = run.open_card(Trace(), Timings())
    install(card, run, ONE)
    waiting = card.notifications()
    read = recovery.waiting_notifications
    with pytest.MonkeyPatch.context() as odd:
        again = read(card)
        seen = []
        odd.setattr(recovery, "waiting_notifications", lambda one: _again(read(one), again, seen))
        run.put_back()
    (note,) = run.notes
    number = waiting[-1].seq_number
    assert f"Notification {number} of the run is listed again after a reset" in note
    assert journalled_eids(state_folder) != ()
    make().recover()
    assert journalled_eids(state_folder) == ()


def test_refusal_of_one_notification_keeps_no_other(owner, make, monkeypatch):
    run = make()
    card = disturbed(run)
    removal, refused = recovery._removal, []

    def refuse_the_first(card, number):
        refused.append(number)
        return removal(card, number) if refused[0] != number else refuse

    monkeypatch.setattr(recovery, "_removal", refuse_the_first)
    run.put_back()
    (note,) = run.notes
    assert f"left: Notification {refused[0]} of the run: DeleteProfile" in note
    waiting = {one.seq_number for one in card.notifications()}
    assert len(refused) > 1
    assert waiting & set(refused) == {refused[0]}


def test_notifications_with_numbers_below_0_are_removed(make, target):
    fault = "notifications.number.falls"
    target.link = Run(RunOptions(card_fault=fault)).target.open()
    run = make()
    card = run.open_card(Trace(), Timings())
    install(card, run, ONE, enable=True)
    assert any(one.seq_number < 0 for one in card.notifications())
    run.put_back()
    (note,) = run.notes
    assert note.startswith("the card is as before; restored: Profile 89299")
    assert card.notifications() == ()


def _again(listed, waiting, seen):
    """Returns a list that has what was removed again, from the second reading on."""
    seen.append(listed)
    return listed if len(seen) < 2 else waiting


def test_refused_deletion_is_left_and_the_journal_stays(owner, make, state_folder, monkeypatch):
    run = make()
    disturbed(run)
    monkeypatch.setattr(local_management, "delete_profile", refuse)
    run.put_back()
    (note,) = run.notes
    assert "deleted: DeleteProfile: disallowedByPolicy(3)" in note
    assert "rsplab recover" in note
    assert journalled_eids(state_folder) != ()


def test_limit_of_changing_commands_holds_over_runs(owner, make):
    first = make()
    card = first.open_card(Trace(), Timings())
    local_management.set_default_address(card, "a.test")
    first.put_back()
    first.close()
    second = make(change_limit=2)
    card = second.open_card(Trace(), Timings())
    with pytest.raises(Inconclusive, match="has had 2 changing commands: the limit is 2"):
        local_management.set_default_address(card, "b.test")
    assert second.put_back() is None
    assert local_management.read_addresses(card).default_dp_address == "operator.test"


def test_no_journal_no_change(owner, make, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    run = make()
    card = run.open_card(Trace(), Timings())
    monkeypatch.setattr(Journal, "begin", _unwritable)
    with pytest.raises(MachineLacksError, match="nothing was sent: full"):
        local_management.set_default_address(card, "b.test")
    assert local_management.read_addresses(card).default_dp_address == "operator.test"


def _unwritable(*_):
    raise StoreError("full")


def test_command_whose_lengths_do_not_fit_is_journalled_and_sent(owner, make):
    run = make()
    card = run.open_card(Trace(), Timings())
    card.eid()
    answer = card.link.transmit(bytes.fromhex("81E291001CBF2900"))
    assert len(answer) >= 2
    run.put_back()


def test_profile_that_nobody_is_known_to_have_installed_is_said_to_stay(
    owner, make, state_folder, monkeypatch
):
    run = make()
    card = run.open_card(Trace(), Timings())
    with monkeypatch.context() as forgetful:
        forgetful.setattr(Journal, "will_install", lambda *_: None)
        install(card, run, ONE)
    run.put_back()
    (note,) = run.notes
    assert "was not there, and nothing says that the run installed it: it stays" in note
    assert "the card is as before" not in note
    assert not journalled_eids(state_folder)
