"""Servers for the table of code pairs: SM-DP+, SM-DS with a root, an LPA in either binding."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from asn1_lpa import Asn1Lpa

from rspcore.crypto.curves import Curve
from rspcore.ids import Eid, Oid
from rspcore.pki.generate import issue_tls, make_pki
from rspcore.pki.roles import Role
from rspcore.profile_maker import make_profile, preset
from rspsim.env import ManualClock, SeededRng
from rspsim.smdpp import HttpRequest, HttpResponse, Policy, SmDpPlus
from rspsim.smdpp.partner_calls import PartnerCall, PartnerReply, carried_out
from rspsim.smds import SmDs

sys.path.insert(0, str(Path(__file__).parents[2] / "simulator/tests/rspsim/smdpp"))
from conftest import CardStandIn, Lpa

__all__ = ["DP", "DS", "OTHER", "PKI", "ROOT", "World"]

PKI = make_pki()
PROFILE = make_profile(preset("PROFILE_OPERATIONAL1"))
DP, DS, ROOT = "dp.example.com", "ds.example.com", "root.example.com"
OTHER = Eid.from_first_digits("890490321234512345123456789099")
_HEADERS = {"X-Admin-Protocol": "gsma/rsp/v2.5.0", "Content-Type": "application/json"}


class World:
    """Everything an input needs; new for each.

    Attributes:
        clock: The clock of all servers.
        dp: The SM-DP+; it has an order with the MatchingID M-1.
        ds: The alternative SM-DS.
        root: The root SM-DS.
        away: Addresses that give no answer.
        lpa: The LPA, at the SM-DP+ or the SM-DS.
    """

    def __init__(self, interface: str, *, asn1: bool = False) -> None:
        self.clock = ManualClock()
        self.away: set[str] = set()
        self.root = SmDs(PKI, address=ROOT, rng=SeededRng(b"root"), clock=self.clock)
        self.ds = SmDs(PKI, address=DS, root=ROOT, rng=SeededRng(b"ds"), clock=self.clock)
        self._calls = 0
        self._interface, self._asn1 = interface, asn1
        self.restart()

    def restart(self, **policy: Any) -> None:
        """Makes the SM-DP+ anew, with these choices."""
        self.dp = SmDpPlus(
            PKI,
            address=DP,
            rng=SeededRng(b"dp"),
            clock=self.clock,
            policy=replace(Policy(), **policy),
        )
        self.number = self.order("M-1")
        at_ds = self._interface == "ES11"
        server: Any = self.ds if at_ds else self.dp
        kind = Asn1Lpa if self._asn1 else Lpa
        self.lpa = kind(server, CardStandIn(PKI), address=DS if at_ds else DP)

    def order(self, matching_id: str, **terms: Any) -> int:
        """Orders the Profile; returns the number of the order."""
        made = self.dp.orders.order(
            PROFILE.upp, replace(PROFILE.metadata, iccid=self.dp.orders.stock.fresh_iccid()),
            matching_id=matching_id, **terms,
        )  # fmt: skip
        return made.number

    def stock(self, **kind: str) -> str:
        """Puts a Profile into the stock, with type and owner; returns its ICCID."""
        metadata = replace(PROFILE.metadata, iccid=self.dp.orders.stock.fresh_iccid())
        return str(self.dp.orders.stock.add(PROFILE.upp, metadata, **kind).iccid)

    def post(self, call: PartnerCall) -> PartnerReply:
        """Makes a call of a server."""
        server = {DS: self.ds, ROOT: self.root}.get(call.address)
        if server is None or call.address in self.away:
            return PartnerReply(status=None, reason="refused")
        role = Role.DP_TLS if call.address == DS else Role.DS_TLS
        request = HttpRequest(
            method="POST",
            path=call.path,
            headers=call.headers,
            body=call.body,
            client_certificate=certificate(role),
        )
        answer = carried_out(server.steps(request), self)
        return PartnerReply(status=answer.status, body=answer.body)

    def call(
        self,
        path: str,
        members: dict[str, Any],
        *,
        role: Role | None = Role.DP_TLS,
        oid: str = "2.999.10",
        requester: str = "2.999.10",
        header: bool = True,
    ) -> Any:
        """Calls a function of ES2+, ES12 or ES15; returns the JSON object or the answer."""
        self._calls += 1
        own = {
            "functionRequesterIdentifier": requester,
            "functionCallIdentifier": f"C-{self._calls}",
        }
        request = HttpRequest(
            method="POST",
            path="/gsma/rsp2/" + path,
            headers=_HEADERS,
            body=json.dumps({**({"header": own} if header else {}), **members}).encode(),
            client_certificate=b"" if role is None else certificate(role, oid),
        )
        server: Any = self.dp
        if not path.startswith("es2plus"):
            server = self.ds if path.startswith("es12") else self.root
        answer: HttpResponse = carried_out(server.steps(request), self)
        return json.loads(answer.body) if answer.status == 200 else answer


def certificate(role: Role, oid: str = "2.999.10") -> bytes:
    """Returns a TLS certificate of a kind and an owner."""
    now = ManualClock().now()
    made = issue_tls(
        PKI, Curve.NIST_P256, ["partner.example"], now, role=role, registered_id=Oid(oid)
    )
    return made.certificate.der
