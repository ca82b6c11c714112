"""Changes of octets and messages that several faults share."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from rspcore.errors import LocalError
from rspsim.smdpp.fault_rules import between
from rspsim.smdpp.http_messages import HttpResponse, Manner

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = [
    "ANY_BIT",
    "PAST_THE_END",
    "flip_bit",
    "flipping",
    "from_hex",
    "in_manner",
    "setting",
    "with_member",
]

ANY_BIT: Final = between(-(1 << 24), 1 << 24)
"""Number of a bit: see `flip_bit`."""

_Message = TypeVar("_Message", bound="DataclassInstance")


PAST_THE_END: Final = 1 << 30
"""A number of octets that no answer has: after all of them."""


def in_manner(response: HttpResponse, **given: Any) -> HttpResponse:
    """Returns an answer that goes on the wire in a manner, given by its fields."""
    return replace(response, manner=Manner(**given))


def with_member(message: _Message, member: str, value: Any) -> _Message:
    """Returns a dataclass with one member replaced and its received octets dropped."""
    return replace(message, **{member: value})


def setting(member: str) -> Callable[..., Any]:
    """Returns a change that sets one member to its parameter `value`."""

    def change(message: _Message, value: Any) -> _Message:
        return with_member(message, member, value)

    return change


def flipping(member: str) -> Callable[..., Any]:
    """Returns a change that inverts one bit of a member that is octets."""

    def change(message: _Message, bit: int) -> _Message:
        return with_member(message, member, flip_bit(getattr(message, member), bit))

    return change


def flip_bit(octets: bytes, bit: int) -> bytes:
    """Returns octets with one bit inverted.

    Args:
        octets: The octets.
        bit: Number of the bit, 0 is the least significant bit of the last octet; a number past the
            first octet starts again at the last, and a negative one counts from the front.

    Raises:
        LocalError: there are no octets.
    """
    if not octets:
        raise LocalError("flip a bit: expected at least one octet")
    number = bit % (8 * len(octets))
    return (int.from_bytes(octets, "big") ^ 1 << number).to_bytes(len(octets), "big")


def from_hex(name: str, text: str) -> bytes:
    """Reads the hexadecimal value of a parameter.

    Raises:
        LocalError: not hexadecimal digits in pairs.
    """
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise LocalError(f"parameter {name} is {text!r}: expected hexadecimal digits") from error
