"""The expected effects of card faults: declared once, compared with what a run found.

    fixtures/faults/expected_effects.json

A fault that no case finds shows a missing test. A requirement that changes and is not declared is
reported. The requirements a fault names in its own `breaks` have to be among those that change.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from rspcore.errors import ConfigError
from rspharness.mutation.matrix_file import Matrix, read, write
from rspharness.report.fault_page import FaultRow, write_faults
from rspsim.faults.registry import card_faults

__all__ = ["DECLARED", "differences", "merged", "require_declared", "write_matrix"]

DECLARED: Final = "fixtures/faults/expected_effects.json"


def require_declared(root: Path) -> None:
    """Requires declared effects before the run, which takes minutes.

    Raises:
        pytest.UsageError: they are missing or cannot be read.
    """
    try:
        read(root / DECLARED)
    except ConfigError as error:
        raise pytest.UsageError(f"{error}; {{}} declares nothing") from error


def merged(matrices: list[Matrix]) -> Matrix:
    """Returns the matrix of all processes together, in the order of the faults."""
    joined: dict[str, set[str]] = {}
    for matrix in matrices:
        for fault, ids in matrix.items():
            joined.setdefault(fault, set()).update(ids)
    return {fault.name: sorted(joined.get(fault.name, ())) for fault in card_faults()}


def write_matrix(folder: Path, matrix: Mapping[str, list[str]]) -> None:
    """Writes fault_matrix.json and fault_matrix.html into the report folder of a run."""
    write(folder / "fault_matrix.json", matrix)
    rows = [
        FaultRow(
            name=fault.name,
            summary=fault.summary,
            breaks=fault.breaks,
            changed=tuple(matrix[fault.name]),
        )
        for fault in card_faults()
    ]
    write_faults(rows, folder / "fault_matrix.html")


def differences(
    root: Path, matrix: Mapping[str, list[str]], tried: Collection[str]
) -> Iterator[str]:
    """Yields each difference from what is declared, as text.

    Args:
        root: Folder that contains `fixtures`.
        matrix: What changed in the run.
        tried: Requirements that could change in it; others need another target.

    Raises:
        ConfigError: the declared effects are missing or cannot be read.
    """
    declared = read(root / DECLARED)
    for fault in card_faults():
        found = set(matrix[fault.name])
        named = set(fault.breaks) & set(tried)
        if not found and named:
            yield f"{fault.name} survives every case"
            continue
        missing = sorted(named - found)
        if missing:
            yield f"{fault.name} does not break {', '.join(missing)}"
        undeclared = sorted(found - set(declared.get(fault.name, ())))
        if undeclared:
            yield (
                f"{fault.name} changes, beside its expected effects, {', '.join(undeclared)}; "
                f"when that is right, copy fault_matrix.json of a whole run over {DECLARED}"
            )
