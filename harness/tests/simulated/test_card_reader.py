"""`rsplab card serve` with a real pcscd, started when none runs; the card keeps its state."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rspcore.messages.es10c import ProfileState
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import PRESETS, make_profile
from rspharness.lpa import local_management
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.download import download
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.record.timing import stopwatch
from rspharness.record.verdicts import TargetLost
from rspharness.simulated.inprocess_port import InProcessPort
from rspharness.targets.reader import ReaderLink
from rspsim.env import ManualClock, SeededRng
from rspsim.smdpp.server import SmDpPlus
from rspsim.transports.pcsclite import Daemon, daemon_state

pytestmark = pytest.mark.vpcd

PROGRAM = "import sys; from rspharness.cli.main import main; sys.exit(main(sys.argv[1:]))"
PROFILE = make_profile(PRESETS["PROFILE_OPERATIONAL1"])
READER = "Virtual PCD 00 00"


@pytest.fixture(autouse=True)
def _no_pcscd_yet(need_pcscd: Callable[[], None]) -> None:
    pytest.importorskip("smartcard.scard", exc_type=ImportError)
    need_pcscd()
    if daemon_state() is Daemon.RUNNING:
        pytest.skip("a pcscd runs already; these tests start one")


@contextmanager
def served(state: Path) -> Iterator[subprocess.Popen[str]]:
    """Serves the card of a file; pcscd starts and stops with it."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "card", "serve", "--state", str(state)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "is in the reader at port 35963" in process.stdout.readline()
    yield process
    process.terminate()
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    assert daemon_state() is not Daemon.RUNNING


@contextmanager
def channel() -> Iterator[IsdrChannel]:
    """Opens a channel to the ISD-R of the card in the reader."""
    watch = stopwatch()
    while True:
        try:
            link = ReaderLink(READER)
            break
        except TargetLost:
            assert watch() < 5000
    with IsdrChannel(link) as opened:
        yield opened
    link.close()


def test_card_keeps_a_profile_downloaded_over_pcsc(tmp_path: Path) -> None:
    server = SmDpPlus(make_pki(), rng=SeededRng(b"server"), clock=ManualClock())
    order = server.orders.order(PROFILE.upp, PROFILE.metadata)
    code = ActivationCode.parse(order.activation_code)
    iccid = PROFILE.metadata.iccid
    with served(tmp_path / "card"), channel() as card:
        assert local_management.list_profiles(card) == ()
        download(card, InProcessPort(server), code)
        local_management.enable_profile(card, iccid)
        local_management.set_nickname(card, iccid, "mine")
    with served(tmp_path / "card"), channel() as card:
        (profile,) = local_management.list_profiles(card)
        assert (profile.iccid, profile.profile_nickname) == (iccid, "mine")
        assert profile.profile_state == ProfileState.enabled


def test_second_card_in_a_slot_is_refused_with_the_process_of_the_first(tmp_path: Path) -> None:
    with served(tmp_path / "card") as first:
        second = subprocess.run(
            [sys.executable, "-c", PROGRAM, "card", "serve"],
            capture_output=True,
            text=True,
            check=False,
        )
    assert second.returncode == 3
    assert f"another card is in this slot (process {first.pid})" in second.stderr
