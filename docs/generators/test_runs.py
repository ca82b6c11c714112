"""What each environment of tox asks, how long it takes, and when it was last run whole."""

import tomllib
from configparser import ConfigParser
from pathlib import Path
from typing import Final

from generators.page import cell, save, table

__all__ = ["RECORD", "rows", "write"]

ROOT: Final = Path(__file__).parents[2]
RECORD: Final = ROOT / "docs" / "test_runs.toml"
_SUFFIX: Final = "-full"


def rows() -> list[tuple[str, str, str, str]]:
    """Returns a row for each environment: name, what it asks, short form, full form."""
    tox = ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    runs = tomllib.loads(RECORD.read_text(encoding="utf-8"))
    sections = [one for one in tox.sections() if one.startswith("testenv:")]
    asked = {
        section.partition(":")[2].partition("{")[0]: (
            tox[section]["description"],
            _SUFFIX in section,
        )
        for section in sections
    }
    listed = tox["tox"]["env_list"]
    labels = tox["tox"]["labels"]
    found = []
    for name, (description, has_full) in asked.items():
        if name not in runs and name not in listed and name not in labels:
            continue
        full = f"{name}{_SUFFIX}" if has_full else name
        short = name if has_full or name in listed else ""
        found.append(
            (
                f"`{name}`",
                cell(description),
                _said(runs, short),
                _said(runs, full) if full != short else "the same",
            )
        )
    return found


def _said(runs: dict[str, dict[str, object]], name: str) -> str:
    if not name:
        return "-"
    found = [runs[one] for one in runs if one == name or one.startswith(f"{name}-py")]
    if not found:
        return "not written down yet"
    return "; ".join(
        f"{one['result']}, {one['seconds']:.0f} s, {one['commit']}, {one['date']}" for one in found
    )


def write(folder: Path) -> None:
    """Writes `test_runs.md`."""
    save(
        folder,
        "test_runs.md",
        "# What was tested when",
        "`./rsplab test` runs the short forms, `./rsplab test -m full` the full ones, some hours. "
        "Here is what each said last: result, seconds, commit, date. `.ci/record.py` writes it.",
        table(("environment", "asks", "short form", "full form"), rows()),
    )
