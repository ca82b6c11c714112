"""Coders, one per type, made from its annotations: they turn values into JSON values and back.

They support octets, text, numbers, booleans, None, enumerations, points in time, tuples,
sets, mappings, dataclasses, and the messages of `rspcore`, which are written as their octets on the
wire. Nothing is executed on reading, and a value that does not match its type is refused with the
path to it.

Files are read by later versions. A dataclass field that is missing in the JSON takes its default; a
field the dataclass does not have is refused, because it comes from a later version. Every field is
written, those with their default value too, because a default may change.
"""

import dataclasses
import enum
import functools
import json
import types
import typing
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, Union

from rspcore.crypto.curves import Curve
from rspcore.crypto.keys import PrivateKey, PublicKey
from rspcore.errors import CryptoError, DecodeError, StoreError
from rspcore.frozen import dataclass
from rspcore.messages.codec import Structure
from rspcore.pki.certificate import Certificate
from rspsim.stores.long_contents import Contents

__all__ = ["INLINE_LIMIT", "Coder", "coder_of", "field_types", "plain_dataclass"]

INLINE_LIMIT: Final = 256
"""Longest octet string, in octets, that is written into the JSON itself."""


@dataclass(frozen=True, slots=True)
class Coder:
    """Turns values of one type into JSON values and back."""

    dump: Callable[[Any, Contents], Any]
    load: Callable[[Any, Contents], Any]


@functools.cache
def field_types(kind: type) -> Mapping[str, Any]:
    """Returns the types of a dataclass's own values by field name, in order of the class."""
    hints = typing.get_type_hints(kind)
    return {one.name: hints[one.name] for one in dataclasses.fields(kind) if one.init}


@functools.cache
def coder_of(kind: Any) -> Coder:
    """Returns the coder of a type.

    Raises:
        StoreError: the type, or one in it, cannot be written.
    """
    origin = typing.get_origin(kind)
    arguments = typing.get_args(kind)
    if origin in (Union, types.UnionType):
        return _optional(kind, arguments)
    if origin is tuple:
        return _tuple(arguments)
    if origin is frozenset:
        return _frozenset(arguments[0])
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(*arguments)
    return _classcoder_of(kind)


def _classcoder_of(kind: Any) -> Coder:
    simple = _SIMPLE.get(kind)
    if simple is not None:
        return simple
    if isinstance(kind, type):
        if issubclass(kind, enum.Enum):
            return Coder(lambda value, _: value.value, lambda value, _: _enum(kind, value))
        if issubclass(kind, Structure):
            return _structure(kind)
        if dataclasses.is_dataclass(kind):
            return _dataclass(kind)
    raise StoreError(f"a state cannot hold {kind!r}: the store cannot write this type")


@functools.cache
def plain_dataclass(kind: Any) -> type | None:
    """Returns the dataclass of a type or of "X or None", if it is no message; else None."""
    inner = [one for one in typing.get_args(kind) if one is not type(None)] or [kind]
    if inner[0] in _SIMPLE:
        return None
    if typing.get_origin(kind) not in (None, Union, types.UnionType) or len(inner) != 1:
        return None
    one = inner[0]
    if not isinstance(one, type) or issubclass(one, Structure):
        return None
    return one if dataclasses.is_dataclass(one) else None


def _plain(kind: type) -> Coder:
    def load(value: Any, _: Contents) -> Any:
        if type(value) is not kind:
            raise StoreError(f"expected {kind.__name__}, got {type(value).__name__}")
        return value

    return Coder(lambda value, _: kind(value), load)


def _dump_octets(value: bytes, contents: Contents) -> Any:
    return value.hex() if len(value) <= INLINE_LIMIT else {"sha256": contents.put(bytes(value))}


def _load_octets(value: Any, contents: Contents) -> bytes:
    if isinstance(value, dict) and isinstance(value.get("sha256"), str):
        return contents.take(value["sha256"])
    if not isinstance(value, str):
        raise StoreError(f"expected octets, got {type(value).__name__}")
    try:
        return bytes.fromhex(value)
    except ValueError as error:
        raise StoreError("expected octets in hexadecimal digits") from error


def _load_moment(value: Any, _: Contents) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise StoreError("expected a date and time in ISO 8601") from error


def _load_none(value: Any, _: Contents) -> None:
    if value is not None:
        raise StoreError(f"expected null, got {type(value).__name__}")


def _key(load: Callable[[Curve, bytes], Any], value: Any) -> Any:
    if not isinstance(value, list) or len(value) != 2:
        raise StoreError(f"expected curve and octets of a key, got {type(value).__name__}")
    try:
        return load(Curve(value[0]), bytes.fromhex(value[1]))
    except (TypeError, ValueError, CryptoError) as error:
        raise StoreError(f"expected a key: {error}") from error


_SIMPLE: Final = {
    bool: _plain(bool),
    int: _plain(int),
    str: _plain(str),
    type(None): Coder(lambda _value, _: None, _load_none),
    bytes: Coder(_dump_octets, _load_octets),
    datetime: Coder(lambda value, _: value.isoformat(), _load_moment),
    PublicKey: Coder(
        lambda value, _: [value.curve.value, value.point.hex()],
        lambda value, _: _key(PublicKey.from_point, value),
    ),
    PrivateKey: Coder(
        lambda value, _: [value.curve.value, value.scalar.hex()],
        lambda value, _: _key(PrivateKey.from_scalar, value),
    ),
    Certificate: Coder(
        lambda value, contents: _dump_octets(value.der, contents),
        lambda value, contents: Certificate.from_der(_load_octets(value, contents)),
    ),
}


def _enum(kind: type[enum.Enum], value: Any) -> enum.Enum:
    try:
        return kind(value)
    except ValueError as error:
        raise StoreError(f"expected a value of {kind.__name__}, got {value!r}") from error


def _structure(kind: type[Structure]) -> Coder:
    def load(value: Any, contents: Contents) -> Structure:
        try:
            return kind.decode(_load_octets(value, contents))
        except DecodeError as error:
            raise StoreError(f"expected {kind.__name__}: {error}") from error

    return Coder(lambda value, contents: _dump_octets(value.encode(), contents), load)


def _optional(kind: Any, arguments: tuple[Any, ...]) -> Coder:
    others = [one for one in arguments if one is not type(None)]
    if len(others) != 1 or len(arguments) != 2:
        raise StoreError(f"a state cannot hold {kind!r}: the only union supported is 'X or None'")
    inner = coder_of(others[0])
    return Coder(
        lambda value, contents: None if value is None else inner.dump(value, contents),
        lambda value, contents: None if value is None else inner.load(value, contents),
    )


def _tuple(arguments: tuple[Any, ...]) -> Coder:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        table = plain_dataclass(arguments[0])
        return _row(coder_of(arguments[0])) if table is None else _table(table)
    coders = [coder_of(one) for one in arguments]

    def load(value: Any, contents: Contents) -> tuple[Any, ...]:
        if len(_list(value)) != len(coders):
            raise StoreError(f"expected {len(coders)} values, got {len(value)}")
        return tuple(
            _at(f"[{number}]", coder, one, contents)
            for number, (coder, one) in enumerate(zip(coders, value, strict=True))
        )

    return Coder(
        lambda value, contents: [
            coder.dump(one, contents) for coder, one in zip(coders, value, strict=True)
        ],
        load,
    )


def _row(inner: Coder) -> Coder:
    """Writes a tuple of any length as a list."""
    return Coder(
        lambda value, contents: [inner.dump(one, contents) for one in value],
        lambda value, contents: tuple(
            _at(f"[{number}]", inner, one, contents) for number, one in enumerate(_list(value))
        ),
    )


def _table(kind: type) -> Coder:
    """Writes a tuple of dataclasses as a table: the names of the fields once, then the values."""
    inner = _dataclass(kind)
    names = list(field_types(kind))

    def dump(value: Any, contents: Contents) -> Any:
        rows = (inner.dump(one, contents) for one in value)
        return {"fields": names, "rows": [list(row.values()) for row in rows]}

    def load(value: Any, contents: Contents) -> Any:
        if not isinstance(value, dict) or value.keys() != {"fields", "rows"}:
            raise StoreError(f"expected a table, got {type(value).__name__}")
        columns = _list(value["fields"])
        rows = []
        for number, row in enumerate(_list(value["rows"])):
            if len(_list(row)) != len(columns):
                raise StoreError(f"[{number}]: expected {len(columns)} values, got {len(row)}")
            named = dict(zip(columns, row, strict=True))
            rows.append(_at(f"[{number}]", inner, named, contents))
        return tuple(rows)

    return Coder(dump, load)


def _frozenset(kind: Any) -> Coder:
    inner = coder_of(kind)
    return Coder(
        lambda value, contents: [inner.dump(one, contents) for one in sorted(value)],
        lambda value, contents: frozenset(inner.load(one, contents) for one in _list(value)),
    )


def _mapping(key_kind: Any, value_kind: Any) -> Coder:
    pair = _tuple((key_kind, value_kind))
    return Coder(
        lambda value, contents: [pair.dump(one, contents) for one in value.items()],
        lambda value, contents: dict(pair.load(one, contents) for one in _list(value)),
    )


def _dataclass(kind: type) -> Coder:
    coders = {name: coder_of(of) for name, of in field_types(kind).items()}

    def load(value: Any, contents: Contents) -> Any:
        if not isinstance(value, dict):
            raise StoreError(f"expected {kind.__name__}, got {type(value).__name__}")
        unknown = value.keys() - coders.keys()
        if unknown:
            raise StoreError(
                f"{kind.__name__} has no {', '.join(sorted(unknown))}: "
                "the file comes from a later version"
            )
        return _built(
            kind,
            {name: _at(f".{name}", coders[name], one, contents) for name, one in value.items()},
        )

    return Coder(
        lambda value, contents: {
            name: coder.dump(getattr(value, name), contents) for name, coder in coders.items()
        },
        load,
    )


def _built(kind: type, values: dict[str, Any]) -> Any:
    try:
        return kind(**values)
    except (TypeError, DecodeError) as error:
        raise StoreError(f"{kind.__name__}: {error}") from error


def _at(place: str, coder: Coder, value: Any, contents: Contents) -> Any:
    """Loads a value, from the contents if it is stored there; an error names the path to it."""
    try:
        if isinstance(value, dict) and value.keys() == {"json"}:
            value = json.loads(contents.take(value["json"]))
        return coder.load(value, contents)
    except StoreError as error:
        text = str(error)
        raise StoreError(f"{place}{'' if text[:1] in '.[' else ': '}{text}") from error


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise StoreError(f"expected a list, got {type(value).__name__}")
    return value
