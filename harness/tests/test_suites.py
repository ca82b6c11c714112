"""What suites must not contain, besides the rules of the project, and the ids they claim."""

import ast
import re
from pathlib import Path

import pytest

from rspharness.record.catalogue import OTHER_PRODUCTS, Catalogue

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
SUITES = sorted((ROOT / "suites").rglob("*.py"))
REQUIREMENTS = ROOT / "fixtures" / "requirements"
FILES = [
    REQUIREMENTS,
    *(one for one in map(REQUIREMENTS.joinpath, OTHER_PRODUCTS) if one.is_file()),
]
CATALOGUE = {row.id for file in FILES for row in Catalogue.load(file)}

FORBIDDEN = {
    r"Virtual PCD|pcscd|\bACS\b|OMNIKEY|Gemalto|HID ": "names a reader",
    r"pytest\.(?:xfail|mark\.skip|mark\.xfail)": "deviations belong in the target file",
    r"\binput\(|\bprint\(": "talks to the terminal: use step and note",
    r"@pytest\.fixture\(.*scope": "keeps state between cases",
}


@pytest.mark.parametrize("path", SUITES, ids=lambda path: str(path.relative_to(ROOT)))
def test_suite_contains_nothing_forbidden(path):
    faults = [
        f"{path.relative_to(ROOT)}:{number}: {reason}"
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        for pattern, reason in FORBIDDEN.items()
        if re.search(pattern, line)
    ]
    assert faults == []


@pytest.mark.parametrize("path", SUITES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_case_has_a_sentence_and_a_body(path):
    tree = ast.parse(path.read_text("utf-8"))
    faults = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            if not ast.get_docstring(node):
                faults.append(f"{node.name} has no docstring")
            if len(node.body) < 2:
                faults.append(f"{node.name} does nothing")
    assert faults == []


def test_ids_are_those_of_the_catalogue_and_each_is_claimed_once():
    claimed = {}
    faults = []
    for path in SUITES:
        for name in _ids(path):
            where = str(path.relative_to(ROOT))
            if name not in CATALOGUE:
                faults.append(f"{where}: {name} is not in the catalogue")
            if name in claimed:
                faults.append(f"{where}: {name} is also in {claimed[name]}")
            claimed[name] = where
    assert faults == []


def _ids(path):
    """Yields the ids in the decorators of one file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            if not isinstance(decorator, ast.Call):
                continue
            called = ast.unparse(decorator.func)
            if called == "testcase":
                yield from (one.value for one in decorator.args if isinstance(one, ast.Constant))
            elif called == "testcase.each" and isinstance(decorator.args[1], ast.Dict):
                for key in decorator.args[1].keys:
                    if isinstance(key, ast.Constant):
                        yield from key.value.split()
