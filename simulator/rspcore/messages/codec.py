"""Typed messages over TLV: a frozen dataclass whose annotations assign a tag to each component.

A message is a `Structure`: a dataclass with one `Annotated[type, At(tag, codec)]` per component, in
the order of the ASN.1 module. The first use of a class turns its annotations into a plan; decoding
walks the TLVs and the plan side by side, encoding walks the plan. A component annotated
`Annotated[X | None, At(...)] = None` is OPTIONAL. With `CHOICE = True` all are written so, and
exactly one is present.

Three rules come from SGP.22 v2, annex H and 2.6: unknown data objects are skipped (EXTENSIBILITY
IMPLIED); a decoded value keeps the octets it was read from in `raw`, and `encode` gives those back,
so nothing that was signed is ever re-encoded; `dataclasses.replace` drops `raw`, so a changed value
is written again.

With `LAZY = True` a component that is missing or cannot be read takes no other with it: it has no
value, and asking for it raises.

This module deliberately does not use the ASN.1 library: the compiled schema (`rspcore.schema`)
reads the same definitions independently, and the tests compare the two.
"""

import dataclasses
import typing
from collections.abc import Callable
from typing import Any, ClassVar, Self

from rspcore import tlv
from rspcore.errors import DecodeError, LocalError, OrderError
from rspcore.frozen import dataclass, filler
from rspcore.messages.value_codecs import (
    AID,
    ANY,
    BITS,
    BOOLEAN,
    EID,
    ICCID,
    INTEGER,
    MCC_MNC,
    NULL,
    OCTETS,
    OID,
    TRANSACTION_ID,
    UTF8,
    VERSION,
    Codec,
    bits,
    enumerated,
    explicit,
    octets,
    sequence_of,
    utf8,
)
from rspcore.tlv import Octets, Tlv

__all__ = [
    "AID",
    "ANY",
    "BITS",
    "BOOLEAN",
    "EID",
    "ICCID",
    "INTEGER",
    "MCC_MNC",
    "NULL",
    "OCTETS",
    "OID",
    "TRANSACTION_ID",
    "UTF8",
    "VERSION",
    "At",
    "Codec",
    "Structure",
    "bits",
    "enumerated",
    "explicit",
    "octets",
    "sequence_of",
    "structure",
    "utf8",
]


@dataclass(frozen=True, slots=True)
class At:
    """The tag of a component and the coding of its value.

    Attributes:
        tag: The tag.
        codec: Coding of the value.
        also: Further tags, of a CHOICE without a tag of its own that is kept whole (`ANY`).
        absent: Value of a component that is left out (DEFAULT); such a value is not written.
    """

    tag: int
    codec: Codec
    also: tuple[int, ...] = ()
    absent: Any = None


def structure(kind: "type[Structure]") -> Codec:
    """Makes a codec for a nested structure under the tag its component gives (IMPLICIT)."""
    return Codec(kind.from_tlv, lambda value: value.content())


@dataclass(frozen=True, slots=True)
class _Component:
    name: str
    tag: int
    codec: Codec
    optional: bool
    also: tuple[int, ...] = ()
    absent: Any = None


_PLANS: "dict[type[Structure], tuple[_Component, ...]]" = {}


def _plan(kind: "type[Structure]") -> tuple[_Component, ...]:
    plan = _PLANS.get(kind)
    if plan is None:
        plan = _PLANS[kind] = _make_plan(kind)
    return plan


_READING: "dict[type[Structure], _Reading]" = {}
_Step: typing.TypeAlias = "tuple[tuple[int, ...], str, Callable[[Tlv], Any]]"
_Reading: typing.TypeAlias = (
    "tuple[dict[str, Any], tuple[_Step, ...], tuple[int, ...], Callable[[dict[str, Any]], Any]]"
)


def _reading(kind: "type[Structure]") -> "_Reading":
    """Returns what reads a structure, kept for the next time.

    Values of absent components; of each component its tags, its name and what reads it; how many
    are mandatory before each; and what makes the structure of values.
    """
    found = _READING[kind] = _make_reading(kind, _plan(kind))
    return found


def _make_reading(kind: "type[Structure]", plan: "tuple[_Component, ...]") -> "_Reading":
    mandatory = [0]
    for one in plan:
        mandatory.append(mandatory[-1] + (not one.optional))
    return (
        {one.name: one.absent for one in plan},
        tuple(((one.tag, *one.also), one.name, one.codec.decode) for one in plan),
        tuple(mandatory),
        filler(kind),
    )


_SHORT_LENGTHS = tuple(bytes((length,)) for length in range(0x80))
_WRITING: "dict[type[Structure], tuple[bytes, Callable[[Structure], bytes]]]" = {}


def _writing(kind: "type[Structure]") -> "tuple[bytes, Callable[[Structure], bytes]]":
    """Returns the tag of a structure and what writes its value field, compiled at its first use.

    A line for each component takes half the time of a loop over them.
    """
    names: dict[str, Any] = {"short": _SHORT_LENGTHS, "long": tlv.encode_length}
    lines = ["def written(self):", "    parts = []"]
    for number, one in enumerate(_plan(kind)):
        names[f"encode{number}"] = one.codec.encode
        names[f"tag{number}"] = tlv.encode_tag(one.tag)
        names[f"absent{number}"] = one.absent
        there = "value is not None"
        if one.absent is not None:
            there += f" and value != absent{number}"
        lines += [f"    value = self.{one.name}", f"    if {there}:"]
        if one.codec.whole:
            lines.append(f"        parts.append(encode{number}(value))")
        else:
            lines += [
                f"        coded = encode{number}(value)",
                "        size = len(coded)",
                "        length = short[size] if size < 128 else long(size)",
                f"        parts.append(tag{number} + length + coded)",
            ]
        if not one.optional:
            lines += ["    else:", f"        raise without({one.name!r})"]
    if kind.CHOICE:
        lines += ["    if len(parts) != 1:", "        raise alternatives(len(parts))"]
    names["alternatives"] = lambda count: LocalError(
        f"{kind.__name__}: expected one alternative, got {count}"
    )
    names["without"] = lambda name: LocalError(f"{kind.__name__}.{name} is mandatory")
    lines.append('    return b"".join(parts)')
    exec("\n".join(lines), names)  # noqa: S102  names of components alone
    made = _WRITING[kind] = (tlv.encode_tag(kind.TAG), names["written"])
    return made


def components(kind: "type[Structure]") -> "tuple[_Component, ...]":
    """Returns the components of a structure in order: name, tag, codec, and whether optional."""
    return _plan(kind)


def _make_plan(kind: "type[Structure]") -> tuple[_Component, ...]:
    hints = typing.get_type_hints(kind, include_extras=True)
    plan = []
    for item in dataclasses.fields(kind):
        if item.name == "raw":
            continue
        annotation = hints[item.name]
        marks = [m for m in getattr(annotation, "__metadata__", ()) if isinstance(m, At)]
        if len(marks) != 1:
            raise LocalError(f"{kind.__name__}.{item.name}: expected one At(tag, codec) annotation")
        mark = marks[0]
        optional = type(None) in typing.get_args(annotation.__origin__) or mark.absent is not None
        plan.append(_Component(item.name, mark.tag, mark.codec, optional, mark.also, mark.absent))
    return tuple(plan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """The base of every message and part of a message.

    Attributes:
        TAG: Tag of the structure when it stands alone.
        CHOICE: True when exactly one component is present.
        LAZY: True when what is wrong with a component is raised where it is asked for.
        raw: The whole data object as received, header included; None for a value made here.
    """

    TAG: ClassVar[int] = 0x30
    CHOICE: ClassVar[bool] = False
    LAZY: ClassVar[bool] = False

    raw: bytes | None = dataclasses.field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def decode(cls, data: Octets) -> Self:
        """Reads one data object that fills the input.

        Raises:
            DecodeError: another tag; or, unless the structure is lazy, a component out of order, a
                mandatory one missing, or a value that does not fit its component.
        """
        one = tlv.parse(data)
        if one.tag != cls.TAG:
            raise DecodeError(
                f"{cls.__name__}: expected tag {cls.TAG:02X}, got {one.tag:02X}", tag=one.tag
            )
        return cls.from_tlv(one)

    @classmethod
    def from_tlv(cls, one: Tlv) -> Self:
        """Reads the components from a data object, whatever its tag.

        Raises:
            DecodeError: as `decode`.
        """
        absent, steps, mandatory, made_of = _READING.get(cls) or _reading(cls)
        values = absent.copy()
        unread: set[str] = set()
        position = read = 0
        end = len(steps)
        for child in one.children():
            tag, match = child.tag, position
            while match < end and tag not in steps[match][0]:
                match += 1
            if match == end:
                unread |= cls._out_of_order(child, position)
                continue
            if mandatory[match] != mandatory[position]:
                unread |= cls._missing(position, match, child.offset)
            _, name, decode = steps[match]
            try:
                values[name] = decode(child)
            except DecodeError:
                if not cls.LAZY:
                    raise
                unread.add(name)
            read += 1
            position = match + 1
        if mandatory[end] != mandatory[position]:
            unread |= cls._missing(position, end, one.offset + len(one.raw))
        if cls.CHOICE and read != 1:
            raise DecodeError(
                f"{cls.__name__} at offset {one.offset}: expected exactly one of "
                f"{', '.join(f'{c.tag:02X}' for c in _plan(cls))}, got {read}",
                offset=one.offset,
                tag=one.tag,
            )
        values["raw"] = bytes(one.raw)
        made: Self = made_of(values)
        for name in unread:
            object.__delattr__(made, name)
        return made

    @classmethod
    def _out_of_order(cls, one: Tlv, position: int) -> set[str]:
        """Returns the components before a position whose tag a data object has; none if unknown.

        Raises:
            OrderError: there is one, and the structure is not lazy.
        """
        misplaced = {part.name for part in _plan(cls)[:position] if part.tag == one.tag}
        if misplaced and not cls.LAZY:
            raise cls._misplaced(one)
        return misplaced

    @classmethod
    def _missing(cls, start: int, end: int, offset: int) -> set[str]:
        """Returns the mandatory components among those skipped, from one position to another.

        Raises:
            DecodeError: there is one, and the structure is not lazy.
        """
        skipped = _plan(cls)[start:end]
        names = [component.name for component in skipped if not component.optional]
        if names and not cls.LAZY:
            raise cls._without(skipped, names[0], offset)
        return set(names)

    @classmethod
    def _misplaced(cls, one: Tlv) -> OrderError:
        return OrderError(
            f"{cls.__name__}: {one.tag:02X} at offset {one.offset} is repeated or out of order",
            offset=one.offset,
            tag=one.tag,
        )

    @classmethod
    def _without(cls, skipped: "tuple[_Component, ...]", name: str, offset: int) -> DecodeError:
        tag = next(component.tag for component in skipped if component.name == name)
        return DecodeError(
            f"{cls.__name__}: {name} ({tag:02X}) is missing before offset {offset}",
            offset=offset,
            tag=tag,
        )

    if not typing.TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Raises why a component of a lazy structure has no value; only those are asked here.

            Raises:
                DecodeError: it is missing, out of order, repeated, or cannot be read.
                AttributeError: there is no such component.
            """
            plan = _plan(type(self))
            component = next((one for one in plan if one.name == name), None)
            if component is None:
                raise AttributeError(f"{type(self).__name__} has no component {name}")
            whole = tlv.parse(self.raw)
            found = [one for one in whole.children() if one.tag == component.tag]
            for one in found:
                component.codec.decode(one)
            raise self._misplaced(found[-1]) if found else self._without(plan, name, len(whole.raw))

    def require_whole(self) -> None:
        """Requires every component to be readable, also of a lazy structure.

        Raises:
            DecodeError: one is not.
        """
        for component in _plan(type(self)):
            getattr(self, component.name)

    def content(self) -> bytes:
        """Returns the value field: as received when decoded, else written from the components."""
        if self.raw is not None:
            return bytes(tlv.parse(self.raw).value)
        kind = type(self)
        return (_WRITING.get(kind) or _writing(kind))[1](self)

    def encode(self) -> bytes:
        """Returns the whole data object under `TAG`; a decoded value gives its received octets.

        Raises:
            LocalError: a mandatory component is None, or a CHOICE has not exactly one alternative.
        """
        kind = type(self)
        tag = (_WRITING.get(kind) or _writing(kind))[0]
        if self.raw is not None and self.raw.startswith(tag):
            return self.raw
        content = self.content()
        size = len(content)
        return tag + (_SHORT_LENGTHS[size] if size < 0x80 else tlv.encode_length(size)) + content
