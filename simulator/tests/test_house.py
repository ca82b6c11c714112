"""The rules of the house that no linter knows: sizes, names, and documents that tell the truth."""

import argparse
import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from rspharness.cli.main import AREAS, build_parser

ROOT = Path(__file__).parents[2]
SOURCE_ROOTS = ("simulator", "harness", "suites")
LONGEST_MODULE = 600
DRAWERS = {"utils", "util", "common", "misc", "base", "helpers", "helper", "tools"}
# A home or work folder of somebody's machine; system paths that a Debian package owns are facts.
ABSOLUTE = re.compile(r"(?<![\w.~-])/(?:home|root|work|Users|tmp)/\w")
UNOWNED = re.compile(r"#\s*(?:TODO|FIXME|HACK|XXX)\b")  # spelled apart from any real one


def modules() -> list[Path]:
    """List every Python file of the three source roots, and the launcher."""
    found = [file for root in SOURCE_ROOTS for file in sorted((ROOT / root).rglob("*.py"))]
    return [ROOT / "rsplab", *found]


def texts() -> list[Path]:
    """List every file that people read, outside the reports."""
    documents = [file for pattern in ("*.md", "*.toml", "*.ini") for file in ROOT.glob(pattern)]
    fixtures = (ROOT / "fixtures").rglob("*.md")
    return [*modules(), *documents, *fixtures, ROOT / ".ci" / "run"]


def name(file: Path) -> str:
    """Name a file by its place in the tree."""
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", modules(), ids=name)
def test_module_has_one_noun_and_fits_the_limit(file: Path) -> None:
    lines = len(file.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_MODULE, f"{lines} lines: look for the second noun in it"
    assert file.stem not in DRAWERS, "a drawer, not a noun"
    assert re.fullmatch(r"[a-z_][a-z0-9_]*", file.stem), "modules are named in snake_case"


@pytest.mark.parametrize("file", texts(), ids=name)
def test_text_names_no_place_of_one_machine_and_leaves_nothing_unowned(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert not ABSOLUTE.findall(text)
    assert not UNOWNED.findall(text)


@pytest.mark.parametrize(
    "file", [file for file in modules() if file.name == "__init__.py"], ids=name
)
def test_package_file_holds_a_docstring_and_names_only(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "a package says what it is"
    for node in tree.body[1:]:
        members = isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(
            node.value, ast.Tuple | ast.List | ast.Dict
        )
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        assert isinstance(node, ast.Import | ast.ImportFrom) or members or docstring, (
            f"line {node.lineno}: re-exports and the tuple of members only"
        )


@pytest.mark.parametrize("root", SOURCE_ROOTS)
def test_source_root_is_no_package(root: str) -> None:
    assert not (ROOT / root / "__init__.py").exists()


@pytest.mark.parametrize(
    ("tests", "mirrored"),
    [("simulator/tests", "simulator"), ("harness/tests", "harness/rspharness")],
)
def test_folders_of_tests_mirror_the_packages(tests: str, mirrored: str) -> None:
    folders = {file.parent.relative_to(ROOT / tests) for file in (ROOT / tests).rglob("test_*.py")}
    assert [str(folder) for folder in folders if not (ROOT / mirrored / folder).is_dir()] == []


def suite_modules() -> list[Path]:
    """List the modules of the conformance suites."""
    return sorted((ROOT / "suites").rglob("*.py"))


@pytest.mark.parametrize("file", suite_modules(), ids=name)
def test_suite_knows_no_target_and_judges_with_expect_alone(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    tree = ast.parse(text)
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
        assert not isinstance(node, ast.Assert), f"line {node.lineno}: expect.* explains"
    assert not imported & {"rspsim", "time", "random", "secrets", "smartcard", "os", "socket"}
    words = re.findall(r"\b(?:inprocess|vpcd|pcsc|pytest\.raises|pytest\.skip|sleep)\b", text)
    assert words == []


def test_changelog_has_an_unreleased_section_first() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[:1] == ["Unreleased"]


def commands(document: str) -> Iterator[list[str]]:
    """Give the words of each command line in a document's code blocks that starts rsplab."""
    text = (ROOT / document).read_text(encoding="utf-8")
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True)
            if words and words[0] in {"./rsplab", "rsplab"}:
                yield words[1:]


def options_of(parser: argparse.ArgumentParser, words: list[str]) -> set[str]:
    """Collect the options that a parser and the sub-commands named in the words know."""
    known: set[str] = set()
    for action in parser._actions:
        known.update(action.option_strings)
        if isinstance(action, argparse._SubParsersAction):
            chosen = [word for word in words if word in action.choices]
            assert chosen or parser.prog == "rsplab", f"{words}: none of {list(action.choices)}"
            if chosen:
                known |= options_of(action.choices[chosen[0]], words[words.index(chosen[0]) + 1 :])
    return known


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"])
def test_commands_of_the_documents_exist(document: str) -> None:
    for words in commands(document):
        if words[0] == "test":
            continue  # the launcher's own; what follows goes to tox
        assert words[0] in AREAS or words[0].startswith("-"), words
        known = options_of(build_parser(words[0] if words[0] in AREAS else None), words)
        used = {word.split("=")[0] for word in words if word.startswith("-") and word != "--"}
        assert used <= known, f"{words}: unknown {used - known}"
