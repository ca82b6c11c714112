"""Faults of the connection: ports that are closed, resets, silence, slow and half-closed answers.

A front carries them out; a caller in process sees the usual answer.
"""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final

from rspsim.faults.server.octet_changes import PAST_THE_END, in_manner
from rspsim.smdpp import fault_points
from rspsim.smdpp.fault_classes import FaultClass
from rspsim.smdpp.fault_rules import between
from rspsim.smdpp.fault_switch import ServerFault
from rspsim.smdpp.greeting import Greeting
from rspsim.smdpp.http_messages import HttpResponse, Manner

__all__ = ["FAULTS"]

_PARTS_PER_SECOND: Final = 20
_MILLISECONDS: Final = between(1, 600_000)
_OCTETS: Final = between(1, 1 << 20)
_TRIED_AGAIN: Final = (
    "the LPA reports the lost connection; card and order can be used afterwards (SGP.22 v2, 3.0.1)"
)
_IN_TIME: Final = (
    "the LPA waits or reports that there was no answer in time; card and order can be used "
    "afterwards"
)


def _closed(_: bool) -> bool:  # noqa: FBT001  the value at this point
    return False


def _reset_at_once(greeting: Greeting) -> Greeting:
    return replace(greeting, reset=True)


def _lose(_: HttpResponse | None) -> HttpResponse:
    return HttpResponse(status=503, manner=Manner(reset_after=0))


def _manner(**given: Any) -> Callable[[HttpResponse], HttpResponse]:
    return lambda response: in_manner(response, **given)


def _reset_during(response: HttpResponse, octets: int) -> HttpResponse:
    return in_manner(response, reset_after=octets)


def _half_close(response: HttpResponse, octets: int) -> HttpResponse:
    return in_manner(response, shut_after=octets)


def _silence(response: HttpResponse, milliseconds: int) -> HttpResponse:
    return in_manner(response, silent_ms=milliseconds)


def _dribble(response: HttpResponse, octets: int, milliseconds: int) -> HttpResponse:
    return in_manner(response, pace=(octets, milliseconds))


def _bandwidth(response: HttpResponse, octets_per_second: int) -> HttpResponse:
    at_a_time = max(1, octets_per_second // _PARTS_PER_SECOND)
    return in_manner(response, pace=(at_a_time, 1000 // _PARTS_PER_SECOND))


def _garbage(response: HttpResponse, octets: int) -> HttpResponse:
    drawn = b"".join(sha256(str(at).encode()).digest() for at in range(1 + octets // 32))
    return in_manner(response, bare=drawn[:octets])


def _fault(name: str, point: fault_points.Point[Any], summary: str, **given: Any) -> ServerFault:
    return ServerFault(
        name=f"tcp.{name}",
        kind=FaultClass.TCP,
        point=point,
        summary=summary,
        **{"expected": _TRIED_AGAIN, **given},
    )


FAULTS: Final = (
    _fault(
        "refuse",
        fault_points.LISTENING,
        "The ports of the server are closed: connections are refused.",
        change=_closed,
    ),
    _fault(
        "reset_on_connect",
        fault_points.CONNECTION,
        "The connection is reset as soon as it is there.",
        change=_reset_at_once,
    ),
    _fault(
        "lose_request",
        fault_points.ARRIVAL,
        "The connection is reset, and the request is not carried out.",
        change=_lose,
    ),
    _fault(
        "reset_before",
        fault_points.HTTP,
        "The request is carried out, and the connection reset before the answer.",
        change=_manner(reset_after=0),
    ),
    _fault(
        "reset_during",
        fault_points.HTTP,
        "The connection is reset after the given number of octets of the answer, head included.",
        change=_reset_during,
        parameters={"octets": 100},
        rules={"octets": _OCTETS},
    ),
    _fault(
        "reset_after",
        fault_points.HTTP,
        "The connection is reset after the whole answer.",
        expected="the LPA takes the answer, or reports the lost connection; both can go on",
        change=_manner(reset_after=PAST_THE_END),
    ),
    _fault(
        "half_close",
        fault_points.HTTP,
        "After the given number of octets the server sends no more and says no goodbye of TLS.",
        change=_half_close,
        parameters={"octets": 100},
        rules={"octets": _OCTETS},
    ),
    _fault(
        "garbage",
        fault_points.HTTP,
        "The answer is octets that are no records of TLS.",
        change=_garbage,
        parameters={"octets": 100},
        rules={"octets": _OCTETS},
    ),
    _fault(
        "silence",
        fault_points.HTTP,
        "The connection stays open for the given time without an answer.",
        expected=_IN_TIME,
        change=_silence,
        parameters={"milliseconds": 60_000},
        rules={"milliseconds": _MILLISECONDS},
    ),
    _fault(
        "dribble",
        fault_points.HTTP,
        "The answer comes a few octets at a time, with pauses.",
        expected=_IN_TIME,
        change=_dribble,
        parameters={"octets": 1, "milliseconds": 100},
        rules={"octets": _OCTETS, "milliseconds": _MILLISECONDS},
    ),
    _fault(
        "bandwidth",
        fault_points.HTTP,
        "The answer comes with so many octets per second.",
        expected="the LPA takes the answer, or reports that there was none in time",
        change=_bandwidth,
        parameters={"octets_per_second": 10_000},
        rules={"octets_per_second": between(20, 100_000_000)},
    ),
)
