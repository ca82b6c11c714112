"""Axes and functions: in which forms each function is tried, one table.

    fixtures/requirements/axes.csv

A rule that is tried in one form has a twin in another: the other form of addressing, the other
channel, the other curve, after a reset. An axis is such a kind of form. A cell names the rows that
walk the axis for a function, or says by a clause or an option why there is nothing to walk. An axis
needs something of a function: where nothing is signed, nothing can be left out of a signature. What
a function has stands in the column `has`, and its other cells are empty.

Servers have axes and tables of their own: `axes_smdpp.csv` and `axes_smds.csv`.
"""

import csv
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from rspcore.errors import ConfigError
from rspcore.frozen import dataclass
from rspharness.record.catalogue import Catalogue

__all__ = [
    "AXES",
    "FILES",
    "MOST_REASONS",
    "SERVER_AXES",
    "Axes",
    "Axis",
    "Cell",
    "State",
    "axes_of",
]

FILES: Final = {"": "axes.csv", "smdpp": "axes_smdpp.csv", "smds": "axes_smds.csv"}
"""Name of the table of each product, in the folder of the catalogue; empty for a card."""
MOST_REASONS: Final = 0.15
"""Share of the cells that reasons stay under."""


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis.

    Attributes:
        name: Column of the table.
        varies: What differs along it.
        needs: What a function has to have; empty: every function has the axis.
        absent: That in words.
    """

    name: str
    varies: str
    needs: str = ""
    absent: str = ""


AXES: Final = (
    Axis(
        "addressing",
        "the form in which Profile, file, key set or record is named, or a request is cut",
        "names",
        "second form",
    ),
    Axis("channel", "basic, further, reopened logical channel"),
    Axis(
        "curve",
        "NIST P-256 and brainpoolP256r1, of its keys or of the Profile it acts on",
        "keys",
        "key on a curve",
    ),
    Axis("reset", "before and after a reset or power cycle"),
    Axis("after", "after another session, or while and after another Profile is Enabled"),
    Axis("boundary", "both sides of each size and count", "bounds", "size or count"),
    Axis(
        "left_out",
        "the part left out of what a signature or MAC covers",
        "signed",
        "signature or MAC over a request",
    ),
    Axis(
        "order",
        "commands and parts in another order, or between the steps of a session",
        "order",
        "order to keep",
    ),
    Axis(
        "counter",
        "the other commands that share a counter, or leave it as it is",
        "counter",
        "counter to share",
    ),
)
"""The axes of cards, in the order of the columns."""

SERVER_AXES: Final = (
    Axis("binding", "JSON and ASN.1", "asn1", "second binding"),
    Axis("curve", "NIST P-256 and brainpoolP256r1", "keys", "key on a curve"),
    Axis("sequence", "calls in another order", "order", "order to keep"),
    Axis("again", "the same call, or the same try, a second time"),
    Axis("other", "another card, LPA, operator or server beside the one it belongs to"),
    Axis("refused", "what is possible after a call that was refused"),
    Axis("form", "members missing, unreadable, unknown or in another order"),
    Axis("boundary", "both sides of each size and count", "bounds", "size or count"),
    Axis("signed", "another value signed than sent", "signed", "signature over a request"),
)
"""The axes of servers, likewise."""


def axes_of(product: str) -> tuple[Axis, ...]:
    """Returns the axes of a product: "smdpp", "smds", or empty for a card."""
    return SERVER_AXES if product else AXES


class State(StrEnum):
    """What a cell is."""

    WALKED = "walked"
    HOLE = "hole"
    CLAUSE = "clause"
    OPTION = "option"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Cell:
    """One function on one axis.

    Attributes:
        function: The function, or a group of commands.
        axis: The axis.
        state: Walked by a row that is no probe; a hole; a reason by clause or option; no such axis.
        ids: Rows that walk it.
        reason: Why there is nothing to walk.
    """

    function: str
    axis: Axis
    state: State
    ids: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Axes:
    """The table.

    Attributes:
        cells: Cells of each function, in the order of its axes.
    """

    cells: Mapping[str, tuple[Cell, ...]]

    @classmethod
    def load(cls, path: Path, catalogue: Catalogue, axes: tuple[Axis, ...] = AXES) -> Self:
        """Reads the table.

        Args:
            path: The file.
            catalogue: The rows that it names.
            axes: Its axes.

        Raises:
            ConfigError: not readable, other columns, a function twice, a word of `has` that no
                axis needs, an id that the catalogue lacks, or a cell of an axis that the function
                does not have.
        """
        try:
            with path.open(encoding="utf-8", newline="") as opened:
                rows = list(csv.DictReader(opened))
        except OSError as error:
            raise ConfigError(f"table of axes {path}: {error.strerror}") from error
        columns = ["function", "has", *(axis.name for axis in axes)]
        if not rows or list(rows[0]) != columns:
            raise ConfigError(f"table of axes {path}: expected the columns {', '.join(columns)}")
        cells: dict[str, tuple[Cell, ...]] = {}
        for row in rows:
            if row["function"] in cells:
                raise ConfigError(f"table of axes: {row['function']} occurs twice")
            cells[row["function"]] = tuple(_cells(row, catalogue, axes))
        return cls(cells)

    @property
    def all(self) -> tuple[Cell, ...]:
        """Returns every cell of an axis that its function has."""
        every = (cell for row in self.cells.values() for cell in row)
        return tuple(cell for cell in every if cell.state is not State.NONE)

    @property
    def holes(self) -> tuple[Cell, ...]:
        """Returns the cells that no row walks and that have no reason."""
        return tuple(cell for cell in self.all if cell.state is State.HOLE)

    @property
    def reasons(self) -> tuple[Cell, ...]:
        """Returns the cells with a reason in place of a row."""
        return tuple(cell for cell in self.all if cell.reason)

    @property
    def share(self) -> float:
        """Returns the share of reasons among the cells."""
        return len(self.reasons) / len(self.all)

    @property
    def unwalked(self) -> float:
        """Returns the share of cells that no row walks, those without the axis counted too."""
        every = [cell for row in self.cells.values() for cell in row]
        return sum(cell.state is not State.WALKED for cell in every) / len(every)

    @property
    def complete(self) -> bool:
        """Returns whether there is no hole, and reasons are few enough."""
        return not self.holes and self.share < MOST_REASONS


def _cells(row: Mapping[str, str], catalogue: Catalogue, axes: tuple[Axis, ...]) -> Iterator[Cell]:
    function, has = row["function"], set(row["has"].split())
    if unknown := has - {axis.needs for axis in axes}:
        raise ConfigError(f"table of axes: {function} has {' '.join(sorted(unknown))}, unknown")
    for axis in axes:
        text = row[axis.name].strip()
        if axis.needs and axis.needs not in has:
            if text:
                raise ConfigError(f"table of axes: {function}, {axis.name}: has no {axis.needs}")
            yield Cell(function, axis, State.NONE)
            continue
        kind, _, reason = text.partition(" ")
        if kind in (State.CLAUSE, State.OPTION):
            if ":" not in reason:
                raise ConfigError(
                    f"table of axes: {function}, {axis.name}: expected '{kind} NAME: reason'"
                )
            yield Cell(function, axis, State(kind), reason=reason)
            continue
        ids = tuple(text.split())
        if unknown := {one for one in ids if one not in catalogue}:
            raise ConfigError(
                f"table of axes: {function}, {axis.name}: {', '.join(sorted(unknown))} "
                "is not in the catalogue of requirements"
            )
        judged = any(not catalogue[one].probe for one in ids)
        yield Cell(function, axis, State.WALKED if judged else State.HOLE, ids)
