"""Malformed requests drawn from a seed: HTTP, JSON, DER, in both bindings, for SM-DP+ and SM-DS.

Each is the octets of one request. What HTTP itself forbids has to be answered with 4xx, 501 or 505
and noted as a fault of the client; anything else with 200 and codes, 204, or 4xx.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random  # noqa: TID251  a draw that can be repeated
from typing import Any

from rspcore import tlv

__all__ = ["BROKEN_HTTP", "Request", "Samples", "drawn"]

_ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1e309, 1 << 70, "", " ", "\ud800", "\x00", "\u202e", "A" * 70_000,
    "0" * 31, "AAAA", "====", "+/-_", "%00", "../..", "LPA:1$", [], [[]], {}, {"header": {}},
    [None] * 1000, "gsma/rsp/v2.5.0", "é", "AA==", "/w==",
)  # fmt: skip
_ODD_VALUES = (
    b"",
    b"\x00",
    b"\xff",
    b"\xff" * 40,
    b"\xed\xa0\x80",
    bytes(20),
    b"\x80" * 9,
    b"A" * 9000,
)
_PATHS = {
    "initiateAuthentication": "es9plus",
    "authenticateClient": "es9plus",
    "getBoundProfilePackage": "es9plus",
    "cancelSession": "es9plus",
    "handleNotification": "es9plus",
    "downloadOrder": "es2plus",
    "confirmOrder": "es2plus",
    "registerEvent": "es12",
    "none": "es9plus",
}
_HEADERS = {
    "Host": "localhost",
    "User-Agent": "gsma-rsp-lpad",
    "X-Admin-Protocol": "gsma/rsp/v2.5.0",
    "Content-Type": "application/json",
}
_START = b"POST /gsma/rsp2/es9plus/handleNotification HTTP/1.1\r\n"
_HOST = b"Host: localhost\r\n"
_REST = b"User-Agent: gsma-rsp-lpad\r\nContent-Type: application/json\r\n"
_CHUNKED = _START + _HOST + _REST + b"Transfer-Encoding: chunked\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        kind: What is wrong with it, in a few words.
        octets: What is sent.
        cut: True when the client then ends its side of the connection.
        http: True when HTTP itself forbids it.
    """

    kind: str
    octets: bytes
    cut: bool = False
    http: bool = False


@dataclass(frozen=True, slots=True)
class Samples:
    """Sound bodies of a session that is over, by function, to be changed in one place."""

    bodies: Mapping[str, Mapping[str, Any]]


def _head(*lines: bytes) -> bytes:
    return _START + b"".join(line + b"\r\n" for line in lines) + _REST + b"\r\n"


BROKEN_HTTP: Mapping[str, bytes] = {
    "no Host": _head(b"Content-Length: 0"),
    "two Host": _head(b"Host: a", b"Host: b", b"Content-Length: 0"),
    "length negative": _head(b"Host: a", b"Content-Length: -1"),
    "length with sign": _head(b"Host: a", b"Content-Length: +2") + b"{}",
    "length with underscore": _head(b"Host: a", b"Content-Length: 2_0") + b"{}",
    "length no number": _head(b"Host: a", b"Content-Length: two"),
    "length of 5000 digits": _head(b"Host: a", b"Content-Length: " + b"9" * 5000),
    "length beyond 64 bits": _head(b"Host: a", b"Content-Length: 99999999999999999999"),
    "two lengths": _head(b"Host: a", b"Content-Length: 2", b"Content-Length: 3") + b"{}",
    "length and chunks": _head(b"Host: a", b"Content-Length: 2", b"Transfer-Encoding: chunked"),
    "body too long": _head(b"Host: a", b"Content-Length: 5000000"),
    "unknown coding": _head(b"Host: a", b"Transfer-Encoding: gzip"),
    "chunked twice": _head(b"Host: a", b"Transfer-Encoding: chunked, chunked"),
    "chunk size no number": _CHUNKED + b"zz\r\n",
    "chunk size huge": _CHUNKED + b"FFFFFFFFFFFFFFFFFFFFF\r\n",
    "chunk size with sign": _CHUNKED + b"+2\r\n{}\r\n0\r\n\r\n",
    "chunk size with prefix": _CHUNKED + b"0x2\r\n{}\r\n0\r\n\r\n",
    "chunk size with underscore": _CHUNKED + b"0_2\r\n{}\r\n0\r\n\r\n",
    "chunk longer than said": _CHUNKED + b"1\r\n{}\r\n0\r\n\r\n",
    "NUL in a header": _head(b"Host: a", b"X: a\x00b", b"Content-Length: 0"),
    "CR in a header": _head(b"Host: a", b"X: a\rb", b"Content-Length: 0"),
    "space before the colon": _head(b"Host: a", b"X : a", b"Content-Length: 0"),
    "line folded at once": _START + b" folded: a\r\n" + _HOST + b"\r\n",
    "header without colon": _head(b"Host: a", b"nothing"),
    "header too long": _head(b"Host: a", b"X: " + b"a" * 40_000),
    "no version": b"POST /gsma/rsp2/asn1\r\n\r\n",
    "version 3": b"POST /gsma/rsp2/asn1 HTTP/3.0\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
    "version no number": b"POST / HTTP/x.y\r\nHost: a\r\n\r\n",
    "no method": b" / HTTP/1.1\r\nHost: a\r\n\r\n",
    "blank in the target": b"POST /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    "control in the target": b"POST /a\x1b[31m HTTP/1.1\r\nHost: a\r\n\r\n",
    "no request at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}
"""Octets that are no request of HTTP/1.1 (RFC 9110, RFC 9112)."""


def drawn(rng: Random, samples: Samples) -> Request:
    """Returns the next request."""
    make: Callable[[Random, Samples], Request] = rng.choices(
        (_http, _random, _truncated, _member, _body, _der, _binding),
        weights=(20, 5, 5, 25, 10, 25, 10),
    )[0]
    return make(rng, samples)


def _http(rng: Random, _: Samples) -> Request:
    kind = rng.choice(sorted(BROKEN_HTTP))
    return Request(kind, BROKEN_HTTP[kind], http=True)


def _random(rng: Random, _: Samples) -> Request:
    return Request("random octets", b"x" + rng.randbytes(rng.randint(1, 300)), cut=True, http=True)


def _truncated(rng: Random, samples: Samples) -> Request:
    whole = _member(rng, samples).octets
    return Request("cut short", whole[: rng.randint(1, len(whole) - 1)], cut=True, http=True)


def _member(rng: Random, samples: Samples) -> Request:
    function = rng.choice(sorted(_PATHS))
    body = dict(samples.bodies.get(function, {"header": {}}))
    name = rng.choice([*body, "header", "unknown"])
    if rng.random() < 0.2:
        body.pop(name, None)
    else:
        body[name] = rng.choice(_ODD)
    return Request("a member", _request(rng, function, json.dumps(body).encode()))


def _body(rng: Random, samples: Samples) -> Request:
    function = rng.choice(sorted(_PATHS))
    sound = json.dumps(samples.bodies.get(function, {})).encode()
    bodies: Sequence[bytes] = (
        b"", b"{", b"[]", b"null", b'"a"', b"\xff\xfe{}", b"{" * 5000, b"[" * 100_000,
        b'{"a":' * 3000 + b"1" + b"}" * 3000, sound[:-1], sound + sound, sound.replace(b'"', b"'"),
        _changed(rng, sound), b"1e999", b'{"transactionId": NaN}',
    )  # fmt: skip
    return Request("a body", _request(rng, function, rng.choice(bodies)))


def _der(rng: Random, samples: Samples) -> Request:
    function = rng.choice([one for one in samples.bodies if one in _PATHS])
    body = dict(samples.bodies[function])
    name = max(body, key=lambda one: len(str(body[one])))
    octets = _changed_object(rng, base64.b64decode(body[name]))
    body[name] = base64.b64encode(octets).decode()
    return Request("a data object", _request(rng, function, json.dumps(body).encode()))


def _binding(rng: Random, samples: Samples) -> Request:
    inner = [
        tlv.encode(0xBF3D, tlv.encode(0xA0, base64.b64decode(one["pendingNotification"])))
        for name, one in samples.bodies.items()
        if name == "handleNotification"
    ]
    first = samples.bodies["initiateAuthentication"]
    address, challenge = str(first["smdpAddress"]), base64.b64decode(first["euiccChallenge"])
    parts = (tlv.encode(0x81, challenge), tlv.encode(0x83, address.encode()))
    inner.append(tlv.encode(0xBF39, *parts, base64.b64decode(first["euiccInfo1"])))
    for name, tag in (("authenticateClient", 0xBF3B), ("getBoundProfilePackage", 0xBF3A)):
        body = samples.bodies[name]
        number = tlv.encode(0x80, bytes.fromhex(body["transactionId"]))
        longest = base64.b64decode(max((str(one) for one in body.values()), key=len))
        inner.append(tlv.encode(tag, number, longest))
    octets = _changed_object(rng, tlv.encode(0xA2, rng.choice(inner)))
    headers = {"Content-Type": "application/x-gsma-rsp-asn1"}
    return Request("the ASN.1 binding", _written("/gsma/rsp2/asn1", octets, headers))


def _odd_object(rng: Random, octets: bytes) -> bytes:
    """Returns a data object with right lengths, in which one value at some depth is odd."""
    one = tlv.parse(octets)
    parts = list(one.children()) if octets[0] & 0x20 else []
    if not parts or rng.random() < 0.15:
        return tlv.encode(one.tag, rng.choice(_ODD_VALUES))
    at = rng.randrange(len(parts))
    inner = [bytes(part.raw) for part in parts]
    action = rng.randrange(8)
    if action == 0:
        del inner[at]
    elif action == 1:
        inner.insert(at, inner[at])
    else:
        inner[at] = _odd_object(rng, inner[at])
    return tlv.encode(one.tag, *inner)


def _changed_object(rng: Random, octets: bytes) -> bytes:
    return rng.choice((_changed, _odd_object))(rng, octets)


def _changed(rng: Random, octets: bytes) -> bytes:
    """Returns octets with some flipped, left out, put in or repeated."""
    made = bytearray(octets)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(made) + 1)
        action = rng.randrange(5)
        if action == 0 and at < len(made):
            made[at] ^= 1 << rng.randrange(8)
        elif action == 1:
            del made[at : at + rng.randint(1, 40)]
        elif action == 2:
            made[at:at] = rng.randbytes(rng.randint(1, 40))
        elif action == 3:
            made[at:at] = made[max(0, at - 60) : at]
        else:
            made[at : at + 1] = b"\x84\xff\xff\xff\xff"
    return bytes(made)


def _request(rng: Random, function: str, body: bytes) -> bytes:
    path = f"/gsma/rsp2/{_PATHS[function]}/{function}"
    odd: Mapping[str, str] = {}
    if rng.random() < 0.1:
        name = rng.choice(("User-Agent", "X-Admin-Protocol", "Content-Type", "X"))
        odd = {name: rng.choice(("", "gsma/rsp/v1.0.0", "gsma/rsp/v999.0.0", "text/html", "é"))}
    return _written(path, body, odd)


def _written(path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    lines = [f"POST {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in {**_HEADERS, **headers}.items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body
