"""Typed messages over JSON objects: a frozen dataclass whose annotations name the members.

A message is a `JsonMessage`: a dataclass with one `Annotated[type, Member(name, codec)]` each.
A component annotated `Annotated[X | None, Member(...)] = None` may be absent. Members without a
component are ignored, and their order is free (SGP.22 v2, 6.5.2).

Octets of ASN.1 objects stay octets here: this module reads text, the module of the object reads the
TLV. A member that is missing and a member that cannot be read raise different errors, because
a server answers them with different reason codes.
"""

import base64
import binascii
import dataclasses
import re
import typing
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Self

from rspcore.errors import DecodeError, LocalError
from rspcore.frozen import dataclass
from rspcore.ids import TransactionId

__all__ = [
    "BASE64",
    "BASE64_AS_FOUND",
    "BOOLEAN",
    "HEX_TRANSACTION_ID",
    "NUMBER",
    "TEXT",
    "TEXT_AS_FOUND",
    "InvalidMemberError",
    "JsonCodec",
    "JsonMessage",
    "Member",
    "MissingMemberError",
    "array_of",
    "dump_object",
    "load_object",
    "message",
    "messages",
]

JsonObject = Mapping[str, object]

_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){1,16}\Z")
_STANDARD_BASE64 = re.compile(r"[0-9A-Za-z+/]*={0,2}\Z")


class MissingMemberError(DecodeError):
    """Reports a mandatory member that is missing. Nothing was changed.

    Attributes:
        member: Name of the member, as the JSON binding spells it.
    """

    def __init__(self, member: str, message: str) -> None:
        super().__init__(message)
        self.member = member


class InvalidMemberError(DecodeError):
    """Reports a member whose value is not valid. Nothing was changed.

    Attributes:
        member: Name of the member, as the JSON binding spells it.
    """

    def __init__(self, member: str, message: str) -> None:
        super().__init__(message)
        self.member = member


@dataclass(frozen=True, slots=True)
class JsonCodec:
    """Conversion of a JSON value into a Python value and back.

    Attributes:
        decode: Takes the JSON value; raises DecodeError that says what was expected and found.
        encode: Takes the Python value, returns the JSON value.
    """

    decode: Callable[[object], Any]
    encode: Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Member:
    """The member that holds a component, and the coding of its value.

    Attributes:
        name: Name of the member as the specification spells it; the one that is written.
        codec: Coding of the value.
        also: Other spellings found in practice; read, never written.
    """

    name: str
    codec: JsonCodec
    also: tuple[str, ...] = ()


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise DecodeError(f"expected a JSON string, got {_kind(value)}")
    return value


def _whole_text(value: object) -> str:
    text = _text(value)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise DecodeError(
            f"expected text, got a lone surrogate at character {error.start + 1}"
        ) from error
    return text


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise DecodeError(f"expected true or false, got {_kind(value)}")
    return value


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise DecodeError(f"expected a whole number, got {_kind(value)}")
    return value


def _kind(value: object) -> str:
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "a number", float: "a number", list: "an array"}
    return names.get(type(value), "an object" if isinstance(value, Mapping) else "a string")


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "...")


def _base64(value: object) -> bytes:
    text = _text(value)
    if len(text) % 4 or not _STANDARD_BASE64.match(text):
        raise DecodeError(
            "expected base64 (RFC 4648, section 4, with padding, without line breaks), "
            f"got {len(text)} characters {_shown(text)}"
        )
    return base64.b64decode(text)


def _base64_as_found(value: object) -> bytes:
    text = "".join(_text(value).split()).rstrip("=").translate(_TO_STANDARD_ALPHABET)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise DecodeError(
            f"expected base64 in any of its usual forms, got {len(text)} characters "
            f"{_shown(text)}: {error}"
        ) from error


_TO_STANDARD_ALPHABET = str.maketrans("-_", "+/")


def _transaction_id(value: object) -> TransactionId:
    text = _text(value)
    if not _HEX.match(text):
        raise DecodeError(f"expected 2 to 32 hexadecimal digits, got {_shown(text)}")
    return TransactionId.from_hex(text)


TEXT = JsonCodec(_whole_text, str)
"""Text that can be written again, read strictly: no lone surrogate (RFC 8259, 8.2)."""
TEXT_AS_FOUND = JsonCodec(_text, str)
"""Any text, read tolerantly: what a client should accept in a message for people."""
BASE64 = JsonCodec(_base64, lambda octets: base64.b64encode(octets).decode("ascii"))
"""Octets in standard base64, read strictly: what a server should require of a request."""
BASE64_AS_FOUND = JsonCodec(_base64_as_found, BASE64.encode)
"""Octets in standard base64, read tolerantly: without padding, in lines, with the URL alphabet."""
BOOLEAN = JsonCodec(_boolean, bool)
"""A JSON boolean."""
NUMBER = JsonCodec(_number, int)
"""A JSON number without a fraction."""
HEX_TRANSACTION_ID = JsonCodec(_transaction_id, str)
"""A TransactionID in hexadecimal digits, written in upper case, read in either."""


@dataclass(frozen=True, slots=True)
class _Component:
    name: str
    member: Member
    optional: bool


_PLANS: "dict[type[JsonMessage], tuple[_Component, ...]]" = {}


def _plan(kind: "type[JsonMessage]") -> tuple[_Component, ...]:
    plan = _PLANS.get(kind)
    if plan is None:
        plan = _PLANS[kind] = _make_plan(kind)
    return plan


def _make_plan(kind: "type[JsonMessage]") -> tuple[_Component, ...]:
    hints = typing.get_type_hints(kind, include_extras=True)
    plan = []
    for item in dataclasses.fields(kind):
        annotation = hints[item.name]
        marks = [m for m in getattr(annotation, "__metadata__", ()) if isinstance(m, Member)]
        if len(marks) != 1:
            raise LocalError(f"{kind.__name__}.{item.name}: expected one Member annotation")
        optional = type(None) in typing.get_args(annotation.__origin__)
        plan.append(_Component(item.name, marks[0], optional))
    return tuple(plan)


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonMessage:
    """The base of every JSON object of the binding."""

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Reads a message from a JSON value; members it does not know are ignored.

        Raises:
            MissingMemberError: a mandatory member is absent or null.
            InvalidMemberError: a member has another type or a value that cannot be read.
            DecodeError: the value is not a JSON object.
        """
        if type(value) is not dict and not isinstance(value, Mapping):
            raise DecodeError(f"{cls.__name__}: expected a JSON object, got {_kind(value)}")
        return cls(**{part.name: _read(cls.__name__, part, value) for part in _plan(cls)})

    @classmethod
    def member_names(cls) -> tuple[str, ...]:
        """Returns the names of its members, in the order of the class."""
        return tuple(part.member.name for part in _plan(cls))

    def to_json(self) -> dict[str, object]:
        """Returns the message as a JSON object, members in the order of the specification."""
        made: dict[str, object] = {}
        for part in _plan(type(self)):
            value = getattr(self, part.name)
            if value is not None:
                made[part.member.name] = part.member.codec.encode(value)
        return made


def _read(owner: str, part: _Component, value: JsonObject) -> Any:
    member = part.member
    found = member.name
    if value.get(found) is None:
        other = next((name for name in member.also if value.get(name) is not None), None)
        if other is None:
            if part.optional:
                return None
            raise MissingMemberError(found, f"{owner}: member {found} is missing")
        found = other
    try:
        return member.codec.decode(value[found])
    except MissingMemberError as error:
        raise MissingMemberError(f"{found}.{error.member}", f"{owner}.{found}: {error}") from error
    except InvalidMemberError as error:
        raise InvalidMemberError(f"{found}.{error.member}", f"{owner}.{found}: {error}") from error
    except DecodeError as error:
        raise InvalidMemberError(found, f"{owner}.{found}: {error}") from error


def message(kind: type[JsonMessage]) -> JsonCodec:
    """Makes a codec for an object inside an object."""
    return JsonCodec(kind.from_json, lambda value: value.to_json())


def messages(kind: type[JsonMessage]) -> JsonCodec:
    """Makes a codec for an array of objects; its Python value is a tuple."""

    def decode(value: object) -> tuple[JsonMessage, ...]:
        if not isinstance(value, list):
            raise DecodeError(f"expected an array, got {_kind(value)}")
        return tuple(map(kind.from_json, value))

    return JsonCodec(decode, lambda found: [one.to_json() for one in found])


def array_of(codec: JsonCodec) -> JsonCodec:
    """Makes a codec for an array of values of one kind; its Python value is a tuple."""

    def decode(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise DecodeError(f"expected an array, got {_kind(value)}")
        return tuple(map(codec.decode, value))

    return JsonCodec(decode, lambda found: [codec.encode(one) for one in found])


def load_object(body: bytes) -> dict[str, object]:
    """Reads a body as one JSON object in UTF-8.

    Raises:
        DecodeError: not UTF-8, not JSON, nested too deep, or JSON that is not an object.
    """
    import json  # noqa: PLC0415  a server that starts reads and writes none

    try:
        value = json.loads(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise DecodeError(f"JSON body: not UTF-8 ({error})", offset=error.start) from error
    except RecursionError as error:
        raise DecodeError("JSON body: nested too deep") from error
    except ValueError as error:
        raise DecodeError(f"JSON body of {len(body)} octets: {error}") from error
    if not isinstance(value, dict):
        raise DecodeError(f"JSON body: expected an object, got {_kind(value)}")
    return value


def dump_object(value: JsonObject) -> bytes:
    """Writes a JSON object as a body, without white space, ASCII only."""
    return _writer()(value).encode("ascii")


@cache
def _writer() -> Callable[[object], str]:
    import json  # noqa: PLC0415  as in `load_object`

    return json.JSONEncoder(separators=(",", ":")).encode
