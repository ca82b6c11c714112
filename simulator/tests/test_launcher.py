"""The launcher: which Pythons it finds, when it sets up, what it installs, how it adds up."""

import importlib.util
import json
import stat
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def launcher(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """Loads the launcher as a module for an empty checkout; it can start nothing."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader = SourceFileLoader("rsplab_launcher", str(ROOT / "rsplab"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    (tmp_path / "pyproject.toml").write_text("")
    for name, value in {
        "ROOT": tmp_path,
        "VENV": tmp_path / ".venv",
        "LOCKED": tmp_path / "locked.txt",
        "STAMP": tmp_path / ".venv" / "rsplab-setup.json",
        "TOX_RESULTS": tmp_path / ".tox" / "junit",
    }.items():
        monkeypatch.setattr(module, name, value)
    return module


@pytest.fixture
def started(launcher: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Records the commands the launcher would run; each succeeds and prints nothing."""
    commands: list[tuple[str, ...]] = []

    def call(*command: object) -> tuple[int, str]:
        commands.append(tuple(map(str, command)))
        return 0, ""

    monkeypatch.setattr(launcher, "call", call)
    return commands


def program(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


def test_shim_that_does_not_start_is_ignored_for_the_real_python(
    launcher: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program(tmp_path / "shims" / "python3.12", "echo 'command not found' >&2; exit 127")
    program(tmp_path / "shims" / "python3.10", "echo 3 10")
    real = program(tmp_path / "pyenv" / "versions" / "3.12.1" / "bin" / "python3.12", "echo 3 12")
    monkeypatch.setenv("PATH", str(tmp_path / "shims"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert launcher.find_pythons() == {(3, 12): real}


def test_python_on_the_path_is_preferred_to_one_under_pyenv(
    launcher: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = program(tmp_path / "bin" / "python3.12", "echo 3 12")
    program(tmp_path / "pyenv" / "versions" / "3.12.9" / "bin" / "python3.12", "echo 3 12")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert launcher.find_pythons() == {(3, 12): first}


def ready(launcher: ModuleType, missing: list[str]) -> None:
    program(launcher.VENV / "bin" / "python", "echo 3 12")
    program(launcher.VENV / "bin" / "pip", "")
    stamp = {"fingerprint": launcher.fingerprint(), "missing": missing}
    launcher.STAMP.write_text(json.dumps(stamp))


def test_complete_set_up_starts_nothing(
    launcher: ModuleType, monkeypatch: pytest.MonkeyPatch, started: list[tuple[str, ...]]
) -> None:
    monkeypatch.setattr(launcher, "missing_packages", lambda: ["pcscd"])
    ready(launcher, ["pcscd"])
    launcher.set_up()
    assert started == []


@pytest.mark.parametrize("change", ["project", "machine"])
def test_set_up_is_repeated_when_its_input_changed(
    launcher: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    started: list[tuple[str, ...]],
    change: str,
) -> None:
    monkeypatch.setattr(launcher, "missing_packages", list)
    monkeypatch.setattr(launcher, "make_venv", lambda _missing: None)
    ready(launcher, ["pcscd"] if change == "machine" else [])
    if change == "project":
        (launcher.ROOT / "pyproject.toml").write_text("[project]\n")
    launcher.set_up()
    assert [command[-2:] for command in started] == [("-e", ".[pcsc,at,allure,qr]")]
    assert json.loads(launcher.STAMP.read_text())["missing"] == []


@pytest.mark.parametrize(
    ("missing", "tried"),
    [
        ("vsmartcard-vpcd", [".[pcsc,at,allure,qr]", ".[at,allure,qr]"]),
        ("libpcsclite-dev", [".[at,allure,qr]"]),
    ],
)
def test_pyscard_that_does_not_build_is_left_out_and_reported(
    launcher: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    missing: str,
    tried: list[str],
) -> None:
    monkeypatch.setattr(launcher, "install_packages", lambda: [missing])
    monkeypatch.setattr(launcher, "make_venv", lambda _missing: None)
    asked: list[str] = []

    def pip_install(*requirements: str) -> tuple[int, str]:
        asked.append(requirements[-1])
        return ("pcsc" in requirements[-1], "winscard.h: no such file")

    monkeypatch.setattr(launcher, "pip_install", pip_install)
    launcher.VENV.mkdir()
    launcher.set_up()
    assert asked == tried
    assert json.loads(launcher.STAMP.read_text())["missing"] == [missing]
    assert "without pyscard" in capsys.readouterr().err


def test_unreachable_package_index_ends_with_3_and_the_reason(
    launcher: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(launcher, "install_packages", list)
    monkeypatch.setattr(launcher, "make_venv", lambda _missing: None)
    monkeypatch.setattr(launcher, "pip_install", lambda *_: (1, "no route to host"))
    assert launcher.main(["run"]) == 3
    assert "no route to host" in capsys.readouterr().err
    assert not launcher.STAMP.exists()


def test_packages_are_not_installed_without_root_and_reported(
    launcher: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    started: list[tuple[str, ...]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(launcher, "missing_packages", lambda: ["pcscd"])
    monkeypatch.setattr(launcher, "privilege", lambda: None)
    assert launcher.install_packages() == ["pcscd"]
    assert started == []
    assert "pcscd" in capsys.readouterr().err


def test_packages_are_installed_by_their_names_after_an_update(
    launcher: ModuleType, monkeypatch: pytest.MonkeyPatch, started: list[tuple[str, ...]]
) -> None:
    answers = iter([["pcscd", "swig"], []])
    monkeypatch.setattr(launcher, "missing_packages", lambda: next(answers))
    monkeypatch.setattr(launcher, "privilege", lambda: ["sudo", "-n", "env"])
    assert launcher.install_packages() == []
    update, install = started
    assert update[:3] == install[:3] == ("sudo", "-n", "env")
    assert update[-1] == "update"
    assert install[-2:] == ("pcscd", "swig")


@pytest.mark.parametrize("index_in_reach_of_uv", [True, False])
def test_uv_is_used_only_where_it_reaches_the_package_index(
    launcher: ModuleType, monkeypatch: pytest.MonkeyPatch, index_in_reach_of_uv: bool
) -> None:
    commands: list[str] = []

    def call(*command: object) -> tuple[int, str]:
        commands.append(" ".join(map(str, command)))
        return (Path(str(command[0])).name == "uv" and not index_in_reach_of_uv, "")

    monkeypatch.setattr(launcher, "call", call)
    launcher.install_tox()
    assert ("tox-uv" in commands[-1]) is index_in_reach_of_uv


def test_results_of_all_environments_are_added_up(launcher: ModuleType) -> None:
    launcher.TOX_RESULTS.mkdir(parents=True)
    for name, counts in {"unit": (10, 1, 0, 2), "crash": (5, 0, 1, 0)}.items():
        tests, failures, errors, skipped = counts
        (launcher.TOX_RESULTS / f"{name}.xml").write_text(
            f'<testsuites><testsuite tests="{tests}" failures="{failures}" errors="{errors}" '
            f'skipped="{skipped}"/></testsuites>'
        )
    assert launcher.sum_of_results() == (11, 2, 2)


TOX_SAYS = """\
unit-py314: SKIP \u26a0 in 0.34 seconds
lint: OK \u2714 in 26.5 seconds
harness/tests/test_run.py: OK in words of a test
pcsc: FAIL \u2716 in 2 minutes 53.44 seconds
  pcsc: FAIL code 1 (173.44=setup[0.52]+cmd[82.67,90.25] seconds)
  lint: OK (26.50=setup[1.84]+cmd[0.53,24.13] seconds)
  unit-py314: SKIP (0.34 seconds)
  build: OK (14.35=setup[0.24]+cmd[2.63,11.48] seconds)
  evaluation failed :( (187.85 seconds)
"""


def test_environments_are_counted_as_they_end_with_the_seconds_of_each(
    launcher: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tox = tmp_path / "tox"
    program(
        tox, f"[ $1 = list ] && echo pcsc lint unit-py314 build || cat <<'E'\n{TOX_SAYS}E\nexit 3"
    )
    assert launcher.follow([str(tox), "run-parallel"], {}) == 3
    out, err = capsys.readouterr()
    assert out == TOX_SAYS
    said = [line.removeprefix("rsplab: ").split(";")[0] for line in err.splitlines()]
    assert said[:4] == [
        "1 of 4: unit-py314 SKIP, 0 s",
        "2 of 4: lint OK, 26 s",
        "3 of 4: pcsc FAIL, 173 s",
        "4 of 4: build OK, 14 s",
    ]
    assert [line.split() for line in said[4:]] == [
        ["unit-py314", "SKIP", "0.3", "s"],
        ["lint", "OK", "26.5", "s"],
        ["pcsc", "FAIL", "173.4", "s"],
        ["build", "OK", "14.3", "s"],
    ]


def test_evidence_is_counted_by_the_property_of_its_tests(launcher: ModuleType) -> None:
    property_of = '<properties><property name="evidence" value="outside"/></properties>'
    launcher.TOX_RESULTS.mkdir(parents=True)
    (launcher.TOX_RESULTS / "unit.xml").write_text(
        f"<testsuites><testsuite><testcase>{property_of}</testcase>"
        f"<testcase>{property_of}<failure/></testcase><testcase/>"
        f"<testcase>{property_of}<skipped/></testcase><testcase><skipped/></testcase>"
        "</testsuite></testsuites>"
    )
    assert launcher.count_evidence() == (2, 1)


def test_usage_is_shown_before_any_set_up(
    launcher: ModuleType, capsys: pytest.CaptureFixture[str], started: list[tuple[str, ...]]
) -> None:
    assert launcher.main([]) == 2
    assert launcher.main(["--help"]) == 0
    assert "./rsplab run" in capsys.readouterr().out
    assert started == []
