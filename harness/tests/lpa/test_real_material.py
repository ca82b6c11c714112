"""Downloads of profile packages and under certificates that were made elsewhere."""

import sys
from pathlib import Path

import pytest

from rspcore.crypto.curves import Curve
from rspcore.messages.es10c import ProfileState
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.pki.bundle import Pki
from rspcore.profile_reader import ProfileFacts
from rspharness.lpa import local_management
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.download import download
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.simulated.inprocess import InProcessTarget
from rspharness.simulated.inprocess_port import InProcessPort
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions
from rspsim.env import ManualClock, SeededRng
from rspsim.smdpp.server import SmDpPlus
from rspsim.smdpp.stock.orders import OrderState

sys.path.insert(0, str(Path(__file__).parents[3] / "simulator" / "tests"))
from evidence import listed, place

PACKAGES = [Path(name) for name in listed() if name.startswith("ts48/")]


@pytest.fixture(scope="module")
def pki():
    files = (file for file in place("sgp26").rglob("*") if file.is_file())
    return Pki.from_files((file.name, file.read_bytes()) for file in files)


@pytest.mark.parametrize("curve", list(Curve), ids=str)
@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.stem)
def test_ts48_profile_is_installed_and_enabled_under_the_sgp26_certificates(pki, package, curve):
    upp = place(str(package)).read_bytes()
    metadata = StoreMetadataRequest(
        iccid=ProfileFacts.of_package(upp).iccid,
        service_provider_name="TS.48",
        profile_name=package.stem,
    )
    server = SmDpPlus(pki, rng=SeededRng(b"s"), clock=ManualClock(), curves=(curve,))
    order = server.orders.order(upp, metadata)
    target = InProcessTarget(TargetOptions(settings=TargetSettings(kind="inprocess"), pki=pki))
    link = target.open()
    link.reset()
    with IsdrChannel(link) as card:
        code = ActivationCode.parse(order.activation_code)
        done = download(card, InProcessPort(server), code)
        assert done.unreported is None
        assert (
            local_management.enable_profile(card, done.iccid).profile_state == ProfileState.enabled
        )
    assert server.orders.get(order.number).state is OrderState.INSTALLED
