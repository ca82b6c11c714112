"""The locks say what the project file does: `tox -e lock` writes them anew."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
SHIPPED = ("pcsc", "allure", "qr", "test")
PRODUCT = [*PROJECT["dependencies"], *(one for name in SHIPPED for one in EXTRAS[name])]
PRODUCT = [one for one in PRODUCT if not one.startswith("rsplab")]
TOOLS = [one for extra in EXTRAS.values() for one in extra if not one.startswith("rsplab")]


def locked(name: str) -> dict[str, list[str]]:
    """Returns the versions of each package in a lock; one has several for different Pythons."""
    versions: dict[str, list[str]] = {}
    for line in (ROOT / "constraints" / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            one = Requirement(line)
            (pin,) = one.specifier
            assert pin.operator == "==", line
            versions.setdefault(canonicalize_name(one.name), []).append(pin.version)
    return versions


@pytest.mark.parametrize("text", sorted({*PRODUCT, *TOOLS}))
def test_locked_release_is_one_that_is_declared(text: str) -> None:
    one = Requirement(text)
    versions = locked("locked")[canonicalize_name(one.name)]
    assert all(one.specifier.contains(version, prereleases=True) for version in versions)


@pytest.mark.parametrize("text", PRODUCT)
def test_lowest_release_is_the_lower_bound_and_every_bound_is_tested(text: str) -> None:
    one = Requirement(text)
    (bound,) = [part for part in one.specifier if part.operator == ">="]
    (version,) = locked("lowest")[canonicalize_name(one.name)]
    length = len(bound.version.split("."))
    assert version.split(".")[:length] == bound.version.split(".")
    assert set(version.split(".")[length:]) <= {"0"}
