"""Reading of what can be read, to show an answer that breaks its own description.

Nothing is judged here: whether octets are right is what `Structure.decode` says. Here every
component is read by its tag alone, wherever it stands, and one that cannot be read takes no other
with it.
"""

from collections.abc import Mapping
from typing import Any

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.messages.codec import Structure, components

__all__ = ["Partial", "Unread", "decode_partly"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A component that cannot be read.

    Attributes:
        name: Name of the component, empty for octets that are no data object.
        octets: What was received, header included.
        reason: Why it cannot be read.
    """

    name: str
    octets: bytes
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """What could be read of a structure.

    Attributes:
        values: Values of the components read, by name; the first of a repeated one.
        unknown: Data objects that are no component of the structure, whole.
        unread: Components that cannot be read.
    """

    values: Mapping[str, Any]
    unknown: tuple[bytes, ...] = ()
    unread: tuple[Unread, ...] = ()


def decode_partly(kind: type[Structure], content: tlv.Octets) -> Partial:
    """Reads the components of a structure from its value field.

    Args:
        kind: The structure.
        content: The value field, without the header of the structure.

    Returns:
        What could be read, and the octets of the rest; no octet is left out, but for repetitions.
    """
    by_tag = {one.tag: one for one in components(kind)}
    values: dict[str, Any] = {}
    unknown: list[bytes] = []
    unread: list[Unread] = []
    position = 0
    try:
        for child in tlv.iterate(content):
            position += len(child.raw)
            component = by_tag.get(child.tag)
            if component is None:
                unknown.append(bytes(child.raw))
                continue
            try:
                values.setdefault(component.name, component.codec.decode(child))
            except DecodeError as error:
                unread.append(
                    Unread(name=component.name, octets=bytes(child.raw), reason=str(error))
                )
    except DecodeError as error:
        unread.append(Unread(name="", octets=bytes(content[position:]), reason=str(error)))
    return Partial(values=values, unknown=tuple(unknown), unread=tuple(unread))
