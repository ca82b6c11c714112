"""The `lpa` commands through the PC/SC daemon, on a card behind vpcd as with `card serve`."""

import json
import os
import time  # noqa: TID251  a daemon takes real time

import pytest

from rspcore.pki.generate import make_pki
from rspcore.profile_maker import PRESETS, make_profile
from rspharness.cli import lpa_servers
from rspharness.cli.main import main
from rspharness.simulated.inprocess_port import InProcessPort
from rspharness.targets.reader import has_card
from rspsim.env import ManualClock, SeededRng
from rspsim.euicc.card import Euicc
from rspsim.personalise import personalise
from rspsim.smdpp.server import SmDpPlus
from rspsim.smdpp.stock.orders import OrderState
from rspsim.stores.memory import MemoryStore
from rspsim.transports.pcscd import find_pcscd, start_pcscd
from rspsim.transports.pcsclite import Daemon, daemon_state
from rspsim.transports.readers import find_driver
from rspsim.transports.tcp_ports import port_use
from rspsim.transports.vpcd import VpcdCard

pytestmark = pytest.mark.vpcd
PROFILE = make_profile(PRESETS["PROFILE_OPERATIONAL1"])
ICCID = str(PROFILE.metadata.iccid)


@pytest.fixture
def reader():
    """Yields a free virtual reader with a card, or skips with the reason."""
    pytest.importorskip("smartcard.scard", exc_type=ImportError)
    if find_pcscd() is None or find_driver() is None:
        pytest.skip("pcscd or its driver vpcd is not installed")
    if daemon_state() is not Daemon.RUNNING and os.geteuid() != 0:
        pytest.skip("no pcscd runs, and only root may start one")
    daemon = start_pcscd()
    slot = next((one for one in daemon.slots if not port_use(one.port).taken), None)
    if slot is None:
        daemon.stop()
        pytest.skip("other cards are in the virtual readers")
    state = personalise(make_pki())
    card = VpcdCard(Euicc(state, MemoryStore(state), SeededRng(b"card")), port=slot.port)
    card.start()
    end = time.monotonic() + 5
    while not has_card(slot.reader) and time.monotonic() < end:
        time.sleep(0.01)
    yield slot.reader
    card.close()
    daemon.stop()


class Port(InProcessPort):
    """The port of the command, which can be closed."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def test_profile_is_downloaded_enabled_disabled_and_deleted(reader, monkeypatch, capsys):
    server = SmDpPlus(make_pki(), rng=SeededRng(b"server"), clock=ManualClock())
    monkeypatch.setattr(lpa_servers, "HttpsPort", lambda _options: Port(server))
    order = server.orders.order(PROFILE.upp, PROFILE.metadata)

    def lpa(command, *words):
        code = main(["lpa", command, *words, "--target", "vpcd", "--reader", reader, "--json"])
        return code, json.loads(capsys.readouterr().out or "{}")

    assert lpa("download", order.activation_code, "--yes")[0] == 0
    assert server.orders.get(order.number).state is OrderState.INSTALLED
    assert [one["iccid"] for one in lpa("list")[1]["profiles"]] == [ICCID]
    assert lpa("enable", ICCID)[1]["profileState"] == "enabled"
    assert lpa("disable", ICCID, "--no-refresh")[1]["profileState"] == "disabled"
    assert lpa("nickname", ICCID, "mine")[0] == 0
    assert lpa("delete", ICCID)[0] == 0
    assert lpa("list")[1]["profiles"] == []
    code, view = lpa("notifications", "--process")
    assert code == 0
    assert {one["event"] for one in view["notifications"]} == {
        "install",
        "enable",
        "disable",
        "delete",
    }
    assert lpa("list", "--eid", "89049032123451234512345678909988")[0] == 3
