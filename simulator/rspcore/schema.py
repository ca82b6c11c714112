"""The compiled ASN.1 modules: the only user of the ASN.1 library.

Three modules exist: "rsp" (messages of SGP.22 v2), "rsp3" (those of v3.1: its own types, and those
of v2 that it did not change) and "pe" (profile elements, versions 2.1 to 3.4).
Their text is in `rspcore.asn1`, beside a parsed form in JSON from which they are compiled at first
use, once per process. The library is not imported before that.

Values are plain Python: SEQUENCE is a dict by component name, CHOICE a pair of name and value,
SEQUENCE OF a list, OCTET STRING bytes, BIT STRING a pair of octets and number of bits, NULL None.

Four properties of the library are hidden from the callers:

* Its DER decoder never returns on a SEQUENCE OF whose element has a wrong tag. The BER decoder
  checks the tag, and the octets it writes are DER for these modules, so that one is used; and no
  input reaches it before `_guard` has walked the TLVs: every header whole, every length definite
  and inside what holds it, depth and number bounded.
* It reads object identifiers below 2 with a large second arc wrongly. Here OBJECT IDENTIFIER values
  are their content octets; `rspcore.ids.Oid` turns them into arcs.
* It cannot write PE-AKAParameter back when sqnInit was defaulted. Here DEFAULT is read as OPTIONAL:
  what was absent stays absent in value and encoding. For files this is also the meaning, because an
  absent element of an Fcp stands for the template's value and not for a constant.
* It skips unknown data objects at the end of a SEQUENCE, and from the first one in the middle on.
  What was skipped is not written back: compare `encode(decode(x))` with x before relying on it.

The owner of a received value that was signed keeps its octets and never encodes it again.
"""

import functools
from collections.abc import Iterator
from typing import Any, Final, Literal

from rspcore.errors import DecodeError, LocalError
from rspcore.tlv import Octets, parse, read_header

__all__ = [
    "MODULES",
    "Module",
    "decode",
    "definition",
    "encode",
    "foreign_part",
    "out_of_range",
    "parse_module",
]

Module = Literal["rsp", "rsp3", "pe"]

MODULES: Final[dict[Module, str]] = {"rsp": "rsp_v2", "rsp3": "rsp_v3", "pe": "pe_v3"}
"""Module names to the stem of their files in `rspcore.asn1`; one pair of files per version."""

_BEFORE: Final[dict[Module, Module]] = {"rsp3": "rsp"}
"""The module whose types a module keeps where it has none of that name."""

_PACKAGE: Final = "rspcore.asn1"
_MAX_DEPTH: Final = 24
_MAX_OBJECTS: Final = 20_000

_OID_TYPE: Final = "ObjectIdentifierContent"
_OID_DESCRIPTION: Final = {
    "type": "OCTET STRING",
    "tag": {"number": 6, "class": "UNIVERSAL", "kind": "IMPLICIT"},
}


def decode(module: Module, type_name: str, octets: Octets) -> Any:
    """Decodes exactly one value of a type.

    Args:
        module: "rsp", "rsp3" or "pe".
        type_name: Name of the type in the module.
        octets: One data object.

    Raises:
        DecodeError: octets are not one well-formed data object, or not a value of the type.
        LocalError: the module has no such type.
    """
    library = _library()
    data = bytes(octets)
    _guard(data)
    kind = _type(module, type_name)
    try:
        return kind.decode(data)
    except (library.DecodeError, ValueError, IndexError) as error:
        raise DecodeError(
            f"{type_name}: {error}", offset=getattr(error, "offset", 0) or 0
        ) from error


def encode(module: Module, type_name: str, value: Any) -> bytes:
    """Encodes one value of a type as DER.

    Raises:
        LocalError: the module has no such type, or the value does not fit it.
    """
    library = _library()
    kind = _type(module, type_name)
    try:
        kind.check_types(value)
        return bytes(kind.encode(value))
    except (
        library.EncodeError,
        library.ConstraintsError,
        KeyError,
        TypeError,
        IndexError,  # a BIT STRING of more bits than its octets have
    ) as error:
        raise LocalError(f"{type_name}: {error}") from error


def foreign_part(module: Module, type_name: str, value: Any) -> str | None:
    """Returns the part of a decoded value that the module does not define, None without one.

    Decoding skips an alternative of a CHOICE that is not in the module: a later version may
    define it. A caller that needs every part asks here.
    """
    library = _library()
    try:
        _type(module, type_name).check_types(value)
    except library.EncodeError as error:
        return str(error)
    return None


def out_of_range(module: Module, type_name: str, value: Any) -> str | None:
    """Returns the part of a decoded value that is outside its SIZE or range, None without one."""
    library = _library()
    try:
        _type(module, type_name).check_constraints(value)
    except library.ConstraintsError as error:
        return str(error)
    return None


def definition(module: Module) -> dict[str, Any]:
    """Returns the parsed form of a module: type names to descriptions, as read from the text.

    Raises:
        LocalError: the JSON of the module is not installed.
    """
    import json  # noqa: PLC0415  only who reads elements of a Profile needs a module
    import pkgutil  # noqa: PLC0415  likewise

    stem = MODULES[module]
    content = pkgutil.get_data(_PACKAGE, f"{stem}.json")
    if content is None:
        raise LocalError(f"{_PACKAGE}: {stem}.json is not installed; install the package again")
    (parsed,) = json.loads(content, object_hook=_tuples).values()
    types: dict[str, Any] = parsed["types"]
    before = _BEFORE.get(module)
    return types if before is None else {**definition(before), **types}


def parse_module(stem: str) -> str:
    """Parses the text of a module and returns the JSON that belongs beside it.

    `python -m rspcore.asn1 STEM` prints it.

    Args:
        stem: Name of the file in `rspcore.asn1` without extension.

    Raises:
        LocalError: there is no such text, or it is not ASN.1.
    """
    import json  # noqa: PLC0415  as in `definition`
    import pkgutil  # noqa: PLC0415  likewise

    library = _library()
    content = pkgutil.get_data(_PACKAGE, f"{stem}.asn")
    if content is None:
        raise LocalError(f"{_PACKAGE}: no {stem}.asn")
    try:
        parsed = library.parse_string(content.decode())
    except library.ParseError as error:
        raise LocalError(f"{stem}.asn: {error}") from error
    return json.dumps(_listed(parsed), indent=1, sort_keys=True) + "\n"


def _library() -> Any:
    import asn1tools  # type: ignore[import-untyped]  # noqa: PLC0415  not before it is needed: 150 ms

    return asn1tools


@functools.cache
def _compiled(module: Module) -> dict[str, Any]:
    types = definition(module)
    for description in types.values():
        _adapt(description)
    types[_OID_TYPE] = _OID_DESCRIPTION
    specification = {
        "Module": {
            "extensibility-implied": True,
            "imports": {},
            "object-classes": {},
            "object-sets": {},
            "tags": "AUTOMATIC",
            "types": types,
            "values": {},
        }
    }
    compiled: dict[str, Any] = _library().compile_dict(specification, codec="ber").types
    return compiled


def _type(module: Module, type_name: str) -> Any:
    kind = _compiled(module).get(type_name)
    if kind is None:
        raise LocalError(f"ASN.1 module {MODULES[module]}: no type {type_name}")
    return kind


def _adapt(description: dict[str, Any]) -> None:
    """Turns OBJECT IDENTIFIER into its content octets and DEFAULT into OPTIONAL, at any depth."""
    if description.get("type") == "OBJECT IDENTIFIER":
        description["type"] = _OID_TYPE
    if "default" in description:
        del description["default"]
        description["optional"] = True
    for inner in _parts(description):
        _adapt(inner)


def _parts(description: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for member in description.get("members", ()):
        if isinstance(member, dict):
            yield member
    if "element" in description:
        yield description["element"]


def _tuples(item: dict[str, Any]) -> Any:
    return tuple(item["()"]) if item.keys() == {"()"} else item


def _listed(value: Any) -> Any:
    """Prepares a parsed module for JSON, where a tuple has to be distinguished from a list."""
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return {"()": [_listed(item) for item in value]}
    return [_listed(item) for item in value] if isinstance(value, list) else value


def _guard(data: bytes) -> None:
    """Walks all data objects, so that only well-formed, bounded input reaches the library.

    Raises:
        DecodeError: octets are not one data object, a length does not fit what holds it, or there
            are more than 24 levels or 20,000 objects.
    """
    parse(data)
    position = count = 0
    ends = [len(data)]
    while ends:
        limit = ends[-1]
        if position == limit:
            ends.pop()
            continue
        count += 1
        first = data[position]
        start = position + 2
        if first & 0x1F == 0x1F or start > limit or data[position + 1] & 0x80:
            _, header, length = read_header(memoryview(data)[:limit], position)
            start = position + header
        else:
            length = data[position + 1]
        end = start + length
        if end > limit or count > _MAX_OBJECTS or len(ends) > _MAX_DEPTH:
            raise _refusal(first, position, end - limit)
        if first & 0x20:
            ends.append(end)
            position = start
        else:
            position = end


def _refusal(tag: int, position: int, excess: int) -> DecodeError:
    reason = (
        f"{excess:,} octets longer than what holds it"
        if excess > 0
        else f"more than {_MAX_DEPTH} levels or {_MAX_OBJECTS:,} data objects"
    )
    return DecodeError(
        f"data object starting {tag:02X} at offset {position}: {reason}", offset=position, tag=tag
    )
