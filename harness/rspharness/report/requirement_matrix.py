"""The requirement matrix: how many requirements exist, apply and have a case, by verdict."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from rspharness.record.verdicts import Verdict

__all__ = ["Row", "coverage", "of_one_version", "text"]


@dataclass(slots=True)
class Row:
    """The number of requirements of one function, or of one area (function empty).

    Attributes:
        area: Area of the catalogue.
        function: Function, or empty for the whole area.
        total: Requirements in the catalogue.
        applicable: Those that apply to this card, as far as its options are known.
        automated: Those of the applicable that have a case.
        verdicts: How many have each verdict.
    """

    area: str
    function: str = ""
    total: int = 0
    applicable: int = 0
    automated: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)

    def count(self, requirement: Mapping[str, Any]) -> None:
        """Adds one requirement to the numbers."""
        self.total += 1
        self.applicable += bool(requirement["applicable"])
        self.automated += bool(requirement["applicable"] and requirement["automated"])
        self.verdicts[requirement["state"]] += 1

    @property
    def percent(self) -> int:
        """Returns the percentage of applicable requirements that have a case, rounded down."""
        return 100 * self.automated // self.applicable if self.applicable else 100

    def as_dict(self) -> dict[str, Any]:
        """Returns the fields by name."""
        return {**asdict(self), "verdicts": dict(self.verdicts), "percent": self.percent}


def coverage(requirements: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Sums up requirements by area and function, each area first, in the order of the catalogue."""
    areas: dict[str, Row] = {}
    functions: dict[tuple[str, str], Row] = {}
    for requirement in requirements:
        area, function = requirement["area"], requirement["function"]
        areas.setdefault(area, Row(area)).count(requirement)
        functions.setdefault((area, function), Row(area, function)).count(requirement)
    return [
        row
        for area, whole in areas.items()
        for row in (whole, *(one for (name, _), one in functions.items() if name == area))
    ]


def text(rows: Iterable[Row], *, functions: bool = False) -> str:
    """Returns the matrix as text for a terminal.

    Args:
        rows: Result of `coverage`.
        functions: True to show each function, False for the areas alone.
    """
    lines = [f"{'area':<28}{'rows':>6}{'apply':>7}{'cases':>7}{'':>6}  verdicts"]
    total = Row("all areas")
    for row in rows:
        if row.function:
            if not functions:
                continue
        else:
            total.total += row.total
            total.applicable += row.applicable
            total.automated += row.automated
            total.verdicts.update(row.verdicts)
        lines.append(_line(row))
    return "\n".join([*lines, _line(total)])


def of_one_version(requirements: Iterable[Mapping[str, Any]]) -> list[str]:
    """Returns a line for each version that has rows of its own: how many of them have a case.

    Args:
        requirements: Rows of a run; a run that was written before rows had their version has none.
    """
    total, automated = Counter[str](), Counter[str]()
    for one in requirements:
        version = one.get("versions", "both")
        total[version] += 1
        automated[version] += bool(one["automated"])
    return [
        f"only {version}: {automated[version]} of {total[version]} rows have a case"
        for version in sorted(total)
        if version != "both"
    ]


def _line(row: Row) -> str:
    name = f"  {row.function}" if row.function else row.area
    shown = ", ".join(
        f"{row.verdicts[verdict]} {verdict}" for verdict in Verdict if row.verdicts[verdict]
    )
    return (
        f"{name[:27]:<28}{row.total:>6}{row.applicable:>7}{row.automated:>7}"
        f"{row.percent:>5}%  {shown}"
    )
