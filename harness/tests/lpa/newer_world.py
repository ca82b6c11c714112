"""A server of version 3.1 with cards and LPAs of version 3.1, for tests of their sessions."""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime

from rspcore.crypto.curves import Curve
from rspcore.ids import Version
from rspcore.pki.generate import make_pki
from rspharness.lpa import Lpa
from rspharness.lpa.download_steps import STANDARD_DEVICE_V3
from rspharness.lpa.es9p_client import HttpReply
from rspharness.servers import device_change, rpm_packages
from rspharness.servers.rsp_server import profile
from rspharness.simulated.fixture_cards import simulated_card
from rspharness.simulated.kept_in_process import OneCardLink
from rspsim.env import ManualClock, SeededRng
from rspsim.faults.registry import server_faults
from rspsim.smdpp.http_messages import HttpRequest
from rspsim.smdpp.partner_calls import NO_PARTNERS, carried_out
from rspsim.smdpp.policy import Policy
from rspsim.smdpp.protocol.es2p import rpm_order
from rspsim.smdpp.server import SmDpPlus

__all__ = [
    "HEADER",
    "NEXT_EID",
    "ONE",
    "PKI",
    "STARTED",
    "TWO",
    "World",
    "b64",
    "managed",
    "movable",
    "newer_card",
]

PKI = make_pki()
STARTED = datetime(2026, 1, 1, tzinfo=UTC)
ONE, TWO = profile("PROFILE_OPERATIONAL1"), profile("PROFILE_OPERATIONAL2")
NEXT_EID = "89049032123451234512345678901332"
HEADER = {"functionRequesterIdentifier": "2.999.7", "functionCallIdentifier": "1"}


class World:
    """A server of version 3.1 with a port to it, and cards."""

    def __init__(self, **words):
        self.clock = ManualClock(STARTED)
        policy = replace(Policy(), version=Version.from_text("3.1.0"), next_major=4, **words)
        self.server = SmDpPlus(
            PKI,
            rng=SeededRng(b"newer"),
            clock=self.clock,
            curves=(Curve.NIST_P256,),
            policy=policy,
            faults=server_faults,
        )
        self.address = self.server.identity.address
        self.oid = self.server.identity.oid
        self.paths = []

    def post(self, address, path, headers, body):
        self.paths.append(path.rpartition("/")[2])
        whole = {"Host": address, **headers}
        request = HttpRequest(method="POST", path=path, headers=whole, body=body)
        response = self.server.handle(request)
        return HttpReply(response.status, response.headers, response.body)

    def lpa(self, card):
        return Lpa(OneCardLink(card), port=self, device=STANDARD_DEVICE_V3)

    def installed(self, card, what):
        order = self.server.orders.order(what.upp, what.metadata)
        with self.lpa(card) as lpa:
            lpa.download(order.activation_code)
            lpa.deliver_notifications()
        return order

    def order_rpm(self, card, *commands, **words):
        body = {"header": HEADER, "rpmScript": b64(b"".join(commands)), **words}
        body.setdefault("eid", str(card.state.eid))
        return carried_out(rpm_order.run(self.server.environment, body, "2.999.7"), NO_PARTNERS)

    def order_of(self, iccid):
        return self.server.orders.stock.of_profile(iccid)


def b64(octets):
    return b64encode(octets).decode("ascii")


def newer_card(**words):
    return simulated_card(personality="v3.1", pki=PKI, **words)


def managed(world, what):
    return rpm_packages.managed(what, rpm_packages.rpm_configuration(world.oid))


def movable(world, what=ONE, **words):
    return device_change.movable(what, device_change.request_to_dp(world.address, **words))
