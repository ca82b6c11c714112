"""The ASN.1 binding: DER of annex H in and out, integers for codes, tags once or twice."""

import pytest

from rspcore import tlv
from rspsim.smdpp import HttpRequest

DER = {
    "User-Agent": "gsma-rsp-lpad",
    "X-Admin-Protocol": "gsma/rsp/v2.5.0",
    "Content-Type": "application/x-gsma-rsp-asn1",
}


def post(server, *parts, **headers):
    body = tlv.encode(0xA2, *parts)
    request = HttpRequest(method="POST", path="/gsma/rsp2/asn1", headers=DER | headers, body=body)
    return server.handle(request)


def initiate(server, card, address="testsmdpplus1.example.com", *, twice=False):
    parts = (tlv.encode(0x81, bytes(16)), tlv.encode(0x83, address.encode()), card.info1())
    inside = tlv.encode(0xBF39, *parts)
    answer = post(server, tlv.encode(0xBF39, inside) if twice else inside)
    assert (answer.status, answer.headers["Content-Type"]) == (200, DER["Content-Type"])
    outer = tlv.parse(answer.body)
    assert outer.tag == 0xA2
    (response,) = outer.children()
    assert response.tag == 0xBF39
    (choice,) = response.children()
    return choice


@pytest.mark.parametrize("twice", [False, True])
def test_session_is_opened(lpa, twice):
    choice = initiate(lpa.server, lpa.card, twice=twice)
    assert choice.tag == 0xA0
    assert [one.tag for one in choice.children()] == [0x80, 0x30, 0x5F37, 0x04, 0x30]


def test_codes_become_integers(lpa):
    choice = initiate(lpa.server, lpa.card, "other.example.com")
    assert (choice.tag, bytes(choice.value)) == (0x81, b"\x01")
    error = tlv.encode(0xBF38, tlv.encode(0xA1, bytes.fromhex("800101020107")))
    answer = post(lpa.server, tlv.encode(0xBF3B, tlv.encode(0x80, bytes(16)), error))
    assert answer.body.hex() == "a206bf3b0381010a"
    cancelled = tlv.encode(0xA1, bytes.fromhex("810105"))
    answer = post(lpa.server, tlv.encode(0xBF41, tlv.encode(0x80, bytes(16)), cancelled))
    assert answer.body.hex() == "a206bf4103810101"


def test_octets_that_are_no_request_are_refused(lpa):
    assert post(lpa.server).status == 400
    assert post(lpa.server, bytes.fromhex("BF3900")).status == 400
    assert post(lpa.server, bytes.fromhex("BF5000")).status == 400
    wrong = {"Content-Type": "application/json"}
    assert post(lpa.server, bytes.fromhex("BF3900"), **wrong).status == 415


def test_notification_is_answered_without_a_body(lpa):
    body = tlv.encode(0xBF3D, tlv.encode(0xA0, bytes.fromhex("BF3700")))
    answer = post(lpa.server, body)
    assert (answer.status, answer.body) == (204, b"")
