"""The ASN.1 binding of ES9+ and ES11: one path, DER in place of JSON, integers in place of codes.

A request is turned into that of the JSON binding and its answer back, so that both bindings have
one set of functions. The module of the specification has automatic tags, so a tagged choice keeps
one tag; some compilers write it twice. Here it is written once and read in either form.

Source: SGP.22 v2, 6.6 and annex H.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.messages.es9p import JSON_CONTENT_TYPE, PATH_PREFIX
from rspcore.messages.json_codec import dump_object
from rspsim.smdpp.http_messages import HttpRequest, HttpResponse
from rspsim.smdpp.protocol.http_binding import plain_answer

__all__ = ["ASN1_CONTENT_TYPE", "in_asn1"]

ASN1_CONTENT_TYPE: Final = "application/x-gsma-rsp-asn1"

_OUTER: Final = 0xA2
_UNDEFINED: Final = 127
_FUNCTIONS: Final = {
    0xBF39: "initiateAuthentication",
    0xBF3B: "authenticateClient",
    0xBF3A: "getBoundProfilePackage",
    0xBF41: "cancelSession",
    0xBF3D: "handleNotification",
    0xBF4C: "confirmDeviceChange",
    0xBF61: "checkProgress",
    0xBF46: "checkEvent",
}
_ERRORS: Final[Mapping[str, Mapping[str, int]]] = {
    "initiateAuthentication": {
        "8.8.1/3.8": 1,
        "8.8.3/3.1": 2,
        "8.8.2/3.1": 3,
        "8.8.4/3.7": 3,
        "8.9.1/3.8": 1,
        "8.9.3/3.1": 2,
        "8.9.2/3.1": 3,
        "8.9.4/3.7": 3,
    },
    "authenticateClient": {
        "8.1.2/6.1": 1,
        "8.1.2/6.3": 2,
        "8.1.3/6.1": 3,
        "8.1.3/6.3": 4,
        "8.1/6.1": 5,
        "8.2.6/3.8": 6,
        "8.1.1/3.8": 7,
        "8.2.5/4.3": 8,
        "8.11.1/3.9": 9,
        "8.10.1/3.9": 10,
        "8.1/4.8": 11,
        "8.2.11/3.7": 15,
        "8.2.11/3.8": 16,
        "8.2.1/3.9": 17,
        "8.1.4/6.1": 1,
        "8.1/3.11": 13,
        "8.7/3.11": 14,
    },
    "confirmDeviceChange": {
        "8.10.1/3.9": 1,
        "8.1/6.1": 2,
        "8.2.7/2.2": 3,
        "8.2.7/3.8": 4,
        "8.2.7/6.4": 6,
    },
    "checkProgress": {"8.10.1/3.9": 4},
    "getBoundProfilePackage": {
        "8.1/6.1": 1,
        "8.2.7/2.2": 2,
        "8.2.7/3.8": 3,
        "8.2.7/6.4": 4,
        "8.2/3.7": 5,
        "8.8.5/4.10": 6,
        "8.10.1/3.9": 95,
    },
    "cancelSession": {"8.10.1/3.9": 1, "8.1/6.1": 2},
    "checkEvent": {"8.9.1/3.8": 1, "8.9/1.2": 2, "8.9.6/6.3": 3, "8.9.6/3.9": 4},
}
_OTHER_OK: Final = (
    (0xA2, ("smdpSigned3", "smdpSignature3")),
    (0xA3, ("smdpSigned4", "smdpSignature4")),
    (0xA4, ("smdpSigned6", "smdpSignature6")),
)
"""Alternatives of the answer to AuthenticateClient in version 3: tag, and members in order."""
_ES11_ERRORS: Final = {
    "8.9.5/3.9": 6,
    "8.10.1/3.9": 7,
    "8.11.1/3.9": _UNDEFINED,
    "8.1/3.11": 10,
    "8.7/3.11": 11,
    "8.9.7/3.7": 12,
    "8.9.7/1.2": 13,
}
_CI_KEY: Final = "8.11.1/3.9"
_CI_MISMATCH: Final = {False: 12, True: 9}
"""ciPKMismatch of version 3, of ES9+ and of ES11."""
_LISTS: Final = {"otherCertsInChain": 0xA1, "crlList": 0xA2}
"""Lists of version 3 in the answer of InitiateAuthentication, with their tags."""
_OK: Final = {
    "initiateAuthentication": (
        "serverSigned1",
        "serverSignature1",
        "euiccCiPKIdToBeUsed",
        "serverCertificate",
    ),
    "authenticateClient": (
        "profileMetadata",
        "smdpSigned2",
        "smdpSignature2",
        "smdpCertificate",
    ),
    "getBoundProfilePackage": ("boundProfilePackage",),
    "cancelSession": (),
    "confirmDeviceChange": ("smdpSigned5", "smdpSignature5"),
}


def in_asn1(
    request: HttpRequest, handler: Callable[[HttpRequest], HttpResponse], *, es11: bool = False
) -> HttpResponse:
    """Answers a request of the ASN.1 binding by a handler of the JSON binding.

    Octets that are no request get 400, another content type 415; 4xx of the handler stay.

    Args:
        request: The request.
        handler: Answers the request in JSON.
        es11: True at an SM-DS, whose AuthenticateClient has an answer and integers of its own.
    """
    kind = (request.header("Content-Type") or "").partition(";")[0].strip().lower()
    if kind != ASN1_CONTENT_TYPE:
        return plain_answer(415, f"expected Content-Type {ASN1_CONTENT_TYPE}")
    try:
        name, members = _read(request.body)
    except DecodeError as error:
        return plain_answer(400, f"RemoteProfileProvisioningRequest: {error}")
    headers = {k: v for k, v in request.headers.items() if k.lower() != "content-type"}
    headers["Content-Type"] = JSON_CONTENT_TYPE
    inner = replace(request, path=PATH_PREFIX + name, headers=headers, body=dump_object(members))
    answer = handler(inner)
    if answer.status != 200:
        return answer
    body = tlv.encode(
        _OUTER, _written(name, json.loads(answer.body), es11=es11, mismatch=answer.ci_mismatch)
    )
    return replace(answer, body=body, headers={**answer.headers, "Content-Type": ASN1_CONTENT_TYPE})


def _read(body: bytes) -> tuple[str, dict[str, object]]:
    outer = tlv.parse(body)
    if outer.tag != _OUTER or len(outer.children()) != 1:
        raise DecodeError("expected A2 with one request in it")
    request = outer.children()[0]
    name = _FUNCTIONS.get(request.tag)
    if name is None:
        raise DecodeError(f"no function has tag {request.tag:X}")
    inside = _once(request)
    found = {one.tag: one for one in inside}
    if name == "initiateAuthentication":
        asked: dict[str, object] = {
            "smdpAddress": bytes(_part(found, 0x83).value).decode("utf-8", "replace"),
            "euiccChallenge": _b64(bytes(_part(found, 0x81).value)),
            "euiccInfo1": _b64(bytes(_part(found, 0xBF20).raw)),
        }
        if 0x85 in found:
            asked["lpaRspCapability"] = _b64(bytes(found[0x85].raw))
        return name, asked
    if name == "handleNotification":
        (one,) = _part(found, 0xA0).children()[:1] or (None,)
        if one is None:
            raise DecodeError("pendingNotification is empty")
        return name, {"pendingNotification": _b64(bytes(one.raw))}
    if name == "checkProgress":
        return name, {"dcSessionId": _b64(bytes(_part(found, 0x80).value))}
    if name == "checkEvent":
        return name, {
            "ecId": _b64(bytes(_part(found, 0x80).value)),
            "smdsAddress": bytes(_part(found, 0x81).value).decode("utf-8", "replace"),
        }
    return name, _members(name, request, found)


def _members(name: str, request: tlv.Tlv, found: Mapping[int, tlv.Tlv]) -> dict[str, object]:
    """Returns the members of a request of a session."""
    members: dict[str, object] = {"transactionId": bytes(_part(found, 0x80).value).hex().upper()}
    if name == "cancelSession":
        choice = _part(found, 0xA1)
        again = choice.children()
        content = again[0].value if again and again[0].tag == request.tag else choice.value
        members["cancelSessionResponse"] = _b64(tlv.encode(request.tag, bytes(content)))
    elif name == "authenticateClient":
        members["authenticateServerResponse"] = _b64(_single(_part(found, 0xBF38)))
        if 0xBF63 in found:
            members["deleteNotificationForDc"] = _b64(bytes(found[0xBF63].raw))
    elif name == "confirmDeviceChange":
        members["prepareDeviceChangeResponse"] = _b64(_single(_part(found, 0xBF4D)))
    else:
        members["prepareDownloadResponse"] = _b64(_single(_part(found, 0xBF21)))
    return members


def _once(one: tlv.Tlv) -> list[tlv.Tlv]:
    """Returns what is in a data object, whose tag may stand there twice."""
    inside = list(one.children())
    twice = len(inside) == 1 and inside[0].tag == one.tag
    return list(inside[0].children()) if twice else inside


def _single(one: tlv.Tlv) -> bytes:
    return tlv.encode(one.tag, *(bytes(part.raw) for part in _once(one)))


def _part(found: Mapping[int, tlv.Tlv], tag: int) -> tlv.Tlv:
    part = found.get(tag)
    if part is None:
        raise DecodeError(f"component {tag:X} is missing")
    return part


def _b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _written(
    name: str, answer: Mapping[str, object], *, es11: bool, mismatch: bool = False
) -> bytes:
    tag = next(tag for tag, function in _FUNCTIONS.items() if function == name)
    listing = es11 and name == "authenticateClient"
    if listing:
        tag = 0xBF40
    header = answer["header"]
    status = header["functionExecutionStatus"] if isinstance(header, dict) else {}
    codes = status.get("statusCodeData")
    if codes is not None:
        pair = f"{codes['subjectCode']}/{codes['reasonCode']}"
        table = {**_ERRORS[name], **(_ES11_ERRORS if listing else {})}
        if mismatch:
            table[_CI_KEY] = _CI_MISMATCH[listing]
        return tlv.encode(tag, tlv.encode(0x81, bytes((table.get(pair, _UNDEFINED),))))
    if name == "checkProgress":
        delay = answer.get("retryDelay")
        minutes = b"" if delay is None else tlv.encode(0x80, int(str(delay)).to_bytes(2, "big"))
        return tlv.encode(tag, tlv.encode(0xA0, minutes))
    if name == "checkEvent":
        pending = b"\xff" if answer["isPendingEvent"] else b"\x00"
        return tlv.encode(tag, tlv.encode(0xA0, tlv.encode(0x80, pending)))
    parts = [] if name == "cancelSession" else [_transaction(answer)]
    for other, members in _OTHER_OK:
        if name == "authenticateClient" and members[0] in answer:
            octets = [base64.b64decode(str(answer[member])) for member in members]
            return tlv.encode(tag, tlv.encode(other, *parts, *octets))
    if listing and "smdsSigned2" in answer:
        parts += [base64.b64decode(str(answer[one])) for one in ("smdsSigned2", "smdsSignature2")]
        return tlv.encode(tag, tlv.encode(0xA2, *parts))
    if listing:
        parts.append(_entries(answer["eventEntries"]))
    else:
        parts += [base64.b64decode(str(answer[member])) for member in _OK[name]]
        parts += [
            _listed(tag, answer[member]) for member, tag in _LISTS.items() if member in answer
        ]
    return tlv.encode(tag, tlv.encode(0xA0, *parts))


def _listed(tag: int, values: object) -> bytes:
    octets = [base64.b64decode(str(one)) for one in values] if isinstance(values, list) else []
    return tlv.encode(tag, *octets)


def _transaction(answer: Mapping[str, object]) -> bytes:
    return tlv.encode(0x80, bytes.fromhex(str(answer["transactionId"])))


def _entries(entries: object) -> bytes:
    listed = entries if isinstance(entries, list) else []
    return tlv.encode(
        0xA1,
        *(
            tlv.encode(
                0x30,
                tlv.encode(0x80, one["eventId"].encode()),
                tlv.encode(0x81, one["rspServerAddress"].encode()),
            )
            for one in listed
        ),
    )
