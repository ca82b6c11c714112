"""Which rows a narrow fault names: a fault that changes at most ten rows.

    fixtures/faults/expected_effects.json      rows that change with each fault
    fixtures/faults/broad.json                 names of the faults that change more than ten
    fixtures/faults/without_narrow_fault.toml  rows that no narrow fault names, each with the reason

A broad fault shows that a case fails when much is wrong, and little about its own row. So each row
that is no probe and has a case is named by a narrow fault, or stands in the last of these files. A
story is named by the table of the stories (`harness/scenarios/faults.toml`) and is not among them.
"""

import ast
import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from rspcore.errors import ConfigError
from rspcore.frozen import dataclass
from rspharness.mutation.matrix_file import Matrix, read
from rspharness.record.catalogue import OTHER_PRODUCTS, Catalogue
from rspsim.faults.card.card_fault import CardFault
from rspsim.faults.registry import card_faults

__all__ = ["MOST", "Coverage", "case_ids", "load", "mark"]

MOST: Final = 10
"""Most rows that a narrow fault changes."""
_STORY: Final = "Story"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What faults say of the rows.

    Attributes:
        rows: Rows with a case, without probes, stories and those for another product, in the order
            of the catalogue.
        probes: Probes with a case.
        faults: Every card fault.
        broad: Names of the faults that change more than ten rows, by what is declared.
        marked: Names that are marked as broad.
        excused: Reason of each row that is excused.
        claims: How often a fault names a row.
    """

    rows: tuple[str, ...]
    probes: tuple[str, ...]
    faults: tuple[CardFault, ...]
    broad: frozenset[str]
    marked: frozenset[str]
    excused: Mapping[str, str]
    claims: int

    @property
    def named(self) -> frozenset[str]:
        """Returns the rows that a narrow fault names."""
        narrow = (fault for fault in self.faults if fault.name not in self.broad)
        return frozenset(row for fault in narrow for row in fault.breaks)

    @property
    def without(self) -> tuple[str, ...]:
        """Returns the rows without a narrow fault that are not excused."""
        named = self.named
        return tuple(row for row in self.rows if row not in named and row not in self.excused)

    @property
    def needless(self) -> tuple[str, ...]:
        """Returns the rows that are excused and have a narrow fault, or no case."""
        named, rows = self.named, set(self.rows)
        return tuple(row for row in self.excused if row in named or row not in rows)

    @property
    def mismarked(self) -> tuple[str, ...]:
        """Returns the faults that are broad and not marked so, or marked and not broad."""
        return tuple(sorted(self.broad ^ self.marked))

    @property
    def complete(self) -> bool:
        """Returns whether each row has a narrow fault or an excuse, and marks are right."""
        return not (self.without or self.needless or self.mismarked)


def case_ids(suites: Path) -> Iterator[str]:
    """Yields the ids that the cases of a folder claim."""
    for path in sorted(suites.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for decorator in node.decorator_list:
                    yield from _claimed(decorator)


def _claimed(decorator: ast.expr) -> Iterator[str]:
    if not isinstance(decorator, ast.Call):
        return
    called = ast.unparse(decorator.func)
    keys: list[ast.expr | None] = []
    if called == "testcase":
        keys = list(decorator.args)
    elif called == "testcase.each" and isinstance(decorator.args[1], ast.Dict):
        keys = decorator.args[1].keys
    for key in keys:
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield from key.value.split()


def load(catalogue: Catalogue, faults: Path, suites: Path) -> Coverage:
    """Reads what is declared of the faults.

    Args:
        catalogue: The requirements.
        faults: Folder of the three files.
        suites: Folder of the cases.

    Raises:
        ConfigError: one of the files cannot be read.
    """
    effects: Matrix = read(faults / "expected_effects.json")
    claimed = set(case_ids(suites))
    of_cards = (row for row in catalogue if row.condition.names.isdisjoint(OTHER_PRODUCTS.values()))
    rows = [row for row in of_cards if row.id in claimed and row.area != _STORY]
    every = card_faults()
    return Coverage(
        rows=tuple(row.id for row in rows if not row.probe),
        probes=tuple(row.id for row in rows if row.probe),
        faults=every,
        broad=frozenset(
            fault.name
            for fault in every
            if len({*effects.get(fault.name, ()), *fault.breaks}) > MOST
        ),
        marked=frozenset(_names(faults / "broad.json")),
        excused=_reasons(faults / "without_narrow_fault.toml"),
        claims=sum(len(fault.breaks) for fault in every),
    )


def mark(found: Coverage, faults: Path) -> None:
    """Writes the names of the faults that are broad by what is declared into broad.json."""
    text = json.dumps(sorted(found.broad), indent=1) + "\n"
    (faults / "broad.json").write_text(text, encoding="utf-8")


def _names(path: Path) -> list[str]:
    try:
        names = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: not a list of broad faults: {error}") from error
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise ConfigError(f"{path}: expected a list of names of faults")
    return names


def _reasons(path: Path) -> dict[str, str]:
    """Returns the reason of each row: a key of the file is a reason, its value the rows."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: not a list of rows without a narrow fault: {error}") from error
    return {row: reason for reason, rows in tables.items() for row in rows}
