"""Values of rows that are kept decoded, each with the very text it stands for."""

from collections.abc import Callable
from typing import Final, Generic, TypeVar

__all__ = ["KnownValues"]

_MOST_KNOWN: Final = 256
"""How many orders and how many sessions are kept decoded."""
_Name = TypeVar("_Name")
_Value = TypeVar("_Value")


class KnownValues(Generic[_Name, _Value]):
    """Values that were read or written last, with their texts in the file.

    A value is used again only for the very text it stands for, whoever wrote that.
    """

    def __init__(self) -> None:
        self._by_name: dict[_Name, tuple[str, _Value]] = {}

    def __len__(self) -> int:
        return len(self._by_name)

    def value(self, name: _Name, text: str, read: Callable[[str], _Value]) -> _Value:
        """Returns the value of a text, read unless it is known."""
        known = self._by_name.get(name)
        if known is not None and known[0] == text:
            return known[1]
        value = read(text)
        self.keep(name, text, value)
        return value

    def keep(self, name: _Name, text: str, value: _Value) -> None:
        """Keeps a value; above the bound, the one kept first is dropped."""
        self._by_name.pop(name, None)
        self._by_name[name] = (text, value)
        if len(self._by_name) > _MOST_KNOWN:
            del self._by_name[next(iter(self._by_name))]
