"""Kinds of settings: how a value stands in JSON, on a command line and in a schema, and is read.

A value of the command line is text and becomes a JSON value first, so that both are read alike. A
value that does not fit is refused with what was expected and what came.
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.ids import Eid, Iccid, Version

__all__ = [
    "BASE64_OCTETS",
    "EID_DIGITS",
    "FLAG",
    "ICCID_DIGITS",
    "MOMENT",
    "SECONDS",
    "TEXT",
    "VERSION_TEXT",
    "Kind",
    "choice",
    "count",
    "hexadecimal",
    "late",
    "list_of",
    "map_of",
    "or_none",
    "text_of",
]


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What values of a setting look like.

    Attributes:
        schema: JSON schema of the value.
        read: Makes the value of a JSON value; raises DecodeError, whose text begins "expected".
        show: Makes the JSON value of a value.
        of_text: Makes the JSON value of a text of the command line.
        metavar: The text in the help of the command line; empty for a flag.
    """

    schema: Mapping[str, object]
    read: Callable[[object], Any]
    show: Callable[[Any], object] = _same
    of_text: Callable[[str], object] = _same
    metavar: str = "TEXT"


class _LateKind(Kind):
    """A kind that is made when something is first asked of it but its metavar."""

    __slots__ = ("_make",)
    _make: Callable[[], Kind]

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Makes it: only what has no value yet is asked here."""
            if name not in ("schema", "read", "show", "of_text"):
                raise AttributeError(f"a kind has no {name}")
            made = self._make()
            for one in ("schema", "read", "show", "of_text"):
                object.__setattr__(self, one, getattr(made, one))
            return getattr(self, name)


def late(make: Callable[[], Kind], metavar: str = "TEXT") -> Kind:
    """Returns a kind that is made when it is first used, because much has to be imported for it.

    Args:
        make: Makes it, always the same.
        metavar: Its metavar, which the list of options needs.
    """
    kind = object.__new__(_LateKind)
    object.__setattr__(kind, "_make", make)
    object.__setattr__(kind, "metavar", metavar)
    return kind


def _refuse(expected: str, value: object) -> DecodeError:
    return DecodeError(f"expected {expected}, got {value!r}")


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise _refuse("true or false", value)


def _flag_of_text(text: str) -> object:
    return {"true": True, "false": False}.get(text, text)


FLAG: Final = Kind(schema={"type": "boolean"}, read=_flag, of_text=_flag_of_text, metavar="")


def _number_of_text(text: str) -> object:
    try:
        return int(text, 0)
    except ValueError:
        return text


def count(low: int, high: int) -> Kind:
    """Returns the kind of whole numbers from low to high."""

    def read(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise _refuse(f"a number from {low} to {high}", value)

    schema = {"type": "integer", "minimum": low, "maximum": high}
    return Kind(schema=schema, read=read, of_text=_number_of_text, metavar="NUMBER")


def _seconds(value: object) -> timedelta:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1e9:
        return timedelta(seconds=value)
    raise _refuse("a number of seconds, 0 or more", value)


def _float_of_text(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


SECONDS: Final = Kind(
    schema={"type": "number", "minimum": 0},
    read=_seconds,
    show=lambda value: value.total_seconds(),
    of_text=_float_of_text,
    metavar="SECONDS",
)


def text_of(most: int, what: str = "text") -> Kind:
    """Returns the kind of texts of so many characters at most."""

    def read(value: object) -> str:
        if isinstance(value, str) and len(value) <= most:
            return value
        raise _refuse(f"{what} of at most {most} characters", value)

    return Kind(schema={"type": "string", "maxLength": most}, read=read)


TEXT: Final = text_of(255)


def _read_by(parse: Callable[[str], Any], expected: str) -> Callable[[object], Any]:
    def read(value: object) -> Any:
        try:
            if isinstance(value, str):
                return parse(value)
        except (DecodeError, ValueError, TypeError) as error:
            raise DecodeError(f"expected {expected}, got {value!r}: {error}") from error
        raise _refuse(expected, value)

    return read


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("it has no time zone")
    return moment


VERSION_TEXT: Final = Kind(
    schema={"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
    read=_read_by(Version.from_text, "a version such as 2.5.0"),
    show=str,
    metavar="X.Y.Z",
)
EID_DIGITS: Final = Kind(
    schema={"type": "string", "pattern": "^[0-9]{32}$"},
    read=_read_by(Eid.from_digits, "an EID of 32 digits"),
    show=str,
    metavar="EID",
)
ICCID_DIGITS: Final = Kind(
    schema={"type": "string", "pattern": "^[0-9]{18,20}$"},
    read=_read_by(Iccid.from_digits, "an ICCID of digits"),
    show=str,
    metavar="ICCID",
)
MOMENT: Final = Kind(
    schema={"type": "string", "format": "date-time"},
    read=_read_by(_moment, "a date and time in ISO 8601 with a time zone"),
    show=lambda value: value.isoformat(),
    metavar="TIME",
)


def hexadecimal(least: int, most: int) -> Kind:
    """Returns the kind of octets in hexadecimal digits, so many of them."""
    length = f"{least}" if least == most else f"{least} to {most}"
    expected = f"{length} octets in hexadecimal digits"

    def parse(text: str) -> bytes:
        octets = bytes.fromhex(text)
        if not least <= len(octets) <= most:
            raise ValueError(f"{len(octets)} octets")
        return octets

    return Kind(
        schema={"type": "string", "pattern": f"^([0-9A-Fa-f]{{2}}){{{least},{most}}}$"},
        read=_read_by(parse, expected),
        show=lambda value: value.hex().upper(),
        metavar="HEX",
    )


def _base64(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except Base64Error as error:
        raise ValueError(str(error)) from error


BASE64_OCTETS: Final = Kind(
    schema={"type": "string", "contentEncoding": "base64"},
    read=_read_by(_base64, "octets in base64"),
    show=lambda value: b64encode(value).decode("ascii"),
    metavar="BASE64",
)


def choice(values: Mapping[str, Any], *, numbers: bool = False) -> Kind:
    """Returns the kind of named values; numbers outside the list are taken too if they may be."""
    names = {value: name for name, value in values.items()}

    def read(value: object) -> Any:
        if isinstance(value, str) and value in values:
            return values[value]
        plain = _number_of_text(value) if isinstance(value, str) else value
        if numbers and isinstance(plain, int) and not isinstance(plain, bool) and 0 <= plain < 256:
            return plain
        others = " or a number below 256" if numbers else ""
        raise _refuse(f"one of {', '.join(values)}{others}", value)

    def show(value: Any) -> object:
        return names.get(value, int(value) if isinstance(value, IntEnum) else value)

    return Kind(schema={"enum": list(values)} if not numbers else {}, read=read, show=show)


def or_none(kind: Kind) -> Kind:
    """Returns a kind that has null too: "none" on the command line."""
    return Kind(
        schema={"anyOf": [dict(kind.schema), {"type": "null"}]},
        read=lambda value: None if value is None else kind.read(value),
        show=lambda value: None if value is None else kind.show(value),
        of_text=lambda text: None if text == "none" else kind.of_text(text),
        metavar=kind.metavar,
    )


def list_of(kind: Kind, make: Callable[[list[Any]], Any], *, most: int = 255) -> Kind:
    """Returns the kind of lists: commas on the command line; `make` puts the values together."""

    def read(value: object) -> Any:
        if not isinstance(value, list) or len(value) > most:
            raise _refuse(f"a list of at most {most}", value)
        return make([kind.read(one) for one in value])

    return Kind(
        schema={"type": "array", "items": dict(kind.schema), "maxItems": most},
        read=read,
        show=lambda value: sorted((kind.show(one) for one in value), key=str),
        of_text=lambda text: [kind.of_text(one) for one in text.split(",")] if text else [],
        metavar=f"{kind.metavar},...",
    )


def map_of(keys: Kind, values: Kind, make: Callable[[dict[Any, Any]], Any]) -> Kind:
    """Returns the kind of objects: NAME=VALUE,... on the command line."""

    def read(value: object) -> Any:
        if not isinstance(value, dict):
            raise _refuse("an object", value)
        return make({keys.read(key): values.read(one) for key, one in value.items()})

    def of_text(text: str) -> object:
        pairs = (pair.partition("=") for pair in text.split(",") if pair)
        return {key: values.of_text(one) for key, _, one in pairs}

    return Kind(
        schema={"type": "object", "additionalProperties": dict(values.schema)},
        read=read,
        show=lambda value: {str(keys.show(key)): values.show(one) for key, one in value},
        of_text=of_text,
        metavar="NAME=VALUE,...",
    )
