"""The one import path of the driver, and its example in the README."""

import re
from pathlib import Path

import pytest

from rspcore.errors import ConfigError
from rspcore.ids import Eid
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import PRESETS, make_profile
from rspharness.lpa import Lpa
from rspharness.simulated.inprocess import InProcessTarget
from rspharness.simulated.inprocess_port import InProcessPort
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions
from rspsim.env import ManualClock, SeededRng
from rspsim.smdpp.server import SmDpPlus
from rspsim.smdpp.stock.orders import OrderState

README = Path(__file__).parents[3] / "README.md"
PKI = make_pki()
PROFILE = make_profile(PRESETS["PROFILE_OPERATIONAL1"])
EID = Eid.from_digits("89049032123451234512345678901235")
EVENTS = ["notificationInstall", "notificationEnable", "notificationDisable", "notificationDelete"]


def link():
    return InProcessTarget(TargetOptions(settings=TargetSettings(kind="inprocess"), pki=PKI)).open()


@pytest.fixture
def server():
    return SmDpPlus(PKI, rng=SeededRng(b"s"), clock=ManualClock())


def test_example_of_the_readme_installs_and_enables(server, monkeypatch):
    (example,) = re.findall(
        r"```python\n(from rspcore\.ids.*?)```", README.read_text(encoding="utf-8"), re.DOTALL
    )
    monkeypatch.setattr(
        Lpa, "in_reader", lambda _name, eid: Lpa(link(), eid=eid, port=InProcessPort(server))
    )
    names = {}
    exec(example, names)  # noqa: S102  it is our own text
    order = server.orders.order(PROFILE.upp, PROFILE.metadata)
    assert names["install"](order.activation_code) == ["enabled"]
    assert server.orders.get(order.number).state is OrderState.INSTALLED


def test_profile_is_disabled_and_deleted(server):
    order = server.orders.order(PROFILE.upp, PROFILE.metadata)
    with Lpa(link(), port=InProcessPort(server)) as driver:
        iccid = str(driver.download(order.activation_code).iccid)
        driver.enable(iccid)
        driver.disable(iccid)
        driver.delete(iccid)
        assert driver.profiles() == ()
        sent = driver.deliver_notifications()
        events = [one.notification.metadata.profile_management_operation for one in sent]
        assert [one.error for one in sent] == [None] * 4
        assert [event.name for one in events for event in one] == EVENTS


def test_another_card_is_refused_and_the_link_closed():
    other = Eid.from_first_digits("890490321234512345123456789099")
    with (
        pytest.raises(ConfigError, match=f"has EID {EID}; expected {other}"),
        Lpa(link(), eid=other),
    ):
        pass
