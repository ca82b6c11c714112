"""Legal choices of the SM-DS: members and events in any order, the curve it prefers."""

import base64
import json
import sys
from pathlib import Path

import pytest

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError
from rspcore.pki.bundle import Pki
from rspcore.pki.generate import make_pki
from rspsim.env import ManualClock, SeededRng
from rspsim.smdpp import HttpRequest
from rspsim.smdpp.variation import Varied
from rspsim.smds import SmDs
from rspsim.smds.event_records import EventChange, EventRecord

sys.path.insert(0, str(Path(__file__).parents[1] / "smdpp"))
from conftest import HEADERS, CardStandIn

PKI, ADDRESS = make_pki(), "ds.example.com"
NIST, BRAINPOOL = Curve.NIST_P256, Curve.BRAINPOOL_P256R1


def made(**how):
    return SmDs(PKI, address=ADDRESS, rng=SeededRng(b"ds"), clock=ManualClock(), **how)


def asked(server, function, body):
    path = f"/gsma/rsp2/es9plus/{function}"
    octets = json.dumps(body).encode()
    answer = server.handle(HttpRequest(method="POST", path=path, headers=HEADERS, body=octets))
    return json.loads(answer.body)


def opened(server, card):
    b64 = lambda octets: base64.b64encode(octets).decode()  # noqa: E731  short
    body = {"smdpAddress": ADDRESS, "euiccChallenge": b64(bytes(16))}
    return asked(server, "initiateAuthentication", body | {"euiccInfo1": b64(card.info1())})


def listed(server, card):
    first = opened(server, card)
    response = base64.b64encode(card.authenticate(first, None)).decode()
    body = {"transactionId": first["transactionId"], "authenticateServerResponse": response}
    return asked(server, "authenticateClient", body)


def test_events_and_members_come_in_more_than_one_order_and_are_the_same_events():
    server, card = made(variation=Varied(b"seed")), CardStandIn(PKI)
    for name in ("A", "B", "C"):
        record = EventRecord(
            eid=card.eid, owner="2.999.10", event_id=name, rsp_server_address="dp.example.com"
        )
        server.surroundings.events.commit(EventChange(put=record))
    answers = [listed(server, card) for _ in range(30)]
    orders = {tuple(one["eventId"] for one in answer["eventEntries"]) for answer in answers}
    assert len(orders) > 3
    assert {tuple(sorted(one)) for one in orders} == {("A", "B", "C")}
    assert len({tuple(answer) for answer in answers}) > 3
    assert {"x-rsplab" in answer for answer in answers} == {True, False}


def test_without_a_variation_every_answer_has_the_same_order():
    server, card = made(), CardStandIn(PKI)
    assert len({tuple(opened(server, card)) for _ in range(5)}) == 1


@pytest.mark.parametrize("first", [NIST, BRAINPOOL])
def test_curve_that_is_preferred_is_the_first(first):
    second = NIST if first is BRAINPOOL else BRAINPOOL
    assert made(curves=(first, second)).identity.curves == (first, second)


def test_curve_without_a_certificate_is_refused():
    lost = PKI.ds_auth(BRAINPOOL).certificate
    kept = tuple(one for one in PKI.credentials if one.certificate != lost)
    with pytest.raises(ConfigError, match="brainpoolP256r1"):
        SmDs(
            Pki(kept),
            address=ADDRESS,
            rng=SeededRng(b"ds"),
            clock=ManualClock(),
            curves=(BRAINPOOL,),
        )
