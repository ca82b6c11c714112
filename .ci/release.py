"""Checks a tag against the version and the changelog: release.py v1.2.3 [--notes FILE].

The version stands in pyproject.toml alone. Its section of CHANGELOG.md becomes the notes of the
release. To release: rename [Unreleased] to `[1.2.3] - DATE`, set the version, commit, tag v1.2.3.
"""

import argparse
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def section(changelog: str, version: str) -> str:
    """Returns the text of a version's section, empty when there is none."""
    found = re.search(
        rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$(.*?)(?=^## \[|\Z)",
        changelog,
        re.MULTILINE | re.DOTALL,
    )
    return found[1].strip() if found else ""


def main(arguments: list[str]) -> int:
    """Writes the notes; returns 1 with the reason when the tag does not fit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tag")
    parser.add_argument("--notes", type=Path)
    options = parser.parse_args(arguments)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = project["version"]
    if options.tag != f"v{version}":
        print(f"release: tag {options.tag}, but pyproject.toml has version {version}")
        return 1
    notes = section((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version)
    if not notes:
        print(f"release: CHANGELOG.md has no section `## [{version}] - DATE` with text")
        return 1
    if options.notes is not None:
        options.notes.write_text(f"{notes}\n", encoding="utf-8")
    print(f"release: {version}, {len(notes.splitlines())} lines of notes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
