"""Changes to one element of a package, for packages that differ in exactly one point.

Each function takes a whole package and returns another; what is not named keeps its octets.
Components are named as in the ASN.1 module, values have the form of `rspcore.schema`:

    upp = edited(upp, "mf", with_fcp("ef-pl", shortEFID=b""))
    upp = inserted(upp, element("nonStandard", 90, issuerID=..., content=b"x"), before="end")

Nothing checks that the result is readable: a card may refuse it, and often that is the purpose.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

from rspcore import schema, tlv
from rspcore.errors import LocalError
from rspcore.profile_reader.elements import ProfileElementTlv, decode_element, encode_element, split

__all__ = [
    "UNKNOWN_TAG",
    "Change",
    "Value",
    "changed_header",
    "edited",
    "element",
    "header_name",
    "inserted",
    "removed",
    "replaced",
    "unknown_element",
    "with_component",
    "with_fcp",
]

Value = dict[str, Any]
Change = Callable[[Value], Value]

UNKNOWN_TAG: Final = 0xAF
"""Tag rfu5 of ProfileElement: no version has an element there."""


@cache
def header_name(name: str) -> str:
    """Returns the component name of an element's PE header, for example "mf-header".

    Raises:
        LocalError: the module has no such element.
    """
    types = schema.definition("pe")
    for member in types["ProfileElement"]["members"]:
        if isinstance(member, dict) and member["name"] == name:
            first: str = types[member["type"]]["members"][0]["name"]
            return first
    raise LocalError(f"no profile element {name!r}")


def element(name: str, identification: int, *, mandated: bool = True, **components: Any) -> bytes:
    """Returns a new element with a PE header.

    Args:
        name: Name of the element, for example "nonStandard".
        identification: Number in the PE header.
        mandated: False leaves mandated out.
        components: The other components; "_" in their names stands for "-".

    Raises:
        LocalError: no such element, or a component does not fit it.
    """
    header: Value = {"mandated": None} if mandated else {}
    value = {header_name(name): header | {"identification": identification}}
    value |= {key.replace("_", "-"): given for key, given in components.items()}
    return encode_element(name, value)


def unknown_element(identification: int, *, mandated: bool) -> bytes:
    """Returns an element of no known version, with a PE header and four octets of content."""
    flag = tlv.encode(0x80) if mandated else b""
    number = tlv.encode(0x81, identification.to_bytes(2, "big"))
    return tlv.encode(UNKNOWN_TAG, tlv.encode(0xA0, flag, number), tlv.encode(0x81, b"\x00" * 4))


def _place(elements: tuple[ProfileElementTlv, ...], name: str, number: int) -> int:
    places = [place for place, one in enumerate(elements) if one.name == name]
    if not -len(places) <= number < len(places):
        raise LocalError(f"the package has {len(places)} elements {name}, none is number {number}")
    return places[number]


def replaced(upp: bytes, name: str, octets: bytes, *, number: int = 0) -> bytes:
    """Returns the package with other octets in place of an element.

    Args:
        upp: The package.
        name: Name of the element.
        octets: The replacement; empty for nothing.
        number: Which of its kind, from 0; -1 for the last.

    Raises:
        LocalError: there is no such element.
    """
    elements = split(upp)
    place = _place(elements, name, number)
    parts = (octets if at == place else one.raw for at, one in enumerate(elements))
    return b"".join(parts)


def removed(upp: bytes, name: str, *, number: int = 0) -> bytes:
    """Returns the package without an element; as `replaced`."""
    return replaced(upp, name, b"", number=number)


def inserted(upp: bytes, octets: bytes, *, before: str, number: int = 0) -> bytes:
    """Returns the package with octets before an element; as `replaced`."""
    elements = split(upp)
    place = _place(elements, before, number)
    parts = [one.raw for one in elements]
    return b"".join((*parts[:place], octets, *parts[place:]))


def edited(upp: bytes, name: str, *changes: Change, number: int = 0) -> bytes:
    """Returns the package with the components of an element changed.

    Args:
        upp: The package.
        name: Name of the element.
        changes: Each takes the components and returns their replacement.
        number: Which of its kind, from 0; -1 for the last.

    Raises:
        LocalError: there is no such element, or what a change returns does not fit it.
    """
    elements = split(upp)
    value = decode_element(elements[_place(elements, name, number)]).value
    for change in changes:
        value = change(value)
    return replaced(upp, name, encode_element(name, value), number=number)


def changed_header(**components: Any) -> Change:
    """Returns the change of components of the profile header; "_" stands for "-"."""
    given = {key.replace("_", "-"): value for key, value in components.items()}
    return lambda value: value | given


def with_component(path: str, value: Any) -> Change:
    """Returns the change of one component.

    Args:
        path: Names from the outside in, with "/" between them; numbers count in lists and in pairs
            of name and value.
        value: The new value; None removes the component.
    """
    return lambda outer: _with(outer, iter(path.split("/")), value)


def _with(outer: Any, path: Iterator[str], value: Any) -> Any:
    name = next(path, None)
    if name is None:
        return value
    if isinstance(outer, dict):
        inner = _with(outer.get(name), path, value)
        kept = {key: one for key, one in outer.items() if key != name or inner is not None}
        return kept if inner is None else kept | {name: inner}
    items = list(outer)
    items[int(name)] = _with(items[int(name)], path, value)
    return tuple(items) if isinstance(outer, tuple) else items


def with_fcp(component: str, *commands: tuple[str, Any], **parts: Any) -> Change:
    """Returns the change of a file of a template element.

    Args:
        component: Name of the file, for example "ef-pl"; it may be absent before.
        commands: Fill commands in place of the present ones; none keeps these.
        parts: Components of its Fcp; None removes one, "_" stands for "-".
    """
    given = {key.replace("_", "-"): value for key, value in parts.items()}

    def change(value: Value) -> Value:
        before: list[tuple[str, Any]] = list(value.get(component, ()))
        fcp: Value = dict(before[0][1]) if before and before[0][0] == "fileDescriptor" else {}
        rest = [one for one in before if one[0] != "fileDescriptor"]
        fcp = {key: one for key, one in (fcp | given).items() if one is not None}
        head = [("fileDescriptor", fcp)] if fcp else []
        return value | {component: [*head, *(commands or rest)]}

    return change
