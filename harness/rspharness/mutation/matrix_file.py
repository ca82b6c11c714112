"""The file form of a fault matrix: for each fault, the requirements it changes.

    {"es10c.enable-profile.any-state": {"ES10c.EnableProfile": "16 21", "procedure.Enable": "03"}}

Each requirement stands as its number under its group, numbers in order, so that a line of the file
is one group and a difference between two files can be read.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from rspcore.errors import ConfigError

__all__ = ["Matrix", "read", "write"]

Matrix = dict[str, list[str]]
"""Ids of the requirements that change, by the name of the fault."""


def read(path: Path) -> Matrix:
    """Reads a matrix.

    Raises:
        ConfigError: no such file, or not a fault matrix.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return {
            fault: [f"{group}#{number}" for group, row in groups.items() for number in row.split()]
            for fault, groups in document.items()
        }
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; expected a fault matrix") from error
    except (ValueError, AttributeError) as error:
        raise ConfigError(f"{path}: not a fault matrix: {error}") from error


def write(path: Path, matrix: Mapping[str, list[str]]) -> None:
    """Writes a matrix."""
    document: dict[str, dict[str, str]] = {}
    for fault, ids in matrix.items():
        groups: dict[str, list[str]] = {}
        for name in sorted(set(ids)):
            group, _, number = name.partition("#")
            groups.setdefault(group, []).append(number)
        document[fault] = {group: " ".join(numbers) for group, numbers in groups.items()}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
