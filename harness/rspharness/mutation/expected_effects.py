"""The expected effects of card faults: declared once, held against what a run found.

    fixtures/faults/expected_effects.json

A fault that no case notices is a missing test. A requirement that changes and is not declared is a
surprise. The requirements a fault names in its own `breaks` have to be among those that change.
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
    """Requires the declared effects, before a run of minutes.

    Raises:
        pytest.UsageError: they are not there, or cannot be read.
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
    """Yields what is not as declared, in words; nothing when all is well.

    Args:
        root: Folder of the fixtures' folder.
        matrix: What changed in the run.
        tried: Requirements that could change in it; others need another target.

    Raises:
        ConfigError: the declared effects are not there, or cannot be read.
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
        surprising = sorted(found - set(declared.get(fault.name, ())))
        if surprising:
            yield (
                f"{fault.name} changes, beside its expected effects, {', '.join(surprising)}; "
                f"when that is right, copy fault_matrix.json of a whole run over {DECLARED}"
            )
