"""The rules of the project that no linter checks: sizes, names, and correct documents."""

import argparse
import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from rspharness.cli.main import AREAS, build_parser

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
SOURCE_ROOTS = ("simulator", "harness", "suites")
LONGEST_MODULE = 600
CATCH_ALLS = {"utils", "util", "common", "misc", "base", "helpers", "helper", "tools"}
# A home or work folder of one machine; system paths that a Debian package owns are allowed.
ABSOLUTE = re.compile(r"(?<![\w.~-])/(?:home|root|work|Users|tmp)/\w")
OPEN_TASK = re.compile(r"#\s*(?:TODO|FIXME|HACK|XXX)\b")  # this line itself does not match
END_TO_END = {"uicc"}  # end-to-end tests, named by their subject and not by a package
NOT_FOR_SUITES = {"rspsim", "time", "random", "secrets", "smartcard", "os", "socket"}
WORDS_NOT_FOR_SUITES = re.compile(r"\b(?:inprocess|vpcd|pcsc|pytest\.raises|pytest\.skip|sleep)\b")


def modules() -> list[Path]:
    """Lists every Python file of the three source roots, and the launcher."""
    found = [file for root in SOURCE_ROOTS for file in sorted((ROOT / root).rglob("*.py"))]
    return [ROOT / "rsplab", *found]


def texts() -> list[Path]:
    """Lists every file that people read, outside the reports."""
    documents = [file for pattern in ("*.md", "*.toml", "*.ini") for file in ROOT.glob(pattern)]
    fixtures = (ROOT / "fixtures").rglob("*.md")
    return [*modules(), *documents, *fixtures, ROOT / ".ci" / "run"]


def name(file: Path) -> str:
    """Returns the path of a file within the tree."""
    return str(file.relative_to(ROOT))


def test_modules_fit_the_limit_and_are_named_by_a_noun() -> None:
    offences = []
    for file in modules():
        lines = len(file.read_text(encoding="utf-8").splitlines())
        if lines > LONGEST_MODULE:
            offences.append(
                f"{name(file)}: {lines} lines, at most {LONGEST_MODULE}: split it by subject"
            )
        if file.stem in CATCH_ALLS or not re.fullmatch(r"[a-z_][a-z0-9_]*", file.stem):
            offences.append(f"{name(file)}: a catch-all name, or not snake_case")
    assert offences == []


def test_texts_have_no_absolute_paths_and_no_open_tasks() -> None:
    offences = []
    for file in texts():
        text = file.read_text(encoding="utf-8")
        offences += [f"{name(file)}: {found}" for found in ABSOLUTE.findall(text)]
        offences += [f"{name(file)}: {found}" for found in OPEN_TASK.findall(text)]
    assert offences == []


def test_package_files_contain_only_a_docstring_and_names() -> None:
    offences = []
    for file in modules():
        if file.name != "__init__.py":
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        if not ast.get_docstring(tree):
            offences.append(f"{name(file)}: no docstring that says what the package is")
        offences += [
            f"{name(file)}:{node.lineno}: re-exports and the table of members only"
            for node in tree.body[1:]
            if not _names_something(node)
        ]
    assert offences == []


def _names_something(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return isinstance(node.value, ast.Tuple | ast.List | ast.Dict)
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return docstring or isinstance(node, ast.Import | ast.ImportFrom)


@pytest.mark.parametrize("root", SOURCE_ROOTS)
def test_source_root_is_not_a_package(root: str) -> None:
    assert not (ROOT / root / "__init__.py").exists()


@pytest.mark.parametrize(
    ("tests", "mirrored"),
    [("simulator/tests", "simulator"), ("harness/tests", "harness/rspharness")],
)
def test_folders_of_tests_mirror_the_packages(tests: str, mirrored: str) -> None:
    folders = {file.parent.relative_to(ROOT / tests) for file in (ROOT / tests).rglob("test_*.py")}
    strays = {str(folder) for folder in folders if not (ROOT / mirrored / folder).is_dir()}
    assert strays - END_TO_END == set()


def test_suites_import_no_target_and_assert_only_with_expect() -> None:
    offences = []
    for file in sorted((ROOT / "suites").rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        nodes = list(ast.walk(ast.parse(text)))
        offences += [
            f"{name(file)}: imports {module}" for module in imported(nodes) & NOT_FOR_SUITES
        ]
        offences += [f"{name(file)}: assert" for node in nodes if isinstance(node, ast.Assert)]
        offences += [f"{name(file)}: {word}" for word in WORDS_NOT_FOR_SUITES.findall(text)]
    assert offences == []


def imported(nodes: list[ast.AST]) -> set[str]:
    """Returns the top-level modules that a syntax tree imports."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def test_changelog_has_an_unreleased_section_first() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[:1] == ["Unreleased"]


def commands(document: str) -> Iterator[list[str]]:
    """Yields the words of each rsplab command line in the code blocks of a document."""
    text = (ROOT / document).read_text(encoding="utf-8")
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True)
            if words and words[0] in {"./rsplab", "rsplab"}:
                yield words[1:]


def options_of(parser: argparse.ArgumentParser, words: list[str]) -> set[str]:
    """Collects the options that a parser and the sub-commands named in the words know."""
    known: set[str] = set()
    parser.format_help()  # some get their options when they are used
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
            continue  # a command of the launcher; its arguments go to tox
        assert words[0] in AREAS or words[0].startswith("-"), words
        known = options_of(build_parser(words[0] if words[0] in AREAS else None), words)
        used = {word.split("=")[0] for word in words if word.startswith("-") and word != "--"}
        assert used <= known, f"{words}: unknown {used - known}"
