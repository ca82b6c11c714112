"""Power lost at every commit and at every command: the card is as before or as after.

Each scenario is one function of the card, or one procedure, that commits. It is run once without
loss to record its commits and commands, and then once for each of them and each moment around it.
After the loss a new card is built from the store, as a reboot does. Its state has to be the one
before or the one after the commit, the invariants of a card have to hold, and the function, called
again where it had no effect, has to end as it does without a loss.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from rspcore.crypto.curves import Curve
from rspcore.errors import RspError
from rspcore.messages.es10b import CancelSessionReason, GetEuiccInfo2Request
from rspcore.messages.es10c import ProfileState, ResetOption
from rspcore.messages.v3.lsi_configuration import MepMode
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import PRESETS, TestProfile, make_profile
from rspharness.lpa import download_steps, local_management, notification_delivery
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.download import InstallationFailedError, download
from rspharness.lpa.es9p_client import Es9Client
from rspharness.lpa.isdr_channel import ChannelOptions, IsdrChannel
from rspharness.lpa.newer import port_management
from rspharness.simulated.inprocess_port import InProcessPort
from rspsim.env import ManualClock, SeededRng
from rspsim.euicc.card import Euicc
from rspsim.euicc.personality import Personality, personality_named, with_mep
from rspsim.euicc.state import CardState
from rspsim.personalise import personalise
from rspsim.smdpp.server import SmDpPlus
from rspsim.smdpp.stock.orders import LIVE, Order, OrderEvent
from rspsim.stores.long_contents import Contents
from rspsim.stores.memory import Moment, PowerLoss, PowerLost
from rspsim.stores.state_rows import NO_ROWS, join, split

sys.path.insert(0, str(Path(__file__).parent))
from cut_cards import Cable, HistoryStore, require_invariants

pytestmark = pytest.mark.crash

FIRST = make_profile(PRESETS["PROFILE_OPERATIONAL1"])
SECOND = make_profile(PRESETS["PROFILE_OPERATIONAL2"])
EVERYTHING = frozenset(ResetOption)


class World:
    """A card with a given state, a server, and an LPA between them."""

    def __init__(self, state: CardState) -> None:
        self.commands = 0
        self.store = HistoryStore(state)
        self.server = SmDpPlus(pki(), rng=SeededRng(b"server"), clock=ManualClock())
        self.port = InProcessPort(self.server)
        self.reboot()

    def reboot(self) -> None:
        """Builds a new card from what the store kept, and selects the ISD-R."""
        state = self.store.load()
        assert state is not None
        self.card = Euicc(state, self.store, SeededRng(b"card"))
        self.cable = Cable(self.card)
        self.cable.reset()
        self.channel = IsdrChannel(self.cable, ChannelOptions(block_size=255))
        self.channel.open()
        self.cable.commands = 0

    def order(self, profile: TestProfile) -> Order:
        """Orders a profile; an order of it that is not finished is withdrawn."""
        orders = self.server.orders
        last = orders.stock.of_profile(profile.metadata.iccid)
        if last is not None and last.state in LIVE:
            orders.repository.put(last.after(OrderEvent.FAILED))
        return orders.order(profile.upp, profile.metadata)

    def download(self, profile: TestProfile) -> None:
        """Orders and downloads a profile."""
        order = self.order(profile)
        download(self.channel, self.port, ActivationCode.parse(order.activation_code))

    def view(self) -> dict[str, Any]:
        """Returns what an LPA sees of the card."""
        return {
            "profiles": [
                (one.iccid, one.isdp_aid, one.profile_state, one.profile_nickname)
                for one in local_management.list_profiles(self.channel)
            ],
            "notifications": [
                (one.metadata.seq_number, one.metadata.profile_management_operation)
                for one in notification_delivery.retrieve_notifications(self.channel)
            ],
            "addresses": local_management.read_addresses(self.channel).encode(),
            "resources": self.channel.send(GetEuiccInfo2Request()).ext_card_resource,
        }


@cache
def pki() -> Any:
    """Returns the credentials for every world; one curve is enough here."""
    return make_pki(curves=(Curve.NIST_P256,))


USUAL = "v2.5"
NEWER = "v3.1"
WITH_PORTS = "v3.1 with eSIM Ports"


def kind_named(kind: str) -> Personality:
    """Returns a kind of card."""
    if kind == WITH_PORTS:
        return with_mep(personality_named(NEWER), (MepMode.A1,), 2)
    return personality_named(kind)


def after(*acts: Callable[[World], object], kind: str = USUAL, **options: Any) -> CardState:
    """Returns the state of a card after some acts."""
    state = personalise(pki(), personality=kind_named(kind))
    world = World(replace(state, options=replace(state.options, **options)))
    for act in acts:
        act(world)
    return world.card.state


def failing_download(world: World) -> None:
    """Downloads the first profile once more: the installation fails, its result is kept."""
    with pytest.raises(InstallationFailedError):
        world.download(FIRST)


def cancelled_download(world: World) -> None:
    """Makes a one-time key and ends the session."""
    order = world.order(FIRST)
    code = ActivationCode.parse(order.activation_code)
    es9 = Es9Client(world.port, code.address)
    begun = download_steps.initiate_authentication(world.channel, es9)
    matching_id = code.matching_id
    known = download_steps.authenticate(world.channel, es9, begun, matching_id=matching_id)
    download_steps.prepare_download(world.channel, known)
    reason = CancelSessionReason.postponed
    download_steps.cancel_session(world.channel, es9, known.transaction_id, reason)


def download_first(world: World) -> None:
    """Downloads the first profile."""
    world.download(FIRST)


def download_second(world: World) -> None:
    """Downloads the second profile."""
    world.download(SECOND)


def enable_first(world: World) -> None:
    """Enables the first profile."""
    local_management.enable_profile(world.channel, FIRST.metadata.iccid)


def enable_second_without_refresh(world: World) -> None:
    """Enables the second profile at once."""
    local_management.enable_profile(world.channel, SECOND.metadata.iccid, refresh=False)


def enable_second(world: World) -> None:
    """Enables the second profile."""
    local_management.enable_profile(world.channel, SECOND.metadata.iccid)


def disable_first(world: World) -> None:
    """Disables the first profile."""
    local_management.disable_profile(world.channel, FIRST.metadata.iccid)


def disable_first_without_refresh(world: World) -> None:
    """Disables the first profile at once."""
    local_management.disable_profile(world.channel, FIRST.metadata.iccid, refresh=False)


def delete_first(world: World) -> None:
    """Deletes the first profile."""
    local_management.delete_profile(world.channel, FIRST.metadata.iccid)


def name_first(world: World) -> None:
    """Sets the nickname of the first profile."""
    local_management.set_nickname(world.channel, FIRST.metadata.iccid, "mine")


def set_address(world: World) -> None:
    """Sets the default SM-DP+."""
    local_management.set_default_address(world.channel, "smdpp.example.com")


def reset_memory(world: World) -> None:
    """Deletes everything."""
    local_management.memory_reset(world.channel, EVERYTHING)


def remove_notifications(world: World) -> None:
    """Removes every pending notification."""
    for one in notification_delivery.retrieve_notifications(world.channel):
        notification_delivery.remove_notification(world.channel, one.metadata.seq_number)


def write_file(world: World) -> None:
    """Updates EF.FPLMN of the USIM."""
    for command in ("00A4040407A0000000871002", "00A40004026F7B", "00D6000003112233"):
        world.cable.transmit(bytes.fromhex(command))


def wrong_pin(world: World) -> None:
    """Presents a wrong PIN, which the card counts."""
    world.cable.transmit(bytes.fromhex("002800010839393939FFFFFFFF"))


def enable_on_both_ports(world: World) -> None:
    """Enables two Profiles, each on an eSIM Port."""
    for number, profile in enumerate((FIRST, SECOND), 1):
        iccid = profile.metadata.iccid
        port_management.enable_on_port(world.channel, iccid, MepMode.A1, number)


def disable_on_its_port(world: World) -> None:
    """Disables the second profile on its eSIM Port."""
    port_management.disable_on_port(world.channel, SECOND.metadata.iccid, MepMode.A1)


@dataclass(frozen=True)
class Scenario:
    """One act, the acts before it, the options of the card, and its kind."""

    act: Callable[[World], None]
    before: tuple[Callable[[World], object], ...] = ()
    options: tuple[tuple[str, Any], ...] = ()
    kind: str = USUAL

    def __str__(self) -> str:
        """Returns a name for test reports."""
        kind = () if self.kind == USUAL else (self.kind,)
        return "-".join((self.act.__name__, *(name for name, _ in self.options), *kind))

    def state(self) -> CardState:
        """Returns the state the act begins with."""
        return _prepared(self)


@cache
def _prepared(scenario: Scenario) -> CardState:
    return after(*scenario.before, kind=scenario.kind, **dict(scenario.options))


SCENARIOS = (
    Scenario(download_first),
    Scenario(download_second, (download_first, enable_first)),
    Scenario(failing_download, (download_first,)),
    Scenario(cancelled_download),
    Scenario(download_first, (), (("interruption_pir", True),)),
    Scenario(enable_first, (download_first,)),
    Scenario(enable_second, (download_first, download_second, enable_first)),
    Scenario(enable_second_without_refresh, (download_first, download_second, enable_first)),
    Scenario(disable_first, (download_first, enable_first)),
    Scenario(disable_first_without_refresh, (download_first, enable_first)),
    Scenario(delete_first, (download_first, download_second)),
    Scenario(name_first, (download_first,)),
    Scenario(set_address),
    Scenario(reset_memory, (download_first, download_second, enable_first, set_address)),
    Scenario(remove_notifications, (download_first, enable_first)),
    Scenario(write_file, (download_first, enable_first)),
    Scenario(wrong_pin, (download_first, enable_first)),
    Scenario(download_first, kind=NEWER),
    Scenario(enable_second, (download_first, download_second, enable_first), kind=NEWER),
    Scenario(reset_memory, (download_first, enable_first, set_address), kind=NEWER),
    Scenario(enable_on_both_ports, (download_first, download_second), kind=WITH_PORTS),
    Scenario(
        disable_on_its_port,
        (download_first, download_second, enable_on_both_ports),
        kind=WITH_PORTS,
    ),
)


@cache
def undisturbed(scenario: Scenario) -> World:
    """Runs a scenario without loss of power."""
    world = World(scenario.state())
    scenario.act(world)
    world.commands = world.cable.commands
    return world


def world_at_the_end(scenario: Scenario) -> World:
    """Returns the world after a scenario; one with eSIM Ports works with one port again."""
    world = undisturbed(scenario)
    if scenario.kind == WITH_PORTS:
        world.reboot()
    return world


def require_sound(world: World, scenario: Scenario, allowed: list[CardState]) -> None:
    """Reboots after a loss and checks the card: state, invariants, and that it still works."""
    kept = world.store.load()
    assert kept in allowed, "neither the state before nor the state after"
    world.reboot()
    assert world.card.state == world.store.load()
    assert not world.card.state.change_waits
    assert world.card.state.open_installation is None
    seen = world.view()
    assert sum(state == ProfileState.enabled for _, _, state, _ in seen["profiles"]) <= 1
    world.reboot()
    assert world.view() == seen, "a second reboot changes nothing"
    if kept == allowed[0] == scenario.state():
        scenario.act(world)
        end = world_at_the_end(scenario).view()
        world.reboot()
        assert world.view() == end, "called again, it ends as it does without a loss"
    name_or_address(world)
    require_invariants(world.store.history)


def name_or_address(world: World) -> None:
    """Checks that the card still accepts and keeps a change."""
    local_management.set_default_address(world.channel, "still.example.com")
    world.reboot()
    assert b"still.example.com" in world.view()["addresses"]


@pytest.mark.parametrize("moment", [Moment.BEFORE, Moment.TORN, Moment.AFTER])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_loss_at_each_commit_leaves_the_state_before_or_after(
    scenario: Scenario, moment: Moment
) -> None:
    history = undisturbed(scenario).store.history
    assert len(history) > 1, "a scenario without a commit shows nothing"
    for number in range(1, len(history)):
        world = World(scenario.state())
        world.store.arm(PowerLoss(number, moment))
        with pytest.raises(PowerLost):
            scenario.act(world)
        allowed = history[number if moment is Moment.AFTER else number - 1]
        require_sound(world, scenario, [allowed])


@pytest.mark.parametrize("answered", [False, True], ids=["before", "unanswered"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_loss_at_each_command_leaves_the_state_before_or_after(
    scenario: Scenario, *, answered: bool
) -> None:
    undisturbed_world = undisturbed(scenario)
    for number in range(1, undisturbed_world.commands + 1):
        world = World(scenario.state())
        if answered:
            world.cable.cut_after = number
        else:
            world.cable.cut_before = number
        with pytest.raises(PowerLost):
            scenario.act(world)
        require_sound(world, scenario, undisturbed_world.store.history)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_failed_write_leaves_the_state_before_and_the_card_reports_it(scenario: Scenario) -> None:
    for number in range(1, len(undisturbed(scenario).store.history)):
        world = World(scenario.state())
        world.store.arm(PowerLoss(number, Moment.REFUSED))
        with suppress(RspError):
            scenario.act(world)
        assert world.card.state is world.store.load(), (
            "the card continues with the state that is kept"
        )
        require_sound(world, scenario, [world.card.state])


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_every_state_is_read_back_from_its_rows(scenario: Scenario) -> None:
    before, kept = NO_ROWS, Contents()
    for state in undisturbed(scenario).store.history:
        before, contents = split(state, before)
        kept.update(contents)
        fields = {name: row.text for name, row in before.fields.items()}
        items = {number: row.text for number, row in before.items.items()}
        assert join(fields, items, kept)[0] == state


def test_nickname_is_written_without_the_file_system() -> None:
    scenario = Scenario(name_first, (download_first,))
    before, after_it = undisturbed(scenario).store.history
    rows, _ = split(before, NO_ROWS)
    assert max(len(row.text) for row in rows.items.values()) < 2000
    changed, contents = split(after_it, rows)
    assert changed.names == rows.names
    assert not contents.keys() - rows.names
    assert [n for n, row in changed.items.items() if row.text != rows.items[n].text] == [1]


def test_torn_states_are_distinguished_from_complete_ones() -> None:
    """A history with a reused number and two enabled profiles fails the checks."""
    state = undisturbed(Scenario(enable_first, (download_first,))).card.state
    twice = replace(state, profiles=(state.profiles[0], replace(state.profiles[0])))
    with pytest.raises(AssertionError):
        require_invariants([twice])
    with pytest.raises(AssertionError):
        require_invariants([state, replace(state, next_seq_number=state.next_seq_number - 1)])
