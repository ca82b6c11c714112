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
from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Any, ClassVar, Self

from rspcore import tlv
from rspcore.errors import DecodeError, LocalError, OrderError
from rspcore.frozen import dataclass
from rspcore.ids import Aid, Eid, Iccid, MccMnc, Oid, TransactionId, Version
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
class Codec:
    """Conversion of the value field of one data object into a Python value and back.

    Attributes:
        decode: Takes the data object, returns the value; raises DecodeError.
        encode: Takes the value, returns the octets of the value field.
        whole: True when encode returns the whole data object, header included (`ANY`).
    """

    decode: Callable[[Tlv], Any]
    encode: Callable[[Any], bytes]
    whole: bool = False


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


def _bad(one: Tlv, expected: str) -> DecodeError:
    return DecodeError(
        f"{one.tag:02X} at offset {one.offset}: expected {expected}, "
        f"got {len(one.value)} octets {bytes(one.value[:16]).hex(' ').upper()}",
        offset=one.offset,
        tag=one.tag,
    )


def octets(low: int, high: int | None = None) -> Codec:
    """Makes a codec for an OCTET STRING of low to high octets (exactly low when high is None)."""
    top = low if high is None else high

    def decode(one: Tlv) -> bytes:
        if not low <= len(one.value) <= top:
            raise _bad(one, f"{low} octets" if low == top else f"{low} to {top} octets")
        return bytes(one.value)

    return Codec(decode, bytes)


def utf8(low: int, high: int) -> Codec:
    """Makes a codec for a UTF8String of low to high characters (not octets)."""

    def decode(one: Tlv) -> str:
        try:
            text = bytes(one.value).decode("utf-8")
        except UnicodeDecodeError as error:
            raise _bad(one, "UTF-8 text") from error
        if not low <= len(text) <= high:
            raise _bad(one, f"{low} to {high} UTF-8 characters")
        return text

    return Codec(decode, lambda text: text.encode("utf-8"))


def _decode_integer(one: Tlv) -> int:
    if not 1 <= len(one.value) <= 16:
        raise _bad(one, "an INTEGER of 1 to 16 octets")
    return int.from_bytes(one.value, "big", signed=True)


def _encode_integer(value: int) -> bytes:
    magnitude = value if value >= 0 else ~value
    return value.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True)


def enumerated(codes: type[IntEnum]) -> Codec:
    """Makes a codec for an INTEGER with named values; a number without a name stays a plain int."""
    named = {int(code): code for code in codes}

    def decode(one: Tlv) -> int:
        number = _decode_integer(one)
        return named.get(number, number)

    return Codec(decode, _encode_integer)


def bits(names: type[IntEnum]) -> Codec:
    """Makes a codec for a BIT STRING with named bits: a frozenset of positions, 0 is the first bit.

    Bits without a name stay plain ints. Encoding drops trailing zero bits (DER); decoding accepts
    any number of unused bits up to 7.
    """
    named = {int(name): name for name in names}

    def decode(one: Tlv) -> frozenset[int]:
        value = one.value
        if not value or value[0] > 7 or (value[0] and len(value) == 1):
            raise _bad(one, "a BIT STRING with 0 to 7 unused bits")
        count = 8 * (len(value) - 1) - value[0]
        return frozenset(
            named.get(n, n) for n in range(count) if value[1 + n // 8] & (0x80 >> n % 8)
        )

    def encode(positions: Iterable[int]) -> bytes:
        chosen = {int(position) for position in positions}
        if not chosen:
            return b"\x00"
        count = max(chosen) + 1
        body = bytearray((count + 7) // 8)
        for n in chosen:
            body[n // 8] |= 0x80 >> n % 8
        return bytes((-count % 8,)) + bytes(body)

    return Codec(decode, encode)


def _decode_boolean(one: Tlv) -> bool:
    if len(one.value) != 1:
        raise _bad(one, "a BOOLEAN of 1 octet")
    return one.value[0] != 0


def _decode_null(one: Tlv) -> bool:
    if len(one.value):
        raise _bad(one, "NULL without content")
    return True


def _value_type(make: Callable[[bytes], Any]) -> Codec:
    def decode(one: Tlv) -> Any:
        try:
            return make(bytes(one.value))
        except DecodeError as error:
            raise DecodeError(
                f"{one.tag:02X} at offset {one.offset}: {error}", offset=one.offset, tag=one.tag
            ) from error

    return Codec(decode, lambda value: bytes(value.octets))


OCTETS = Codec(lambda one: bytes(one.value), bytes)
UTF8 = utf8(0, 1 << 16)
INTEGER = Codec(_decode_integer, _encode_integer)
BOOLEAN = Codec(_decode_boolean, lambda value: b"\xff" if value else b"\x00")
NULL = Codec(_decode_null, lambda _: b"")
EID = _value_type(Eid)
ICCID = _value_type(Iccid)
AID = _value_type(Aid)
TRANSACTION_ID = _value_type(TransactionId)
VERSION = _value_type(Version)
MCC_MNC = _value_type(MccMnc)
OID = Codec(lambda one: Oid.from_content(one.value), lambda oid: oid.content)
ANY = Codec(lambda one: bytes(one.raw), bytes, whole=True)
"""A whole data object kept as received, header included, for example a certificate."""


class _BitNames(IntEnum):
    """An enumeration without members, so that `BITS` returns plain positions."""


BITS = bits(_BitNames)


def structure(kind: "type[Structure]") -> Codec:
    """Makes a codec for a nested structure under the tag its component gives (IMPLICIT)."""
    return Codec(kind.from_tlv, lambda value: value.content())


def explicit(inner_tag: int, codec: Codec) -> Codec:
    """Makes a codec for a component whose value is wrapped once more (EXPLICIT)."""

    def decode(one: Tlv) -> Any:
        children = one.children()
        if len(children) != 1 or children[0].tag != inner_tag:
            raise _bad(one, f"one data object {inner_tag:02X}")
        return codec.decode(children[0])

    return Codec(decode, lambda value: tlv.encode(inner_tag, codec.encode(value)))


def sequence_of(tag: int, codec: Codec) -> Codec:
    """Makes a codec for SEQUENCE OF: a tuple of values, each under the same tag."""

    def decode(one: Tlv) -> tuple[Any, ...]:
        children = one.children()
        for child in children:
            if child.tag != tag:
                raise _bad(child, f"an element with tag {tag:02X}")
        return tuple(codec.decode(child) for child in children)

    def encode(values: Iterable[Any]) -> bytes:
        if codec.whole:
            return b"".join(codec.encode(value) for value in values)
        return b"".join(tlv.encode(tag, codec.encode(value)) for value in values)

    return Codec(decode, encode)


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
_Reading: typing.TypeAlias = "tuple[dict[str, Any], tuple[_Step, ...], tuple[int, ...]]"


def _reading(kind: "type[Structure]") -> "_Reading":
    """Returns values of absent components, a step for each, and how many are mandatory before it.

    A step has the tags of the component, its name, and what reads it.
    """
    found = _READING.get(kind)
    if found is None:
        found = _READING[kind] = _make_reading(_plan(kind))
    return found


def _make_reading(plan: "tuple[_Component, ...]") -> "_Reading":
    mandatory = [0]
    for one in plan:
        mandatory.append(mandatory[-1] + (not one.optional))
    return (
        {one.name: one.absent for one in plan},
        tuple(((one.tag, *one.also), one.name, one.codec.decode) for one in plan),
        tuple(mandatory),
    )


_SHORT_LENGTHS = tuple(bytes((length,)) for length in range(0x80))
_WRITING: "dict[type[Structure], tuple[_Written, ...]]" = {}
_Written: typing.TypeAlias = "tuple[str, Callable[[Any], bytes], bytes | None, Any, bool]"


def _writing(kind: "type[Structure]") -> "tuple[_Written, ...]":
    """Returns of each component name, what writes it, tag (None: whole), absent, optional."""
    found = _WRITING.get(kind)
    if found is None:
        found = _WRITING[kind] = tuple(
            (
                one.name,
                one.codec.encode,
                None if one.codec.whole else tlv.encode_tag(one.tag),
                one.absent,
                one.optional,
            )
            for one in _plan(kind)
        )
    return found


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
        absent, steps, mandatory = _reading(cls)
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
        made = cls(**values)
        object.__setattr__(made, "raw", bytes(one.raw))
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
        parts = []
        for name, octets_of, tag, absent, optional in _writing(type(self)):
            value = getattr(self, name)
            if value is None or (absent is not None and value == absent):
                if not optional:
                    raise LocalError(f"{type(self).__name__}.{name} is mandatory")
                continue
            coded = octets_of(value)
            if tag is None:
                parts.append(coded)
            elif len(coded) < 0x80:
                parts.append(tag + _SHORT_LENGTHS[len(coded)] + coded)
            else:
                parts.append(tag + tlv.encode_length(len(coded)) + coded)
        if self.CHOICE and len(parts) != 1:
            raise LocalError(f"{type(self).__name__}: expected one alternative, got {len(parts)}")
        return b"".join(parts)

    def encode(self) -> bytes:
        """Returns the whole data object under `TAG`; a decoded value gives its received octets.

        Raises:
            LocalError: a mandatory component is None, or a CHOICE has not exactly one alternative.
        """
        if self.raw is not None and self.raw.startswith(tlv.encode_tag(self.TAG)):
            return self.raw
        return tlv.encode(self.TAG, self.content())
