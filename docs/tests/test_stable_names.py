"""The list of stable names is true, and what the pages and README import is in it."""

import ast
import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECTIONS = tomllib.loads((ROOT / "docs" / "stable_names.toml").read_text(encoding="utf-8"))
NAMES = {name: kind for section in SECTIONS.values() for name, kind in section.items()}
PAGES = [ROOT / "README.md", *(ROOT / "docs" / "guides").glob("*.md")]
_PYTHON = re.compile(r"^```(?:\{code-block\} )?python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CAPTION = re.compile(r"\A:caption:.*\n")


def found(name):
    """Returns what a dotted name names."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        module, _, last = name.rpartition(".")
        return getattr(import_module(module), last)


@pytest.mark.parametrize("name", NAMES)
def test_stable_name_exists_and_says_what_it_is(name):
    what = found(name)
    text = what.__doc__ or getattr(getattr(what, "__wrapped__", None), "__doc__", None)
    assert text
    module, _, last = name.rpartition(".")
    if NAMES[name] != "module":
        assert last in getattr(import_module(module), "__all__", ())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_pages_import_stable_names_alone(page):
    imported = set()
    for block in _PYTHON.findall(page.read_text(encoding="utf-8")):
        for node in ast.walk(ast.parse(_CAPTION.sub("", block))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("rsp"):
                imported.update(f"{node.module}.{one.name}" for one in node.names)
    assert imported - set(NAMES) == set()
