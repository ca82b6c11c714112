"""`dataclass` and `replace` for frozen values: as those of `dataclasses`, some times as fast.

A program starts with two hundred frozen dataclasses, most of which it never makes a value of.
`dataclasses` compiles six methods for each; here a method is compiled when it is first asked for,
from the same text, so that calls are as fast. What is not frozen, has no slots, or has an InitVar
goes to `dataclasses` itself. Values are dataclasses in every respect: `fields`, `asdict`, `copy`,
pickle, patterns, and subclasses that are made by `dataclasses`.

A card answers every command with new values in place of changed ones, so `replace` is its most
frequent call. `dataclasses.replace` walks over the fields and calls `__init__`; here each class
gets, at its first use, a function that copies its slots one after the other. Classes that check or
derive something when they are made (`__post_init__`, fields that are not arguments), and those
without slots, go to `dataclasses.replace` itself.

>>> @dataclass(frozen=True, slots=True)
... class Place:
...     row: int
...     column: int = 0
>>> replace(Place(1, 2), column=3)
Place(row=1, column=3)
"""

import dataclasses
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, MISSING, FrozenInstanceError, InitVar
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

__all__ = ["changer", "dataclass", "derived", "filler", "maker", "replace"]

_Made = TypeVar("_Made")
_PLANS: Final[dict[type, Callable[..., Any]]] = {}
"""By class: the function that makes a changed copy of a value.

A class never changes after it is made, so a plan is never out of date.
"""
_KEPT: Final = object()
"""Stands for a field that is not changed."""
_set_class: Final = vars(object)["__class__"].__set__
"""Makes an object one of another class with the same slots."""


def _plan(cls: type) -> Callable[..., Any]:
    fields = dataclasses.fields(cls)
    twin = None
    if not hasattr(cls, "__post_init__") and all(one.init for one in fields):
        twin = _twin(cls)
    if twin is None:
        return dataclasses.replace
    names = [one.name for one in fields]
    lines = [
        f"def copied({', '.join(['old', '/', *(f'{name}=kept' for name in names)])}):",
        "    new = twin()",
        *(f"    new.{name} = old.{name} if {name} is kept else {name}" for name in names),
        "    new.__class__ = cls",
        "    return new",
    ]
    known: dict[str, Any] = {"cls": cls, "kept": _KEPT, "twin": twin}
    exec("\n".join(lines), known)  # noqa: S102  names of fields alone, as dataclasses makes its own methods
    copied: Callable[..., Any] = known["copied"]
    return copied


def _twin(cls: type) -> type | None:
    """Returns a class of the same layout whose slots can be set; None where a field has no slot.

    Setting the slots of a frozen value one by one through their descriptors takes several times as
    long. A value is filled as one of the twin and then made one of its class, which Python allows
    where both have the same slots.
    """
    fields = dataclasses.fields(cls)
    own = cls.__dict__.get("__slots__")
    if own is None or cls.__dictoffset__:
        return None
    if not all(inspect.isdatadescriptor(getattr(cls, one.name, None)) for one in fields):
        return None
    around: dict[str, Any] = {"__slots__": own, "__setattr__": object.__setattr__}
    around["__init__"] = object.__init__  # so that a twin without values is one call
    if "__orig_bases__" in cls.__dict__:
        around["__orig_bases__"] = cls.__dict__["__orig_bases__"]
    return type(cls)(cls.__name__, cls.__bases__, around)


def changer(cls: type[_Made], *names: str) -> Callable[..., _Made]:
    """Returns what makes a copy of a value of this class in which these fields are others.

    It takes the value and the fields in this order, by place: what `replace` does, for the few
    places where a card does it with every command.

    Raises:
        TypeError: the class cannot be copied so, see `replace`; or it has no such field.
    """
    fields = [one.name for one in _fields_of(cls)]
    twin = None if hasattr(cls, "__post_init__") else _twin(cls)
    if twin is None or not set(names) <= set(fields):
        raise TypeError(f"{cls.__name__}: expected fields in slots, among them {', '.join(names)}")
    lines = [
        f"def changed(old, {', '.join(names)}):",
        "    new = twin()",
        *(f"    new.{name} = {name if name in names else f'old.{name}'}" for name in fields),
        "    new.__class__ = cls",
        "    return new",
    ]
    known: dict[str, Any] = {"cls": cls, "twin": twin}
    exec("\n".join(lines), known)  # noqa: S102  as above
    changed: Callable[..., _Made] = known["changed"]
    return changed


def maker(cls: type[_Made]) -> Callable[..., _Made]:
    """Returns what makes a value of this class of its fields by place.

    Fields with a default may be left out, at the end. It does what the class itself does when it
    is called, in half the time, for the few places where a card does it with every command.

    Raises:
        TypeError: the class checks or derives something when a value is made, or has no slots.
    """
    twin = None if hasattr(cls, "__post_init__") else _twin(cls)
    if twin is None:
        raise TypeError(f"{cls.__name__}: expected fields in slots, and nothing to do after them")
    fields = _fields_of(cls)
    names = [one.name for one in fields]
    given = {f"of_{one.name}": one.default for one in fields if one.default is not MISSING}
    taken = [f"{name}=of_{name}" if f"of_{name}" in given else name for name in names]
    lines = [
        f"def made({', '.join(taken)}):",
        "    new = twin()",
        *(f"    new.{name} = {name}" for name in names),
        "    new.__class__ = cls",
        "    return new",
    ]
    known: dict[str, Any] = {"cls": cls, "twin": twin, **given}
    exec("\n".join(lines), known)  # noqa: S102  as above
    made: Callable[..., _Made] = known["made"]
    return made


def _fields_of(cls: Any) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(cls)


def filler(cls: type[_Made]) -> Callable[[Mapping[str, Any]], _Made]:
    """Returns what makes a value of all its fields, those that are no arguments included.

    Only for a class made here: its fields have slots. Neither `__init__` nor `__post_init__` is
    called.
    """
    names = [one.name for one in _fields_of(cls)]
    lines = [
        "def filled(values):",
        "    new = twin()",
        *(f"    new.{name} = values[{name!r}]" for name in names),
        "    new.__class__ = cls",
        "    return new",
    ]
    known: dict[str, Any] = {"cls": cls, "twin": _twin(cls)}
    exec("\n".join(lines), known)  # noqa: S102  as above
    filled: Callable[[Mapping[str, Any]], _Made] = known["filled"]
    return filled


class _Late:
    """A method of a class that is compiled when it is first asked for, and then in its place."""

    __slots__ = ("_name", "_owner", "_text")

    def __init__(self, text: Callable[[type], tuple[str, dict[str, object]]]) -> None:
        self._text = text

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner, self._name = owner, name

    def __get__(self, value: object, kind: type | None = None) -> Any:
        owner, name = self._owner, self._name
        method: Any = owner.__dict__[name]
        if method is self:
            text, names = self._text(owner)
            exec(text, names)  # noqa: S102  as above
            method = names[name]
            method.__qualname__ = f"{owner.__qualname__}.{name}"
            method.__module__ = owner.__module__
            if name == "__init__":
                method.__annotations__ = {
                    **{one.name: one.type for one in dataclasses.fields(owner) if one.init},
                    "return": None,
                }
            setattr(owner, name, method)
        return method.__get__(value, kind)


class _Absent:
    """Stands for an argument that was not given; a signature shows it as `dataclasses` does."""

    def __repr__(self) -> str:
        return "<factory>"


_ABSENT: Final = _Absent()


_FEW: Final = 2
"""Fields that are set one by one in less time than it takes to change the class twice."""


def _init(cls: type) -> tuple[str, dict[str, object]]:
    """Returns the text of `__init__` and the names it uses."""
    names: dict[str, object] = {"absent": _ABSENT}
    values: dict[str, str] = {}
    plain: list[str] = []
    keyword: list[str] = []
    for one in dataclasses.fields(cls):
        name = one.name
        names[f"put_{name}"] = getattr(cls, name).__set__
        value, parameter = name, name
        if one.default_factory is not MISSING:
            names[f"made_{name}"] = one.default_factory
            value = (
                f"made_{name}() if {name} is absent else {name}" if one.init else f"made_{name}()"
            )
            parameter = f"{name}=absent"
        elif one.default is not MISSING:
            names[f"usual_{name}"] = one.default
            value = name if one.init else f"usual_{name}"
            parameter = f"{name}=usual_{name}"
        if one.init:
            (keyword if one.kw_only else plain).append(parameter)
        elif value == name:
            continue
        values[name] = value
    lines = [f"    put_{name}(self, {value})" for name, value in values.items()]
    twin = _twin(cls) if len(values) > _FEW else None
    if twin is not None:  # a subclass may have more slots, or a `__dict__`
        names.update(own_class=cls, set_class=_set_class, twin=twin)
        lines = [
            "    if self.__class__ is own_class:",
            "        set_class(self, twin)",
            *(f"        self.{name} = {value}" for name, value in values.items()),
            "        self.__class__ = own_class",
            "    else:",
            *(f"    {line}" for line in lines),
        ]
    if hasattr(cls, "__post_init__"):
        lines.append("    self.__post_init__()")
    parameters = ["self", *plain, *(["*", *keyword] if keyword else [])]
    head = f"def __init__({', '.join(parameters)}):"
    return "\n".join([head, *(lines or ["    pass"])]), names


def _values(cls: type, of: str, *, hashed: bool = False) -> str:
    fields = [
        one.name
        for one in dataclasses.fields(cls)
        if (one.compare if not hashed or one.hash is None else one.hash)
    ]
    return "(" + "".join(f"{of}.{name}," for name in fields) + ")"


def _comparison(name: str, operator: str) -> _Late:
    def text(cls: type) -> tuple[str, dict[str, object]]:
        lines = (
            f"def {name}(self, other):",
            "    if other.__class__ is self.__class__:",
            f"        return {_values(cls, 'self')} {operator} {_values(cls, 'other')}",
            "    return NotImplemented",
        )
        return "\n".join(lines), {}

    return _Late(text)


def _hash(cls: type) -> tuple[str, dict[str, object]]:
    return f"def __hash__(self):\n    return hash({_values(cls, 'self', hashed=True)})", {}


def _repr(cls: type) -> tuple[str, dict[str, object]]:
    shown = [one.name for one in dataclasses.fields(cls) if one.repr]
    inner = ", ".join(f"{name}={{self.{name}!r}}" for name in shown)
    return f"def __repr__(self):\n    return f'{{self.__class__.__qualname__}}({inner})'", {}


def _refuse_set(_self: object, name: str, _value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(_self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:
    return [getattr(self, one.name) for one in dataclasses.fields(self)]


def _set_state(self: Any, state: Sequence[object]) -> None:
    for one, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)


_fields_alone = partial(dataclasses.dataclass, init=False, repr=False, eq=False, match_args=False)


@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class _Frozen:
    """Lends its parameters to every class made here, and the kind of its field to their fields."""

    field: int


_PARAMETERS: Final[object] = vars(_Frozen)["__dataclass_params__"]
_KIND: Final[object] = vars(_Frozen)["__dataclass_fields__"]["field"]._field_type  # noqa: SLF001  has no public name


def _own_fields(
    cls: type, notes: dict[str, object], *, kw_only: bool
) -> dict[str, dataclasses.Field[Any]]:
    """Returns the fields that the class itself names, by name.

    Plain annotations become fields at once; a class with others is left to `dataclasses`, and so is
    what it refuses.
    """
    given = cls.__dict__
    made: dict[str, dataclasses.Field[Any]] = {}
    for name, note in notes.items():
        if note is ClassVar or getattr(note, "__origin__", None) is ClassVar:
            continue
        default = given.get(name, MISSING)
        if isinstance(note, str) or note is KW_ONLY or default.__class__.__hash__ is None:
            return _fields_by_library(cls, notes, kw_only=kw_only)
        one: Any = default
        if not isinstance(default, dataclasses.Field):
            one = dataclasses.field(default=default)
        elif one.default.__class__.__hash__ is None:
            return _fields_by_library(cls, notes, kw_only=kw_only)
        one.name, one.type, one._field_type = name, note, _KIND  # noqa: SLF001  as above
        if one.kw_only is MISSING:
            one.kw_only = kw_only
        made[name] = one
    return made


def _fields_by_library(
    cls: type, notes: dict[str, object], *, kw_only: bool
) -> dict[str, dataclasses.Field[Any]]:
    given = {name: cls.__dict__[name] for name in notes if name in cls.__dict__}
    around = {"__annotations__": notes, "__module__": cls.__module__, "__doc__": "of fields alone"}
    made: Any = _fields_alone(kw_only=kw_only)(type(cls.__name__, (), {**around, **given}))
    return {one.name: one for one in dataclasses.fields(made)}


def _methods(*, order: bool) -> Iterator[tuple[str, object]]:
    yield "__init__", _Late(_init)
    yield "__repr__", _Late(_repr)
    yield "__eq__", _comparison("__eq__", "==")
    yield "__getstate__", _state
    yield "__setstate__", _set_state
    yield "__replace__", dataclasses.replace
    if order:
        for name, operator in (
            ("__lt__", "<"),
            ("__le__", "<="),
            ("__gt__", ">"),
            ("__ge__", ">="),
        ):
            yield name, _comparison(name, operator)


def _frozen(cls: type, notes: dict[str, object], *, kw_only: bool, order: bool) -> Any:
    """Returns the class with slots, fields and late methods."""
    named = _own_fields(cls, notes, kw_only=kw_only)
    own = list(named)
    fields: dict[str, object] = {}
    for base in cls.__mro__[-1:0:-1]:
        fields.update(base.__dict__.get("__dataclass_fields__", {}))
    fields.update(named)
    left_out = {"__dict__", "__weakref__", *own}
    made = {name: one for name, one in cls.__dict__.items() if name not in left_out}
    slotted = {name for base in cls.__mro__[1:] for name in base.__dict__.get("__slots__", ())}
    for name, method in _methods(order=order):
        made.setdefault(name, method)
    if made.get("__hash__") is None:
        made["__hash__"] = _Late(_hash)
    made.update(
        __slots__=tuple(name for name in own if name not in slotted),
        __dataclass_fields__=fields,
        __dataclass_params__=_PARAMETERS,
        __setattr__=_refuse_set,
        __delattr__=_refuse_delete,
    )
    late = {name: one.make for name, one in made.items() if isinstance(one, _Derived)}
    if late:
        _derive(made, late)
    whole: Any = type(cls)(cls.__name__, cls.__bases__, made)
    whole.__qualname__ = cls.__qualname__
    _let_super_find(whole, cls)
    if "__match_args__" not in made:
        placed = [one.name for one in dataclasses.fields(whole) if one.init and not one.kw_only]
        type.__setattr__(whole, "__match_args__", tuple(placed))
    return whole


class _Derived:
    """What `derived` leaves in the body of a class."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self.make = make


def _derive(body: dict[str, Any], late: Mapping[str, Callable[[Any], Any]]) -> None:
    """Gives a class a slot for each derived value; an empty one is filled when it is asked for.

    Python asks `__getattr__` where a slot is empty, so that a filled one is read as any field is.

    Raises:
        TypeError: the class has a `__getattr__` of its own.
    """
    if "__getattr__" in body:
        raise TypeError("expected no __getattr__ in a class with derived values")
    put = object.__setattr__

    def filled(self: object, name: str) -> Any:
        make = late.get(name)
        if make is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        value = make(self)
        put(self, name, value)
        return value

    for name in late:
        del body[name]
    body["__slots__"] = (*body["__slots__"], *late)
    body["__getattr__"] = filled


def _of_init(note: object) -> bool:
    """Returns whether an annotation makes a field an argument alone."""
    if isinstance(note, str):
        return "InitVar" in note
    return note is InitVar or isinstance(note, InitVar)


def _let_super_find(whole: type, cls: type) -> None:
    """Lets `super()` without arguments, in methods written for a class, mean the one with slots."""
    for one in cls.__dict__.values():
        method = getattr(one, "__func__", getattr(one, "fget", one))
        code = getattr(method, "__code__", None)
        if code is not None and "__class__" in code.co_freevars:
            method.__closure__[code.co_freevars.index("__class__")].cell_contents = whole


if TYPE_CHECKING:
    from dataclasses import dataclass, replace  # its type checkers know the fields
    from functools import cached_property as derived
else:

    def derived(make):
        """Makes a method of a frozen class with slots a value, made of its fields when asked for.

        It is kept beside the fields and is none of them: values are compared, shown, copied,
        changed and written without it. The fields never change, so it is never out of date.
        """
        return _Derived(make)

    def dataclass(cls=None, /, *, frozen=False, slots=False, kw_only=False, order=False, **others):
        """Makes a class a dataclass: what it is given and what comes of it is as in `dataclasses`.

        Raises:
            TypeError: as there; a default before a field without one, when it is first used.
        """

        def made(one):
            notes = inspect.get_annotations(one)
            if frozen and slots and not others and not any(map(_of_init, notes.values())):
                return _frozen(one, notes, kw_only=kw_only, order=order)
            words = {"frozen": frozen, "slots": slots, "kw_only": kw_only, "order": order}
            return dataclasses.dataclass(**words, **others)(one)

        return made if cls is None else made(cls)

    def replace(value, /, **changes):
        """Returns a value of the same class in which these fields are others.

        Raises:
            TypeError: the class has no such field.
        """
        try:
            copied = _PLANS[value.__class__]
        except KeyError:
            copied = _PLANS[value.__class__] = _plan(value.__class__)
        return copied(value, **changes)
