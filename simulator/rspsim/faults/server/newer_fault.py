"""What faults of version 3 are made of: their parameters, and another bit or TransactionID."""

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from rspcore.ids import TransactionId
from rspsim.faults.server.octet_changes import ANY_BIT, flip_bit, from_hex
from rspsim.smdpp import fault_points
from rspsim.smdpp.fault_classes import FaultClass
from rspsim.smdpp.fault_points import Point
from rspsim.smdpp.fault_rules import Parameter, Rule, hexadecimal
from rspsim.smdpp.fault_switch import ServerFault

__all__ = [
    "BIT",
    "ID",
    "NO_PARAMETERS",
    "OTHER_ID",
    "Body",
    "flip_member",
    "flip_of",
    "newer_fault",
    "transaction_id",
]

_AUTHENTICATE: Final = "authenticateClient"
OTHER_ID: Final = "FF" * 16


Body = dict[str, object]


def transaction_id(signed: Any, value: str) -> Any:
    """Returns a signed object with another TransactionID, 1 to 16 octets in hexadecimal."""
    return replace(signed, transaction_id=TransactionId(from_hex("value", value)))


def flip_member(member: str) -> Callable[..., Body]:
    """Returns a change that inverts one bit of a member in base64, where an answer has it."""

    def changed(body: Body, bit: int) -> Body:
        value = body.get(member)
        if not isinstance(value, str):
            return body
        octets = flip_bit(base64.b64decode(value), bit)
        return {**body, member: base64.b64encode(octets).decode("ascii")}

    return changed


ID: Final = ({"value": OTHER_ID}, {"value": hexadecimal(1, 16)})


BIT: Final = ({"bit": 0}, {"bit": ANY_BIT})


NO_PARAMETERS: Final[tuple[dict[str, Parameter], dict[str, Rule]]] = ({}, {})


def newer_fault(  # noqa: PLR0913, PLR0917  what a fault is made of, each part once
    name: str,
    kind: FaultClass,
    point: Point[Any],
    summary: str,
    expected: str,
    change: Callable[..., Any],
    given: tuple[dict[str, Any], dict[str, Rule]] = NO_PARAMETERS,
    function: str = "",
) -> ServerFault:
    """Returns a fault; `given` is its parameters and the rules for them."""
    parameters, rules = given
    return ServerFault(
        name=name,
        kind=kind,
        point=point,
        summary=summary,
        expected=expected,
        change=change,
        parameters=parameters,
        rules=rules,
        function=function,
    )


def flip_of(member: str, what: str, code: str, function: str = _AUTHENTICATE) -> ServerFault:
    """Returns the fault of a signature that is changed afterwards."""
    interface = "es11" if member.startswith("smds") else "es9"
    return newer_fault(
        f"{interface}.{_snake(member)}.flip_bit",
        FaultClass.SIGNATURE,
        fault_points.JSON,
        f"{member} has one bit inverted; bit 0 is the last of all.",
        f"the card answers {what} with {code} (SGP.22 v3.1, 5.7)",
        flip_member(member),
        BIT,
        function,
    )


def _snake(member: str) -> str:
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in member)
