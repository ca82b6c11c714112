"""The LPA of the tests, speaking the ASN.1 binding: JSON in, DER on the wire, JSON out.

A refusal comes back as {"error": integer}; an answer as the JSON object it stands for.
"""

import base64
import json
import sys
from pathlib import Path
from typing import Any

from rspcore import tlv
from rspsim.smdpp import HttpRequest, HttpResponse

sys.path.insert(0, str(Path(__file__).parents[2] / "simulator/tests/rspsim/smdpp"))
from conftest import Lpa

__all__ = ["ASN1_HEADERS", "Asn1Lpa"]

ASN1_HEADERS = {
    "User-Agent": "gsma-rsp-lpad",
    "X-Admin-Protocol": "gsma/rsp/v2.5.0",
    "Content-Type": "application/x-gsma-rsp-asn1",
}
_TAGS = {
    "initiateAuthentication": 0xBF39,
    "authenticateClient": 0xBF3B,
    "getBoundProfilePackage": 0xBF3A,
    "cancelSession": 0xBF41,
    "handleNotification": 0xBF3D,
}
_MEMBERS = {
    0xBF39: ("transactionId", "serverSigned1", None, "euiccCiPKIdToBeUsed", "serverCertificate"),
    0xBF3B: ("transactionId", "profileMetadata", "smdpSigned2", None, "smdpCertificate"),
    0xBF3A: ("transactionId", "boundProfilePackage"),
    0xBF41: (),
}
_SIGNATURES = {0xBF39: "serverSignature1", 0xBF3B: "smdpSignature2"}
_DONE = {"functionExecutionStatus": {"status": "Executed-Success"}}


class Asn1Lpa(Lpa):
    """Calls the functions in DER; keeps what went over the wire.

    Attributes:
        wire: Requests and answers, as octets.
    """

    wire: list[tuple[bytes, bytes]]

    def post(self, function: str, body: Any, **headers: str) -> HttpResponse:
        """Sends a request; returns the answer in JSON, or whatever came with another status."""
        octets = _written(function, body)
        request = HttpRequest(
            method="POST", path="/gsma/rsp2/asn1", headers=ASN1_HEADERS | headers, body=octets
        )
        answer = self.server.handle(request)
        self.wire = [*getattr(self, "wire", []), (octets, answer.body)]
        if answer.status != 200:
            return answer
        body = json.dumps(_read(answer.body)).encode()
        return HttpResponse(status=200, headers={"Content-Type": "application/json"}, body=body)


def _written(function: str, body: dict[str, Any]) -> bytes:
    tag = _TAGS[function]
    octets = {name: _octets(name, value) for name, value in body.items() if value is not None}
    if function == "initiateAuthentication":
        tags = {"euiccChallenge": 0x81, "smdpAddress": 0x83}
        parts = tuple(
            tlv.encode(tags[name], octets[name]) if name in tags else octets[name]
            for name in (*tags, "euiccInfo1")
            if name in octets  # one is left out to see what comes of it
        )
    elif function == "handleNotification":
        parts = (tlv.encode(0xA0, octets["pendingNotification"]),)
    else:
        (name,) = (one for one in octets if one != "transactionId")
        inner = octets[name]
        if function == "cancelSession":  # the tag of the choice takes the place of its own
            inner = tlv.encode(0xA1, bytes(tlv.parse(inner).value))
        parts = (tlv.encode(0x80, octets["transactionId"]), inner)
    return tlv.encode(0xA2, tlv.encode(tag, *parts))


def _octets(name: str, value: str) -> bytes:
    if name == "smdpAddress":
        return value.encode()
    return bytes.fromhex(value) if name == "transactionId" else base64.b64decode(value)


def _read(octets: bytes) -> dict[str, Any]:
    (response,) = tlv.parse(octets).children()
    (choice,) = response.children()
    if choice.tag == 0x81:
        return {"error": int.from_bytes(choice.value, "big")}
    found: dict[str, Any] = {"header": _DONE}
    if response.tag == 0xBF40:
        entries = choice.children()[1].children()
        texts = [[bytes(part.value).decode() for part in one.children()] for one in entries]
        found["eventEntries"] = [{"eventId": a, "rspServerAddress": b} for a, b in texts]
        return found
    for name, one in zip(_MEMBERS[response.tag], choice.children(), strict=True):
        raw = bytes(one.raw)
        if name is None:
            found[_SIGNATURES[response.tag]] = base64.b64encode(raw).decode()
        elif name == "transactionId":
            found[name] = bytes(one.value).hex().upper()
        else:
            found[name] = base64.b64encode(raw).decode()
    return found
