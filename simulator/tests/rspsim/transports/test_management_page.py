"""The page of the management port in a real headless browser, where one is installed."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import threading
import time  # noqa: TID251  the browser takes its time
from pathlib import Path

import pytest

from rspcore.crypto.curves import Curve
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import make_profile, preset
from rspsim.env import ManualClock, SeededRng
from rspsim.smdpp import OrderEvent, SmDpPlus
from rspsim.smdpp.management import Management
from rspsim.transports.management_port import management_front

sys.path.insert(0, str(Path(__file__).parents[1] / "smdpp"))
from conftest import CardStandIn, Lpa

pytestmark = pytest.mark.once

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(BROWSER is None, reason="chromium is not installed")


@pytest.fixture
def server():
    return SmDpPlus(make_pki(), rng=SeededRng(b"page"), clock=ManualClock())


@pytest.fixture
def shown(server, tmp_path):
    """Opens the page with a fragment and returns the document after its script has run."""
    with management_front(Management(server, threading.Lock()), token="T") as running:

        def show(fragment):
            words = (
                *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
                *("--virtual-time-budget=3000", f"--user-data-dir={tmp_path}", "--dump-dom"),
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


class Tab:
    """A tab of a browser that is controlled over two pipes."""

    def __init__(self, folder):
        ours_read, theirs_write = os.pipe()
        theirs_read, ours_write = os.pipe()
        words = (
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
            *("--remote-debugging-pipe", f"--user-data-dir={folder}"),
        )
        command = shlex.join((BROWSER, *words)) + f" 3<&{theirs_read} 4>&{theirs_write}"
        self.process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],  # noqa: S607  the one on the path
            pass_fds=(theirs_read, theirs_write),
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        os.close(theirs_read)
        os.close(theirs_write)
        self.reader, self.writer = os.fdopen(ours_read, "rb"), os.fdopen(ours_write, "wb")
        self.number, self.session, self.rest = 0, None, b""

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.writer.write(json.dumps(message).encode() + b"\0")
        self.writer.flush()
        while True:
            while b"\0" not in self.rest:
                octets = os.read(self.reader.fileno(), 65536)
                assert octets, "the browser has ended"
                self.rest += octets
            one, _, self.rest = self.rest.partition(b"\0")
            answer = json.loads(one)
            if answer.get("id") == self.number:
                assert "error" not in answer, answer
                return answer["result"]

    def open(self, address):
        target = self.call("Target.createTarget", url=address)["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]

    def value(self, expression):
        return self.call("Runtime.evaluate", expression=expression)["result"].get("value")

    def until(self, expression):
        for _ in range(200):
            if self.value(expression):
                return
            time.sleep(0.1)
        raise AssertionError(f"{expression}: {self.value('document.body.innerText')}")

    def click(self, selector):
        place = json.loads(
            self.value(
                f"(() => {{ const box = document.querySelector({selector!r})"
                ".getBoundingClientRect(); return JSON.stringify([box.x + 9, box.y + 9]); })()"
            )
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call(
                "Input.dispatchMouseEvent",
                type=kind,
                x=place[0],
                y=place[1],
                button="left",
                clickCount=1,
            )

    def close(self):
        self.process.kill()
        self.process.wait(10)
        self.reader.close()
        self.writer.close()


@needs_browser
def test_clicks_show_an_order_and_a_download(server, download, tmp_path):
    order, _ = download
    with management_front(Management(server, threading.Lock()), token="T") as running:
        tab = Tab(tmp_path)
        try:
            tab.open(f"http://127.0.0.1:{running.ports[0]}/page#T")
            tab.until("document.querySelectorAll('#orders tr').length == 1")
            tab.click("#orders tr")
            path = "document.querySelector('#shown svg path').getBoundingClientRect()"
            tab.until("document.querySelector('#shown svg path') !== null")
            assert tab.value(f"{path}.width") > 80  # drawn, and not only there
            assert tab.value(f"{path}.height") > 80
            assert tab.value("document.querySelector('#shown code').textContent") == (
                order.activation_code
            )
            tab.click("#downloads tr")
            tab.until("document.querySelectorAll('article').length == 3")
            assert tab.value("document.querySelector('article.bad .refused').textContent") == (
                "confirmation code is right: refused, 8.2.7/3.8 (hashCc does not fit; "
                "2 tries are left)"
            )
            server.orders.change(order.number, OrderEvent.WITHDRAWN)
            tab.until("document.querySelector('#orders .Unavailable') !== null")
        finally:
            tab.close()


@needs_browser
def test_order_is_shown_without_its_qr_code_where_none_can_be_drawn(shown, download, monkeypatch):
    monkeypatch.setitem(sys.modules, "segno", None)  # as where the extra is not installed
    page = shown(f"T;order={download[0].number}")
    assert "no QR code: the server needs" in page
    assert download[0].activation_code in page
