"""`replace` for frozen dataclasses, as `dataclasses.replace`, four times as fast.

A card answers every command with new values in place of changed ones, so this is its most frequent
call. `dataclasses.replace` walks over the fields and calls `__init__`; here each class gets, at its
first use, a function that copies its slots one after the other. Classes that check or derive
something when they are made (`__post_init__`, fields that are not arguments), and those without
slots, go to `dataclasses.replace` itself.

>>> from dataclasses import dataclass
>>> @dataclass(frozen=True, slots=True)
... class Place:
...     row: int
...     column: int = 0
>>> replace(Place(1, 2), column=3)
Place(row=1, column=3)
"""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

__all__ = ["replace"]

_Put = Callable[[object, object], None]
_PLANS: Final[dict[type, tuple[Callable[[Any], Any], dict[str, _Put]] | None]] = {}
"""By class: the function that copies a value, and what sets each field; None without such a plan.

A class never changes after it is made, so a plan is never out of date.
"""


def _plan(cls: type) -> tuple[Callable[[Any], Any], dict[str, _Put]] | None:
    fields = dataclasses.fields(cls)
    if hasattr(cls, "__post_init__") or not all(one.init for one in fields):
        return None
    try:
        puts = {one.name: getattr(cls, one.name).__set__ for one in fields}
    except AttributeError:  # no slot, but a default or nothing
        return None
    lines = [f"    put_{name}(new, old.{name})" for name in puts]
    text = "\n".join(("def copied(old):", "    new = blank(cls)", *lines, "    return new"))
    names = {"blank": object.__new__, "cls": cls, **{f"put_{name}": puts[name] for name in puts}}
    exec(text, names)  # noqa: S102  names of fields alone, as dataclasses makes its own methods
    return names["copied"], puts


if TYPE_CHECKING:
    from dataclasses import replace  # its type checkers know the fields
else:

    def replace(value, /, **changes):
        """Returns a value of the same class in which these fields are others.

        Raises:
            TypeError: the class has no such field.
        """
        cls = value.__class__
        try:
            plan = _PLANS[cls]
        except KeyError:
            plan = _PLANS[cls] = _plan(cls)
        if plan is None:
            return dataclasses.replace(value, **changes)
        copied, puts = plan
        new = copied(value)
        try:
            for name, changed in changes.items():
                puts[name](new, changed)
        except KeyError as error:
            raise TypeError(f"{cls.__name__} has no field {error}") from None
        return new
