"""A card's state as rows: the rows a new state needs, and which of them are unchanged.

Every field of `CardState` is a row of JSON. Profiles and notifications are rows of their own, and
their field's row lists them by number, in order. A value that is the same object as before, or has
the same text, keeps its row; so a store writes only what changed.
"""

import json
import typing
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from typing import Any, Final

from rspcore.errors import StoreError
from rspcore.frozen import dataclass, derived
from rspsim.euicc.state import CardState
from rspsim.stores.coders import field_types
from rspsim.stores.long_contents import Contents
from rspsim.stores.state_codec import Written, decode, encode

__all__ = ["NO_ROWS", "Rows", "join", "split"]

_TYPES: Final = field_types(CardState)
_REQUIRED: Final = frozenset(
    one.name
    for one in fields(CardState)
    if one.default is MISSING and one.default_factory is MISSING
)
_ITEM_TYPES: Final = {
    name: typing.get_args(_TYPES[name])[0] for name in ("profiles", "notifications")
}


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows of one state.

    Attributes:
        fields: Rows of the fields by name.
        items: Rows of profiles and notifications by number; a number is not given twice while a row
            has it.
        numbers: Numbers of the items that a field lists, by the name of the field, in order.
    """

    fields: Mapping[str, Written]
    items: Mapping[int, Written]
    numbers: Mapping[str, tuple[int, ...]]

    @derived
    def names(self) -> frozenset[str]:
        """Returns the names of all long octets any row needs."""
        named = [row.names for row in self.fields.values() if row.names]
        named += [row.names for row in self.items.values() if row.names]
        return named[0] if len(named) == 1 else frozenset().union(*named)


NO_ROWS: Final = Rows({}, {}, {})


def split(state: CardState, before: Rows) -> tuple[Rows, Contents]:
    """Returns the rows of a state, those of before where unchanged, and its new long octets.

    Raises:
        StoreError: the state contains something that cannot be written.
    """
    contents = Contents()
    field_rows, item_rows = dict(before.fields), dict(before.items)
    numbers = dict(before.numbers)
    for name, kind in _TYPES.items():
        value = getattr(state, name)
        old = field_rows.get(name)
        if old is not None and old.value is value:
            continue
        if name in _ITEM_TYPES:
            for number in numbers.get(name, ()):
                del item_rows[number]
            listed = _split_items(name, value, before, item_rows, contents)
            same = old is not None and listed == numbers[name]
            numbers[name] = listed
            text = old.text if same and old is not None else json.dumps(listed)
            field_rows[name] = Written(value, text)
        else:
            field_rows[name] = encode(kind, value, contents, old)
    return Rows(field_rows, item_rows, numbers), contents


def _split_items(
    name: str, values: Iterable[object], before: Rows, rows: dict[int, Written], contents: Contents
) -> tuple[int, ...]:
    """Finds a row for each item: its own earlier one, else a free one, else a new one."""
    free = list(before.numbers.get(name, ()))
    of_object = {id(before.items[number].value): number for number in free}
    found: list[tuple[int | None, object]] = []
    for value in values:
        number = of_object.pop(id(value), None)
        if number is not None:
            free.remove(number)
        found.append((number, value))
    numbers = []
    for number, value in found:
        taken = _number_for(free, before, rows) if number is None else number
        rows[taken] = encode(_ITEM_TYPES[name], value, contents, before.items.get(taken))
        numbers.append(taken)
    return tuple(numbers)


def _number_for(free: list[int], before: Rows, rows: Mapping[int, Written]) -> int:
    return free.pop(0) if free else max((*before.items, *rows), default=0) + 1


def join(
    field_texts: Mapping[str, str], item_texts: Mapping[int, str], contents: Contents
) -> tuple[CardState, Rows]:
    """Returns the state that the rows describe, and the rows as `split` would return them.

    Raises:
        StoreError: a row is missing, left over, or does not match its type.
    """
    missing = [name for name in _TYPES if name in _REQUIRED and name not in field_texts]
    unknown = sorted(field_texts.keys() - _TYPES.keys())
    if missing or unknown:
        raise StoreError(f"fields missing: {missing or 'none'}; unknown: {unknown or 'none'}")
    items = dict(item_texts)
    field_rows: dict[str, Written] = {}
    item_rows: dict[int, Written] = {}
    numbers: dict[str, tuple[int, ...]] = {}
    for name, text in field_texts.items():
        if name in _ITEM_TYPES:
            rows = _join_items(name, text, items, contents)
            item_rows |= rows
            numbers[name] = tuple(rows)
            field_rows[name] = Written(tuple(row.value for row in rows.values()), text)
        else:
            field_rows[name] = _read(name, _TYPES[name], text, contents)
    if items:
        raise StoreError(f"rows that no field lists: {sorted(items)}")
    values: dict[str, Any] = {name: row.value for name, row in field_rows.items()}
    return CardState(**values), Rows(field_rows, item_rows, numbers)


def _join_items(
    name: str, text: str, items: dict[int, str], contents: Contents
) -> dict[int, Written]:
    numbers = decode(tuple[int, ...], text, contents)
    absent = [number for number in numbers if number not in items]
    if absent or len(set(numbers)) != len(numbers):
        raise StoreError(f"{name} lists rows {list(numbers)}; missing or repeated: {absent}")
    return {
        number: _read(f"{name}[{number}]", _ITEM_TYPES[name], items.pop(number), contents)
        for number in numbers
    }


def _read(place: str, kind: Any, text: str, contents: Contents) -> Written:
    taken = _Taken(contents)
    try:
        value = decode(kind, text, taken)
    except StoreError as error:
        raise StoreError(f"{place}: {error}") from error
    return Written(value, text, frozenset(taken.names))


class _Taken(Contents):
    """Contents that record which names were taken."""

    def __init__(self, contents: Contents) -> None:
        super().__init__()
        self._contents = contents
        self.names: set[str] = set()

    def take(self, name: str) -> bytes:
        self.names.add(name)
        return self._contents.take(name)
