"""Power lost at every point of an RPM package, of a Device Change and of a Profile Recovery.

Each command of a package is atomic. A package that was cut leaves at the next start a signed result
of the commands that were done, with interruption(3) at its end; a change of Profiles that was
among them is carried out as by the REFRESH (SGP.22 v3.1, 5.7 LoadRpmPackage). A Device Change
deletes the Profile with its Notifications or does nothing; a recovery changes nothing.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.messages.v3.profile_metadata import NotificationEvent
from rspcore.messages.v3.rpm_package import (
    LoadRpmPackageErrorCodeNotSigned,
    LoadRpmPackageResultSigned,
    RpmCommandResult,
    RpmProcessingTerminated,
)
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspharness.card.card_under_test import Card
from rspharness.servers import device_change as dc
from rspharness.servers import rpm_packages as rpm
from rspharness.servers.rsp_server import RspServer, profile
from rspharness.servers.rsp_session import Session
from rspsim.env import SeededRng
from rspsim.euicc.card import Euicc
from rspsim.euicc.state import CardState
from rspsim.stores.memory import Moment, PowerLoss, PowerLost

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "lpa"))
from cut_cards import Cable, HistoryStore, require_invariants
from newer_world import PKI, STARTED, World, newer_card

pytestmark = pytest.mark.crash

EVENT = NotificationEvent
CUT = RpmProcessingTerminated.interruption
NAME = "Renamed by RPM"
MOMENTS = (Moment.BEFORE, Moment.TORN, Moment.AFTER)
ONE, TWO = profile("PROFILE_OPERATIONAL1"), profile("PROFILE_OPERATIONAL2")


def server() -> RspServer:
    """Returns S_SM-DP+, the same in every world."""
    return RspServer(PKI, Curve.NIST_P256, seed=b"cut", now=STARTED)


class Chip:
    """A card of version 3.1 behind a cable, which keeps what it wrote."""

    def __init__(self, state: CardState) -> None:
        self.store = HistoryStore(state)
        self.power_on()

    def power_on(self) -> None:
        """Builds a new card from what the store kept."""
        state = self.store.load()
        assert state is not None
        self.euicc = Euicc(state, self.store, SeededRng(b"card"))
        self.cable = Cable(self.euicc)
        self.card = Card(self.cable)
        self.card.reset()
        self.cable.commands = 0

    @property
    def state(self) -> CardState:
        """Returns the lasting state."""
        return self.euicc.state

    @property
    def results(self) -> list[LoadRpmPackageResultSigned]:
        """Returns the signed results of packages among the Notifications."""
        kept = [each for each in self.card.pending_notifications() if each[:1] == b"\xa1"]
        return [LoadRpmPackageResultSigned.from_tlv(tlv.parse(each)) for each in kept]

    @property
    def events(self) -> list[tuple[int, Any]]:
        """Returns the events of Profiles that wait, with the ICCID of each, oldest first."""
        return [
            (int(bit), one.iccid)
            for one in self.card.notifications()
            for bit in one.profile_management_operation
            if one.iccid is not None
        ]

    @property
    def view(self) -> tuple[object, ...]:
        """Returns what an LPA sees of the card."""
        return self.card.profiles(), self.card.notifications(), self.state.addresses


@cache
def with_profiles(act: str) -> CardState:
    """Returns a card with two Profiles that S_SM-DP+ manages and moves, nothing waiting."""
    world, card = World(), newer_card()
    for what in (ONE, TWO):
        asked = dc.request_to_dp(server().address)
        whole = rpm.managed_by(server(), what) if act == "package" else dc.movable(what, asked)
        world.installed(card, whole)
    return card.state


@dataclass
class Act:
    """What is cut: prepared without a cut, and the last step that may be cut anywhere.

    Attributes:
        name: Its name.
        prepares: Opens the session and returns what is sent last.
    """

    name: str
    prepares: Callable[[Chip], tuple[Session, bytes]]

    def __str__(self) -> str:
        """Returns a name for test reports."""
        return self.name

    def begun(self) -> tuple[Chip, Session, bytes]:
        """Returns a card with the session open, and what is sent last."""
        chip = Chip(with_profiles(self.name))
        session, octets = self.prepares(chip)
        chip.cable.commands = 0
        return chip, session, octets

    def done(self) -> Chip:
        """Returns the card after it, with no loss of power."""
        chip, _, octets = self.begun()
        chip.card.store(octets)
        return chip


def package(chip: Chip) -> tuple[Session, bytes]:
    """A package: new name, deletion, enabling, list."""
    session = rpm.opened(server(), chip.card)
    one, two = ONE.metadata.iccid, TWO.metadata.iccid
    commands = (
        rpm.update(one, profile_name=NAME),
        rpm.delete(two),
        rpm.enable(one),
        rpm.list_of(one, Tag.Iccid),
    )
    return session, rpm.request(session, *commands)


def change(chip: Chip) -> tuple[Session, bytes]:
    """A Device Change that deletes the Profile and has a Notification for the next device."""
    made = dc.prepared(server(), chip.card, ONE.metadata.iccid)
    words = {"delete_old_profile": True, "delete_notification_for_dc_support": True}
    return made.session, made.verify_request(made.data(**words))


def recovery(chip: Chip) -> tuple[Session, bytes]:
    """A Profile Recovery."""
    session = dc.opened(server(), chip.card, dc.recovery_context(ONE.metadata.iccid))
    signed = dc.smdp_signed4(session, activation_code=dc.ACTIVATION_CODE)
    return session, tlv.encode(Tag.VerifyProfileRecovery, dc.signed_answer(session, signed))


PACKAGE, CHANGE, RECOVERY = (
    Act("package", package),
    Act("change", change),
    Act("recovery", recovery),
)
ACTS = (PACKAGE, CHANGE, RECOVERY)
COMMANDS = 4


@cache
def results() -> tuple[RpmCommandResult, ...]:
    """Returns the results of the package without a loss of power."""
    (signed,) = PACKAGE.done().results
    data = signed.load_rpm_package_result_data_signed
    found = data.final_result.rpm_package_execution_result
    assert found is not None
    assert len(found) == COMMANDS
    return found


def require_result(chip: Chip, session: Session, done: int) -> None:
    """Requires the one signed result of a package of which so many commands were done."""
    (signed,) = chip.results
    data = signed.load_rpm_package_result_data_signed
    found = data.final_result.rpm_package_execution_result
    assert found is not None
    if done == COMMANDS:
        assert found == results()
    else:
        assert found[:-1] == results()[:done]
        assert (found[-1].iccid, found[-1].data.rpm_processing_terminated) == (None, CUT)
    assert data.transaction_id == session.transaction_id
    assert data.smdp_oid == session.server.oid
    about = data.notification_metadata
    assert about.profile_management_operation == {EVENT.loadRpmPackageResult}
    assert about.notification_address == session.server_address
    covered = tlv.encode(Tag.Sequence, data.content())
    assert session.euicc_key.verify(signed.euicc_sign_rpr, covered)


def require_effects(chip: Chip, done: int) -> None:
    """Requires the Profiles and their Notifications after so many commands of the package."""
    one, two = ONE.metadata.iccid, TWO.metadata.iccid
    renamed, deleted, enabled = (done > place for place in range(3))
    found = {each.iccid: each for each in chip.card.profiles()}
    assert (found[one].profile_name == NAME) is renamed
    assert (two not in found) is deleted
    assert chip.card.enabled() == ((one,) if enabled else ())
    wanted = [(int(EVENT.notificationRpmDelete), two)] * deleted
    wanted += [(int(EVENT.notificationRpmEnable), one)] * enabled
    assert chip.events == wanted


def require_sound(chip: Chip, act: Act) -> None:
    """Requires a card that works: nothing open, the session gone, a new one comes to its end."""
    assert chip.state == chip.store.load()
    assert chip.state.open_package is None
    assert not chip.state.change_waits
    seen = chip.view
    chip.power_on()
    assert chip.view == seen, "a second start changes nothing"
    if chip.state == with_profiles(act.name):
        _, octets = act.prepares(chip)
        chip.card.store(octets)
        chip.power_on()
        end = act.done()
        end.power_on()
        assert [each.encode() for each in chip.card.profiles()] == [
            each.encode() for each in end.card.profiles()
        ]
        assert chip.events == end.events
    require_invariants(chip.store.history)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("number", range(1, COMMANDS + 2))
def test_package_that_is_cut_leaves_what_was_done_and_its_result(
    number: int, moment: Moment
) -> None:
    assert len(PACKAGE.done().store.history) == COMMANDS + 2, "begun, each command, the result"
    chip, session, octets = PACKAGE.begun()
    chip.store.arm(PowerLoss(number, moment))
    with pytest.raises(PowerLost):
        chip.card.store(octets)
    chip.power_on()
    writes = number if moment is Moment.AFTER else number - 1
    if writes == 0:
        assert chip.results == []
        require_effects(chip, 0)
    else:
        require_result(chip, session, writes - 1)
        require_effects(chip, writes - 1)
    refused = chip.card.ask(octets).load_rpm_package_result_not_signed
    assert refused is not None, "the session is gone"
    code = refused.load_rpm_package_error_code_not_signed
    assert code == LoadRpmPackageErrorCodeNotSigned.noSession
    require_sound(chip, PACKAGE)


@pytest.mark.parametrize("number", range(1, COMMANDS + 2))
def test_package_that_cannot_be_written_is_reported_by_its_result(number: int) -> None:
    chip, session, octets = PACKAGE.begun()
    chip.store.arm(PowerLoss(number, Moment.REFUSED))
    assert chip.card.store(octets).sw == StatusWord.MEMORY_PROBLEM
    assert chip.state is chip.store.load(), "the card continues with the state that is kept"
    again = chip.card.ask(octets)
    assert again.load_rpm_package_result_signed is not None, "the session still stands"
    first = chip.results[0].load_rpm_package_result_data_signed
    if number > 1:
        found = first.final_result.rpm_package_execution_result
        assert found is not None
        assert found[-1].data.rpm_processing_terminated == CUT
        assert len(found) == number - 1
        assert first.transaction_id == session.transaction_id
    chip.power_on()
    assert len(chip.results) == (2 if number > 1 else 1)
    require_invariants(chip.store.history)


@pytest.mark.parametrize("answered", [False, True], ids=["before", "unanswered"])
@pytest.mark.parametrize("act", ACTS, ids=str)
def test_loss_at_each_command_leaves_all_or_nothing(act: Act, *, answered: bool) -> None:
    chip, _, octets = act.begun()
    sent = len(chip.card.store_data_blocks(octets))
    for number in range(1, sent + 1):
        chip, _, octets = act.begun()
        if answered:
            chip.cable.cut_after = number
        else:
            chip.cable.cut_before = number
        with pytest.raises(PowerLost):
            chip.card.store(octets)
        chip.power_on()
        done = act.done()
        done.power_on()
        whole = answered and number == sent
        assert chip.state == (done.state if whole else with_profiles(act.name))
        require_sound(chip, act)


@pytest.mark.parametrize("moment", MOMENTS)
def test_device_change_deletes_and_notifies_or_does_nothing(moment: Moment) -> None:
    chip, _, octets = CHANGE.begun()
    chip.store.arm(PowerLoss(1, moment))
    with pytest.raises(PowerLost):
        chip.card.store(octets)
    chip.power_on()
    one = ONE.metadata.iccid
    there = [each.iccid for each in chip.card.profiles()]
    tags = [each[:2] for each in chip.card.pending_notifications()]
    if moment is Moment.AFTER:
        assert there == [TWO.metadata.iccid]
        assert chip.events == [(int(EVENT.notificationLocalDelete), one)] * len(tags)
        assert tags[-1] == b"\xbf\x63", "the Notification for the next device"
        assert len(tags) > 1, "beside that of the deletion"
    else:
        assert sorted(there) == sorted((one, TWO.metadata.iccid))
        assert tags == []
    require_sound(chip, CHANGE)


def test_recovery_writes_nothing() -> None:
    chip = RECOVERY.done()
    assert len(chip.store.history) == 1
    assert chip.state is with_profiles(RECOVERY.name)
