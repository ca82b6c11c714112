"""`rsplab lpa discover` over real TLS, with a mock SM-DS in its own process and a mock SM-DP+."""

import http.client
import json
import re
import ssl
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from rspcore.crypto.curves import Curve
from rspcore.ids import Eid
from rspcore.pki.generate import issue_tls, make_pki
from rspcore.pki.roles import Role
from rspcore.profile_maker import PRESETS, make_profile
from rspharness.cli import lpa_servers
from rspharness.cli.main import main
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.discovery import default_code
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.local_management import read_eid, set_default_address
from rspharness.simulated.inprocess import InProcessTarget
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions
from rspsim.env import ManualClock, SeededRng
from rspsim.smdpp.server import SmDpPlus
from rspsim.smdpp.stock.orders import OrderState
from rspsim.transports.https import Front, Listener, tls_context

CURVE = Curve.NIST_P256
PKI = make_pki()
PROFILE = make_profile(PRESETS["PROFILE_OPERATIONAL1"])
ROOT_DS = "testrootsmds.example.com"
NOW = datetime.now(UTC)  # noqa: TID251  TLS reads the real clock


@pytest.fixture
def smds():
    """Yields the port of an SM-DS that answers for the address the card names."""
    words = ["smds", "serve", "--port", "0", "--address", ROOT_DS, "--address", "localhost"]
    process = subprocess.Popen(
        [sys.executable, "-m", "rspsim", *words], stdout=subprocess.PIPE, text=True
    )
    lines = iter(process.stdout.readline, "")
    found = (re.search(r"listening   https://127\.0\.0\.1:(\d+)/", line) for line in lines)
    yield next(int(one[1]) for one in found if one)
    process.kill()
    process.communicate()


@pytest.fixture
def smdpp():
    """Yields a mock SM-DP+ and its port."""
    server = SmDpPlus(PKI, rng=SeededRng(b"s"), clock=ManualClock(), curves=(CURVE,))
    tls = tls_context(issue_tls(PKI, CURVE, (server.identity.address,), NOW))
    with Front(server.handle, (Listener(tls=tls),)) as front:
        yield server, front.ports[0]


@pytest.fixture
def register(smds, tmp_path):
    """Returns a function that registers an event at the SM-DS, as the SM-DP+ of the PKI."""
    owner = PKI.servers(Role.DP_AUTH, CURVE)[0]
    own = issue_tls(PKI, CURVE, ["client.example"], NOW, role=Role.DP_TLS, registered_id=owner)
    (tmp_path / "c.pem").write_text(ssl.DER_cert_to_PEM_cert(own.certificate.der))
    (tmp_path / "k.pem").write_bytes(own.private_key.to_pem())
    ci = PKI.ci(CURVE).certificate.der
    context = ssl.create_default_context(cadata=ssl.DER_cert_to_PEM_cert(ci))
    context.load_cert_chain(tmp_path / "c.pem", tmp_path / "k.pem")

    def event(address, event_id):
        body = {
            "header": {
                "functionRequesterIdentifier": "2.999.10",
                "functionCallIdentifier": event_id,
            },
            "eid": eid(),
            "eventId": event_id,
            "rspServerAddress": address,
            "forwardingIndicator": False,
        }
        headers = {"Content-Type": "application/json", "X-Admin-Protocol": "gsma/rsp/v2.2.0"}
        link = http.client.HTTPSConnection("localhost", smds, context=context, timeout=9)
        link.request("POST", "/gsma/rsp2/es12/registerEvent", json.dumps(body), headers)
        answer = link.getresponse()
        status = json.loads(answer.read())["header"]["functionExecutionStatus"]["status"]
        link.close()
        assert status == "Executed-Success"

    return event


def eid():
    link = InProcessTarget(TargetOptions(settings=TargetSettings(kind="inprocess"), pki=PKI)).open()
    link.reset()
    with IsdrChannel(link) as card:
        return str(read_eid(card))


def discover(smds, smdpp_port, *words):
    places = (f"{ROOT_DS}=127.0.0.1:{smds}", f"127.0.0.1:{smdpp_port}")
    connect = [word for place in places for word in ("--connect-to", place)]
    return main(["lpa", "discover", "--target", "inprocess", "--json", *connect, *words])


def test_nothing_waits(smds, smdpp, capsys):
    assert discover(smds, smdpp[1], "--yes") == 0
    assert json.loads(capsys.readouterr().out) == {"found": []}


def test_event_is_listed_and_then_installed(smds, smdpp, register, capsys):
    server, port = smdpp
    made = server.orders.order(PROFILE.upp, PROFILE.metadata)
    address, event = server.identity.address, made.activation_code.split("$")[2]
    register(address, event)
    assert discover(smds, port, "--list") == 0
    where = {"address": address, "matchingId": event}
    assert json.loads(capsys.readouterr().out) == {"found": [where]}
    assert discover(smds, port, "--yes") == 0
    installed = where | {"iccid": str(PROFILE.metadata.iccid), "complete": True}
    assert json.loads(capsys.readouterr().out) == {"found": [installed]}
    assert server.orders.get(made.number).state is OrderState.INSTALLED


def test_event_that_fails_does_not_hide_the_next(smds, smdpp, register, capsys):
    server, port = smdpp
    made = server.orders.order(PROFILE.upp, PROFILE.metadata)
    register(server.identity.address, "UNKNOWN")
    register(server.identity.address, made.activation_code.split("$")[2])
    assert discover(smds, port, "--yes") == 1
    first, second = json.loads(capsys.readouterr().out)["found"]
    assert "8.2.6/3.8" in first["error"]
    assert second["complete"] is True


def test_server_of_another_role_is_no_sm_ds(smdpp, capsys):
    assert discover(smdpp[1], smdpp[1], "--yes", "--smds", smdpp[0].identity.address) == 3
    assert "role DP_TLS; expected DS_TLS. Nothing was sent" in capsys.readouterr().err


@pytest.mark.parametrize("ordered", [False, True])
def test_default_sm_dp_plus_is_asked_for_an_order_of_the_eid(
    smds, smdpp, capsys, monkeypatch, ordered
):
    """A server without an order is no failure; the new card of the command knows no address."""
    server, port = smdpp
    address = server.identity.address
    monkeypatch.setattr(lpa_servers, "default_code", lambda _: ActivationCode(address=address))
    if ordered:
        server.orders.order(
            PROFILE.upp, PROFILE.metadata, matching_id="", eid=Eid.from_digits(eid())
        )
    assert discover(smds, port, "--yes") == 0
    found = json.loads(capsys.readouterr().out)["found"]
    assert [one["complete"] for one in found] == [True] * ordered


def test_address_of_the_default_sm_dp_plus_comes_from_the_card():
    link = InProcessTarget(TargetOptions(settings=TargetSettings(kind="inprocess"), pki=PKI)).open()
    link.reset()
    with IsdrChannel(link) as card:
        assert default_code(card) is None
        set_default_address(card, "dp.example.com")
        assert default_code(card) == ActivationCode(address="dp.example.com")
