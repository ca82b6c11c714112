"""The layout of the tree: rooms with names, and no name so common that it says nothing."""

import re
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
SOURCE_ROOTS = ("simulator", "harness", "suites")
TWICE = 2
ANYWHERE = {"__init__.py", "__main__.py", "conftest.py"}
INTERFACE = re.compile(r"es\d+[a-z]?p?")
"""A folder of one interface of SGP.22: its modules are named by the functions."""


def modules() -> list[Path]:
    """Lists every Python file of the three source roots."""
    return [file for root in SOURCE_ROOTS for file in sorted((ROOT / root).rglob("*.py"))]


def functions() -> set[str]:
    """Lists the functions of interfaces, which modules, tests and faults are named by."""
    return {file.stem for file in modules() if INTERFACE.fullmatch(file.parent.name)}


def test_no_file_name_stands_more_than_twice():
    places = defaultdict(list)
    named = functions()
    for file in modules():
        if file.name not in ANYWHERE and file.stem.removeprefix("test_") not in named:
            places[file.name].append(str(file.relative_to(ROOT)))
    assert {name: found for name, found in places.items() if len(found) > TWICE} == {}


def test_modules_stand_in_wings_and_rooms():
    harness = {file.name for file in (ROOT / "harness/rspharness").glob("*.py")}
    assert harness == {"__init__.py"}
    for package in ("rspharness", "rspcore", "rspsim"):
        root = "harness" if package == "rspharness" else "simulator"
        for folder in (ROOT / root / package).rglob("*"):
            if folder.is_dir() and list(folder.glob("*.py")):
                assert (folder / "__init__.py").exists(), folder
                assert len(list(folder.glob("*.py"))) <= 25, f"{folder}: many modules on one floor"


def contract(name: str) -> dict[str, Any]:
    """Returns the import contract whose name has these words."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = [one for one in project["tool"]["importlinter"]["contracts"] if name in one["name"]]
    assert len(found) == 1
    return found[0]


def parts(root: str, package: str) -> set[str]:
    """Lists the folders and modules of a package, by their dotted names."""
    found = (ROOT / root / package).iterdir()
    names = {file.stem for file in found if file.suffix == ".py" or (file / "__init__.py").exists()}
    return {f"{package}.{name}" for name in names - {"__init__", "__main__"}}


def test_import_contracts_name_every_part():
    wings = contract("bring the simulator into the harness")["source_modules"]
    bridges = {f"rspharness.{name}" for name in ("simulated", "mutation", "fleet", "cli")}
    assert parts("harness", "rspharness") - bridges == set(wings)
    products = contract("No product knows its faults")["source_modules"]
    setup = {"faults", "cli", "card_setup", "card_presets", "server_setup"}
    assert parts("simulator", "rspsim") - {f"rspsim.{name}" for name in setup} == (
        set(products) - {"rspcore"}
    )


def test_simulator_is_tested_without_the_harness():
    files = (ROOT / "simulator").rglob("*.py")
    assert [str(file) for file in files if "rspharness" in file.read_text(encoding="utf-8")] == []
