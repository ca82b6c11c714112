"""An SM-DP+ with its partners, a mock SM-DS and a mock operator, whose answers can be lost."""

import json
import sys
from dataclasses import replace
from pathlib import Path

from rspcore.crypto.curves import Curve
from rspcore.ids import Oid
from rspcore.pki.generate import issue_tls, make_pki
from rspcore.profile_maker import make_profile, preset
from rspsim.env import ManualClock, SeededRng
from rspsim.smdpp import HttpRequest, OrderState, Policy, SmDpPlus
from rspsim.smdpp.partner_calls import PartnerReply, carried_out
from rspsim.smds import SmDs
from rspsim.stores.server_state import FileState

sys.path.insert(0, str(Path(__file__).parents[1]))
from conftest import CardStandIn, Lpa

PKI = make_pki()
PROFILE = make_profile(preset("PROFILE_OPERATIONAL1"))
DS, OPERATOR = "testrootsmds.example.com", "operator.example.com"
HEADERS = {"X-Admin-Protocol": "gsma/rsp/v2.5.0", "Content-Type": "application/json"}


class Killed(BaseException):
    """The process ended here."""


class World:
    """An SM-DP+ on a file, an SM-DS and an operator, in one process; calls can fail on the way."""

    def __init__(self, path, **policy):
        self.path, self.clock, self.policy = path, ManualClock(), policy
        own = issue_tls(
            PKI, Curve.NIST_P256, ["dp.example"], self.clock.now(), registered_id=Oid("2.999.10")
        )
        self.certificate = own.certificate.der
        self.ds = SmDs(PKI, address=DS, rng=SeededRng(b"ds"), clock=self.clock)
        self.card = CardStandIn(PKI)
        self.calls, self.reported, self.points, self.kill_at, self.starts = [], [], 0, None, 0
        self.lose, self.status = set(), {}
        self.start()

    def start(self):
        self.starts += 1
        self.state = FileState(self.path)
        kept = self.state._commit

        def commit():
            self.point()
            kept()
            self.point()

        self.state._commit = commit
        self.dp = SmDpPlus(
            PKI,
            address="dp.example.com",
            rng=SeededRng(f"{self.path.name} {self.starts}".encode()),
            clock=self.clock,
            policy=replace(Policy(), **self.policy),
            state=self.state,
        )

    def point(self):
        self.points += 1
        if self.points == self.kill_at:
            raise Killed

    def restart(self):
        self.state.close()
        self.start()

    def post(self, call):
        self.calls.append(call)
        self.point()
        if "before" in self.lose:
            return PartnerReply(status=None, reason="refused")
        request = HttpRequest(
            method="POST",
            path=call.path,
            headers=call.headers,
            body=call.body,
            client_certificate=self.certificate,
        )
        if call.address == OPERATOR:
            status = self.status.get(OPERATOR, 204)
            if status == 204:
                self.reported.append(json.loads(call.body))
            return PartnerReply(status=status)
        if call.address in self.status:
            return PartnerReply(status=self.status[call.address])
        answer = carried_out(self.ds.steps(request), self)
        self.point()
        if "answer" in self.lose:
            self.lose.discard("answer")
            return PartnerReply(status=None, reason="cut")
        return PartnerReply(status=answer.status, body=answer.body)

    def call(self, function, name, requester="2.999.77", **members):
        header = {"functionRequesterIdentifier": requester, "functionCallIdentifier": name}
        request = HttpRequest(
            method="POST",
            path="/gsma/rsp2/es2plus/" + function,
            headers=HEADERS,
            body=json.dumps({"header": header, **members}).encode(),
            client_certificate=self.certificate,
        )
        answer = carried_out(self.dp.steps(request), self)
        assert answer.status == 200
        return json.loads(answer.body)

    def ordered(self, name="D"):
        kind = {"profileType": "PROFILE_OPERATIONAL1", "eid": str(self.card.eid)}
        return self.call("downloadOrder", name, **kind)["iccid"]

    def confirm(self, iccid, name="C", **members):
        wanted = {"iccid": iccid, "smdsAddress": DS, "matchingId": "E-1", "releaseFlag": True}
        return code(self.call("confirmOrder", name, **(wanted | members)))

    def errands(self):
        """Makes every call that is due now."""
        made = []
        while errand := self.dp.take_errand():
            made.append(errand.function)
            self.dp.settle_errand(errand, self.post(errand.call))
        return made

    @property
    def events(self):
        return [one.event_id for one in self.ds.surroundings.events.of(self.card.eid)]

    def order(self):
        return self.dp.orders.all()[-1]

    def install(self):
        lpa = Lpa(self.dp, self.card, address="dp.example.com")
        lpa.download("E-1")
        lpa.notify(lpa.card.result(lpa.transaction_id, self.order().iccid))
        assert self.order().state is OrderState.INSTALLED


def code(answer):
    status = answer["header"]["functionExecutionStatus"]
    data = status.get("statusCodeData")
    return "ok" if data is None else f"{data['subjectCode']}/{data['reasonCode']}"
