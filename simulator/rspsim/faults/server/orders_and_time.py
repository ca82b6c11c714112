"""Faults of what the server keeps: orders it has lost, refuses or mixes up, and a wrong clock."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from rspcore.ids import Iccid
from rspcore.messages.es9p import (
    ADMIN_PROTOCOL_HEADER,
    ADMIN_PROTOCOL_PREFIX,
    JSON_CONTENT_TYPE,
    AuthenticateClientResponse,
)
from rspcore.messages.json_codec import dump_object
from rspcore.messages.metadata import StoreMetadataRequest
from rspsim.smdpp import fault_points
from rspsim.smdpp.fault_classes import FaultClass
from rspsim.smdpp.fault_rules import between
from rspsim.smdpp.fault_switch import ServerFault
from rspsim.smdpp.http_messages import HttpResponse

__all__ = ["FAULTS"]

_SHOWN: Final = (
    "the LPA shows subject and reason code as received; its session is over (SGP.22 v2, 5.2.6)"
)
_ANOTHER: Final = Iccid.from_digits("89999019999999999990")


def _refusing(subject: str, reason: str) -> Callable[[HttpResponse | None], HttpResponse]:
    status = {
        "status": "Failed",
        "statusCodeData": {"subjectCode": subject, "reasonCode": reason},
    }
    refusal = HttpResponse(
        status=200,
        headers={
            "Content-Type": JSON_CONTENT_TYPE,
            ADMIN_PROTOCOL_HEADER: f"{ADMIN_PROTOCOL_PREFIX}2.5.0",
        },
        body=dump_object({"header": {"functionExecutionStatus": status}}),
    )
    return lambda _: refusal


def _another_profile(response: AuthenticateClientResponse) -> AuthenticateClientResponse:
    metadata = StoreMetadataRequest.decode(response.profile_metadata)
    return replace(response, profile_metadata=replace(metadata, iccid=_ANOTHER).encode())


def _ahead(shift: timedelta, days: int) -> timedelta:
    return shift + timedelta(days=days)


_REFUSALS: Final = (
    ("unknown", "authenticateClient", "8.2.6", "3.8", "does not know the MatchingID"),
    ("of_another_card", "authenticateClient", "8.1.1", "3.8", "has the order for another card"),
    ("not_released", "authenticateClient", "8.2", "1.2", "has not released the order"),
    ("expired", "authenticateClient", "8.8.5", "4.10", "says that the order has expired"),
    ("tried_too_often", "authenticateClient", "8.8.5", "6.4", "has counted too many downloads"),
    ("not_eligible", "authenticateClient", "8.2.5", "4.3", "has no Profile that fits the card"),
    ("gone", "getBoundProfilePackage", "8.2", "3.7", "has the Profile no more"),
    ("session_lost", "getBoundProfilePackage", "8.10.1", "3.9", "has forgotten the session"),
)


def _refusal(name: str, function: str, subject: str, reason: str, text: str) -> ServerFault:
    return ServerFault(
        name=f"order.{name}",
        kind=FaultClass.ORDER,
        point=fault_points.ARRIVAL,
        summary=f"The server {text}: {subject}/{reason}; the request is not carried out.",
        expected=_SHOWN,
        change=_refusing(subject, reason),
        function=function,
    )


def _fault(name: str, kind: FaultClass, **given: Any) -> ServerFault:
    return ServerFault(name=name, kind=kind, **given)


FAULTS: Final = (
    *(_refusal(*row) for row in _REFUSALS),
    _fault(
        "order.another_profile",
        FaultClass.ORDER,
        point=fault_points.AUTHENTICATE_CLIENT_RESPONSE,
        summary="The metadata shown to the user are those of another Profile than the package.",
        expected=(
            "the LPA compares the metadata with those in the package and sends CancelSession with "
            "metadataMismatch (SGP.22 v2, 3.1.3.2)"
        ),
        change=_another_profile,
    ),
    _fault(
        "time.clock_ahead",
        FaultClass.TIME,
        point=fault_points.CLOCK,
        summary=(
            "The clock of the server is so many days ahead during a request: what it holds against "
            "its clock has ended. TLS is held against the real clock and goes on."
        ),
        expected=(
            "the LPA shows subject and reason code: certificates have expired after years, and a "
            "session is unknown after a day, if one function alone is concerned (SGP.22 v2, 5.6.3)"
        ),
        change=_ahead,
        parameters={"days": 20_000},
        rules={"days": between(1, 30_000)},
    ),
)
