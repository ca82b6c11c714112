"""The two bindings of ES9+ and ES11 between members in the JSON form and octets on the wire.

The ASN.1 binding has one path and tags in place of names. Where the module replaces one tag by
another, the single form is written; a doubled one is read too, as some compilers write it.

Source: SGP.22 v2, 6.5 and 6.6.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any, Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspharness.record.verdicts import ExpectationError

__all__ = [
    "ASN1_PATH",
    "ASN1_TYPE",
    "JSON_TYPE",
    "Members",
    "read_asn1",
    "read_json",
    "written",
]

ASN1_PATH: Final = "/gsma/rsp2/asn1"
ASN1_TYPE: Final = "application/x-gsma-rsp-asn1"
JSON_TYPE: Final = "application/json"

_TAGS: Final = {
    "initiateAuthentication": 0xBF39,
    "authenticateClient": 0xBF3B,
    "getBoundProfilePackage": 0xBF3A,
    "cancelSession": 0xBF41,
    "handleNotification": 0xBF3D,
    "confirmDeviceChange": 0xBF4C,
    "checkProgress": 0xBF61,
    "checkEvent": 0xBF46,
}
_ES11_ANSWER: Final = 0xBF40
_WRAPPER: Final = 0xA2
_OK, _ERROR = 0xA0, 0x81
_MEMBERS: Final[Mapping[int, Mapping[int, str]]] = {
    0xBF39: {0x80: "transactionId", 0x5F37: "serverSignature1", 0x04: "euiccCiPKIdToBeUsed"},
    0xBF3B: {0x80: "transactionId", 0xBF25: "profileMetadata", 0x5F37: "smdpSignature2"},
    0xBF3A: {0x80: "transactionId", 0xBF36: "boundProfilePackage"},
    0xBF41: {},
    _ES11_ANSWER: {0x80: "transactionId"},
    0xBF4C: {0x80: "transactionId", 0x5F37: "smdpSignature5"},
    0xBF61: {},
    0xBF46: {},
}
_SEQUENCES: Final = {
    0xBF39: ("serverSigned1", "serverCertificate"),
    0xBF3B: ("smdpSigned2", "smdpCertificate"),
    0xBF4C: ("smdpSigned5",),
}
"""Members with the tag 30, in their order."""
_OTHER_OK: Final[Mapping[int, Mapping[int, tuple[str, str]]]] = {
    0xBF3B: {
        0xA2: ("smdpSigned3", "smdpSignature3"),
        0xA3: ("smdpSigned4", "smdpSignature4"),
        0xA4: ("smdpSigned6", "smdpSignature6"),
    },
    _ES11_ANSWER: {0xA2: ("smdsSigned2", "smdsSignature2")},
}
"""Alternatives of version 3 beside A0: what is signed, and the signature."""
_LISTS: Final = {0xA1: "otherCertsInChain", 0xA2: "crlList"}
"""Lists of version 3 in the answer of InitiateAuthentication."""
_TAGS_OF_MEMBERS: Final = {
    "transactionId": 0x80,
    "dcSessionId": 0x80,
    "ecId": 0x80,
    "smdsAddress": 0x81,
    "pendingNotification": 0xA0,
}
"""Members of requests that are no whole data objects, in the order of the module."""
_NOT_OCTETS: Final = ("smdpAddress", "smdsAddress")


def written(function: str, members: Mapping[str, Any]) -> bytes:
    """Returns a request of the ASN.1 binding; a member that is None is left out.

    Args:
        function: Name of the function.
        members: Members in the JSON form.
    """
    octets = {name: _octets(name, one) for name, one in members.items() if one is not None}
    parts = _initiation(octets) if function == "initiateAuthentication" else _parts(octets)
    return tlv.encode(_WRAPPER, tlv.encode(_TAGS[function], *parts))


def _initiation(octets: Mapping[str, bytes]) -> list[bytes]:
    """Returns the parts of InitiateAuthentication, in the order of its module."""
    named = ((0x81, "euiccChallenge"), (0x83, "smdpAddress"))
    parts = [tlv.encode(tag, octets[name]) for tag, name in named if name in octets]
    return [*parts, octets.get("euiccInfo1", b""), octets.get("lpaRspCapability", b"")]


def _parts(octets: Mapping[str, bytes]) -> list[bytes]:
    """Returns the parts of any other request: those with a tag here, and whole data objects."""
    parts = [
        tlv.encode(tag, octets[name]) for name, tag in _TAGS_OF_MEMBERS.items() if name in octets
    ]
    for name, value in octets.items():
        if name == "cancelSessionResponse":  # the tag of the choice takes the place of its own
            parts.append(tlv.encode(0xA1, bytes(tlv.parse(value).value)))
        elif name not in _TAGS_OF_MEMBERS:
            parts.append(value)
    return parts


def _octets(name: str, value: str) -> bytes:
    if name in _NOT_OCTETS:
        return value.encode()
    return bytes.fromhex(value) if name == "transactionId" else base64.b64decode(value)


def read_asn1(function: str, body: bytes, *, es11: bool) -> tuple[dict[str, object], str]:
    """Returns the members of an answer in the JSON form, and the integer of a refusal or "".

    Raises:
        ExpectationError: it is no answer of the function.
    """
    expected = _ES11_ANSWER if es11 and function == "authenticateClient" else _TAGS[function]
    try:
        choice = _choice(expected, body)
        if choice.tag == _ERROR:
            return {}, str(int.from_bytes(choice.value, "big"))
        return _members(expected, choice), ""
    except (DecodeError, ValueError) as error:
        shown = body[:24].hex(" ").upper()
        raise ExpectationError(
            f"A2 {{ {expected:X} {{ A0 or 81 }} }}", f"{shown} .. ({error})", about=function
        ) from error


def _choice(expected: int, body: bytes) -> tlv.Tlv:
    outer = tlv.parse(body)
    (answer,) = outer.children()
    (choice,) = answer.children()
    if choice.tag == expected:  # a doubled tag
        (choice,) = choice.children()
    if (outer.tag, answer.tag) != (_WRAPPER, expected):
        raise DecodeError(f"tags {outer.tag:X} and {answer.tag:X}")
    if choice.tag not in (_OK, _ERROR, *_OTHER_OK.get(expected, ())):
        raise DecodeError(f"alternative {choice.tag:X}")
    return choice


def _members(answer: int, choice: tlv.Tlv) -> dict[str, object]:
    found: dict[str, object] = {}
    other = _OTHER_OK.get(answer, {}).get(choice.tag)
    sequences = iter(other[:1] if other else _SEQUENCES.get(answer, ()))
    members = {**_MEMBERS[answer], 0x5F37: other[1]} if other else _MEMBERS[answer]
    for one in choice.children():
        name = next(sequences, "") if one.tag == 0x30 else members.get(one.tag, "")
        if name == "transactionId":
            found[name] = bytes(one.value).hex().upper()
        elif name:
            found[name] = _base64(one)
        elif answer == _ES11_ANSWER and one.tag == 0xA1:
            found["eventEntries"] = [_entry(entry) for entry in one.children()]
        elif answer == _TAGS["initiateAuthentication"] and one.tag in _LISTS:
            found[_LISTS[one.tag]] = [_base64(part) for part in one.children()]
        elif answer == _TAGS["checkProgress"] and one.tag == 0x80:
            found["retryDelay"] = int.from_bytes(one.value, "big")
        elif answer == _TAGS["checkEvent"] and one.tag == 0x80:
            found["isPendingEvent"] = any(one.value)
    return found


def _base64(one: tlv.Tlv) -> str:
    return base64.b64encode(bytes(one.raw)).decode("ascii")


def _entry(entry: tlv.Tlv) -> dict[str, str]:
    event_id, address = (bytes(part.value).decode() for part in entry.children()[:2])
    return {"eventId": event_id, "rspServerAddress": address}


class Members(dict[str, Any]):
    """Members of a call that a peer made; to use one that it left out is a failed expectation."""

    def __init__(self, function: str, body: bytes) -> None:
        """Reads the body of a call.

        Raises:
            ExpectationError: it is no JSON object.
        """
        super().__init__(_json_object(function, body))
        self._function = function

    def __missing__(self, name: str) -> Any:
        """Refuses a member that is not there."""
        there = ", ".join(self) or "none"
        raise ExpectationError(f"the member {name}", f"the members {there}", about=self._function)


def read_json(function: str, body: bytes) -> tuple[dict[str, object], str]:
    """Returns the members of an answer, and subject and reason of a refusal or "".

    Raises:
        ExpectationError: it is no JSON object, or has no header that says how the function ended.
    """
    found = _json_object(function, body)
    header = found.get("header")
    status = header.get("functionExecutionStatus") if isinstance(header, dict) else None
    word = status.get("status") if isinstance(status, dict) else None
    if word in ("Executed-Success", "Executed-WithWarning"):
        return found, ""
    data = status.get("statusCodeData") if isinstance(status, dict) else None
    if word in ("Failed", "Expired") and isinstance(data, dict):
        return found, f"{data.get('subjectCode')}/{data.get('reasonCode')}"
    raise ExpectationError(
        "header.functionExecutionStatus with a status, and statusCodeData where it is Failed",
        json.dumps(header)[:120],
        about=function,
    )


def _json_object(function: str, body: bytes) -> dict[str, object]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ExpectationError(
            "a JSON object", f"{body[:60]!r} ({error})", about=function
        ) from None
    if not isinstance(found, dict):
        raise ExpectationError("a JSON object", type(found).__name__, about=function)
    return found
