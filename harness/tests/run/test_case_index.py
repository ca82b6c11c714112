"""Which files a run of some cases collects."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from rspharness.run.case_index import CaseIndex

pytestmark = pytest.mark.once

SUITES = Path(__file__).parents[3] / "suites"
ONE = '@testcase("ES10c.GetEID#01")\ndef test_one(card): ...\n'
TWO = '@testcase("ES10c.SetNickname#01", "ES10c.SetNickname#02")\ndef test_two(card): ...\n'


def _suite(folder: Path, **files: str) -> list[Path]:
    made = []
    for name, text in files.items():
        path = folder / name.partition("_")[0] / f"test_{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        made.append(path)
    return made


def test_files_without_the_case_are_left_out_and_their_ids_known(tmp_path: Path) -> None:
    one, two = _suite(tmp_path, a_one=ONE, a_two=TWO)
    index = CaseIndex.of([one, two], ["ES10c.GetEID#*"])
    assert index.paths == {two}
    assert index.left_out == {"ES10c.SetNickname#01", "ES10c.SetNickname#02"}


def test_folder_without_the_case_is_left_out_as_a_whole(tmp_path: Path) -> None:
    one, two = _suite(tmp_path, a_one=ONE, b_two=TWO)
    assert CaseIndex.of([one, two], ["ES10c.GetEID#01"]).paths == {two, two.parent}


@pytest.mark.parametrize("wanted", [[], ["ES10c.GetEIX#01"]], ids=["none", "unknown"])
def test_every_file_is_collected_without_a_known_case(tmp_path: Path, wanted: list[str]) -> None:
    assert CaseIndex.of(_suite(tmp_path, a_one=ONE, a_two=TWO), wanted) == CaseIndex()


@pytest.mark.parametrize(
    "text",
    [
        '@testcase(NAME)\ndef test_two(card): ...\nOTHER = "ES10c.SetNickname#01"\n',
        '@testcase.each("way", ROWS)\ndef test_two(card): ...\nOTHER = "ES10c.SetNickname#01"\n',
        '@testcase("ES10c.SetNickname#01")\ndef test_two(card): ...\nROW = f"ES10c.Other#{2}"\n',
        "def test_two(card): ...\n",
    ],
    ids=["a name", "a table", "put together", "no id"],
)
def test_file_whose_ids_are_not_written_out_is_collected(tmp_path: Path, text: str) -> None:
    one, two = _suite(tmp_path, a_one=ONE, a_two=text)
    assert CaseIndex.of([one, two], ["ES10c.GetEID#01"]) == CaseIndex()


def test_id_beside_another_in_one_text_is_seen(tmp_path: Path) -> None:
    both = '@testcase.each("a", {"ES9+.TLS#01 ES11.TLS#01": 1})\ndef test_both(a): ...\n'
    one, two = _suite(tmp_path, a_one=ONE, b_two=both)
    assert CaseIndex.of([one, two], ["ES10c.GetEID#01"]).left_out == {"ES9+.TLS#01", "ES11.TLS#01"}
    assert CaseIndex.of([one, two], ["ES11.TLS#01"]).paths == {one, one.parent}


def _declared(path: Path) -> Iterator[str]:
    """Yields the ids in the markers of a file, as Python reads them; an empty one is computed."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and "testcase" in ast.unparse(node.func)):
            continue
        each = isinstance(node.func, ast.Attribute)
        for argument in node.args[1:] if each else node.args:
            for one in argument.keys if isinstance(argument, ast.Dict) else [argument]:
                yield from one.value.split() if isinstance(one, ast.Constant) else [""]


def test_ids_are_those_of_the_markers() -> None:
    files = sorted(SUITES.rglob("test_*.py"))
    declared = {path: set(_declared(path)) for path in files}
    every = frozenset[str]().union(*declared.values())
    for path in files:
        index = CaseIndex.of([path, SUITES / "isdr" / "test_select.py"], ["ISD-R.Select#20"])
        if path in index.paths:
            assert declared[path] <= index.left_out <= every, path.name
