"""Downloads over real TLS: the HTTPS port of the driver and the HTTPS front of the mock SM-DP+."""

from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from rspcore.crypto.curves import Curve
from rspcore.pki.generate import issue_tls, make_pki
from rspcore.profile_maker import PRESETS, make_profile
from rspharness.lpa import local_management
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.download import AutomaticUser, download
from rspharness.lpa.es9p_client import ServerUnreachableError
from rspharness.lpa.https_port import HttpsOptions, HttpsPort
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.notification_delivery import deliver_older, retrieve_notifications
from rspharness.lpa.retried_download import download_with_retries
from rspharness.simulated.inprocess import InProcessTarget
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions
from rspsim.env import ManualClock, SeededRng
from rspsim.faults.registry import server_faults
from rspsim.smdpp.server import SmDpPlus
from rspsim.smdpp.stock.orders import OrderState
from rspsim.transports.https import Front, Listener, tls_context

PKI = make_pki()
PROFILE = make_profile(PRESETS["PROFILE_OPERATIONAL1"])


@contextmanager
def bench(curve, timeout_s=10.0):
    """Yields a card, a server behind TLS on one curve, and the port between them."""
    server = SmDpPlus(
        PKI, rng=SeededRng(b"s"), clock=ManualClock(), curves=(curve,), faults=server_faults
    )
    name = server.identity.address
    now = datetime.now(UTC)  # noqa: TID251  TLS reads the real clock
    tls = tls_context(issue_tls(PKI, curve, (name,), now))
    target = InProcessTarget(TargetOptions(settings=TargetSettings(kind="inprocess"), pki=PKI))
    link = target.open()
    link.reset()
    with Front(server.handle, (Listener(tls=tls),)) as front:
        options = HttpsOptions(
            ca_certificates=(PKI.ci(curve).certificate.der,),
            connect_to={name: ("127.0.0.1", front.ports[0])},
            timeout_s=timeout_s,
        )
        with HttpsPort(options) as port, IsdrChannel(link) as card:
            yield server, port, card


def order(server):
    made = server.orders.order(PROFILE.upp, PROFILE.metadata)
    return made, ActivationCode.parse(made.activation_code)


@pytest.mark.parametrize("curve", list(Curve), ids=str)
def test_download_over_tls(curve):
    with bench(curve) as (server, port, card):
        made, code = order(server)
        assert download(card, port, code).unreported is None
        assert len(local_management.list_profiles(card)) == 1
        assert server.orders.get(made.number).state is OrderState.INSTALLED


@pytest.mark.parametrize("function", ["authenticateClient", "getBoundProfilePackage"])
@pytest.mark.parametrize(
    "fault",
    [
        "http.refuse",
        "http.status",
        "http.error_page",
        "http.truncate_body",
        "http.redirect",
        "es9.answer.transaction_id",
    ],
)
def test_after_a_transport_fault_the_code_is_used_again(fault, function):
    with bench(Curve.NIST_P256) as (server, port, card):
        made, code = order(server)
        once = server.fault(fault, function=function, times=1)
        with once, pytest.raises(ServerUnreachableError):
            download(card, port, code)
        assert download(card, port, code).unreported is None
        assert server.orders.get(made.number).state is OrderState.INSTALLED


def test_older_notifications_of_the_server_go_out_first():
    with bench(Curve.NIST_P256) as (server, port, card):
        made, code = order(server)
        done = download(card, port, code)
        local_management.delete_profile(card, done.iccid)
        assert deliver_older(card, port, "other.example.com") == ()
        sent = deliver_older(card, port, code.address.upper())
        assert [one.error for one in sent] == [None, None]  # of the installation, of the deletion
        assert retrieve_notifications(card) == ()
        assert server.orders.get(made.number).state is not OrderState.INSTALLED


def test_retries_wait_longer_each_time_and_ask_the_user_once():
    with bench(Curve.NIST_P256) as (server, port, card):
        made, code = order(server)
        asked, pauses = [], []

        class User(AutomaticUser):
            def agrees(self, _metadata, *, strong):
                asked.append(strong)

        with server.fault("http.refuse", function="getBoundProfilePackage", times=2):
            done = download_with_retries(
                card, port, code, retries=3, user=User(), pause=pauses.append
            )
        assert done.unreported is None
        assert (len(asked), len(pauses)) == (1, 2)
        assert server.orders.get(made.number).state is OrderState.INSTALLED


@pytest.mark.parametrize(
    ("fault", "parameters"), [("http.cut", {}), ("http.slow", {"milliseconds": 400})]
)
def test_truncated_answer_is_cancelled_and_can_be_tried_again(fault, parameters):
    with bench(Curve.NIST_P256, timeout_s=0.2) as (server, port, card):
        made, code = order(server)
        lost = server.fault(fault, function="getBoundProfilePackage", times=1, **parameters)
        with lost, pytest.raises(ServerUnreachableError):
            download(card, port, code)
        assert local_management.list_profiles(card) == ()
        assert download(card, port, code).unreported is None
        assert server.orders.get(made.number).state is OrderState.INSTALLED
