"""Variation: legal choices made differently each time, so that no client relies on one of them.

The specification leaves the order of JSON members, optional and further ones, the cut of package
and metadata into segments, the way the profile is protected and the length of hostId to the server.
A client that relies on one of them works with one server and fails with another. `Steady` always
chooses the same, which keeps sessions reproducible; `Varied` draws each choice from a seed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol, TypeVar

from rspsim.env import SeededRng
from rspsim.smdpp.stock.binding import BindingChoice

__all__ = ["Steady", "Variation", "Varied"]

_OPTIONAL: Final = frozenset(("message", "subjectIdentifier"))
"""Members of statusCodeData that a server need not send (SGP.22 v2, 6.5.1)."""
_UNKNOWN: Final = "x-rsplab"
_ONE_IN: Final = 4
"""One answer in so many has an unknown member."""

_Item = TypeVar("_Item")


class Variation(Protocol):
    """Chooses among legal alternatives."""

    def members(self, answer: Mapping[str, object]) -> dict[str, object]:
        """Returns a JSON object with the members as they are sent."""

    def binding(self, standard: BindingChoice) -> BindingChoice:
        """Returns how the next package is bound, given the standard way."""

    def entries(self, listed: Sequence[_Item]) -> tuple[_Item, ...]:
        """Returns what is listed, in the order in which it is sent."""


class Steady:
    """Chooses the same each time: the order of the specification, the standard binding."""

    def members(self, answer: Mapping[str, object]) -> dict[str, object]:
        """Returns the members in the order given."""
        return dict(answer)

    def binding(self, standard: BindingChoice) -> BindingChoice:
        """Returns the standard choice."""
        return standard

    def entries(self, listed: Sequence[_Item]) -> tuple[_Item, ...]:
        """Returns what is listed in the order given."""
        return tuple(listed)


class Varied:
    """Draws each choice from a seed; the same seed and requests give the same answers."""

    def __init__(self, seed: bytes) -> None:
        self._rng = SeededRng(b"variation|" + seed)

    def members(self, answer: Mapping[str, object]) -> dict[str, object]:
        """Returns the members in a drawn order, objects inside included.

        Optional members may be left out, and an unknown one may be there.
        """
        drawn = dict(answer)
        if not self._below(_ONE_IN):
            drawn[_UNKNOWN] = self._below(1000)
        return self._shuffled(drawn)

    def _shuffled(self, members: Mapping[str, object]) -> dict[str, object]:
        left = [name for name in members if name not in _OPTIONAL or self._below(2)]
        ordered = {}
        while left:
            name = left.pop(self._below(len(left)))
            value = members[name]
            ordered[name] = self._shuffled(value) if isinstance(value, Mapping) else value
        return ordered

    def binding(self, standard: BindingChoice) -> BindingChoice:
        """Draws key mode, segment lengths and the length of hostId."""
        return replace(
            standard,
            replace_session_keys=bool(self._below(2)),
            segment_octets=16 + self._below(standard.segment_octets - 15),
            metadata_octets=16 + self._below(standard.metadata_octets - 15),
            host_id_octets=1 + self._below(16),
        )

    def entries(self, listed: Sequence[_Item]) -> tuple[_Item, ...]:
        """Returns what is listed in a drawn order."""
        left = list(listed)
        return tuple(left.pop(self._below(len(left))) for _ in listed)

    def _below(self, limit: int) -> int:
        return int.from_bytes(self._rng.octets(4), "big") % limit
