"""A release is the version of pyproject.toml, with its section of the changelog."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
CHANGELOG = """# Changelog

## [Unreleased]

- next

## [1.2.3] - 2026-11-30

### Kinds

- one

## [1.2.2] - 2026-01-01
"""


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    spec = importlib.util.spec_from_file_location("release", ROOT / ".ci" / "release.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return module


def test_notes_are_the_section_of_the_version(release: ModuleType, tmp_path: Path) -> None:
    assert release.main(["v1.2.3", "--notes", str(tmp_path / "notes.md")]) == 0
    assert (tmp_path / "notes.md").read_text() == "### Kinds\n\n- one\n"


def test_tag_of_another_version_is_refused(
    release: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert release.main(["v1.2.4"]) == 1
    assert "pyproject.toml has version 1.2.3" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["# Changelog\n", CHANGELOG.replace("1.2.3", "1.2.5")])
def test_version_without_a_section_is_refused(
    release: ModuleType, tmp_path: Path, text: str
) -> None:
    (tmp_path / "CHANGELOG.md").write_text(text)
    assert release.main(["v1.2.3"]) == 1


def test_version_stands_in_one_place() -> None:
    import tomllib  # noqa: PLC0415  only here

    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    texts = [*ROOT.glob("*.md"), ROOT / "tox.ini", ROOT / "rsplab", ROOT / "action.yml"]
    texts += [*(ROOT / "simulator").rglob("*.py"), *(ROOT / "harness").rglob("*.py")]
    having = [text.name for text in texts if f'"{version}"' in text.read_text(encoding="utf-8")]
    assert having == []
