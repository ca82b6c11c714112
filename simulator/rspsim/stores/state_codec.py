"""Writes a state as JSON and reads it back, controlled by the types of its dataclasses.

Long octets, and long fields of a dataclass, are not part of the JSON: they go to a `Contents`. What
was written before is not assembled again: `encode` takes over each part whose object is the same,
so that a new nickname costs neither the time nor the space of a profile's file system.
"""

import json
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final

from rspcore.errors import StoreError
from rspcore.frozen import dataclass, derived
from rspsim.stores.coders import coder_of, field_types, plain_dataclass
from rspsim.stores.long_contents import Contents, name_of

__all__ = ["Written", "decode", "encode"]

_json: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_PART_LIMIT: Final = 1024
"""Longest text of one field of a dataclass that is written into the JSON around it."""


@dataclass(frozen=True, slots=True)
class Written:
    """A value with its written form.

    Attributes:
        value: The value.
        text: Its JSON.
        names: Names of all long content in it, at any depth.
        parts: The written forms of its fields, when it is a dataclass; may be empty.
    """

    value: object = field(repr=False)
    text: str
    names: frozenset[str] = frozenset()
    parts: Mapping[str, "Written"] = field(default_factory=dict, repr=False)

    @derived
    def apart(self) -> str | None:
        """Returns the name of its JSON as long content; None where it is short enough to stay."""
        return name_of(self.text.encode()) if len(self.text) > _PART_LIMIT else None

    @derived
    def inner(self) -> str:
        """Returns what stands for it in the JSON around it."""
        return self.text if self.apart is None else f'{{"json": "{self.apart}"}}'

    @derived
    def inner_names(self) -> frozenset[str]:
        """Returns the names of long content that the JSON around it needs for it."""
        return self.names if self.apart is None else self.names | {self.apart}


def encode(kind: Any, value: Any, contents: Contents, before: Written | None = None) -> Written:
    """Writes a value down; its long content goes to contents, unless `before` had it.

    Args:
        kind: Type of the value.
        value: The value.
        contents: Takes the long content.
        before: Another value of the same type; parts that are the same objects are taken over.

    Raises:
        StoreError: the type contains something this module cannot write.
    """
    if before is not None and before.value is value:
        return before
    inner = plain_dataclass(kind)
    if inner is None or value is None:
        own = Contents()
        text = _json(coder_of(kind).dump(value, own))
        contents.update(own)
        return Written(value, text, frozenset(own))
    parts = {} if before is None else dict(before.parts)
    names: frozenset[str] = frozenset()
    for name, of in field_types(inner).items():
        now, part = getattr(value, name), parts.get(name)
        if part is None or part.value is not now:
            part = parts[name] = encode(of, now, contents, part)
        if part.inner_names:
            names |= part.inner_names
            if part.apart is not None:
                contents[part.apart] = part.text.encode()
    text = ",".join([f'"{name}":{part.inner}' for name, part in parts.items()])
    return Written(value, f"{{{text}}}", names, parts)


def decode(kind: Any, text: str, contents: Contents) -> Any:
    """Returns the value of JSON text written by `encode` for the same type.

    Raises:
        StoreError: it is not JSON, does not match the type, or names octets missing in contents.
    """
    try:
        return coder_of(kind).load(json.loads(text), contents)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"expected JSON as this project writes it: {error}") from error
