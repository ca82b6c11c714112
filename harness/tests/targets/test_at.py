"""A card behind a modem: every habit of the field, the EID, what is lost, and a download."""

import threading
from contextlib import ExitStack, contextmanager

import pytest

from rspcore.errors import ConfigError, LocalError
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import PRESETS, make_profile
from rspharness.cli import lpa_servers
from rspharness.cli.main import main
from rspharness.lpa.isdr_channel import LPAD_CAPABILITY, ChannelOptions, IsdrChannel
from rspharness.lpa.local_management import read_eid
from rspharness.record.verdicts import NotApplicable, TargetLost
from rspharness.simulated.inprocess_port import InProcessPort
from rspharness.simulated.lent_card import LentCard
from rspharness.targets.modem.at import AtTarget
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions
from rspsim.card_setup import CardRequest, first_state
from rspsim.env import ManualClock, SeededRng
from rspsim.euicc.card import Euicc
from rspsim.smdpp.server import SmDpPlus
from rspsim.stores.memory import MemoryStore
from rspsim.transports.modem.at_modem import HABITS, AtModem
from rspsim.transports.modem.modem_port import ModemPort

pytest.importorskip("serial")

EID = "89049032123451234512345678901235"


@contextmanager
def modem(*habits, link=None):
    card = Euicc(first_state(CardRequest()), MemoryStore(), SeededRng(b"card"))
    port = ModemPort(AtModem(card, frozenset(habits)), link)
    thread = threading.Thread(target=port.serve, daemon=True)
    thread.start()
    try:
        yield port
    finally:
        port.stop()
        thread.join()
        port.close()


@contextmanager
def target(device, *, sessions_first=False, limit_s=5.0):
    settings = TargetSettings(kind="at", name="at", reader=device, command_limit_s=limit_s)
    made = AtTarget(TargetOptions(settings=settings, pki=make_pki()), sessions_first=sessions_first)
    try:
        yield made
    finally:
        made.close()


@pytest.mark.parametrize("sessions_first", [True, False], ids=["lpa", "run"])
@pytest.mark.parametrize("habit", ["", *(one for one in HABITS if one != "cme-error")])
def test_eid_is_read_whatever_the_modem_is_like(habit, sessions_first):
    with (
        modem(*filter(None, [habit])) as port,
        target(port.device, sessions_first=sessions_first) as place,
    ):
        link = place.open()
        link.reset()
        capability = None if habit == "no-csim" else LPAD_CAPABILITY
        with IsdrChannel(link, ChannelOptions(terminal_capability=capability)) as card:
            assert str(read_eid(card)) == EID
        wanted = "AT+CCHO" if sessions_first else "AT+CSIM"
        other = {"no-ccho": "AT+CSIM", "no-csim": "AT+CCHO"}.get(habit, wanted)
        assert place.facts() == {
            "reader": port.device,
            "driver": "rsplab simulated modem 1",
            "protocol": other,
        }


@pytest.mark.parametrize("sessions_first", [True, False], ids=["lpa", "run"])
def test_eid_is_read_while_a_proactive_command_waits(sessions_first):
    with (
        LentCard("modem", "busy-toolkit") as card,
        target(card.words["device"], sessions_first=sessions_first) as made,
        IsdrChannel(made.open(), ChannelOptions()) as channel,
    ):
        assert read_eid(channel) == card.card.state.eid


def test_card_is_switched_off_and_on():
    with modem() as port, target(port.device) as place:
        link = place.open()
        assert link.reset() == b""
        assert link.transmit(bytes.fromhex("0070000001")) == bytes.fromhex("019000")
        link.power_cycle()
        assert link.transmit(bytes.fromhex("0070000001")) == bytes.fromhex("019000")


def test_lpa_leaves_the_radio_alone_until_a_second_reset():
    with modem() as port, target(port.device, sessions_first=True) as place:
        link = place.open()
        asked = []
        usual = place._port.write
        place._port.write = lambda text: (asked.append(text), usual(text))[1]
        link.reset()
        assert not asked
        link.reset()
        assert asked[:2] == ["AT+CFUN=0\r", "AT+CFUN=1\r"]


def test_what_a_session_cannot_carry_does_not_apply():
    with modem() as port, target(port.device, sessions_first=True) as place:
        link = place.open()
        with pytest.raises(NotApplicable, match="channel 2 is not open"):
            link.transmit(bytes.fromhex("02A40004023F00"))
        assert link.transmit(bytes.fromhex("0070000001")) == bytes.fromhex("019000")
        with pytest.raises(NotApplicable, match="with an application"):
            link.transmit(bytes.fromhex("01A40004023F00"))
        assert link.transmit(bytes.fromhex("01A4040005A00000000100")) == b"\x6a\x82"


def test_basic_channel_needs_csim():
    with (
        modem("no-csim") as port,
        target(port.device, sessions_first=True) as place,
        pytest.raises(LocalError, match=r"no \+CSIM"),
    ):
        place.open().transmit(bytes.fromhex("80F2000C00"))


def test_error_of_the_modem_is_a_lost_card():
    with modem("cme-error") as port, target(port.device) as place:
        link = place.open()
        with pytest.raises(TargetLost, match=r"CME ERROR: 100; whether the card has"):
            _answers(link, 10)
        assert place.come_back()


def _answers(link, count):
    return [link.transmit(bytes.fromhex("80F2000C00")) for _ in range(count)]


def test_modem_that_is_gone_is_a_lost_card():
    with ExitStack() as held:
        plugged = ExitStack()
        port = plugged.enter_context(modem())
        place = held.enter_context(target(port.device))
        link = place.open()
        plugged.close()
        with pytest.raises(TargetLost, match=port.device):
            link.transmit(bytes.fromhex("80F2000C00"))
        assert not place.come_back()


def test_silent_modem_is_lost_in_time_and_not_asked_again():
    with modem() as port, target(port.device, limit_s=0.3) as place:
        link = place.open()
        port._answer = lambda _line: None
        with pytest.raises(TargetLost, match=r"no answer within 0.3 s"):
            link.transmit(bytes.fromhex("80F2000C00"))
        assert not place.come_back()


def test_port_that_is_none_is_named(tmp_path):
    with target(str(tmp_path / "nothing")) as place, pytest.raises(ConfigError, match="ttyUSB2"):
        place.open()
    with pytest.raises(ConfigError, match="at:/dev/ttyUSB2"), target("") as place:
        pass


def test_lpa_downloads_through_the_modem(tmp_path, monkeypatch, capsys):
    profile = make_profile(PRESETS["PROFILE_OPERATIONAL1"])
    server = SmDpPlus(make_pki(), rng=SeededRng(b"server"), clock=ManualClock())
    order = server.orders.order(profile.upp, profile.metadata)

    class Port(InProcessPort):
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(lpa_servers, "HttpsPort", lambda _options: Port(server))
    link = tmp_path / "modem"
    with modem("urcs", "echo", "octet-lengths", link=link):
        words = ["lpa", "download", order.activation_code, "--target", f"at:{link}", "--yes"]
        assert main(words) == 2
        assert "name its EID" in capsys.readouterr().err
        assert main([*words, "--eid", EID[:-2] + "02"]) in (2, 3)
        assert main([*words, "--eid", EID]) == 0
        assert f"Profile {profile.metadata.iccid} is installed" in capsys.readouterr().out
    assert not link.is_symlink()
