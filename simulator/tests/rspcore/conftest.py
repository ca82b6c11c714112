"""Fixtures of the tests of rspcore: the vectors and the material made elsewhere."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rspcore.crypto.curves import Curve

sys.path.insert(0, str(Path(__file__).parents[1]))
from evidence import place

ROOT = Path(__file__).parents[3]

Vectors = dict[str, Any]


@pytest.fixture(scope="session")
def inputs() -> Vectors:
    """Returns what the BSP vectors of both curves share."""
    return json.loads((ROOT / "fixtures/vectors/bsp-inputs.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session", params=list(Curve), ids=str)
def vectors(request: pytest.FixtureRequest) -> Vectors:
    """Returns the BSP vectors of each curve in turn."""
    file = ROOT / "fixtures/vectors" / f"bsp-{request.param}.json"
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def real_files() -> Callable[[str], list[tuple[str, bytes]]]:
    """Returns a reader of (name, content) below one folder of real material, or skips."""

    def read(folder: str) -> list[tuple[str, bytes]]:
        root = place(folder)
        files = [file for file in sorted(root.rglob("*")) if file.is_file()]
        return [(str(file.relative_to(root)), file.read_bytes()) for file in files]

    return read
