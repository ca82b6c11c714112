"""The page of the management port in a real headless browser, where one is installed."""

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from rspcore.crypto.curves import Curve
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import make_profile, preset
from rspsim.env import ManualClock, SeededRng
from rspsim.smdpp import SmDpPlus
from rspsim.transports.management_port import management_front

sys.path.insert(0, str(Path(__file__).parents[1] / "smdpp"))
from conftest import CardStandIn, Lpa

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(BROWSER is None, reason="chromium is not installed")


@pytest.fixture
def server():
    return SmDpPlus(make_pki(), rng=SeededRng(b"page"), clock=ManualClock())


@pytest.fixture
def shown(server, tmp_path):
    """Opens the page with a fragment and returns the document after its script has run."""
    with management_front(server, threading.Lock(), token="T") as running:

        def show(fragment):
            words = (
                *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
                *("--virtual-time-budget=8000", f"--user-data-dir={tmp_path}", "--dump-dom"),
            )
            page = f"http://127.0.0.1:{running.ports[0]}/page#{fragment}"
            done = subprocess.run(
                [BROWSER, *words, page], capture_output=True, text=True, timeout=60, check=False
            )
            return done.stdout

        yield show


@pytest.fixture
def download(server):
    profile = make_profile(preset("PROFILE_OPERATIONAL1"))
    lpa = Lpa(server, CardStandIn(server.identity.pki, Curve.NIST_P256))
    order = server.orders.order(
        profile.upp, profile.metadata, matching_id="PAGE", confirmation_code="1"
    )
    lpa.initiate()
    lpa.authenticate("PAGE")
    lpa.get_package("wrong")
    return order, str(lpa.transaction_id)


@needs_browser
def test_orders_are_listed_with_state_and_qr_code(shown, download):
    order, _ = download
    page = shown(f"T;order={order.number}")
    assert "testsmdpplus1.example.com" in page
    assert f">{order.iccid}<" in page
    assert ">Released<" in page
    assert order.activation_code in page
    assert "QR code of" in page
    assert "<path" in page  # the squares of the code


@needs_browser
def test_download_is_shown_message_by_message_with_its_checks(shown, download):
    order, session = download
    page = shown(f"T;session={session}")
    assert page.index("initiateAuthentication: Executed-Success") < page.index(
        "authenticateClient: Executed-Success"
    )
    assert "getBoundProfilePackage: Failed 8.2.7/3.8" in page
    assert "euicc signature1: passed" in page
    assert "confirmation code is right: refused, 8.2.7/3.8" in page
    assert '"euicc_challenge"' in page  # decoded, not base64 alone
    assert str(order.iccid) in page


@needs_browser
def test_page_without_the_token_shows_nothing_but_what_to_do(shown, download):
    order, _ = download
    for fragment, text in (("", "the address that the server printed"), ("X", "401")):
        page = shown(fragment)
        assert text in page
        assert str(order.iccid) not in page
