"""Faults of the JSON text of an answer, and of the HTTP around it, octet by octet."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from rspsim.faults.server.octet_changes import PAST_THE_END, in_manner
from rspsim.smdpp import fault_points
from rspsim.smdpp.fault_classes import FaultClass
from rspsim.smdpp.fault_rules import between
from rspsim.smdpp.fault_switch import ServerFault
from rspsim.smdpp.http_messages import HttpResponse, Manner

__all__ = ["FAULTS"]

_LATER: Final = (
    "the LPA reports an answer that cannot be read; card and order can be used afterwards "
    "(SGP.22 v2, 6.5.2)"
)
_MOST_OCTETS: Final = 64 << 20


def _body(change: Callable[[bytes], bytes]) -> Callable[[HttpResponse], HttpResponse]:
    return lambda response: replace(response, body=change(response.body))


def _deep(response: HttpResponse, levels: int) -> HttpResponse:
    return replace(response, body=b'{"x":' * levels + b"1" + b"}" * levels)


def _wrong_type(body: dict[str, object], member: str) -> dict[str, object]:
    return {name: 7 if name == member else value for name, value in body.items()}


def _length(response: HttpResponse, more: int) -> HttpResponse:
    headers = {**response.headers, "Content-Length": str(len(response.body) + more)}
    return replace(response, headers=headers, manner=Manner(shut_after=PAST_THE_END))


def _chunks(response: HttpResponse) -> HttpResponse:
    return replace(
        response,
        headers={**response.headers, "Transfer-Encoding": "chunked"},
        body=b"zz\r\n" + response.body + b"\r\n0\r\n\r\n",
        manner=Manner(shut_after=PAST_THE_END),
    )


def _too_long(response: HttpResponse, octets: int) -> HttpResponse:
    return replace(response, body=response.body + b" " * octets)


def _headers(response: HttpResponse, octets: int) -> HttpResponse:
    line = b"X-More: " + b"m" * 100 + b"\r\n"
    head = b"HTTP/1.1 200 OK\r\n" + line * (1 + octets // len(line))
    return in_manner(response, octets=head)


def _not_http(response: HttpResponse) -> HttpResponse:
    return in_manner(response, octets=b"220 mail.example.com ready\r\n")


def _fault(name: str, kind: FaultClass, summary: str, **given: Any) -> ServerFault:
    return ServerFault(
        name=name,
        kind=kind,
        summary=summary,
        **{"expected": _LATER, "point": fault_points.HTTP, **given},
    )


FAULTS: Final = (
    _fault(
        "json.syntax",
        FaultClass.JSON,
        "The JSON text lacks its last brace.",
        change=_body(lambda body: body[:-1]),
    ),
    _fault(
        "json.array",
        FaultClass.JSON,
        "The JSON object stands in an array.",
        change=_body(lambda body: b"[" + body + b"]"),
    ),
    _fault(
        "json.trailing",
        FaultClass.JSON,
        "Further text follows the JSON object.",
        change=_body(lambda body: body + b"{}"),
    ),
    _fault(
        "json.utf16",
        FaultClass.JSON,
        "The JSON text is in UTF-16.",
        change=_body(lambda body: body.decode("utf-8", "replace").encode("utf-16")),
    ),
    _fault(
        "json.deep",
        FaultClass.JSON,
        "The JSON text is nested so many levels deep.",
        change=_deep,
        parameters={"levels": 100_000},
        rules={"levels": between(1, 1_000_000)},
    ),
    _fault(
        "json.wrong_type",
        FaultClass.JSON,
        "One member of the JSON object is a number.",
        point=fault_points.JSON,
        change=_wrong_type,
        parameters={"member": "transactionId"},
    ),
    _fault(
        "http.length",
        FaultClass.HTTP,
        "Content-Length says more octets than there are.",
        change=_length,
        parameters={"more": 10},
        rules={"more": between(1, _MOST_OCTETS)},
    ),
    _fault(
        "http.chunks",
        FaultClass.HTTP,
        "The answer is chunked, and the first size is no number.",
        change=_chunks,
    ),
    _fault(
        "http.too_long",
        FaultClass.HTTP,
        "So many blanks follow the JSON object.",
        change=_too_long,
        parameters={"octets": 9 << 20},
        rules={"octets": between(1, _MOST_OCTETS)},
    ),
    _fault(
        "http.headers",
        FaultClass.HTTP,
        "The header has so many octets, and the connection ends with it.",
        change=_headers,
        parameters={"octets": 1 << 20},
        rules={"octets": between(1, _MOST_OCTETS)},
    ),
    _fault(
        "http.not_http",
        FaultClass.HTTP,
        "The answer is that of another protocol.",
        change=_not_http,
    ),
)
