"""Profiles on eSIM Ports, by the LPA driver on a simulated card of version 3.1."""

import pytest

from rspcore.errors import RemoteError
from rspcore.ids import Iccid
from rspcore.messages.v3.lsi_configuration import MepMode
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import make_profile, preset
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.newer import port_management
from rspsim.env import SeededRng
from rspsim.euicc.card import Euicc
from rspsim.euicc.personality import personality_named, with_mep
from rspsim.personalise import personalise
from rspsim.preloaded_profiles import with_preloaded
from rspsim.stores.memory import MemoryStore

NAMES = ("PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2")


class Link:
    def __init__(self, card):
        self.card = card

    def transmit(self, command):
        return self.card.transmit(command)

    def reset(self):
        return self.card.reset()

    def close(self):
        pass


@pytest.fixture
def channel():
    """Makes the channel to a card with these modes and two Profiles, both disabled."""

    def made(*modes):
        kind = personality_named("v3.1")
        state = personalise(make_pki(), personality=with_mep(kind, modes, 2) if modes else kind)
        for name in NAMES:
            state = with_preloaded(state, make_profile(preset(name)), enabled=False)
        return IsdrChannel(Link(Euicc(state, MemoryStore(state), SeededRng(b"ports"))))

    return made


ONE, TWO = (make_profile(preset(name)).metadata.iccid for name in NAMES)
UNKNOWN = Iccid.from_digits("89299000000000000009")


@pytest.mark.parametrize(
    ("mode", "ports"),
    [(MepMode.A1, (2, 1)), (MepMode.B, (1, 0)), (MepMode.A2, (None, None))],
    ids=["A1", "B", "A2"],
)
@pytest.mark.parametrize("refresh", [True, False])
def test_two_profiles_on_two_ports(channel, mode, ports, refresh):
    card = channel(mode)
    first = port_management.enable_on_port(card, ONE, mode, ports[0], refresh=refresh)
    second = port_management.enable_on_port(card, TWO, mode, ports[1], refresh=refresh)
    assert {first, second} == {mode.first_port, mode.first_port + 1}
    assert port_management.list_ports(card, mode) == {ONE: first, TWO: second}
    assert port_management.disable_on_port(card, ONE, mode, refresh=refresh) == first
    assert port_management.list_ports(card, mode) == {ONE: None, TWO: second}


def test_a_profile_is_named_by_its_aid(channel):
    card = channel(MepMode.A1)
    card.open()
    aid = card.link.card.state.profiles[0].aid
    assert port_management.enable_on_port(card, aid, MepMode.A1, 1) == 1


@pytest.mark.parametrize(
    ("modes", "name", "asked", "port", "message"),
    [
        pytest.param((), ONE, MepMode.A1, 1, "several eSIM Ports", id="one port"),
        pytest.param((MepMode.B,), ONE, MepMode.A1, 1, "it has 3", id="other mode"),
        pytest.param((MepMode.A1,), UNKNOWN, MepMode.A1, 1, "iccidOrAidNotFound", id="Profile"),
        pytest.param((MepMode.A1,), ONE, MepMode.A1, 5, "commandError", id="port"),
    ],
)
def test_what_cannot_be_done_is_said(channel, modes, name, asked, port, message):
    with pytest.raises(RemoteError, match=message):
        port_management.enable_on_port(channel(*modes), name, asked, port)


def test_a_refresh_on_a_port_leaves_the_other_alone(channel):
    card = channel(MepMode.B)
    port_management.enable_on_port(card, ONE, MepMode.B, 0)
    port_management.enable_on_port(card, TWO, MepMode.B, 1)
    assert card.lsi == 1
    card.reset_in_use()
    ports = card.link.card.volatile.ports
    assert (ports.mode, ports.in_use) == (MepMode.B, 1)
    card.reset()
    assert card.lsi is None
    assert card.link.card.volatile.ports.mode == MepMode.NONE


def test_a_refused_reset_of_a_port_is_said(channel):
    card = channel(MepMode.B)
    card.open()
    card.lsi = 1
    with pytest.raises(RemoteError, match=r"MANAGE LSI \(reset 1\): the card answered SW 6985"):
        card.reset_in_use()


def test_a_profile_on_no_port_cannot_be_disabled(channel):
    with pytest.raises(RemoteError, match="no eSIM Port"):
        port_management.disable_on_port(channel(MepMode.A1), ONE, MepMode.A1)
